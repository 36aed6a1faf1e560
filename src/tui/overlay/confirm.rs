//! The dialog before a change: the exact change, what it rests on, who acts, and how to say yes.
//!
//! Invariants: a key held down or typed blind cannot confirm, because keys are ignored while it is not armed; the
//! key that opened it never confirms; Enter and a paste never do; when what it shows changes, it arms anew.

use ratatui::layout::Rect;
use tui_input::Input;

use super::change::{Change, facts};
use super::evidence::evidence;
use super::preview::Shown;
use crate::base::{RolloutId, Untrusted, Weight};
use crate::engine::client::Preview;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::{Model, Operator};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, cells, piece, wrap};

/// How long keys are ignored after it opens or changes, in milliseconds.
pub const ARM: u64 = 300;

fn rests_on(model: &Model, change: &Change) -> Vec<(Meaning, String)> {
    change.rollout().map(|rollout| evidence(model, rollout)).unwrap_or_default()
}

/// A dialog that asks.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What would be done.
    pub change: Change,
    /// Who would do it; when that changes the dialog closes.
    pub by: Operator,
    /// The stream's version the facts were read at.
    pub seen: u64,
    /// What it shows.
    pub facts: Vec<(Meaning, String)>,
    /// What it rests on as it is now; it moves with every sample and arms nothing anew.
    pub evidence: Vec<(Meaning, String)>,
    /// The share whose change is shown; none when nothing is written anywhere.
    target: Option<(RolloutId, Weight)>,
    /// The exact change, and what the cluster says of it.
    pub shown: Shown,
    /// How many lines were scrolled past.
    pub scroll: usize,
    /// What was typed, when the change asks for it.
    pub typed: Input,
    /// When it opened or changed, in milliseconds.
    pub since: u64,
}

impl Confirm {
    /// Opens it on a model.
    pub fn new(change: Change, model: &Model) -> Self {
        let facts = facts(model, &change);
        Self {
            evidence: rests_on(model, &change),
            shown: Shown::of(change.target(model).is_some()),
            target: change.target(model),
            scroll: 0,
            change,
            by: model.operator.clone(),
            seen: model.view.state.version,
            facts,
            typed: Input::default(),
            since: model.clock.at,
        }
    }

    /// True when keys count.
    pub fn is_armed(&self, at: u64) -> bool {
        at >= self.since + ARM && (self.change.is_safety() || !self.shown.is_awaited())
    }

    /// What is to be asked for, once.
    pub fn ask(&mut self) -> Option<(RolloutId, Weight)> {
        let asked = self.shown.ask();
        self.target.clone().filter(|_| asked)
    }

    /// Takes in what was asked for. What waited for it arms anew; what makes things safer did not wait.
    pub fn take(
        &mut self,
        (rollout, weight): (&RolloutId, Weight),
        preview: &Result<Preview, Untrusted>,
        at: u64,
    ) {
        if self.target.as_ref().is_some_and(|(of, to)| of == rollout && to.is_near(weight)) {
            self.shown = Shown::Told(preview.clone());
            if !self.change.is_safety() {
                self.since = at;
            }
        }
    }

    /// How many lines it has, as written.
    pub fn length(&self) -> usize {
        self.facts.len() + self.evidence.len() + self.shown.length()
    }

    /// Reads the facts anew; when they differ it arms anew and forgets what was typed.
    pub fn refresh(&mut self, model: &Model) {
        let now = facts(model, &self.change);
        self.seen = model.view.state.version;
        self.evidence = rests_on(model, &self.change);
        if now != self.facts {
            self.facts = now;
            let target = self.change.target(model);
            if target != self.target {
                self.shown = Shown::of(target.is_some());
                self.target = target;
            }
            self.typed = Input::default();
            self.since = model.clock.at;
        }
    }

    /// Draws it in the middle.
    pub fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        let width = area.width.saturating_sub(4).min(76);
        let inner_width = width.saturating_sub(4);
        let lines: Vec<(Meaning, String)> = self
            .facts
            .iter()
            .chain(&self.shown.lines())
            .chain(&self.evidence)
            .flat_map(|(meaning, text)| wrap(text, inner_width).into_iter().map(|line| (*meaning, line)))
            .collect();
        let height = (lines.len() as u16 + 5).min(area.height);
        let frame = super::centered(area, width, height);
        canvas.fill(frame, Meaning::Dialog);
        let production = model.view.plan.release.production;
        let title_meaning = if production { Meaning::Production } else { Meaning::Title };
        let title = [piece(title_meaning, format!(" {} ", self.change.title(model)))];
        let inner = canvas.frame(frame, &title, true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = inner.height.saturating_sub(3);
        let past = self.scroll.min(lines.len().saturating_sub(usize::from(room)));
        for (row, (meaning, line)) in lines.iter().skip(past).take(usize::from(room)).enumerate() {
            canvas.line(inner, row as u16, &[piece(*meaning, line.clone())]);
        }
        let who = format!("as {} ({:?})", self.by.actor.name(), self.by.assurance);
        let below = lines.len().saturating_sub(past + usize::from(room));
        let more = if below > 0 { format!("   {below} more lines below") } else { String::new() };
        let foot = [piece(Meaning::Muted, who), piece(Meaning::Key, more)];
        canvas.line(inner, inner.height.saturating_sub(2), &foot);
        self.buttons(model, canvas, Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner });
    }

    fn buttons(&self, model: &Model, canvas: &mut Canvas<'_>, line: Rect) {
        let key = |action| {
            let binding = model.setup.keymap.binding_of(&[Context::Dialog], action);
            binding.map(|binding| binding.first_key()).unwrap_or_default()
        };
        let cancel = " Cancel ";
        canvas.put((line.x, line.y), line.width, Meaning::Dialog, cancel);
        canvas.lay(Rect { width: cells(cancel).min(line.width), ..line }, Meaning::Selected);
        let mut pieces = vec![piece(Meaning::Muted, "  esc   ")];
        match self.change.to_type() {
            Some(expected) => {
                pieces.push(piece(Meaning::Dialog, "type "));
                pieces.push(piece(Meaning::Key, expected));
                pieces.push(piece(Meaning::Dialog, " to confirm: "));
                pieces.push(piece(Meaning::Title, format!("{}_", self.typed.value())));
            }
            None => {
                pieces.push(piece(Meaning::Key, format!("{} ", key(Action::Confirm))));
                pieces.push(piece(Meaning::Dialog, self.change.verb()));
            }
        }
        let start = cells(cancel).min(line.width);
        canvas.line(Rect { x: line.x + start, width: line.width - start, ..line }, 0, &pieces);
    }
}
