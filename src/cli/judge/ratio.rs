//! `tminus judge ratio`: counts of two sides in, the log of decisions out.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::counts::Recorded;
use crate::analysis::judge::{Decision, Entry, Settings, log};
use crate::analysis::sequential;
use crate::base::Seconds;
use crate::cli::Context;
use crate::cli::exit::{Exit, Failure};

/// Judges recorded counts.
#[derive(Debug, clap::Args)]
pub struct Ratio {
    /// The counts, as comma-separated values
    #[arg(long, value_name = "FILE.csv")]
    file: PathBuf,
    /// A canary up to so many times as bad as the baseline does no harm
    #[arg(long, default_value_t = Settings::default().rho0)]
    rho0: f64,
    /// A canary so many times as bad is not let on
    #[arg(long, default_value_t = Settings::default().rho_max)]
    rho_max: f64,
    /// How often a harmless canary may be rolled back, ever
    #[arg(long, default_value_t = Settings::default().alpha)]
    alpha: f64,
    /// How often a canary at rho-max may be promoted, ever
    #[arg(long, default_value_t = Settings::default().beta)]
    beta: f64,
    /// No promotion before so much time with good data, as 10m or seconds
    #[arg(long, value_parser = length, default_value_t = Settings::default().dwell)]
    dwell: Seconds,
    /// Samples so soon after the first do not count, as 3m or seconds
    #[arg(long, value_parser = length, default_value_t = Settings::default().warm_up)]
    warm_up: Seconds,
    /// How much more the bad events scatter than chance would have them, from two halves of the baseline
    #[arg(long, default_value_t = Settings::default().phi)]
    phi: f64,
}

/// A length of time: `3m`, or seconds without a unit, as scripts have them.
fn length(text: &str) -> Result<Seconds, String> {
    let bare = text.trim().parse::<u64>().ok().map(Seconds);
    bare.or_else(|| Seconds::parse(text))
        .ok_or_else(|| "not a length of time; write 90s, 10m, or seconds without a unit".to_owned())
}

/// One line of the log.
#[derive(Debug, Serialize)]
struct Line {
    t: Value,
    decision: Decision,
    log_e_bad: f64,
    log_e_ok: f64,
    ratio: sequential::Ratio,
    reason: String,
}

impl Ratio {
    /// Judges, and prints the log.
    ///
    /// # Errors
    /// When the file cannot be read or is not understood, or nothing can be judged with such settings.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let settings = Settings {
            rho0: self.rho0,
            rho_max: self.rho_max,
            alpha: self.alpha,
            beta: self.beta,
            dwell: self.dwell,
            warm_up: self.warm_up,
            phi: self.phi,
            ..Settings::default()
        };
        let unfit = |error: crate::analysis::judge::Unfit| Failure::usage(error.to_string());
        settings.check().map_err(unfit)?;
        let recorded = Recorded::read(&self.file)?;
        let settings = Settings { every: recorded.every(), ..settings };
        for entry in log(settings, &recorded.steps).map_err(unfit)? {
            if context.out.is_json() {
                context.out.json(&line(&recorded, &entry))?;
            } else {
                context.out.text(text(&recorded, &entry))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn line(recorded: &Recorded, entry: &Entry) -> Line {
    let ruling = &entry.ruling;
    Line {
        t: recorded.written(entry.at),
        decision: ruling.decision,
        log_e_bad: ruling.log_e_bad,
        log_e_ok: ruling.log_e_ok,
        ratio: ruling.ratio,
        reason: ruling.to_string(),
    }
}

fn text(recorded: &Recorded, entry: &Entry) -> String {
    let at = match recorded.written(entry.at) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let ruling = &entry.ruling;
    format!(
        "{at:>8}  {:<9}  worse {:6.2}  fine {:6.2}  {ruling}",
        ruling.decision, ruling.log_e_bad, ruling.log_e_ok
    )
}
