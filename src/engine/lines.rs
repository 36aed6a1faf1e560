//! One line for people of each event: for logs, replies and the cockpit.
//!
//! Invariants: text from outside leaves only through its safe exits; a line has no line ends; the same event and
//! plan give the same line.

use crate::analysis::judge::Decision;
use crate::base::{ItemId, MetricId, Untrusted, Weight};
use crate::plan::{Plan, ProcedureStep};
use crate::release::{
    Act, Answer, Choice, Event, Evidence, Reach, Recorded, RequestAnswer, TriggerPhase, sequence,
};

/// How much of an outside text one line shows, in characters.
const TEXT: usize = 100;

/// What happened, in one line, without who and when.
pub fn line(recorded: &Recorded, plan: &Plan) -> String {
    match &recorded.event {
        Some(event) => format!("{}{}", of(event, plan), spoken(event, recorded, plan)),
        None => format!("`{}`, which this version does not know", Untrusted::new(&*recorded.kind).cell(TEXT)),
    }
}

/// Marks an answer that was given for a role by somebody who does not speak for it: it was spoken elsewhere.
fn spoken(event: &Event, recorded: &Recorded, plan: &Plan) -> String {
    match event {
        Event::ApprovalGiven { role, answer: Answer::Go | Answer::NoGo, .. }
            if plan.role(role).is_some_and(|role| !role.has(recorded.actor.name())) =>
        {
            format!(" (spoken, recorded by {})", recorded.actor.name())
        }
        _ => String::new(),
    }
}

fn of(event: &Event, plan: &Plan) -> String {
    release(event)
        .or_else(|| item(event, plan))
        .or_else(|| gate(event))
        .or_else(|| rollout(event, plan))
        .or_else(|| watch(event, plan))
        .or_else(|| asked(event, plan))
        .unwrap_or_default()
}

fn release(event: &Event) -> Option<String> {
    Some(match event {
        Event::ReleaseCreated { release, version, environment } => {
            format!("release {release} {version} to {environment} created")
        }
        Event::PlanAdopted { plan, .. } => format!("plan {} adopted", plan.short()),
        Event::AttemptOpened { attempt, artifact } => format!("attempt {attempt} opened with {artifact}"),
        Event::T0Set { t0 } => format!("T-0 set to {}", t0.strftime("%Y-%m-%d %H:%M:%S UTC")),
        Event::StageEntered { stage } => format!("stage {stage} entered"),
        Event::StageLeft { stage, waiver: None } => format!("stage {stage} left"),
        Event::StageLeft { stage, waiver: Some(why) } => {
            format!("stage {stage} left by waiver: {}", why.cell(TEXT))
        }
        Event::ApprovalRequested { role } => format!("{role} asked for a go"),
        Event::ApprovalGiven { role, answer, reason, .. } => {
            let said = match answer {
                Answer::Go => "go",
                Answer::NoGo => "no-go",
                Answer::Absent => "absent",
            };
            format!("{role} says {said}{}", because(reason))
        }
        Event::ApprovalVoided { role, reason } => {
            format!("the answer of {role} no longer counts{}", because(reason))
        }
        Event::PollCompleted {} => "every role said go".to_owned(),
        Event::ReleaseStarted { first_release: false } => "release started: T-0".to_owned(),
        Event::ReleaseStarted { first_release: true } => {
            "release started: T-0, with nothing to go back to but no traffic".to_owned()
        }
        Event::MessageSent { message } => format!("message {} sent", Untrusted::new(&**message).cell(TEXT)),
        Event::MessagesRearmed {} => "messages and checkpoints go on".to_owned(),
        Event::Noted { note } => format!("note: {}", note.cell(TEXT)),
        Event::ClockJumped { seconds } => format!("the wall clock jumped by {seconds} s"),
        Event::EngineStarted { epoch } => format!("engine started, epoch {epoch}"),
        Event::EpochRaised { epoch } => format!("automation fenced out, epoch {epoch}"),
        Event::ReleaseStable {} => "release declared stable".to_owned(),
        Event::ReleaseCancelled { reason } => format!("release cancelled{}", because(reason)),
        _ => return None,
    })
}

fn item(event: &Event, plan: &Plan) -> Option<String> {
    Some(match event {
        Event::ItemTicked { item, evidence } => {
            format!("ticked {}{}", title(item, plan), evidence.as_ref().map(shown).unwrap_or_default())
        }
        Event::ItemSkipped { item, reason } => format!("skipped {}{}", title(item, plan), because(reason)),
        Event::ItemReopened { item, reason } => format!("reopened {}{}", title(item, plan), because(reason)),
        Event::ItemAssigned { item, owner: Some(owner) } => {
            format!("{} is now {}'s", title(item, plan), Untrusted::new(&**owner).cell(TEXT))
        }
        Event::ItemAssigned { item, owner: None } => format!("{} has no owner now", title(item, plan)),
        Event::ItemRetimed { item, due: Some(due) } => format!("{} is now due at {due}", title(item, plan)),
        Event::ItemRetimed { item, due: None } => format!("{} is not due any more", title(item, plan)),
        Event::ItemNoted { item, note } => format!("note on {}: {}", title(item, plan), note.cell(TEXT)),
        Event::ItemAttached { item, evidence } => format!("{}{}", title(item, plan), shown(evidence)),
        Event::ItemMatched { item, to } => format!("{item} is now {to}"),
        Event::ItemAdded { item, text, .. } => format!("added {item}: {}", text.cell(TEXT)),
        _ => return None,
    })
}

fn gate(event: &Event) -> Option<String> {
    Some(match event {
        Event::GateStarted { gate, run } => format!("gate {gate} run {run} started"),
        Event::GateFinished { gate, run, verdict, summary, .. } => {
            format!("gate {gate} run {run}: {verdict}{}", because(summary))
        }
        Event::GateReviewed { gate, accepted, reason, .. } => {
            let word = if *accepted { "accepted" } else { "not accepted" };
            format!("gate {gate} {word}{}", because(reason))
        }
        Event::GateWaived { gate, reason } => format!("gate {gate} waived{}", because(reason)),
        _ => return None,
    })
}

fn rollout(event: &Event, plan: &Plan) -> Option<String> {
    Some(match event {
        Event::LastKnownGoodCaptured { rollout, version, ready, of, digest } => {
            let digest = digest.as_ref().map(|it| format!(" ({})", short(it))).unwrap_or_default();
            format!("{rollout}: a rollback goes to {version}{digest}, ready {ready}/{of}")
        }
        Event::ReadinessChanged { rollout, red: Some(red) } => {
            format!("{rollout}: a rollback is not ready: {}", red.cell(TEXT))
        }
        Event::ReadinessChanged { rollout, red: None } => format!("{rollout}: a rollback is ready"),
        Event::OwnerFound { rollout, owner } => match owner.title() {
            Some(owner) => {
                format!("{rollout}: the weight belongs to {}", Untrusted::new(owner).cell(TEXT))
            }
            None => format!("{rollout}: nobody else moves the weight"),
        },
        Event::RolloutStarted { rollout } => format!("{rollout}: rollout started"),
        Event::OperationIntended { act, .. } => format!("intends to {}", words(act, plan)),
        Event::OperationEnded { outcome, summary, .. } => {
            format!("operation {}{}", outcome_word(*outcome), because(summary))
        }
        Event::TrafficObserved { rollout, configured, observed } => {
            format!(
                "{rollout}: canary configured {}, observed {}",
                share(configured.as_ref()),
                share(observed.as_ref())
            )
        }
        Event::TrafficDrifted { rollout, from, to, by } => {
            format!("{rollout}: {} set {to}, wanted is {from}", somebody(by.as_ref()))
        }
        Event::TrafficSettled { rollout } => format!("{rollout}: the weight is what is wanted again"),
        Event::TrafficContested { rollout, by } => {
            format!(
                "{rollout}: contested, {} overwrote the weight twice: nothing more is written by itself",
                somebody(by.as_ref())
            )
        }
        Event::RollbackLate { rollout, budget } => {
            format!("{rollout}: the rollback takes longer than {budget}")
        }
        Event::StepReached { rollout, step } => format!("{rollout}: step {step} reached, soak begins"),
        Event::SoakCompleted { rollout, step } => format!("{rollout}: soak of step {step} complete"),
        Event::RolloutCompleted { rollout, .. } => format!("{rollout}: rollout complete"),
        Event::RolloutHeld { rollout, reason, .. } => format!("{rollout}: held{}", because(reason)),
        Event::HoldLifted { rollout, .. } => format!("{rollout}: hold lifted, its cause is gone"),
        Event::BlindRuleApplied { rollout, since } => format!("{rollout}: no good data since {since}"),
        Event::RolloutResumed { rollout } => format!("{rollout}: resumed"),
        Event::AutomationStopped { rollout } => format!("{rollout}: automation off"),
        Event::AutomationResumed { rollout } => format!("{rollout}: automation on"),
        Event::FlagObserved { flag, seen } => format!("flag {flag}: {}", seen.said()),
        Event::RollbackStarted { rollout, to, trigger: None, .. } => {
            format!("{rollout}: rollback to {to} started")
        }
        Event::RollbackStarted { rollout, to, trigger: Some(trigger), .. } => {
            format!("{rollout}: rollback to {to} started by trigger {trigger}")
        }
        Event::RolledBack { rollout, to, proven: true } => format!("{rollout}: back on {to}"),
        Event::RolledBack { rollout, to, proven: false } => {
            format!("{rollout}: back on {to}, not yet proven by requests")
        }
        _ => return None,
    })
}

fn watch(event: &Event, plan: &Plan) -> Option<String> {
    Some(match event {
        Event::Assessed { metric, from, to, value, .. } => match value {
            Some(value) => format!("metric {metric}: {from} → {to} at {}", number(metric, *value, plan)),
            None if from == to => format!("metric {metric}: {to}"),
            None => format!("metric {metric}: {from} → {to}"),
        },
        Event::DataQualityChanged { rollout, good: true, since } => {
            format!("{rollout}: good data since {since}")
        }
        Event::DataQualityChanged { rollout, good: false, since } => {
            format!("{rollout}: no good data since {since}")
        }
        Event::TriggerMoved { trigger, to, reason, .. } => {
            let word = match to {
                TriggerPhase::Armed => "armed",
                TriggerPhase::Pending => "pending",
                TriggerPhase::Fired => "fired",
                TriggerPhase::Suppressed => "suppressed",
                TriggerPhase::Unknown => "unknown, no good data",
            };
            format!("trigger {trigger} {word}{}", because(reason))
        }
        _ => return None,
    })
}

fn asked(event: &Event, plan: &Plan) -> Option<String> {
    Some(match event {
        Event::Ruled { rollout, ruling } => {
            let word = match ruling.decision {
                Decision::Hold => "hold",
                Decision::Promote => "fine",
                Decision::RollBack => "worse",
            };
            format!("{rollout}: judge says {word}{}", because(&ruling.why))
        }
        Event::RequestRaised { rollout, wants, why, .. } => {
            format!("{rollout}: asks to {wants}{}", because(why))
        }
        Event::RequestAnswered { request, answer, reason } => {
            let word = match answer {
                RequestAnswer::Granted => "granted",
                RequestAnswer::Declined => "declined",
                RequestAnswer::Withdrawn => "withdrawn",
            };
            format!("request {request} {word}{}", because(reason))
        }
        Event::TriggerChosen { trigger, choice: Choice::Automatic } => {
            format!("trigger {trigger} acts by itself from now on")
        }
        Event::TriggerChosen { trigger, choice: Choice::Request } => {
            format!("trigger {trigger} asks a person from now on")
        }
        Event::NumberTyped { metric, value } => {
            format!("metric {metric} typed: {}", number(metric, *value, plan))
        }
        Event::BaselineAsked { metric, name, .. } => format!("baseline `{name}` of {metric} asked for"),
        Event::BaselineCaptured { metric, name, snapshot, .. } => {
            let value = snapshot.value().map(|value| number(metric, value, plan));
            format!("baseline `{name}` of {metric}: {}", value.unwrap_or_else(|| "unknown".to_owned()))
        }
        Event::BaselineMissed { metric, name, why } => {
            format!("baseline `{name}` of {metric} missed{}", because(why))
        }
        _ => return None,
    })
}

/// A number of a metric in its unit.
fn number(metric: &MetricId, value: f64, plan: &Plan) -> String {
    plan.metric(metric).map_or_else(|| value.to_string(), |known| known.written(value))
}

fn words(act: &Act, plan: &Plan) -> String {
    match act {
        Act::Deploy { rollout } => format!("bring up the new version of {rollout}"),
        Act::SetWeight { rollout, weight, reason, .. } => {
            let why = reason.as_ref().map(because).unwrap_or_default();
            format!("give the canary of {rollout} {weight}{why}")
        }
        Act::ScaleDown { rollout, .. } => format!("take away the new version of {rollout}"),
        Act::Restore { rollout, to: Some(to) } => {
            format!("bring {} of {rollout} up again", Untrusted::new(short(to)).cell(TEXT))
        }
        Act::Restore { rollout, to: None } => format!("bring the old version of {rollout} up again"),
        Act::Retire { rollout } => format!("take away the old version of {rollout}"),
        Act::Step { rollout, step } => {
            let steps = plan.rollout(rollout).map(|planned| sequence::steps(plan, planned));
            let place = usize::try_from(step.saturating_sub(1)).unwrap_or(usize::MAX);
            let title =
                steps.and_then(|steps| steps.get(place).map(ProcedureStep::title)).unwrap_or_default();
            format!("take step {step} of the rollback of {rollout}: {}", Untrusted::new(title).cell(TEXT))
        }
        Act::Procedure { rollout, procedure } => format!("run procedure {procedure} for {rollout}"),
        Act::SetFlag { flag, percent } if *percent > Weight::ZERO => {
            format!("turn on flag {flag} for {percent}")
        }
        Act::SetFlag { flag, .. } => format!("turn off flag {flag}"),
        Act::KillFlag { flag } => format!("kill flag {flag}"),
        Act::FlagsOff { flags, reach, .. } => {
            let names: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
            let rest = if *reach == Reach::Store { " and every other where they are kept" } else { "" };
            format!("turn off flags {}{rest}", names.join(", "))
        }
        Act::Notify { action, text, .. } => format!("{action}: {}", text.cell(TEXT)),
    }
}

fn outcome_word(outcome: crate::release::Outcome) -> &'static str {
    use crate::release::Outcome;
    match outcome {
        Outcome::Done => "done",
        Outcome::Adopted => "adopted, it was already so",
        Outcome::Superseded => "superseded, another took its place",
        Outcome::Failed => "failed",
        Outcome::Skipped => "listed, not run",
        Outcome::Unknown => "unknown, a person decides",
    }
}

/// A digest as people name it.
fn short(digest: &str) -> String {
    let hex = digest.rsplit_once("sha256:").map_or(digest, |(_, hex)| hex);
    if hex.len() == digest.len() { digest.to_owned() } else { hex.chars().take(12).collect() }
}

fn somebody(by: Option<&Untrusted>) -> String {
    by.map_or_else(|| "somebody".to_owned(), |by| by.cell(60))
}

fn title(item: &ItemId, plan: &Plan) -> String {
    plan.item(item).map_or_else(|| item.to_string(), |found| format!("\"{}\"", found.text.cell(60)))
}

fn shown(evidence: &Evidence) -> String {
    match evidence {
        Evidence::GateRun { gate, run } => format!(" by run {run} of gate {gate}"),
        Evidence::Blob { name, digest } => format!(" with {} ({})", name.cell(40), digest.short()),
        Evidence::Link { url } => format!(" with {}", url.cell(TEXT)),
    }
}

fn because(reason: &Untrusted) -> String {
    if reason.is_empty() { String::new() } else { format!(": {}", reason.cell(TEXT)) }
}

fn share(weight: Option<&Weight>) -> String {
    weight.map_or_else(|| "unknown".to_owned(), Weight::to_string)
}
