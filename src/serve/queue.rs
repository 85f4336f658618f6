//! Who does jobs and when, in this process: workers are woken when something is asked for, and look by themselves.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::Notify;

use super::jobs::Kind;

/// How long workers rest that found nothing to do. What was asked for in another process, or is due by now, is found then.
pub const REST: Duration = Duration::from_secs(1);

/// Wakes workers.
#[derive(Debug)]
pub struct Queue {
    wake: HashMap<Kind, Notify>,
}

impl Queue {
    /// Nobody sleeps yet.
    #[must_use]
    pub fn new() -> Queue {
        Queue { wake: Kind::ALL.into_iter().map(|kind| (kind, Notify::new())).collect() }
    }

    /// Wakes a worker for that kind of work, or keeps the next one from going to sleep.
    pub fn wake(&self, kind: Kind) {
        self.wake[&kind].notify_one();
    }

    /// Rests until somebody asks for that kind of work, or for a moment.
    pub async fn rest(&self, kind: Kind) {
        // That nobody woke it in time is no failure.
        let _ = tokio::time::timeout(REST, self.wake[&kind].notified()).await;
    }
}

impl Default for Queue {
    fn default() -> Self {
        Queue::new()
    }
}
