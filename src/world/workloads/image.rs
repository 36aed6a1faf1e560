//! The image of a container of a workload, found by its name.

use serde_json::{Value, json};

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault};
use crate::plan::WorkloadKind;
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Part, Patch, Refusal, Why};

use crate::release::Owner;
use crate::world::routers::OPERATION;
use crate::world::routers::owner::{self, Subject};

use super::target::Target;
use super::wait;

/// Where the replica count is kept that a workload had before it was scaled to nothing.
pub(super) const REPLICAS: &str = "tminus.dev/replicas";

/// What should run.
pub(super) struct Wanted<'a> {
    pub(super) image: &'a str,
    /// None means the only one.
    pub(super) container: Option<&'a str>,
}

/// A container of a template, as it was read.
#[derive(Debug, PartialEq, Eq)]
struct Container {
    /// Where it stands, as a JSON pointer.
    place: String,
    name: String,
    image: String,
}

/// Sets the image, waits until it runs everywhere, and reads back which digest runs.
pub(super) async fn deploy(
    cluster: &Cluster,
    target: &Target,
    wanted: &Wanted<'_>,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let call = deadline.at_most(CALL);
    let whole: Value = cluster.get(&target.object, call).await?;
    let (holder, value) = template(cluster, target, whole, call).await?;
    let foreign = |why: String| Fault::Refused(holder.to_string(), why);
    let container = container(&value, wanted.container).map_err(foreign)?;
    let asleep = sleeping(&value);
    let set = if container.image == wanted.image && asleep.is_none() {
        false
    } else {
        unowned(cluster, &holder, &value, &container, deadline.at_most(CALL)).await?;
        errand.pass(&holder.to_string()).await?;
        let patch = patch(&value, &container, wanted.image, (asleep, errand.operation.as_str()));
        write(cluster, &holder, &value, &patch, deadline.at_most(CALL)).await?;
        true
    };
    let seen = wait::until_up(cluster, target, deadline).await?;
    let told = wait::read_back(cluster, target, wanted.image, deadline).await?;
    let already = if set { "" } else { " already" };
    Ok(Untrusted::new(format!("{} runs {}{already}: {seen}, {told}", target.object, wanted.image)))
}

/// Refuses what a controller would write again; a rollout follows its own template, so that one is no other writer.
async fn unowned(
    cluster: &Cluster,
    object: &Object,
    value: &Value,
    at: &Container,
    deadline: Deadline,
) -> Result<(), Fault> {
    let fields = [format!("{}/image", at.place)];
    let found = owner::find(cluster, Subject { object, value, fields: &fields }, deadline).await;
    match (found.owner(), found.refusal(object)) {
        (Owner::Rollout { .. }, _) | (_, None) => Ok(()),
        (_, Some(fault)) => Err(fault),
    }
}

/// How long one answer of the server may take.
pub(super) const CALL: std::time::Duration = std::time::Duration::from_secs(10);

/// The object that holds the pod template: a rollout may borrow that of a deployment.
async fn template(
    cluster: &Cluster,
    target: &Target,
    whole: Value,
    deadline: Deadline,
) -> Result<(Object, Value), Fault> {
    let lent = whole.pointer("/spec/workloadRef").filter(|_| target.kind == WorkloadKind::Rollout);
    let Some(lent) = lent else { return Ok((target.object.clone(), whole)) };
    let text = |name: &str| lent.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("kind") != "Deployment" {
        let why = format!(
            "it borrows the template of a {}, which is not written here",
            Untrusted::new(text("kind")).cell(40)
        );
        return Err(Fault::Unsupported(format!("{}: {why}", target.object)));
    }
    let object = Object::new(Kind::DEPLOYMENT, &target.object.namespace, text("name"));
    let value = cluster.get(&object, deadline).await?;
    Ok((object, value))
}

/// Writes once, and tells a write that came too late from one that is not taken.
pub(super) async fn write(
    cluster: &Cluster,
    object: &Object,
    read: &Value,
    patch: &Patch,
    deadline: Deadline,
) -> Result<Value, Fault> {
    let refusal = match cluster.patch(object, Part::Whole, patch, Effect::Real, deadline).await {
        Ok(value) => return Ok(value),
        Err(refusal) => refusal,
    };
    // A `test` that does not hold comes back as an object that is not valid.
    let odd = matches!(refusal.why, Why::Invalid { .. }) && matches!(patch, Patch::Json(_));
    if odd {
        let now: Result<Value, Refusal> = cluster.get(object, deadline).await;
        if now.is_ok_and(|now| version(&now) != version(read)) {
            return Err(moved(&refusal));
        }
    }
    Err(if refusal.is_conflict() { moved(&refusal) } else { refusal.into() })
}

fn moved(refusal: &Refusal) -> Fault {
    let what = refusal.asked.as_ref().map(ToString::to_string).unwrap_or_default();
    Fault::Conflict(refusal.cluster.clone(), what)
}

fn version(value: &Value) -> Option<&str> {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str)
}

/// The replica count to give back to a workload that we scaled to nothing.
pub(super) fn sleeping(value: &Value) -> Option<u64> {
    let nothing = value.pointer("/spec/replicas").and_then(Value::as_u64) == Some(0);
    let kept = value.pointer("/metadata/annotations")?.get(REPLICAS)?.as_str()?.parse().ok();
    kept.filter(|count| nothing && *count > 0)
}

/// The container of that name; without one the only one.
fn container(value: &Value, name: Option<&str>) -> Result<Container, String> {
    let mut found = Vec::new();
    for list in ["containers", "initContainers"] {
        let place = format!("/spec/template/spec/{list}");
        let all = value.pointer(&place).and_then(Value::as_array).into_iter().flatten();
        found.extend(all.enumerate().filter_map(|(index, it)| {
            let text = |key: &str| Some(it.get(key)?.as_str()?.to_owned());
            let container =
                Container { place: format!("{place}/{index}"), name: text("name")?, image: text("image")? };
            Some((list, container))
        }));
    }
    let names = || {
        let names: Vec<String> =
            found.iter().take(12).map(|(_, it)| Untrusted::new(it.name.as_str()).cell(63)).collect();
        names.join(", ")
    };
    match name {
        Some(name) => {
            let known = names();
            let one = found.into_iter().find(|(_, it)| it.name == name);
            one.map(|(_, it)| it).ok_or_else(|| format!("it has no container `{name}`; there are: {known}"))
        }
        None => {
            let mut main = found.iter().filter(|(list, _)| *list == "containers");
            match (main.next(), main.next()) {
                (Some((_, one)), None) => Ok(Container {
                    place: one.place.clone(),
                    name: one.name.clone(),
                    image: one.image.clone(),
                }),
                (None, _) => Err("it has no container".to_owned()),
                _ => Err(format!("it has several containers: write container = \"…\", one of: {}", names())),
            }
        }
    }
}

/// The change, bound to the object that was read and to the container's name.
fn patch(value: &Value, at: &Container, image: &str, (wake, operation): (Option<u64>, &str)) -> Patch {
    let mut steps = vec![
        json!({ "op": "test", "path": "/metadata/resourceVersion", "value": version(value) }),
        json!({ "op": "test", "path": format!("{}/name", at.place), "value": at.name }),
        json!({ "op": "replace", "path": format!("{}/image", at.place), "value": image }),
    ];
    if let Some(count) = wake {
        steps.push(json!({ "op": "replace", "path": "/spec/replicas", "value": count }));
    }
    if value.pointer("/metadata/annotations").is_none() {
        steps.push(json!({ "op": "add", "path": "/metadata/annotations", "value": {} }));
    }
    let note = format!("/metadata/annotations/{}", OPERATION.replace('/', "~1"));
    steps.push(json!({ "op": "add", "path": note, "value": operation }));
    Patch::Json(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Value {
        json!({
            "metadata": { "resourceVersion": "7" },
            "spec": { "replicas": 2, "template": { "spec": {
                "initContainers": [{ "name": "migrate", "image": "web:1" }],
                "containers": [{ "name": "mesh", "image": "mesh:1" }, { "name": "web", "image": "web:1" }],
            } } },
        })
    }

    #[test]
    fn a_container_is_found_by_its_name_and_never_guessed() {
        let found = container(&web(), Some("web")).expect("there");
        assert_eq!(found.place, "/spec/template/spec/containers/1");
        let found = container(&web(), Some("migrate")).expect("there");
        assert_eq!(found.place, "/spec/template/spec/initContainers/0");
        let why = container(&web(), None).expect_err("two");
        assert!(why.contains("several containers") && why.contains("mesh, web"), "{why}");
        let why = container(&web(), Some("api")).expect_err("none");
        assert!(why.contains("no container `api`; there are: mesh, web, migrate"), "{why}");
        let one =
            json!({ "spec": { "template": { "spec": { "containers": [{ "name": "a", "image": "b" }] } } } });
        assert_eq!(container(&one, None).expect("one").name, "a");
    }

    #[test]
    fn the_change_is_bound_to_what_was_read() {
        let value = web();
        let at = container(&value, Some("web")).expect("there");
        let Patch::Json(steps) = patch(&value, &at, "web:2", (None, "op-1")) else { panic!("no list") };
        assert_eq!(
            steps,
            [
                json!({ "op": "test", "path": "/metadata/resourceVersion", "value": "7" }),
                json!({ "op": "test", "path": "/spec/template/spec/containers/1/name", "value": "web" }),
                json!({ "op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "web:2" }),
                json!({ "op": "add", "path": "/metadata/annotations", "value": {} }),
                json!({ "op": "add", "path": "/metadata/annotations/tminus.dev~1operation", "value": "op-1" }),
            ]
        );
    }

    #[test]
    fn only_what_we_put_to_sleep_is_woken() {
        let one = |count: u64, note: Value| {
            sleeping(&json!({ "metadata": { "annotations": note }, "spec": { "replicas": count } }))
        };
        assert_eq!(one(0, json!({ "tminus.dev/replicas": "4" })), Some(4));
        assert_eq!(one(2, json!({ "tminus.dev/replicas": "4" })), None);
        assert_eq!(one(0, json!({ "tminus.dev/replicas": "many" })), None);
        assert_eq!(one(0, json!({})), None);
    }
}
