//! Work on a repo that others may write to: begun again with a fresh look until nobody disturbs it.

use std::time::Duration;

use crate::error::{Error, Result};

/// How often an account is looked at again before it is left for another run. Each disturbance that another writer
/// causes costs one, and so does each halving of a batch that the PDS fails to carry out: 200 to 1 takes eight.
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
            Error::InvalidSwap { .. } | Error::Uncertain { .. } => Interruption::Disturbed,
            error => Interruption::Failed(error),
        }
    }
}

/// Attempts work until it is done. Each attempt looks at the repo itself, and leaves to the next what it did not do.
///
/// # Errors
/// What an attempt failed with; [`Error::Disturbed`] when others never let it through.
pub async fn settle<T>(account: &str, mut attempt: impl AsyncFnMut() -> Result<T, Interruption>) -> Result<T> {
    for round in 0..ROUNDS {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Interruption::Failed(error)) => return Err(error),
            Err(Interruption::Disturbed) => {
                tracing::info!(account, round, "looking again");
                tokio::time::sleep(pause(round)).await;
            }
        }
    }
    Err(Error::Disturbed { rounds: ROUNDS })
}

/// Longer with each round, and never the same for two processes that disturb each other.
fn pause(round: u32) -> Duration {
    let longest = Duration::from_millis(100).saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(0.5 + 0.5 * fastrand::f64())
}
