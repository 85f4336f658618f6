//! What to do about a failure.

use super::Error;

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Trying again with the same input is pointless.
    Permanent,
    /// Nothing has happened; trying again later may help.
    Transient,
    /// It may have happened: look before trying again.
    Uncertain,
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn class(&self) -> Class {
        use Error::{
            Answer, Database, Disturbed, Download, Interrupted, InvalidSwap, Output, Postponed, Read, Scratch,
            Unavailable, Uncertain, Write,
        };
        match self {
            Uncertain { .. } => Class::Uncertain,
            Read { .. }
            | Write { .. }
            | Output { .. }
            | Scratch { .. }
            | Interrupted
            | Database { is_transient: true, .. }
            | Download { .. }
            | Disturbed { .. }
            | Unavailable { .. }
            | Postponed { .. }
            | InvalidSwap { .. }
            | Answer { .. } => Class::Transient,
            _ => Class::Permanent,
        }
    }

    /// Whether trying again later, with the same input, is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.class() == Class::Permanent
    }
}
