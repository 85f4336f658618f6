//! The progress of an attempt, set by the work and read by the task that renews its claim.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use crate::video;

use super::jobs::Stage;

/// The progress of an attempt, shared by clones.
#[derive(Debug, Clone)]
pub struct Progress {
    now: watch::Sender<(Option<Stage>, Option<u8>)>,
}

impl Progress {
    /// No progress yet.
    #[must_use]
    pub fn new() -> Progress {
        Progress { now: watch::Sender::new((None, None)) }
    }

    /// Enters a stage.
    pub fn enter(&self, stage: Stage) {
        self.now.send_replace((Some(stage), None));
    }

    /// The stage, and its progress in per cent.
    #[must_use]
    pub fn now(&self) -> (Option<Stage>, Option<u8>) {
        *self.now.borrow()
    }

    /// A sink for the progress of a video, which can be called from many threads.
    pub fn frames(&self) -> impl Fn(video::Progress) + Send + Sync + 'static {
        let (now, frames) = (self.now.clone(), Arc::new((AtomicUsize::new(0), AtomicUsize::new(0))));
        move |progress| {
            let (all, done) = &*frames;
            match progress {
                video::Progress::Begun { frames } => {
                    done.store(0, Ordering::Relaxed);
                    all.store(frames, Ordering::Relaxed);
                }
                video::Progress::Encoded { frames } => {
                    let done = done.fetch_add(frames, Ordering::Relaxed) + frames;
                    let percent = (100 * done / all.load(Ordering::Relaxed).max(1)).min(100);
                    now.send_replace((Some(Stage::Processing), Some(percent as u8)));
                }
            }
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}
