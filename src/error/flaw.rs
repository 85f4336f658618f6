//! Flaws: errors that cost only a part of a tape, and warnings that count as errors.

use super::{Error, Result, TapeError};

/// A warning that counts as an error, and the next one.
#[derive(Debug, thiserror::Error)]
#[error("{warning}")]
struct Told {
    warning: String,
    #[source]
    next: Option<Box<Told>>,
}

impl Error {
    /// Whether this costs only the affected part of the tape; see [`TapeError::is_flaw`].
    #[must_use]
    pub fn is_flaw(&self) -> bool {
        matches!(self, Error::Tape(error) if error.is_flaw())
    }

    /// [`TapeError::Strict`] for these warnings, if there are any.
    pub(crate) fn strict(warnings: &[impl ToString]) -> Result<()> {
        let told = |next, warning: &_| Some(Box::new(Told { warning: ToString::to_string(warning), next }));
        let chain = warnings.iter().rev().fold(None, told);
        chain.map_or(Ok(()), |source| Err(TapeError::Strict { warnings: warnings.len(), source }.into()))
    }
}
