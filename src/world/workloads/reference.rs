//! The references to an image in a file that a controller follows: replaced where they stand, with everything else
//! left as people wrote it.
//!
//! Understood are whole references (`image: HOST/NAME:TAG`), the `images` of a kustomization (`name`, `newTag`,
//! `digest`) and the values of charts (`repository`, `tag`, `digest`). Comments are left alone.

/// An image in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Image<'a> {
    pub(super) repository: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) digest: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edited {
    /// The new text.
    Changed(String),
    /// It says so already.
    Same,
}

impl<'a> Image<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name.get(slash..).and_then(|last| last.find(':'));
        let (repository, tag) = match colon {
            Some(at) => (name.get(..slash + at).unwrap_or(name), name.get(slash + at + 1..)),
            None => (name, None),
        };
        Self { repository, tag, digest }
    }
}

/// Puts an image where a text names its repository.
///
/// # Errors
/// What is not there, or cannot be written in the way the file has it.
pub(super) fn put(text: &str, image: &str) -> Result<Edited, String> {
    let wanted = Image::parse(image);
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut found = 0;
    for at in 0..lines.len() {
        let Some(line) = lines.get(at).cloned() else { continue };
        if line.trim_start().starts_with('#') {
            continue;
        }
        match whole(&line, wanted.repository, image) {
            Whole::Replaced(line) => {
                found += 1;
                if let Some(old) = lines.get_mut(at) {
                    *old = line;
                }
            }
            Whole::Bare => found += beside(&mut lines, at, &wanted)?,
            Whole::None => {}
        }
    }
    if found == 0 {
        return Err(format!("no line names {} with a tag or a digest", wanted.repository));
    }
    let new = lines.join("\n");
    Ok(if new == text { Edited::Same } else { Edited::Changed(new) })
}

enum Whole {
    /// With a tag or a digest, which are the new ones now.
    Replaced(String),
    /// The repository alone.
    Bare,
    None,
}

/// Replaces whole references in a line, up to its comment.
fn whole(line: &str, repository: &str, image: &str) -> Whole {
    let end = line.find(" #").unwrap_or(line.len());
    let (mut out, mut from, mut bare, mut done) = (String::new(), 0, false, false);
    while let Some(at) = line.get(from..end).and_then(|rest| rest.find(repository)).map(|at| at + from) {
        let after = at + repository.len();
        let before = line.get(..at).and_then(|it| it.chars().next_back());
        let next = line.get(after..end).and_then(|it| it.chars().next());
        let begins = before.is_none_or(|c| !is_part(c));
        let length = match next {
            Some(':' | '@') => {
                let rest = line.get(after + 1..end).unwrap_or_default();
                let length =
                    rest.find(|c: char| !(is_part(c) || matches!(c, ':' | '@'))).unwrap_or(rest.len());
                if length == 0 { 0 } else { length + 1 }
            }
            _ => 0,
        };
        out.push_str(line.get(from..at).unwrap_or_default());
        if begins && length > 0 {
            out.push_str(image);
            done = true;
        } else {
            bare |= begins && next.is_none_or(|c| !is_part(c) && c != ':');
            out.push_str(repository);
        }
        from = after + if begins { length } else { 0 };
    }
    out.push_str(line.get(from..).unwrap_or_default());
    match (done, bare) {
        (true, _) => Whole::Replaced(out),
        (false, true) => Whole::Bare,
        (false, false) => Whole::None,
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')
}

/// The column a key stands in, and the key.
fn key(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches([' ', '-']);
    let (name, _) = rest.split_once(':')?;
    (!rest.starts_with('#')).then(|| (line.len() - rest.len(), name.trim()))
}

/// Replaces the tag and the digest that stand beside a repository, and counts what it found.
fn beside(lines: &mut [String], at: usize, image: &Image<'_>) -> Result<usize, String> {
    let Some((column, name)) = lines.get(at).and_then(|line| key(line)) else { return Ok(0) };
    if !matches!(name, "name" | "newName" | "repository") {
        return Ok(0);
    }
    let inside = |line: &String| line.trim().is_empty() || key(line).is_some_and(|(it, _)| it >= column);
    let begins =
        |line: &String| line.trim_start().starts_with('-') && key(line).is_some_and(|(it, _)| it == column);
    let mut first = at;
    while first > 0 && lines.get(first).is_some_and(|line| !begins(line)) {
        if !lines.get(first - 1).is_some_and(inside) {
            break;
        }
        first -= 1;
    }
    let mut last = at;
    while lines.get(last + 1).is_some_and(|line| inside(line) && !begins(line)) {
        last += 1;
    }
    let mut places = Vec::new();
    for place in first..=last {
        if let Some((it, name)) = lines.get(place).and_then(|line| key(line))
            && it == column
        {
            match (name, image.tag, image.digest) {
                ("newTag" | "tag", Some(tag), _) => places.push((place, tag)),
                ("digest", _, Some(digest)) => places.push((place, digest)),
                ("newTag" | "tag", None, Some(_)) | ("digest", _, None) => {
                    return Err(format!(
                        "line {} pins it by `{name}`, and the plan's image has no {}",
                        place + 1,
                        if name == "digest" { "digest" } else { "tag" }
                    ));
                }
                _ => {}
            }
        }
    }
    if image.digest.is_some() && !places.iter().any(|(_, value)| Some(*value) == image.digest) {
        return Err(format!("beside line {} there is no `digest` for the plan's digest; add one", at + 1));
    }
    for (place, value) in &places {
        if let Some(line) = lines.get_mut(*place) {
            *line = with_value(line, value);
        }
    }
    Ok(places.len())
}

/// The same line with another value; quotes and a comment stay.
fn with_value(line: &str, value: &str) -> String {
    let Some((head, rest)) = line.split_once(':') else { return line.to_owned() };
    let blank: String = rest.chars().take_while(|c| *c == ' ').collect();
    let rest = rest.trim_start_matches(' ');
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => rest.get(1..).and_then(|it| it.find(quote)).map_or(rest.len(), |at| at + 2),
        None => rest.find(" #").unwrap_or(rest.trim_end().len()),
    };
    let tail = rest.get(end..).unwrap_or_default();
    // A tag such as 3.10 would be read as a number.
    let numeric = value.parse::<f64>().is_ok();
    let value = match quote {
        Some(quote) => format!("{quote}{value}{quote}"),
        None if numeric => format!("\"{value}\""),
        None => value.to_owned(),
    };
    let blank = if blank.is_empty() { " ".to_owned() } else { blank };
    format!("{head}:{blank}{value}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, image: &str) -> String {
        match put(text, image).expect("put") {
            Edited::Changed(text) => text,
            Edited::Same => panic!("the same"),
        }
    }

    #[test]
    fn a_whole_reference_is_replaced_and_nothing_else() {
        let text = "# web\nspec:\n  containers:\n  - name: web   # the app\n    image: \"r.example.com/web:1\"  # r.example.com/web:1\n    # image: r.example.com/web:0\n  - image: r.example.com/web-proxy:1\n  - image: other/r.example.com/web:1\n";
        assert_eq!(
            changed(text, "r.example.com/web:2"),
            text.replace("\"r.example.com/web:1\"", "\"r.example.com/web:2\"")
        );
        assert_eq!(put(text, "r.example.com/web:1"), Ok(Edited::Same));
        let digest = format!("r.example.com/web@sha256:{}", "a".repeat(64));
        assert!(changed(text, &digest).contains(&format!("\"{digest}\"")));
    }

    #[test]
    fn a_kustomization_keeps_its_form() {
        let text = "images:\n- name: r.example.com/other\n  newTag: '1'\n- name: r.example.com/web\n  newTag: 3.1.4 # now\nresources: [a.yaml]\n";
        let new = changed(text, "r.example.com/web:3.2.0");
        assert_eq!(new, text.replace("newTag: 3.1.4 # now", "newTag: 3.2.0 # now"));
        assert!(changed(text, "r.example.com/web:3.10").contains("newTag: \"3.10\" # now"));
        assert!(changed(text, "r.example.com/other:2").contains("newTag: '2'"));
    }

    #[test]
    fn values_of_a_chart_keep_their_form() {
        let text = "web:\n  image:\n    tag: \"1\"\n    repository: r.example.com/web\n  port: 80\n";
        assert_eq!(changed(text, "r.example.com/web:2"), text.replace("\"1\"", "\"2\""));
        let why = put(text, "r.example.com/web@sha256:aa").expect_err("no place");
        assert!(why.contains("no tag"), "{why}");
    }

    #[test]
    fn what_is_not_named_is_said() {
        let why = put("image: web:1\n", "r.example.com/web:2").expect_err("not named");
        assert!(why.contains("no line names r.example.com/web"), "{why}");
    }

    #[test]
    fn an_image_has_parts() {
        let image = Image::parse("h:5000/a/b:1@sha256:cc");
        assert_eq!(image, Image { repository: "h:5000/a/b", tag: Some("1"), digest: Some("sha256:cc") });
        assert_eq!(Image::parse("h:5000/a").tag, None);
    }
}
