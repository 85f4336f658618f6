//! What could not be done, and why.

use serde::Serialize;

use crate::error::{Advice, Disposition, Error, Result};
use crate::record::{Item, Medium};
use crate::remote::mongo::{Doubt, Unusable};

/// Why something could not be done: what its error said, and what follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error and its causes, in a line.
    pub reason: String,
    /// What kind of failure it is; see [`Error::code`].
    pub code: &'static str,
    /// What to do about it.
    pub disposition: Disposition,
    /// What would help.
    pub advice: Option<Advice>,
}

impl Failure {
    /// What is to be known of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let (code, disposition, advice) = (error.code(), error.disposition(), error.advice());
        Failure { reason: error.chain().join(": "), code, disposition, advice }
    }
}

/// Machines read the reason.
impl Serialize for Failure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reason)
    }
}

/// One item that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// Its medium.
    #[serde(serialize_with = "as_name")]
    pub medium: Medium,
    /// Its id in MongoDB.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Why, in a line that others may share.
    pub reason: String,
    /// What caused that, of this very item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What kind of failure that is; see [`Error::code`].
    #[serde(skip)]
    pub code: &'static str,
    /// What to do about it.
    #[serde(skip)]
    pub disposition: Disposition,
    /// What would help.
    #[serde(skip)]
    pub advice: Option<Advice>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn as_name<S: serde::Serializer>(medium: &Medium, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(medium.name())
}

impl Parked {
    /// An item and what is wrong with it.
    #[must_use]
    pub fn new(item: &Item, reason: impl Into<String>) -> Self {
        let (medium, id, label) = (item.medium(), item.id.to_string(), item.label());
        Parked::with(medium, id, label, reason)
    }

    /// Something that has a reason and no error: a person has to mend it.
    #[must_use]
    pub fn with(medium: Medium, id: String, label: String, reason: impl Into<String>) -> Self {
        let (code, disposition, advice) = ("item.blocked", Disposition::Drop, None);
        Parked { medium, id, label, reason: reason.into(), causes: Vec::new(), code, disposition, advice }
    }

    /// What may be an item and cannot be made sense of.
    #[must_use]
    pub fn unusable(medium: Medium, Unusable { id, code, reason }: &Unusable) -> Self {
        let label = code.as_ref().unwrap_or(id).clone();
        Parked::with(medium, id.clone(), label, reason)
    }

    /// An item that a record can be made of, and what is odd about it all the same.
    #[must_use]
    pub fn doubted(item: &Item, doubt: &Doubt) -> Self {
        Parked { causes: vec![doubt.detail.clone()], ..Parked::new(item, doubt.reason) }
    }

    /// An item and the error that it ended with.
    #[must_use]
    pub fn after(item: &Item, error: &Error) -> Self {
        let mut chain = error.chain();
        let (code, disposition, advice) = (error.code(), error.disposition(), error.advice());
        Parked { causes: chain.split_off(1), code, disposition, advice, ..Parked::new(item, chain.remove(0)) }
    }
}

/// Records that stay although they were to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Their medium.
    pub medium: &'static str,
    /// How many.
    pub records: usize,
    /// Why.
    pub reason: String,
    /// Whether it is because of their number.
    pub is_too_many: bool,
}
