//! Isolates work that may panic.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, Result};

/// Does work in place, and converts a panic to an error. The state of the work is dropped, so that its inconsistency
/// does not matter.
///
/// # Errors
/// Errors of the work; [`Error::Panicked`].
pub async fn isolated<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Does work in its own task, which ends when its future is dropped. A panic becomes an error.
///
/// # Errors
/// As [`isolated`].
pub async fn in_task<T: Send + 'static>(work: BoxFuture<'static, Result<T>>) -> Result<T> {
    AbortOnDropHandle::new(tokio::spawn(work)).await.unwrap_or_else(|error| Err(given_up(error)))
}

/// Runs blocking work on its own thread.
///
/// # Errors
/// As [`isolated`].
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(given_up(error)))
}

fn given_up(error: JoinError) -> Error {
    // Without a panic, the runtime is shutting down.
    error.try_into_panic().map_or(Error::Interrupted, |panic| panicked(&*panic))
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Error::Panicked { source: text.unwrap_or_else(|| "panic without a message".into()).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Disposition;

    #[tokio::test]
    async fn a_panic_is_an_error_that_says_what_it_said() {
        let formatted = 7;
        let done = [
            blocking(|| -> Result<()> { panic!("index out of bounds") }).await,
            isolated(async { panic!("index {formatted} out of bounds") }).await,
            in_task(Box::pin(async { panic!("index out of bounds") })).await,
            blocking(|| std::panic::resume_unwind(Box::new(7))).await,
        ];
        let told = done.map(|done: Result<()>| done.unwrap_err().chain());
        let fault = "this input triggers a bug in telecine";
        let expected =
            ["index out of bounds", "index 7 out of bounds", "index out of bounds", "panic without a message"];
        assert_eq!(told, expected.map(|said| vec![fault.to_owned(), said.to_owned()]));
        assert_eq!(Error::Panicked { source: "x".into() }.disposition(), Disposition::Drop);
    }
}
