//! What this user trusts on this machine: plans that may run commands, ask servers and post messages.
//!
//! A grant is for one binding text, in one folder, for one cluster, with these very files. Anything that changes asks
//! again. Grants lie in the user's own state, never in a plan or a journal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::exit::{Exit, Failure};
use super::{Home, files};
use crate::base::{Digest, Timestamp, Untrusted};
use crate::plan::{Check, CommandCheck, Flag, FlagStore, Health, Plan, RouterKind, SourceKind, StepKind};

/// Everything this user trusts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    #[serde(default, rename = "grant")]
    grants: Vec<Grant>,
}

/// One plan that may act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The digest of the binding text.
    pub plan: Digest,
    /// The folder its commands run from.
    pub folder: PathBuf,
    /// The cluster it may reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When it was given.
    pub at: Timestamp,
    /// Every file of the folder that a command names, and what was in it.
    #[serde(default)]
    pub files: BTreeMap<String, Digest>,
}

/// Why a plan may not act here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// This user never trusted this binding text.
    #[error("this plan was not trusted on this machine, so it runs nothing")]
    Never,
    /// A file it may execute is another one now.
    #[error("{0} changed since the plan was trusted, so it runs nothing")]
    Changed(String),
}

impl Grants {
    /// Reads this user's grants; none when there is no file.
    ///
    /// # Errors
    /// When the file is there and cannot be read or understood.
    pub fn load(home: &Home) -> Result<Self, Failure> {
        let path = home.trust();
        if !path.exists() {
            return Ok(Self::default());
        }
        let refused = |message: String| {
            Failure::new(Exit::StoreRefused, message)
                .at(path.display().to_string(), None)
                .help("put it right, or remove it and trust your plans again")
        };
        let text =
            String::from_utf8(files::read(&path)?).map_err(|_| refused("it is not UTF-8".to_owned()))?;
        toml::from_str(&text).map_err(|error| refused(error.message().to_owned()))
    }
    /// Adds a grant, in place of an older one for the same folder and plan, and keeps it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn give(mut self, grant: Grant, home: &Home) -> Result<(), Failure> {
        self.grants.retain(|it| (it.plan, &it.folder) != (grant.plan, &grant.folder));
        self.grants.push(grant);
        let text = toml::to_string(&self)
            .map_err(|error| Failure::new(Exit::Bug, format!("the grants cannot be written: {error}")))?;
        home.create()?;
        Home::replace(&home.trust(), text.as_bytes())
    }
    /// The grant under which this plan may act, when every file is still the one that was trusted.
    ///
    /// # Errors
    /// Why it may not.
    pub fn find(&self, plan: &Plan) -> Result<&Grant, Distrust> {
        let fits = |it: &&Grant| it.plan == plan.digest && it.context == plan.release.context;
        let mut changed = None;
        for grant in self.grants.iter().rev().filter(fits) {
            match changed_file(grant) {
                None => return Ok(grant),
                Some(file) => changed = Some(file),
            }
        }
        Err(changed.map_or(Distrust::Never, Distrust::Changed))
    }
    /// Whether a verb may act on the real world for this plan.
    ///
    /// # Errors
    /// Why it may not, with what lets it.
    pub fn allow(&self, plan: &Plan) -> Result<(), Failure> {
        self.find(plan).map(|_| ()).map_err(|distrust| {
            Failure::new(Exit::NotTrusted, distrust.to_string())
                .help("`tminus trust --list PLAN` says what it would do, `tminus trust PLAN` lets it")
        })
    }
}

impl Grant {
    /// Trusts this plan as it lies in that folder now.
    pub fn new(plan: &Plan, folder: &Path, at: Timestamp) -> Self {
        let sources = plan.sources.iter().filter_map(|source| match &source.kind {
            SourceKind::Command { run } => Some(run),
            _ => None,
        });
        let named = commands(plan).map(|command| &command.run).chain(sources).chain(routers(plan)).flatten();
        let files = named.filter_map(|word| Some((word.clone(), digest(folder, word)?))).collect();
        Self {
            plan: plan.digest,
            folder: folder.to_owned(),
            context: plan.release.context.clone(),
            at,
            files,
        }
    }
}

/// What a plan would do to the world, one line each, safe for a terminal.
pub fn powers(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = commands(plan)
        .map(|command| format!("runs {}", Untrusted::new(command.run.join(" ")).line()))
        .collect();
    for gate in &plan.gates {
        match &gate.check {
            Check::Http(http) => lines.push(format!("asks {}", Untrusted::new(http.url.as_str()).line())),
            Check::Git(git) => {
                lines
                    .push(format!("reads the repository {}", Untrusted::new(git.repository.as_str()).line()));
            }
            Check::Command(_) | Check::Metric { .. } | Check::Manual => {}
        }
    }
    lines.extend(plan.sources.iter().map(|source| source_power(&source.kind)));
    lines.extend(
        plan.messages
            .iter()
            .filter_map(|it| it.webhook.as_ref())
            .map(|url| format!("posts to {}", Untrusted::new(url.as_str()).line())),
    );
    for step in plan.procedures.iter().flat_map(|procedure| &procedure.steps) {
        match &step.does {
            StepKind::Health(Health::Url(url)) => {
                lines.push(format!("asks {}", Untrusted::new(url.as_str()).line()));
            }
            StepKind::Incident(call) => {
                lines.push(format!("posts to {}", Untrusted::new(call.url.as_str()).line()));
            }
            _ => {}
        }
    }
    lines.extend(routers(plan).map(|run| format!("runs {}", Untrusted::new(run.join(" ")).line())));
    lines.extend(plan.flags.iter().flat_map(flag_powers));
    lines.dedup();
    lines
}

/// The programs that move and read weights.
fn routers(plan: &Plan) -> impl Iterator<Item = &Vec<String>> {
    let kinds = plan.rollouts.iter().filter_map(|rollout| rollout.router.as_ref()).map(|router| &router.kind);
    kinds
        .filter_map(|kind| match kind {
            RouterKind::Command { write, read, .. } => Some([write, read]),
            _ => None,
        })
        .flatten()
}

fn flag_powers(flag: &Flag) -> Vec<String> {
    let line = |text: String| Untrusted::new(text).line();
    match &flag.kept {
        FlagStore::File { path, .. } => vec![line(format!("writes {path}"))],
        FlagStore::Http(api) => {
            let token =
                api.token_env.as_ref().map(|env| format!(" with the token in ${env}")).unwrap_or_default();
            let posts = [&api.kill, &api.disable_all].into_iter().flatten();
            std::iter::once(line(format!("puts to {}{token}", api.url)))
                .chain(posts.map(|url| line(format!("posts to {url}{token}"))))
                .collect()
        }
    }
}

fn commands(plan: &Plan) -> impl Iterator<Item = &CommandCheck> {
    let gates = plan.gates.iter().filter_map(|gate| match &gate.check {
        Check::Command(command) => Some(command),
        _ => None,
    });
    let steps =
        plan.procedures.iter().flat_map(|procedure| &procedure.steps).filter_map(|step| match &step.does {
            StepKind::Command(command) => Some(command),
            _ => None,
        });
    gates.chain(steps)
}

/// The content of a file of that folder; none for a word that names none.
fn digest(folder: &Path, word: &str) -> Option<Digest> {
    let path = folder.join(word);
    let inside = std::fs::canonicalize(&path).ok()?.starts_with(folder);
    (inside && path.is_file()).then(|| std::fs::read(&path).ok().map(Digest::of))?
}

fn changed_file(grant: &Grant) -> Option<String> {
    grant
        .files
        .iter()
        .find(|(name, was)| digest(&grant.folder, name).as_ref() != Some(was))
        .map(|(name, _)| name.clone())
}

fn source_power(kind: &SourceKind) -> String {
    let text = match kind {
        SourceKind::Prometheus { url, .. }
        | SourceKind::Exposition { url }
        | SourceKind::Json { url }
        | SourceKind::Alertmanager { url } => format!("asks {url}"),
        SourceKind::Command { run } => format!("runs {}", run.join(" ")),
        SourceKind::Kubernetes { workload } => format!("watches {workload}"),
    };
    Untrusted::new(text).line()
}
