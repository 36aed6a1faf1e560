//! Names and times as the plan file writes them.

use std::collections::BTreeSet;

use crate::base::Offset;

/// Hands out names that are used once; repeats get `-2` and so on.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn take(&mut self, base: &str) -> String {
        let base = base.replace('~', "-");
        let mut name = base.clone();
        let mut n = 1;
        while !self.0.insert(name.clone()) {
            n += 1;
            name = format!("{base}-{n}");
        }
        name
    }
}

/// A place on the T-clock with one unit, so that it reads back as it is: days are calendar days, hours exact.
pub(super) fn clock(at: Offset) -> String {
    let exact =
        if at.days != 0 && at.seconds != 0 { i64::from(at.days) * 86_400 + at.seconds } else { at.seconds };
    let sign = if at.days < 0 || at.seconds < 0 { '-' } else { '+' };
    match exact.unsigned_abs() {
        0 if at.days == 0 => "T-0".to_owned(),
        0 => format!("T{sign}{}d", at.days.unsigned_abs()),
        seconds if seconds % 3600 == 0 => format!("T{sign}{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("T{sign}{}m", seconds / 60),
        seconds => format!("T{sign}{seconds}s"),
    }
}
