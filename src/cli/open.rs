//! `tminus open PLAYBOOK|PLAN`: a document becomes a live release, and the cockpit shows it.
//!
//! With standard output elsewhere than on a terminal, or with `--no-screen`, it makes the release, says where it
//! stands and ends.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use super::files::Opened;
use super::opening::{Author, adopt, stream};
use super::operator::operator;
use super::shelf::{self, Found};
use super::trust::not_understood;
use super::wiring::Wires;
use super::{Context, cockpit, engine, worlds};
use crate::base::{Timestamp, Untrusted, Via};
use crate::journal::{Genesis, SqliteStore};
use crate::plan::bundled::rehearsal;
use crate::plan::{Plan, Sources, resolve};
use crate::release::wanted;
use crate::report::card::card;
use crate::report::status::Status;

/// Opens a playbook or a plan as a live release.
#[derive(Debug, clap::Args)]
pub struct Open {
    /// The playbook or the plan file; without it, the live release
    file: Option<PathBuf>,
    /// Play it in a simulated world, in a test journal of its own
    #[arg(long, value_name = "NAME", requires = "file")]
    world: Option<String>,
    /// Adopt the plan as it is on disk now, when it differs from the adopted one
    #[arg(long, requires = "file")]
    adopt: bool,
    /// Make the release, say where it stands, and end
    #[arg(long)]
    no_screen: bool,
}

impl Open {
    /// Opens it.
    ///
    /// # Errors
    /// When the file is not understood, or its journal may not be used.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.home.create()?;
        let found = match &self.file {
            Some(file) => self.release(context, file)?,
            None => shelf::to_act(&context.home, context.release.as_deref())?,
        };
        let wires = Wires { home: context.home.clone(), journal: found.journal.clone() };
        let desk = Desk::at(context, found.clone(), Purpose::Read)?;
        let view = desk.view();
        let needed = wanted(&view.state, &view.plan, view.now).alive;
        let simulated = self.world.is_some();
        let screen = !self.no_screen && !context.out.is_json() && std::io::stdout().is_terminal();
        if (needed || simulated || screen) && !view.state.status.is_over() {
            engine::start(&wires, &found.stream)?;
        }
        if screen {
            return cockpit::show(&wires, &found.stream);
        }
        let status = Status::of(Desk::at(context, found, Purpose::Read)?.view());
        if context.out.is_json() {
            context.out.json(&status)?;
        } else {
            context.out.text(card(&status))?;
        }
        Ok(Exit::Ok)
    }

    /// The release of this file: the one that is there, or a new one.
    fn release(&self, context: &Context, file: &Path) -> Result<Found, Failure> {
        let opened = Opened::read(file)?;
        // A playbook without a machine part gets one in a simulated world, so that there is a canary to drive.
        let sources = match (&self.world, opened.sources) {
            (Some(_), Sources { playbook: Some(playbook), plan: None }) => rehearsal(playbook),
            (_, sources) => sources,
        };
        let plan = resolve(&sources).map_err(not_understood)?.plan;
        let stream = stream(&plan);
        let journal = self.journal(context, &plan)?;
        let store = self.store(&journal)?;
        let known = shelf::find(&journal, &stream).ok();
        let same = |found: &Found| found.state.plan == Some(plan.digest);
        // Prose and items may change without a question; what binds may not.
        let unchanged = |found: &Found| same(found) && found.state.sources == Some(sources.digest());
        match known {
            Some(found) if unchanged(&found) => return Ok(found),
            Some(found) if !self.adopt && !same(&found) => {
                context.out.remark(&format!(
                    "{} differs from the plan this release adopted; `tminus open {} --adopt` adopts it",
                    file.display(),
                    file.display()
                ));
                return Ok(found);
            }
            _ => {}
        }
        let author = Author {
            actor: operator(),
            via: Via::Verb,
            at: shelf::fixed_time(store.genesis().test)?.unwrap_or_else(Timestamp::now),
            seed: shelf::seed().filter(|_| store.genesis().test),
        };
        let stream = adopt(store, &sources, &author)?;
        shelf::find(&journal, &stream)
    }

    fn journal(&self, context: &Context, plan: &Plan) -> Result<PathBuf, Failure> {
        let Some(world) = &self.world else { return Ok(context.home.journal()) };
        worlds::load(world, worlds::SEED)?;
        let word = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '-' };
        let name: String =
            Untrusted::new(plan.release.name.as_str()).line().chars().map(word).take(40).collect();
        Ok(context.home.state().join(format!("world-{world}.{name}.db")))
    }

    fn store(&self, journal: &Path) -> Result<SqliteStore, Failure> {
        let seed = shelf::seed();
        let test = seed.is_some() || self.world.is_some();
        let id = match seed {
            Some(seed) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("journal/{seed}").as_bytes()),
            None => Uuid::new_v4(),
        };
        let at = shelf::fixed_time(test)?.unwrap_or_else(Timestamp::now);
        SqliteStore::open_or_create(journal, &Genesis { journal: id, test, at })
            .map_err(|error| shelf::refused(journal, &error))
    }
}
