//! A playbook's rule, taken by its word: "> 1% for 5 minutes" is a number above its limit at every look of 5 minutes.

/// Looks every `interval` ticks, and fires when the limit was passed at `looks` looks in a row. A look without a
/// number ends the row. Gives the tick, and how often the looks changed their mind.
pub fn run(
    looks: u32,
    ticks: usize,
    interval: usize,
    mut passed: impl FnMut(usize) -> Option<bool>,
) -> (Option<usize>, u32) {
    let (mut row, mut flips, mut last, mut fired) = (0, 0, None, None);
    for tick in (interval..=ticks).step_by(interval) {
        let bad = passed(tick).unwrap_or(false);
        flips += u32::from(last.is_some_and(|last| last != bad));
        last = Some(bad);
        row = if bad { row + 1 } else { 0 };
        if row >= looks && fired.is_none() {
            fired = Some(tick);
        }
    }
    (fired, flips)
}
