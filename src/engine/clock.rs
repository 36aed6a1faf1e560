//! The three clocks: the wall's, a faster one for demonstrations, and a virtual one that only moves when told.
//!
//! Invariants: time never goes back; a wait for a moment that is past ends at once; the virtual clock wakes those
//! who wait in the order of their moments, and of their asking within one moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::base::Timestamp;
use crate::engine::ports::Clock;

/// The longest single sleep: a wait beyond it wakes and sleeps again, so a changed wall clock is noticed.
const NAP: Duration = Duration::from_secs(30);

/// The wall's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn until<'a>(&'a self, at: Timestamp) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            loop {
                let left = between(self.now(), at);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(NAP)).await;
            }
        })
    }
}

/// Notices when the wall clock and the boot clock come apart: somebody set the time. Sleep moves both alike.
#[derive(Debug)]
pub(crate) struct Jumps {
    wall: Timestamp,
    boot: Duration,
}

impl Jumps {
    /// How far they may come apart, in seconds.
    const SLACK: i64 = 2;

    /// Looks from now on.
    pub fn new() -> Self {
        Self { wall: Timestamp::now(), boot: boot_time() }
    }
    /// By how many seconds the wall clock jumped since the last look, when it did.
    pub fn look(&mut self) -> Option<i64> {
        let now = Self::new();
        let jumped = self.apart(&now);
        *self = now;
        jumped
    }
    fn apart(&self, now: &Self) -> Option<i64> {
        let booted = i64::try_from(now.boot.saturating_sub(self.boot).as_millis()).unwrap_or(i64::MAX);
        let passed = now.wall.as_millisecond().saturating_sub(self.wall.as_millisecond());
        let by = passed.saturating_sub(booted);
        (by.abs() > Self::SLACK * 1000).then_some(by / 1000)
    }
}

/// Time since the machine started; with its sleep where the system tells.
fn boot_time() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A clock that starts at a moment of its own and runs faster than the wall's.
#[derive(Clone, Debug)]
pub struct FastClock {
    start: Timestamp,
    began: Instant,
    factor: f64,
}

impl FastClock {
    /// A clock that shows `start` now and passes `factor` seconds in one; a factor that is not above zero is one.
    pub fn new(start: Timestamp, factor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 1.0 };
        Self { start, began: Instant::now(), factor }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let passed = self.began.elapsed().as_secs_f64() * self.factor;
        later(self.start, Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX))
    }

    fn until<'a>(&'a self, at: Timestamp) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            loop {
                let left = between(self.now(), at).div_f64(self.factor);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.clamp(Duration::from_millis(1), NAP)).await;
            }
        })
    }
}

/// A clock that stands still until somebody moves it.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    inner: Arc<Mutex<Hands>>,
}

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    asked: u64,
    waiting: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl VirtualClock {
    /// A clock that stands at this moment.
    pub fn new(start: Timestamp) -> Self {
        Self { inner: Arc::new(Mutex::new(Hands { now: start, asked: 0, waiting: BTreeMap::new() })) }
    }

    /// Moves to a later moment and wakes all who waited for one up to it; an earlier moment changes nothing.
    pub fn advance_to(&self, at: Timestamp) {
        let mut hands = self.hands();
        hands.now = hands.now.max(at);
        let now = hands.now;
        while let Some(entry) = hands.waiting.first_entry() {
            if entry.key().0 > now {
                break;
            }
            // Whoever no longer waits needs no waking.
            let _gone = entry.remove().send(());
        }
    }

    /// The earliest moment somebody waits for.
    pub fn next(&self) -> Option<Timestamp> {
        self.hands().waiting.first_key_value().map(|(key, _)| key.0)
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a wait that is given up.
struct Waiter<'a> {
    clock: &'a VirtualClock,
    key: (Timestamp, u64),
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.clock.hands().waiting.remove(&self.key);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn until<'a>(&'a self, at: Timestamp) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let (key, woken) = {
                let mut hands = self.hands();
                if at <= hands.now {
                    return;
                }
                let (sender, woken) = oneshot::channel();
                hands.asked += 1;
                let key = (at, hands.asked);
                hands.waiting.insert(key, sender);
                (key, woken)
            };
            let _waiter = Waiter { clock: self, key };
            // The sender is dropped only with the clock itself.
            let _ = woken.await;
        })
    }
}

/// The time from one moment to a later one; zero when it is not later.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// A moment that much later, or the last there is.
fn later(from: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by).ok().and_then(|by| from.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[tokio::test]
    async fn the_virtual_clock_wakes_in_order_and_forgets_who_gave_up() {
        let clock = VirtualClock::new(at(0));
        let mut late = clock.until(at(20));
        let mut early = clock.until(at(10));
        assert!(futures::poll!(&mut late).is_pending());
        assert!(futures::poll!(&mut early).is_pending());
        assert_eq!(clock.next(), Some(at(10)));
        clock.advance_to(at(15));
        assert!(futures::poll!(&mut early).is_ready());
        assert!(futures::poll!(&mut late).is_pending());
        drop(late);
        assert_eq!(clock.next(), None);
        clock.advance_to(at(5));
        assert_eq!(clock.now(), at(15), "time never goes back");
    }

    #[test]
    fn a_set_clock_is_a_jump_and_sleep_is_not() {
        let then = Jumps { wall: at(1000), boot: Duration::from_secs(50) };
        let look = |wall, boot| then.apart(&Jumps { wall: at(wall), boot: Duration::from_secs(boot) });
        assert_eq!(look(1010, 60), None);
        assert_eq!(look(1012, 60), None, "two seconds are let be");
        assert_eq!(look(1003, 50), Some(3));
        assert_eq!(look(900, 60), Some(-110));
        assert_eq!(look(9000, 8050), None, "both slept");
    }

    #[test]
    fn a_fast_clock_starts_where_it_is_told_and_runs_on() {
        let clock = FastClock::new(at(1000), 1e6);
        let first = clock.now();
        assert!(first >= at(1000));
        assert!(clock.now() >= first);
    }
}
