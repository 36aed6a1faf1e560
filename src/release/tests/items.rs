use super::scene::Scene;
use crate::base::Untrusted;
use crate::release::*;

fn tick(item: &str) -> Wish {
    Wish::Tick { item: item.into(), evidence: None, waiver: None }
}

#[test]
fn a_tick_remembers_who_and_a_repeat_changes_nothing() {
    let mut scene = Scene::planned();
    let events = scene.wish(tick("validation/docs"));
    assert!(matches!(events[0], Event::ItemTicked { .. }));
    let tick_of = &scene.state.items["validation/docs"].tick;
    assert!(matches!(tick_of, Tick::Done(mark) if mark.by.name() == "ada"), "{tick_of:?}");
    assert_eq!(scene.wish(tick("validation/docs")), vec![]);
}

#[test]
fn an_item_bound_to_a_gate_is_ticked_by_it_and_opened_by_its_loss() {
    let mut scene = Scene::planned();
    let refusal = scene.try_wish(tick("validation/tests")).expect_err("bound");
    assert_eq!(refusal.code, RefusalCode::Incomplete);
    scene.pass("unit-tests");
    assert!(matches!(scene.state.items["validation/tests"].tick, Tick::Done(_)));
    scene.finish("unit-tests", crate::analysis::Verdict::Fail);
    assert!(matches!(scene.state.items["validation/tests"].tick, Tick::Reopened(..)));
}

#[test]
fn by_hand_a_bound_item_is_a_waiver_that_says_so() {
    let mut scene = Scene::planned();
    let waiver = Some(Untrusted::new("run on the old machine"));
    scene.wish(Wish::Tick { item: "validation/tests".into(), evidence: None, waiver });
    assert!(scene.state.items["validation/tests"].notes[0].1.raw().starts_with("ticked by hand"));
}

#[test]
fn a_skip_needs_a_reason() {
    let mut scene = Scene::planned();
    let skip = |reason: &str| Wish::Skip { item: "validation/docs".into(), reason: reason.into() };
    assert_eq!(scene.try_wish(skip(" ")).expect_err("no reason").code, RefusalCode::Incomplete);
    scene.wish(skip("not for a patch"));
    assert!(matches!(scene.state.items["validation/docs"].tick, Tick::Skipped(..)));
}

#[test]
fn a_stage_is_left_when_its_items_are_settled_and_entered_again_when_one_opens() {
    let mut scene = Scene::planned();
    assert_eq!(scene.state.stage, Some("validation".into()));
    scene.pass("unit-tests");
    scene.wish(tick("validation/docs"));
    assert_eq!(scene.state.stage, Some("release".into()));
    scene.wish(Wish::Untick { item: "validation/docs".into(), reason: "".into() });
    assert_eq!(scene.state.stage, Some("validation".into()));
}

#[test]
fn a_stage_is_left_early_only_with_a_reason_and_stays_left() {
    let mut scene = Scene::planned();
    let refusal = scene.try_wish(Wish::LeaveStage { waiver: None }).expect_err("not done");
    assert_eq!(refusal.code, RefusalCode::Blocked);
    scene.wish(Wish::LeaveStage { waiver: Some("the change board agreed".into()) });
    assert_eq!(scene.state.stage, Some("release".into()));
    assert!(matches!(scene.state.left.get("validation"), Some(Some(_))));
}

#[test]
fn items_are_added_split_and_unknown_ones_refused() {
    let mut scene = Scene::planned();
    scene.wish(Wish::AddItem {
        stage: "release".into(),
        text: "warm the cache".into(),
        split_from: Some("release/announce".into()),
    });
    scene.wish(tick("added/1"));
    assert_eq!(explain::progress(&scene.state, &scene.plan), (1, 4));
    assert_eq!(scene.try_wish(tick("nowhere")).expect_err("unknown").code, RefusalCode::Unknown);
}

#[test]
fn an_item_added_by_hand_is_late_like_any_other() {
    let mut scene = Scene::planned();
    scene.wish(Wish::AddItem { stage: "release".into(), text: "call the bank".into(), split_from: None });
    scene.wish(Wish::Retime { item: "added/1".into(), due: Some(crate::base::Offset::seconds(-60)) });
    scene.wish(Wish::SetT0 { t0: scene.now });
    let late: Vec<_> = crate::release::clock::overdue(&scene.state, &scene.plan, scene.now)
        .into_iter()
        .map(|(_, item)| item)
        .collect();
    assert_eq!(late, ["added/1".into()]);
    scene.wish(Wish::Tick { item: "added/1".into(), evidence: None, waiver: None });
    assert!(crate::release::clock::overdue(&scene.state, &scene.plan, scene.now).is_empty());
}

#[test]
fn a_changed_document_keeps_its_ticks_under_the_new_ids_and_says_what_is_gone() {
    let mut scene = Scene::planned();
    scene.wish(tick("validation/docs"));
    scene.wish(tick("release/announce"));
    let mut plan = scene.plan.clone();
    plan.items.retain(|item| item.id != "release/announce".into());
    plan.items[1].id = "validation/documents".into();
    scene.plan = plan;
    scene.wish(Wish::AdoptPlan {
        plan: crate::base::Digest::of("plan"),
        sources: crate::base::Digest::of("changed"),
        matched: vec![("validation/docs".into(), "validation/documents".into())],
    });
    assert!(matches!(scene.state.items["validation/documents"].tick, Tick::Done(_)));
    let why = explain(&scene.state, &scene.plan, scene.now);
    assert!(why.iter().any(|blocker| blocker.message.contains("`release/announce` had ticks")), "{why:?}");
}
