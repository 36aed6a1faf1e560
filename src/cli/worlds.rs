//! Which world a release is played in: the real one, or a script.

use std::sync::Arc;

use super::Home;
use super::closed::Closed;
use super::config::Config;
use super::exit::{Exit, Failure};
use super::grants::Grants;
use super::shelf::{self, Found, Kind};
use crate::base::Untrusted;
use crate::engine::Nature;
use crate::engine::clock::WallClock;
use crate::engine::ports::{Numbers, Router, World};
use crate::journal::{OpenMode, SqliteStore};
use crate::plan::Plan;
use crate::world::Unconnected;
use crate::world::checks::RealChecks;
use crate::world::cluster::{Access, Cluster, Surroundings};
use crate::world::flags::{RealFlags, Tokens};
use crate::world::metrics::{Means, Sources};
use crate::world::notify::JournalOnly;
use crate::world::routers::{self, Known, Leave, Routers};
use crate::world::sim::{NAMES, SimWorld, bundled};
use crate::world::workloads::Running;

/// The seed of a world that is played without one.
pub const SEED: u64 = 1;

/// A world to act in.
pub struct Chosen {
    /// Its ports.
    pub ports: World,
    /// Whether what is done there is done.
    pub nature: Nature,
}

/// Reads a bundled script, or one from a file.
///
/// # Errors
/// When there is no such script, or a line of it cannot be played.
pub fn load(name: &str, seed: u64) -> Result<SimWorld, Failure> {
    let shown = Untrusted::new(name).line();
    let text = bundled(name).ok_or_else(|| {
        Failure::usage(format!("there is no world `{shown}`"))
            .help(format!("there are: {}", NAMES.join(", ")))
    })?;
    SimWorld::load(name, text, seed).map_err(|error| Failure::new(Exit::Bug, error.to_string()))
}

/// The world of a release.
///
/// # Errors
/// When its script is gone, or its journal cannot be read.
pub fn of(home: &Home, found: &Found, plan: &Plan) -> Result<Chosen, Failure> {
    match found.kind {
        Kind::World | Kind::Demo => simulated(found),
        Kind::Live => Ok(Chosen { ports: real(home, plan)?, nature: Nature::Real }),
    }
}

/// The real world, as far as this user lets the plan into it. The cluster is always there: traffic can be put back
/// whatever is wrong with trust or settings.
fn real(home: &Home, plan: &Plan) -> Result<World, Failure> {
    let cluster = cluster(plan.release.context.as_deref());
    let grants = Grants::load(home)?;
    let grant = match grants.find(plan) {
        Ok(grant) => grant,
        Err(distrust) => {
            let why = format!("{distrust}; `tminus trust` lets it");
            let closed = Arc::new(Closed::new(why.as_str()));
            return Ok(World {
                checks: closed.clone(),
                numbers: closed.clone(),
                workloads: Arc::new(Running::new(cluster.clone(), Leave::Withheld(why.clone()))),
                router: router(plan, cluster, closed.clone(), Leave::Withheld(why)),
                flags: closed.clone(),
                notifier: closed,
            });
        }
    };
    let http = match Config::load(home).and_then(|config| config.http()) {
        Ok(http) => http,
        // What a person wrote wrong about servers must not keep traffic from being put back.
        Err(failure) => {
            let why = failure.to_string();
            let closed = Arc::new(Closed::new(why.as_str()));
            return Ok(World {
                checks: closed.clone(),
                numbers: closed.clone(),
                workloads: Arc::new(Running::new(cluster.clone(), Leave::Withheld(why.clone()))),
                router: router(plan, cluster, closed, Leave::Withheld(why)),
                flags: Arc::new(Unconnected),
                notifier: Arc::new(JournalOnly),
            });
        }
    };
    let numbers = Arc::new(Sources::new(
        plan,
        Means {
            folder: grant.folder.clone(),
            http: http.clone(),
            cluster: Arc::new(cluster.clone()),
            clock: Arc::new(WallClock),
        },
    ));
    let leave = Leave::Granted { folder: grant.folder.clone(), http: http.clone() };
    let workloads = Running::new(cluster.clone(), leave.clone());
    let flags = RealFlags::new(grant.folder.clone(), http.clone(), Tokens::Environment);
    let checks = RealChecks::new(
        grant.folder.clone(),
        Arc::new(plan.clone()),
        http,
        numbers.clone(),
        Arc::new(WallClock),
    );
    Ok(World {
        checks: Arc::new(checks),
        router: router(plan, cluster, numbers.clone(), leave),
        numbers,
        flags: Arc::new(flags),
        workloads: Arc::new(workloads),
        notifier: Arc::new(JournalOnly),
    })
}

/// The cluster this user means, by the plan's context or the current one; nothing is asked before it is needed.
pub fn cluster(context: Option<&str>) -> Cluster {
    Cluster::new(Access::of(context, &Surroundings::of_process()), Arc::new(WallClock))
}

/// The routers of a plan.
fn router(plan: &Plan, cluster: Cluster, numbers: Arc<dyn Numbers>, leave: Leave) -> Arc<dyn Router> {
    let means = routers::Means { cluster, numbers, clock: Arc::new(WallClock), leave };
    Arc::new(Routers::new(Known::from(plan), means))
}

/// The real world of a router that belongs to no plan: a cluster, and nothing else.
pub fn adhoc(context: Option<&str>) -> World {
    let why = "it belongs to no plan";
    let closed = Arc::new(Closed::new(why));
    let leave = Leave::Withheld(why.to_owned());
    World {
        checks: closed.clone(),
        numbers: closed.clone(),
        router: router(&Plan::blank("adhoc", ""), cluster(context), closed.clone(), leave),
        workloads: closed.clone(),
        flags: closed,
        notifier: Arc::new(JournalOnly),
    }
}

/// A simulated world, taken up where the journal left it.
fn simulated(found: &Found) -> Result<Chosen, Failure> {
    let refused = |error| shelf::refused(&found.journal, &error);
    let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
    let name = name_of(found);
    let play = load(&name, SEED)?.play(Arc::new(WallClock), store.genesis().at);
    play.recall(&shelf::events(&store, &found.stream).map_err(refused)?);
    Ok(Chosen { ports: play.world(), nature: Nature::Simulated })
}

/// The script's name, out of the journal's: `world-NAME.RELEASE.db`.
fn name_of(found: &Found) -> String {
    let file = found.journal.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = file.strip_prefix("world-").unwrap_or(&file);
    name.split('.').next().unwrap_or_default().to_owned()
}
