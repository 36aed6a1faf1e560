//! How fast the rank test is: pairs of 60 points a side on one core, beside scipy's `mannwhitneyu` in the same run
//! where `python3` can import it. Aim: 10 000 pairs a second.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, LogNormal};
use tminus::analysis::rank::{
    Alternative, Continuity, Demand, Method, Pair, Question, Shift, Side, ask, classify, probability,
};

const POINTS: usize = 60;
const PAIRS: usize = 200;
const LONG: Duration = Duration::from_secs(2);

/// The same work for scipy: one call a pair, and one call for all of them. It has no interval.
const SCIPY: &str = "
import time, numpy as np
from scipy.stats import mannwhitneyu as test
luck = np.random.default_rng(7)
x, y = luck.lognormal(0, .5, (200, 60)), luck.lognormal(.05, .5, (200, 60))
def speed(work):
    best, end = 1e9, time.perf_counter() + 2
    while time.perf_counter() < end:
        start = time.perf_counter(); work(); best = min(best, time.perf_counter() - start)
    return 200 / best
one = speed(lambda: [test(a, b, method='asymptotic') for a, b in zip(x, y)])
all = speed(lambda: test(x, y, axis=1, method='asymptotic'))
print(f'{one:.0f} {all:.0f}')
";

fn main() {
    let mut luck = ChaCha8Rng::seed_from_u64(7);
    let mut arm = |middle: f64| -> Vec<f64> {
        let values = LogNormal::new(middle, 0.5).expect("a distribution");
        (0..POINTS).map(|_| values.sample(&mut luck)).collect()
    };
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = (0..PAIRS).map(|_| (arm(0.0), arm(0.05))).collect();
    let question = Question { alternative: Alternative::TwoSided, confidence: 0.98, method: Method::Normal };
    let demand = Demand { side: Side::Either, tolerance: 0.25 };
    let whole = speed(&pairs, |pair| {
        let test = ask(pair, &question);
        black_box(classify(pair, &test, &demand));
    });
    let alone = speed(&pairs, |pair| {
        black_box(2.0 * probability(-Shift::new(pair).at(0.0, Continuity::Inward).abs()));
    });
    println!("pairs of {POINTS} points a side, in a second on one core, at the fastest");
    println!("tminus, probability, interval, estimate and class        {whole:.0}");
    println!("tminus, probability alone                                {alone:.0}");
    match scipy() {
        Some((one, all)) => {
            println!("scipy mannwhitneyu, probability alone, a call a pair     {one}");
            println!("scipy mannwhitneyu, probability alone, a call for {PAIRS}    {all}");
        }
        None => println!("scipy: python3 cannot import it here; `pip install scipy` to compare"),
    }
}

/// Pairs a second in the fastest round: what else the machine does makes a round slower, never faster.
fn speed(pairs: &[(Vec<f64>, Vec<f64>)], work: impl Fn(&Pair)) -> f64 {
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    while begin.elapsed() < LONG {
        let start = Instant::now();
        for (x, y) in pairs {
            work(&Pair::new(black_box(x), black_box(y)).expect("values"));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    pairs.len() as f64 / best
}

fn scipy() -> Option<(String, String)> {
    let out = Command::new("python3").args(["-c", SCIPY]).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let (one, all) = text.trim().split_once(' ')?;
    Some((one.to_owned(), all.to_owned()))
}
