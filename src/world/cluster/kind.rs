//! The kinds of objects we read and write, known beforehand: no discovery, no round trip.

use std::fmt;

/// A kind of object in the Kubernetes API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The version we speak.
    pub version: &'static str,
    /// Its name in manifests, such as `HTTPRoute`.
    pub kind: &'static str,
    /// Its name in addresses, such as `httproutes`.
    pub plural: &'static str,
    /// The manifest that asks for the rights we need on it, below `assets/rbac`.
    pub role: &'static str,
}

impl Kind {
    /// A route of the Gateway API.
    pub const HTTP_ROUTE: Self =
        Self::of("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", "httproute");
    /// A gateway, which accepts routes.
    pub const GATEWAY: Self = Self::of("gateway.networking.k8s.io", "v1", "Gateway", "gateways", "httproute");
    /// Istio's routes.
    pub const VIRTUAL_SERVICE: Self =
        Self::of("networking.istio.io", "v1", "VirtualService", "virtualservices", "virtualservice");
    /// Istio's subsets.
    pub const DESTINATION_RULE: Self =
        Self::of("networking.istio.io", "v1", "DestinationRule", "destinationrules", "virtualservice");
    /// A rollout of Argo Rollouts.
    pub const ROLLOUT: Self = Self::of("argoproj.io", "v1alpha1", "Rollout", "rollouts", "rollout");
    /// One run of an analysis of Argo Rollouts.
    pub const ANALYSIS_RUN: Self =
        Self::of("argoproj.io", "v1alpha1", "AnalysisRun", "analysisruns", "rollout");
    /// An application of Argo CD.
    pub const APPLICATION: Self =
        Self::of("argoproj.io", "v1alpha1", "Application", "applications", "argocd");
    /// A kustomization of Flux.
    pub const KUSTOMIZATION: Self =
        Self::of("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", "flux");
    /// A Helm release of Flux.
    pub const HELM_RELEASE: Self =
        Self::of("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", "flux");
    /// A canary of Flagger.
    pub const CANARY: Self = Self::of("flagger.app", "v1beta1", "Canary", "canaries", "flagger");
    /// A service.
    pub const SERVICE: Self = Self::of("", "v1", "Service", "services", "service");
    /// Where a service sends to.
    pub const ENDPOINT_SLICE: Self =
        Self::of("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "read-only");
    /// A deployment.
    pub const DEPLOYMENT: Self = Self::of("apps", "v1", "Deployment", "deployments", "deployment");
    /// A stateful set.
    pub const STATEFUL_SET: Self = Self::of("apps", "v1", "StatefulSet", "statefulsets", "workloads");
    /// A daemon set.
    pub const DAEMON_SET: Self = Self::of("apps", "v1", "DaemonSet", "daemonsets", "workloads");
    /// A replica set.
    pub const REPLICA_SET: Self = Self::of("apps", "v1", "ReplicaSet", "replicasets", "read-only");
    /// A pod.
    pub const POD: Self = Self::of("", "v1", "Pod", "pods", "read-only");
    /// A namespace; it lies in none itself.
    pub const NAMESPACE: Self = Self::of("", "v1", "Namespace", "namespaces", "read-only");

    const fn of(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        role: &'static str,
    ) -> Self {
        Self { group, version, kind, plural, role }
    }

    /// `group/version`, or the version alone in the core, as manifests write it.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Where its objects are, without a namespace: `/apis/apps/v1`.
    pub(super) fn root(&self) -> String {
        match self.group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind.to_ascii_lowercase())
    }
}

/// One object, by its names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its namespace; empty where the kind has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Object {
    /// The object of this kind and these names.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// Some objects of one kind: all of a namespace, or fewer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Objects {
    /// What they are.
    pub kind: Kind,
    /// Their namespace; empty for all namespaces.
    pub namespace: String,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those with these labels, as `app=web,track=canary`.
    pub labels: Option<String>,
}

impl Objects {
    /// All of a namespace.
    pub fn of(kind: Kind, namespace: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: None, labels: None }
    }

    /// Only the one of this name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Only those with these labels, as `app=web,track=canary`.
    #[must_use]
    pub fn labelled(self, labels: impl Into<String>) -> Self {
        Self { labels: Some(labels.into()), ..self }
    }
}
