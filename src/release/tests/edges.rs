//! What is worth an event: an edge, once, and not every wobble.

use super::scene::Scene;
use crate::analysis::Verdict;
use crate::base::Digest;
use crate::release::*;

fn assessed(scene: &mut Scene, verdict: Verdict) -> usize {
    let since = scene.now;
    let inputs = Digest::of("samples");
    scene.report(Report::Assessed { metric: "errors".into(), verdict, since, value: None, inputs }).len()
}

#[test]
fn a_metric_that_has_said_nothing_says_nothing_new_with_no_data() {
    let mut scene = Scene::ready();
    assert_eq!(assessed(&mut scene, Verdict::NoData), 0);
    assert_eq!(assessed(&mut scene, Verdict::Pass), 1);
    assert_eq!(assessed(&mut scene, Verdict::NoData), 1, "the loss of good data is an edge");
}

fn ready(scene: &mut Scene, ready: u32, of: u32) -> usize {
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready, of }).len()
}

#[test]
fn instances_that_come_and_go_are_recorded_when_it_matters() {
    let mut scene = Scene::ready();
    assert_eq!(ready(&mut scene, 2, 3), 1, "worse at once");
    let mut recorded = 0;
    for second in 0..300 {
        scene.later(1);
        recorded += ready(&mut scene, 1 + second % 3, 3);
    }
    assert!(recorded <= 10, "{recorded} events in five minutes");
    scene.later(60);
    ready(&mut scene, 3, 3);
    let good = scene.web().last_known_good.as_ref().expect("known");
    assert_eq!((good.ready, good.of), (3, 3), "better when it lasts");
    scene.later(60);
    assert_eq!(ready(&mut scene, 5, 5), 0, "more of the same is for screens");
}
