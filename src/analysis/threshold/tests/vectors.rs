//! Strict gaps are those of Prometheus, to the evaluation.

use serde_json::Value;

use super::*;
use crate::analysis::threshold::{Gaps, Phase};

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

#[test]
fn strict_gaps_go_through_the_states_of_prometheus() {
    let all = include_str!("../../../../tests/vectors/prometheus_alert_for.json");
    let all: Value = serde_json::from_str(all).expect("the vectors are JSON");
    let cases = all["cases"].as_array().expect("a list of cases");
    assert_eq!(cases.len(), 9);
    for case in cases {
        let whole = |name: &str| case[name].as_u64().expect("a whole number");
        let every = Seconds(whole("eval_every_s"));
        let demand = case["expr"].as_str().and_then(|expr| expr.strip_prefix("value ")).expect("a demand");
        let mut alert = text(demand);
        alert.lasting = Some(Seconds(whole("for_s")));
        for (name, values) in case["series"].as_object().expect("series") {
            let mut samples = Samples::new(every, Seconds(24 * 3600));
            let mut fired = false;
            let states = case["expected_state_per_eval"][name].as_array().expect("states");
            let values = values.as_array().expect("values");
            assert_eq!(values.len(), states.len());
            for (place, (value, wanted)) in (0..).zip(values.iter().zip(states)) {
                let now = place * every.signed();
                samples.take([Sample::of(at(now), number(value))]);
                let terms = Terms {
                    gaps: Gaps::Strict,
                    exit_for: Some(Seconds(whole("keep_firing_for_s"))),
                    ..Terms::default()
                };
                let phase = stands(&samples, &Watched { terms, fired, ..watched(&alert) }, now).phase();
                fired = phase == Phase::Fired;
                let word = match phase {
                    Phase::Armed => "inactive",
                    Phase::Pending => "pending",
                    Phase::Fired => "firing",
                    Phase::Suppressed | Phase::Unknown => "neither",
                };
                assert_eq!(Some(word), wanted.as_str(), "{} {name} at {place}", case["test"]);
            }
        }
    }
}
