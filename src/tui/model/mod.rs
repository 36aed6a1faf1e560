//! What the cockpit knows: the newest picture, what is selected, what lies on top. Plain data.
//!
//! Invariants: time comes in with messages, never from a clock; what is costly is worked out when the picture
//! changes, so that drawing costs what is on screen and no more.

mod asking;
mod facts;
mod index;
mod name;
mod numbers;
mod older;
mod operator;
mod pod_log;
mod stages;
mod toast;
mod watching;

use std::sync::Arc;

pub use asking::{asks, cause_words, forward, is_contested, requests};
pub use facts::{
    Poll, cluster_age, gate_look, held, identity, listed, metrics_age, next_weight, otherwise_word,
    phase_word, ready, shares, verdict_look,
};
pub use index::{Due, Index, ItemLine, StageSum, item_line, without_owner};
pub use name::{Pane, ScreenName};
pub use numbers::{advice, metric_look, newest, quality_word, silences};
pub use older::Older;
pub use operator::{Ids, Operator, Order, RandomIds};
pub use pod_log::{LINES, PodLog};
pub use stages::{Cursor, Row, StageList};
pub use toast::Toasts;
pub use watching::{arming, mode, phase, trigger_look, trigger_words};

use crate::base::{Digest, ItemId, RolloutId, Timestamp, Untrusted};
use crate::plan::{Gate, Metric, Rollout, Trigger, Watched};
use crate::release::{Blocker, EngineHealth, PodCard, View};
use crate::tui::keymap::{Chord, Context, Keymap};
use crate::tui::overlay::Overlay;
use crate::tui::theme::{Depth, Theme, ThemeName};
use crate::tui::widget::{age_counts_seconds, t_clock_counts_seconds};

/// How the cockpit looks and listens.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The looks.
    pub theme: Theme,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// The keys.
    pub keymap: Keymap,
}

/// The places in the lists.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Stages and items.
    pub stages: StageList,
    /// Gates.
    pub gates: Cursor,
    /// Rollouts.
    pub rollouts: Cursor,
    /// Pods.
    pub pods: Cursor,
    /// Metrics; on their own screen the triggers follow.
    pub metrics: Cursor,
    /// Roles.
    pub roles: Cursor,
    /// Lines of the log, help, guide or a detail.
    pub page: Cursor,
}

/// Milliseconds since the cockpit began, and when the picture came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Now.
    pub at: u64,
    /// When the newest picture came.
    pub picture: u64,
    /// When it was last worked out why the release waits.
    pub explained: u64,
}

/// The cockpit.
#[derive(Clone, Debug)]
pub struct Model {
    /// The newest picture.
    pub view: Arc<View>,
    /// Its sums.
    pub index: Index,
    /// Why the release waits.
    pub blockers: Vec<Blocker>,
    /// Who sits here.
    pub operator: Operator,
    /// Looks and keys.
    pub setup: Setup,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The screen.
    pub screen: ScreenName,
    /// Where back leads.
    pub back: Vec<ScreenName>,
    /// The pane of the overview that has the keys.
    pub pane: Pane,
    /// The places in the lists.
    pub lists: Lists,
    /// What lies on top, the topmost last.
    pub overlays: Vec<Overlay>,
    /// Short messages.
    pub toasts: Toasts,
    /// Keys of an unfinished sequence.
    pub typed: Vec<Chord>,
    /// Items ticked here, the newest last: what undo goes through.
    pub ticked: Vec<ItemId>,
    /// The bytes of a gate's run that were asked for, as text.
    pub evidence: Option<(Digest, Untrusted)>,
    /// The log of a pod that somebody looks at.
    pub pod_log: PodLog,
    /// Lines of the journal before the newest, oldest first, and the version asked for last.
    pub older: Older,
    /// Time.
    pub clock: Clock,
}

impl Model {
    /// A cockpit on a picture.
    pub fn new(view: Arc<View>, operator: Operator, setup: Setup, size: (u16, u16)) -> Self {
        let mut model = Self {
            index: Index::of(&view.state, &view.plan),
            blockers: Vec::new(),
            view,
            operator,
            setup,
            size,
            screen: ScreenName::default(),
            back: Vec::new(),
            pane: Pane::default(),
            lists: Lists::default(),
            overlays: Vec::new(),
            toasts: Toasts::default(),
            typed: Vec::new(),
            ticked: Vec::new(),
            evidence: None,
            pod_log: PodLog::default(),
            older: Older::default(),
            clock: Clock::default(),
        };
        model.explain();
        model.lists.stages.begin(&model.view, &model.index);
        model.lists.gates.0 = model.most_urgent_gate();
        model.lists.metrics.0 = model.most_urgent_metric();
        model
    }

    /// Takes in a newer picture.
    pub fn see(&mut self, view: Arc<View>) {
        let same = Arc::ptr_eq(&view.state, &self.view.state) && Arc::ptr_eq(&view.plan, &self.view.plan);
        if !Arc::ptr_eq(&view.recent, &self.view.recent) {
            self.keep_slid(&view);
        }
        self.view = view;
        let stale = self.clock.at.saturating_sub(self.clock.explained) >= 5_000;
        self.clock.picture = self.clock.at;
        if !same {
            self.index = Index::of(&self.view.state, &self.view.plan);
            self.lists.stages.rebuild(&self.view, &self.index);
        }
        if !same || stale {
            self.explain();
        }
    }

    /// Works out anew why the release waits.
    fn explain(&mut self) {
        self.clock.explained = self.clock.at;
        self.blockers = crate::release::explain(&self.view.state, &self.view.plan, self.now());
    }

    /// The time on screen: the picture's own, and what has passed since it came.
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.clock.at.saturating_sub(self.clock.picture)).unwrap_or(0);
        let passed = jiff::SignedDuration::from_millis(passed);
        self.view.now.checked_add(passed).unwrap_or(self.view.now)
    }

    /// The selected gate.
    pub fn gate(&self) -> Option<&Gate> {
        self.view.plan.gates.get(self.lists.gates.0)
    }
    /// The selected rollout.
    pub fn rollout(&self) -> Option<&Rollout> {
        self.view.plan.rollouts.get(self.lists.rollouts.0)
    }
    /// The selected metric with its place; for a trigger the one it watches.
    pub fn metric(&self) -> Option<(usize, &Metric)> {
        let metrics = &self.view.plan.metrics;
        let place = match self.trigger().map(|trigger| &trigger.when) {
            Some(Watched::Metric { metric, .. } | Watched::Burn { metric, .. }) => {
                metrics.iter().position(|known| &known.id == metric)?
            }
            Some(_) => return None,
            None => self.lists.metrics.0,
        };
        metrics.get(place).map(|metric| (place, metric))
    }
    /// The selected trigger.
    pub fn trigger(&self) -> Option<&Trigger> {
        let place = self.lists.metrics.0.checked_sub(self.view.plan.metrics.len())?;
        self.view.plan.triggers.get(place)
    }
    /// The selected pod, with its rollout.
    pub fn pod(&self) -> Option<(RolloutId, &PodCard)> {
        let rollout = self.rollout()?.id.clone();
        let pod = listed(&self.view, &rollout).get(self.lists.pods.0).copied()?;
        Some((rollout, pod))
    }
    /// The selected item.
    pub fn item(&self) -> Option<ItemLine<'_>> {
        item_line(&self.view, self.lists.stages.item()?)
    }

    /// Where keys mean something now, the nearest first.
    pub fn contexts(&self) -> Vec<Context> {
        let near = match (self.screen, self.pane) {
            (ScreenName::Item, _) | (ScreenName::Overview, Pane::Stages) => Some(Context::Stages),
            (ScreenName::Gate, _) | (ScreenName::Overview, Pane::Gates) => Some(Context::Gates),
            (ScreenName::RollCall, _) | (ScreenName::Overview, Pane::RollCall) => Some(Context::RollCall),
            (ScreenName::Pods | ScreenName::PodLog, _) => Some(Context::Pods),
            (ScreenName::Metrics | ScreenName::Chart, _) | (ScreenName::Overview, Pane::Metrics) => {
                Some(Context::Metrics)
            }
            _ => None,
        };
        near.into_iter().chain([Context::Any]).collect()
    }

    /// The look of the next built-in theme.
    pub fn next_theme(&mut self) {
        let at = ThemeName::ALL.iter().position(|name| name.as_str() == self.setup.theme.name).unwrap_or(0);
        let next = ThemeName::ALL.get((at + 1) % ThemeName::ALL.len()).copied().unwrap_or_default();
        self.setup.theme = Theme::built_in(next, self.setup.depth, self.setup.theme.symbols);
    }

    /// The first gate that does not allow, or the first.
    fn most_urgent_gate(&self) -> usize {
        let now = self.now();
        let stuck = |gate: &Gate| !crate::release::standing(&self.view.state, gate, now).allows;
        self.view.plan.gates.iter().position(stuck).unwrap_or(0)
    }

    /// The first metric that is not as wanted, or the first.
    fn most_urgent_metric(&self) -> usize {
        let off = |metric: &Metric| {
            !self.view.seen.metrics.get(&metric.id).is_some_and(|series| series.verdict.is_pass())
        };
        self.view.plan.metrics.iter().position(off).unwrap_or(0)
    }

    /// True when something on screen reads differently in a second.
    pub fn counts_seconds(&self) -> bool {
        let now = self.now();
        let t = crate::release::clock::t(&self.view.state, &self.view.plan, now);
        let near_t0 = t.is_some_and(t_clock_counts_seconds);
        let soaking = self.view.state.rollouts.values().any(|known| {
            known.soak.good_since.is_some() && !known.soak.completed || known.operation.is_some()
        });
        let fresh = metrics_age(&self.view, now).is_some_and(|(age, _)| age_counts_seconds(age))
            || cluster_age(&self.view, now).is_some_and(age_counts_seconds);
        let due = self.index.next(now).is_some_and(|(at, _)| at.as_second() - now.as_second() < 3600);
        near_t0 || soaking || fresh || due
    }

    /// When the screen changes by itself, in milliseconds since the cockpit began; none when it does not.
    pub fn next_frame(&self) -> Option<u64> {
        let alive = self.view.health.engine != EngineHealth::Nobody || !self.view.health.sources.is_empty();
        let tick = if self.counts_seconds() { 1_000 } else { 10_000 };
        let clock = (alive || self.view.plan.release.t0.is_some() || self.view.state.t0.is_some())
            .then(|| self.clock.at + tick - self.clock.at % 1_000);
        let armed =
            self.overlays.last().and_then(|overlay| overlay.armed_at()).filter(|at| *at > self.clock.at);
        [clock, armed, self.toasts.next()].into_iter().flatten().min()
    }
}
