//! Thresholds over time: what a number says now, and whether a rule has held for long enough.
//!
//! Invariants: time accrues by the samples' own timestamps, never by a clock; a hole of up to two intervals neither
//! adds time nor starts anew; a longer one is unknown; no data is never green; a rule that cannot be answered is
//! unknown, never true.

use crate::analysis::{Samples, Verdict};
use crate::base::{Timestamp, Unit};
use crate::plan::rule::{Doubt, Fact, Facts, Outcome, Rule};

/// How the newest answer of a source was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nobody asked yet.
    #[default]
    None,
    /// It was whole.
    Whole,
    /// It came with a warning or was cut; the text says which.
    Partial(String),
    /// There was none; the text says why.
    Fault(String),
}

/// The limits of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// What its number is called in rules that name it.
    pub name: &'a str,
    /// What is wanted.
    pub target: Option<&'a Rule>,
    /// What is not accepted.
    pub alert: Option<&'a Rule>,
}

/// What a number says now.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The word.
    pub verdict: Verdict,
    /// The time of the first sample that says so; none when there is no sample.
    pub since: Option<Timestamp>,
    /// The newest number, in the unit's base.
    pub value: Option<f64>,
    /// Why, when it is not about the number.
    pub reason: String,
}

/// Pass inside the target, fail on alert, warn between; anything doubtful is never pass.
pub fn judge(samples: &Samples, limits: &Limits<'_>, answer: &Answer, now: Timestamp) -> Judged {
    let (newest, speaks) = samples.speaks(now);
    let value = newest.map(|(_, value)| value);
    let at = newest.map(|(at, _)| at);
    let doubtful = |verdict, reason: String| Judged { verdict, since: at, value, reason };
    if let Answer::Fault(why) = answer {
        return doubtful(Verdict::Error, why.clone());
    }
    let Some((_, number)) = newest else { return doubtful(Verdict::NoData, "no samples".to_owned()) };
    if !speaks {
        let age = at.map_or(0, |at| now.as_second() - at.as_second());
        let reason = if age < 0 {
            format!("the newest sample is {} s ahead of the clock", age.saturating_neg())
        } else {
            format!("the newest sample is {age} s old")
        };
        return doubtful(Verdict::Stale, reason);
    }
    let (verdict, reason) = word(number, limits);
    if let Answer::Partial(why) = answer {
        let verdict = if verdict.is_pass() { Verdict::Warn } else { verdict };
        return doubtful(verdict, why.clone());
    }
    let since =
        samples.good().take_while(|(_, number)| word(*number, limits).0 == verdict).map(|(at, _)| at).last();
    Judged { verdict, since, value, reason }
}

/// What one number says against its limits.
fn word(number: f64, limits: &Limits<'_>) -> (Verdict, String) {
    let ask = |rule: Option<&Rule>| rule.map(|rule| answer(rule, limits.name, number));
    match (ask(limits.alert), ask(limits.target)) {
        (Some(Outcome::Holds), _) => (Verdict::Fail, String::new()),
        (Some(Outcome::Unknown(doubt)), _) | (_, Some(Outcome::Unknown(doubt))) => {
            (doubted(&doubt), doubt.to_string())
        }
        (_, Some(Outcome::Fails)) => (Verdict::Warn, String::new()),
        (_, Some(Outcome::Holds) | None) => (Verdict::Pass, String::new()),
    }
}

fn doubted(doubt: &Doubt) -> Verdict {
    match doubt {
        Doubt::Missing { .. } | Doubt::NotFinite { .. } => Verdict::NoData,
        Doubt::NoBaseline { .. } | Doubt::EmptyBaseline { .. } => Verdict::TooFew,
        _ => Verdict::Error,
    }
}

/// What a rule says of one number. The number is in the unit the rule's limit is in; a share stays without a unit,
/// so that a number above one is doubted instead of read as hundreds of percent.
pub fn answer(rule: &Rule, name: &str, number: f64) -> Outcome {
    let unit = rule.unit().filter(|unit| **unit != Unit::Ratio).cloned().unwrap_or(Unit::None);
    let fact = Fact::new(number, unit);
    rule.evaluate(&Facts::of(fact.clone()).with(name, fact))
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does not hold.
    Armed,
    /// It holds, not yet for long enough.
    Pending,
    /// It held for its whole time.
    Fired,
    /// There is no good data to say.
    Unknown,
}

/// Where a rule stands, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// Where.
    pub phase: Phase,
    /// The time of the sample that says so; none when there is no sample.
    pub since: Option<Timestamp>,
    /// The newest number.
    pub value: Option<f64>,
    /// Seconds it has held, by sample time.
    pub elapsed: i64,
    /// Seconds it must.
    pub needed: i64,
}

/// What is watched.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// What the number is called in rules that name it.
    pub name: &'a str,
    /// What must hold to fire.
    pub rule: &'a Rule,
    /// What must hold, for as long, before it is armed again; none means the rule must fail.
    pub exit: Option<&'a Rule>,
    /// Samples before this moment do not count.
    pub from: Option<Timestamp>,
    /// True when it had fired before: it then stays fired until its exit holds.
    pub fired: bool,
}

/// Whether a rule has held for its whole time. Without a time of its own it needs two samples in a row, at most two
/// intervals apart.
pub fn watch(samples: &Samples, what: &Watched<'_>, now: Timestamp) -> Watch {
    let (newest, speaks) = samples.speaks(now);
    let counts = |at: Timestamp| what.from.is_none_or(|from| at >= from);
    let needed = what.rule.lasting.map_or(samples.every(), |lasting| lasting.signed());
    let value = newest.map(|(_, value)| value);
    let at = newest.map(|(at, _)| at);
    let found = |phase, since, elapsed| Watch { phase, since, value, elapsed, needed };
    let held = |number: f64| answer(what.rule, what.name, number);
    if what.fired {
        let calm = |number: f64| match what.exit {
            Some(exit) => answer(exit, what.name, number).holds(),
            None => held(number) == Outcome::Fails,
        };
        let spell = spell(samples, what, needed, calm);
        let over = speaks && spell.count >= 2 && spell.elapsed >= needed;
        return if over { found(Phase::Armed, at, 0) } else { found(Phase::Fired, at, needed) };
    }
    let Some((_, number)) = newest.filter(|_| speaks) else { return found(Phase::Unknown, at, 0) };
    match held(number) {
        // A source that is alive, with nothing to say yet about the time that counts.
        _ if !at.is_some_and(counts) => found(Phase::Armed, at, 0),
        Outcome::Unknown(_) => found(Phase::Unknown, at, 0),
        Outcome::Fails => found(Phase::Armed, at, 0),
        Outcome::Holds => {
            let spell = spell(samples, what, needed, |number| held(number).holds());
            let enough = match what.rule.lasting {
                Some(_) => spell.elapsed >= needed,
                None => spell.count >= 2,
            };
            if enough {
                found(Phase::Fired, at, spell.elapsed)
            } else {
                found(Phase::Pending, spell.since, spell.elapsed)
            }
        }
    }
}

/// How long something has been true of the newest samples.
struct Spell {
    since: Option<Timestamp>,
    elapsed: i64,
    count: usize,
}

fn spell(samples: &Samples, what: &Watched<'_>, needed: i64, holds: impl Fn(f64) -> bool) -> Spell {
    let every = samples.every();
    let mut out = Spell { since: None, elapsed: 0, count: 0 };
    for (at, number) in samples.good() {
        if what.from.is_some_and(|from| at < from) || !holds(number) {
            break;
        }
        if let Some(next) = out.since {
            let step = next.as_second() - at.as_second();
            if 2 * step <= 3 * every {
                out.elapsed += step;
            } else if step > 2 * every && (what.rule.lasting.is_none() || 2 * step >= needed) {
                // Too long without data: what was before says nothing about now.
                break;
            }
        }
        out.since = Some(at);
        out.count += 1;
        if out.elapsed >= needed && out.count >= 2 {
            break;
        }
    }
    out
}
