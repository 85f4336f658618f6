//! Cancellation for synchronous work, which checks now and then whether a stop was requested.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Tells whether to stop. It is checked often, so the check must be fast.
#[derive(Clone)]
pub struct Stop(Arc<dyn Fn() -> bool + Send + Sync>);

impl Stop {
    /// Never stops.
    #[must_use]
    pub fn never() -> Self {
        Stop::when(|| false)
    }

    /// Stops when `is_requested` returns true.
    pub fn when(is_requested: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Stop(Arc::new(is_requested))
    }

    /// Stops when this does, or when `flag` is set.
    #[must_use]
    pub fn or(&self, flag: Arc<AtomicBool>) -> Self {
        let this = self.clone();
        Stop::when(move || flag.load(Ordering::Relaxed) || this.is_requested())
    }

    /// Whether a stop was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        (self.0)()
    }

    /// The same as a `Result`.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if a stop was requested.
    pub fn check(&self) -> Result<()> {
        if self.is_requested() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Stop").field(&self.is_requested()).finish()
    }
}
