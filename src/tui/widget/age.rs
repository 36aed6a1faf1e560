//! Times as people read them at a glance.

use crate::base::{Timestamp, clock_text};

/// How old something is: seconds up to ten, then tens, then minutes and hours, so that it seldom changes.
pub fn age(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        0..=10 => format!("{s}s"),
        11..=59 => format!("{}s", s / 10 * 10),
        60..=3599 => format!("{}m", s / 60),
        3600..=86_399 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86_400),
    }
}

/// True when [`age`] will read differently within a second.
pub fn age_counts_seconds(seconds: i64) -> bool {
    seconds <= 10
}

/// The T-clock: `T-00:04:12` within ten minutes of T-0, `T+00:42` hours and minutes, `T-14d 03h` far away.
pub fn t_clock(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let s = seconds.unsigned_abs();
    let (days, hours, minutes) = (s / 86_400, s / 3600 % 24, s / 60 % 60);
    if s < 600 {
        format!("T{sign}00:{minutes:02}:{:02}", s % 60)
    } else if days >= 2 {
        format!("T{sign}{days}d {hours:02}h")
    } else {
        format!("T{sign}{:02}:{minutes:02}", s / 3600)
    }
}

/// True when [`t_clock`] shows seconds.
pub fn t_clock_counts_seconds(seconds: i64) -> bool {
    seconds.unsigned_abs() < 600
}

/// The time that is left, or that has passed since: `in 17:50`, `4m late`.
pub fn until(seconds: i64) -> String {
    match seconds {
        s if s < 0 => format!("{} late", age(-s)),
        s if s < 3600 => format!("in {}", clock_text(s)),
        s if s < 172_800 => format!("in {}h{:02}m", s / 3600, s / 60 % 60),
        s => format!("in {}d", s / 86_400),
    }
}

/// The time of day in a zone.
pub fn wall(at: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Day and time of day in a zone.
pub fn day_and_time(at: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %d %b %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_over_ten_seconds_count_in_tens() {
        let read: Vec<String> = [-3, 0, 10, 11, 19, 59, 60, 7200, 200_000].into_iter().map(age).collect();
        assert_eq!(read, ["0s", "0s", "10s", "10s", "10s", "50s", "1m", "2h", "2d"]);
    }

    #[test]
    fn the_t_clock_shows_seconds_only_near_t0() {
        let read: Vec<String> = [-1_220_400, -4000, -252, 0, 2520].into_iter().map(t_clock).collect();
        assert_eq!(read, ["T-14d 03h", "T-01:06", "T-00:04:12", "T+00:00:00", "T+00:42"]);
        assert_eq!(until(1070), "in 17:50");
        assert_eq!(until(-240), "4m late");
        assert_eq!(until(90_000), "in 25h00m");
    }
}
