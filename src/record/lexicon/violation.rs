//! Violations of a lexicon, as text for the person who has to fix the record.

use std::fmt;

/// One violated rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The place in the record: `video`, or `video.ref` for a nested field.
    pub path: String,
    /// The problem, with a verb: "is missing".
    pub what: String,
}

impl Violation {
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Violation { path: path.into(), what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path, self.what)
    }
}

/// All violations of one record; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// `Ok` if there are no violations.
    pub(crate) fn none_of(violations: Vec<Violation>) -> Result<(), Violations> {
        if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
    }

    /// The violations in the order of the lexicon, missing fields first.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// All of them on one line: `video is missing, code has 12 bytes; the limit is 10`.
impl fmt::Display for Violations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.iter().map(Violation::to_string).collect();
        formatter.write_str(&texts.join(", "))
    }
}

impl std::error::Error for Violations {}
