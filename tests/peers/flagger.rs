//! Flagger: when a canary is rolled back. Modelled from `pkg/controller/scheduler.go`.

/// Runs the loop, once every `interval` ticks: a canary that failed `threshold` checks, ever, goes back on the tick
/// after. A check that finds no value fails. Gives that tick, and how often the checks changed their mind.
pub fn run(
    threshold: u32,
    ticks: usize,
    interval: usize,
    mut holds: impl FnMut(usize) -> Option<bool>,
) -> (Option<usize>, u32) {
    let (mut failed, mut flips, mut last) = (0, 0, None);
    for tick in (interval..=ticks).step_by(interval) {
        if failed >= threshold {
            return (Some(tick), flips);
        }
        let good = holds(tick).unwrap_or(false);
        flips += u32::from(last.is_some_and(|last| last != good));
        last = Some(good);
        failed += u32::from(!good);
    }
    (None, flips)
}
