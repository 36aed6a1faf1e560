use proptest::prelude::*;

use super::scene::Scene;
use crate::base::{Digest, Untrusted, Weight};
use crate::release::*;

#[derive(Clone, Debug)]
enum Move {
    Wish(Wish),
    Report(Report),
    End(Outcome, Option<u8>, Option<u8>),
    Gate(crate::analysis::Verdict),
    Later(u16),
}

fn moves() -> impl Strategy<Value = Move> {
    use crate::analysis::Verdict;
    let text = || "[a-z]{0,3}".prop_map(Untrusted::new);
    let outcome = prop_oneof![
        4 => Just(Outcome::Done),
        1 => Just(Outcome::Adopted),
        1 => Just(Outcome::Failed),
        1 => Just(Outcome::Unknown)
    ];
    let answer = prop_oneof![3 => Just(Answer::Go), 1 => Just(Answer::NoGo), 1 => Just(Answer::Absent)];
    let role = prop_oneof![Just("qa"), Just("manager"), Just("nobody")];
    let item = prop_oneof![Just("validation/tests"), Just("validation/docs"), Just("release/announce")];
    let phase = prop_oneof![
        Just(TriggerPhase::Armed),
        Just(TriggerPhase::Pending),
        Just(TriggerPhase::Fired),
        Just(TriggerPhase::Unknown)
    ];
    let verdict = prop_oneof![3 => Just(Verdict::Pass), 1 => Just(Verdict::Fail), 1 => Just(Verdict::NoData)];
    let share = || proptest::option::of(prop_oneof![Just(0u8), Just(10), Just(50), Just(100)]);
    let since: crate::base::Timestamp = "2026-12-01T10:00:00Z".parse().expect("time");
    let anything = prop_oneof![
        (item.clone(), text()).prop_map(|(item, waiver)| Move::Wish(Wish::Tick {
            item: item.into(),
            evidence: None,
            waiver: Some(waiver)
        })),
        (item, text()).prop_map(|(item, reason)| Move::Wish(Wish::Untick { item: item.into(), reason })),
        (role, answer, text()).prop_map(|(role, answer, reason)| Move::Wish(Wish::Approve {
            role: role.into(),
            answer,
            reason
        })),
        Just(Move::Wish(Wish::RunGate { gate: "unit-tests".into() })),
        verdict.prop_map(Move::Gate),
        Just(Move::Wish(Wish::Promote { rollout: "web".into(), to: None })),
        Just(Move::Wish(Wish::Promote { rollout: "web".into(), to: Weight::percent(100.0) })),
        Just(Move::Wish(Wish::RollBack { rollout: None, reason: Untrusted::default() })),
        Just(Move::Wish(Wish::Hold { rollout: None, reason: Untrusted::default() })),
        Just(Move::Wish(Wish::Resume { rollout: None })),
        (1u64..40).prop_map(|request| Move::Wish(Wish::Grant { request })),
        (1u64..40, text()).prop_map(|(request, reason)| Move::Wish(Wish::Decline { request, reason })),
        Just(Move::Wish(Wish::DeclareStable)),
        Just(Move::Wish(Wish::OpenAttempt { artifact: "1.1.1".into() })),
        text().prop_map(|reason| Move::Wish(Wish::LeaveStage { waiver: Some(reason) })),
        Just(Move::Wish(Wish::AdoptPlan {
            plan: Digest::of("b"),
            sources: Digest::of("b"),
            matched: vec![]
        })),
        any::<bool>().prop_map(move |good| Move::Report(Report::DataQuality {
            rollout: "web".into(),
            good,
            since
        })),
        phase.prop_map(move |phase| Move::Report(Report::Trigger {
            trigger: "errors".into(),
            phase,
            since,
            value: None
        })),
        Just(Move::Report(Report::Readiness {
            rollout: "web".into(),
            version: "1.0.0".into(),
            ready: 3,
            of: 3
        })),
        (share(), share()).prop_map(|(configured, observed)| Move::Report(Report::Traffic {
            rollout: "web".into(),
            configured: configured.and_then(|share| Weight::percent(f64::from(share))),
            observed: observed.and_then(|share| Weight::percent(f64::from(share))),
            by: None
        })),
        any::<bool>().prop_map(|red| Move::Report(Report::Needs {
            rollout: "web".into(),
            digest: None,
            red: red.then(|| Untrusted::from("flags API: no answer"))
        })),
        share().prop_map(|share| Move::Wish(Wish::SetWeight {
            rollout: "web".into(),
            weight: Weight::percent(f64::from(share.unwrap_or(5))).expect("a share"),
            reason: "by hand".into()
        })),
        Just(Move::Wish(Wish::StepBack { rollout: "web".into(), reason: Untrusted::default() })),
        (1u64..9).prop_map(|epoch| Move::Report(Report::EngineStarted { epoch })),
    ];
    let end = (outcome, share(), share()).prop_map(|(outcome, a, b)| Move::End(outcome, a, b));
    prop_oneof![5 => anything, 2 => end, 2 => (1u16..900).prop_map(Move::Later)]
}

fn play(scene: &mut Scene, step: Move) {
    match step {
        Move::Wish(wish) => drop(scene.try_wish(wish)),
        Move::Report(report) => drop(scene.report(report)),
        Move::End(outcome, configured, observed) => {
            let open = wanted(&scene.state, &scene.plan, scene.now).operations;
            if !open.is_empty() {
                scene.end(outcome, configured.map(f64::from), observed.map(f64::from));
            }
        }
        Move::Gate(verdict) => {
            let open = wanted(&scene.state, &scene.plan, scene.now).gates;
            if let Some((gate, run)) = open.first().cloned() {
                let summary = Untrusted::default();
                scene.report(Report::GateFinished {
                    gate,
                    run,
                    verdict,
                    summary,
                    evidence: None,
                    took_ms: 1,
                });
            }
        }
        Move::Later(seconds) => drop(scene.later(i64::from(seconds))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_happens_the_rules_hold(start in 0u8..3, script in proptest::collection::vec(moves(), 0..60)) {
        let mut scene = match start { 0 => Scene::planned(), 1 => Scene::ready(), _ => Scene::soaking() };
        for step in script {
            let before = scene.events.len();
            play(&mut scene, step);
            let explained = explain(&scene.state, &scene.plan, scene.now);
            prop_assert!(explained.iter().all(|blocker| !blocker.message.is_empty() && !blocker.help.is_empty()));
            for event in scene.events.get(before..).unwrap_or_default() {
                if let Event::OperationIntended { act: Act::SetWeight { step, weight, .. }, .. } = event {
                    // No traffic for the new version after a rollback began, until the next attempt.
                    let phase = scene.web().phase;
                    let back = matches!(phase, RolloutPhase::RollingBack | RolloutPhase::RolledBack);
                    prop_assert!(!back || (*step == 0 && *weight == Weight::ZERO));
                }
            }
        }
        let mut said = None;
        for event in &scene.events {
            match event {
                Event::TrafficObserved { configured, .. } => said = *configured,
                Event::RolledBack { .. } => {
                    prop_assert_eq!(said, Some(Weight::ZERO), "said only after it was read");
                }
                _ => {}
            }
        }
        // The same events again give the same state.
        let mut replayed = State::default();
        for (index, event) in scene.events.iter().enumerate() {
            replayed.apply(&Recorded {
                version: index as u64 + 1,
                at: scene.stamps[index],
                actor: scene.actors[index].clone(),
                assurance: Default::default(),
                via: Default::default(),
                kind: String::new(),
                hash: Digest::of((index as u64 + 1).to_string()),
                event: Some(event.clone()),
            });
        }
        prop_assert_eq!(&replayed, &scene.state);
    }
}
