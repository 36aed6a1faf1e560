//! Objects as people write them, read and patched without a cluster.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::patch::Draft;
use super::route::{Grain, Routes, Side};
use super::service::{self, Told};
use super::{deployment, httproute, managed, observed, virtualservice};
use crate::analysis::{Arm, Measure, Quality, Sample, Tally};
use crate::base::{OperationId, Seconds, Timestamp, Weight};
use crate::engine::ports::{Reading, Way};
use crate::plan::{Dialect, SideNames, Source, SourceKind};

fn sides(stable: &str, canary: &str) -> SideNames {
    SideNames { stable: stable.into(), canary: canary.into() }
}

fn ours() -> SideNames {
    sides("old", "new")
}

fn percent(value: f64) -> Weight {
    Weight::percent(value).expect("a share")
}

fn http(rules: Value) -> Value {
    json!({
        "metadata": { "name": "web", "namespace": "shop", "resourceVersion": "7" },
        "spec": { "rules": rules, "parentRefs": [{ "name": "gate" }] }
    })
}

fn istio(spec: Value) -> Value {
    json!({ "metadata": { "name": "web", "namespace": "shop", "resourceVersion": "7" }, "spec": spec })
}

/// What a JSON Patch makes of an object: `add` and `test`, all that is sent.
fn applied(mut value: Value, operations: &[Value]) -> Result<Value, String> {
    for operation in operations {
        let path = operation["path"].as_str().expect("a path");
        if operation["op"] == "test" {
            if value.pointer(path) != Some(&operation["value"]) {
                return Err(path.to_owned());
            }
            continue;
        }
        let (parent, key) = path.rsplit_once('/').expect("a parent");
        let key = key.replace("~1", "/").replace("~0", "~");
        let parent =
            value.pointer_mut(parent).and_then(Value::as_object_mut).expect("a parent in the object");
        parent.insert(key, operation["value"].clone());
    }
    Ok(value)
}

fn draft(value: &Value, routes: &Routes, weight: Weight, way: Way, grain: Grain) -> Result<Draft, String> {
    let mut draft = Draft::of(value);
    for set in routes.writes(weight, way, grain)? {
        set.tests.iter().for_each(|(pointer, value)| draft.test(pointer, value));
        draft.set(&set.pointer, json!(set.after), String::new());
    }
    Ok(draft.marked(value, &OperationId::new("op")))
}

fn weights(routes: &Routes) -> Vec<Vec<u32>> {
    let one = |route: &super::route::Route| route.destinations.iter().map(|it| it.weight).collect();
    routes.both.iter().map(one).collect()
}

fn written(routes: &Routes, weight: f64, way: Way, grain: Grain) -> Result<Vec<u32>, String> {
    Ok(routes.writes(percent(weight), way, grain)?.into_iter().map(|set| set.after).collect())
}

#[test]
fn shares_of_http_routes_are_read_as_the_gateway_reads_them() {
    let table = [
        // A missing weight is 1.
        (json!([{ "backendRefs": [{ "name": "old" }, { "name": "new" }] }]), Some(50.0)),
        (json!([{ "backendRefs": [{ "name": "old", "weight": 9 }, { "name": "new" }] }]), Some(10.0)),
        (
            json!([{ "backendRefs": [{ "name": "new", "weight": 5 }, { "name": "old", "weight": 995 }] }]),
            Some(0.5),
        ),
        // Nobody gets anything: that is no share.
        (json!([{ "backendRefs": [{ "name": "old", "weight": 0 }, { "name": "new", "weight": 0 }] }]), None),
        // A third one has its share.
        (
            json!([{ "backendRefs": [
                { "name": "old", "weight": 60 }, { "name": "new", "weight": 20 }, { "name": "b", "weight": 20 }
            ] }]),
            Some(20.0),
        ),
        // Rules that do not agree have no share, those without both sides do not count.
        (
            json!([
                { "backendRefs": [{ "name": "old", "weight": 95 }, { "name": "new", "weight": 5 }] },
                { "backendRefs": [{ "name": "old", "weight": 75 }, { "name": "new", "weight": 25 }] }
            ]),
            None,
        ),
        (
            json!([
                { "backendRefs": [{ "name": "old" }] },
                { "backendRefs": [{ "name": "old", "weight": 3 }, { "name": "new", "weight": 1 }] }
            ]),
            Some(25.0),
        ),
    ];
    for (rules, share) in table {
        let routes = httproute::read(&http(rules.clone()), None, &ours()).expect("both sides");
        assert_eq!(routes.share().map(Weight::value), share, "{rules}");
    }
}

#[test]
fn a_backend_of_another_namespace_or_kind_is_another_backend() {
    let rules = json!([{ "backendRefs": [
        { "name": "old" }, { "name": "new", "namespace": "other" }, { "name": "new", "kind": "Bucket", "group": "x" }
    ] }]);
    let why = httproute::read(&http(rules.clone()), None, &ours()).expect_err("no new");
    assert!(why.contains("other/new") && why.contains("new (Bucket)"), "{why}");
    let routes = httproute::read(&http(rules), None, &sides("old", "other/new")).expect("both sides");
    let found: Vec<Side> = routes.both[0].destinations.iter().map(|it| it.side).collect();
    assert_eq!(found, [Side::Stable, Side::Canary, Side::Other]);
}

#[test]
fn rules_are_found_by_name_and_what_goes_past_weights_is_told() {
    let rules = json!([
        { "name": "beta", "matches": [{ "headers": [{ "name": "beta", "value": "1" }] }],
          "backendRefs": [{ "name": "new" }] },
        { "name": "web", "backendRefs": [{ "name": "old" }, { "name": "new", "weight": 0 }],
          "filters": [{ "type": "RequestMirror", "requestMirror": { "backendRef": { "name": "new" } } }],
          "sessionPersistence": { "type": "Cookie" } },
        { "name": "api", "backendRefs": [{ "name": "old" }, { "name": "new", "weight": 0 }] }
    ]);
    let value = http(rules);
    let all = httproute::read(&value, None, &ours()).expect("both sides");
    assert_eq!(weights(&all), [[1, 0], [1, 0]]);
    let notes = all.notes().join("\n");
    for told in ["`beta` sends what it matches to `new`", "`web` copies", "`web` keeps sessions"] {
        assert!(notes.contains(told), "{told} in {notes}");
    }
    let one = httproute::read(&value, Some("api"), &ours()).expect("both sides");
    assert_eq!(one.both.len(), 1);
    assert!(one.both[0].destinations[0].pointer.starts_with("/spec/rules/2/"));
    let why = httproute::read(&value, Some("beta"), &ours()).expect_err("no old");
    assert!(why.contains("`beta` has not both"), "{why}");
    let why = httproute::read(&value, Some("gone"), &ours()).expect_err("no such rule");
    assert!(why.contains("no rule `gone`") && why.contains("beta, web, api"), "{why}");
}

#[test]
fn weights_of_any_sum_come_out_exactly() {
    let of = |rules| httproute::read(&http(rules), None, &ours()).expect("both sides");
    let plain = |old: u32, new: u32| {
        of(json!([{ "backendRefs": [{ "name": "old", "weight": old }, { "name": "new", "weight": new }] }]))
    };
    let table = [
        (plain(95, 5), 25.0, vec![75, 25]),
        (plain(1, 0), 25.0, vec![75, 25]),
        (plain(1, 1), 50.0, vec![1, 1]),
        (plain(950, 50), 12.5, vec![875, 125]),
        (plain(95, 5), 0.5, vec![995, 5]),
        (plain(100, 0), 0.001, vec![99_999, 1]),
        (plain(0, 3), 0.0, vec![3, 0]),
        (plain(0, 1_000_000), 50.0, vec![500_000, 500_000]),
        (plain(1_000_000, 1_000_000), 5.0, vec![95, 5]),
    ];
    for (routes, weight, expected) in table {
        assert_eq!(written(&routes, weight, Way::Forward, Grain::Any), Ok(expected), "{weight}");
    }
}

#[test]
fn what_is_not_two_sides_is_refused_forward_and_emptied_back() {
    let of = |backends| httproute::read(&http(json!([{ "backendRefs": backends }])), None, &ours());
    let third = of(
        json!([{ "name": "old", "weight": 70 }, { "name": "new", "weight": 20 }, { "name": "x", "weight": 10 }]),
    );
    let twice = of(
        json!([{ "name": "old", "weight": 1 }, { "name": "new", "weight": 1 }, { "name": "new", "port": 2 }]),
    );
    let nobody = of(json!([{ "name": "old", "weight": 0 }, { "name": "new", "weight": 0 }]));
    let table = [
        (third, "`x` has a weight of 10", vec![90, 0]),
        (twice, "more than once", vec![3, 0, 0]),
        (nobody, "add up to 0", vec![100, 0]),
    ];
    for (routes, why, back) in table {
        let routes = routes.expect("both sides");
        let refused = written(&routes, 25.0, Way::Forward, Grain::Any).expect_err(why);
        assert!(refused.contains(why), "{refused}");
        assert_eq!(written(&routes, 0.0, Way::Back, Grain::Any), Ok(back), "{why}");
    }
    let idle = of(json!([{ "name": "old" }, { "name": "new", "weight": 0 }, { "name": "x", "weight": 0 }]));
    let idle = written(&idle.expect("both sides"), 25.0, Way::Forward, Grain::Any);
    assert_eq!(idle, Ok(vec![75, 25]), "one that gets nothing is left alone");
    for bad in [json!(-1), json!(1_000_001), json!("5"), json!(0.5)] {
        let why = of(json!([{ "name": "old", "weight": bad }, { "name": "new" }])).expect_err("no weight");
        assert!(why.contains("no weight from 0"), "{why}");
    }
}

#[test]
fn istio_routes_are_found_by_host_subset_and_name() {
    let to = |host: &str, subset: Option<&str>, weight: u32| json!({ "destination": { "host": host, "subset": subset }, "weight": weight });
    let hosts = |old: &str, new: &str| {
        istio(json!({ "http": [{ "route": [to(old, None, 80), to(new, None, 20)] }] }))
    };
    for (old, new) in [
        ("old", "new"),
        ("old.shop", "new.shop.svc"),
        ("old.shop.svc.cluster.local", "new"),
        ("old.shop.svc.example.org.", "new.shop"),
    ] {
        for names in [ours(), sides("old.shop.svc.cluster.local", "new.shop")] {
            let routes = virtualservice::read(&hosts(old, new), None, &names);
            let share = routes.expect("both sides").share();
            assert_eq!(share.map(Weight::value), Some(20.0), "{old} {new}");
        }
    }
    let why =
        virtualservice::read(&hosts("old.other", "new.example.com"), None, &ours()).expect_err("others");
    assert!(why.contains("old.other, new.example.com"), "{why}");

    let subsets = istio(json!({
        "http": [
            { "name": "beta", "match": [{ "headers": { "cookie": { "exact": "beta" } } }],
              "route": [{ "destination": { "host": "web", "subset": "new" } }] },
            { "name": "main", "mirror": { "host": "web", "subset": "new" },
              "route": [to("web", Some("old"), 95), to("web", Some("new"), 5)] }
        ],
        "tcp": [{ "route": [to("web", Some("new"), 10), to("web", Some("old"), 90)] }],
        "tls": [{ "route": [to("web", Some("old"), 90), to("web", Some("new"), 10)] }]
    }));
    let all = virtualservice::read(&subsets, None, &ours()).expect("both sides");
    assert_eq!(weights(&all), [[95, 5], [10, 90], [90, 10]]);
    let notes = all.notes().join("\n");
    for told in ["`beta` sends requests with some headers", "`main` copies requests", "do not agree"] {
        assert!(notes.contains(told), "{told} in {notes}");
    }
    let named = virtualservice::read(&subsets, Some("main"), &ours()).expect("both sides");
    assert_eq!(weights(&named), [[95, 5]]);
}

#[test]
fn istio_weights_are_whole_and_add_up_to_100() {
    let of =
        |route: Value| virtualservice::read(&istio(json!({ "http": [{ "route": route }] })), None, &ours());
    let two = |old: Value, new: Value| {
        of(json!([{ "destination": { "host": "old" }, "weight": old }, { "destination": { "host": "new" }, "weight": new }]))
            .expect("both sides")
    };
    assert_eq!(written(&two(json!(95), json!(5)), 25.0, Way::Forward, Grain::Percent), Ok(vec![75, 25]));
    assert_eq!(written(&two(json!(100), Value::Null), 5.0, Way::Forward, Grain::Percent), Ok(vec![95, 5]));
    let refused =
        |routes: &Routes, weight| written(routes, weight, Way::Forward, Grain::Percent).expect_err("no");
    assert!(refused(&two(json!(100), json!(0)), 0.5).contains("whole percents"));
    let odd = two(json!(50), json!(30));
    assert!(refused(&odd, 5.0).contains("add up to 80"));
    assert_eq!(written(&odd, 0.0, Way::Back, Grain::Percent), Ok(vec![100, 0]));
    assert!(refused(&two(Value::Null, Value::Null), 5.0).contains("add up to 0"));
    let alone = of(json!([{ "destination": { "host": "old" } }])).expect_err("one side only");
    assert!(alone.contains("add the missing destination with weight 0"), "{alone}");
}

#[test]
fn a_subset_that_nobody_defines_is_named() {
    let to = |subset: &str, weight| json!({ "destination": { "host": "web", "subset": subset }, "weight": weight });
    let value = istio(json!({ "http": [{ "route": [to("old", 100), to("new", 0)] }] }));
    let routes = virtualservice::read(&value, None, &ours()).expect("both sides");
    let rule = |namespace: &str, host: &str, subsets: &[&str]| {
        let subsets: Vec<Value> = subsets.iter().map(|name| json!({ "name": name })).collect();
        json!({ "metadata": { "name": "web", "namespace": namespace }, "spec": { "host": host, "subsets": subsets } })
    };
    let undefined = |rules: &[Value]| virtualservice::undefined(&routes, "shop", rules);
    assert!(undefined(&[]).expect("none").contains("no DestinationRule defines subset `old` of web"));
    let why = undefined(&[rule("shop", "web", &["old"])]).expect("no new");
    assert!(why.contains("`new` of web is not in DestinationRule web"), "{why}");
    assert_eq!(undefined(&[rule("shop", "web.shop.svc.cluster.local", &["old", "new"])]), None);
    assert_eq!(undefined(&[rule("shop", "web", &["old"]), rule("istio-system", "web.shop", &["new"])]), None);
    assert!(
        undefined(&[rule("other", "web", &["old", "new"])]).is_some(),
        "a short host of another namespace"
    );
    assert_eq!(virtualservice::homes(&routes, "shop"), ["shop"]);
}

#[test]
fn a_selector_is_swapped_where_it_tells_the_sides_apart() {
    let of =
        |selector: Value| json!({ "metadata": { "resourceVersion": "7" }, "spec": { "selector": selector } });
    let blue = of(json!({ "app": "web", "shop.io/side": "blue" }));
    let keys = |value: &Value, names: &SideNames| match service::told(value, names) {
        Ok(Told::Keys(keys)) => keys,
        other => panic!("{other:?}"),
    };
    for names in [sides("blue", "green"), sides("shop.io/side=blue", "shop.io/side=green")] {
        let keys = keys(&blue, &names);
        assert_eq!(service::share(&blue, &keys), Some(Weight::ZERO));
        let change = service::changes(&blue, &keys, Weight::FULL, Way::Forward).expect("possible");
        assert_eq!(change.len(), 1);
        assert_eq!(change[0].pointer, "/spec/selector/shop.io~1side");
        assert_eq!((change[0].before.as_str(), change[0].after.as_str()), ("blue", "green"));
        let why = service::changes(&blue, &keys, percent(25.0), Way::Forward).expect_err("no share between");
        assert!(why.contains("take 0 or 100"), "{why}");
    }
    let wrong = [
        (sides("side=blue", "side=green"), "no key `side`"),
        (sides("app=blue", "shop.io/side=green"), "the same key"),
        (sides("web", "blue"), "several keys"),
    ];
    for (names, why) in wrong {
        let refused = service::told(&blue, &names).expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
    assert!(service::told(&of(Value::Null), &ours()).expect_err("none").contains("no selector"));

    // By the labels of two Deployments.
    let pods = |side: &str| json!({ "spec": { "template": { "metadata": { "labels": { "app": "web", "shop.io/side": side, "x": side } } } } });
    let names = sides("web-blue", "web-green");
    assert_eq!(service::told(&blue, &names), Ok(Told::Deployments));
    let keys = service::by_pods(&blue, &names, &pods("blue"), &pods("green")).expect("they differ");
    assert_eq!(service::share(&blue, &keys), Some(Weight::ZERO));
    let same = service::by_pods(&blue, &names, &pods("blue"), &pods("blue")).expect_err("the same");
    assert!(same.contains("takes pods of both"), "{same}");

    // A selector that is neither side's: not forward, but back.
    let other = of(json!({ "app": "web", "shop.io/side": "red" }));
    let keys = keys_of("shop.io/side", "blue", "green");
    assert_eq!(service::share(&other, &keys), None);
    assert!(
        service::changes(&other, &keys, Weight::FULL, Way::Forward).expect_err("odd").contains("neither")
    );
    assert!(service::changes(&other, &keys, Weight::ZERO, Way::Back).is_ok());
}

fn keys_of(name: &str, stable: &str, canary: &str) -> Vec<service::Key> {
    vec![service::Key { name: name.into(), stable: stable.into(), canary: canary.into() }]
}

#[test]
fn pods_are_given_up_as_those_of_the_other_side_are_ready() {
    // wanted, other ready, other wanted, total
    let table = [
        ((0, 10, 10, 10), 0),
        ((0, 0, 10, 10), 8),
        ((0, 5, 10, 10), 3),
        ((0, 8, 10, 10), 0),
        ((5, 0, 5, 10), 8),
        ((5, 5, 5, 10), 5),
        ((9, 0, 1, 10), 9),
        ((0, 0, 1, 1), 1),
    ];
    for ((wanted, ready, other, total), expected) in table {
        assert_eq!(
            deployment::allowed(wanted, ready, other, total),
            expected,
            "{wanted} {ready} {other} {total}"
        );
    }
}

#[test]
fn who_wrote_the_weights_last_is_told_unless_it_was_us() {
    let entry = |manager: &str, time: &str, field: &str| json!({ "manager": manager, "operation": "Update", "time": time, "fieldsV1": { "f:spec": { field: {} } } });
    let of = |entries: Vec<Value>| {
        let object = json!({ "metadata": { "managedFields": entries } });
        managed::by(&object, &[&["f:spec", "f:rules"]]).map(|by| by.raw().to_owned())
    };
    let old = "2026-11-21T10:00:00Z";
    let new = "2026-11-21T11:00:00Z";
    assert_eq!(of(vec![]), None);
    assert_eq!(of(vec![entry("tminus", new, "f:rules"), entry("kubectl-edit", old, "f:rules")]), None);
    let theirs = of(vec![entry("tminus", old, "f:rules"), entry("kubectl-edit", new, "f:rules")]);
    assert_eq!(theirs.as_deref(), Some("kubectl-edit"));
    assert_eq!(of(vec![entry("tminus", old, "f:rules"), entry("gateway", new, "f:parentRefs")]), None);
}

#[test]
fn a_patch_rests_on_what_was_read() {
    let rules = json!([{ "name": "web", "backendRefs": [{ "name": "old", "weight": 95 }, { "name": "new", "weight": 5 }] }]);
    let value = http(rules);
    let routes = httproute::read(&value, None, &ours()).expect("both sides");
    let patch = draft(&value, &routes, percent(25.0), Way::Forward, Grain::Any).expect("possible");
    assert!(applied(value.clone(), patch.operations()).is_ok());
    for (pointer, other) in [
        ("/metadata/resourceVersion", json!("8")),
        ("/spec/rules/0/name", json!("api")),
        ("/spec/rules/0/backendRefs/0/name", json!("new")),
        ("/spec/rules/0/backendRefs/1/name", json!("old")),
    ] {
        let mut moved = value.clone();
        *moved.pointer_mut(pointer).expect("there") = other;
        assert_eq!(applied(moved, patch.operations()), Err(pointer.to_owned()));
    }
}

/// Requests of each side at steps of 15 s, the newest last; -1 is a step in which a side was not counted.
fn counted(canary: &[i64], stable: &[i64], age: i64) -> Option<f64> {
    let source = Source {
        id: "prom".into(),
        kind: SourceKind::Prometheus { url: String::new(), dialect: Dialect::Prometheus },
        every: Seconds(15),
        fallback: None,
        owner: None,
    };
    let at = |second: i64| Timestamp::from_second(second).expect("a time");
    let samples = |counts: &[i64]| -> Vec<Sample> {
        let one = |(step, count): (usize, &i64)| {
            let (measure, quality) = match u64::try_from(*count) {
                Ok(0) => (Measure::Tally(Tally::ratio(0, 0)), Quality::NoTraffic),
                Ok(total) => (Measure::Tally(Tally::ratio(total, 0)), Quality::Ok),
                Err(_) => (Measure::None, Quality::NoSeries),
            };
            Sample { at: at(15 * step as i64), measure, quality }
        };
        counts.iter().enumerate().map(one).collect()
    };
    let arms = [(Arm::Canary, samples(canary)), (Arm::Baseline, samples(stable))];
    let reading = Reading { arms: arms.into(), ..Reading::default() };
    let newest = 15 * (stable.len() as i64 - 1);
    observed::share(&reading, &source, at(newest + age)).map(Weight::value)
}

#[test]
fn the_share_of_requests_rests_on_enough_that_are_new() {
    assert_eq!(counted(&[5, 5, 5], &[15, 15, 15], 1), Some(25.0));
    assert_eq!(counted(&[250, 0], &[750, 1000], 1), Some(0.0), "with plenty, only the newest count");
    assert_eq!(counted(&[25, 0], &[75, 100], 1), Some(12.5), "with few, older ones too");
    assert_eq!(counted(&[1, 1], &[5, 5], 1), None, "too few");
    assert_eq!(counted(&[0, 0], &[0, 0], 1), None, "none at all");
    assert_eq!(counted(&[25, 25], &[75, 75], 46), None, "too old");
    assert_eq!(counted(&[25, 25], &[75, 75], -60), None, "from a clock that is far ahead");
    assert_eq!(counted(&[-1, -1], &[75, 75], 1), None, "a side that is not counted has no share");
    assert_eq!(counted(&[25, 25, -1], &[75, 75, 75], 1), Some(25.0), "a hole of one step");
    assert_eq!(counted(&[], &[75, 75], 1), None);
}

proptest! {
    /// After a write the share is what was wanted, and nothing else of the object has changed.
    #[test]
    fn a_write_gives_the_share_and_touches_nothing_else(
        before in proptest::collection::vec((0_u32..=1000, proptest::option::of(0_u32..=1000), any::<bool>()), 1..4),
        thousandths in 0_u32..=100_000,
        annotated in any::<bool>(),
    ) {
        let rules: Vec<Value> = before.iter().map(|(stable, canary, swapped)| {
            let old = json!({ "name": "old", "weight": stable, "filters": [{ "type": "X" }] });
            let mut new = json!({ "name": "new", "port": 80 });
            if let Some(canary) = canary {
                new["weight"] = json!(canary);
            }
            let pair = if *swapped { vec![new, old] } else { vec![old, new] };
            json!({ "backendRefs": pair, "timeouts": { "request": "5s" } })
        }).collect();
        let mut value = http(json!(rules));
        if annotated {
            value["metadata"]["annotations"] = json!({ "mine": "1" });
        }
        let weight = percent(f64::from(thousandths) / 1000.0);
        let way = if weight == Weight::ZERO { Way::Back } else { Way::Forward };
        let routes = httproute::read(&value, None, &ours()).expect("both sides");
        let empty = before.iter().any(|(stable, canary, _)| *stable == 0 && canary.unwrap_or(1) == 0);
        match draft(&value, &routes, weight, way, Grain::Any) {
            Err(why) => prop_assert!(empty && way == Way::Forward, "{}", why),
            Ok(draft) => {
                let mut after = applied(value.clone(), draft.operations()).expect("its own tests hold");
                let share = httproute::read(&after, None, &ours()).expect("both sides").share();
                prop_assert!(share.is_some_and(|share| share.is_near(weight)), "{:?} is not {}", share, weight);
                let mark = after["metadata"]["annotations"].as_object_mut().expect("marked").remove("tminus.dev/operation");
                prop_assert_eq!(mark, Some(json!("op")));
                let bare = |mut value: Value| {
                    for rule in value["spec"]["rules"].as_array_mut().expect("rules") {
                        for backend in rule["backendRefs"].as_array_mut().expect("backends") {
                            backend.as_object_mut().expect("a backend").remove("weight");
                        }
                    }
                    if value["metadata"]["annotations"] == json!({}) {
                        value["metadata"].as_object_mut().expect("metadata").remove("annotations");
                    }
                    value
                };
                prop_assert_eq!(bare(after), bare(value));
            }
        }
    }
}
