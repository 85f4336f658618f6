//! What goes with the work on a video: whether to stop, and whom to tell how far it is.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::error::Result;
use crate::stop::Stop;

/// How far a video is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many frames are going to be encoded. Comes again, from zero, when the first result was too large.
    Begun {
        /// How many.
        frames: usize,
    },
    /// More frames have been encoded.
    Encoded {
        /// How many more.
        frames: usize,
    },
}

/// Takes progress from many threads, and must not wait.
type Sink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Whether to stop, and whom to tell how far it is.
#[derive(Clone)]
pub struct Monitor {
    stop: Stop,
    sink: Option<Sink>,
}

impl Monitor {
    /// Nobody wants to stop it, and nobody wants to know.
    #[must_use]
    pub fn nobody() -> Self {
        Monitor::new(Stop::never())
    }

    /// Nobody wants to know.
    #[must_use]
    pub fn new(stop: Stop) -> Self {
        Monitor { stop, sink: None }
    }

    /// Tells `sink`, which is called from many threads and must not wait.
    pub fn telling(stop: Stop, sink: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Monitor { stop, sink: Some(Arc::new(sink)) }
    }

    /// The wish to stop alone.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Monitor::new(self.stop.clone())
    }

    /// Stops when that is set, too.
    #[must_use]
    pub fn or(&self, flag: Arc<AtomicBool>) -> Self {
        Monitor { stop: self.stop.or(flag), sink: self.sink.clone() }
    }

    /// The wish to stop.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`crate::Error::Interrupted`] when not.
    pub fn check(&self) -> Result<()> {
        self.stop.check()
    }

    /// So many frames are going to be worked on.
    pub(crate) fn begin(&self, frames: usize) {
        self.tell(Progress::Begun { frames });
    }

    /// So many more are done.
    pub(crate) fn encoded(&self, frames: usize) {
        self.tell(Progress::Encoded { frames });
    }

    fn tell(&self, progress: Progress) {
        if let Some(sink) = &self.sink {
            sink(progress);
        }
    }
}
