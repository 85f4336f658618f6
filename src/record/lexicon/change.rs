//! A difference between two versions of a lexicon, as text.

use std::fmt;

/// What a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// Nothing: the protocol allows it.
    Nobody,
    /// Existing records may violate the new lexicon.
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
    /// The place within it: `mood` or `mood.maxLength`; `#other.mood` in a definition other than the main one.
    pub place: String,
    /// The change, with a verb: "was 5000 and is 300".
    pub what: String,
    /// What it breaks.
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
            Breaks::Records => "; existing records may violate it",
            Breaks::Readers => "; readers of the old version may refuse new records",
            Breaks::All => "; existing records may violate it, and readers of the old version may refuse new records",
        };
        write!(formatter, "{nsid}: {place} {what}{harm}")
    }
}
