//! What moves traffic and versions: `router`, `deploy` and `warm` of a rollout, and `[flag.*]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;

/// What splits the traffic; exactly one kind.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Router {
    /// A Gateway API route: `NAMESPACE/NAME`.
    pub httproute: Option<At<String>>,
    /// An Istio virtual service: `NAMESPACE/NAME`.
    pub virtualservice: Option<At<String>>,
    /// An Argo Rollout: `NAMESPACE/NAME`.
    pub rollout: Option<At<String>>,
    /// A Service whose selector is switched: `NAMESPACE/NAME`.
    pub service: Option<At<String>>,
    /// Two Deployments behind one Service: `NAMESPACE/NAME` of the group.
    pub deployment: Option<At<String>>,
    /// A flag of the plan.
    pub flag: Option<At<String>>,
    /// A program that moves the weight: program and arguments with `{{weight}}` and `{{stable-weight}}`.
    pub write: Option<At<Vec<String>>>,
    /// A program that prints the canary's weight; wanted beside `write`.
    pub read: Option<At<Vec<String>>>,
    /// Where the weight stands in the JSON that `read` prints, as a JSON pointer.
    pub pointer: Option<At<String>>,
    /// What the old version's side is called in the object.
    pub stable: Option<At<String>>,
    /// What the new version's side is called in the object.
    pub canary: Option<At<String>>,
    /// The rule of an `httproute` by its name; every rule that has both sides without it.
    pub rule: Option<At<String>>,
    /// The route of a `virtualservice` by its name; every route that has both sides without it.
    pub route: Option<At<String>>,
    /// How many pods there are in all, for a `deployment`.
    pub replicas: Option<At<u32>>,
    /// A metric whose `total` has both sides: says how requests are really split.
    pub observed: Option<At<String>>,
}

/// How the new version gets to run; at most one way.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deploy {
    /// The workload that serves the new version: `deployment/NAMESPACE/NAME`, or `statefulset`, `daemonset`,
    /// `rollout`.
    pub workload: Option<At<String>>,
    /// The workload that serves the old version; the same one without it.
    pub stable: Option<At<String>>,
    /// The image that is set, with its tag or digest.
    pub image: Option<At<String>>,
    /// The container whose image is set; the only one without it.
    pub container: Option<At<String>>,
    /// A commit that a controller follows: the `image` is written into a file of a repository.
    pub gitops: Option<GitOps>,
    /// A workflow of a forge.
    pub workflow: Option<Workflow>,
    /// A program: program and arguments, never through a shell.
    pub run: Option<At<Vec<String>>>,
}

/// A commit that a controller follows.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GitOps {
    /// A clone on this machine, relative to the plan file.
    pub repository: At<String>,
    /// The branch that is followed; `main` without it.
    pub branch: Option<At<String>>,
    /// The file in it that names the image.
    pub file: At<String>,
    /// What must be synced and healthy: `argocd/NAMESPACE/NAME` or `flux/NAMESPACE/NAME`.
    pub follows: Option<At<String>>,
}

/// A workflow of a forge, started by its API.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workflow {
    /// Where to post.
    pub url: At<String>,
    /// The branch or tag it runs on.
    #[serde(rename = "ref")]
    pub reference: At<String>,
    /// The environment variable that holds the token.
    pub token_env: At<String>,
    /// Its inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
}

/// How the old version is kept after full promotion.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warm {
    /// For how long; then it is scaled down.
    pub keep: At<String>,
    /// The share of the traffic it keeps until then, such as `5%`; none without it.
    pub control: Option<At<String>>,
}
