//! YAML issue forms, rewritten line for line as the Markdown they stand for.
//!
//! Only the shape matters: `value: |` holds Markdown, the options of `checkboxes` are boxes, `label` names a field.

/// A form as Markdown, with as many lines as the file.
pub(super) struct Form {
    pub(super) text: String,
    pub(super) title: Option<(String, u32)>,
}

/// Rewrites a file that is an issue form; `None` for anything else.
pub(super) fn rewrite(lines: &[&str]) -> Option<Form> {
    let mut keys = lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).take(1);
    let first = keys.next()?;
    let (key, _) = first.split_once(':')?;
    let form = matches!(key.trim(), "name" | "description" | "title" | "labels" | "body" | "about");
    if !form || !lines.iter().take(200).any(|line| line.trim_end() == "body:") {
        return None;
    }
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut title = None;
    let mut block: Option<Block> = None;
    let (mut checkboxes, mut options) = (false, false);
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let trimmed = line.trim();
        if let Some(open) = &mut block {
            if trimmed.is_empty() || indent > open.key {
                let base = *open.base.get_or_insert(indent);
                out.push(line.get(base.min(indent)..).unwrap_or_default().to_owned());
                continue;
            }
            block = None;
        }
        let bare = trimmed.strip_prefix("- ").unwrap_or(trimmed).trim();
        let (key, value) = bare.split_once(':').unwrap_or((bare, ""));
        let value = value.trim();
        let plain = value.trim_matches(['"', '\'']);
        let rewritten = match key {
            "type" => {
                (checkboxes, options) = (value.starts_with("checkboxes"), false);
                String::new()
            }
            "options" => {
                options = true;
                String::new()
            }
            _ if value.starts_with(['|', '>']) && value.len() <= 3 => {
                let markdown = matches!(key, "value" | "description");
                block = markdown.then_some(Block { key: indent, base: None });
                String::new()
            }
            "label" if checkboxes && options => format!("- [ ] {plain}"),
            "label" => format!("**{plain}**"),
            "name" | "title" if indent == 0 && title.is_none() && !plain.is_empty() => {
                title = Some((plain.to_owned(), u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)));
                String::new()
            }
            _ => String::new(),
        };
        out.push(rewritten);
    }
    Some(Form { text: out.join("\n"), title })
}

/// A block of text under a key.
struct Block {
    /// The key's indentation.
    key: usize,
    /// The text's own, taken from its first line.
    base: Option<usize>,
}
