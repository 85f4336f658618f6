//! What the user of this program can do against a failure, in its own words: flags, variables, files.

use crate::error::{Advice, Bound, Error};

/// The words to go behind the text of an error; none if there are none.
pub fn remedy(error: &Error) -> &'static str {
    error.advice().map_or("", in_words)
}

/// Advice in words to go behind the text of an error.
pub fn in_words(advice: Advice) -> &'static str {
    match advice {
        Advice::Raise(Bound::Frames) => " (--max-frames)",
        Advice::Raise(Bound::Pixels) => " (--max-pixels)",
        Advice::Raise(Bound::Bytes) => " (--max-bytes)",
        Advice::Raise(Bound::Duration) => " (--max-duration)",
        Advice::MakeRoom => "; set TMPDIR to a folder with room for them",
        Advice::Replace => "; replace it with --force",
        Advice::Set => "; put it into the environment or the config file",
        Advice::LetRead => "; make it public, or set ART_SPACES_KEY and ART_SPACES_SECRET to keys that may",
        Advice::TryAlone => "; run again when nobody else writes to it",
        Advice::ReadBack => "; read back before repeating it",
        Advice::DoWithout => "; --allow-missing does without them",
    }
}
