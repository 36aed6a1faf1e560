//! `[source.*]`.

use crate::base::{Seconds, SourceId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::{Code, Dialect, PlanError, Source, SourceKind};

use super::desk::Desk;

/// How often a source is asked when nobody says.
const EVERY: Seconds = Seconds(15);
/// A fallback that does not understand the same queries.
const OTHER_LANGUAGE: Code = Code::new("fallback-language");
/// The kinds of a source, for messages.
const KINDS: &str = "`prometheus`, `thanos`, `mimir`, `victoriametrics`, `metrics`, `json`, `command`, \
                     `alertmanager` or `kubernetes`";

/// The sources of the plan file.
pub(super) fn sources(desk: &mut Desk<'_>) -> Result<Vec<Source>, PlanError> {
    let file = desk.file;
    let mut sources = Vec::new();
    for (name, written) in file.source.iter() {
        let every = match &written.every {
            Some(every) => desk.some_length(every)?,
            None => EVERY,
        };
        let fallback = match &written.fallback {
            Some(other) => Some(SourceId::new(desk.named(other, "source", file.source.names())?)),
            None => None,
        };
        sources.push(Source {
            id: SourceId::new(name.as_str()),
            kind: kind(desk, name, written)?,
            every,
            fallback,
            owner: written.owner.as_ref().map(|owner| Untrusted::new(owner.as_str()).line()),
        });
    }
    for (name, written) in file.source.iter() {
        if let Some(other) = &written.fallback {
            circle(desk, &sources, name, other)?;
            language(desk, &sources, name, other);
        }
    }
    Ok(sources)
}

/// What is asked, and how: exactly one kind.
fn kind(desk: &Desk<'_>, name: &At<String>, source: &file::Source) -> Result<SourceKind, PlanError> {
    let command = source.command.as_ref().map(|run| At { value: String::new(), start: run.start });
    let kinds = [
        ("prometheus", source.prometheus.as_ref()),
        ("thanos", source.thanos.as_ref()),
        ("mimir", source.mimir.as_ref()),
        ("victoriametrics", source.victoriametrics.as_ref()),
        ("metrics", source.metrics.as_ref()),
        ("json", source.json.as_ref()),
        ("command", command.as_ref()),
        ("alertmanager", source.alertmanager.as_ref()),
        ("kubernetes", source.kubernetes.as_ref()),
    ];
    let given: Vec<(&str, &At<String>)> =
        kinds.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect();
    let (kind, value) = match given.as_slice() {
        [one] => *one,
        [] => return Err(desk.wrong(name, "is a source of no kind", format!("add one of {KINDS}"))),
        [(first, _), (second, at), ..] => {
            let message = format!("a source is of one kind, and this has `{first}` and `{second}`");
            let help = "make two sources of it; one may be the `fallback` of the other";
            return Err(desk.place.error(at.start, message, help));
        }
    };
    if let Some(tenant) = source.tenant.as_ref().filter(|_| kind != "mimir") {
        let help = "write `mimir = \"…\"` for the server, or leave the tenant out";
        return Err(desk.wrong(tenant, "is a tenant, which only a Mimir has", help));
    }
    let server = |dialect| Ok(SourceKind::Prometheus { url: desk.address(value)?, dialect });
    match kind {
        "prometheus" => server(Dialect::Prometheus),
        "thanos" => server(Dialect::Thanos),
        "mimir" => server(Dialect::Mimir { tenant: source.tenant.as_ref().map(|it| it.value.clone()) }),
        "victoriametrics" => server(Dialect::VictoriaMetrics),
        "metrics" => Ok(SourceKind::Exposition { url: desk.address(value)? }),
        "json" => Ok(SourceKind::Json { url: desk.address(value)? }),
        "alertmanager" => Ok(SourceKind::Alertmanager { url: desk.address(value)? }),
        "kubernetes" => Ok(SourceKind::Kubernetes { workload: workload(desk, value)? }),
        _ => {
            let run = source.command.as_ref().map(|run| run.value.clone()).unwrap_or_default();
            if run.first().is_none_or(|program| program.trim().is_empty()) {
                let help = "write program and arguments, such as `command = [\"./sessions.sh\", \"--json\"]`";
                return Err(desk.place.error(value.start, "there is no program to run", help));
            }
            Ok(SourceKind::Command { run })
        }
    }
}

/// `deployment/NAMESPACE/NAME`.
fn workload(desk: &Desk<'_>, text: &At<String>) -> Result<String, PlanError> {
    let parts: Vec<&str> = text.as_str().split('/').collect();
    match parts.as_slice() {
        ["deployment" | "statefulset" | "daemonset", namespace, name]
            if [namespace, name].iter().all(|part| is_name(part)) =>
        {
            Ok(text.value.clone())
        }
        _ => {
            let help = "write it as `deployment/NAMESPACE/NAME`, or with `statefulset` or `daemonset`";
            Err(desk.wrong(text, "is no workload", help))
        }
    }
}

/// Whether the cluster takes it for a name.
fn is_name(part: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    !part.is_empty() && part.chars().all(inner)
}

/// No source may come back to itself by its fallbacks.
fn circle(
    desk: &Desk<'_>,
    sources: &[Source],
    name: &At<String>,
    other: &At<String>,
) -> Result<(), PlanError> {
    let next = |id: &str| {
        let source = sources.iter().find(|source| source.id.as_str() == id)?;
        source.fallback.as_ref().map(SourceId::as_str)
    };
    let mut at = Some(other.as_str());
    // Each source is met at most once before the walk ends or has met its beginning.
    for _ in 0..sources.len() {
        match at {
            Some(id) if id == name.as_str() => {
                let help = "let the last of them have no `fallback`";
                return Err(desk.wrong(other, "leads back to this source", help));
            }
            Some(id) => at = next(id),
            None => break,
        }
    }
    Ok(())
}

/// A fallback is asked the same queries.
fn language(desk: &mut Desk<'_>, sources: &[Source], name: &At<String>, other: &At<String>) {
    let of = |id: &str| sources.iter().find(|source| source.id.as_str() == id).map(|it| spoken(&it.kind));
    let (Some(own), Some(theirs)) = (of(name.as_str()), of(other.as_str())) else { return };
    if own != theirs {
        let said = (
            format!(
                "`{}` is asked in {own}, its fallback in {theirs}",
                Untrusted::new(name.as_str()).cell(40)
            ),
            "make it a source of the same kind; queries that it does not understand will be errors",
        );
        desk.findings.push(desk.place.finding(other.start, OTHER_LANGUAGE, said));
    }
}

/// The language of a source's queries, in words.
pub(super) fn spoken(kind: &SourceKind) -> &'static str {
    match kind {
        SourceKind::Prometheus { .. } => "PromQL",
        SourceKind::Exposition { .. } => "selectors",
        SourceKind::Json { .. } | SourceKind::Command { .. } => "paths",
        SourceKind::Alertmanager { .. } => "matchers",
        SourceKind::Kubernetes { .. } => "the words `restarts` and `ready`",
    }
}
