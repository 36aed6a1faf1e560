//! `[[quiet]]` and `[objective.*]`, with the triggers an objective makes.
//!
//! Google, The Site Reliability Workbook, chapter 5, table 5-8: a page when 2 % of the budget burn in an hour or 5 % in
//! six hours, a ticket when 10 % burn in three days; each holds over a twelfth of the time too, so that it ends when
//! the burning ends. Over 30 days that is 14.4, 6 and 1 times too fast.

use crate::base::{MetricId, Seconds, TriggerId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::rule::Action;
use crate::plan::{Arming, Objective, Plan, PlanError, Proof, Quiet, Scope, Terms, Trigger, Watched};

use super::desk::Desk;

/// The window of an objective that names none.
const WINDOW: Seconds = Seconds(30 * DAY);
const DAY: u64 = 86_400;
const HOUR: u64 = 3600;

/// One row of the table: what it is called, the share of the budget, the long and the short time, and what follows.
struct Row {
    name: &'static str,
    budget: f64,
    long: u64,
    short: u64,
    severity: &'static str,
    actions: &'static [Action],
}

const TABLE: [Row; 3] = [
    Row {
        name: "page-fast",
        budget: 0.02,
        long: HOUR,
        short: HOUR / 12,
        severity: "page",
        actions: &[Action::Page, Action::Notify],
    },
    Row {
        name: "page-slow",
        budget: 0.05,
        long: 6 * HOUR,
        short: HOUR / 2,
        severity: "page",
        actions: &[Action::Page, Action::Notify],
    },
    Row {
        name: "ticket",
        budget: 0.1,
        long: 3 * DAY,
        short: 6 * HOUR,
        severity: "ticket",
        actions: &[Action::Notify],
    },
];

/// The times of every day in which numbers say nothing.
pub(super) fn quiet(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Quiet>, PlanError> {
    let known = || plan.metrics.iter().map(|metric| metric.id.as_str());
    let one = |At { value: written, .. }: &At<file::Quiet>| {
        let lasting = desk.some_length(&written.lasting)?;
        if lasting.0 > DAY / 2 {
            let help =
                "write at most 12h; a release is not watched by numbers that are quiet most of the day";
            return Err(desk.wrong(&written.lasting, "is too long to be quiet every day", help));
        }
        let at = clock(written.at.as_str()).ok_or_else(|| {
            desk.wrong(&written.at, "is no time of the day", "write hours and minutes, such as `02:00`")
        })?;
        let metrics = written
            .metrics
            .iter()
            .map(|name| Ok(MetricId::new(desk.named(name, "metric", known())?)))
            .collect::<Result<_, _>>()?;
        let reason = Untrusted::new(written.reason.as_deref().unwrap_or_default());
        Ok(Quiet { at, lasting, metrics, reason })
    };
    desk.file.quiet.iter().map(one).collect()
}

/// Minutes after midnight of `02:00`.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |part: &str, below: u16| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|number| digits && *number < below)
    };
    let minutes = number(minutes, 60).filter(|_| minutes.len() == 2)?;
    Some(number(hours, 24)? * 60 + minutes)
}

/// What the service owes its users.
pub(super) fn objectives(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Objective>, PlanError> {
    let known = || plan.metrics.iter().map(|metric| metric.id.as_str());
    let one = |(name, written): &(At<String>, file::Objective)| {
        let metric = MetricId::new(desk.named(&written.metric, "metric", known())?);
        if plan.metric(&metric).is_none_or(|metric| metric.counts.is_none()) {
            let help = format!("add `bad` and `total` to [metric.{metric}]");
            return Err(desk.wrong(&written.metric, "counts no events, so nothing can be owed of it", help));
        }
        let window = match &written.window {
            Some(window) => desk.length(window)?,
            None => WINDOW,
        };
        if !(7 * DAY..=90 * DAY).contains(&window.0)
            && let Some(text) = &written.window
        {
            return Err(desk.wrong(text, "is no window of an objective", "write 7d to 90d, such as `30d`"));
        }
        Ok(Objective { name: name.value.clone(), metric, share: share(desk, &written.share)?, window })
    };
    desk.file.objective.iter().map(one).collect()
}

/// `99.9%` as a fraction between nothing and all. The point is moved in the text, so no digit is lost.
pub(super) fn share(desk: &Desk<'_>, text: &At<String>) -> Result<f64, PlanError> {
    let percent = text.as_str().trim().strip_suffix('%').map(str::trim);
    percent
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
        .and_then(|digits| format!("{digits}e-2").parse::<f64>().ok())
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| {
            let help = "write percent above 0 and below 100, such as `99.9%`";
            desk.wrong(text, "is no share of good events", help)
        })
}

/// The triggers of the objectives: named after them, so that a person sees at once which budget burns.
pub(super) fn triggers(desk: &Desk<'_>, plan: &Plan) -> Result<Vec<Trigger>, PlanError> {
    let mut triggers = Vec::new();
    for (objective, (name, _)) in plan.objectives.iter().zip(desk.file.objective.iter()) {
        for row in &TABLE {
            let id = format!("{}-{}", objective.name, row.name);
            if desk.file.trigger.names().any(|taken| taken == id) {
                let help = format!("give [trigger.{id}] or [objective.{}] another name", objective.name);
                return Err(desk.wrong(name, &format!("makes a trigger `{id}`, and there is one"), help));
            }
            triggers.push(burn(objective, row, id));
        }
    }
    Ok(triggers)
}

fn burn(objective: &Objective, row: &Row, id: String) -> Trigger {
    // In a window below 30 days the last row would fire within the budget; once is the least that is too fast.
    let factor = (row.budget * objective.window.signed() as f64 / Seconds(row.long).signed() as f64).max(1.0);
    // The table's factors have one decimal; what division adds behind it is nobody's intent.
    let factor = (factor * 1e6).round() / 1e6;
    let (long, short) = (Seconds(row.long), Seconds(row.short));
    let title = format!(
        "{} burns its budget of {} {factor}x too fast over {long} and {short}",
        objective.name, objective.window
    );
    Trigger {
        id: TriggerId::new(id),
        title: Untrusted::new(title),
        when: Watched::Burn { metric: objective.metric.clone(), share: objective.share, factor, long, short },
        severity: row.severity.to_owned(),
        actions: row.actions.to_vec(),
        rollout: None,
        terms: Terms { proof: Proof::Point, scope: Scope::Whole, ..Terms::default() },
        arming: Arming::Automatic,
    }
}
