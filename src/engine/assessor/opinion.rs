//! What the judge says of a rollout now: its decision with its ground, and its card for screens.

use crate::analysis::judge::{
    Authority, Decision, Grounds, Guard, Inputs, Judgement, Reason, Signal, Soak, Standing, Term, Trouble,
    rule_on,
};
use crate::analysis::sequential::log_e_split;
use crate::analysis::threshold::Answer;
use crate::base::{Digest, MetricId, RolloutId, Seconds, Timestamp, Weight, clock_text};
use crate::engine::assessor::bench::{Bench, Seat};
use crate::engine::assessor::{Assessor, Edge};
use crate::engine::record::Record;
use crate::plan::rule::Action;
use crate::plan::{self, Arming, Plan, Proof, Rollout, Trigger, Watched};
use crate::release::{
    Card, Choice, Ground, Report, RolloutPhase, RolloutState, RuledRule, RuledSignal, Ruling, SignalCard,
    State, TriggerPhase,
};

/// From this evidence on traffic is not split as it was set: one chance in a hundred, ever.
const SPLIT: f64 = 4.605_170_185_988_092;
/// A split that is off by less does no harm, in percent points or as a part of the share, whichever is more.
const OFF: (f64, f64) = (1.0, 0.1);

/// What the judge says of one rollout.
pub(crate) struct Opinion {
    pub rollout: RolloutId,
    pub card: Card,
    /// The ruling, when it is another one than the state knows.
    pub edge: Option<Edge>,
}

impl Assessor {
    /// True when a judge looks at this metric.
    pub fn is_judged(&self, metric: &MetricId, plan: &Plan) -> bool {
        let judges = plan.rollouts.iter().filter_map(|rollout| rollout.judge.as_ref());
        judges.flat_map(|judge| &judge.signals).any(|signal| &signal.metric == metric)
    }

    /// What the judge says of every rollout it has a say in.
    pub fn judge(&mut self, plan: &Plan, state: &State, now: Timestamp) -> Vec<Opinion> {
        let mut benches = std::mem::take(&mut self.benches);
        benches.retain(|rollout, _| plan.rollout(rollout).is_some_and(|planned| planned.judge.is_some()));
        let mut out = Vec::new();
        for planned in &plan.rollouts {
            let (Some(judge), Some(known)) = (&planned.judge, state.rollouts.get(&planned.id)) else {
                continue;
            };
            if !matches!(known.phase, RolloutPhase::Shifting | RolloutPhase::Soaking) {
                continue;
            }
            let stood = benches.remove(&planned.id).filter(|it| it.stands(self, planned, &known.stages));
            let bench = stood.or_else(|| Bench::new(self, plan, planned, &known.stages));
            let Some(mut bench) = bench else { continue };
            bench.feed(self, &known.stages, now);
            let case = Case { of: self, plan, planned, judge, state, known, now };
            out.push(case.judged(&bench));
            benches.insert(planned.id.clone(), bench);
        }
        self.benches = benches;
        out
    }
}

/// What a ruling comes to, for who has to record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It waits.
    Waits,
    /// Requests are not split as they should be.
    Split,
    /// People are to be asked.
    Asks,
    /// The new version is fine.
    Fine,
    /// It is worse, or a rule says so.
    Worse(Ground),
}

impl Word {
    fn of(decision: Decision, ground: Ground) -> Self {
        match (decision, ground) {
            (Decision::RollBack, ground) => Self::Worse(ground),
            (Decision::Promote, _) => Self::Fine,
            (Decision::Hold, Ground::Split) => Self::Split,
            (Decision::Hold, Ground::TooFew | Ground::Doubt) => Self::Asks,
            (Decision::Hold, Ground::Evidence | Ground::Rule | Ground::Data | Ground::Waiting) => Self::Waits,
        }
    }
}

/// One rollout, with all that has a say.
struct Case<'a> {
    of: &'a Assessor,
    plan: &'a Plan,
    planned: &'a Rollout,
    judge: &'a plan::Judge,
    state: &'a State,
    known: &'a RolloutState,
    now: Timestamp,
}

impl Case<'_> {
    fn judged(&self, bench: &Bench) -> Opinion {
        let inputs = self.inputs(bench);
        let judgement = rule_on(&inputs);
        let (decision, ground, why) = self.grounded(&judgement);
        let card = self.card(bench, &inputs, &judgement, (decision, why.clone()));
        let edge = self.is_news(decision, ground).then(|| self.edge(bench, &inputs, (decision, ground, why)));
        Opinion { rollout: self.planned.id.clone(), card, edge }
    }

    fn inputs(&self, bench: &Bench) -> Inputs {
        let soak = match self.known.soak.completed {
            true => Soak::Over,
            false => {
                let whole = self.planned.step(self.known.step).map_or(0, |step| step.soak.signed());
                Soak::Running(seconds(whole - self.known.soak.elapsed(self.now)))
            }
        };
        let acts = self.judge.worse.iter().any(|action| rolls_back(*action)) && !self.known.automation_off;
        let authority = if acts { Authority::Automatic } else { Authority::Request };
        let newest = bench.seats.iter().filter_map(|seat| self.of.latest(&seat.metric)).max();
        let mut inputs = Inputs::new(newest.unwrap_or(self.now), self.judge.alpha, authority, soak);
        let next = self.planned.step(self.known.step + 1).map(|step| step.weight);
        for seat in &bench.seats {
            let Seat { metric, weight, judge, samples, .. } = seat;
            inputs.signals.push(Signal::of(metric.clone(), *weight, judge, next, *samples));
        }
        for trigger in self.rules() {
            let standing = standing(self.phase(trigger));
            let trigger_id = trigger.id.clone();
            if trigger.terms.proof == Proof::Guardrail && self.rolls_back(trigger).is_some() {
                inputs.guards.push(Guard { name: trigger_id, standing });
            } else {
                let rolls_back = self.rolls_back(trigger);
                inputs.rules.push(Term { trigger: trigger_id, standing, rolls_back });
            }
        }
        inputs.troubles = self.troubles(bench);
        inputs
    }

    /// The rules that have a say in this rollout: what only people can see has one once it fired.
    fn rules(&self) -> impl Iterator<Item = &Trigger> {
        let mine = |it: &&Trigger| it.rollout.as_ref().is_none_or(|of| of == &self.planned.id);
        self.plan
            .triggers
            .iter()
            .filter(mine)
            .filter(|it| !matches!(it.when, Watched::Manual) || self.phase(it) == TriggerPhase::Fired)
    }

    fn phase(&self, trigger: &Trigger) -> TriggerPhase {
        self.state.triggers.get(&trigger.id).map(|known| known.phase).unwrap_or_default()
    }

    fn rolls_back(&self, trigger: &Trigger) -> Option<Authority> {
        let back = trigger.actions.iter().any(|action| rolls_back(*action) || *action == Action::Ask);
        let by_itself =
            trigger.actions.iter().any(|action| rolls_back(*action)) && !self.known.automation_off;
        let chosen = self.state.choices.get(&trigger.id);
        let armed = match trigger.arming {
            Arming::Automatic => true,
            Arming::Request => false,
            Arming::Contested { .. } => chosen == Some(&Choice::Automatic),
        };
        back.then_some(if armed && by_itself { Authority::Automatic } else { Authority::Request })
    }

    fn troubles(&self, bench: &Bench) -> Vec<Trouble> {
        let mut out = Vec::new();
        for seat in bench.seats.iter().filter(|seat| seat.weight > 0.0) {
            let metric = seat.metric.clone();
            match self.of.metrics.get(&seat.metric) {
                Some(watching) if matches!(watching.answer, Answer::Partial(_)) => {
                    out.push(Trouble::Partial { metric });
                }
                Some(watching) if watching.both_speak(self.now) => {}
                _ => out.push(Trouble::NoData { metric }),
            }
        }
        out.extend(bench.seats.iter().find(|seat| seat.weight > 0.0).and_then(|seat| self.split(seat)));
        out
    }

    /// Requests since the step's warm-up, held against the share the router says.
    fn split(&self, seat: &Seat) -> Option<Trouble> {
        let watching = self.of.metrics.get(&seat.metric)?;
        let set = self.known.configured.filter(|set| set.value() > 0.0 && set.value() < 100.0)?;
        let from = super::ahead(*self.known.stages.last()?, self.judge.warm_up);
        let canary = watching.new_version().sum(from, self.now).tally.total;
        let baseline = watching.old_version().sum(from, self.now).tally.total;
        let all = canary.saturating_add(baseline);
        if all == 0 {
            return None;
        }
        let share = canary as f64 / all as f64;
        let seen = Weight::percent((share * 1000.0).round() / 10.0)?;
        let harmless = OFF.0.max(set.value() * OFF.1);
        let off = (share * 100.0 - set.value()).abs() > harmless
            && log_e_split(canary, baseline, set.value() / 100.0) >= SPLIT;
        off.then_some(Trouble::Split { set, seen })
    }

    /// The decision in the words of the journal. Nothing is promoted before its time in this very step.
    fn grounded(&self, judgement: &Judgement) -> (Decision, Ground, String) {
        let over = self.known.soak.completed;
        let ground = match &judgement.grounds {
            Grounds::Guard { .. } | Grounds::Rule { .. } => Ground::Rule,
            Grounds::Worse { .. } | Grounds::WorseTogether { .. } | Grounds::Fine => Ground::Evidence,
            Grounds::Trouble(Trouble::Split { .. }) => Ground::Split,
            Grounds::Trouble(_) | Grounds::NoSignals => Ground::Data,
            Grounds::Waiting { reason: Reason::Blind { .. }, .. } => Ground::Data,
            Grounds::Waiting { reason: Reason::Doubt | Reason::Lost { .. }, .. } if over => Ground::Doubt,
            Grounds::Waiting { .. } => Ground::Waiting,
            Grounds::TooFew { .. } => Ground::TooFew,
        };
        let left = self.judge.dwell.signed() - self.known.soak.elapsed(self.now);
        if judgement.decision == Decision::Promote && left > 0 {
            let why = format!("fine so far, to be watched for another {} in this step", clock_text(left));
            return (Decision::Hold, Ground::Waiting, why);
        }
        // The decision stands beside it, in its own word.
        let why = judgement.to_string();
        let bare = why.split_once(": ").map_or(why.as_str(), |(_, why)| why).to_owned();
        (judgement.decision, ground, bare)
    }

    /// True when the state does not know it yet. How a hold changes its ground while it waits is for screens; that
    /// people were asked at the end of a soak stands until there is something better to say.
    fn is_news(&self, decision: Decision, ground: Ground) -> bool {
        let ruled = self.known.ruled.as_ref();
        let known = ruled.map_or(Word::Waits, |ruled| Word::of(ruled.decision, ruled.ground));
        let new = Word::of(decision, ground);
        let asked = known == Word::Asks && ruled.is_some_and(|ruled| ruled.soaked);
        if asked && new == Word::Waits { false } else { known != new || (new == Word::Asks && !asked) }
    }

    fn edge(&self, bench: &Bench, inputs: &Inputs, ruled: (Decision, Ground, String)) -> Edge {
        let (decision, ground, why) = ruled;
        let mut notes = vec![format!("{decision} by {ground:?} at {}: {why}", inputs.at)];
        notes.extend(inputs.guards.iter().map(|it| format!("guardrail {} {:?}", it.name, it.standing)));
        notes.extend(inputs.rules.iter().map(|it| format!("rule {} {:?}", it.trigger, it.standing)));
        notes.extend(inputs.troubles.iter().map(|trouble| format!("trouble: {trouble}")));
        let (rollout, stages) = (self.planned.id.clone(), self.known.stages.clone());
        let evidence = Record { rollout, stages, notes, signals: bench.record(self.of) }.text();
        let signal = |signal: &Signal| RuledSignal {
            metric: signal.metric.clone(),
            log_e_bad: finite(signal.ruling.log_e_bad),
            log_e_ok: finite(signal.ruling.log_e_ok),
            low: signal.ruling.ratio.mid.map(|_| signal.ruling.ratio.low),
            mid: signal.ruling.ratio.mid,
            high: signal.ruling.ratio.high,
        };
        let rule = |it: &Trigger| RuledRule { trigger: it.id.clone(), phase: self.phase(it) };
        let ruling = Ruling {
            decision,
            ground,
            why: why.into(),
            inputs: Digest::of(&evidence),
            signals: inputs.signals.iter().map(signal).collect(),
            rules: self.rules().map(rule).collect(),
        };
        let report = Report::Ruled { rollout: self.planned.id.clone(), ruling };
        Edge { report, evidence: Some(evidence) }
    }

    fn card(
        &self,
        bench: &Bench,
        inputs: &Inputs,
        judgement: &Judgement,
        (decision, why): (Decision, String),
    ) -> Card {
        let signal = |(signal, seat): (&Signal, &Seat)| {
            let (settings, ruling) = (seat.judge.settings(), &signal.ruling);
            let far = |evidence: f64, bar: f64| if bar > 0.0 { (evidence / bar).max(0.0) } else { 0.0 };
            SignalCard {
                metric: signal.metric.clone(),
                ratio: ruling
                    .ratio
                    .mid
                    .zip(ruling.ratio.high)
                    .map(|(mid, high)| (ruling.ratio.low, mid, high)),
                worse: far(ruling.log_e_bad, settings.worse_bar()),
                fine: far(ruling.log_e_ok, settings.fine_bar()),
                canary: (ruling.canary.total, ruling.canary.bad),
                baseline: (ruling.baseline.total, ruling.baseline.bad),
                scatter: seat.calibrated.map(|found| found.phi),
            }
        };
        let waits = |signal: &&Signal| signal.decides() && signal.ruling.decision == Decision::Hold;
        let left = |signal: &Signal| {
            let told = signal.ruling.eta.map(|eta| eta.left);
            Some(told.or(signal.forecast.map(|forecast| forecast.here))?.0 as f64 / 60.0)
        };
        let times: Option<Vec<f64>> = inputs.signals.iter().filter(waits).map(left).collect();
        let minutes = times.and_then(|times| times.into_iter().reduce(f64::max));
        Card {
            decision,
            why: why.into(),
            signals: inputs.signals.iter().zip(&bench.seats).map(signal).collect(),
            minutes: minutes.filter(|_| decision == Decision::Hold),
            faster: judgement.faster().unwrap_or_default().into(),
            at: bench.seats.iter().filter_map(|seat| self.of.latest(&seat.metric)).max(),
        }
    }
}

/// What JSON can hold; beyond it there is no difference that matters.
fn finite(evidence: f64) -> f64 {
    if evidence.is_nan() { 0.0 } else { evidence.clamp(-1e9, 1e9) }
}

fn rolls_back(action: Action) -> bool {
    matches!(action, Action::RollBack | Action::CutTraffic)
}

fn standing(phase: TriggerPhase) -> Standing {
    match phase {
        TriggerPhase::Armed => Standing::Calm,
        TriggerPhase::Pending => Standing::Pending,
        TriggerPhase::Fired => Standing::Firing,
        TriggerPhase::Suppressed => Standing::Suppressed,
        TriggerPhase::Unknown => Standing::Unknown,
    }
}

fn seconds(left: i64) -> Seconds {
    Seconds(u64::try_from(left).unwrap_or(0))
}
