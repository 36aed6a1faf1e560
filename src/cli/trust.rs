//! `tminus trust PLAN`: let a plan run its commands and ask its servers on this machine.

use std::path::PathBuf;

use super::Context;
use super::exit::{Exit, Failure};
use super::files::Opened;
use super::grants::{Grant, Grants, powers};
use crate::base::Timestamp;
use crate::plan::{PlanError, resolve};

/// Trusts a plan as it is now; any change asks again.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// The plan file or its playbook
    plan: PathBuf,
    /// Only show what it would be allowed to do
    #[arg(long)]
    list: bool,
}

impl Trust {
    /// Gives the grant and says what it allows.
    ///
    /// # Errors
    /// When the plan cannot be read or the grant cannot be kept.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let opened = Opened::read(&self.plan)?;
        let plan = resolve(&opened.sources).map_err(not_understood)?.plan;
        let powers = powers(&plan);
        if !self.list {
            let grant = Grant::new(&plan, &opened.folder, Timestamp::now());
            Grants::load(&context.home)?.give(grant, &context.home)?;
        }
        if context.out.is_json() {
            context.out.json(&serde_json::json!({
                "plan": plan.digest, "trusted": !self.list, "may": powers,
            }))?;
            return Ok(Exit::Ok);
        }
        let verb = if self.list { "would be allowed to" } else { "may now" };
        context.out.text(format!("plan {} {verb}:", plan.digest.short()))?;
        if powers.is_empty() {
            context.out.text("  nothing beyond the journal: it has no command, request or message")?;
        }
        for power in powers {
            context.out.text(format!("  {power}"))?;
        }
        Ok(Exit::Ok)
    }
}

/// A plan that cannot be used is a file that was not understood.
pub fn not_understood(error: PlanError) -> Failure {
    let line = (error.line > 0).then_some(error.line);
    Failure::new(Exit::NotUnderstood, error.message).at(error.file.line(), line).help(error.help)
}
