//! Every key, from the keymap; and the guide.

use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::piece;

use super::page::Page;

/// Every key of every context, and what only the palette offers.
pub fn page(model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    for context in Context::ALL {
        page.head(context.title());
        for binding in model.setup.keymap.bindings(context) {
            page.line(vec![
                piece(Meaning::Key, format!("  {:<14}", binding.keys_text())),
                piece(Meaning::Base, binding.desc.clone()),
            ]);
        }
    }
    page.head("By name only, with the command key");
    for (_, desc) in Action::PALETTE_ONLY {
        page.text(Meaning::Base, 16, desc);
    }
    page
}

/// The guide's parts, in the order they are read.
const GUIDE: [&str; 7] = [
    include_str!("../../../assets/guide/cockpit.md"),
    include_str!("../../../assets/guide/plan-file.md"),
    include_str!("../../../assets/guide/routers.md"),
    include_str!("../../../assets/guide/sources.md"),
    include_str!("../../../assets/guide/baselines.md"),
    include_str!("../../../assets/guide/judge.md"),
    include_str!("../../../assets/guide/night.md"),
];

/// The guide that comes with the program.
pub fn guide(width: u16) -> Page {
    let mut page = Page::new(width);
    let mut paragraph = String::new();
    for line in GUIDE.iter().flat_map(|part| part.lines().chain([""])) {
        let heading = line.trim_start_matches('#').trim();
        if (line.is_empty() || line.starts_with('#')) && !paragraph.is_empty() {
            page.text(Meaning::Base, 2, paragraph.trim());
            paragraph.clear();
        }
        if line.starts_with('#') {
            page.head(heading);
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
            if line.is_empty() {
                paragraph.clear();
            }
        }
    }
    page
}
