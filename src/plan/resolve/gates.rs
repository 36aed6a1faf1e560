//! `[gate.*]`.

use crate::base::{GateId, ItemId, MetricId, RoleId, Seconds, StageId};
use crate::plan::file::{self, At};
use crate::plan::rule::Rule;
use crate::plan::{
    Bound, Check, Code, CommandCheck, Expect, Gate, GitCheck, GitFact, HttpCheck, Otherwise, Plan, PlanError,
};

use super::desk::{Desk, title};
use super::document;

/// How long a command may take when nobody says.
const COMMAND: Seconds = Seconds(600);
/// How long everything else may take.
const ANSWER: Seconds = Seconds(10);
/// Reports as evidence are not read yet.
const REPORT_UNREAD: Code = Code::new("report-unread");

/// The gates of the plan file; without any, those of the document, which a person judges. Ties each to its item.
pub(super) fn gates(desk: &mut Desk<'_>, plan: &mut Plan) -> Result<Vec<Gate>, PlanError> {
    if desk.file.gate.is_empty() {
        return Ok(desk.playbook.map(document::gates).unwrap_or_default());
    }
    let mut gates = Vec::new();
    for (name, written) in desk.file.gate.iter() {
        let gate = gate(desk, plan, name, written)?;
        if let (Some(item), Some(reference)) = (&gate.item, &written.item) {
            bind(desk, plan, item, reference, Bound::Gate(gate.id.clone()))?;
        }
        if let Some(report) = &written.junit {
            let said = (
                "reports as evidence are not read yet",
                "let the command's own exit code and output decide, or leave `junit` out",
            );
            desk.findings.push(desk.place.finding(report.start, REPORT_UNREAD, said));
        }
        gates.push(gate);
    }
    Ok(gates)
}

/// Ties an item to what ticks it; an item is ticked by one thing.
pub(super) fn bind(
    desk: &Desk<'_>,
    plan: &mut Plan,
    id: &ItemId,
    reference: &At<String>,
    bound: Bound,
) -> Result<(), PlanError> {
    let Some(item) = plan.items.iter_mut().find(|item| &item.id == id) else { return Ok(()) };
    match &item.bound {
        Some(other) => {
            let other = match other {
                Bound::Gate(gate) => format!("gate `{gate}`"),
                Bound::Message(message) => format!("message `{message}`"),
            };
            let help = "name another item, or leave `item` out of one of the two";
            Err(desk.wrong(reference, &format!("is already ticked by {other}"), help))
        }
        None => {
            item.bound = Some(bound);
            Ok(())
        }
    }
}

fn gate(desk: &Desk<'_>, plan: &Plan, name: &At<String>, gate: &file::Gate) -> Result<Gate, PlanError> {
    let item = match &gate.item {
        Some(item) => {
            let id = desk.referred(item, "item", plan.items.iter().map(|it| it.id.as_str()))?;
            Some(ItemId::new(id))
        }
        None => None,
    };
    let of_item = item.as_ref().and_then(|id| plan.item(id)).map(|item| item.stage.clone());
    let stage = match &gate.stage {
        Some(stage) => {
            let ids = plan.stages.iter().map(|it| it.id.as_str());
            Some(StageId::new(desk.referred(stage, "stage", ids)?))
        }
        None => of_item,
    };
    let check = check(desk, plan, name, gate)?;
    let pass = gate.pass.as_ref().map(|rule| desk.rule(rule)).transpose()?;
    let pass = match check {
        Check::Metric { .. } => pass.map(Rule::of_the_metric),
        _ => pass,
    };
    if let Check::Metric { metric } = &check
        && pass.is_none()
        && plan.metric(metric).is_none_or(|metric| metric.target.is_none())
    {
        let help = "add `pass = \"< 1%\"`, or a `target` to the metric";
        return Err(desk.wrong(name, "has nothing to hold the metric against", help));
    }
    let usual = if matches!(check, Check::Command(_)) { COMMAND } else { ANSWER };
    let length = |text: &Option<At<String>>| text.as_ref().map(|text| desk.length(text)).transpose();
    Ok(Gate {
        id: GateId::new(name.as_str()),
        title: title(gate.title.as_ref(), name.as_str()),
        item,
        stage,
        check,
        pass,
        otherwise: otherwise(desk, plan, gate)?,
        timeout: length(&gate.timeout)?.unwrap_or(usual),
        fresh: length(&gate.fresh)?,
        every: length(&gate.every)?,
    })
}

fn otherwise(desk: &Desk<'_>, plan: &Plan, gate: &file::Gate) -> Result<Otherwise, PlanError> {
    let Some(word) = &gate.otherwise else { return Ok(Otherwise::Block) };
    match word.as_str() {
        "block" => Ok(Otherwise::Block),
        "warn" => Ok(Otherwise::Warn),
        "require" => Ok(Otherwise::Require),
        other => match other.strip_prefix("review:") {
            Some(role) => {
                let role = At { value: role.trim().to_owned(), start: word.start };
                let known = plan.roles.iter().map(|role| role.id.as_str());
                Ok(Otherwise::Review(RoleId::new(desk.named(&role, "role", known)?)))
            }
            None => {
                let help = "write `block`, `warn`, `require` or `review:ROLE`";
                Err(desk.wrong(word, "does not say what follows", help))
            }
        },
    }
}

/// What it looks at: exactly one thing, and no key that belongs to another.
fn check(desk: &Desk<'_>, plan: &Plan, name: &At<String>, gate: &file::Gate) -> Result<Check, PlanError> {
    let kinds: Vec<(&str, usize)> = [
        ("run", gate.run.as_ref().map(|it| it.start)),
        ("http", gate.http.as_ref().map(|it| it.start)),
        ("git", gate.git.as_ref().map(|it| it.start)),
        ("metric", gate.metric.as_ref().map(|it| it.start)),
        ("manual", gate.manual.as_ref().filter(|it| it.value).map(|it| it.start)),
    ]
    .into_iter()
    .filter_map(|(kind, at)| Some((kind, at?)))
    .collect();
    if let [(first, _), (second, at), ..] = kinds.as_slice() {
        let message = format!("a gate looks at one thing, and this has `{first}` and `{second}`");
        return Err(desk.place.error(*at, message, "make two gates of it"));
    }
    let kind = kinds.first().map_or("manual", |(kind, _)| kind);
    let extra = [
        ("expect", gate.expect.as_ref().map(|it| it.start), ["run", "run"]),
        ("contains", gate.contains.as_ref().map(|it| it.start), ["run", "http"]),
        ("junit", gate.junit.as_ref().map(|it| it.start), ["run", "run"]),
        ("status", gate.status.as_ref().map(|it| it.start), ["http", "http"]),
        ("repository", gate.repository.as_ref().map(|it| it.start), ["git", "git"]),
        ("env", (!gate.env.is_empty()).then_some(name.start), ["run", "run"]),
    ];
    for (key, at, belongs) in extra {
        if let Some(at) = at.filter(|_| !belongs.contains(&kind)) {
            let [one, two] = belongs;
            let with = if one == two { format!("`{one}`") } else { format!("`{one}` or `{two}`") };
            let message = format!("`{key}` belongs to a gate with {with}");
            return Err(desk.place.error(at, message, format!("add {with}, or leave `{key}` out")));
        }
    }
    if let Some(run) = &gate.run {
        return Ok(Check::Command(command(desk, run, &gate.env, (&gate.expect, &gate.contains))?));
    }
    if let Some(url) = &gate.http {
        let status = gate.status.as_ref().map_or(Ok(200), |status| match status.value {
            100..=599 => Ok(status.value),
            other => Err(desk.place.error(
                status.start,
                format!("{other} is no HTTP status"),
                "write a number from 100 to 599, such as 200",
            )),
        })?;
        let contains = gate.contains.as_ref().map(|text| text.value.clone());
        return Ok(Check::Http(HttpCheck { url: desk.address(url)?, status, contains }));
    }
    if let Some(facts) = &gate.git {
        let repository = gate.repository.as_ref().map_or(Ok(".".to_owned()), |path| desk.inside(path))?;
        if facts.value.is_empty() {
            let help = "write at least one of `clean`, `branch NAME`, `tag NAME`, `pushed NAME to REMOTE`";
            return Err(desk.place.error(facts.start, "there is no fact to ask for", help));
        }
        let facts = facts.value.iter().map(|fact| git_fact(desk, fact)).collect::<Result<_, _>>()?;
        return Ok(Check::Git(GitCheck { repository, facts }));
    }
    if let Some(metric) = &gate.metric {
        let known = plan.metrics.iter().map(|metric| metric.id.as_str());
        return Ok(Check::Metric { metric: MetricId::new(desk.named(metric, "metric", known)?) });
    }
    if let Some(pass) = &gate.pass {
        let help = "add `run`, `http`, `git` or `metric`, or put the criteria into the title";
        return Err(desk.place.error(pass.start, "a rule without anything that gives numbers", help));
    }
    Ok(Check::Manual)
}

/// A command and what it must print.
pub(super) fn command(
    desk: &Desk<'_>,
    run: &At<Vec<String>>,
    env: &std::collections::BTreeMap<String, String>,
    (expect, contains): (&Option<At<String>>, &Option<At<String>>),
) -> Result<CommandCheck, PlanError> {
    if run.value.first().is_none_or(|program| program.trim().is_empty()) {
        let help = "write program and arguments, such as `run = [\"cargo\", \"test\"]`";
        return Err(desk.place.error(run.start, "there is no program to run", help));
    }
    let expect = match (expect, contains) {
        (Some(expect), Some(_)) => {
            return Err(desk.wrong(expect, "stands beside `contains`", "keep one of the two"));
        }
        (None, Some(text)) => Some(Expect::Contains(text.value.clone())),
        (Some(word), None) => Some(match word.as_str() {
            "empty" => Expect::Empty,
            "something" => Expect::Some,
            _ => {
                let help = "write `empty` or `something`, or `contains = \"…\"` for a text in it";
                return Err(desk.wrong(word, "is nothing an output can be", help));
            }
        }),
        (None, None) => None,
    };
    Ok(CommandCheck { run: run.value.clone(), env: env.clone(), expect })
}

fn git_fact(desk: &Desk<'_>, fact: &At<String>) -> Result<GitFact, PlanError> {
    let words: Vec<&str> = fact.as_str().split_whitespace().collect();
    match words.as_slice() {
        ["clean"] => Ok(GitFact::Clean),
        ["branch", name] => Ok(GitFact::Branch((*name).to_owned())),
        ["tag", name] => Ok(GitFact::Tag((*name).to_owned())),
        ["pushed", tag, "to", remote] => {
            Ok(GitFact::Pushed { tag: (*tag).to_owned(), remote: (*remote).to_owned() })
        }
        ["pushed", tag] => Ok(GitFact::Pushed { tag: (*tag).to_owned(), remote: "origin".to_owned() }),
        _ => {
            let help = "write `clean`, `branch NAME`, `tag NAME` or `pushed NAME to REMOTE`";
            Err(desk.wrong(fact, "is no fact of a repository", help))
        }
    }
}
