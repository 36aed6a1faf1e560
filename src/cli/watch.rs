//! `tminus watch`: the status again whenever something was recorded, until the release is over.

use std::time::Duration;

use super::Context;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use crate::report::card;
use crate::report::status::Status;

/// The longest wait for another process to record something.
const WAIT: Duration = Duration::from_secs(60);

/// Follows a release, one object a line under `--json`.
#[derive(Debug, clap::Args)]
pub struct Watch {}

impl Watch {
    /// Follows it.
    ///
    /// # Errors
    /// When there is no release to read, or its journal is gone.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut desk = Desk::open(context, Purpose::Read)?;
        let mut watcher = desk.watcher()?;
        loop {
            let status = Status::of(desk.view());
            if context.out.is_json() {
                context.out.json(&status)?;
            } else {
                context.out.text(card::card(&status))?;
            }
            if desk.is_over()? {
                return Ok(Exit::Ok);
            }
            while !desk.refresh()? {
                if desk.is_over()? {
                    return Ok(Exit::Ok);
                }
                watcher.wait(WAIT).map_err(|error| desk.refused(&error))?;
            }
        }
    }
}
