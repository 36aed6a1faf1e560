//! Questions the screens ask of a picture. Pure; nothing here draws.

use crate::analysis::Verdict;
use crate::base::{RolloutId, Timestamp, Weight};
use crate::plan::{Otherwise, Plan, Role, Rollout};
use crate::release::{Answer, Hold, PodCard, RolloutPhase, RolloutState, Standing, State, View, Word};
use crate::tui::theme::{Meaning, Symbols};

/// The roll-call so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    /// How many said go.
    pub go: usize,
    /// Who said no-go.
    pub no_go: Vec<String>,
    /// Who has not answered, is absent, or whose answer is void.
    pub waiting: Vec<String>,
}

impl Poll {
    /// Counts the answers of the roles this release needs.
    pub fn of(view: &View) -> Self {
        let mut poll = Self::default();
        for role in view.plan.approvers() {
            match view.state.approvals.get(&role.id).and_then(|known| known.answer) {
                Some(Answer::Go) => poll.go += 1,
                Some(Answer::NoGo) => poll.no_go.push(short_title(role)),
                Some(Answer::Absent) | None => poll.waiting.push(short_title(role)),
            }
        }
        poll
    }
    /// How many are asked.
    pub fn total(&self) -> usize {
        self.go + self.no_go.len() + self.waiting.len()
    }
}

/// A role's title without the words every role has.
pub fn short_title(role: &Role) -> String {
    let title = role.title.line();
    let short = title.trim_end_matches(" Lead").trim_end_matches(" lead").trim();
    if short.is_empty() { role.id.to_string() } else { short.to_owned() }
}

/// How a status looks: its meaning, its glyph and its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it means.
    pub meaning: Meaning,
    /// The glyph.
    pub glyph: &'static str,
    /// The word.
    pub word: &'static str,
}

/// How a verdict looks.
pub fn verdict_look(verdict: Verdict, symbols: &Symbols) -> Look {
    let (meaning, glyph) = match verdict {
        Verdict::Pass => (Meaning::Good, symbols.done),
        Verdict::Warn => (Meaning::Warn, symbols.doubt),
        Verdict::Fail => (Meaning::Bad, symbols.failed),
        Verdict::Error => (Meaning::Bad, symbols.doubt),
        Verdict::TooFew | Verdict::Stale | Verdict::NoData => (Meaning::Unknown, symbols.unknown),
    };
    let word = match verdict {
        Verdict::NoData => "no data",
        Verdict::TooFew => "too few",
        other => other.as_str(),
    };
    Look { meaning, glyph, word }
}

/// How a gate's standing looks.
pub fn gate_look(standing: &Standing, symbols: &Symbols) -> Look {
    match standing.word {
        Word::Pending => Look { meaning: Meaning::Muted, glyph: symbols.waiting, word: "pending" },
        Word::Running => Look { meaning: Meaning::Accent, glyph: symbols.running, word: "running" },
        Word::Verdict(verdict) => verdict_look(verdict, symbols),
    }
}

/// What a gate does when it does not pass, in a word.
pub fn otherwise_word(otherwise: &Otherwise) -> &'static str {
    match otherwise {
        Otherwise::Block => "block",
        Otherwise::Warn => "warn",
        Otherwise::Review(_) => "review",
        Otherwise::Require => "require",
    }
}

/// Traffic to the canary of one rollout: wanted, written, seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// What is wanted.
    pub desired: Option<Weight>,
    /// What the object says.
    pub configured: Option<Weight>,
    /// What requests say.
    pub observed: Option<Weight>,
}

/// The shares of a rollout; what was just read counts before what was recorded.
pub fn shares(view: &View, id: &RolloutId) -> Shares {
    let known = view.state.rollouts.get(id);
    let seen = view.seen.traffic.get(id);
    Shares {
        desired: known.and_then(|known| known.desired),
        configured: seen.and_then(|seen| seen.configured).or(known.and_then(|known| known.configured)),
        observed: seen.and_then(|seen| seen.observed).or(known.and_then(|known| known.observed)),
    }
}

/// What a rollback would go to, and whether it is ready: version, healthy, wanted.
pub fn ready(view: &View, id: &RolloutId) -> Option<(String, u32, u32)> {
    let seen = view.seen.readiness.get(id).map(|seen| (seen.version.clone(), seen.ready, seen.of));
    let known = || {
        let good = view.state.rollouts.get(id)?.last_known_good.as_ref()?;
        Some((good.version.clone(), good.ready, good.of))
    };
    seen.or_else(known)
}

/// The pods of a rollout as they are listed: stable first, then canary, then others, each by name.
pub fn listed<'a>(view: &'a View, id: &RolloutId) -> Vec<&'a PodCard> {
    let mut all: Vec<&PodCard> = view.seen.pods.get(id).into_iter().flatten().collect();
    all.sort_by_key(|pod| pod.side);
    all
}

/// The share the next promotion of a rollout goes to; none when it is through or on its way back.
pub fn next_weight(plan: &Rollout, state: Option<&RolloutState>) -> Option<Weight> {
    let step = match state {
        None => 0,
        Some(state) => match state.phase {
            RolloutPhase::Completed | RolloutPhase::RollingBack | RolloutPhase::RolledBack => return None,
            _ => state.step,
        },
    };
    plan.steps.get(step as usize).map(|step| step.weight)
}

/// The phase of a rollout in words.
pub fn phase_word(phase: RolloutPhase) -> &'static str {
    match phase {
        RolloutPhase::Waiting => "not begun",
        RolloutPhase::Deploying => "deploying",
        RolloutPhase::Shifting => "moving traffic",
        RolloutPhase::Soaking => "soaking",
        RolloutPhase::Completed => "all traffic on the new version",
        RolloutPhase::RollingBack => "rolling back",
        RolloutPhase::RolledBack => "rolled back",
    }
}

/// The first hold that is on, with its rollout.
pub fn held(state: &State) -> Option<(&RolloutId, &Hold)> {
    state.rollouts.iter().find_map(|(id, known)| known.holds.first().map(|hold| (id, hold)))
}

/// How old the oldest of the sources' numbers is, in seconds, and whether a source has a fault.
pub fn metrics_age(view: &View, now: Timestamp) -> Option<(i64, bool)> {
    let sources = &view.health.sources;
    let oldest = sources.values().filter_map(|source| source.good).min()?;
    let faulty = sources.values().any(|source| source.fault.is_some() || source.good.is_none());
    Some((now.as_second() - oldest.as_second(), faulty))
}

/// How long ago the cluster last answered, in seconds.
pub fn cluster_age(view: &View, now: Timestamp) -> Option<i64> {
    let good = view.health.cluster.as_ref()?.good?;
    Some(now.as_second() - good.as_second())
}

/// The version that goes out and where, as the stream says or else the plan.
pub fn identity<'a>(state: &'a State, plan: &'a Plan) -> (&'a str, &'a str, &'a str) {
    match &state.identity {
        Some(known) => (&known.release, &known.version, &known.environment),
        None => (&plan.release.name, &plan.release.version, &plan.release.environment),
    }
}
