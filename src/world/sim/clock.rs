//! Time that moves only when it is told to.
//!
//! Invariants: time never goes back; sleepers wake in the order of their times, then of their coming, so a run on
//! one thread is the same every time; a sleeper that was given up is forgotten.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::future::BoxFuture;

use crate::base::Timestamp;
use crate::engine::ports::Clock;

/// A virtual clock. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct SimClock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    now: Timestamp,
    coming: u64,
    sleepers: BTreeMap<(Timestamp, u64), Option<Waker>>,
}

impl SimClock {
    /// A clock that stands at this time.
    pub fn new(start: Timestamp) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { now: start, coming: 0, sleepers: BTreeMap::new() })) }
    }
    /// Moves to that time, unless it is past, and wakes everybody who waited for it.
    pub fn advance_to(&self, at: Timestamp) {
        let due = {
            let mut inner = self.lock();
            inner.now = inner.now.max(at);
            let now = inner.now;
            let later = inner.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut inner.sleepers, later)
        };
        due.into_values().flatten().for_each(Waker::wake);
    }
    /// When the first sleeper wants to wake; none when nobody sleeps.
    pub fn next_sleeper(&self) -> Option<Timestamp> {
        self.lock().sleepers.keys().next().map(|(at, _)| *at)
    }
    /// How many wait for a later time.
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }
    fn until<'a>(&'a self, at: Timestamp) -> BoxFuture<'a, ()> {
        Box::pin(Sleep { clock: self, at, place: None })
    }
}

struct Sleep<'a> {
    clock: &'a SimClock,
    at: Timestamp,
    place: Option<u64>,
}

impl Future for Sleep<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.lock();
        if inner.now >= self.at {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or(inner.coming);
        if self.place.is_none() {
            inner.coming += 1;
        }
        inner.sleepers.insert((self.at, place), Some(context.waker().clone()));
        drop(inner);
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.lock().sleepers.remove(&(self.at, place));
        }
    }
}
