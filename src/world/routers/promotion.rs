//! The mark of a promotion on an Argo Rollout: which version served before, and which one is to replace it.
//!
//! Invariants: pure; written with the first promotion of a version, so that its traffic can be brought back after
//! the controller has forgotten what was stable; a mark about other versions says nothing.

use serde_json::{Value, json};

use super::course::{Course, Phase};

/// The annotation: hashes of the pod templates, `BEFORE>AFTER`.
pub const PROMOTION: &str = "tminus.dev/promotion";

/// Which version replaces which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promotion(Option<(String, String)>);

impl Promotion {
    /// The mark on a Rollout.
    pub fn of(rollout: &Value) -> Self {
        let text = rollout.pointer("/metadata/annotations").and_then(|it| it.get(PROMOTION)?.as_str());
        Self(text.and_then(|it| it.split_once('>')).map(|(a, b)| (a.to_owned(), b.to_owned())))
    }

    /// The mark for the version that is going out now; none while none is.
    pub fn now(course: &Course) -> Option<Value> {
        let going =
            course.phase != Phase::Idle && !course.stable.is_empty() && course.current != course.stable;
        going.then(|| json!(format!("{}>{}", course.stable, course.current)))
    }

    /// Whether the version that served before is going out again, over the one that replaced it.
    pub fn is_returning(&self, course: &Course) -> bool {
        self.0.as_ref().is_some_and(|(before, after)| *before == course.current && *after == course.stable)
    }

    /// Whether it has come back.
    pub fn is_back(&self, course: &Course) -> bool {
        self.0.as_ref().is_some_and(|(before, _)| *before == course.current && *before == course.stable)
    }

    /// What served before the version that has all the traffic now.
    pub fn before(&self, course: &Course) -> Option<&str> {
        let (before, after) = self.0.as_ref()?;
        (*after == course.current && *after == course.stable).then_some(before.as_str())
    }

    /// The version that was promoted.
    pub fn after(&self) -> Option<&str> {
        self.0.as_ref().map(|(_, after)| after.as_str())
    }
}
