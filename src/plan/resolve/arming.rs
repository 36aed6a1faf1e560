//! Whether a trigger acts by itself. What the playbook itself contradicts asks a person until the plan has chosen.

use crate::base::Untrusted;
use crate::plan::conflict::{Limit, limits, single};
use crate::plan::file::{self, Arm, At};
use crate::plan::playbook::Playbook;
use crate::plan::rule::{Rule, Subject};
use crate::plan::{Arming, Code, Plan, Trigger, Watched};

use super::desk::Desk;

/// A trigger that the playbook contradicts itself about.
const CONTESTED: Code = Code::new("contested-trigger");

/// Whether a trigger of the plan file acts; the ones before it are `earlier`.
pub(super) fn arming(
    desk: &mut Desk<'_>,
    plan: &Plan,
    (name, written): (&At<String>, &file::Trigger),
    (when, title, earlier): (&Watched, &Untrusted, &[Trigger]),
) -> Arming {
    match written.arm.as_ref().map(|arm| arm.value) {
        Some(Arm::Automatic) => return Arming::Automatic,
        Some(Arm::Request) => return Arming::Request,
        None => {}
    }
    let (Watched::Metric { metric, rule }, Some(playbook)) = (when, desk.playbook) else {
        return Arming::Automatic;
    };
    let names = plan.metric(metric).map(|metric| vec![metric.id.as_str(), metric.title.raw()]);
    let before = earlier.iter().filter(|other| other.title == *title).count();
    match contested(playbook, &names.unwrap_or_default(), rule, (title, before)) {
        Some((here, there)) => {
            let shown = Untrusted::new(written.when.as_str()).cell(60);
            let id = Untrusted::new(name.as_str()).cell(40);
            let said = (
                format!(
                    "`{shown}` is decided in two ways by the playbook, in lines {} and {}, so it only asks a person",
                    here.line, there.line
                ),
                format!("choose: write `arm = \"automatic\"` or `arm = \"request\"` under [trigger.{id}]"),
            );
            desk.findings.push(desk.place.finding(written.when.start, CONTESTED, said));
            lines(&here, &there)
        }
        None => Arming::Automatic,
    }
}

/// Whether a trigger of the document, which a person fires, is one the document contradicts itself about.
pub(in crate::plan) fn of_document(playbook: &Playbook, line: u32) -> Arming {
    let limits = limits(playbook);
    let here = limits.iter().find(|limit| limit.line == line);
    match here.and_then(|here| Some((here, other(here, &limits)?))) {
        Some((here, there)) => lines(here, there),
        None => Arming::Request,
    }
}

fn lines(here: &Limit, there: &Limit) -> Arming {
    Arming::Contested { lines: (here.line.min(there.line), here.line.max(there.line)) }
}

/// The two places of the playbook that decide this limit differently. Of several places that say the same the ones
/// with the trigger's own words count, each for one trigger of that title; else those that stand closest together.
fn contested(
    playbook: &Playbook,
    names: &[&str],
    rule: &Rule,
    (title, before): (&Untrusted, usize),
) -> Option<(Limit, Limit)> {
    let (_, value) = single(rule)?;
    let keys: Vec<String> = names.iter().filter_map(|name| Some(Subject::new(name)?.key())).collect();
    let limits = limits(playbook);
    let pairs: Vec<(&Limit, &Limit)> = limits
        .iter()
        .filter(|limit| keys.contains(&limit.subject) && limit.value == value)
        .filter_map(|limit| Some((limit, other(limit, &limits)?)))
        .collect();
    let worded = |limit: &Limit| {
        playbook.triggers.iter().any(|it| it.said == limit.line && it.condition.line() == title.line())
    };
    let own: Vec<_> = pairs.iter().filter(|(here, _)| worded(here)).collect();
    let (here, there) = own
        .get(before)
        .or(own.last())
        .copied()
        .or_else(|| pairs.iter().min_by_key(|(here, there)| here.line.abs_diff(there.line)))?;
    Some(((*here).clone(), (*there).clone()))
}

/// The limit that contradicts this one: the same limit decided by another before another limit.
fn other<'l>(here: &Limit, limits: &'l [Limit]) -> Option<&'l Limit> {
    let clashes = || limits.iter().filter(|limit| limit.contradicts(here));
    clashes().find(|limit| limit.value == here.value).or_else(|| clashes().next())
}
