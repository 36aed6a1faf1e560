//! The dialog that asks for a line of text.

use ratatui::layout::Rect;
use tui_input::Input;

use crate::base::{GateId, ItemId, Offset, RoleId, Seconds, StageId, TriggerId, Untrusted};
use crate::plan::Metric;
use crate::release::{Answer, Choice, Wish};
use crate::tui::model::{Model, Operator};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, piece};

/// What the text is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// A note on an item or on the release.
    Note(Option<ItemId>),
    /// Why an item is left out.
    Skip(ItemId),
    /// Why an item is ticked by hand that something else should tick.
    Waiver(ItemId),
    /// Who owns an item.
    Assign(ItemId),
    /// A link, a file or text for an item.
    Attach(ItemId),
    /// A new item of a stage.
    AddItem(StageId),
    /// The part of an item that becomes one of its own.
    SplitItem(StageId, ItemId),
    /// When an item is due.
    Retime(ItemId),
    /// Why a role says no-go or is absent.
    Answer(RoleId, Answer),
    /// Why a gate is accepted or declined.
    Review(GateId, bool),
    /// Why a gate is let be.
    WaiveGate(GateId),
    /// Which of these triggers fires, and what a person saw.
    FireTrigger(Vec<TriggerId>),
    /// Why what a machine asks for is not done, by the request's number.
    Decline(u64),
    /// What one of these triggers does, of which the playbook says both.
    Choose(Vec<TriggerId>),
    /// The number that a person read.
    TypeNumber(Box<Metric>),
    /// Why the release is called off.
    CancelRelease,
}

/// What came of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A wish.
    Wish(Wish),
    /// Keep this text as evidence of an item.
    Keep(ItemId, String),
    /// Attach the file of this name.
    File(ItemId, String),
    /// The text will not do, and why.
    Wrong(&'static str),
}

impl Purpose {
    /// The question.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Note(Some(_)) => "Note on this item",
            Self::Note(None) => "Note on the release",
            Self::Skip(_) => "Leave this item out: why?",
            Self::Waiver(_) => "Tick by hand instead: why?",
            Self::Assign(_) => "Who owns this item?",
            Self::Attach(_) => "Attach a link, @file or text",
            Self::AddItem(_) => "Add an item",
            Self::SplitItem(..) => "Split this item: which part becomes its own?",
            Self::FireTrigger(_) => "Fire a trigger: which, and what did you see?",
            Self::Retime(_) => "When is it due?",
            Self::Answer(_, Answer::Absent) => "Absent: why?",
            Self::Answer(..) => "No-go: why?",
            Self::Review(_, true) => "Accept this gate: why?",
            Self::Review(_, false) => "Decline this gate: why?",
            Self::WaiveGate(_) => "Let this gate be: why? It stays red",
            Self::Decline(_) => "Decline what is asked: why?",
            Self::Choose(_) => "Choose what a trigger does when it fires",
            Self::TypeNumber(_) => "Which number did you read?",
            Self::CancelRelease => "Call the release off: why?",
        }
    }

    /// What to write.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Assign(_) => "a person or a role; empty takes the owner away",
            Self::Retime(_) => "T+2h, -30m, 3d; empty takes the due time away",
            Self::FireTrigger(_) => "TRIGGER: what you saw; its actions follow at once",
            Self::Choose(_) => "TRIGGER: automatic (it acts by itself) or request (it asks a person)",
            Self::TypeNumber(_) => "with its unit, as the playbook writes it: 4.2, 0.8% or 350ms",
            Self::Attach(_) => "https://... is a link, @path is a file, all else is kept as text",
            _ => "",
        }
    }

    /// What the text means.
    pub fn outcome(&self, text: &str) -> Outcome {
        let text = text.trim();
        let said = Untrusted::new(text);
        let optional = matches!(self, Self::Assign(_) | Self::Retime(_));
        if text.is_empty() && !optional {
            return Outcome::Wrong("some words are needed");
        }
        let wish = match self.clone() {
            Self::Note(item) => Wish::Note { item, note: said },
            Self::Skip(item) => Wish::Skip { item, reason: said },
            Self::Waiver(item) => Wish::Tick { item, evidence: None, waiver: Some(said) },
            Self::Assign(item) => Wish::Assign { item, owner: (!text.is_empty()).then(|| text.to_owned()) },
            Self::Attach(item) => return attach(item, text),
            Self::AddItem(stage) => Wish::AddItem { stage, text: said, split_from: None },
            Self::SplitItem(stage, item) => Wish::AddItem { stage, text: said, split_from: Some(item) },
            Self::FireTrigger(known) => match text.split_once(':') {
                Some((name, reason)) if !reason.trim().is_empty() => {
                    match known.into_iter().find(|id| id.as_str() == name.trim()) {
                        Some(trigger) => Wish::FireTrigger { trigger, reason: Untrusted::new(reason.trim()) },
                        None => return Outcome::Wrong("no manual trigger has this name"),
                    }
                }
                _ => return Outcome::Wrong("write the trigger, a colon, and what you saw"),
            },
            Self::Decline(request) => Wish::Decline { request, reason: said },
            Self::Choose(known) => return choose(known, text),
            Self::TypeNumber(metric) => match metric.read(text) {
                Some(value) => Wish::TypeNumber { metric: metric.id, value },
                None => {
                    return Outcome::Wrong(
                        "write a number in the unit of its limits, such as 4.2, 0.8% or 350ms",
                    );
                }
            },
            Self::Retime(item) if text.is_empty() => Wish::Retime { item, due: None },
            Self::Retime(item) => match offset(text) {
                Some(due) => Wish::Retime { item, due: Some(due) },
                None => return Outcome::Wrong("write T+2h, -30m or 3d"),
            },
            Self::Answer(role, answer) => Wish::Approve { role, answer, reason: said },
            Self::Review(gate, accepted) => Wish::ReviewGate { gate, accepted, reason: said },
            Self::WaiveGate(gate) => Wish::WaiveGate { gate, reason: said },
            Self::CancelRelease => Wish::Cancel { reason: said },
        };
        Outcome::Wish(wish)
    }
}

/// What a person chose of a trigger, written out so that none changes by mistake.
fn choose(known: Vec<TriggerId>, text: &str) -> Outcome {
    let Some((name, choice)) = text.split_once(':') else {
        return Outcome::Wrong("write the trigger, a colon, and automatic or request");
    };
    let choice = match choice.trim() {
        "automatic" => Choice::Automatic,
        "request" => Choice::Request,
        _ => return Outcome::Wrong("write automatic or request after the colon"),
    };
    match known.into_iter().find(|id| id.as_str() == name.trim()) {
        Some(trigger) => Outcome::Wish(Wish::Choose { trigger, choice }),
        None => Outcome::Wrong("the playbook says both of no trigger with this name"),
    }
}

fn attach(item: ItemId, text: &str) -> Outcome {
    if text.starts_with("https://") || text.starts_with("http://") {
        let evidence = crate::release::Evidence::Link { url: Untrusted::new(text) };
        return Outcome::Wish(Wish::Attach { item, evidence });
    }
    match text.strip_prefix('@') {
        Some("") => Outcome::Wrong("write the file's name after @"),
        Some(path) => Outcome::File(item, path.to_owned()),
        None => Outcome::Keep(item, text.to_owned()),
    }
}

/// Reads a place on the T-clock: days and weeks are calendar steps, hours are exact.
pub fn offset(text: &str) -> Option<Offset> {
    let text = text.trim().trim_start_matches(['T', 't']).trim();
    if matches!(text, "0" | "-0" | "+0") {
        return Some(Offset::ZERO);
    }
    let (negative, length) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let seconds = Seconds::parse(length)?.signed();
    let calendar = length.chars().all(|c| c.is_ascii_digit() || matches!(c, 'd' | 'w' | ' '));
    let sign = if negative { -1 } else { 1 };
    if calendar {
        Some(Offset::days(i32::try_from(seconds / 86_400 * sign).ok()?))
    } else {
        Some(Offset::seconds(seconds * sign))
    }
}

/// A dialog with a line to write.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What the text is for.
    pub purpose: Purpose,
    /// Who writes; when that changes the dialog closes.
    pub by: Operator,
    /// The text.
    pub input: Input,
    /// What was wrong with it.
    pub wrong: &'static str,
    /// When it opened, in milliseconds.
    pub since: u64,
}

impl Prompt {
    /// Opens it with some text to begin with.
    pub fn new(purpose: Purpose, model: &Model, text: &str) -> Self {
        Self {
            purpose,
            by: model.operator.clone(),
            input: Input::new(text.to_owned()),
            wrong: "",
            since: model.clock.at,
        }
    }

    /// Draws it in the middle.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let frame = super::centered(area, area.width.saturating_sub(4).min(76), 5);
        canvas.fill(frame, Meaning::Dialog);
        let inner = canvas.frame(frame, &[piece(Meaning::Title, self.purpose.title())], true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        super::input_line(canvas, inner, &self.input);
        let help = match (self.wrong, self.purpose.help()) {
            ("", "") => piece(Meaning::Muted, format!("as {}", self.by.actor.name())),
            ("", help) => piece(Meaning::Muted, help),
            (wrong, _) => piece(Meaning::Bad, wrong),
        };
        canvas.line(inner, 1, &[help]);
        let keys = [
            piece(Meaning::Key, "enter "),
            piece(Meaning::Dialog, "write   "),
            piece(Meaning::Key, "esc "),
            piece(Meaning::Dialog, "cancel"),
        ];
        canvas.line(inner, 2, &keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_clock_are_read_as_written() {
        assert_eq!(offset("T+2h"), Some(Offset::seconds(7200)));
        assert_eq!(offset("-30m"), Some(Offset::seconds(-1800)));
        assert_eq!(offset("3d"), Some(Offset::days(3)));
        assert_eq!(offset("T-1w"), Some(Offset::days(-7)));
        assert_eq!(offset("T-0"), Some(Offset::ZERO));
        assert_eq!(offset("soon"), None);
    }

    #[test]
    fn evidence_is_a_link_a_file_or_text() {
        let attach = |text: &str| Purpose::Attach("a/b".into()).outcome(text);
        assert!(matches!(attach("https://x.example/1"), Outcome::Wish(Wish::Attach { .. })));
        assert_eq!(attach("@out.txt"), Outcome::File("a/b".into(), "out.txt".to_owned()));
        assert_eq!(attach("42 passed"), Outcome::Keep("a/b".into(), "42 passed".to_owned()));
        assert!(matches!(attach("  "), Outcome::Wrong(_)));
        assert!(matches!(Purpose::Skip("a".into()).outcome(""), Outcome::Wrong(_)));
    }
}
