//! What must hold of the evidence whatever is counted.

use proptest::collection::vec;
use proptest::prelude::*;

use super::sums::Way;
use super::*;

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let draw = (0u64..20, 0u64..40, 0.01f64..0.99);
    vec(draw.prop_map(|(canary, baseline, share)| Draw { canary, baseline, share }), 1..60)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-8 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn swapping_the_sides_mirrors_the_ratio(draws in draws(), limit in 0.3f64..4.0) {
        let (grid, mirrored) = (Grid::new(limit, 2.0 * limit), Grid::new(1.0 / limit, 2.0 / limit));
        let (mut sums, mut swapped) = (Sums::new(&grid), Sums::new(&mirrored));
        for draw in draws {
            sums.add(&grid, draw);
            let Draw { canary, baseline, share } = draw;
            swapped.add(&mirrored, Draw { canary: baseline, baseline: canary, share: 1.0 - share });
        }
        let (mut up, mut down) = ([0.0; FINE], [0.0; FINE]);
        sums.against(None, grid.harmless(), Way::Up, &mut up);
        swapped.against(None, mirrored.harmless(), Way::Down, &mut down);
        prop_assert!(up.iter().zip(down).all(|(up, down)| close(*up, down)), "{:?} {:?}", up, down);
    }

    #[test]
    fn at_a_constant_share_only_the_totals_count(
        events in vec((0u64..20, 0u64..40), 1..60), share in 0.01f64..0.99
    ) {
        let (mut stepwise, mut at_once) = (Mixture::new(1.1, 2.0, 1.0), Mixture::new(1.1, 2.0, 1.0));
        stepwise.start(0, 0);
        at_once.start(0, 0);
        for (canary, baseline) in &events {
            stepwise.add(Draw { canary: *canary, baseline: *baseline, share });
        }
        let total = events.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        at_once.add(Draw { canary: total.0, baseline: total.1, share });
        prop_assert!(close(stepwise.worse(), at_once.worse()) && close(stepwise.fine(), at_once.fine()));
    }

    /// The ends of the interval are where the evidence reaches its bar: a step further out it is above, a step further
    /// in below.
    #[test]
    fn the_interval_is_what_the_evidence_does_not_speak_against(draws in draws()) {
        let mut mixture = Mixture::new(1.1, 2.0, 1.0);
        mixture.start(0, 0);
        draws.iter().for_each(|draw| mixture.add(*draw));
        let found = ratio(&mixture, 0.05);
        let against = |limit: f64| {
            let mut moved = Mixture::new(limit, limit, 1.0);
            moved.start(0, 0);
            draws.iter().for_each(|draw| moved.add(*draw));
            (moved.worse_since(&moved.starts()[0]), {
                let mut terms = [0.0; FINE];
                moved.sums().against(None, moved.grid().harmless(), Way::Down, &mut terms);
                log_mean_exp(&terms)
            })
        };
        let bar = (2.0f64 / 0.05 / 0.5).ln();
        if found.low > 0.04 && found.low < 30.0 {
            prop_assert!(against(found.low * 0.999).0 >= bar && against(found.low * 1.001).0 < bar);
        }
        if let Some(high) = found.high.filter(|high| *high > 0.04 && *high < 30.0) {
            prop_assert!(against(high * 0.999).1 < bar && against(high * 1.001).1 >= bar);
        }
    }

    #[test]
    fn a_burst_weighs_less(draws in draws(), phi in 1.0f64..10.0) {
        let (mut plain, mut tempered) = (Mixture::new(1.1, 2.0, 1.0), Mixture::new(1.1, 2.0, phi));
        for mixture in [&mut plain, &mut tempered] {
            mixture.start(0, 0);
            draws.iter().for_each(|draw| mixture.add(*draw));
        }
        let best = |mixture: &Mixture| mixture.best_worse(&mixture.starts()[0]);
        prop_assert!(close(best(&plain) / phi, best(&tempered)));
    }
}
