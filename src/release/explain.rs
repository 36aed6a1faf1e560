//! Why the release waits: every reason, the nearest first, with what would move it.

use crate::analysis::judge::Decision;
use crate::base::{StageId, Timestamp, TriggerId, clock_text};
use crate::plan::{Bound, ExitItems, Gate, Plan, Rollout, Stage, Watched};
use crate::release::act::Outcome;
use crate::release::baseline;
use crate::release::cause::{HoldCause, TriggerPhase};
use crate::release::clock;
use crate::release::decision::Blocker;
use crate::release::event::Answer;
use crate::release::request::Request;
use crate::release::retry::{self, Cleanup};
use crate::release::standing::standing;
use crate::release::state::{RolloutPhase, RolloutState, State, Tick};

mod traffic;

/// Every reason why the release does not go on now.
pub fn explain(state: &State, plan: &Plan, now: Timestamp) -> Vec<Blocker> {
    if state.status.is_over() {
        return unfinished(state, plan, now);
    }
    let mut all: Vec<Blocker> = state.requests.iter().map(asked).collect();
    let under_way = |rollout: &&Rollout| {
        let phase = state.rollouts.get(&rollout.id).map(|known| known.phase).unwrap_or_default();
        phase.is_live() || (state.started.is_some() && phase == RolloutPhase::Waiting)
    };
    for rollout in plan.rollouts.iter().filter(under_way) {
        all.extend(promote(state, plan, rollout, now));
    }
    all.extend(parted(state));
    if state.started.is_none() {
        all.extend(start(state, plan, now));
    }
    if let Some(stage) = &state.stage {
        all.extend(exit(state, plan, stage, now));
    }
    all.extend(unfinished(state, plan, now));
    all.extend(missing(state, plan));
    let mut seen = Vec::new();
    all.retain(|blocker| {
        let new = !seen.contains(blocker);
        seen.push(blocker.clone());
        new
    });
    all
}

/// What keeps the release from starting.
pub fn start(state: &State, plan: &Plan, now: Timestamp) -> Vec<Blocker> {
    let mut all = poll(state, plan);
    all.extend(gates_so_far(state, plan, now));
    all.extend(earlier_stages(state, plan, now));
    for rollout in &plan.rollouts {
        let known = state.rollouts.get(&rollout.id);
        all.extend(known.map(|known| held(known, rollout)).unwrap_or_default());
        all.extend(no_target(state, rollout));
        all.extend(sick_target(state, rollout));
        all.extend(known.and_then(|known| traffic::red(known, rollout)));
    }
    all
}

/// Nothing is known, or nothing is wanted to run, that a rollback could go to. A first release accepts this.
pub fn no_target(state: &State, rollout: &Rollout) -> Option<Blocker> {
    let help =
        "wait until what runs now was read, or accept a first release: rollback = no traffic, workload to 0";
    match state.rollouts.get(&rollout.id).and_then(|known| known.last_known_good.as_ref()) {
        None => {
            let message = format!("{}: nobody knows what a rollback would go to", rollout.id);
            Some(blocker("target", message, help))
        }
        Some(good) if good.of == 0 => {
            let message = format!("{}: nothing of {} is wanted to run", rollout.id, good.version);
            Some(blocker("target", message, help))
        }
        Some(_) => None,
    }
}

/// What a rollback would go to is there and not well. Nobody may accept this as a first release.
fn sick_target(state: &State, rollout: &Rollout) -> Option<Blocker> {
    let good = state.rollouts.get(&rollout.id)?.last_known_good.as_ref()?;
    (good.ready < good.of).then(|| {
        blocker(
            "target",
            format!("{}: {} has {} of {} healthy", rollout.id, good.version, good.ready, good.of),
            "a rollback needs a healthy version to go to",
        )
    })
}

/// What keeps the stages before the first rollout's own from being left.
fn earlier_stages(state: &State, plan: &Plan, now: Timestamp) -> Vec<Blocker> {
    let place = |stage: &StageId| plan.stages.iter().position(|known| &known.id == stage);
    let first = plan.rollouts.iter().filter_map(|rollout| place(rollout.stage.as_ref()?)).min().unwrap_or(0);
    plan.stages
        .iter()
        .take(first)
        .filter(|stage| !state.left.contains_key(&stage.id))
        .flat_map(|stage| exit(state, plan, &stage.id, now))
        .collect()
}

/// What keeps a rollout from its next step.
pub fn promote(state: &State, plan: &Plan, rollout: &Rollout, now: Timestamp) -> Vec<Blocker> {
    let mut all = ready(state, plan, rollout, now);
    all.extend(judged(state, rollout));
    all
}

/// What the judge has against the next step: that it does not say that the new version is fine.
pub fn judged(state: &State, rollout: &Rollout) -> Option<Blocker> {
    let known = state.rollouts.get(&rollout.id)?;
    // At the last step there is nothing to compare with any more.
    let last = rollout.step(known.step + 1).is_none();
    if rollout.judge.is_none() || last || known.phase != RolloutPhase::Soaking {
        return None;
    }
    let (word, why, help) = match &known.ruled {
        Some(ruled) if ruled.decision == Decision::Promote => return None,
        Some(ruled) if ruled.decision == Decision::RollBack => {
            ("finds the new version worse", ruled.why.line(), "roll back, or look at what it rests on")
        }
        Some(ruled) => ("holds", ruled.why.line(), "wait for more events; a larger share brings them sooner"),
        None => ("has not seen enough yet", String::new(), "wait for more events of both sides"),
    };
    let why = if why.is_empty() { why } else { format!(": {why}") };
    Some(blocker("judge", format!("{}: the judge {word}{why}", rollout.id), help))
}

/// What keeps a rollout from its next step, the judge aside.
pub fn ready(state: &State, plan: &Plan, rollout: &Rollout, now: Timestamp) -> Vec<Blocker> {
    let known = state.rollouts.get(&rollout.id).cloned().unwrap_or_default();
    let mut all = held(&known, rollout);
    if let Some(operation) = known.operation.as_ref().and_then(|id| state.operations.get(id)) {
        let since = (now.as_second() - operation.mark.at.as_second()).max(0);
        all.push(blocker(
            "operation",
            format!("{}: {} is under way for {since} s", rollout.id, operation.act.key()),
            "it ends by itself, at the latest at its deadline",
        ));
    }
    all.extend(traffic::contested(&known, rollout));
    // Where there is no step ahead nothing is risked that could not be taken back before.
    if rollout.step(known.step + 1).is_some() && state.started.is_some() {
        all.extend(sick_target(state, rollout));
        all.extend(traffic::red(&known, rollout));
    }
    let backward = |it: &&Request| it.rollout == rollout.id && !it.wants.is_forward();
    all.extend(state.requests.iter().filter(backward).map(asked));
    // Before the new version has traffic there is nothing a trigger could see of it, but one that fired for another
    // rollout says that now is no time to begin.
    let begun = known.desired.is_some();
    let counts = |phase: TriggerPhase| begun || phase == TriggerPhase::Fired;
    for (trigger, phase) in triggers(state, plan, rollout).into_iter().filter(|(_, phase)| counts(*phase)) {
        let word = match phase {
            TriggerPhase::Pending => "is pending",
            TriggerPhase::Fired => "fired",
            _ => "cannot be told",
        };
        let why = match phase {
            TriggerPhase::Unknown => unknown(state, plan, &trigger, now),
            _ => String::new(),
        };
        all.push(blocker(
            "trigger",
            format!("trigger {trigger} {word}{why}"),
            "wait until it is armed, or roll back",
        ));
    }
    if known.phase == RolloutPhase::Soaking {
        if !known.good_data {
            all.push(blocker(
                "data",
                format!("{}: no good data", rollout.id),
                "look at the sources of its metrics",
            ));
        }
        all.extend(soak(&known, rollout, now));
    }
    let step = rollout.step(known.step);
    let gates = step.map(|step| step.gates.clone()).unwrap_or_default();
    all.extend(gates.iter().filter_map(|id| plan.gate(id)).filter_map(|gate| gate_blocker(state, gate, now)));
    all.extend(gates_so_far(state, plan, now));
    all
}

/// Why a trigger's rule has no answer: that what it is compared with may not be used, or that there is no good data.
fn unknown(state: &State, plan: &Plan, trigger: &TriggerId, now: Timestamp) -> String {
    let watched = plan.triggers.iter().find(|planned| &planned.id == trigger).and_then(|planned| {
        let Watched::Metric { metric, rule } = &planned.when else { return None };
        plan.metric(metric).filter(|_| rule.needs_baseline())
    });
    match watched.and_then(|metric| baseline::compared(state, metric, now)) {
        Some(Err(why)) => format!(": {why}"),
        _ => ": no good data".to_owned(),
    }
}

/// What keeps a rollout from leaping to a step: the gates of the steps it would leave out.
pub fn skipped(state: &State, plan: &Plan, rollout: &Rollout, to: u32, now: Timestamp) -> Vec<Blocker> {
    let from = state.rollouts.get(&rollout.id).map_or(0, |known| known.step);
    let between = (from + 1..to).filter_map(|number| rollout.step(number));
    let gates = between.flat_map(|step| &step.gates).filter_map(|id| plan.gate(id));
    gates.filter_map(|gate| gate_blocker(state, gate, now)).collect()
}

/// One rollout is back and another is not: nothing goes on by itself until people decide on the rest.
pub fn parted(state: &State) -> Option<Blocker> {
    let of = |fits: fn(RolloutPhase) -> bool| {
        state.rollouts.iter().find(|(_, known)| fits(known.phase)).map(|(rollout, _)| rollout)
    };
    let back = of(|phase| matches!(phase, RolloutPhase::RollingBack | RolloutPhase::RolledBack))?;
    let out = of(|phase| {
        use RolloutPhase::{Completed, Deploying, Shifting, Soaking};
        matches!(phase, Deploying | Shifting | Soaking | Completed)
    })?;
    Some(blocker(
        "rollback",
        format!("{back} was rolled back and {out} was not"),
        format!("roll {out} back too, or go on with it step by step by hand; the next attempt brings both"),
    ))
}

/// What keeps a stage from being left.
pub fn exit(state: &State, plan: &Plan, stage: &StageId, now: Timestamp) -> Vec<Blocker> {
    let Some(stage) = plan.stage(stage) else { return Vec::new() };
    let mut all: Vec<Blocker> = stage
        .exit
        .gates
        .iter()
        .filter_map(|id| plan.gate(id))
        .filter_map(|gate| gate_blocker(state, gate, now))
        .collect();
    if stage.exit.approvals {
        all.extend(poll(state, plan));
    }
    let open: Vec<String> = open_items(state, plan, stage, now).collect();
    if let Some(first) = open.first() {
        let more = if open.len() > 1 { format!(" and {} more", open.len() - 1) } else { String::new() };
        all.push(blocker(
            "item",
            format!("{}: `{first}`{more} to do", stage.title.line()),
            "tick them, or skip them with a reason",
        ));
    }
    all
}

/// True when a stage asks for anything before it is left.
pub fn has_exit(state: &State, plan: &Plan, stage: &Stage) -> bool {
    let items = match &stage.exit.items {
        ExitItems::All => {
            plan.items.iter().any(|item| item.stage == stage.id)
                || state.added.iter().any(|added| added.stage == stage.id)
        }
        ExitItems::Listed(items) => !items.is_empty(),
        ExitItems::None => false,
    };
    items || !stage.exit.gates.is_empty() || stage.exit.approvals
}

/// The texts of a stage's exit items that hold it: not settled, and not bound to a gate that lets on without them.
pub fn open_items<'a>(
    state: &'a State,
    plan: &'a Plan,
    stage: &'a Stage,
    now: Timestamp,
) -> impl Iterator<Item = String> + 'a {
    let wanted = move |id: &crate::base::ItemId, of: &StageId| match &stage.exit.items {
        ExitItems::All => of == &stage.id,
        ExitItems::Listed(items) => items.contains(id),
        ExitItems::None => false,
    };
    let lets_on = move |bound: Option<&Bound>| match bound {
        Some(Bound::Gate(gate)) => plan.gate(gate).is_some_and(|gate| standing(state, gate, now).allows),
        _ => false,
    };
    let planned = plan.items.iter().map(|item| (&item.id, &item.stage, &item.text, item.bound.as_ref()));
    let added = state.added.iter().map(|item| (&item.id, &item.stage, &item.text, None));
    planned
        .chain(added)
        .filter(move |(id, of, _, _)| wanted(id, of))
        .filter(|(id, _, _, _)| !state.items.get(*id).is_some_and(|known| known.tick.is_settled()))
        .filter(move |(_, _, _, bound)| !lets_on(*bound))
        .map(|(_, _, text, _)| text.cell(48))
}

fn poll(state: &State, plan: &Plan) -> Vec<Blocker> {
    let mut all = Vec::new();
    for role in plan.approvers() {
        let known = state.approvals.get(&role.id);
        let (word, help) = match known.and_then(|known| known.answer) {
            Some(Answer::Go) => continue,
            Some(Answer::NoGo) => ("says no-go", "talk to them; they may answer again"),
            Some(Answer::Absent) => ("is absent", "ask the backup, or who it escalates to"),
            None if known.is_some_and(|known| known.void.is_some()) => {
                ("has to answer again", "ask for a new answer")
            }
            None => ("has not answered", "ask for its go"),
        };
        all.push(blocker("approval", format!("{} {word}", role.title.line()), help));
    }
    all
}

/// Gates of the stages up to the current one, and those of no stage, that do not let on. A gate without a stage
/// that a step or a procedure asks for is that one's alone.
fn gates_so_far(state: &State, plan: &Plan, now: Timestamp) -> Vec<Blocker> {
    let place = |stage: &StageId| plan.stages.iter().position(|known| &known.id == stage);
    let here = state.stage.as_ref().and_then(place).unwrap_or(plan.stages.len());
    let asked = |gate: &Gate| {
        let by_step = plan.rollouts.iter().flat_map(|rollout| &rollout.steps).flat_map(|step| &step.gates);
        let by_procedure = plan.procedures.iter().flat_map(|procedure| &procedure.verify);
        by_step.chain(by_procedure).any(|id| id == &gate.id)
    };
    let counts = |gate: &&Gate| match &gate.stage {
        Some(stage) => place(stage).is_none_or(|of| of <= here),
        None => !asked(gate),
    };
    let waived = |gate: &&Gate| {
        gate.stage.as_ref().is_some_and(|stage| matches!(state.left.get(stage), Some(Some(_))))
    };
    plan.gates
        .iter()
        .filter(counts)
        .filter(|gate| !waived(gate))
        .filter_map(|gate| gate_blocker(state, gate, now))
        .collect()
}

fn gate_blocker(state: &State, gate: &Gate, now: Timestamp) -> Option<Blocker> {
    let standing = standing(state, gate, now);
    let message = format!("gate {}: {}", gate.id, standing.note);
    (!standing.allows)
        .then(|| blocker("gate", message, "run it, fix what it found, or waive it with a reason"))
}

fn triggers(state: &State, plan: &Plan, rollout: &Rollout) -> Vec<(TriggerId, TriggerPhase)> {
    plan.triggers
        .iter()
        .filter(|trigger| trigger.rollout.as_ref().is_none_or(|of| of == &rollout.id))
        .filter_map(|trigger| Some((trigger.id.clone(), state.triggers.get(&trigger.id)?.phase)))
        .filter(|(_, phase)| {
            matches!(phase, TriggerPhase::Pending | TriggerPhase::Fired | TriggerPhase::Unknown)
        })
        .collect()
}

fn held(known: &crate::release::state::RolloutState, rollout: &Rollout) -> Vec<Blocker> {
    known
        .holds
        .iter()
        .map(|hold| {
            let who = match hold.cause {
                HoldCause::Person => hold.mark.by.name(),
                _ => "tminus",
            };
            let help = match hold.cause {
                HoldCause::Blind => "it lifts when good data is back, or when a person resumes",
                HoldCause::Drift => "it lifts when the wanted weight is back; resume to take this one over",
                HoldCause::Shared { .. } => {
                    "it lifts when the trigger is armed again, or when a person resumes"
                }
                _ => "a person has to resume",
            };
            let reason = hold.reason.line();
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            blocker("hold", format!("{} is held by {who}{why}", rollout.id), help)
        })
        .collect()
}

fn soak(known: &crate::release::state::RolloutState, rollout: &Rollout, now: Timestamp) -> Option<Blocker> {
    let step = rollout.step(known.step)?;
    let left = step.soak.signed() - known.soak.elapsed(now);
    if known.soak.completed || left <= 0 {
        return None;
    }
    Some(blocker(
        "soak",
        format!("{}: soak of step {} has {} to go", rollout.id, known.step, clock_text(left)),
        "it counts only time with good data",
    ))
}

/// A request waits for a person.
fn asked(request: &Request) -> Blocker {
    let Request { number, rollout, wants, why, .. } = request;
    blocker(
        "request",
        format!("{rollout}: tminus asks to {wants}: {}", why.line()),
        format!("grant request {number}, or decline it with a reason"),
    )
}

/// Items that somebody touched and that the document no longer holds.
fn missing(state: &State, plan: &Plan) -> Option<Blocker> {
    let known: std::collections::BTreeSet<&str> = plan
        .items
        .iter()
        .map(|item| item.id.as_str())
        .chain(state.added.iter().map(|added| added.id.as_str()))
        .collect();
    let gone: Vec<&str> = state.items.keys().map(|id| id.as_str()).filter(|id| !known.contains(id)).collect();
    let first = gone.first()?;
    let more = if gone.len() > 1 { format!(" and {} more", gone.len() - 1) } else { String::new() };
    Some(blocker(
        "item",
        format!("`{first}`{more} had ticks or notes and is no longer in the document"),
        "what was recorded stays in the log; tick what took its place",
    ))
}

/// Operations whose end nobody knows, and rollbacks that are not proven.
fn unfinished(state: &State, plan: &Plan, now: Timestamp) -> Vec<Blocker> {
    let mut all = Vec::new();
    for planned in &plan.rollouts {
        all.extend(state.rollouts.get(&planned.id).and_then(|known| way_back(state, planned, known, now)));
    }
    for operation in state.operations.values().filter(|known| known.outcome == Some(Outcome::Unknown)) {
        all.push(blocker(
            "operation",
            format!("nobody knows how {} ended: {}", operation.act.key(), operation.summary.line()),
            "look at the world, then decide",
        ));
    }
    for planned in &plan.rollouts {
        let Some(known) = state.rollouts.get(&planned.id) else { continue };
        all.extend(traffic::drifted(known, planned));
        all.extend(traffic::failed_steps(state, plan, planned));
        all.extend(traffic::unproven(state, plan, planned, known));
    }
    all
}

/// What did not go well on the way back, and when it is tried again.
fn way_back(state: &State, planned: &Rollout, known: &RolloutState, now: Timestamp) -> Option<Blocker> {
    let id = &planned.id;
    let times = |tries: u32| if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
    let next =
        |at: Timestamp| format!("it is tried again in {} s", (at.as_second() - now.as_second()).max(0));
    if let Some(failing) = retry::write(state, id, known) {
        let message =
            format!("{id}: traffic did not go back, tried {}: {}", times(failing.tries), failing.why);
        let help = failing.next.map(next).unwrap_or_default();
        return Some(blocker("operation", message, format!("{help}; roll back again to try now")));
    }
    match retry::cleanup(state, planned, known) {
        Cleanup::ScaleDown(failing) => {
            let tries = times(failing.tries);
            let message = format!("{id}: the new version is not taken away, tried {tries}: {}", failing.why);
            let help = failing.next.map_or_else(|| "take it away by hand".to_owned(), next);
            Some(blocker("operation", message, format!("{help}; or roll back again to try now")))
        }
        Cleanup::Unfinished(why) => Some(blocker(
            "operation",
            format!("{id}: the rest of the rollback did not end well: {why}"),
            "look how far it came and do what is left by hand",
        )),
        Cleanup::Nothing | Cleanup::Procedure(_) => None,
    }
}

fn blocker(code: &str, message: impl Into<String>, help: impl Into<String>) -> Blocker {
    Blocker { code: code.to_owned(), message: message.into(), help: help.into() }
}

/// Items that are late, as blockers of nothing: for cards and reports.
pub fn late(state: &State, plan: &Plan, now: Timestamp) -> usize {
    clock::overdue(state, plan, now).len()
}

/// How many items are done, and how many there are.
pub fn progress(state: &State, plan: &Plan) -> (usize, usize) {
    let ids = plan.items.iter().map(|item| &item.id).chain(state.added.iter().map(|item| &item.id));
    let (mut done, mut total) = (0, 0);
    for id in ids {
        total += 1;
        if state.items.get(id).is_some_and(|known| matches!(known.tick, Tick::Done(_) | Tick::Skipped(..))) {
            done += 1;
        }
    }
    (done, total)
}
