//! Properties of the grammar and of evaluation, and the errors people will see.

use proptest::prelude::*;

use crate::base::{Quantity, Seconds, Unit};

use super::{
    Action, Better, Check, Direction, Doubt, Fact, Facts, Op, Outcome, Rule, Subject, Test, actions_of,
};

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap_or_else(|wrong| panic!("`{text}`: {wrong}"))
}

fn on(text: &str, fact: Fact) -> Outcome {
    rule(text).evaluate(&Facts::of(fact))
}

#[test]
fn errors_name_the_byte_and_what_to_write() {
    for (text, column, wrong, help) in [
        ("", 0, "there is no rule here", "`> 1% for 5m`"),
        ("error rate >", 12, "a number belongs after `>`", "`> 1%`"),
        ("> threshold", 2, "a number belongs after `>`", "`> 500 ms`"),
        ("> 1% fro 5m", 5, "nothing more was expected here", "`for 5m`"),
        ("> 1% for ever", 9, "a length of time belongs here", "`5m`"),
        ("> 1% for 5m and > 2%", 12, "`for` covers the whole rule", "move `for` to the end"),
        ("> 500 Mb", 6, "`Mb` may be bits or bytes", "`MB`"),
        ("600-400 MB", 0, "the range has no inside", "smaller end first"),
        ("drops > 20", 6, "nothing more was expected", "`and`"),
        ("baseline", 8, "how far from the baseline", "`baseline +/- 10%`"),
        ("> 1% ¤", 5, "has no meaning in a rule", "`> 1% for 5m`"),
        ("5% 60 min", 3, "two numbers follow each other", "`and`"),
        ("escalations: no increase in tickets", 0, "two names", "name it once"),
        ("0 HIGH in < 5 min or > 3", 21, "", ""),
    ] {
        match Rule::parse(text) {
            Err(found) => {
                assert!(found.wrong.contains(wrong), "{text}: {found}");
                assert!(found.help.contains(help), "{text}: {found}");
                assert_eq!(found.column, column, "{text}: {found}");
            }
            Ok(read) => assert!(wrong.is_empty() || text == "drops > 20", "`{text}` reads as `{read}`"),
        }
    }
}

#[test]
fn words_and_signs_for_the_same_comparison_agree() {
    for (plain, others) in [
        (
            "> 1% for 5m",
            vec!["above 1 percent for 5 minutes", "more than 1% for at least 5 min", "exceeds 1% for 300 s"],
        ),
        (">= 80%", vec!["≥ 80 %", "at least 80%", "no less than 80 pct"]),
        ("<= 200 ms", vec!["≤ 0.2 s", "at most 200ms", "up to 200 milliseconds", "<=200ms."]),
        ("> $10000/h", vec!["> $10,000 / hour", "> $10k per hour", "> $10'000/hr"]),
        ("< 512 MiB", vec!["< 512Mi", "< 0.5 GiB", "< 536870912 B"]),
        ("a = 0 and b > 1", vec!["a == 0 && b > 1", "a = 0, b > 1", "a = 0; b > 1"]),
        ("a > 1 or b > 2", vec!["a > 1 || b > 2", "a > 1 / b > 2"]),
        ("baseline +/- 10%", vec!["baseline ± 10%", "+/- 10% of baseline", "within 10% of the baseline"]),
        ("rises >= 5%", vec!["+5%", "increases by 5%", ">= 5% above baseline"]),
        ("> 1h30m", vec!["> 90 min", "> 1.5 hours"]),
        ("> 3 restarts in 5m", vec!["> 3 restarts within 5 min", "> 3 restarts over the last 5 minutes"]),
    ] {
        for other in others {
            assert_eq!(rule(other), rule(plain), "`{other}` and `{plain}`");
        }
    }
}

#[test]
fn no_number_is_never_an_answer() {
    let missing = rule("errors > 1").evaluate(&Facts::new().with_number("failures", 5.0));
    assert_eq!(missing, Outcome::Unknown(Doubt::Missing { name: "errors".to_owned() }));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for text in ["> 1", "< 1", "!= 1", "= 1", "1 to 3", "present", "> 2x baseline", "increasing"] {
            let found = on(text, Fact::new(bad, Unit::None).against(1.0));
            assert_eq!(
                found,
                Outcome::Unknown(Doubt::NotFinite { name: "the value".to_owned() }),
                "{text} {bad}"
            );
        }
    }
    for baseline in [f64::NAN, f64::INFINITY] {
        let found = on("> 2x baseline", Fact::new(5.0, Unit::None).against(baseline));
        assert!(matches!(found, Outcome::Unknown(Doubt::NoBaseline { .. })), "{found:?}");
    }
    let empty = Rule { any: vec![Vec::new()], lasting: None };
    assert!(matches!(empty.evaluate(&Facts::new()), Outcome::Unknown(_)));
    assert!(!Rule { any: Vec::new(), lasting: None }.evaluate(&Facts::new()).holds());
}

#[test]
fn and_and_or_know_what_they_do_not_know() {
    let facts = Facts::new().with_number("a", 5.0).with_number("b", f64::NAN);
    let answer = |text: &str| rule(text).evaluate(&facts);
    assert_eq!(answer("a > 1 or b > 1"), Outcome::Holds);
    assert!(matches!(answer("a > 9 or b > 1"), Outcome::Unknown(_)));
    assert_eq!(answer("a > 9 and b > 1"), Outcome::Fails);
    assert!(matches!(answer("b > 1 and a > 1"), Outcome::Unknown(_)));
}

#[test]
fn a_name_is_found_however_it_is_joined_and_never_borrowed() {
    let facts = Facts::new().with_number("error_rate", 3.0);
    assert!(rule("Error Rate > 2").evaluate(&facts).holds());
    let unnamed = Facts::of(Fact::new(3.0, Unit::None));
    assert!(rule("P95 > 2").evaluate(&unnamed).holds());
    assert!(matches!(rule("failed = 0 and tests > 0").evaluate(&unnamed), Outcome::Unknown(_)));
}

#[test]
fn changes_are_measured_against_a_baseline_above_zero() {
    let from = |base: f64, now: f64, text: &str| on(text, Fact::new(now, Unit::None).against(base));
    assert_eq!(from(100.0, 79.0, "drops > 20%"), Outcome::Holds);
    assert_eq!(from(100.0, 80.0, "drops > 20%"), Outcome::Fails);
    assert_eq!(from(100.0, 180.0, "drops > 20%"), Outcome::Fails);
    assert_eq!(from(100.0, 121.0, "> 20% change"), Outcome::Holds);
    assert_eq!(from(100.0, 110.0, "baseline +/- 10%"), Outcome::Holds);
    assert_eq!(from(100.0, 89.0, "baseline +/- 10%"), Outcome::Fails);
    assert_eq!(from(100.0, 100.0, "no increase"), Outcome::Holds);
    assert_eq!(from(0.0, 1.0, "no increase"), Outcome::Fails);
    assert!(matches!(from(0.0, 1.0, "> 2x baseline"), Outcome::Unknown(Doubt::EmptyBaseline { .. })));
    let better = |way| on(">= 30% improvement", Fact::new(60.0, Unit::None).against(100.0).is_better(way));
    assert_eq!(better(Better::Less), Outcome::Holds);
    assert_eq!(better(Better::More), Outcome::Fails);
    let unsaid = from(100.0, 60.0, ">= 30% improvement");
    assert!(matches!(unsaid, Outcome::Unknown(Doubt::NoDirection { .. })));
}

#[test]
fn a_version_has_its_own_number() {
    let fact =
        |now: f64| Fact::new(now, Unit::Seconds).was("v2.3.0", 0.100).against(0.5).is_better(Better::Less);
    for (text, now, wanted) in [
        (">= 30% better than 2.3.0", 0.070, Outcome::Holds),
        (">= 30% better than v2.3.0", 0.071, Outcome::Fails),
        ("no regression > 10% against 2.3.0", 0.110, Outcome::Holds),
        ("no regression > 10% vs version 2.3.0", 0.112, Outcome::Fails),
        ("no regression > 10% from 2.3.0", 0.020, Outcome::Holds),
        ("<= 1.1x version 2.3.0", 0.110, Outcome::Holds),
        ("<= 2.3.0", 0.101, Outcome::Fails),
        ("within 5% of 2.3.0", 0.104, Outcome::Holds),
        ("no worse than 2.3.0", 0.100, Outcome::Holds),
        ("no worse than baseline", 0.400, Outcome::Holds),
        ("> 20% change from baseline", 0.100, Outcome::Holds),
    ] {
        assert_eq!(on(text, fact(now)), wanted, "{text} {now}");
    }
    assert!(matches!(on("<= 2.4.0", fact(0.1)), Outcome::Unknown(Doubt::NoVersion { .. })));
    assert_eq!(rule(">= 30% better than 2.3.0").versions(), [&Subject::new("2.3.0").expect("a name")]);
    let own = rule("no regression > 10%");
    assert_eq!(own.to_string(), "regression <= 10%", "of a report it is a number called so");
    let metric = own.of_the_metric();
    assert_eq!(metric.to_string(), "<= 10% worse");
    assert_eq!(Rule::parse("<= 10% worse"), Ok(metric.clone()));
    assert_eq!(metric.evaluate(&Facts::of(fact(0.54))), Outcome::Holds);
    assert_eq!(metric.evaluate(&Facts::of(fact(0.56))), Outcome::Fails);
}

#[test]
fn a_query_is_a_name() {
    for (text, name, rest) in [
        ("rate(errors_total[5m]) > 0.001", "rate(errors_total[5m])", "> 0.001"),
        (
            "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 1%",
            "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))",
            "> 1%",
        ),
        (
            "histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le)) > 0.5 for 5m",
            "histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le))",
            "> 0.5 for 5m",
        ),
    ] {
        let read = rule(text);
        let subject =
            read.subjects().first().map(|subject| (subject.as_str().to_owned(), subject.is_query()));
        assert_eq!(subject, Some((name.to_owned(), true)));
        assert_eq!(read.to_string(), format!("{name} {rest}"));
    }
    assert!(Rule::parse("rate(x[5m] > 1").is_err());
}

#[test]
fn units_convert_or_are_refused() {
    assert_eq!(on(">= 80%", Fact::new(0.8, Unit::Ratio)), Outcome::Holds);
    assert_eq!(on(">= 80%", Fact::new(0.8, Unit::None)), Outcome::Holds);
    assert!(matches!(on(">= 80%", Fact::new(84.1, Unit::None)), Outcome::Unknown(Doubt::BareShare { .. })));
    assert!(matches!(on("> 500 ms", Fact::new(0.6, Unit::Ratio)), Outcome::Unknown(Doubt::Unit { .. })));
    assert!(matches!(on("> 1000", Fact::new(2000.0, Unit::Seconds)), Outcome::Unknown(Doubt::Unit { .. })));
    assert_eq!(on("> 100/h", Fact::new(2.0, Unit::PerMinute)), Outcome::Holds);
    assert!(matches!(on("> 100/h", Fact::new(2.0, Unit::None)), Outcome::Unknown(Doubt::Unit { .. })));
    assert_eq!(on("> 4/5", Fact::new(9.0, Unit::Rating(10))), Outcome::Holds);
    let dollars = |text: &str| on(text, Fact::new(20_000.0, Unit::MoneyPerHour("$".to_owned())));
    assert_eq!(dollars("> $10,000 / hour"), Outcome::Holds);
    assert!(matches!(dollars("> €10,000 / hour"), Outcome::Unknown(Doubt::Unit { .. })));
    let shown = rule("> 500 ms").check_unit(&Unit::Ratio).map_err(|wrong| wrong.to_string());
    assert_eq!(
        shown,
        Err("a number in percent cannot be held against a limit in time; write the limit in percent, such as `> 1%`"
            .to_owned())
    );
    assert_eq!(rule("> 500 ms for 5m").check_unit(&Unit::Seconds), Ok(()));
    assert_eq!(rule("failed = 0 and duration < 5 min").check_unit(&Unit::Ratio), Ok(()));
    assert_eq!(rule("> 2x baseline").check_unit(&Unit::Bytes), Ok(()));
}

#[test]
fn a_count_over_another_span_is_not_compared() {
    let restarts = |span| on("> 3 restarts in 5m", Fact::new(4.0, Unit::None).over(Seconds(span)));
    assert_eq!(restarts(300), Outcome::Holds);
    assert!(matches!(restarts(60), Outcome::Unknown(Doubt::OtherSpan { .. })));
}

#[test]
fn action_words_of_the_playbooks() {
    use Action::{Ask, CutTraffic, FlagsOff, Hold, Notify, Page, Review, RollBack, StepBack};
    for (text, wanted) in [
        ("automatic rollback", vec![RollBack]),
        ("immediate rollback", vec![RollBack]),
        (
            "immediate traffic cut-off + deployment rollback; PagerDuty+Slack",
            vec![CutTraffic, RollBack, Page, Notify],
        ),
        ("immediate deployment rollback; PagerDuty+Slack", vec![RollBack, Page, Notify]),
        ("manual review + potential rollback; Slack", vec![Review, Ask, Notify]),
        ("PagerDuty + Slack", vec![Page, Notify]),
        ("pagerduty, email", vec![Page, Notify]),
        ("consider rollback", vec![Ask]),
        ("manual rollback decision", vec![Ask]),
        ("MANUAL rollback decision (contradicts Emergency 1)", vec![Ask]),
        ("rollback after assessment", vec![Ask]),
        ("hot-fix or rollback", vec![Ask, Notify]),
        ("hotfix preferred", vec![Notify]),
        ("monitor, prepare rollback plan", vec![Notify, Ask]),
        ("monitor", vec![Notify]),
        ("abort ramp", vec![Hold]),
        ("do not roll back", vec![]),
        ("step back one step, flags off", vec![StepBack, FlagsOff]),
        ("rollback if the team decides", vec![Ask]),
        ("-", vec![]),
    ] {
        let found: Vec<Action> = actions_of(text).into_iter().map(|word| word.action).collect();
        assert_eq!(found, wanted, "{text}");
    }
    for action in Action::ALL {
        assert_eq!(Action::parse(action.as_str()), Some(action));
        assert_eq!(serde_json::to_string(&action).ok(), Some(format!("\"{action}\"")));
    }
    assert_eq!(Action::parse("rollback"), None);
}

#[test]
fn rules_are_texts_in_files() {
    let read: Rule = serde_json::from_str("\"> 1% for 5 consecutive minutes\"").expect("a rule");
    assert_eq!(serde_json::to_string(&read).ok().as_deref(), Some("\"> 1% for 5m\""));
    assert!(serde_json::from_str::<Rule>("\"> threshold\"").is_err());
}

/// Words, numbers and signs that rules are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        ">",
        "<=",
        "=",
        "!=",
        "1",
        "0",
        "10,000",
        "2.5",
        "400-600",
        "5->3",
        "%",
        "ms",
        "MB",
        "x",
        "K",
        "/s",
        "/ hour",
        "/5",
        "95th percentile",
        "returning",
        "Phase",
        "trigger",
        "(> 5%)",
        "under load",
        "median",
        "+",
        "regression",
        "down",
        "$",
        "€",
        "baseline",
        "+/-",
        "change",
        "drops",
        "spike",
        "no",
        "increase",
        "in",
        "for",
        "5m",
        "1h30m",
        "first",
        "24 h",
        "and",
        "or",
        ",",
        ";",
        "/",
        "error rate",
        "P95",
        "Phase 1",
        "HIGH/CRITICAL",
        "0 HIGH",
        "critical",
        "errors",
        "on any server",
        "of sessions",
        "all metrics",
        "present",
        "failing",
        "any",
        "stable",
        "improving",
        "(ms)",
        "(review)",
        "+5%",
        "-5%",
        "per release",
        "USD",
        "within",
        "at least",
        "over",
        ":",
        "max",
        "the",
        "within 10% of baseline",
        "improvement",
        "by",
        "req",
        "signals",
        "day",
        "reading",
        "better than",
        "worse",
        "2.3.0",
        "version",
        "against",
        "rate(x[5m])",
        "no worse than",
    ]);
    prop::collection::vec((piece, prop::bool::weighted(0.8)), 1..9).prop_map(|pieces| {
        pieces.into_iter().map(|(text, gap)| if gap { format!("{text} ") } else { text.to_owned() }).collect()
    })
}

fn units() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![
        Unit::None,
        Unit::Ratio,
        Unit::Seconds,
        Unit::Bytes,
        Unit::PerSecond,
        Unit::PerMinute,
        Unit::PerHour,
        Unit::Money("$".to_owned()),
        Unit::Money("CHF".to_owned()),
        Unit::MoneyPerHour("€".to_owned()),
        Unit::Rating(5),
        Unit::Count("restarts".to_owned()),
        Unit::Count("per release".to_owned()),
    ])
}

fn sizes() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..1.0f64, 0.0..1e4f64, (0u32..100_000).prop_map(f64::from), 1e-9..1e-3f64, 0.0..1e15f64]
}

fn ops() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![Op::Below, Op::AtMost, Op::Equal, Op::NotEqual, Op::AtLeast, Op::Above])
}

fn checks() -> impl Strategy<Value = Check> {
    let ways = || {
        prop::sample::select(vec![
            Direction::Either,
            Direction::Up,
            Direction::Down,
            Direction::Better,
            Direction::Worse,
        ])
    };
    prop_oneof![
        (ops(), sizes(), any::<bool>(), units()).prop_map(|(op, size, negative, unit)| Check::Compare {
            op,
            value: Quantity::new(if negative { -size } else { size }, unit),
        }),
        (
            sizes(),
            sizes(),
            units().prop_filter("a range names what it counts", |unit| !matches!(unit, Unit::Count(_)))
        )
            .prop_map(|(a, b, unit)| Check::Range {
                low: Quantity::new(a.min(b), unit.clone()),
                high: Quantity::new(a.max(b), unit),
            }),
        (ops(), sizes()).prop_map(|(op, factor)| Check::Baseline { op, factor }),
        sizes().prop_map(|margin| Check::Around { margin }),
        (ways(), ops(), sizes()).prop_map(|(direction, op, by)| Check::Change { direction, op, by }),
        ways().prop_map(|direction| Check::Trend { direction }),
        Just(Check::Present),
    ]
}

fn rules() -> impl Strategy<Value = Rule> {
    let names = prop::sample::select(vec![
        "P95",
        "error rate",
        "time to load",
        "health checks",
        "CPU_usage",
        "drop rate",
    ]);
    let spans = || prop::option::of((1u64..10_000_000).prop_map(Seconds));
    let scopes = prop::option::of(prop::sample::select(vec!["on any server", "of sessions", "all metrics"]));
    let versions = prop::option::of(prop::sample::select(vec!["2.3.0", "v2.4.1-rc.2", "7"]));
    let test =
        (names, checks(), spans(), scopes, versions).prop_map(|(name, check, within, scope, version)| {
            let held = !matches!(check, Check::Compare { .. } | Check::Range { .. } | Check::Present);
            Test {
                subject: Subject::new(name),
                check,
                within,
                scope: scope.and_then(Subject::new),
                against: version.filter(|_| held).and_then(Subject::new),
            }
        });
    let all = prop::collection::vec(test, 1..3);
    (prop::collection::vec(all, 1..3), spans()).prop_map(|(any, lasting)| Rule { any, lasting })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Err(wrong) = Rule::parse(&text) {
            prop_assert!(wrong.column <= text.len());
        }
        super::classify(&text);
        actions_of(&text);
    }

    #[test]
    fn what_is_read_is_written_and_read_again(text in soup()) {
        match Rule::parse(&text) {
            Ok(read) => prop_assert_eq!(Rule::parse(&read.to_string()), Ok(read.clone()), "`{}` as `{}`", text, read),
            Err(wrong) => prop_assert!(wrong.column <= text.len()),
        }
    }

    #[test]
    fn what_is_written_is_read_back(meant in rules()) {
        let text = meant.to_string();
        prop_assert_eq!(Rule::parse(&text), Ok(meant), "`{}`", text);
    }

    #[test]
    fn no_rule_holds_of_what_is_no_number(meant in rules(), bad in prop::sample::select(vec![f64::NAN, f64::INFINITY])) {
        let facts = meant.subjects().into_iter().fold(Facts::new(), |facts, name| {
            facts.with(name.as_str(), Fact::new(bad, Unit::None).against(1.0).is_better(Better::More))
        });
        prop_assert!(matches!(meant.evaluate(&facts), Outcome::Unknown(_)));
        prop_assert!(matches!(meant.evaluate(&Facts::new()), Outcome::Unknown(_)));
    }

    #[test]
    fn scaling_the_unit_changes_no_answer(op in ops(), limit in 0u32..5000, now in 0u32..5000) {
        let now = f64::from(now);
        let time = |text: String| on(&text, Fact::new(now / 1000.0, Unit::Seconds));
        let seconds = f64::from(limit) / 1000.0;
        prop_assert_eq!(time(format!("{op} {limit} ms")), time(format!("{op} {seconds} s")));
        let rate = |unit, scale: f64| on(&format!("{op} {limit}/s"), Fact::new(now * scale, unit));
        prop_assert_eq!(rate(Unit::PerSecond, 1.0), rate(Unit::PerMinute, 60.0));
        prop_assert_eq!(rate(Unit::PerSecond, 1.0), rate(Unit::PerHour, 3600.0));
        let size = |text: String| on(&text, Fact::new(now * 1e6, Unit::Bytes));
        prop_assert_eq!(size(format!("{op} {limit} MB")), size(format!("{op} {limit}000 kB")));
        let share = f64::from(limit) / 5000.0;
        let ratio = |text: String| on(&text, Fact::new(now / 5000.0, Unit::Ratio));
        prop_assert_eq!(ratio(format!("{op} {}%", share * 100.0)), ratio(format!("{op} {share}")));
    }

    #[test]
    fn a_rule_and_its_opposite_never_both_hold(op in ops(), limit in sizes(), now in sizes()) {
        let opposite = match op {
            Op::Below => Op::AtLeast,
            Op::AtLeast => Op::Below,
            Op::Above => Op::AtMost,
            Op::AtMost => Op::Above,
            Op::Equal => Op::NotEqual,
            Op::NotEqual => Op::Equal,
        };
        let answer = |op| {
            let check = Check::Compare { op, value: Quantity::new(limit, Unit::None) };
            Rule::one(Test::new(check)).evaluate(&Facts::of(Fact::new(now, Unit::None))).holds()
        };
        prop_assert_ne!(answer(op), answer(opposite));
    }
}
