//! The formats, by the vectors and by hand.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;

use super::{Dialect, Exposition, Kind, Labels, Limits, Sample};

fn text(input: &str) -> Result<Exposition, String> {
    Exposition::read(input.as_bytes(), Dialect::Text, &Limits::USUAL).map_err(|error| error.to_string())
}

fn open(input: &str) -> Result<Exposition, String> {
    Exposition::read(input.as_bytes(), Dialect::OpenMetrics, &Limits::USUAL)
        .map_err(|error| error.to_string())
}

fn wanted(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().expect("a number"),
        other => other.as_f64().expect("a number"),
    }
}

#[test]
fn the_vectors_of_the_text_format() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/prometheus_text_format.json"))
            .expect("json");
    let mut met = 0;
    for case in vectors["cases"].as_array().expect("cases") {
        let read = text(case["input"].as_str().expect("input")).expect("readable");
        let expected = case["expected_samples"].as_array().expect("samples");
        assert_eq!(read.samples.len(), expected.len());
        for (found, expected) in read.samples.iter().zip(expected) {
            assert_eq!(found.name, expected["name"].as_str().expect("name"));
            let labels: Labels = serde_json::from_value(expected["labels"].clone()).expect("labels");
            assert_eq!(found.labels, labels, "{}", found.name);
            let value = wanted(&expected["value"]);
            assert!(found.value == value || (found.value.is_nan() && value.is_nan()), "{found:?}");
            assert_eq!(found.at_ms, expected["timestamp_ms"].as_i64());
            met += 1;
        }
    }
    assert_eq!(met, 33);
}

#[test]
fn families_have_kinds_and_their_series_too() {
    let read = text(
        "# TYPE a counter\na 1\n#\tTYPE h  histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 2\nother 3\n",
    )
    .expect("readable");
    for (name, kind) in [
        ("a", Kind::Counter),
        ("h_bucket", Kind::Histogram),
        ("h_count", Kind::Histogram),
        ("other", Kind::Unknown),
        ("h_created", Kind::Histogram),
        ("h_total", Kind::Unknown),
    ] {
        assert_eq!(read.kind(name), kind, "{name}");
    }
}

#[test]
fn open_metrics_with_exemplars_times_and_an_end() {
    let read = open(
        "# TYPE hits counter\n# UNIT hits requests\n# HELP hits All of them.\n\
         hits_total{code=\"500\"} 17 1520879607.789 # {trace_id=\"a\",\"span id\"=\"b\"} 0.67 1520879600\n\
         hits_created{code=\"500\"} 1520430000.123\n{\"with.dots\",\"a b\"=\"ü\"} 3 # {} 1\n\
         process_start_time_seconds 1.5e9\n# EOF\n",
    )
    .expect("readable");
    let first = read.samples.first().expect("a sample");
    assert_eq!((first.value, first.at_ms), (17.0, Some(1_520_879_607_789)));
    assert_eq!(read.kind("hits_total"), Kind::Counter);
    assert_eq!(read.kind("hits_created"), Kind::Counter);
    let dotted = read.samples.get(2).expect("a third");
    assert_eq!(dotted.name, "with.dots");
    assert_eq!(dotted.labels.get("a b").map(String::as_str), Some("ü"));
    assert_eq!(read.process_start(), Some(1.5e9));
}

#[test]
fn a_cut_answer_is_no_answer() {
    assert_eq!(open("a 1\n"), Err("line 2: the answer ends without `# EOF`: it was cut".to_owned()));
    assert_eq!(open(""), Err("line 1: the answer ends without `# EOF`: it was cut".to_owned()));
    assert_eq!(open("# EOF\na 1\n"), Err("line 2: something after `# EOF`".to_owned()));
    assert!(text("a 1\n# EOF\nb 2").is_ok(), "only a comment in the older format");
    assert!(text("").is_ok_and(|read| read.samples.is_empty()));
}

#[rstest]
#[case("a\n", "`` where a number was meant")]
#[case("a one\n", "`one` where a number was meant")]
#[case("a 1 1.5\n", "`1.5` where a time in whole milliseconds was meant")]
#[case("a 1 2 3\n", "`3` after the number")]
#[case("a 1 # {} 1\n", "`# {} 1` after the number")]
#[case("a{b=\"c} 1\n", "no closing quote after the value of label `b`")]
#[case("a{b=\"c\"\n", "no closing `}` after the labels")]
#[case("a{b=c} 1\n", "the value of label `b` is not in double quotes")]
#[case("a{b} 1\n", "label `b` has no value")]
#[case("a{b=\"1\",b=\"2\"} 1\n", "label `b` comes twice (`1` first)")]
#[case("a{b-c=\"1\"} 1\n", "`b-c` is no label's name; put it in double quotes")]
#[case("a.b 1\n", "`a.b` is no name; write it as {\"…\"}")]
#[case("{a=\"b\"} 1\n", "a number without a name; write `name{label=\"value\"} 1`")]
#[case("{\"\"} 1\n", "a number without a name; write `name{label=\"value\"} 1`")]
#[case("a{\"\"=\"x\"} 1\n", "a label without a name")]
#[case("# TYPE a thing\n", "`thing` is no type; write counter, gauge, histogram, summary or unknown")]
#[case("a{\u{1b}[2J=\"1\"} 1\n", "`\\u{1b}[2J` is no label's name; put it in double quotes")]
fn what_is_wrong_is_said_with_its_line(#[case] line: &str, #[case] what: &str) {
    assert_eq!(text(line), Err(format!("line 1: {what}")));
    assert_eq!(text(&format!("# fine\nok 1\n{line}")), Err(format!("line 3: {what}")));
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let error = Exposition::read(b"a 1\nb{c=\"\xff\"} 1\n", Dialect::Text, &Limits::USUAL);
    assert_eq!(error.map_err(|error| error.to_string()), Err("line 2: not UTF-8".to_owned()));
}

#[test]
fn hostile_answers_meet_a_limit() {
    let limits = Limits { bytes: 400, series: 3, labels: 2, name: 8, value: 4 };
    let read = |input: &str| {
        Exposition::read(input.as_bytes(), Dialect::Text, &limits).map_err(|error| error.to_string())
    };
    assert!(read("a{b=\"cccc\",d=\"\"} 1\nb 1\nc 1\n").is_ok());
    for (input, what) in [
        ("a 1\n".repeat(101), "line 1: 404 bytes are more than the 400 read"),
        (
            "a 1\n".repeat(4),
            "line 4: more than 3 series; let the exporter tell fewer, or ask another address",
        ),
        ("a{b=\"\",c=\"\",d=\"\"} 1\n".to_owned(), "line 1: more than 2 labels"),
        ("ninechars 1\n".to_owned(), "line 1: a name is longer than 8 bytes"),
        ("{\"ninechars\"} 1\n".to_owned(), "line 1: a name is longer than 8 bytes"),
        ("a{b=\"ccccc\"} 1\n".to_owned(), "line 1: the value of label `b` is longer than 4 bytes"),
        (
            "# TYPE a gauge\n# TYPE b gauge\n# TYPE c gauge\n# TYPE d gauge\n".to_owned(),
            "line 4: more than 3 families",
        ),
    ] {
        assert_eq!(read(&input), Err(what.to_owned()), "{input}");
    }
}

/// A sample written the careful way.
fn written(sample: &Sample) -> String {
    let quoted = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("\"{text}\"")
    };
    let labels: String =
        sample.labels.iter().map(|(name, value)| format!(",{}={}", quoted(name), quoted(value))).collect();
    let at = sample.at_ms.map(|at| format!(" {at}")).unwrap_or_default();
    format!("{{{}{labels}}} {:e}{at}\n", quoted(&sample.name), sample.value)
}

proptest! {
    #[test]
    fn any_bytes_end_in_samples_or_in_a_named_line(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for dialect in [Dialect::Text, Dialect::OpenMetrics] {
            if let Err(error) = Exposition::read(&bytes, dialect, &Limits::USUAL) {
                prop_assert!(error.line >= 1 && error.line <= 201);
                prop_assert!(error.to_string().chars().all(|c| !c.is_control()));
            }
        }
    }

    #[test]
    fn what_was_written_is_read_back(
        name in "\\PC{1,12}",
        labels in prop::collection::btree_map("\\PC{1,6}", "(\\PC|\n){0,9}", 0..4),
        value in any::<f64>().prop_filter("a number", |value| value.is_finite()),
        at_ms in prop::option::of(any::<i64>()),
    ) {
        let sample = Sample { name, labels, value, at_ms };
        let read = text(&written(&sample)).expect("readable");
        prop_assert_eq!(read.samples, vec![sample]);
    }
}
