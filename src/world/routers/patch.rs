//! A conditional change of one object, and how it is shown.
//!
//! Invariants: pure; the first operation tests the version that was read, so that nothing is written over somebody
//! else's change; the object is marked with the operation in the same write.

use serde_json::{Value, json};

use super::adapter::OPERATION;
use crate::base::OperationId;
use crate::world::cluster::Object;

/// A change as it grows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    operations: Vec<Value>,
    told: Vec<String>,
}

impl Draft {
    /// A change of an object as it was read.
    pub(super) fn of(value: &Value) -> Self {
        let mut draft = Self { operations: Vec::new(), told: Vec::new() };
        if let Some(version) = value.pointer("/metadata/resourceVersion") {
            draft.test("/metadata/resourceVersion", version);
        }
        draft
    }

    /// Only if this is still so.
    pub(super) fn test(&mut self, pointer: &str, value: &Value) {
        let operation = json!({ "op": "test", "path": pointer, "value": value });
        if !self.operations.contains(&operation) {
            self.operations.push(operation);
        }
    }

    /// Sets a value, whether there is one or not, and says so.
    pub(super) fn set(&mut self, pointer: &str, value: Value, told: String) {
        self.operations.push(json!({ "op": "add", "path": pointer, "value": value }));
        self.told.push(told);
    }

    /// Marks the object.
    pub(super) fn mark(&mut self, value: &Value, marks: &[(&str, &str)]) {
        let there = value.pointer("/metadata/annotations").is_some_and(Value::is_object);
        if !there {
            self.operations.push(json!({ "op": "add", "path": "/metadata/annotations", "value": {} }));
        }
        for (key, text) in marks {
            let path = format!("/metadata/annotations/{}", key.replace('~', "~0").replace('/', "~1"));
            self.operations.push(json!({ "op": "add", "path": path, "value": text }));
        }
    }

    /// The change, marked with the operation it belongs to.
    pub(super) fn marked(mut self, value: &Value, operation: &OperationId) -> Self {
        self.mark(value, &[(OPERATION, operation.as_str())]);
        self
    }

    /// Its operations.
    pub(super) fn operations(&self) -> &[Value] {
        &self.operations
    }

    /// What it changes, a line each.
    pub(super) fn told(&self) -> &[String] {
        &self.told
    }

    /// The request as it would be sent, and what it changes.
    pub(super) fn shown(&self, object: &Object) -> String {
        let mut out = format!("PATCH {}\nContent-Type: application/json-patch+json\n[\n", address(object));
        let last = self.operations.len().saturating_sub(1);
        for (place, operation) in self.operations.iter().enumerate() {
            let end = if place == last { "" } else { "," };
            out.push_str(&format!("  {operation}{end}\n"));
        }
        out.push(']');
        for told in &self.told {
            out.push_str(&format!("\n- {told}"));
        }
        out
    }
}

/// Where an object is, as a request names it.
pub(super) fn address(object: &Object) -> String {
    let kind = object.kind;
    let root = if kind.group.is_empty() { "/api" } else { "/apis" };
    format!("{root}/{}/namespaces/{}/{}/{}", kind.api_version(), object.namespace, kind.plural, object.name)
}
