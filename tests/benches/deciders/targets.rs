//! The aims of the judge, and whether it meets them.

use super::errors::{self, Cell, RATES};
use super::gauge::Row;
use super::latency;
use super::outcome::Record;

struct Aim {
    what: String,
    found: Option<f64>,
    most: Option<f64>,
    least: Option<f64>,
    unit: &'static str,
}

impl Aim {
    fn met(&self) -> bool {
        self.found.is_some_and(|found| {
            self.most.is_none_or(|most| found <= most) && self.least.is_none_or(|least| found >= least)
        })
    }
}

fn at_most(what: impl Into<String>, found: impl Into<Option<f64>>, most: f64, unit: &'static str) -> Aim {
    Aim { what: what.into(), found: found.into(), most: Some(most), least: None, unit }
}

fn at_least(what: impl Into<String>, found: impl Into<Option<f64>>, least: f64, unit: &'static str) -> Aim {
    Aim { what: what.into(), found: found.into(), most: None, least: Some(least), unit }
}

/// Prints a row an aim.
pub fn print(errors: &[Cell], ever: f64, latency: &[latency::Cell], gauges: &[Row]) {
    let cell = |scenario: &str, rate: f64| {
        errors.iter().find(|cell| cell.scenario == scenario && cell.rate == rate).expect("a scenario")
    };
    let ours = |scenario: &str, rate: f64| cell(scenario, rate).of("tminus");
    let delay = |scenario: &str, rate: f64| {
        let cell = cell(scenario, rate);
        cell.of("tminus").delay(cell.onset, 0.5)
    };
    let percent = |share: f64| share * 100.0;
    let mut aims =
        vec![at_most("ever alarms, healthy, alpha 0.05, rho0 1, phi 1, 2000 req/s", percent(ever), 5.0, "%")];
    for (scenario, rate) in
        ["healthy", "healthy, shared incident", "healthy, cold start", "healthy, metrics down 6 min"]
            .into_iter()
            .flat_map(|scenario| RATES.map(|rate| (scenario, rate)))
    {
        let what = format!("rolled back: {scenario}, {rate} req/s");
        aims.push(at_most(what, percent(ours(scenario, rate).ever_back()), 1.0, "%"));
    }
    for rate in RATES {
        let back = |decider: &str| percent(cell("healthy, bursty", rate).of(decider).ever_back());
        aims.push(at_most(format!("rolled back: bursty, {rate} req/s"), back("tminus"), 2.5, "%"));
        let wider = format!("rolled back: bursty, {rate} req/s, rho0 1.25");
        aims.push(at_most(wider, back("tminus, rho0 1.25"), 1.5, "%"));
    }
    for row in gauges.iter().filter(|row| row.keep == 0.9) {
        aims.push(at_most("called worse: gauge with correlation 0.9", percent(row.rule), 2.0, "%"));
    }
    aims.push(at_least("power: x3, 200 req/s", percent(ours("x3", 200.0).ever_back()), 99.0, "%"));
    aims.push(at_least("power: x5, 20 req/s", percent(ours("x5", 20.0).ever_back()), 90.0, "%"));
    for (scenario, most) in [("x3", 12.0), ("x5", 6.0), ("x10", 4.0), ("x5 from minute 20", 5.0)] {
        aims.push(at_most(
            format!("median delay: {scenario}, 200 req/s"),
            delay(scenario, 200.0),
            most,
            "min",
        ));
    }
    let excess = ours("x5", 200.0).excess();
    aims.push(at_most("excess failed requests: x5, 200 req/s", excess, 30.0, ""));
    for rate in RATES {
        let promoted = percent(ours("x2", rate).on_first());
        aims.push(at_most(format!("promoted: x2 = rho-max, {rate} req/s"), promoted, 5.0, "%"));
    }
    for (rate, most) in [(200.0, 17.0), (2000.0, 11.0)] {
        let wait = ours("healthy", rate).to_promote();
        aims.push(at_most(format!("median time to promote: healthy, {rate} req/s"), wait, most, "min"));
    }
    let slow =
        latency.iter().find(|cell| cell.scenario == "+25 %" && cell.rate == 200.0).expect("a scenario");
    let slow: &Record = slow.records.last().expect("tminus");
    aims.push(at_least("power: latency +25 %, 200 req/s", percent(slow.ever_back()), 99.0, "%"));
    aims.push(at_most("median delay: latency +25 %, 200 req/s", slow.delay(0, 0.5), 7.0, "min"));

    println!("\n# Aims of tminus\n\n| what | found | aim | met |\n|---|---|---|---|");
    for aim in &aims {
        let found = aim.found.map_or_else(|| "never".to_owned(), |found| format!("{found:.1} {}", aim.unit));
        let limit = match (aim.most, aim.least) {
            (Some(most), _) => format!("at most {most} {}", aim.unit),
            (_, Some(least)) => format!("at least {least} {}", aim.unit),
            _ => String::new(),
        };
        println!(
            "| {} | {} | {} | {} |",
            aim.what,
            found.trim(),
            limit.trim(),
            if aim.met() { "yes" } else { "**no**" }
        );
    }
    grids(errors);
}

/// What the other grid changes.
fn grids(cells: &[Cell]) {
    println!(
        "\n# The grid of ratios: rolled back, and median delay\n\n| scenario | rho0·2^(k/8), k = 1..40 | 40 from 1.05 to 32 rho0 |\n|---|---|---|"
    );
    for (scenario, rate) in ["x2", "x3", "x5", "healthy, bursty"]
        .into_iter()
        .flat_map(|scenario| errors::RATES.map(|rate| (scenario, rate)))
    {
        let Some(cell) = cells.iter().find(|cell| cell.scenario == scenario && cell.rate == rate) else {
            continue;
        };
        // The same replications for both.
        let other = cell.of("tminus, grid from 1.05 rho0");
        let ours = Record {
            decider: "tminus",
            outcomes: cell.of("tminus").outcomes.iter().take(other.outcomes.len()).copied().collect(),
        };
        let show = |record: &Record| {
            let delay =
                record.delay(0, 0.5).map_or_else(|| "-".to_owned(), |delay| format!("{delay:.1} min"));
            format!("{:.1} %, {delay}", record.ever_back() * 100.0)
        };
        println!("| {scenario}, {rate} req/s | {} | {} |", show(&ours), show(other));
    }
}
