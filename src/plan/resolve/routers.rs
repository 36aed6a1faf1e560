//! `router`, `deploy` and `warm` of a rollout.

use crate::base::{FlagId, MetricId, ObjectName, Weight};
use crate::plan::file::{self, At};
use crate::plan::{
    Deploy, DeployBy, GitOps, Plan, PlanError, Router, RouterKind, SideNames, Warm, Workflow, Workload,
};

use super::desk::Desk;

/// The kinds of a router, for messages.
const KINDS: &str = "`httproute`, `virtualservice`, `rollout`, `service`, `deployment`, `flag` or `write`";
/// The branch that is followed when nobody says.
const BRANCH: &str = "main";

/// What splits the traffic of a rollout.
pub(super) fn router(desk: &Desk<'_>, plan: &Plan, written: &At<file::Router>) -> Result<Router, PlanError> {
    let start = written.start;
    let router = &written.value;
    let program = router.write.as_ref().map(|argv| At { value: String::new(), start: argv.start });
    let kinds = [
        ("httproute", router.httproute.as_ref()),
        ("virtualservice", router.virtualservice.as_ref()),
        ("rollout", router.rollout.as_ref()),
        ("service", router.service.as_ref()),
        ("deployment", router.deployment.as_ref()),
        ("flag", router.flag.as_ref()),
        ("write", program.as_ref()),
    ];
    let given: Vec<(&str, &At<String>)> =
        kinds.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect();
    let (kind, value) = match given.as_slice() {
        [one] => *one,
        [] => return Err(desk.place.error(start, "a router of no kind", format!("write one of {KINDS}"))),
        [(first, _), (second, at), ..] => {
            let message = format!("a router is of one kind, and this has `{first}` and `{second}`");
            return Err(desk.place.error(at.start, message, "make two rollouts of it"));
        }
    };
    fits(desk, kind, router)?;
    let object = || object(desk, value);
    let sides = || sides(desk, (kind, value), router);
    let text = |given: &Option<At<String>>| given.as_ref().map(|text| text.value.clone());
    let kind = match kind {
        "httproute" => RouterKind::HttpRoute { object: object()?, rule: text(&router.rule), sides: sides()? },
        "virtualservice" => {
            RouterKind::VirtualService { object: object()?, route: text(&router.route), sides: sides()? }
        }
        "rollout" => RouterKind::Argo { object: object()? },
        "service" => RouterKind::Service { object: object()?, sides: sides()? },
        "deployment" => RouterKind::Deployment {
            object: object()?,
            sides: sides()?,
            replicas: router.replicas.as_ref().map(|count| count.value),
        },
        "flag" => {
            let known = plan.flags.iter().map(|flag| flag.id.as_str());
            RouterKind::Flag { flag: FlagId::new(desk.named(value, "flag", known)?) }
        }
        _ => command(desk, start, router)?,
    };
    let observed = match &router.observed {
        Some(metric) => Some(observed(desk, plan, metric)?),
        None => None,
    };
    Ok(Router { kind, observed })
}

/// Keys that only some kinds have.
fn fits(desk: &Desk<'_>, kind: &str, router: &file::Router) -> Result<(), PlanError> {
    let named = ["httproute", "virtualservice", "service", "deployment"];
    let only = |key: &str, at: Option<usize>, kinds: &[&str]| match at {
        Some(at) if !kinds.contains(&kind) => {
            let message = format!("a `{kind}` router has no `{key}`");
            Err(desk.place.error(at, message, format!("leave it out; it belongs to {}", kinds.join(", "))))
        }
        _ => Ok(()),
    };
    let start = |text: &Option<At<String>>| text.as_ref().map(|text| text.start);
    only("stable", start(&router.stable), &named)?;
    only("canary", start(&router.canary), &named)?;
    only("rule", start(&router.rule), &["httproute"])?;
    only("route", start(&router.route), &["virtualservice"])?;
    only("replicas", router.replicas.as_ref().map(|count| count.start), &["deployment"])?;
    only("read", router.read.as_ref().map(|argv| argv.start), &["write"])?;
    only("pointer", start(&router.pointer), &["write"])
}

fn sides(
    desk: &Desk<'_>,
    (kind, value): (&str, &At<String>),
    router: &file::Router,
) -> Result<SideNames, PlanError> {
    match (&router.stable, &router.canary) {
        (Some(stable), Some(canary)) if stable.value == canary.value => {
            Err(desk.wrong(canary, "is the name of both sides", "name the new version's side"))
        }
        (Some(stable), Some(canary)) => {
            Ok(SideNames { stable: stable.value.clone(), canary: canary.value.clone() })
        }
        _ => {
            let help = "add `stable = \"…\"` and `canary = \"…\"`, as the object calls its two sides";
            Err(desk.place.error(value.start, format!("a `{kind}` router needs both sides"), help))
        }
    }
}

fn command(desk: &Desk<'_>, start: usize, router: &file::Router) -> Result<RouterKind, PlanError> {
    let (Some(write), Some(read)) = (&router.write, &router.read) else {
        let help = "add `read = [\"program\", \"argument\"]`, which prints the weight as it is";
        return Err(desk.place.error(start, "a weight that is written must be read back", help));
    };
    for argv in [write, read] {
        program(desk, argv)?;
    }
    if !write.value.iter().any(|argument| argument.contains("{{weight}}")) {
        let help = "write `{{weight}}` where the program wants the canary's percent";
        return Err(desk.place.error(write.start, "the program is not told the weight", help));
    }
    Ok(RouterKind::Command {
        write: write.value.clone(),
        read: read.value.clone(),
        pointer: router.pointer.as_ref().map(|pointer| pointer.value.clone()),
    })
}

fn program(desk: &Desk<'_>, argv: &At<Vec<String>>) -> Result<(), PlanError> {
    if argv.value.first().is_none_or(|program| program.trim().is_empty()) {
        let help = "write program and arguments, such as `[\"./promote.sh\", \"{{weight}}\"]`";
        return Err(desk.place.error(argv.start, "there is no program to run", help));
    }
    Ok(())
}

/// A metric that counts requests of both sides.
fn observed(desk: &Desk<'_>, plan: &Plan, name: &At<String>) -> Result<MetricId, PlanError> {
    let known = plan.metrics.iter().map(|metric| metric.id.as_str());
    let id = MetricId::new(desk.named(name, "metric", known)?);
    let counted = plan.metric(&id).is_some_and(|metric| metric.counts.is_some() && metric.sides.is_some());
    if counted {
        return Ok(id);
    }
    let help = "name a metric with `total = \"…{{side}}…\"` and `sides = { canary = …, baseline = … }`";
    Err(desk.wrong(name, "does not count the requests of both sides", help))
}

fn object(desk: &Desk<'_>, text: &At<String>) -> Result<ObjectName, PlanError> {
    ObjectName::parse(text.as_str())
        .ok_or_else(|| desk.wrong(text, "is no object of a cluster", "write it as `NAMESPACE/NAME`"))
}

/// How the new version gets to run.
pub(super) fn deploy(desk: &Desk<'_>, written: &file::Deploy) -> Result<Deploy, PlanError> {
    let workload = written.workload.as_ref().map(|text| workload(desk, text)).transpose()?;
    let stable = written.stable.as_ref().map(|text| self::workload(desk, text)).transpose()?;
    let by = match (&written.gitops, &written.workflow, &written.run, &written.image) {
        (Some(gitops), None, None, Some(image)) => DeployBy::GitOps(self::gitops(gitops, image)),
        (Some(gitops), None, None, None) => {
            let help = "add `image = \"REGISTRY/NAME:VERSION\"`: it is written into the file";
            return Err(desk.place.error(gitops.file.start, "a commit of no image", help));
        }
        (None, Some(workflow), None, _) => DeployBy::Workflow(Workflow {
            url: desk.address(&workflow.url)?,
            reference: workflow.reference.value.clone(),
            token_env: super::flags::variable(desk, &workflow.token_env)?,
            inputs: workflow.inputs.clone(),
        }),
        (None, None, Some(run), _) => {
            program(desk, run)?;
            DeployBy::Command { run: run.value.clone() }
        }
        (None, None, None, Some(image)) => {
            if workload.is_none() {
                let help = "add `workload = \"deployment/NAMESPACE/NAME\"`";
                return Err(desk.wrong(image, "is set on no workload", help));
            }
            DeployBy::Image {
                image: image.value.clone(),
                container: written.container.as_ref().map(|name| name.value.clone()),
            }
        }
        (None, None, None, None) => DeployBy::Nobody,
        (Some(_), _, _, _) | (None, Some(_), Some(_), _) => {
            let at = written.run.as_ref().map(|run| run.start);
            let at = at.or(written.workflow.as_ref().map(|it| it.url.start)).unwrap_or_default();
            return Err(desk.place.error(at, "there are two ways to deploy", "keep one of them"));
        }
    };
    Ok(Deploy { by, workload, stable })
}

fn gitops(written: &file::GitOps, image: &At<String>) -> GitOps {
    GitOps {
        repository: written.repository.value.clone(),
        branch: written.branch.as_ref().map_or_else(|| BRANCH.to_owned(), |branch| branch.value.clone()),
        file: written.file.value.clone(),
        image: image.value.clone(),
        follows: written.follows.as_ref().map(|follows| follows.value.clone()),
    }
}

fn workload(desk: &Desk<'_>, text: &At<String>) -> Result<Workload, PlanError> {
    Workload::parse(text.as_str()).ok_or_else(|| {
        let help = "write it as `deployment/NAMESPACE/NAME`, or with `statefulset`, `daemonset` or `rollout`";
        desk.wrong(text, "is no workload", help)
    })
}

/// How the old version is kept after full promotion.
pub(super) fn warm(desk: &Desk<'_>, written: &file::Warm) -> Result<Warm, PlanError> {
    let control = match &written.control {
        Some(share) => desk.share(share)?,
        None => Weight::ZERO,
    };
    Ok(Warm { keep: desk.some_length(&written.keep)?, control })
}
