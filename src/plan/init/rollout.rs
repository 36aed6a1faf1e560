//! The rollout of a first plan file, when the document moves traffic in steps.

use toml_edit::{Array, Value};

use crate::base::{Offset, Seconds};
use crate::plan::Role;
use crate::plan::playbook::{Command, When, slug};
use crate::plan::resolve::document;

use super::checks::HEALTH;
use super::paper::{Section, inline};
use super::{Desk, Topic, after_start};

/// A step as the document's commands have it.
struct Found {
    weight: u32,
    soak: Option<Seconds>,
}

/// Writes the rollout and what must be true before its stage, from the command block that moves traffic in
/// steps (`for PCT in 10 25 50 100; … sleep 1800`); says so when there is none.
pub(super) fn rollout(desk: &mut Desk<'_>, roles: &[Role], gates: &[String]) {
    let blocks = desk.playbook.commands.iter().filter_map(|command| Some((command, steps(command)?)));
    // Rehearsals move traffic too: production and canary come first, then the block that says most.
    let found = blocks.rev().max_by_key(|(command, steps)| (is_production(command), steps.len()));
    let Some((command, steps)) = found else {
        desk.note(
            0,
            "the document moves no traffic in steps; add a [rollout.NAME] if it goes out as a canary",
        );
        return;
    };
    let answered = desk.answers.get(&Topic::Name).map(str::to_owned);
    let name = answered
        .or_else(|| document::release_name(desk.playbook))
        .map_or("service".to_owned(), |it| slug(&it));
    let gate: Vec<&str> = gates.iter().map(String::as_str).filter(|gate| *gate == HEALTH).collect();
    let mut list = Array::new();
    for step in &steps {
        let soak =
            step.soak.filter(|_| step.weight < 100).map(|soak| ("soak", Value::from(soak.to_string())));
        let gates = (!gate.is_empty() && step.weight < 100)
            .then(|| ("gates", Value::from(gate.iter().copied().collect::<Array>())));
        let entry = [("weight", Value::from(i64::from(step.weight)))].into_iter().chain(soak).chain(gates);
        list.push_formatted(inline(entry).decorated("\n  ", ""));
    }
    list.set_trailing("\n");
    list.set_trailing_comma(true);
    let blind = inline([
        ("after", Value::from("10m")),
        ("actions", Value::from(["hold", "page"].into_iter().collect::<Array>())),
    ]);
    let mut section = Section::new()
        .comment(&format!("{} moves traffic in these steps", desk.source(command.line)))
        .comment(
            "add: router = { httproute = \"NAMESPACE/NAME\", stable = \"SERVICE\", canary = \"SERVICE\" }",
        )
        .comment(
            "add: deploy = { image = \"REGISTRY/NAME:VERSION\", workload = \"deployment/NAMESPACE/NAME\" }",
        )
        .comment(&format!(
            "add, once metrics have sides: [rollout.{name}.judge] with signals = [\"errors\"] and worse = [\"hold\", \"ask\"]"
        ))
        .maybe("stage", stage(desk, command).as_deref())
        .text("strategy", "canary")
        .value("steps", list)
        .value("blind", blind);
    let back = document::procedures(desk.playbook);
    let back =
        back.iter().find(|it| it.id.as_str().contains("rollback") || it.id.as_str().contains("roll-back"));
    section = section.maybe("rollback", back.map(|procedure| procedure.id.as_str()));
    desk.paper.add("rollout", Some(&name), section);
    desk.note(command.line, "the steps were read from this command block; nothing of it is run");
    before(desk, command, roles);
}

fn is_production(command: &Command) -> bool {
    let section = command.section.as_ref().map(|text| text.raw().to_lowercase()).unwrap_or_default();
    section.contains("production") || section.contains("canary")
}

/// The stage a line stands in: the last one that begins above it.
fn stage(desk: &Desk<'_>, command: &Command) -> Option<String> {
    let above = desk.playbook.stages.iter().filter(|stage| stage.line <= command.line);
    above.max_by_key(|stage| stage.line).map(|stage| stage.id.to_string())
}

/// The roll-call is complete before the stage that moves traffic.
fn before(desk: &mut Desk<'_>, command: &Command, roles: &[Role]) {
    if roles.iter().all(|role| role.approves.is_empty()) {
        return;
    }
    let Some(id) = stage(desk, command) else { return };
    let at = desk.playbook.stages.iter().position(|stage| stage.id.as_str() == id);
    let earlier = at.and_then(|at| at.checked_sub(1)).and_then(|at| desk.playbook.stages.get(at));
    if let Some(stage) = earlier
        .filter(|stage| !matches!(&stage.when, Some(When::At(at)) if *at != Offset::ZERO && after_start(*at)))
    {
        let exit = inline([("approvals", Value::from(true))]);
        desk.paper.add("stage", Some(stage.id.as_str()), Section::new().value("exit", exit));
    }
}

/// The weights of a loop and its pause, and the share it begins with.
fn steps(command: &Command) -> Option<Vec<Found>> {
    let text = command.text.raw();
    let after = |key: &str| -> Option<u32> {
        let rest = text.split(key).nth(1)?;
        let digits: String =
            rest.trim_start_matches(['=', ' ']).chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let mut found: Vec<Found> = Vec::new();
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("for ") {
        let line = tail.lines().next().unwrap_or_default();
        rest = tail;
        let Some((_, list)) = line.split_once(" in ") else { continue };
        let words = list.split(';').next().unwrap_or_default();
        let weights: Option<Vec<u32>> =
            words.split_whitespace().map(|word| word.trim_end_matches('%').parse().ok()).collect();
        let Some(weights) = weights.filter(|it| it.len() > 1 && it.is_sorted_by(|a, b| a < b)) else {
            continue;
        };
        if weights.iter().any(|weight| *weight > 100) {
            continue;
        }
        let body = tail.split("\ndone").next().unwrap_or(tail);
        let pause = body.split("sleep ").nth(1).and_then(pause);
        found = weights.into_iter().map(|weight| Found { weight, soak: pause }).collect();
        break;
    }
    let first = found.first()?;
    if let Some(begin) = ["canary_percentage", "--initial-traffic"].into_iter().find_map(after)
        && begin < first.weight
        && begin > 0
    {
        let soak = after("duration_minutes").map(|minutes| Seconds(u64::from(minutes) * 60));
        found.insert(0, Found { weight: begin, soak });
    }
    if found.last().is_some_and(|last| last.weight < 100) {
        found.push(Found { weight: 100, soak: None });
    }
    Some(found)
}

/// `1800`, `30m`: the argument of `sleep`.
fn pause(text: &str) -> Option<Seconds> {
    let word = text.split_whitespace().next()?.trim_matches(|c: char| !c.is_alphanumeric());
    word.parse().ok().map(Seconds).or_else(|| Seconds::parse(word))
}
