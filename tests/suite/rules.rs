//! The thresholds of the five playbooks, as listed in `tests/vectors/playbook_thresholds.json`: whatever carries a
//! number reads as a rule, and means what a person reads there.

use serde_json::Value;
use tminus::base::{Quantity, Seconds, Unit};
use tminus::plan::rule::{
    Action, Check, Direction, Fact, Facts, Op, Outcome, Phrase, Rule, Subject, Test, actions_of, classify,
};

/// Conditions with a digit in them that are not rules, and why.
const NOT_RULES: [(&str, &str); 10] = [
    ("0->5->25->50->100%", "a ladder of weights is a rollout"),
    ("10->25->50->100%, 30 min each", "a ladder of weights is a rollout"),
    ("5-10% start, 10->25->50->100%", "a ladder of weights is a rollout"),
    ("5% for 60 min then 10/25/50/100%, 30 min each", "a ladder of weights is a rollout"),
    (
        "5% for 120 min; 10/25/50% 3 h each; hold 50% 12 h; 75/100% 2 h each",
        "a ladder of weights is a rollout",
    ),
    ("5% for 120 min; 5/10/25/50/100% 1 h each", "a ladder of weights is a rollout"),
    ("10% for 180 min; 25/50/100% 1 h each", "a ladder of weights is a rollout"),
    ("T+1h,2h,4h,8h,12h,24h", "points on the T-clock are checkpoints"),
    ("P0 immediate", "its only digit is part of a name"),
    ("P3 1 business day", "a business day is a step in a calendar, not a length of time"),
];

/// The same for conditions that say when something is done.
const SCHEDULES: [(&str, &str); 2] = [
    ("every 10 min", "a period is a schedule"),
    (
        "auto-restart daily 02:00 (a known counter reset + latency blip)",
        "a time of day is a schedule, to be suppressed around",
    ),
];

/// Durations with a digit in them that do not say how long a condition must last, and why.
const NOT_SPANS: [(&str, &str); 9] = [
    ("act in < 5 min", "how soon to act, not how long to wait"),
    ("act in < 15 min", "how soon to act, not how long to wait"),
    ("act in < 1 h", "how soon to act, not how long to wait"),
    ("checked after 1 h per step", "when to look, not how long it lasts"),
    ("after 30 min per step", "when to look, not how long it lasts"),
    ("after 2 weeks dual read", "when to look, not how long it lasts"),
    ("week 1 (24 h for incidents)", "a watching period of the plan"),
    ("day 1", "a day of the plan"),
    ("day 3", "a day of the plan"),
];

/// A condition only a person can judge: its `72 h` is a soak of the stage, not part of a rule.
const JUDGED: [&str; 1] = ["performance in SLA"];

fn rows() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/playbook_thresholds.json");
    let text = std::fs::read_to_string(path).expect("the vectors are part of the tree");
    let all: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    all["cases"].as_array().expect("a list of cases").clone()
}

fn field<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().expect("every field is a text")
}

fn numeric(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

fn listed(list: &[(&str, &str)], text: &str) -> bool {
    list.iter().any(|(known, _)| *known == text)
}

#[test]
fn every_row_with_a_number_is_a_rule() {
    let rows = rows();
    assert_eq!(rows.len(), 249);
    let mut read = 0;
    for row in &rows {
        for text in [field(row, "condition"), field(row, "target")] {
            let excused = listed(&NOT_RULES, text) || listed(&SCHEDULES, text);
            if !numeric(text) || excused {
                continue;
            }
            let rule = Rule::parse(text).unwrap_or_else(|wrong| panic!("`{text}`: {wrong}"));
            assert_eq!(Rule::parse(&rule.to_string()), Ok(rule), "{text}");
            read += 1;
        }
    }
    assert_eq!(read, 218);
}

#[test]
fn every_duration_with_a_number_says_how_long_or_is_excused() {
    let mut read = 0;
    for row in rows() {
        let (condition, duration) = (field(&row, "condition"), field(&row, "duration"));
        let excused = listed(&NOT_SPANS, duration)
            || listed(&NOT_RULES, condition)
            || JUDGED.contains(&condition)
            || duration.contains("post-mortem");
        if !numeric(duration) || excused {
            continue;
        }
        let text = format!("{condition} for {duration}");
        let rule = Rule::parse(&text).unwrap_or_else(|wrong| panic!("`{text}`: {wrong}"));
        assert!(rule.lasting.is_some(), "{text}");
        read += 1;
    }
    assert_eq!(read, 42);
}

#[test]
fn what_is_excused_is_in_the_list_and_is_no_rule() {
    let rows = rows();
    for (text, why) in NOT_RULES.into_iter().chain(SCHEDULES) {
        assert!(rows.iter().any(|row| field(row, "condition") == text), "`{text}` is not in the list");
        assert!(Rule::parse(text).is_err(), "`{text}` is a rule now, though {why}");
        assert_eq!(classify(text), Phrase::NotANumber, "{text}");
    }
    for (text, why) in NOT_SPANS {
        assert!(rows.iter().any(|row| field(row, "duration") == text), "`{text}` is not in the list");
        assert!(
            Rule::parse(&format!("> 1% for {text}")).is_err(),
            "`{text}` is a duration now, though {why}"
        );
    }
    for text in JUDGED {
        assert_eq!(classify(text), Phrase::NotANumber, "{text}");
    }
}

/// Subject, comparison, limit, span, duration of a rule of one comparison.
type Meaning = (&'static str, &'static str, Op, f64, Unit, u64, u64);

fn comparisons() -> Vec<Meaning> {
    use Op::{Above, AtLeast, AtMost, Below, Equal};
    use Unit::{Bytes, None, PerHour, PerMinute, PerSecond, Rating, Ratio};
    let time = || Unit::Seconds;
    let dollars = || Unit::MoneyPerHour("$".to_owned());
    let count = |thing: &str| Unit::Count(thing.to_owned());
    vec![
        ("> 50%", "", Above, 0.5, Ratio, 0, 0),
        ("> 1% for 5 consecutive min", "", Above, 0.01, Ratio, 0, 300),
        ("> 1000 ms for 10 min", "", Above, 1.0, time(), 0, 600),
        ("> 90% for 15 min", "", Above, 0.9, Ratio, 0, 900),
        ("> 0.1% for 5 min", "", Above, 0.001, Ratio, 0, 300),
        ("> 15 ms for 10 min", "", Above, 0.015, time(), 0, 600),
        ("can hotfix in < 1 h", "can hotfix", Below, 3600.0, time(), 0, 0),
        ("> $10,000 / hour for 1h", "", Above, 10_000.0, dollars(), 0, 3600),
        ("< 3.0", "", Below, 3.0, None, 0, 0),
        ("> 100 / hour", "", Above, 100.0, PerHour, 0, 0),
        ("> 3 in 5 min", "", Above, 3.0, None, 300, 0),
        ("> 3 restarts in 5m", "", Above, 3.0, count("restarts"), 300, 0),
        ("> 0.012 s", "", Above, 0.012, time(), 0, 0),
        ("> 0.001 (failures PER SECOND, not a ratio)", "", Above, 0.001, PerSecond, 0, 0),
        ("< 0.0001 (0.01%)", "", Below, 0.0001, Ratio, 0, 0),
        ("any for 14 d", "", Above, 0.0, None, 0, 1_209_600),
        ("> 0.01 for 5m", "", Above, 0.01, None, 0, 300),
        ("> 1000 (ms) for 10m", "", Above, 1.0, time(), 0, 600),
        ("< 0.99 for 2m", "", Below, 0.99, None, 0, 120),
        ("< 99.9%", "", Below, 0.999, Ratio, 0, 0),
        ("> 99.95%", "", Above, 0.9995, Ratio, 0, 0),
        ("> 1 s", "", Above, 1.0, time(), 0, 0),
        ("< 99% for 30 min watch", "", Below, 0.99, Ratio, 0, 1800),
        ("0 in first 24 h", "", Equal, 0.0, None, 86_400, 0),
        ("error rate < 0.1% for 24 h", "error rate", Below, 0.001, Ratio, 0, 86_400),
        ("P95 < 200 ms", "P95", Below, 0.2, time(), 0, 0),
        ("0 critical security issues", "critical security issues", Equal, 0.0, None, 0, 0),
        ("satisfaction > 4.0/5", "satisfaction", Above, 4.0, Rating(5), 0, 0),
        ("error rate < 0.05%", "error rate", Below, 0.0005, Ratio, 0, 0),
        ("unit coverage > 80%", "unit coverage", Above, 0.8, Ratio, 0, 0),
        ("no critical vulnerabilities", "critical vulnerabilities", Equal, 0.0, None, 0, 0),
        ("2 senior approvals", "senior approvals", AtLeast, 2.0, None, 0, 0),
        ("load 1000 concurrent users", "load concurrent users", AtLeast, 1000.0, None, 0, 0),
        ("throughput > 10,000 req/min", "throughput", Above, 10_000.0, PerMinute, 0, 0),
        ("uptime > 99.9% (< 43 min/month)", "uptime", Above, 0.999, Ratio, 0, 0),
        ("DB query mean < 50 ms", "DB query mean", Below, 0.05, time(), 0, 0),
        ("adoption > 25% in 7 days", "adoption", Above, 0.25, Ratio, 604_800, 0),
        ("critical incidents 0 in 48 h", "critical incidents", Equal, 0.0, None, 172_800, 0),
        ("time to resolution < 4 h", "time to resolution", Below, 14_400.0, time(), 0, 0),
        ("complaints < 5 in first week", "complaints", Below, 5.0, None, 604_800, 0),
        (
            "optimizedSearch maxResponseTime 100 ms",
            "optimizedSearch maxResponseTime",
            AtMost,
            0.1,
            time(),
            0,
            0,
        ),
        ("optimizedSearch maxCpuUsage 70%", "optimizedSearch maxCpuUsage", AtMost, 0.7, Ratio, 0, 0),
        ("compile 0 errors", "compile errors", Equal, 0.0, None, 0, 0),
        ("gitleaks 0", "gitleaks", Equal, 0.0, None, 0, 0),
        ("image < 500 MB", "image", Below, 5e8, Bytes, 0, 0),
        ("release time 4 h", "release time", AtMost, 14_400.0, time(), 0, 0),
        ("npm audit no critical", "npm audit critical", Equal, 0.0, None, 0, 0),
        ("mean time to deploy < 60 min", "mean time to deploy", Below, 3600.0, time(), 0, 0),
        (
            "post-release incidents < 2/release",
            "post-release incidents",
            Below,
            2.0,
            count("per release"),
            0,
            0,
        ),
        ("benchmark regression <= 10%", "benchmark regression", AtMost, 0.1, Ratio, 0, 0),
        ("48 h load test", "load test", AtLeast, 172_800.0, time(), 0, 0),
        ("10K req/s", "", AtLeast, 10_000.0, PerSecond, 0, 0),
        ("1 week stable", "stable", AtLeast, 604_800.0, time(), 0, 0),
        ("compliance 75%", "compliance", AtLeast, 0.75, Ratio, 0, 0),
        ("Phase 1 stable >= 4 weeks", "Phase 1 stable", AtLeast, 2_419_200.0, time(), 0, 0),
        ("P50 5->2-3 ms", "P50", AtMost, 0.003, time(), 0, 0),
        ("P95 20->8-12 ms", "P95", AtMost, 0.012, time(), 0, 0),
        ("throughput 10K->50K/s", "throughput", AtLeast, 50_000.0, PerSecond, 0, 0),
        ("1 GB in < 10 s", "", AtLeast, 1e9, Bytes, 10, 0),
        ("50K req/s for 24 h", "", AtLeast, 50_000.0, PerSecond, 0, 86_400),
        ("P0 < 5 min", "P0", Below, 300.0, time(), 0, 0),
        ("3 pods Running", "pods Running", AtLeast, 3.0, None, 0, 0),
        ("1,000 signals/s", "signals", AtLeast, 1000.0, PerSecond, 0, 0),
        ("30 days before expiry", "before expiry", AtLeast, 2_592_000.0, time(), 0, 0),
        ("P1 1 h", "P1", AtMost, 3600.0, time(), 0, 0),
    ]
}

#[test]
fn comparisons_mean_what_they_say() {
    let span = |seconds: u64| (seconds > 0).then_some(Seconds(seconds));
    for (text, subject, op, value, unit, within, lasting) in comparisons() {
        let check = Check::Compare { op, value: Quantity::new(value, unit) };
        let test = Test { subject: Subject::new(subject), within: span(within), ..Test::new(check) };
        let meant = Rule { lasting: span(lasting), ..Rule::one(test) };
        assert_eq!(Rule::parse(text), Ok(meant), "{text}");
    }
}

#[test]
fn demands_on_a_baseline_mean_what_they_say() {
    let ratio = |value| Quantity::new(value, Unit::Ratio);
    let size = |value| Quantity::new(value, Unit::Bytes);
    let change = |direction, op, by| Check::Change { direction, op, by };
    for (text, subject, check) in [
        ("> 2x baseline", "", Check::Baseline { op: Op::Above, factor: 2.0 }),
        ("latency P95 > 2x baseline", "latency P95", Check::Baseline { op: Op::Above, factor: 2.0 }),
        ("support tickets < baseline", "support tickets", Check::Baseline { op: Op::Below, factor: 1.0 }),
        ("no increase in escalations", "escalations", Check::Baseline { op: Op::AtMost, factor: 1.0 }),
        ("support tickets: no increase", "support tickets", Check::Baseline { op: Op::AtMost, factor: 1.0 }),
        ("no increase from baseline", "", Check::Baseline { op: Op::AtMost, factor: 1.0 }),
        ("capacity 10x", "capacity", Check::Baseline { op: Op::AtLeast, factor: 10.0 }),
        ("baseline +/- 10%", "", Check::Around { margin: 0.1 }),
        ("baseline ± 20%", "", Check::Around { margin: 0.2 }),
        ("> 20% change", "", change(Direction::Either, Op::Above, 0.2)),
        ("drops > 20%", "", change(Direction::Down, Op::Above, 0.2)),
        (
            "order completion rate drops > 20%",
            "order completion rate",
            change(Direction::Down, Op::Above, 0.2),
        ),
        ("spike > 50%", "", change(Direction::Up, Op::Above, 0.5)),
        ("CPU down >= 20%", "CPU", change(Direction::Down, Op::AtLeast, 0.2)),
        ("DAU +5%", "DAU", change(Direction::Up, Op::AtLeast, 0.05)),
        ("increasing", "", Check::Trend { direction: Direction::Up }),
        ("decreasing", "", Check::Trend { direction: Direction::Down }),
        ("business metrics improving", "business metrics", Check::Trend { direction: Direction::Better }),
        ("10-50%", "", Check::Range { low: ratio(0.1), high: ratio(0.5) }),
        ("stable 400-600 MB", "", Check::Range { low: size(4e8), high: size(6e8) }),
        ("health checks failing", "health checks failing", Check::Present),
    ] {
        let test = Test { subject: Subject::new(subject), ..Test::new(check) };
        assert_eq!(Rule::parse(text), Ok(Rule::one(test)), "{text}");
    }
}

#[test]
fn several_demands_in_one_phrase_become_several_tests() {
    for (text, canonical) in [
        ("> 0.1% and <= 1%", "> 0.1% and <= 1%"),
        ("error rate > 0.1% and <= 1%", "error rate > 0.1% and error rate <= 1%"),
        ("failed = 0 and tests > 0", "failed = 0 and tests > 0"),
        ("0 HIGH/CRITICAL", "HIGH = 0 and CRITICAL = 0"),
        ("0 CRITICAL, 0 HIGH", "CRITICAL = 0 and HIGH = 0"),
        ("Trivy 0 CRITICAL 0 HIGH", "Trivy CRITICAL = 0 and Trivy HIGH = 0"),
        ("unit 100% in < 5 min", "unit >= 100% and unit duration < 5 min"),
        (
            "security tests 0 CRITICAL/HIGH in < 10 min",
            "security tests CRITICAL = 0 and security tests HIGH = 0 and security tests duration < 10 min",
        ),
        ("scale-up < 2 min, scale-down < 5 min", "scale-up < 2 min and scale-down < 5 min"),
        ("tasks 1K/s, elicitation 500/s", "tasks >= 1000/s and elicitation >= 500/s"),
        ("100K rps 48 h load test", ">= 100000/s and load test >= 48 h"),
        ("autoscale at CPU > 70% / memory > 80%", "autoscale at CPU > 70% or memory > 80%"),
        ("feature used by > 50% sessions", "feature used by > 50% of sessions"),
        ("> 80% on any server", "> 80% on any server"),
        (">= 30% improvement all metrics", ">= 30% improvement all metrics"),
    ] {
        let read = Rule::parse(text).unwrap_or_else(|wrong| panic!("`{text}`: {wrong}"));
        assert_eq!(read.to_string(), canonical);
    }
}

#[test]
fn phrases_of_lists_and_tables_are_read_in_full() {
    for (text, canonical) in [
        ("Response time: 95th percentile < 200ms", "Response time: 95th percentile < 200 ms"),
        (
            "Response time 95th percentile > 1000ms for 10 minutes",
            "Response time 95th percentile > 1 s for 10m",
        ),
        ("API response time: < 100ms median", "API response time < 100 ms median"),
        ("User satisfaction: > 4.0/5.0 rating", "User satisfaction > 4/5"),
        ("Time to resolution: < 4 hours for any issues", "Time to resolution < 4 h for any issues"),
        ("Trigger: >3 pod restarts in 5 minutes", "> 3 pod restarts in 5m"),
        ("Trigger: Health endpoint returning 500 for >1 minute", "Health endpoint returning 500 for 1m"),
        ("Health checks fail for > 2 minutes", "Health checks fail for 2m"),
        ("condition: latency_p95 > 1000", "latency_p95 > 1000"),
        ("> 10% of agents unhealthy", "> 10% of agents unhealthy"),
        ("Phase 2 stable in production for ≥4 weeks", "Phase 2 stable in production for 4w"),
        ("Performance benchmarks (no regression >10%)", "regression <= 10%"),
        ("Canary healthy (error rate <0.1%, latency P95 <10ms)", "error rate < 0.1% and latency P95 < 10 ms"),
        ("Monitor p99 latency (target: < 200ms)", "Monitor p99 latency < 200 ms"),
        ("Support team overwhelmed (>100 tickets/hour)", "Support team overwhelmed > 100/h of tickets"),
        ("Unit tests passing (100%)", "Unit tests passing >= 100%"),
        ("Compliance score: 95%+", "Compliance score >= 95%"),
        ("CPU usage decreased by ≥20%", "CPU usage drops >= 20%"),
        ("Latency P95 <10ms under load", "Latency P95 < 10 ms under load"),
        ("Session duration: +10% from baseline", "Session duration rises >= 10%"),
    ] {
        let read = Rule::parse(text).unwrap_or_else(|wrong| panic!("`{text}`: {wrong}"));
        assert_eq!(read.to_string(), canonical);
        assert_eq!(Rule::parse(canonical), Ok(read), "{canonical}");
    }
    for text in ["Deploy to a small subset of users (5-10%)", "Canary Release (1% traffic)"] {
        assert!(Rule::parse(text).is_err(), "{text}");
    }
}

#[test]
fn phrases_without_their_number_say_what_they_lack() {
    let lacks = |text: &str| match classify(text) {
        Phrase::NeedsNumber { missing } => missing,
        other => panic!("`{text}` is {other:?}"),
    };
    assert_eq!(lacks("> threshold (value not given)"), "the value it is compared with");
    assert_eq!(lacks("high ticket volume"), "from which value on, and in which unit");
    assert_eq!(lacks("high (no number)"), "from which value on, and in which unit");
    assert_eq!(lacks("baseline"), "how far from the baseline it may be");
    for text in ["present", "detected", "fired", "event", "all monitoring green", "build success", ""] {
        assert_eq!(classify(text), Phrase::NotANumber, "{text}");
    }
}

#[test]
fn no_action_of_a_playbook_that_leaves_the_choice_rolls_back() {
    let mut seen = 0;
    for row in rows() {
        let text = field(&row, "action").to_lowercase();
        let asks =
            ["manual", "consider", "potential", "decision", "prepare"].iter().any(|word| text.contains(word));
        let actions: Vec<Action> = actions_of(&text).into_iter().map(|word| word.action).collect();
        if asks {
            seen += 1;
            assert!(!actions.contains(&Action::RollBack), "{text}: {actions:?}");
        } else if text.contains("automatic rollback") || text == "rollback" || text == "immediate rollback" {
            assert_eq!(actions, [Action::RollBack], "{text}");
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn a_gate_and_a_trigger_of_a_plan_decide() {
    let gate = Rule::parse("failed = 0 and tests > 0").expect("the gate of the design");
    let report =
        |failed: f64, tests: f64| Facts::new().with_number("failed", failed).with_number("tests", tests);
    assert_eq!(gate.evaluate(&report(0.0, 1204.0)), Outcome::Holds);
    assert_eq!(gate.evaluate(&report(0.0, 0.0)), Outcome::Fails);
    assert_eq!(gate.evaluate(&report(1.0, 1204.0)), Outcome::Fails);
    assert!(matches!(gate.evaluate(&Facts::new().with_number("failed", 0.0)), Outcome::Unknown(_)));
    let trigger = Rule::parse("P95 > 2x baseline").expect("the trigger of the design");
    let metric = |now: f64| Facts::of(Fact::new(now, Unit::Seconds).against(0.2));
    assert_eq!(trigger.evaluate(&metric(0.5)), Outcome::Holds);
    assert_eq!(trigger.evaluate(&metric(0.3)), Outcome::Fails);
}
