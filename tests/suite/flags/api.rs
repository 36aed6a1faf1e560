//! The flag service, asked as the engine asks it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use tminus::base::{Seconds, Weight};
use tminus::engine::ports::{Fault, FlagChange, FlagReading, Flags as _};
use tminus::plan::{Flag, FlagApi, FlagStore};
use tminus::world::flags::{RealFlags, Tokens};
use tminus::world::http::Http;

use super::service::Service;
use super::{flag, http, operation};

const TOKEN: &str = "t0ps3cret-abc";

fn keeper() -> RealFlags {
    let tokens = BTreeMap::from([("CONFIG_TOKEN".to_owned(), SecretString::from(TOKEN))]);
    RealFlags::new("/".into(), Http::new(None).expect("a client"), Tokens::Given(tokens))
}

fn weight(percent: f64) -> Weight {
    Weight::percent(percent).expect("a share")
}

async fn set(keeper: &RealFlags, flag: &Flag, percent: f64, read: Option<&FlagReading>) -> Result<(), Fault> {
    let operation = operation();
    keeper.set(flag, FlagChange { percent: weight(percent), operation: &operation, read }).await
}

fn sampling(service: &Service, change: impl FnOnce(&mut FlagApi)) -> Flag {
    let mut api = http("sampling", &service.url());
    change(&mut api);
    flag("sampling", FlagStore::Http(api))
}

#[tokio::test]
async fn a_flag_is_set_and_read_back_with_the_token_of_the_environment() {
    let service = Service::with(&["sampling"]).await;
    service.set(|shelf| shelf.token = Some(TOKEN.to_owned()));
    let flag = sampling(&service, |api| api.token_env = Some("CONFIG_TOKEN".to_owned()));
    let keeper = keeper();
    assert_eq!(keeper.read(&flag).await.expect("read").seen.is_on(), Some(false));
    for percent in [5.0, 12.5, 100.0] {
        set(&keeper, &flag, percent, None).await.expect("set");
        let seen = keeper.read(&flag).await.expect("read").seen;
        assert_eq!((seen.share(), seen.is_on()), (Some(weight(percent)), Some(true)));
    }
    set(&keeper, &flag, 0.0, None).await.expect("off");
    let seen = keeper.read(&flag).await.expect("read").seen;
    assert_eq!((seen.enabled, seen.share()), (Some(false), Some(Weight::ZERO)));
    assert_eq!(service.set(|shelf| shelf.flags["sampling"]["owner"].clone()), "web");
}

#[tokio::test]
async fn a_write_is_bound_to_what_was_read() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |_| {});
    let keeper = keeper();
    let read = keeper.read(&flag).await.expect("read");
    assert_eq!(read.stamp.as_ref().map(|stamp| stamp.0.as_str()), Some("\"v0\""));
    set(&keeper, &flag, 40.0, None).await.expect("somebody else");
    let fault = set(&keeper, &flag, 25.0, Some(&read)).await.expect_err("it moved");
    assert!(matches!(fault, Fault::Conflict(..)), "{fault}");
    assert_eq!(service.percent("sampling"), 40);
    let read = keeper.read(&flag).await.expect("read");
    set(&keeper, &flag, 25.0, Some(&read)).await.expect("it is what was read");
    assert_eq!(service.percent("sampling"), 25);
}

#[tokio::test]
async fn every_no_is_a_clear_fault_and_no_message_holds_the_token() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |api| api.token_env = Some("CONFIG_TOKEN".to_owned()));
    let keeper = keeper();
    let kind = |fault: &Fault| match fault {
        Fault::Unreachable(..) => "unreachable",
        Fault::Refused(..) => "refused",
        Fault::Forbidden(..) => "forbidden",
        Fault::Conflict(..) => "conflict",
        Fault::Throttled(..) => "throttled",
        _ => "other",
    };
    for (status, wanted, said) in [
        (302, "refused", "not followed"),
        (400, "refused", "no: Bearer $CONFIG_TOKEN"),
        (401, "refused", "$CONFIG_TOKEN does not count"),
        (403, "forbidden", "$CONFIG_TOKEN may not do this"),
        (404, "refused", "no such flag"),
        (409, "conflict", "409"),
        (412, "conflict", "412"),
        (429, "throttled", "wait 1h"),
        (500, "unreachable", "500"),
        (504, "unreachable", "504"),
    ] {
        let headers = vec![("retry-after".to_owned(), "3600".to_owned())];
        service.set(|shelf| {
            shelf.asked.clear();
            shelf.broken = BTreeMap::from([
                ("PUT".to_owned(), (status, headers.clone())),
                ("GET".to_owned(), (status, headers)),
            ]);
        });
        for fault in [
            set(&keeper, &flag, 25.0, None).await.expect_err("a no"),
            keeper.read(&flag).await.expect_err("a no"),
        ] {
            let text = fault.to_string();
            assert_eq!(kind(&fault), wanted, "{status}: {text}");
            assert!(text.contains(said), "{status}: {text}");
            assert!(!text.contains(TOKEN) && !format!("{fault:?} {keeper:?}").contains(TOKEN), "{text}");
        }
        let asked = service.set(|shelf| shelf.asked.clone());
        assert_eq!(asked, ["PUT /flags/sampling", "GET /flags/sampling"], "nothing is sent twice");
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_told_how_long() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |_| {});
    service.set(|shelf| {
        shelf.broken.insert("PUT".to_owned(), (429, vec![("retry-after".to_owned(), "90".to_owned())]));
    });
    let fault = set(&keeper(), &flag, 5.0, None).await.expect_err("busy");
    assert!(matches!(fault, Fault::Throttled(_, Seconds(90))), "{fault}");
}

#[tokio::test]
async fn a_missing_token_sends_nothing_and_names_its_variable() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |api| api.token_env = Some("OTHER_TOKEN".to_owned()));
    let fault = set(&keeper(), &flag, 5.0, None).await.expect_err("no token");
    assert!(matches!(&fault, Fault::Unsupported(text) if text.contains("$OTHER_TOKEN")), "{fault}");
    assert!(service.set(|shelf| shelf.asked.is_empty()));
}

#[tokio::test]
async fn the_kill_switch_works_when_the_percentage_does_not() {
    let service = Service::with(&["sampling"]).await;
    let url = service.url();
    let flag = sampling(&service, |api| api.kill = Some(format!("{url}/flags/sampling/kill")));
    let keeper = keeper();
    set(&keeper, &flag, 50.0, None).await.expect("on");
    service.set(|shelf| shelf.broken.insert("PUT".to_owned(), (500, Vec::new())));
    assert!(set(&keeper, &flag, 0.0, None).await.is_err());
    keeper.kill(&flag, &operation()).await.expect("killed");
    assert!(!service.is_on("sampling"));
    let preview = keeper.preview(&flag, Weight::ZERO).await.expect("a preview").patch;
    assert!(
        preview.raw().starts_with("POST http") && preview.raw().contains("\nPUT http"),
        "{}",
        preview.raw()
    );
}

#[tokio::test]
async fn without_a_switch_a_kill_is_the_put_that_turns_it_off() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |api| api.off = Some(r#"{"enabled": false}"#.to_owned()));
    let keeper = keeper();
    set(&keeper, &flag, 50.0, None).await.expect("on");
    keeper.kill(&flag, &operation()).await.expect("killed");
    assert_eq!((service.is_on("sampling"), service.percent("sampling")), (false, 50));
    assert_eq!(keeper.read(&flag).await.expect("read").seen.is_on(), Some(false));
}

#[tokio::test]
async fn every_flag_of_a_service_goes_off_only_by_its_own_address_for_that() {
    let service = Service::with(&["sampling", "tasks"]).await;
    let keeper = keeper();
    let plain = sampling(&service, |_| {});
    let fault = keeper.clear(&plain, &operation()).await.expect_err("it has none");
    assert!(fault.to_string().contains("no `disable-all`"), "{fault}");
    let url = service.url();
    let flag = sampling(&service, |api| api.disable_all = Some(format!("{url}/flags/disable_all")));
    service.set(|shelf| shelf.flags.get_mut("tasks").unwrap()["enabled"] = true.into());
    keeper.clear(&flag, &operation()).await.expect("all off");
    assert!(!service.is_on("tasks"));
}

#[tokio::test]
async fn a_preview_is_the_request_with_the_token_by_its_name() {
    let flag = flag(
        "sampling",
        FlagStore::Http(FlagApi {
            token_env: Some("CONFIG_TOKEN".to_owned()),
            ..http("sampling", "https://config.example.com")
        }),
    );
    let preview = keeper().preview(&flag, weight(25.0)).await.expect("a preview").patch;
    assert_eq!(
        preview.raw(),
        "PUT https://config.example.com/flags/sampling\nAuthorization: Bearer $CONFIG_TOKEN\n\
         Content-Type: application/json\n\n{\"enabled\": true, \"rollout_percentage\": 25}"
    );
}

#[tokio::test]
async fn what_is_no_flag_is_not_understood() {
    let service = Service::with(&["sampling"]).await;
    let flag = sampling(&service, |_| {});
    service.set(|shelf| {
        shelf.flags.insert("sampling".to_owned(), serde_json::json!({ "rollout_percentage": 250 }))
    });
    let fault = keeper().read(&flag).await.expect_err("no flag");
    assert!(matches!(&fault, Fault::Foreign(_, text) if text.contains("/enabled")), "{fault}");
    let only = Flag { at: tminus::plan::FlagPointers { percent: None, ..flag.at.clone() }, ..flag };
    let fault = set(&keeper(), &only, 25.0, None).await.expect_err("only on or off");
    assert!(fault.to_string().contains("only on or off"), "{fault}");
}
