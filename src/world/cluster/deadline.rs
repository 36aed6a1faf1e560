//! Until when a call may take.

use std::time::Duration;

use tokio::time::Instant;

/// A moment by which a call has ended, whatever it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The engine's own patience with one answer, from now.
    pub fn usual() -> Self {
        Self::within(Duration::from_secs(crate::engine::ports::DEADLINE.0))
    }

    /// The earlier of this and so long from now.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        self.min(Self::within(time))
    }

    /// What is left; zero when it is past.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Runs it to its end, or gives up on it in time.
    pub(super) async fn hold<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.0, work).await.ok()
    }
}
