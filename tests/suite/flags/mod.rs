//! Feature flags: a service that keeps them, files that hold them, and whole releases that turn them.

mod api;
mod canary;
mod file;
mod service;
mod verbs;

use tminus::base::OperationId;
use tminus::plan::{Flag, FlagApi, FlagPointers, FlagStore};

fn operation() -> OperationId {
    OperationId::new("0b1f")
}

fn pointers() -> FlagPointers {
    FlagPointers {
        percent: Some("/rollout_percentage".to_owned()),
        enabled: Some("/enabled".to_owned()),
        environments: Some("/environments".to_owned()),
        killed: None,
    }
}

fn flag(id: &str, kept: FlagStore) -> Flag {
    Flag {
        id: id.into(),
        title: id.into(),
        kept,
        at: pointers(),
        environments: Vec::new(),
        requires: Vec::new(),
    }
}

fn http(id: &str, url: &str) -> FlagApi {
    FlagApi {
        url: format!("{url}/flags/{id}"),
        token_env: None,
        body: r#"{"enabled": {{enabled}}, "rollout_percentage": {{percent}}}"#.to_owned(),
        off: None,
        kill: None,
        disable_all: None,
    }
}
