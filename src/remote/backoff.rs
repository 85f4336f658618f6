//! The waits between attempts.

use std::time::Duration;

/// The number of attempts. With the waits in between, a server has half a minute to come back: longer than a primary's
/// election or a PDS's restart takes.
pub const ATTEMPTS: u32 = 7;

/// The first wait; each later one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// Counts attempts and waits between them.
#[derive(Debug)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The state before the first attempt.
    pub fn new() -> Backoff {
        Backoff { attempts: 1 }
    }

    /// The number of attempts, including the current one.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Waits before the next attempt; returns `false` if there is none.
    pub async fn again(&mut self) -> bool {
        if self.attempts >= ATTEMPTS {
            return false;
        }
        tokio::time::sleep(self.pause()).await;
        self.attempts += 1;
        true
    }

    /// A random time between half and all of the doubled wait, so that clients that failed together do not retry
    /// together.
    fn pause(&self) -> Duration {
        let most = FIRST * 2_u32.pow(self.attempts - 1);
        most.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_grow_and_attempts_end() {
        let mut backoff = Backoff::new();
        let start = tokio::time::Instant::now();
        let mut before = Duration::ZERO;
        while backoff.again().await {
            let waited = start.elapsed().saturating_sub(before);
            let most = FIRST * 2_u32.pow(backoff.attempts() - 2);
            assert!(waited >= most / 2 && waited <= most + Duration::from_millis(1), "{waited:?}");
            before = start.elapsed();
        }
        assert_eq!(backoff.attempts(), ATTEMPTS);
        assert!(before > Duration::from_secs(15) && before < Duration::from_secs(32), "{before:?}");
    }
}
