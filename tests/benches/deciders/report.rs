//! The tables, as Markdown on standard output.

use super::errors::{Cell, RATES, SCENARIOS};
use super::gauge::Row;
use super::latency;
use super::outcome::Record;

/// Those that are told apart by their roll-backs.
const BACK: [&str; 9] = [
    "any minute > 1 %",
    "> 1 % for 5 min",
    "Argo",
    "Flagger",
    "Kayenta at 60 min",
    "Kayenta every 10 min",
    "tminus",
    "tminus, rho0 1.25",
    "tminus, grid from 1.05 rho0",
];
/// Those that are told apart by their promotions.
const ON: [&str; 3] = ["tminus", "tminus, E_bad < 1 not asked", "tminus, rho0 1.25"];
/// How many of the first list look again and again.
const LOOK: usize = 7;

/// A table of all scenarios and deciders at one rate.
fn table(head: &str, deciders: &[&str], rows: &[(&str, Vec<String>)]) {
    println!("\n| {head} | {} |", deciders.join(" | "));
    println!("|---|{}", "---|".repeat(deciders.len()));
    for (name, cells) in rows {
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn minutes(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

/// The share that rolls back, then the median and the 90th percentile of the minutes it takes.
fn backs(record: &Record, onset: usize) -> String {
    let share = percent(record.ever_back());
    match (record.delay(onset, 0.5), record.delay(onset, 0.9)) {
        (Some(median), Some(late)) if record.ever_back() >= 0.005 => {
            format!("{share}, {median:.1} / {late:.1}")
        }
        _ => share,
    }
}

pub fn errors(cells: &[Cell]) {
    println!("# Errors");
    counts(cells.first().map_or(&[], |cell| cell.records.as_slice()));
    for rate in RATES {
        println!("\n## {rate} requests a second, a tenth to the canary");
        println!("\nRolled back within 60 min; minutes from the onset: median / 90th percentile");
        let at = |scenario: &str| cells.iter().find(|cell| cell.scenario == scenario && cell.rate == rate);
        let each = |deciders: &[&str], show: &dyn Fn(&Cell, &Record) -> String| -> Vec<(&str, Vec<String>)> {
            SCENARIOS
                .iter()
                .filter_map(|(name, _)| at(name).map(|cell| (*name, cell)))
                .map(|(name, cell)| {
                    (name, deciders.iter().map(|decider| show(cell, cell.of(decider))).collect())
                })
                .collect()
        };
        table("scenario", &BACK, &each(&BACK, &|cell, record| backs(record, cell.onset)));
        println!("\nCanary requests that failed because it was worse, before the roll-back; mean");
        let rows = each(&BACK, &|_, record| format!("{:.0}", record.excess()));
        let worse: Vec<_> = rows.into_iter().filter(|(name, _)| name.starts_with('x')).collect();
        table("scenario", &BACK, &worse);
        println!("\nChanges of mind in the hour, or up to the roll-back; mean");
        let looking = &BACK[..LOOK];
        table("scenario", looking, &each(looking, &|_, record| format!("{:.1}", record.flips())));
        println!(
            "\nWhat came first: promoted / rolled back / neither, and the median minutes to the promotion"
        );
        let first = |_: &Cell, record: &Record| {
            format!(
                "{} / {} / {}, {}",
                percent(record.on_first()),
                percent(record.back_first()),
                percent(record.hold()),
                minutes(record.to_promote())
            )
        };
        table("scenario", &ON, &each(&ON, &first));
    }
}

fn counts(records: &[Record]) {
    for record in records {
        println!("- {}: {} replications", record.decider, record.outcomes.len());
    }
}

pub fn latency(cells: &[latency::Cell]) {
    println!("\n# Latency");
    counts(cells.first().map_or(&[], |cell| cell.records.as_slice()));
    println!("\nRolled back within 60 min; minutes: median / 90th percentile");
    let rows: Vec<(String, Vec<String>)> = cells
        .iter()
        .map(|cell| {
            let name = format!("{}, {} req/s", cell.scenario, cell.rate);
            (name, cell.records.iter().map(|record| backs(record, 0)).collect())
        })
        .collect();
    let rows: Vec<(&str, Vec<String>)> =
        rows.iter().map(|(name, cells)| (name.as_str(), cells.clone())).collect();
    table("scenario", &latency::DECIDERS, &rows);
}

pub fn gauges(rows: &[Row]) {
    println!("\n# Gauges of healthy canaries, called worse");
    let cells: Vec<(String, Vec<String>)> = rows
        .iter()
        .map(|row| {
            let shares = [row.kayenta_once, row.kayenta_every, row.compare, row.rule];
            (format!("{}", row.keep), shares.map(percent).to_vec())
        })
        .collect();
    let cells: Vec<(&str, Vec<String>)> =
        cells.iter().map(|(name, cells)| (name.as_str(), cells.clone())).collect();
    let deciders = ["Kayenta at 60 min", "Kayenta every 10 min", "tminus judge compare", "tminus, a rule"];
    table("correlation with the point before", &deciders, &cells);
}
