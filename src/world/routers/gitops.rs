//! What a repository says of an object: the marks Argo CD and Flux leave on it, and whether they write it by
//! themselves.
//!
//! Invariants: a mark that names another object is a copy and counts for nothing; a controller whose settings cannot
//! be read is taken to write by itself.

use serde_json::Value;

use crate::base::is_name;
use crate::world::cluster::{Kind, Object};

use super::ignore;

/// A mark on an object that names who writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An Argo CD application that tracks this very object.
    Application {
        /// Its namespace, where the mark names one.
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// How sure the mark is.
        trust: Trust,
    },
    /// A kustomization or Helm release of Flux.
    Flux(Object),
}

/// How sure a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Only Argo CD writes it.
    Sure,
    /// Others use the same label: it counts when there is such an application.
    Common,
}

/// What a controller does with the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// True while it writes the fields again by itself.
    pub automatic: bool,
    /// What a person should know beside that.
    pub notes: Vec<String>,
    /// Where the object is kept: repository and path.
    pub source: Option<String>,
}

/// The marks on an object as it was read.
pub fn marks(object: &Object, value: &Value) -> Vec<Mark> {
    let label = |key: &str| value.pointer("/metadata/labels")?.get(key)?.as_str().filter(|it| is_name(it));
    let annotation = |key: &str| value.pointer("/metadata/annotations")?.get(key)?.as_str();
    let mut found = Vec::new();
    if let Some(mark) = annotation("argocd.argoproj.io/tracking-id").and_then(|text| tracked(object, text)) {
        found.push(mark);
    } else if let Some(name) = label("argocd.argoproj.io/instance") {
        found.push(Mark::Application { namespace: None, name: name.to_owned(), trust: Trust::Sure });
    } else if let Some(name) = label("app.kubernetes.io/instance")
        && value.pointer("/metadata/labels/app.kubernetes.io~1managed-by").and_then(Value::as_str)
            != Some("Helm")
    {
        found.push(Mark::Application { namespace: None, name: name.to_owned(), trust: Trust::Common });
    }
    for (prefix, kind) in
        [("kustomize.toolkit.fluxcd.io", Kind::KUSTOMIZATION), ("helm.toolkit.fluxcd.io", Kind::HELM_RELEASE)]
    {
        let name = label(&format!("{prefix}/name"));
        let namespace = label(&format!("{prefix}/namespace"));
        if let (Some(name), Some(namespace)) = (name, namespace) {
            found.push(Mark::Flux(Object::new(kind, namespace, name)));
        }
    }
    found
}

/// Reads `APP:GROUP/KIND:NAMESPACE/NAME`; none when it names another object.
fn tracked(object: &Object, text: &str) -> Option<Mark> {
    let (app, rest) = text.split_once(':')?;
    let (kind, place) = rest.split_once(':')?;
    let own = kind == format!("{}/{}", object.kind.group, object.kind.kind)
        && place == format!("{}/{}", object.namespace, object.name);
    // An application outside Argo CD's own namespace is written NAMESPACE_NAME; neither part may hold a `_`.
    let (namespace, name) = match app.split_once('_') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, app),
    };
    (own && is_name(name) && namespace.is_none_or(is_name)).then(|| Mark::Application {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        trust: Trust::Sure,
    })
}

/// What an application does with these fields of the object.
pub fn application(application: &Value, object: &Object, fields: &[String]) -> Habit {
    let mut notes = Vec::new();
    let automated = application.pointer("/spec/syncPolicy/automated").filter(|it| is_on(it));
    let heals = automated.and_then(|it| it.get("selfHeal")).and_then(Value::as_bool).unwrap_or(false);
    let ignored = ignore::leaves_alone(application, object, fields);
    match (automated, heals, ignored) {
        (None, ..) => notes.push("the next sync, which a person starts, writes it again".to_owned()),
        (Some(_), _, true) => {
            let options = application.pointer("/spec/syncPolicy/syncOptions").and_then(Value::as_array);
            let respected =
                options.into_iter().flatten().any(|it| it.as_str() == Some("RespectIgnoreDifferences=true"));
            if !respected {
                let text = "it leaves these fields alone, but a sync for another reason writes them again: \
                            set the sync option RespectIgnoreDifferences=true";
                notes.push(text.to_owned());
            }
        }
        (Some(_), false, false) => {
            notes.push("it does not heal by itself, but the next commit writes it again".to_owned());
        }
        (Some(_), true, false) => {}
    }
    let text = |at: &str| application.pointer(at).and_then(Value::as_str);
    let source = text("/spec/source/repoURL").or_else(|| text("/spec/sources/0/repoURL"));
    let path = text("/spec/source/path").or_else(|| text("/spec/sources/0/path"));
    Habit {
        automatic: heals && !ignored,
        notes,
        source: source.map(|url| match path {
            Some(path) => format!("{url} {path}"),
            None => url.to_owned(),
        }),
    }
}

/// What Flux does with the object.
pub fn flux(owner: &Object, settings: &Value, value: &Value) -> Habit {
    let annotation = |key: &str| {
        let text =
            value.pointer("/metadata/annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
        text.map(str::to_ascii_lowercase)
    };
    let suspended = settings.pointer("/spec/suspend").and_then(Value::as_bool).unwrap_or(false);
    let mut notes = Vec::new();
    let automatic = if suspended {
        notes.push("it is suspended; once resumed it writes it again".to_owned());
        false
    } else if owner.kind == Kind::HELM_RELEASE {
        let mode = settings.pointer("/spec/driftDetection/mode").and_then(Value::as_str);
        let heals = mode == Some("enabled");
        if !heals {
            notes.push("it does not watch for drift, but the next upgrade writes it again".to_owned());
        }
        heals
    } else {
        let left = annotation("kustomize.toolkit.fluxcd.io/reconcile").as_deref() == Some("disabled")
            || matches!(
                annotation("kustomize.toolkit.fluxcd.io/ssa").as_deref(),
                Some("ignore" | "ifnotpresent")
            );
        !left
    };
    let text = |at: &str| settings.pointer(at).and_then(Value::as_str);
    let source = text("/spec/sourceRef/name").or_else(|| text("/spec/chart/spec/sourceRef/name"));
    let path = text("/spec/path").or_else(|| text("/spec/chart/spec/chart"));
    Habit { automatic, notes, source: source.map(|it| format!("{it} {}", path.unwrap_or_default())) }
}

/// `automated` is on by being there, unless it says otherwise.
pub(super) fn is_on(automated: &Value) -> bool {
    automated.is_object() && automated.get("enabled").and_then(Value::as_bool).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn route() -> Object {
        Object::new(Kind::HTTP_ROUTE, "shop", "payments")
    }

    fn app(namespace: Option<&str>, trust: Trust) -> Vec<Mark> {
        vec![Mark::Application { namespace: namespace.map(str::to_owned), name: "shop".to_owned(), trust }]
    }

    #[rstest]
    #[case::tracked("shop:gateway.networking.k8s.io/HTTPRoute:shop/payments", app(None, Trust::Sure))]
    #[case::far("ci_shop:gateway.networking.k8s.io/HTTPRoute:shop/payments", app(Some("ci"), Trust::Sure))]
    #[case::a_copy("shop:gateway.networking.k8s.io/HTTPRoute:shop/other", Vec::new())]
    #[case::of_a_parent("shop:apps/Deployment:shop/payments", Vec::new())]
    #[case::nonsense("shop", Vec::new())]
    #[case::no_name("$(x):gateway.networking.k8s.io/HTTPRoute:shop/payments", Vec::new())]
    fn a_tracking_id_counts_for_its_own_object(#[case] id: &str, #[case] wanted: Vec<Mark>) {
        let value = json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": id}}});
        assert_eq!(marks(&route(), &value), wanted);
    }

    #[rstest]
    #[case::own(json!({"argocd.argoproj.io/instance": "shop"}), app(None, Trust::Sure))]
    #[case::common(json!({"app.kubernetes.io/instance": "shop"}), app(None, Trust::Common))]
    #[case::helm(json!({"app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "Helm"}), Vec::new())]
    #[case::flux(
        json!({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}),
        vec![Mark::Flux(Object::new(Kind::KUSTOMIZATION, "flux-system", "apps"))],
    )]
    #[case::half(json!({"helm.toolkit.fluxcd.io/name": "shop"}), Vec::new())]
    fn labels_name_who_writes(#[case] labels: Value, #[case] wanted: Vec<Mark>) {
        assert_eq!(marks(&route(), &json!({"metadata": {"labels": labels}})), wanted);
    }

    #[rstest]
    #[case::by_hand(json!({}), false)]
    #[case::heals(json!({"automated": {"selfHeal": true}}), true)]
    #[case::only_commits(json!({"automated": {"prune": true}}), false)]
    #[case::off(json!({"automated": {"selfHeal": true, "enabled": false}}), false)]
    fn an_application_writes_again_when_it_heals(#[case] policy: Value, #[case] wanted: bool) {
        let value = json!({"spec": {"syncPolicy": policy}});
        let habit = application(&value, &route(), &["/spec/rules/0/backendRefs/0/weight".to_owned()]);
        assert_eq!(habit.automatic, wanted);
        assert_eq!(habit.notes.is_empty(), wanted);
    }

    #[test]
    fn an_application_that_ignores_the_weights_leaves_them() {
        let value = json!({"spec": {
            "source": {"repoURL": "https://git.example.com/shop", "path": "prod"},
            "syncPolicy": {"automated": {"selfHeal": true}},
            "ignoreDifferences": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute",
                "jqPathExpressions": [".spec.rules[].backendRefs[].weight"]}],
        }});
        let habit = application(&value, &route(), &["/spec/rules/0/backendRefs/0/weight".to_owned()]);
        assert!(!habit.automatic);
        assert!(habit.notes[0].contains("RespectIgnoreDifferences"), "{habit:?}");
        assert_eq!(habit.source.as_deref(), Some("https://git.example.com/shop prod"));
    }

    #[rstest]
    #[case::plain(Kind::KUSTOMIZATION, json!({}), json!({}), true)]
    #[case::suspended(Kind::KUSTOMIZATION, json!({"suspend": true}), json!({}), false)]
    #[case::left(Kind::KUSTOMIZATION, json!({}), json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}), false)]
    #[case::once(Kind::KUSTOMIZATION, json!({}), json!({"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}), false)]
    #[case::helm(Kind::HELM_RELEASE, json!({}), json!({}), false)]
    #[case::drift(Kind::HELM_RELEASE, json!({"driftDetection": {"mode": "enabled"}}), json!({}), true)]
    fn flux_writes_again_unless_told_not_to(
        #[case] kind: Kind,
        #[case] spec: Value,
        #[case] annotations: Value,
        #[case] wanted: bool,
    ) {
        let owner = Object::new(kind, "flux-system", "apps");
        let value = json!({"metadata": {"annotations": annotations}});
        assert_eq!(flux(&owner, &json!({"spec": spec}), &value).automatic, wanted);
    }
}
