//! Failures and their causes: how they are put together, and as lines of text.

use std::path::Path;

use super::Error;

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| Error::Read { path: path.into(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| Error::Write { path: path.into(), source }
    }

    /// The error and its causes, each a line of text. A cause that the one before has repeated already is left out.
    #[must_use]
    pub fn chain(&self) -> Vec<String> {
        let mut chain = vec![self.to_string()];
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            if !chain.last().is_some_and(|last| last.ends_with(&text)) {
                chain.push(text);
            }
            cause = error.source();
        }
        chain
    }
}
