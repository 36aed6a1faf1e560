//! What splits the traffic of a rollout.
//!
//! Invariants: routes and sides are found by name, never by place; both sides are always known, so that both weights
//! can be written in one change.

use crate::base::{FlagId, MetricId, ObjectName};

/// What splits the traffic, and what shows how it is really split.
#[derive(Clone, Debug, PartialEq)]
pub struct Router {
    /// What is written.
    pub kind: RouterKind,
    /// A metric whose `total` has both sides: its newest rates say what requests say. None means that the observed
    /// share is not known.
    pub observed: Option<MetricId>,
}

/// The object or program that splits the traffic.
#[derive(Clone, Debug, PartialEq)]
pub enum RouterKind {
    /// Weights of the backends of a Gateway API route.
    HttpRoute {
        /// The route.
        object: ObjectName,
        /// The rule by its name; without it every rule that has both sides.
        rule: Option<String>,
        /// Services.
        sides: SideNames,
    },
    /// Weights of the destinations of an Istio route.
    VirtualService {
        /// The virtual service.
        object: ObjectName,
        /// The route by its name; without it every route that has both sides.
        route: Option<String>,
        /// Subsets, or hosts where the route has no subsets.
        sides: SideNames,
    },
    /// The steps of an Argo Rollout: its controller moves the weights, we promote, pause and abort.
    Argo {
        /// The rollout.
        object: ObjectName,
    },
    /// The selector of a Service: one side has everything.
    Service {
        /// The service.
        object: ObjectName,
        /// `KEY=VALUE` of the selector, or the value alone where one key of the selector tells the sides apart.
        sides: SideNames,
    },
    /// How many pods each of two Deployments has behind one Service.
    Deployment {
        /// The group; its namespace is that of the sides.
        object: ObjectName,
        /// Deployments.
        sides: SideNames,
        /// How many pods there are in all; without it as many as both have when it begins.
        replicas: Option<u32>,
    },
    /// The percentage of a feature flag.
    Flag {
        /// The flag of the plan.
        flag: FlagId,
    },
    /// A program that moves the weight, and one that reads it back.
    Command {
        /// Program and arguments; `{{weight}}` and `{{stable-weight}}` are filled in.
        write: Vec<String>,
        /// Program and arguments that print the canary's weight.
        read: Vec<String>,
        /// Where it stands in printed JSON, as a JSON pointer; without it the output is the number.
        pointer: Option<String>,
    },
}

/// What the two sides are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideNames {
    /// The side that serves the last known good.
    pub stable: String,
    /// The side that serves the new version.
    pub canary: String,
}

impl RouterKind {
    /// The kind in one word, as plans and verbs write it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::HttpRoute { .. } => "httproute",
            Self::VirtualService { .. } => "virtualservice",
            Self::Argo { .. } => "rollout",
            Self::Service { .. } => "service",
            Self::Deployment { .. } => "deployment",
            Self::Flag { .. } => "flag",
            Self::Command { .. } => "command",
        }
    }

    /// The object of a cluster, when it is one.
    pub fn object(&self) -> Option<&ObjectName> {
        match self {
            Self::HttpRoute { object, .. }
            | Self::VirtualService { object, .. }
            | Self::Argo { object }
            | Self::Service { object, .. }
            | Self::Deployment { object, .. } => Some(object),
            Self::Flag { .. } | Self::Command { .. } => None,
        }
    }

    /// The two sides, where they have names.
    pub fn sides(&self) -> Option<&SideNames> {
        match self {
            Self::HttpRoute { sides, .. }
            | Self::VirtualService { sides, .. }
            | Self::Service { sides, .. }
            | Self::Deployment { sides, .. } => Some(sides),
            Self::Argo { .. } | Self::Flag { .. } | Self::Command { .. } => None,
        }
    }

    /// Kind and name for a title: `httproute shop/payments`.
    pub fn title(&self) -> String {
        match self {
            Self::Flag { flag } => format!("flag {flag}"),
            Self::Command { write, .. } => format!("command {}", write.first().map_or("", String::as_str)),
            other => {
                let object = other.object().map(ObjectName::to_string).unwrap_or_default();
                format!("{} {object}", other.word())
            }
        }
    }
}
