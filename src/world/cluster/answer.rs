//! What an answer of the API server means.

use std::time::Duration;

use kube::core::Status;

use crate::base::Untrusted;

use super::exchange::Answer;
use super::refusal::Why;

/// Characters kept of what a server said that is no status of its own.
const KEPT: usize = 600;

/// Why an answer that is not a success is none.
pub(super) fn why(answer: &Answer) -> Why {
    let status: Status = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = if status.message.is_empty() { plain(&answer.body) } else { status.message.clone().into() };
    match (answer.status, status.reason.as_str()) {
        (401, _) => Why::Credentials("the cluster does not know who asks".to_owned()),
        (403, _) => Why::Forbidden { user: user(&status.message), said },
        (404, _) => Why::NotFound(said),
        (409, "AlreadyExists") => Why::Exists(said),
        (409, _) => Why::Conflict(said),
        (410, _) => Why::Gone(said),
        (400 | 422, _) => Why::Invalid { said, causes: causes(&status) },
        (429, _) => Why::Throttled { wait: wait(answer, &status) },
        (status @ 500.., _) => Why::Unknown(Untrusted::new(format!("error {status}: {}", said.raw()))),
        (status @ 300..400, _) => {
            let said = format!("it points elsewhere ({status}), and that is not followed");
            Why::Refused { status, said: said.into() }
        }
        (status, _) => Why::Refused { status, said },
    }
}

/// Why, out of the status that a watch ends with.
pub(super) fn of_status(body: &[u8]) -> Why {
    let status: Status = serde_json::from_slice(body).unwrap_or_default();
    let answer = Answer { status: status.code, retry_after: None, body: body.to_vec() };
    match status.code {
        0 => Why::Foreign(plain(body)),
        _ => why(&answer),
    }
}

fn causes(status: &Status) -> Vec<Untrusted> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let one = |cause: &kube::core::response::StatusCause| match cause.field.as_str() {
        "" => Untrusted::new(cause.message.clone()),
        field => Untrusted::new(format!("{field}: {}", cause.message)),
    };
    causes.map(one).take(8).collect()
}

/// The server's own wish, which nobody has to grant.
fn wait(answer: &Answer, status: &Status) -> Duration {
    let told = status.details.as_ref().map(|details| details.retry_after_seconds).filter(|it| *it > 0);
    answer.retry_after.or(told.map(|it| Duration::from_secs(it.into()))).unwrap_or(Duration::from_secs(1))
}

/// The user in `User "NAME" cannot …`.
fn user(message: &str) -> Option<Untrusted> {
    let (_, rest) = message.split_once("User \"")?;
    let (name, _) = rest.split_once('"')?;
    Some(Untrusted::new(name))
}

fn plain(body: &[u8]) -> Untrusted {
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(KEPT).collect();
    Untrusted::new(if text.is_empty() { "no reason given".to_owned() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_forbidden_user_is_named() {
        let body = r#"{"kind":"Status","status":"Failure","message":"httproutes.gateway.networking.k8s.io \"payments\" is forbidden: User \"system:serviceaccount:shop:tminus\" cannot patch resource \"httproutes\" in API group \"gateway.networking.k8s.io\" in the namespace \"shop\"","reason":"Forbidden","code":403}"#;
        let Why::Forbidden { user, .. } = why(&answer(403, body)) else { panic!("not forbidden") };
        assert_eq!(user, Some(Untrusted::new("system:serviceaccount:shop:tminus")));
    }

    #[test]
    fn every_cause_of_an_invalid_object_is_told() {
        let body = r#"{"kind":"Status","message":"no","reason":"Invalid","code":422,"details":{"causes":[{"field":"spec.rules[0]","message":"too many"},{"message":"odd"}]}}"#;
        let Why::Invalid { causes, .. } = why(&answer(422, body)) else { panic!("valid") };
        let causes: Vec<&str> = causes.iter().map(Untrusted::raw).collect();
        assert_eq!(causes, ["spec.rules[0]: too many", "odd"]);
    }

    #[test]
    fn what_was_not_done_and_what_may_have_been_are_kept_apart() {
        assert!(matches!(why(&answer(409, r#"{"reason":"Conflict"}"#)), Why::Conflict(_)));
        assert!(matches!(why(&answer(409, r#"{"reason":"AlreadyExists"}"#)), Why::Exists(_)));
        assert!(matches!(why(&answer(404, "404 page not found")), Why::NotFound(_)));
        assert!(matches!(why(&answer(504, "<html>")), Why::Unknown(_)));
        assert!(matches!(why(&answer(500, "")), Why::Unknown(_)));
        assert!(matches!(why(&answer(302, "")), Why::Refused { status: 302, .. }));
        assert!(matches!(why(&answer(410, r#"{"reason":"Expired"}"#)), Why::Gone(_)));
        let busy = Answer { retry_after: Some(Duration::from_secs(3600)), ..answer(429, "busy") };
        assert_eq!(why(&busy), Why::Throttled { wait: Duration::from_secs(3600) });
    }
}
