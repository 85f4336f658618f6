//! Which frames of a tape cannot be shown. Some of that shows when the tape is opened, the rest when it is decoded, by
//! whichever thread comes first.

use std::sync::OnceLock;

use crate::error::{Error, TapeError};

/// What is wrong with each frame, as far as anybody has looked.
#[derive(Debug, Default)]
pub struct Damage(Vec<OnceLock<String>>);

impl Damage {
    /// Of a tape with so many frames; nothing is known yet.
    pub fn of(frames: usize) -> Self {
        Damage((0..frames).map(|_| OnceLock::new()).collect())
    }

    /// Whether a frame is known to be damaged.
    pub fn is_known(&self, frame: usize) -> bool {
        self.0[frame].get().is_some()
    }

    /// Remembers what is wrong with a frame. Others may have found the same.
    pub fn note(&self, frame: usize, error: &Error) {
        self.0[frame].get_or_init(|| reason(error));
    }

    /// A frame that holds the very bytes of another shares its fate.
    pub fn share(&self, from: usize, to: usize) {
        if let Some(reason) = self.0[from].get() {
            self.0[to].get_or_init(|| reason.clone());
        }
    }

    /// Damaged frames, and what is wrong with each.
    pub fn known(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().enumerate().filter_map(|(frame, reason)| Some((frame, reason.get()?.as_str())))
    }
}

/// What is wrong, without the name of the part that it is wrong with.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Tape(TapeError::Soundtrack { what, .. }) => what.clone(),
        error => error.chain().pop().unwrap_or_default(),
    }
}
