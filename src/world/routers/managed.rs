//! Who wrote a field last, as the object's own `managedFields` say.

use serde_json::Value;

use crate::base::Untrusted;
use crate::world::cluster::FIELD_MANAGER;

/// Who wrote one of these fields last, when it was not us: the manager with the newest time that has any of them.
/// Fields are named as `managedFields` do, such as `f:spec`, `f:rules`.
pub(super) fn by(object: &Value, fields: &[&[&str]]) -> Option<Untrusted> {
    let entries = object.pointer("/metadata/managedFields")?.as_array()?;
    let has = |entry: &Value, path: &&[&str]| {
        let mut at = entry.get("fieldsV1");
        for step in *path {
            at = at.and_then(|at| at.get(*step));
        }
        at.is_some()
    };
    let text = |entry: &'_ Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let newest = entries
        .iter()
        .filter(|entry| fields.iter().any(|path| has(entry, path)))
        // Times are all UTC to the second in one form, so that text orders them; a later entry wins a tie unless
        // it is not ours: who wrote in the same second as we did is told.
        .max_by_key(|entry| {
            (text(entry, "time"), text(entry, "manager").as_deref() != Some(FIELD_MANAGER))
        })?;
    let manager = text(newest, "manager")?;
    (manager != FIELD_MANAGER && !manager.is_empty()).then(|| Untrusted::new(manager))
}
