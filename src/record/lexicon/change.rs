//! One difference between two versions of a lexicon, in words.

use std::fmt;

/// Whom a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// Nobody: the protocol allows it.
    Nobody,
    /// Records that exist may not obey the new lexicon.
    Records,
    /// Readers with the old lexicon may refuse new records.
    Readers,
    /// Both.
    All,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The lexicon.
    pub nsid: String,
    /// Where in it, `mood` or `mood.maxLength`; within another definition than the first `#other.mood`.
    pub place: String,
    /// What has happened there, with its verb: "was 5000 and is 300".
    pub what: String,
    /// Whom that breaks.
    pub breaks: Breaks,
}

impl Change {
    /// Whether the protocol forbids it.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.breaks != Breaks::Nobody
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { nsid, place, what, .. } = self;
        let harm = match self.breaks {
            Breaks::Nobody => "",
            Breaks::Records => "; records that exist may not obey it",
            Breaks::Readers => "; readers of the old version may refuse new records",
            Breaks::All => "; neither old records nor readers of the old version can be counted on",
        };
        write!(formatter, "{nsid}: {place} {what}{harm}")
    }
}
