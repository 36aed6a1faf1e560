//! `tminus gate run|list|review|waive`: the checks that decide.

use clap::Subcommand;
use serde::Serialize;

use super::acting::Acting;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::{GateId, Timestamp, Untrusted};
use crate::plan::Otherwise;
use crate::release::{View, Wish, standing};

/// The checks that decide.
#[derive(Debug, clap::Args)]
pub struct Gate {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a gate, and wait for its verdict
    #[command(after_help = "Example:\n  tminus gate run unit-tests")]
    Run {
        /// The gate
        gate: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// List the gates and what they say
    #[command(after_help = "Example:\n  tminus gate list --json")]
    List,
    /// Decide on a gate that asks for review, or answer one that a person looks at
    #[command(after_help = "Example:\n  tminus gate review docs --accept --reason \"read them all\"",
        group = clap::ArgGroup::new("decision").required(true))]
    Review {
        /// The gate
        gate: String,
        /// Let the release on
        #[arg(long, group = "decision")]
        accept: bool,
        /// Do not let it on
        #[arg(long, group = "decision")]
        reject: bool,
        /// What was looked at
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Let a gate be; it stays red in every report
    #[command(after_help = "Example:\n  tminus gate waive docs --reason \"follows tomorrow\"")]
    Waive {
        /// The gate
        gate: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// One gate as scripts see it.
#[derive(Debug, Serialize)]
struct Row {
    gate: GateId,
    title: String,
    verdict: &'static str,
    allows: bool,
    note: String,
    otherwise: String,
    runs: u32,
    ended: Option<Timestamp>,
}

impl Gate {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such gate or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List => list(context),
            Verb::Run { gate, acting } => {
                let desk = acting.desk(context)?;
                let gate = names::gate(desk.view(), &gate)?;
                desk.run_gate(gate)
            }
            Verb::Review { gate, accept, reject: _, reason, acting } => {
                let desk = acting.desk(context)?;
                let gate = names::gate(desk.view(), &gate)?;
                desk.send(Wish::ReviewGate { gate, accepted: accept, reason: Untrusted::new(reason) })
            }
            Verb::Waive { gate, reason, acting } => {
                let desk = acting.desk(context)?;
                let gate = names::gate(desk.view(), &gate)?;
                desk.send(Wish::WaiveGate { gate, reason: Untrusted::new(reason) })
            }
        }
    }
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::open(context, Purpose::Read)?;
    let rows: Vec<Row> = desk.view().plan.gates.iter().map(|gate| row(desk.view(), gate)).collect();
    if context.out.is_json() {
        context.out.json(&rows)?;
        return Ok(Exit::Ok);
    }
    if rows.is_empty() {
        context.out.text("the plan has no gates; `tminus init` writes those it finds into a plan file")?;
    }
    for row in rows {
        let way = if row.allows { "lets on " } else { "holds up" };
        context.out.text(format!("{:<8} {way}  {:<28} {}", row.verdict, row.gate, row.note))?;
    }
    Ok(Exit::Ok)
}

fn row(view: &View, gate: &crate::plan::Gate) -> Row {
    let standing = standing(&view.state, gate, view.now);
    let known = view.state.gates.get(&gate.id);
    let otherwise = match &gate.otherwise {
        Otherwise::Block => "block".to_owned(),
        Otherwise::Warn => "warn".to_owned(),
        Otherwise::Review(role) => format!("review {role}"),
        Otherwise::Require => "require".to_owned(),
    };
    Row {
        gate: gate.id.clone(),
        title: gate.title.line(),
        verdict: standing.word.as_str(),
        allows: standing.allows,
        note: standing.note,
        otherwise,
        runs: known.map_or(0, |known| known.count()),
        ended: known.and_then(|known| known.newest()).and_then(|run| run.ended),
    }
}
