//! How fast numbers are taken in: an answer as long as a server gives at once, and a large exporter's page.
#![allow(clippy::expect_used, reason = "a bench that cannot read its own input says so")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tminus::analysis::counter::{Count, Counters};
use tminus::world::http::Answer;
use tminus::world::metrics::api;
use tminus::world::metrics::exposition::{Dialect, Exposition, Limits};

fn main() {
    divan::main();
}

/// One series of so many points, as a server writes it.
#[divan::bench(args = [240, 11_000])]
fn range_answer(bencher: Bencher, points: usize) {
    let values: Vec<String> = (0..points)
        .map(|step| format!("[{}.781,\"{}\"]", 1_435_781_430 + step * 15, step as f64 / 7.0))
        .collect();
    let body = format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":\
         {{\"__name__\":\"up\",\"job\":\"shop\"}},\"values\":[{}]}}]}}}}",
        values.join(",")
    );
    let kind = "application/json".to_owned();
    let answer = Answer {
        status: 200,
        kind,
        date: None,
        etag: None,
        retry_after: None,
        body: body.into_bytes(),
        cut: false,
    };
    bencher.counter(BytesCount::new(answer.body.len())).bench_local(|| {
        let reply = api::read(black_box("prom"), black_box(&answer)).expect("readable");
        assert_eq!(reply.series.iter().map(|series| series.points.len()).sum::<usize>(), points);
        reply
    });
}

/// A page of so many series with five labels each.
#[divan::bench(args = [10_000])]
fn page(bencher: Bencher, series: usize) {
    let mut text = String::from("# TYPE hits counter\n");
    for number in 0..series {
        text.push_str(&format!(
            "hits_total{{code=\"200\",method=\"get\",path=\"/items/{number}\",pod=\"a-1\",track=\"canary\"}} {number}\n"
        ));
    }
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        Exposition::read(black_box(text.as_bytes()), Dialect::Text, &Limits::USUAL).expect("readable")
    });
}

/// The growth of 200 counters, one step of the watch.
#[divan::bench]
fn growth(bencher: Bencher) {
    let mut counters: Counters<u8, u32> = Counters::default();
    let mut value = 0.0;
    bencher.bench_local(|| {
        value += 3.0;
        let counts = (0..200).map(|series| Count { series, value, since: Some(1.0) });
        counters.take(0, counts)
    });
}
