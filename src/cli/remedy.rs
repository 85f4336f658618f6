//! Remedies for failures in terms of this program: flags, variables, files.

use crate::error::{Advice, Bound, Error};

/// The remedy to append to the text of an error; empty if there is none.
pub fn remedy(error: &Error) -> &'static str {
    error.advice().map_or("", in_words)
}

/// Advice as text to append to the text of an error.
pub fn in_words(advice: Advice) -> &'static str {
    match advice {
        Advice::Raise(Bound::Frames) => " (--max-frames)",
        Advice::Raise(Bound::Pixels) => " (--max-pixels)",
        Advice::Raise(Bound::Bytes) => " (--max-bytes)",
        Advice::Raise(Bound::Duration) => " (--max-duration)",
        Advice::MakeRoom => "; set TMPDIR to a folder with more space",
        Advice::Replace => "; --force overwrites it",
        Advice::Set => "; set it in the environment or the config file",
        Advice::InstallCertificates => "; install ca-certificates",
        Advice::LetRead => "; make it public, or set ART_SPACES_KEY and ART_SPACES_SECRET to keys with access",
        Advice::TryAlone => "; run again when no other program writes to it",
        Advice::ReadBack => "; check the state before you retry",
        Advice::DoWithout => "; --allow-missing proceeds without them",
    }
}
