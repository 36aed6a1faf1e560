//! One gate in full, with its runs.

use crate::plan::{Check, Gate, GitFact, Otherwise};
use crate::release::standing;
use crate::tui::model::{Model, gate_look, verdict_look};
use crate::tui::theme::Meaning;
use crate::tui::widget::{piece, rule_text};

use super::item::marked;
use super::page::Page;

/// How many lines of output are shown.
const OUTPUT: usize = 400;

/// Everything known of the selected gate.
pub fn page(model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let Some(gate) = model.gate() else {
        page.line(vec![piece(Meaning::Muted, "no gate is selected")]);
        return page;
    };
    let symbols = &model.setup.theme.symbols;
    let standing = standing(&model.view.state, gate, model.now());
    let look = gate_look(&standing, symbols);
    page.text(Meaning::Title, 0, &gate.title.line());
    page.line(Vec::new());
    page.field("says", look.meaning, &format!("{} {}", look.glyph, look.word));
    let (meaning, word) =
        if standing.allows { (Meaning::Good, "lets on") } else { (Meaning::Bad, "in the way") };
    let note = if standing.note.is_empty() { String::new() } else { format!(": {}", standing.note) };
    page.field("release", meaning, &format!("{word}{note}"));
    page.field("looks at", Meaning::Base, &check_text(gate));
    if let Some(rule) = &gate.pass {
        page.field("must hold", Meaning::Base, &rule_text(rule, symbols));
    }
    let otherwise = match &gate.otherwise {
        Otherwise::Block => "blocks: only a pass lets on".to_owned(),
        Otherwise::Warn => "warns: goes on and stays yellow".to_owned(),
        Otherwise::Review(role) => format!("review: {role} decides"),
        Otherwise::Require => "requires evidence that is fresh; its content is not judged".to_owned(),
    };
    page.field("if not", Meaning::Base, &otherwise);
    if let Some(fresh) = gate.fresh {
        page.field("fresh for", Meaning::Base, &fresh.to_string());
    }
    if let Some(item) = &gate.item {
        page.field("ticks", Meaning::Base, item.as_str());
    }
    let Some(known) = model.view.state.gates.get(&gate.id) else {
        page.head("Runs");
        page.text(Meaning::Muted, 2, "it has not run");
        return page;
    };
    if let Some(review) = &known.review {
        page.head("Decision");
        let word = if review.accepted { "accepted" } else { "declined" };
        page.text(
            Meaning::Base,
            2,
            &format!("{word} by {} on run {}", marked(model, &review.mark), review.run),
        );
        page.text(Meaning::Base, 2, &review.reason.lines());
    }
    if let Some((mark, reason)) = &known.waiver {
        page.head("Waiver");
        page.text(Meaning::Bad, 2, &format!("waived by {}", marked(model, mark)));
        page.text(Meaning::Base, 2, &reason.lines());
    }
    page.head("Runs");
    for run in known.runs.iter().rev() {
        let (meaning, word) = match run.verdict {
            Some(verdict) => {
                let look = verdict_look(verdict, symbols);
                (look.meaning, format!("{} {}", look.glyph, look.word))
            }
            None => (Meaning::Accent, format!("{} running", symbols.running)),
        };
        page.line(vec![
            piece(Meaning::Muted, format!("  {:>3}  ", run.number)),
            piece(meaning, format!("{word:<10}  ")),
            piece(Meaning::Muted, marked(model, &run.started)),
        ]);
        if !run.summary.is_empty() {
            page.text(Meaning::Base, 7, &run.summary.lines());
        }
        if let Some(evidence) = run.evidence {
            page.text(Meaning::Muted, 7, &format!("evidence sha256:{}", evidence.short()));
        }
    }
    let newest = known.newest().and_then(|run| run.evidence);
    if let Some((_, output)) = model.evidence.as_ref().filter(|(digest, _)| Some(*digest) == newest) {
        page.head("Output of the newest run");
        for line in output.lines().lines().take(OUTPUT) {
            page.text(Meaning::Base, 2, line);
        }
    }
    page
}

fn check_text(gate: &Gate) -> String {
    match &gate.check {
        Check::Command(command) => format!("command: {}", command.run.join(" ")),
        Check::Http(check) => format!("{} answers {}", check.url, check.status),
        Check::Metric { metric } => format!("metric {metric}"),
        Check::Manual => "a person looks and says".to_owned(),
        Check::Git(git) => {
            let facts = git.facts.iter().map(|fact| match fact {
                GitFact::Clean => "the tree is clean".to_owned(),
                GitFact::Branch(branch) => format!("HEAD is on {branch}"),
                GitFact::Tag(tag) => format!("the tag {tag} exists"),
                GitFact::Pushed { tag, remote } => format!("the tag {tag} is on {remote}"),
            });
            format!("git: {}", facts.collect::<Vec<_>>().join(", "))
        }
    }
}
