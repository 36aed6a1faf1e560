//! What a dialog asks of the cluster before a change, pods, and the log of a pod.

use super::*;
use crate::engine::client::Preview;
use crate::release::{PodCard, PodSide};

fn told(model: &mut Model, weight: f64, preview: Result<Preview, Untrusted>) {
    let weight = Weight::percent(weight).expect("a share");
    let at = model.clock.at;
    update(model, Msg::Preview("payments".into(), weight, preview), at);
}

fn press(model: &mut Model, word: &str) -> Vec<Effect> {
    let at = model.clock.at + 1_000;
    update(model, Msg::Key(Chord::parse(word).expect(word)), at)
}

#[test]
fn a_promotion_waits_until_the_cluster_has_said_what_it_would_change() {
    let mut model = model();
    let weight = Weight::percent(25.0).expect("a share");
    assert_eq!(press(&mut model, "P"), [Effect::Preview("payments".into(), weight)]);
    for key in ["2", "5"] {
        assert_eq!(press(&mut model, key), [], "nothing is said yet, and it is asked once");
    }
    told(&mut model, 50.0, Ok(Preview::default()));
    assert_eq!(press(&mut model, "2"), [], "that was about another share");
    told(&mut model, 25.0, Err("nobody answered".into()));
    assert_eq!(one(&mut model, "2", ARM - 1), [], "what came is read first");
    press(&mut model, "2");
    let sent = wishes(press(&mut model, "5"));
    assert_eq!(
        sent,
        [Wish::Promote { rollout: "payments".into(), to: Some(weight) }],
        "no answer is one too"
    );
}

#[test]
fn a_rollback_asks_too_and_does_not_wait() {
    let mut model = model();
    assert_eq!(press(&mut model, "R"), [Effect::Preview("payments".into(), Weight::ZERO)]);
    let back = Wish::RollBack { rollout: Some("payments".into()), reason: Untrusted::default() };
    assert_eq!(wishes(press(&mut model, "y")), [back]);
    press(&mut model, "R");
    let at = model.clock.at + ARM;
    update(&mut model, Msg::Preview("payments".into(), Weight::ZERO, Ok(Preview::default())), at);
    assert_eq!(wishes(one(&mut model, "y", 0)).len(), 1, "an answer that comes does not arm it anew");
    assert_eq!(press(&mut model, "H"), [], "a hold writes nothing");
}

#[test]
fn a_long_change_is_scrolled_and_that_confirms_nothing() {
    let mut model = model();
    press(&mut model, "P");
    let patch = (0..100).map(|line| format!("line {line}\n")).collect::<String>();
    told(&mut model, 25.0, Ok(Preview { patch: patch.into(), ..Preview::default() }));
    for key in ["down", "pgdn", "down", "up"] {
        assert_eq!(press(&mut model, key), []);
    }
    let Some(Overlay::Confirm(dialog)) = model.overlays.last() else { panic!("no dialog") };
    assert_eq!((dialog.scroll, dialog.typed.value()), (9, ""));
}

fn pod(name: &str, side: PodSide) -> PodCard {
    PodCard {
        name: name.into(),
        side,
        ready: true,
        phase: "Running".into(),
        restarts: 0,
        image: "shop:2".into(),
        digest: None,
        node: None,
        since: None,
    }
}

/// A cockpit on a picture with a pod of either side.
fn with_pods() -> Model {
    let mut model = model();
    let mut view = (*model.view).clone();
    let pods = vec![pod("a-canary", PodSide::Canary), pod("b-stable", PodSide::Stable)];
    Arc::make_mut(&mut view.seen).pods.insert("payments".into(), pods);
    let at = model.clock.at;
    update(&mut model, Msg::View(Arc::new(view)), at);
    model
}

#[test]
fn the_log_of_a_pod_is_shown_searched_and_read_again() {
    let mut model = with_pods();
    keys(&mut model, "K");
    assert_eq!(model.screen, ScreenName::Pods);
    let asked = |pod: &str| [Effect::PodLog("payments".into(), pod.to_owned())];
    assert_eq!(keys(&mut model, "enter"), asked("b-stable"), "stable comes first");
    assert_eq!(keys(&mut model, "q j l"), asked("a-canary"));
    assert_eq!(keys(&mut model, "r"), [], "an answer is still awaited");
    let at = model.clock.at;
    update(&mut model, Msg::PodLog("b-stable".to_owned(), Ok("too late".into())), at);
    assert!(model.pod_log.lines.is_empty());
    let text = (0..200).map(|line| format!("{line} {}\n", if line % 50 == 7 { "Error" } else { "fine" }));
    update(&mut model, Msg::PodLog("a-canary".to_owned(), Ok(text.collect::<String>().into())), at);
    assert_eq!(model.pod_log.lines.len(), 200);
    assert!(model.lists.page.0 > 150, "the newest lines are seen");
    keys(&mut model, "/ e r r enter");
    assert_eq!((model.lists.page.0, model.overlays.len()), (7, 0), "round to the first");
    keys(&mut model, "n n");
    assert_eq!(model.lists.page.0, 107);
    keys(&mut model, "N");
    assert_eq!(model.lists.page.0, 57);
    assert_eq!(keys(&mut model, "r"), asked("a-canary"));
    update(&mut model, Msg::PodLog("a-canary".to_owned(), Err("gone".into())), at);
    assert_eq!(model.pod_log.lines.len(), 200, "what was read stays");
    keys(&mut model, "q q");
    assert_eq!(model.screen, ScreenName::Overview);
}

#[test]
fn nothing_is_asked_about_pods_nobody_knows() {
    let mut model = model();
    assert_eq!(keys(&mut model, "K l enter r n"), []);
}
