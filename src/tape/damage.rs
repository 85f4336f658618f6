//! The frames of a tape that cannot be shown. Some are found when the tape is opened, the rest when they are decoded,
//! on any thread.

use std::sync::OnceLock;

use crate::error::{Error, TapeError};

/// The known problem of each frame.
#[derive(Debug, Default)]
pub struct Damage(Vec<OnceLock<String>>);

impl Damage {
    /// For a tape with this many frames, none of them known to be damaged.
    pub fn of(frames: usize) -> Self {
        Damage((0..frames).map(|_| OnceLock::new()).collect())
    }

    /// Whether a frame is known to be damaged.
    pub fn is_known(&self, frame: usize) -> bool {
        self.0[frame].get().is_some()
    }

    /// Stores the problem of a frame. Another thread may have stored it already.
    pub fn note(&self, frame: usize, error: &Error) {
        self.0[frame].get_or_init(|| reason(error));
    }

    /// Marks a frame that has the same bytes as a damaged one.
    pub fn share(&self, from: usize, to: usize) {
        if let Some(reason) = self.0[from].get() {
            self.0[to].get_or_init(|| reason.clone());
        }
    }

    /// Damaged frames and their problems.
    pub fn known(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().enumerate().filter_map(|(frame, reason)| Some((frame, reason.get()?.as_str())))
    }
}

/// The problem without the name of the affected part.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Tape(TapeError::Soundtrack { what, .. }) => what.clone(),
        error => error.chain().pop().unwrap_or_default(),
    }
}
