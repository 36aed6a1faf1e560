//! Who moves the weight of a router beside us.

use serde::{Deserialize, Serialize};

/// Who would write the weight again after us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Owner {
    /// It could not be found out.
    #[default]
    Unknown,
    /// Nobody: what we write stays.
    Nobody,
    /// An Argo Rollout: we promote, pause and abort it.
    Rollout {
        /// `NAMESPACE/NAME`.
        name: String,
    },
    /// A Flagger Canary.
    Flagger {
        /// `NAMESPACE/NAME`.
        name: String,
    },
    /// A controller that writes what a repository says.
    GitOps {
        /// `argocd` or `flux`.
        tool: GitOpsTool,
        /// The application or kustomization, `NAMESPACE/NAME` or its name alone.
        name: String,
        /// True while it writes by itself: then what we write is reverted.
        automatic: bool,
    },
}

/// A controller that writes what a repository says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GitOpsTool {
    /// Argo CD.
    Argocd,
    /// Flux.
    Flux,
}

impl Owner {
    /// For people: `Argo Rollout shop/payments`; `None` when nobody is known to own it.
    pub fn title(&self) -> Option<String> {
        match self {
            Self::Unknown | Self::Nobody => None,
            Self::Rollout { name } => Some(format!("Argo Rollout {name}")),
            Self::Flagger { name } => Some(format!("Flagger canary {name}")),
            Self::GitOps { tool: GitOpsTool::Argocd, name, .. } => Some(format!("Argo CD {name}")),
            Self::GitOps { tool: GitOpsTool::Flux, name, .. } => Some(format!("Flux {name}")),
        }
    }
    /// True when it writes the weight again by itself.
    pub fn reverts(&self) -> bool {
        match self {
            Self::Unknown | Self::Nobody => false,
            Self::Rollout { .. } | Self::Flagger { .. } => true,
            Self::GitOps { automatic, .. } => *automatic,
        }
    }
}
