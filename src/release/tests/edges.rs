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
