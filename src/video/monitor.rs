//! Monitors the work on a video: cancellation and progress.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::error::Result;
use crate::stop::Stop;

/// The progress of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Encoding starts. Occurs again if the first result was too large; the count restarts from zero.
    Begun {
        /// The number of frames to encode.
        frames: usize,
    },
    /// More frames have been encoded.
    Encoded {
        /// The number of additional frames.
        frames: usize,
    },
}

/// Takes progress from many threads; must not block.
type Sink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Cancellation and progress of the work on a video.
#[derive(Clone)]
pub struct Monitor {
    stop: Stop,
    sink: Option<Sink>,
}

impl Monitor {
    /// Never stops, and reports no progress.
    #[must_use]
    pub fn nobody() -> Self {
        Monitor::new(Stop::never())
    }

    /// Reports no progress.
    #[must_use]
    pub fn new(stop: Stop) -> Self {
        Monitor { stop, sink: None }
    }

    /// Reports progress to `sink`, which is called from many threads and must not block.
    pub fn telling(stop: Stop, sink: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Monitor { stop, sink: Some(Arc::new(sink)) }
    }

    /// The same without progress.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Monitor::new(self.stop.clone())
    }

    /// Also stops when `flag` is set.
    #[must_use]
    pub fn or(&self, flag: Arc<AtomicBool>) -> Self {
        Monitor { stop: self.stop.or(flag), sink: self.sink.clone() }
    }

    /// The cancellation.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Checks whether to continue.
    ///
    /// # Errors
    /// [`crate::Error::Interrupted`] if not.
    pub fn check(&self) -> Result<()> {
        self.stop.check()
    }

    /// Reports the number of frames to encode.
    pub(crate) fn begin(&self, frames: usize) {
        self.tell(Progress::Begun { frames });
    }

    /// Reports additional encoded frames.
    pub(crate) fn encoded(&self, frames: usize) {
        self.tell(Progress::Encoded { frames });
    }

    fn tell(&self, progress: Progress) {
        if let Some(sink) = &self.sink {
            sink(progress);
        }
    }
}
