//! A release in a few lines: for a chat message, and for `tminus status` on a terminal.
//!
//! Invariant: every text from outside has passed an exit of [`crate::base::Untrusted`].

use std::fmt::Write as _;

use super::numbers::Judge;
use super::status::{Rollout, Status};
use crate::analysis::Quality;
use crate::base::{Untrusted, short_duration};

/// A few lines that say where the release stands, why it waits and what a rollback would go to.
pub fn card(status: &Status) -> String {
    let mut out = String::new();
    let clock = status.t.map(|t| format!(" · {}", t_text(t))).unwrap_or_default();
    line(
        &mut out,
        format!("{} {} → {} · {}{clock}", status.release, status.version, status.environment, status.status),
    );
    let items = &status.items;
    let mut parts = vec![format!("items {}/{}", items.done, items.total)];
    if items.overdue > 0 {
        parts.push(format!("{} overdue", items.overdue));
    }
    let gates: Vec<String> = status
        .gates
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if !gates.is_empty() {
        parts.push(format!("gates {}", gates.join(", ")));
    }
    if let Some(stage) = &status.stage {
        parts.insert(0, format!("stage {stage}"));
    }
    line(&mut out, parts.join(" · "));
    if !status.approvals.is_empty() {
        line(&mut out, poll(status));
    }
    for rollout in &status.rollouts {
        line(
            &mut out,
            format!(
                "{} step {} of {} · canary wanted {}, configured {}, observed {}",
                rollout.name,
                rollout.step,
                rollout.steps,
                share(rollout.canary.desired),
                share(rollout.canary.configured),
                share(rollout.canary.observed)
            ),
        );
    }
    for rollout in &status.rollouts {
        traffic(&mut out, rollout);
    }
    for (rollout, judge) in status.rollouts.iter().filter_map(|it| Some((&it.name, it.judge.as_ref()?))) {
        line(&mut out, judged(rollout, judge));
    }
    if let Some(text) = metrics(status) {
        line(&mut out, text);
    }
    for request in &status.requests {
        let to = request.to.map(|to| format!(" to {}", share(Some(to)))).unwrap_or_default();
        let (number, rollout, wants, why) = (request.number, &request.rollout, request.wants, &request.why);
        line(&mut out, format!("asked: {wants} {rollout}{to}: {why} (request {number}, {})", request.cause));
    }
    if let Some(to) = &status.rollback.to {
        let count = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |it| it.to_string());
        let (ready, of) = (count(status.rollback.ready), count(status.rollback.of));
        let red = status.rollback.red.as_ref().map(|red| format!(" · NOT READY: {red}")).unwrap_or_default();
        line(&mut out, format!("rollback → {to} · ready {ready}/{of}{red}"));
    }
    if let Some(cluster) = status.cluster.as_ref().filter(|cluster| cluster.trouble.is_some()) {
        let word = cluster.trouble.map(|trouble| trouble.as_str()).unwrap_or_default();
        let fault = cluster.fault.as_ref().map(|fault| format!(": {fault}")).unwrap_or_default();
        line(&mut out, format!("cluster {word}{fault}"));
    }
    for blocker in &status.blockers {
        line(&mut out, format!("waits: {} ({})", blocker.message, blocker.help));
    }
    out
}

/// What is not as it should be with a rollout's traffic, a line each.
fn traffic(out: &mut String, rollout: &Rollout) {
    let name = &rollout.name;
    if let Some(drift) = &rollout.drift {
        let by = drift.by.as_ref().map(|by| format!(": {by}")).unwrap_or_default();
        let ago = drift.age.map(|age| format!(", {} ago", short_duration(age))).unwrap_or_default();
        let (is, wanted) = (share(Some(drift.is)), share(Some(drift.wanted)));
        line(out, format!("{name} drift: somebody set {is}, {wanted} is wanted{by}{ago}"));
    }
    if let Some(fault) = &rollout.fault {
        let old = rollout.age.map(|age| format!(", shares are {} old", short_duration(age)));
        line(out, format!("{name} traffic could not be read{}: {fault}", old.unwrap_or_default()));
    }
    if let Some(owner) = &rollout.owner {
        line(out, format!("{name} is owned by {owner}"));
    }
    if let Some(left) = rollout.warm {
        line(out, format!("{name} old version kept warm for {}", short_duration(left.max(0))));
    }
    if let Some(seconds) = rollout.restore {
        line(out, format!("{name} old version is gone: about {} to restore", short_duration(seconds)));
    }
    if let Some(back) = &rollout.rollback {
        let words: Vec<String> = back
            .proofs
            .iter()
            .map(|proof| format!("{} {} ({})", proof.what, proof.verdict, proof.said))
            .collect();
        let (took, budget) = (short_duration(back.seconds), short_duration(back.budget));
        let word = match (back.done, back.proven) {
            (false, _) => "under way",
            (true, true) => "done",
            (true, false) => "done, unproven",
        };
        line(out, format!("{name} rollback {word} after {took} of {budget}: {}", words.join(", ")));
    }
}

/// What the judge says, in one line: `payments judge hold, 2.3x [1.4, 4.1], about 4 min: ...`.
fn judged(rollout: &str, judge: &Judge) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "any".to_owned(), |value| format!("{value:.1}"));
    let ratio = judge
        .ratio
        .map(|ratio| format!(", {}x [{}, {}]", number(ratio.mid), number(ratio.low), number(ratio.high)));
    let minutes = judge.minutes.map(|minutes| format!(", about {:.0} min", minutes.max(1.0)));
    let (ratio, minutes) = (ratio.unwrap_or_default(), minutes.unwrap_or_default());
    format!("{rollout} judge {}{ratio}{minutes}: {}", judge.decision, judge.why)
}

/// How many metrics are as wanted, and what is wrong with the others; none without metrics.
fn metrics(status: &Status) -> Option<String> {
    let all = status.metrics.len();
    let off: Vec<String> = status
        .metrics
        .iter()
        .filter(|metric| !metric.verdict.is_pass())
        .map(|metric| match metric.quality.filter(|quality| *quality != Quality::Ok) {
            Some(quality) => format!("{} {} ({quality})", metric.name, metric.verdict),
            None => format!("{} {}", metric.name, metric.verdict),
        })
        .collect();
    let rest = if off.is_empty() { String::new() } else { format!(", {}", off.join(", ")) };
    (all > 0).then(|| format!("metrics {}/{all} as wanted{rest}", all - off.len()))
}

/// The roll-call in one line: `go 2 · no-go 0 · waiting qa, ops`.
pub fn poll(status: &Status) -> String {
    let of = |state: &str| -> Vec<&str> {
        status.approvals.iter().filter(|it| it.state == state).map(|it| it.role.as_str()).collect()
    };
    let mut text = format!("go {} · no-go {}", of("go").len(), of("no-go").len());
    for state in ["waiting", "absent", "void"] {
        let roles = of(state);
        if !roles.is_empty() {
            let _ = write!(text, " · {state} {}", roles.join(", "));
        }
    }
    for it in status.approvals.iter().filter(|it| it.spoken) {
        let by = it.by.as_deref().unwrap_or("nobody");
        let _ = write!(text, " · {}: {} (spoken, recorded by {by})", it.role, it.state);
    }
    text
}

/// `T-2h`, `T+42m`; whole minutes once it is more than two of them.
pub fn t_text(t: i64) -> String {
    let sign = if t < 0 { '-' } else { '+' };
    let whole = if t.abs() > 120 { t.abs() / 60 * 60 } else { t.abs() };
    format!("T{sign}{}", short_duration(whole))
}

/// A percent share, or `unknown`.
pub fn share(share: Option<f64>) -> String {
    let Some(value) = share else { return "unknown".to_owned() };
    if value.fract() == 0.0 { format!("{value:.0} %") } else { format!("{value:.1} %") }
}

fn line(out: &mut String, text: String) {
    out.push_str(&Untrusted::new(text).line());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!([t_text(-7200), t_text(61), t_text(2560), t_text(0)], ["T-2h", "T+1m1s", "T+42m", "T+0s"]);
        assert_eq!([share(None), share(Some(25.0)), share(Some(24.84))], ["unknown", "25 %", "24.8 %"]);
    }
}
