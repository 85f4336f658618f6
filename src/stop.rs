//! The wish to stop, for work that is synchronous: it looks now and then whether somebody has it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Whether to stop. Asked often, so that the answer has to be at hand.
#[derive(Clone)]
pub struct Stop(Arc<dyn Fn() -> bool + Send + Sync>);

impl Stop {
    /// Nobody ever wants to.
    #[must_use]
    pub fn never() -> Self {
        Stop::when(|| false)
    }

    /// When that says so.
    pub fn when(is_requested: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Stop(Arc::new(is_requested))
    }

    /// When that is set, too.
    #[must_use]
    pub fn or(&self, flag: Arc<AtomicBool>) -> Self {
        let this = self.clone();
        Stop::when(move || flag.load(Ordering::Relaxed) || this.is_requested())
    }

    /// Whether to.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        (self.0)()
    }

    /// The same as a result.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if so.
    pub fn check(&self) -> Result<()> {
        if self.is_requested() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Stop").field(&self.is_requested()).finish()
    }
}
