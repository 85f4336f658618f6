//! Errors and their causes as lines of text.

use super::Error;

impl Error {
    /// The error and its causes, one line each. A cause that the previous line already includes is left out.
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
