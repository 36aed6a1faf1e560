//! Health addresses.

use std::time::Duration;

use crate::analysis::Verdict;
use crate::engine::ports::Fault;
use crate::plan::HttpCheck;
use crate::world::http::{Http, Limits};

use super::Found;

/// Bytes of a body that are read.
const BODY: usize = 1024 * 1024;

/// Asks the address and compares the answer with the one wanted.
pub(super) async fn ask(http: &Http, check: &HttpCheck, time: Duration) -> Found {
    let answer = match http.get(&check.url, Limits { time, body: BODY }).await {
        Ok(answer) => answer,
        Err(fault @ Fault::Unsupported(_)) => return Found::new(Verdict::Error, fault.to_string()),
        Err(fault) => return Found::new(Verdict::Fail, fault.to_string()),
    };
    let status = answer.status;
    let text = String::from_utf8_lossy(&answer.body);
    let missing =
        check.contains.as_ref().filter(|wanted| wanted.is_empty() || !text.contains(wanted.as_str()));
    let found = match (status == check.status, missing) {
        (false, _) => Found::new(Verdict::Fail, format!("HTTP {status}, wanted {}", check.status)),
        (true, Some(wanted)) if answer.cut => {
            Found::new(Verdict::NoData, format!("HTTP {status}, `{wanted}` is not in the first MiB"))
        }
        (true, Some(wanted)) => {
            Found::new(Verdict::Fail, format!("HTTP {status}, `{wanted}` is not in the body"))
        }
        (true, None) => Found::new(Verdict::Pass, format!("HTTP {status}")),
    };
    found.with(answer.body)
}
