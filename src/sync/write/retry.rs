//! Retries of work on a repo that other programs write to: each attempt reads it again.

use std::time::Duration;

use crate::error::{Error, RemoteError, Result, SyncError};

/// The number of attempts without progress before an account is left to another run. Each disturbance by another writer
/// costs one, as does each halving of a batch that the PDS cannot carry out: 200 to 1 takes eight.
const ROUNDS: u32 = 16;

/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Why an attempt did not complete.
pub enum Interruption {
    /// The repo has changed since it was read, or its state is uncertain.
    Disturbed,
    /// The account cannot be processed.
    Failed(Error),
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        match error {
            Error::Remote(RemoteError::InvalidSwap { .. } | RemoteError::Uncertain { .. }) => Interruption::Disturbed,
            error => Interruption::Failed(error),
        }
    }
}

/// Counts attempts until the work is done. Each attempt reads the repo itself, and leaves the rest to the next. Work
/// that makes progress, however slowly, is never given up.
#[derive(Debug)]
pub struct Rounds {
    account: String,
    /// Attempts since the last one with progress.
    round: u32,
    /// The most work done after any attempt.
    most: usize,
}

impl Rounds {
    /// The state before the first attempt.
    pub fn new(account: String) -> Self {
        Rounds { account, round: 0, most: 0 }
    }

    /// Ends an attempt, given the work done by all attempts. Returns the result, or `None` for another attempt, which
    /// starts after a pause.
    ///
    /// The result is the attempt's error, or [`SyncError::Disturbed`] if other writers never let it through.
    pub async fn end<T>(&mut self, done: usize, outcome: Result<T, Interruption>) -> Option<Result<T>> {
        match outcome {
            Ok(done) => return Some(Ok(done)),
            Err(Interruption::Failed(error)) => return Some(Err(error)),
            Err(Interruption::Disturbed) if done > self.most => (self.most, self.round) = (done, 0),
            Err(Interruption::Disturbed) => self.round += 1,
        }
        if self.round == ROUNDS {
            return Some(Err(Error::Sync(SyncError::Disturbed { rounds: ROUNDS })));
        }
        tracing::info!(self.account, self.round, done, "reading the repo again");
        tokio::time::sleep(pause(self.round)).await;
        None
    }
}

/// Longer with each round, and random, because two processes may disturb each other.
fn pause(round: u32) -> Duration {
    let longest = Duration::from_millis(100).saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(0.5 + 0.5 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn settled(mut outcomes: impl Iterator<Item = (usize, Result<(), Interruption>)>) -> Result<()> {
        let mut rounds = Rounds::new("a".into());
        loop {
            let (done, outcome) = outcomes.next().expect("it ends before");
            if let Some(ended) = rounds.end(done, outcome).await {
                return ended;
            }
        }
    }

    fn disturbed(done: usize) -> (usize, Result<(), Interruption>) {
        (done, Err(Interruption::Disturbed))
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_on_however_slowly_gets_through() {
        let slow = (1..1_000).flat_map(|done| [disturbed(done), disturbed(done), disturbed(done)]);
        settled(slow.chain([(1_000, Ok(()))])).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_on_is_left_for_another_run() {
        let begun = tokio::time::Instant::now();
        let stuck = settled((0..).map(|round| disturbed(round.min(3)))).await;
        assert!(matches!(stuck, Err(Error::Sync(SyncError::Disturbed { .. }))));
        assert!(begun.elapsed() < Duration::from_mins(5), "{:?}", begun.elapsed());
    }
}
