//! Work on a repo that others may write to: begun again with a fresh look until nobody disturbs it.

use std::time::Duration;

use crate::error::{Error, RemoteError, Result, SyncError};

/// How often an account is looked at again without coming on before it is left for another run. Each disturbance that
/// another writer causes costs one, and so does each halving of a batch that the PDS fails to carry out: 200 to 1 takes
/// eight.
const ROUNDS: u32 = 16;

/// The longest pause before looking again.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Why work was not done to its end.
pub enum Interruption {
    /// The repo is not as it was looked at, or nobody knows how it is.
    Disturbed,
    /// The account cannot be worked on.
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

/// Counts attempts at some work until it is done. Each attempt looks at the repo itself, and leaves to the next what it did
/// not do. Whoever comes on, however slowly, is never given up.
#[derive(Debug)]
pub struct Rounds {
    account: String,
    /// Attempts since the last that came on.
    round: u32,
    /// The most that had been done after any.
    most: usize,
}

impl Rounds {
    /// Before the first attempt.
    pub fn new(account: String) -> Self {
        Rounds { account, round: 0, most: 0 }
    }

    /// After an attempt, when all of them have done so much: what the work came to, or `None` for another one, which
    /// begins after a pause.
    ///
    /// What it comes to is what the attempt failed with, or [`SyncError::Disturbed`] when others never let it through.
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
        tracing::info!(self.account, self.round, done, "looking again");
        tokio::time::sleep(pause(self.round)).await;
        None
    }
}

/// Longer with each round, and never the same for two processes that disturb each other.
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
