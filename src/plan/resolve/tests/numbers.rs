//! Sources, metrics, quiet times, objectives, terms, arming and the judge, as a plan file says them.

use super::*;
use crate::base::{Quantity, SourceId, Unit};
use crate::plan::{
    Arming, Baseline, Dialect, Gaps, Judge, Proof, Scope, Sides, Signal, SourceKind, Terms, TooFew,
};

const PLAN: &str = r#"
[source.prom]
prometheus = "http://prometheus.example.com:9090"
fallback = "wide"
owner = "sre"

[source.wide]
mimir = "https://mimir.example.com"
tenant = "shop"
every = "30s"

[source.page]
metrics = "http://shop.example.com:8080/metrics"

[source.sessions]
command = ["./sessions.sh"]

[source.pods]
kubernetes = "deployment/shop/payments"

[metric.errors]
source = "prom"
bad = 'failed_total{track="{{side}}"}'
total = 'all_total{track="{{side}}"}'
sides = { canary = "canary", baseline = "stable" }
target = "< 0.1%"
alert = "> 1% for 5m"

[metric.latency]
source = "page"
histogram = 'seconds{track="{{side}}"}'
sides = { canary = "canary", baseline = "stable" }
target = "< 500 ms"
baseline = "version v2.3.0"

[metric.throughput]
source = "prom"
query = 'sum(rate(all_total{track="{{side}}"}[1m]))'
sides = { canary = "canary", baseline = "stable" }
baseline = "before 1h"

[metric.sessions]
source = "sessions"

[metric.restarts]
source = "pods"
query = "restarts"

[metric.satisfaction]
target = "> 4/5"

[[quiet]]
at = "02:05"
lasting = "15m"
metrics = ["restarts"]
reason = "the nightly restart"

[objective.availability]
metric = "errors"
share = "99.9%"

[rollout.payments]
steps = [{ weight = 5 }, { weight = 100 }]

[rollout.payments.judge]
signals = { errors = 3, latency = { weight = 1, unacceptable = 1.4 } }
too-few = "extend"
worse = ["roll-back", "page"]

[rollout.search]
steps = [{ weight = 100 }]
judge = {}

[trigger.errors]
when = "errors alert"
actions = ["roll-back"]

[trigger.errors-told]
when = "errors alert"
actions = ["notify"]

[trigger.errors-asked]
when = "errors > 2%"
actions = "roll-back"
arm = "request"
scope = "baseline"
gaps = "strict"
at-least = 200
exit = "< 0.5%"
warm-up = "1m"

[trigger.restarts]
when = "restarts > 3 in 5m"
actions = "roll-back"
proof = "guardrail"

[trigger.budget]
when = "errors burns 14.4x of 99.9% over 1h and 5m"
actions = "page"
"#;

fn plan() -> Plan {
    made("", PLAN).plan
}

#[test]
fn a_source_is_of_one_kind_with_fallback_and_owner() {
    let plan = plan();
    let prom = &plan.sources[0];
    assert!(matches!(&prom.kind, SourceKind::Prometheus { dialect: Dialect::Prometheus, .. }));
    assert_eq!(prom.fallback, Some(SourceId::new("wide")));
    assert_eq!((prom.owner.as_deref(), prom.every), (Some("sre"), Seconds(15)));
    let SourceKind::Prometheus { dialect: Dialect::Mimir { tenant }, .. } = &plan.sources[1].kind else {
        unreachable!("{:?}", plan.sources[1])
    };
    assert_eq!((tenant.as_deref(), plan.sources[1].every), (Some("shop"), Seconds(30)));
    assert!(matches!(&plan.sources[2].kind, SourceKind::Exposition { .. }));
    assert_eq!(plan.sources[3].kind, SourceKind::Command { run: vec!["./sessions.sh".to_owned()] });
    assert_eq!(
        plan.sources[4].kind,
        SourceKind::Kubernetes { workload: "deployment/shop/payments".to_owned() }
    );
}

#[test]
fn a_fallback_of_another_language_is_a_finding() {
    let text = "[source.a]\nprometheus = \"http://a.example.com\"\nfallback = \"b\"\n\n[source.b]\njson = \"http://b.example.com\"\n";
    let found = made("", text).findings;
    assert_eq!(
        found.iter().map(|it| (it.code.as_str(), it.line)).collect::<Vec<_>>(),
        [("fallback-language", 3)]
    );
}

#[test]
fn a_metric_has_sides_bounds_and_a_baseline() {
    let plan = plan();
    let metric = |id: &str| plan.metric(&id.into()).expect("a metric");
    let sides = Sides { canary: "canary".to_owned(), baseline: "stable".to_owned() };
    assert_eq!(metric("throughput").sides, Some(sides));
    assert_eq!(metric("errors").baseline, Some(Baseline::Concurrent), "the other side is there");
    assert_eq!(metric("latency").baseline, Some(Baseline::Version { version: "2.3.0".to_owned() }));
    assert_eq!(metric("throughput").baseline, Some(Baseline::Before { span: Seconds(3600) }));
    assert_eq!(metric("satisfaction").baseline, None);
    assert_eq!(metric("satisfaction").source, None, "a person types it");
    assert_eq!(metric("sessions").query, None, "a command prints its number");
    let bounds = &metric("latency").histogram.as_ref().expect("a histogram").bounds;
    assert_eq!(*bounds, [0.25, 0.5, 1.0].map(|bound| Quantity::new(bound, Unit::Seconds)));
}

#[test]
fn quiet_times_and_objectives_are_read_and_make_triggers() {
    let plan = plan();
    let quiet = &plan.quiet[0];
    assert_eq!((quiet.at, quiet.lasting, quiet.reason.raw()), (125, Seconds(900), "the nightly restart"));
    assert_eq!(quiet.metrics, ["restarts".into()]);
    let burns: Vec<(&str, f64, u64, u64)> = plan
        .triggers
        .iter()
        .filter(|trigger| trigger.id.as_str().starts_with("availability"))
        .map(|trigger| match &trigger.when {
            Watched::Burn { share, factor, long, short, .. } => {
                assert_eq!((*share, trigger.terms.scope), (0.999, Scope::Whole));
                (trigger.id.as_str(), *factor, long.0, short.0)
            }
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert_eq!(
        burns,
        [
            ("availability-page-fast", 14.4, 3600, 300),
            ("availability-page-slow", 6.0, 21_600, 1800),
            ("availability-ticket", 1.0, 259_200, 21_600),
        ]
    );
    let own = plan.trigger(&"budget".into()).expect("a trigger");
    let fast = plan.trigger(&"availability-page-fast".into()).expect("a trigger");
    assert_eq!(own.when, fast.when, "the phrase and the table say the same");
}

#[test]
fn terms_are_as_written_or_follow_from_what_the_trigger_does() {
    let plan = plan();
    let trigger = |id: &str| plan.trigger(&id.into()).expect("a trigger");
    assert_eq!(trigger("errors").terms, Terms { proof: Proof::Evidence, ..Terms::default() });
    assert_eq!(trigger("errors").arming, Arming::Automatic);
    assert_eq!(trigger("errors-told").terms, Terms::default(), "it moves no traffic");
    let asked = trigger("errors-asked");
    assert_eq!(asked.arming, Arming::Request);
    assert_eq!((asked.terms.proof, asked.terms.scope), (Proof::Point, Scope::Baseline));
    assert_eq!((asked.terms.gaps, asked.terms.at_least), (Gaps::Strict, 200));
    assert_eq!(asked.terms.exit.as_ref().map(ToString::to_string).as_deref(), Some("< 0.5%"));
    assert_eq!(asked.terms.warm_up, Seconds(60));
    let restarts = trigger("restarts");
    assert_eq!((restarts.terms.proof, restarts.terms.scope), (Proof::Guardrail, Scope::Whole));
}

#[test]
fn a_judge_is_as_written_or_by_everything_that_can_be_judged() {
    let plan = plan();
    let signal = |metric: &str, weight, unacceptable| Signal { metric: metric.into(), weight, unacceptable };
    let written = Judge {
        signals: vec![signal("errors", 3.0, 2.0), signal("latency", 1.0, 1.4)],
        alpha: 0.01,
        beta: 0.05,
        harmless: 1.1,
        dwell: Seconds(600),
        warm_up: Seconds(180),
        worse: vec![Action::RollBack, Action::Page],
        too_few: TooFew::Extend,
    };
    assert_eq!(plan.rollouts[0].judge, Some(written.clone()));
    let open = Judge {
        signals: vec![signal("errors", 1.0, 2.0), signal("latency", 1.0, 1.5)],
        worse: vec![Action::Hold, Action::Ask],
        too_few: TooFew::Ask,
        ..written
    };
    assert_eq!(plan.rollouts[1].judge, Some(open));
}

#[test]
fn every_number_binds_and_reasons_do_not() {
    let binding = made("", PLAN).binding;
    for fact in [
        "objective.availability.share = \"99.9%\"",
        "quiet.01.at = \"02:05\"",
        "rollout.payments.judge.signals.latency.unacceptable = 1.4",
        "source.prom.fallback = \"wide\"",
        "trigger.errors-asked.at-least = 200",
    ] {
        assert!(binding.lines().any(|line| line == fact), "{fact}\n{binding}");
    }
    assert!(!binding.contains("nightly"), "{binding}");
    let other = made("", &PLAN.replace("the nightly restart", "backups"));
    assert_eq!(other.binding, binding);
}

/// A document that decides one limit in two ways.
const CONTRADICTING: &str = "# Shop 2.4.0\n\n## Automatic Rollback Triggers\n\n\
    1. **Errors**\n   - Trigger: Error rate >0.1% for 5 minutes\n   - Action: Immediate deployment rollback\n\n\
    ## Decisions\n\n**Rollback Decision Tree:**\n\n```\nIs production impacted?\n├─ Yes → Is error rate >0.1%?\n\
    │   ├─ Yes → Manual rollback decision (P1)\n│   └─ No → Monitor\n```\n";

#[test]
fn what_the_playbook_contradicts_asks_until_the_plan_says() {
    let plan = |arm: &str| {
        format!(
            "[metric.error-rate]\n\n[trigger.errors]\nwhen = \"error-rate > 0.1% for 5m\"\nactions = \"roll-back\"\n{arm}"
        )
    };
    let contested = made(CONTRADICTING, &plan(""));
    let Arming::Contested { lines } = contested.plan.triggers[0].arming else {
        unreachable!("{:?}", contested.plan.triggers)
    };
    let at = |line: u32| CONTRADICTING.lines().nth(line as usize - 1).unwrap_or_default();
    assert!(at(lines.0).contains("Trigger:") && at(lines.1).contains("Is error rate"), "{lines:?}");
    let found: Vec<_> =
        contested.findings.iter().filter(|it| it.code.as_str() == "contested-trigger").collect();
    assert!(found.len() == 1 && found[0].line == 4 && found[0].help.contains("arm = "), "{found:?}");
    assert!(contested.binding.contains("trigger.errors.arm = \"contested\""));
    for (arm, meant) in [("automatic", Arming::Automatic), ("request", Arming::Request)] {
        let said = made(CONTRADICTING, &plan(&format!("arm = \"{arm}\"\n")));
        assert_eq!(said.plan.triggers[0].arming, meant);
        assert!(said.findings.iter().all(|it| it.code.as_str() != "contested-trigger"));
    }
    let alone = made(CONTRADICTING, "");
    assert!(matches!(alone.plan.triggers[0].arming, Arming::Contested { .. }));
}
