//! The steps of a procedure that are taken in the world, one at a time.
//!
//! Invariants: each ends within its own time; what needs trust is listed and not run without it; more than one line
//! of what was found is evidence, its first line says it all.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault};
use crate::plan::{CommandCheck, Health, IncidentCall, LogsOf, ProcedureStep, Rollout, StepKind};
use crate::release::{Outcome, PodSide};
use crate::world::checks;
use crate::world::cluster::Deadline;
use crate::world::http::{Call, Http, Limits, address, place};
use crate::world::routers::Leave;

use super::pods::{self, Seen};
use super::target::{self, Sides};
use super::{Running, readiness};

/// Where a program finds the operation it is run for.
pub(super) const OPERATION: &str = "TMINUS_OP_ID";
/// Between two looks at what has nothing to watch.
const PAUSE: Duration = Duration::from_secs(1);
/// Pods whose log is kept, the worst first.
const PODS: usize = 3;
/// Lines of each.
const LINES: u32 = 200;
/// Bytes of a health answer or an incident's that are read.
const BODY: usize = 64 * 1024;

type Taken = Result<(Outcome, Untrusted), Fault>;

/// Takes one step.
pub(super) async fn take(
    running: &Running,
    rollout: &Rollout,
    step: &ProcedureStep,
    errand: Errand<'_>,
) -> Taken {
    let deadline = target::deadline(errand.time);
    let skipped = |why: &str| Ok((Outcome::Skipped, Untrusted::new(format!("{why}: {}", step.title()))));
    match &step.does {
        StepKind::Ready => ready(running, rollout, deadline).await,
        StepKind::Logs(of) => logs(running, rollout, *of, deadline).await,
        StepKind::Health(Health::Url(url)) => match &running.leave {
            Leave::Granted { http, .. } => health(http, url, deadline).await,
            Leave::Withheld(why) => skipped(&format!("not asked ({why})")),
        },
        StepKind::Incident(call) => match &running.leave {
            Leave::Granted { http, .. } => incident(http, rollout, call, errand, deadline).await,
            Leave::Withheld(why) => skipped(&format!("not sent ({why}), do it by hand")),
        },
        StepKind::Command(command) => match &running.leave {
            Leave::Granted { folder, .. } => program(folder, command, errand, deadline).await,
            Leave::Withheld(why) => skipped(&format!("not run ({why}), do it by hand")),
        },
        StepKind::Manual { text } => {
            Ok((Outcome::Skipped, Untrusted::new(format!("do it by hand: {}", text.raw()))))
        }
        StepKind::Traffic { .. }
        | StepKind::FlagsOff(_)
        | StepKind::LastKnownGood
        | StepKind::Health(Health::Gate(_))
        | StepKind::Check { .. }
        | StepKind::Notify { .. } => skipped("not a step of what runs"),
    }
}

/// Looks until everything a rollback goes to is ready.
async fn ready(running: &Running, rollout: &Rollout, deadline: Deadline) -> Taken {
    loop {
        let seen = readiness::look(&running.cluster, &running.registry, rollout).await;
        let why = match &seen {
            Ok(seen) if seen.ready >= seen.of.max(1) => {
                let text = format!("{} of {} of {} are ready", seen.ready, seen.of, seen.version);
                return Ok((Outcome::Done, Untrusted::new(text)));
            }
            Ok(seen) => format!("{} of {} of {} are ready", seen.ready, seen.of, seen.version),
            Err(fault) => fault.to_string(),
        };
        if deadline.left() <= PAUSE {
            return Ok((Outcome::Failed, Untrusted::new(format!("not in time: {why}"))));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn health(http: &Http, url: &str, deadline: Deadline) -> Taken {
    let host = place(&address(url)?);
    loop {
        let time = deadline.left().min(Duration::from_secs(10));
        let why = match http.get(url, Limits { time, body: BODY }).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                return Ok((Outcome::Done, Untrusted::new(format!("{host} answers {}", answer.status))));
            }
            Ok(answer) => format!("{host} answers {}", answer.status),
            Err(fault @ Fault::Unsupported(_)) => return Err(fault),
            Err(fault) => fault.to_string(),
        };
        if deadline.left() <= PAUSE {
            return Ok((Outcome::Failed, Untrusted::new(format!("not well in time: {why}"))));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The last lines of the worst pods of a side.
async fn logs(running: &Running, rollout: &Rollout, of: LogsOf, deadline: Deadline) -> Taken {
    let (side, name) = match of {
        LogsOf::Canary => (PodSide::Canary, "the new version"),
        LogsOf::Stable => (PodSide::Stable, "the old version"),
    };
    let mut seen: Vec<Seen> = pods::of(&running.cluster, rollout, deadline)
        .await?
        .into_iter()
        .filter(|it| it.side == side)
        .collect();
    if seen.is_empty() {
        return Ok((Outcome::Failed, Untrusted::new(format!("{name} has no pod whose log could be kept"))));
    }
    // Not ready first, then those that were restarted most, then the newest.
    seen.sort_by_key(|it| {
        (it.pod.ready, std::cmp::Reverse(it.pod.restarts), std::cmp::Reverse(it.pod.since))
    });
    let namespace = match Sides::of(rollout)? {
        Sides::Apart { stable, .. } if side == PodSide::Stable => stable.object.namespace,
        Sides::Apart { canary, .. } | Sides::Together(canary) => canary.object.namespace,
    };
    let all = seen.len();
    let (mut kept, mut text) = (0, String::new());
    for Seen { pod, .. } in seen.into_iter().take(PODS) {
        let head = format!("==> {}: {}, {} restarts <==\n", pod.name, pod.phase.raw(), pod.restarts);
        text.push_str(&head);
        match pods::tail(&running.cluster, &namespace, &pod.name, LINES, deadline).await {
            Ok(log) => {
                kept += 1;
                text.push_str(log.raw());
            }
            Err(fault) => text.push_str(&fault.to_string()),
        }
        text.push('\n');
    }
    let first = format!("log of {kept} of {all} pods of {name} kept");
    let outcome = if kept > 0 { Outcome::Done } else { Outcome::Failed };
    Ok((outcome, Untrusted::new(format!("{first}\n{text}"))))
}

/// Opens an incident; the operation's id lets a receiver tell a second time from a new one.
async fn incident(
    http: &Http,
    rollout: &Rollout,
    call: &IncidentCall,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Taken {
    let host = place(&address(&call.url)?);
    let token = match &call.token_env {
        None => None,
        Some(name) => {
            Some(std::env::var(name).map(|it| SecretString::from(it.trim().to_owned())).map_err(|_| {
                Fault::Unsupported(format!(
                    "the token in ${name} is not there; set it before the engine starts"
                ))
            })?)
        }
    };
    errand.pass(&host).await?;
    let title = call.title.as_ref().map_or_else(|| format!("rollback of {}", rollout.id), Untrusted::lines);
    let body = json!({
        "title": title, "severity": call.severity,
        "rollout": rollout.id.as_str(), "operation": errand.operation.as_str(),
    });
    let time = deadline.left().min(Duration::from_secs(10));
    let mut sent = Call::post(&call.url, &body, Limits { time, body: BODY })
        .header("idempotency-key", errand.operation.as_str());
    if let Some(token) = &token {
        sent = sent.bearer(token);
    }
    let answer = http.send(sent).await?;
    match answer.status {
        200..300 => Ok((Outcome::Done, Untrusted::new(format!("incident opened at {host}")))),
        status @ 500.. => Err(Fault::Unreachable(host, format!("it answered {status}"))),
        status => Err(Fault::Refused(host, format!("HTTP {status}"))),
    }
}

/// Runs a program in the plan's folder.
pub(super) async fn program(
    folder: &Path,
    command: &CommandCheck,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Taken {
    errand.pass("the command").await?;
    let mut command = command.clone();
    command.env.insert(OPERATION.to_owned(), errand.operation.as_str().to_owned());
    let found = checks::program(folder, &command, deadline.left()).await;
    let outcome = if found.verdict.is_pass() { Outcome::Done } else { Outcome::Failed };
    let mut text = found.summary.raw().replace('\n', " ");
    if let Some(evidence) = &found.evidence {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(evidence));
    }
    Ok((outcome, Untrusted::new(text)))
}
