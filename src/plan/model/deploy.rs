//! What brings the new version up, and what a rollback brings back.

use crate::base::ObjectName;

/// How the new version gets to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deploy {
    /// What is done.
    pub by: DeployBy,
    /// The workload that serves the new version: its pods are counted, its image is read back by digest.
    pub workload: Option<Workload>,
    /// The workload that serves the last known good; the same one where a controller keeps both sides in it.
    pub stable: Option<Workload>,
}

/// What is done to deploy.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DeployBy {
    /// Nothing: the new version is there already, or a person brings it.
    #[default]
    Nobody,
    /// The image of a container of the workload is set.
    Image {
        /// The image with its tag or digest.
        image: String,
        /// The container by its name; without it the only one.
        container: Option<String>,
    },
    /// A value is committed to a repository that a controller follows.
    GitOps(GitOps),
    /// A workflow of a forge is started.
    Workflow(Workflow),
    /// A program is run.
    Command {
        /// Program and arguments; needs trust.
        run: Vec<String>,
    },
}

impl DeployBy {
    /// True when doing it again changes nothing that is already so, or its first time can be found again.
    pub fn is_declared(&self) -> bool {
        match self {
            Self::Nobody | Self::Image { .. } | Self::GitOps(_) => true,
            Self::Workflow(workflow) => workflow.is_marked(),
            Self::Command { .. } => false,
        }
    }
}

impl Workflow {
    /// What stands in an input where the operation's id is filled in; a run whose title shows it is found again.
    pub const OPERATION: &'static str = "{{operation}}";
    /// True when an input carries the operation's id.
    pub fn is_marked(&self) -> bool {
        self.inputs.values().any(|value| value.contains(Self::OPERATION))
    }
}

/// A commit that a controller follows.
#[derive(Clone, Debug, PartialEq)]
pub struct GitOps {
    /// A clone on this machine, relative to the plan's folder.
    pub repository: String,
    /// The branch that is followed.
    pub branch: String,
    /// The file in it.
    pub file: String,
    /// The image with its new tag or digest: where the file names it, that becomes the new one.
    pub image: String,
    /// The Argo CD application or Flux kustomization that must be synced and healthy, `argocd/NAMESPACE/NAME`
    /// or `flux/NAMESPACE/NAME`.
    pub follows: Option<String>,
}

/// A workflow of a forge, started by its API.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// Where to post, such as `https://api.github.com/repos/OWNER/REPO/actions/workflows/FILE/dispatches`.
    pub url: String,
    /// The branch or tag it runs on.
    pub reference: String,
    /// The environment variable that holds the token.
    pub token_env: String,
    /// Its inputs.
    pub inputs: std::collections::BTreeMap<String, String>,
}

/// A workload of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// What it is.
    pub kind: WorkloadKind,
    /// Which.
    pub object: ObjectName,
}

/// The kind of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// An Argo Rollout.
    Rollout,
}

impl WorkloadKind {
    /// Every kind, as plans write it.
    pub const ALL: [(&'static str, Self); 4] = [
        ("deployment", Self::Deployment),
        ("statefulset", Self::StatefulSet),
        ("daemonset", Self::DaemonSet),
        ("rollout", Self::Rollout),
    ];
    /// The word of a plan.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("workload", |(word, _)| word)
    }
}

impl Workload {
    /// Reads `KIND/NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, object) = text.split_once('/')?;
        let (_, kind) = WorkloadKind::ALL.iter().find(|(known, _)| *known == word)?;
        Some(Self { kind: *kind, object: ObjectName::parse(object)? })
    }
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.word(), self.object)
    }
}
