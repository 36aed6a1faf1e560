//! Where a rule stands now.

use super::look::{Look, Looker, Said, counts};
use super::proof::{limit, proven};
use super::settings::{Comparison, Gaps, Proof, SECOND_LOOK, Sides, Watched};
use super::standing::{Kept, Standing, State, Unsure};
use super::tape::{Tape, earlier, later};
use crate::analysis::{Quality, Sample, Samples};
use crate::base::Timestamp;

/// How many times its own length a rule looks back: a spell with so many holes is no spell.
const BACK: i64 = 4;

/// Where a rule stands at `now`.
pub fn stand(sides: &Sides<'_>, what: &Watched<'_>, now: Timestamp) -> Standing {
    let span = Lengths::of(sides.own, what);
    let since = earlier(now, span.back());
    let own = Tape::of(sides.own, since, what, now);
    let other = sides.other.map(|other| Tape::of(other, since, what, now));
    let looker =
        Looker { what, own: &own, other: other.as_ref(), captured: sides.captured, window: span.window };
    let machine = Machine { looker, span, now };
    if what.fired {
        return machine.fired();
    }
    let found = machine.armed(sides);
    let blame = sides.comparison == Comparison::NotWorse && !what.rule.needs_baseline();
    match other.as_ref().filter(|_| found.state == State::Firing && blame) {
        Some(other) if shared(other, &machine, found.since) => {
            Standing { state: State::Suppressed(Kept::Shared), ..found }
        }
        _ => found,
    }
}

/// Whether the old version broke the same rule in the time in which the new one did: at half of its samples or more.
fn shared(other: &Tape, machine: &Machine<'_>, fired: Option<Timestamp>) -> bool {
    let Some(fired) = fired else { return false };
    let begin = earlier(fired, machine.span.needed.max(other.every));
    let looker = Looker { own: other, other: None, ..machine.looker };
    let (mut broke, mut all) = (0, 0);
    for place in other.places() {
        let Some(sample) = other.get(place).filter(|sample| sample.at >= begin) else { break };
        if !looker.of_use(sample) || !machine.counts(sample.at) {
            continue;
        }
        all += 1;
        broke += usize::from(matches!(looker.look(place).answer, Said::Yes));
    }
    all > 0 && 2 * broke >= all
}

/// The lengths of time of a rule, in seconds.
#[derive(Clone, Copy)]
struct Lengths {
    every: i64,
    /// How long it must hold.
    needed: i64,
    /// How long its end must.
    exit: i64,
    /// Over what its counts are added up.
    window: Option<i64>,
}

impl Lengths {
    fn of(samples: &Samples, what: &Watched<'_>) -> Self {
        let every = samples.every();
        let lasting = what.rule.lasting.map(|lasting| lasting.signed());
        let strict = what.terms.gaps == Gaps::Strict;
        let needed = lasting.unwrap_or(if strict { 0 } else { every });
        let exit = what.terms.exit_for.map(|exit| exit.signed());
        let exit = exit.unwrap_or(if strict { 0 } else { needed });
        let within = what.rule.tests().find_map(|test| test.within).map(|within| within.signed());
        // A share is proven over the time for which it must hold.
        let proof = matches!(what.terms.proof, Proof::Evidence { .. }) && !counts(what.rule);
        let window = if proof { within.or(lasting) } else { within };
        Self { every, needed, exit, window }
    }

    fn back(&self) -> i64 {
        let longest = self.needed.max(self.exit).saturating_mul(BACK);
        longest.saturating_add(self.window.unwrap_or(0)).saturating_add(8 * self.every)
    }
}

#[derive(Clone, Copy)]
struct Machine<'a> {
    looker: Looker<'a>,
    span: Lengths,
    now: Timestamp,
}

/// How long something has been true of the newest samples.
#[derive(Default)]
struct Spell {
    since: Option<Timestamp>,
    elapsed: i64,
    count: usize,
}

impl Machine<'_> {
    fn strict(&self) -> bool {
        self.looker.what.terms.gaps == Gaps::Strict
    }

    fn kept(&self, at: Timestamp) -> Option<Kept> {
        self.looker.what.course.kept(self.looker.what.terms.warm_up, at)
    }

    fn counts(&self, at: Timestamp) -> bool {
        self.looker.what.course.counts(self.looker.what.terms.warm_up, at)
    }

    /// The newest sample that can be asked, and its place.
    fn newest(&self) -> Option<(usize, Sample)> {
        let tape = self.looker.own;
        tape.places()
            .filter_map(|place| Some((place, *tape.get(place)?)))
            .find(|(_, sample)| self.looker.of_use(sample))
    }

    /// A rule that had not fired.
    fn armed(&self, sides: &Sides<'_>) -> Standing {
        let tape = self.looker.own;
        let newest = self.newest();
        let found = |state, since, value| Standing {
            state,
            since,
            value,
            elapsed: 0,
            needed: self.span.needed,
            look_again: None,
        };
        let Some((place, sample)) = newest.filter(|(_, sample)| tape.speaks(sample, self.now)) else {
            let unsure = match (tape.latest(), newest) {
                (None, _) if sides.own.is_empty() => Unsure::Nothing,
                (None, _) => Unsure::Silent(Quality::Stale),
                (Some(latest), Some((_, sample))) if latest.at == sample.at => Unsure::Silent(Quality::Stale),
                (Some(latest), _) => Unsure::Silent(latest.quality),
            };
            let value = newest.and_then(|(place, _)| self.looker.look(place).value);
            return found(State::Unknown(unsure), newest.map(|(_, sample)| sample.at), value);
        };
        let at = Some(sample.at);
        let Look { answer, value } = self.looker.look(place);
        if self.strict() && tape.latest().is_some_and(|latest| latest.at > sample.at) {
            return found(State::Inactive, at, value);
        }
        // A source that is alive, with nothing to say yet about the time that counts.
        if !self.looker.what.course.has_begun(sample.at) {
            return found(State::Inactive, at, value);
        }
        match (self.kept(sample.at), answer) {
            (Some(kept), Said::Yes) => found(State::Suppressed(kept), at, value),
            (Some(_), _) => found(State::Inactive, at, value),
            (None, Said::Unsure(unsure)) => found(State::Unknown(unsure), at, value),
            (None, Said::No) => match self.too_few(place) {
                Some(unsure) => found(State::Unknown(unsure), at, value),
                None => found(State::Inactive, at, value),
            },
            (None, Said::Yes) => self.holding(sides, (place, sample.at), value),
        }
    }

    /// A rule that holds at the newest sample: for how long, and whether that is enough.
    fn holding(&self, sides: &Sides<'_>, newest: (usize, Timestamp), value: Option<f64>) -> Standing {
        let (place, at) = newest;
        let what = self.looker.what;
        let spell = self.spell(self.span.needed, |place| matches!(self.looker.look(place).answer, Said::Yes));
        let long = match what.rule.lasting {
            Some(_) => spell.elapsed >= self.span.needed,
            None => self.strict() || spell.count >= 2,
        };
        let found = |state, since, elapsed, look_again| Standing {
            state,
            since,
            value,
            elapsed,
            needed: self.span.needed,
            look_again,
        };
        let pending = |again| found(State::Pending, spell.since, spell.elapsed.min(self.span.needed), again);
        let unknown = |unsure| found(State::Unknown(unsure), Some(at), 0, None);
        let firing = || found(State::Firing, Some(at), spell.elapsed, None);
        match what.terms.proof {
            Proof::Guardrail => {
                let again = later(at, SECOND_LOOK.signed());
                if long && self.confirmed(place, at) { firing() } else { pending(Some(again)) }
            }
            Proof::Evidence { alpha } if !counts(what.rule) => {
                let enough = match limit(what) {
                    Some(_) if self.events(place).is_none() => return unknown(Unsure::NoCounts),
                    Some(limit) => proven(&self.looker, sides.own, limit, (at, alpha)),
                    None => long && sides.comparison == Comparison::Worse,
                };
                match self.too_few(place) {
                    _ if enough => firing(),
                    Some(unsure) => unknown(unsure),
                    None => pending(None),
                }
            }
            Proof::Point | Proof::Evidence { .. } => match self.too_few(place) {
                Some(unsure) => unknown(unsure),
                None if long => firing(),
                None => pending(None),
            },
        }
    }

    /// Whether the look before said the same, shortly before.
    fn confirmed(&self, place: usize, at: Timestamp) -> bool {
        let tape = self.looker.own;
        let before = (0..place).rev().find_map(|place| {
            let sample = tape.get(place)?;
            self.looker.of_use(sample).then_some((place, sample.at))
        });
        before.is_some_and(|(before, first)| {
            at.as_second() - first.as_second() <= SECOND_LOOK.signed()
                && self.counts(first)
                && matches!(self.looker.look(before).answer, Said::Yes)
        })
    }

    /// The events in the rule's window, or in the time it must hold; none of a number.
    fn events(&self, place: usize) -> Option<u64> {
        let at = self.looker.own.get(place)?.at;
        let (sum, _) = self.looker.sum(self.looker.own, place)?;
        if self.looker.window.is_some() {
            return Some(sum.tally.total);
        }
        let (begin, _) = self.looker.begin(earlier(at, self.span.needed.max(self.span.every)));
        Some(self.looker.own.sum(place, begin).tally.total)
    }

    fn too_few(&self, place: usize) -> Option<Unsure> {
        let wanted = self.looker.what.terms.at_least;
        let have = self.events(place).filter(|have| *have < wanted)?;
        (self.looker.what.terms.proof != Proof::Guardrail).then_some(Unsure::TooFew { have, wanted })
    }

    /// A rule that had fired: until its end has held for its time.
    fn fired(&self) -> Standing {
        let what = self.looker.what;
        let newest = self.newest();
        let value = newest.and_then(|(place, _)| self.looker.look(place).value);
        let exit = Watched { rule: what.terms.exit.unwrap_or(what.rule), ..*what };
        let leaves = Looker { what: &exit, ..self.looker };
        let calm = |place| {
            let answer = leaves.look(place).answer;
            matches!((answer, what.terms.exit), (Said::Yes, Some(_)) | (Said::No, None))
        };
        let spell = if self.strict() { self.cleared(calm) } else { self.spell(self.span.exit, calm) };
        let speaks = newest.is_some_and(|(_, sample)| self.looker.own.speaks(&sample, self.now));
        let least = if self.strict() { 1 } else { 2 };
        let (state, elapsed) = match spell.count {
            count if speaks && count >= least && spell.elapsed >= self.span.exit => (State::Inactive, 0),
            0 => (State::Firing, 0),
            _ => (State::Clearing, spell.elapsed),
        };
        let since = match state {
            State::Clearing => spell.since,
            _ => newest.map(|(_, sample)| sample.at),
        };
        Standing { state, since, value, elapsed, needed: self.span.needed, look_again: None }
    }

    /// How long something has been true of the newest samples that can be asked.
    fn spell(&self, needed: i64, holds: impl Fn(usize) -> bool) -> Spell {
        let (tape, every) = (self.looker.own, self.span.every);
        let mut out = Spell::default();
        for place in tape.places() {
            let Some(sample) = tape.get(place) else { break };
            let asked = self.looker.of_use(sample);
            if !self.looker.what.course.has_begun(sample.at) || (!asked && self.strict()) {
                break;
            }
            if !asked || self.kept(sample.at).is_some() {
                continue;
            }
            if !holds(place) {
                break;
            }
            if let Some(next) = out.since {
                let step = next.as_second() - sample.at.as_second();
                if 2 * step <= 3 * every {
                    out.elapsed += step;
                } else if self.strict() {
                    break;
                } else if step > 2 * every && (self.looker.what.rule.lasting.is_none() || 2 * step >= needed)
                {
                    // Too long without data: what was before says nothing about now.
                    break;
                }
            }
            out.since = Some(sample.at);
            out.count += 1;
            if out.elapsed >= needed && out.count >= 2 {
                break;
            }
        }
        out
    }

    /// The same as Prometheus resolves: what is not there has ended.
    fn cleared(&self, calm: impl Fn(usize) -> bool) -> Spell {
        let tape = self.looker.own;
        let mut out = Spell::default();
        for place in tape.places() {
            let Some(sample) = tape.get(place) else { break };
            if self.looker.of_use(sample) && !calm(place) {
                break;
            }
            let newest = tape.latest().map_or(sample.at, |latest| latest.at);
            out.elapsed = newest.as_second() - sample.at.as_second();
            out.since = Some(sample.at);
            out.count += 1;
            if out.elapsed >= self.span.exit {
                break;
            }
        }
        out
    }
}
