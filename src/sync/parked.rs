//! Failed work and its reasons.

use serde::Serialize;

use crate::error::{Advice, Disposition, Error, Result};
use crate::record::{Item, Medium};
use crate::remote::mongo::{Doubt, Unusable};

/// The reason of a failure, and how to proceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error and its causes, on one line.
    pub reason: String,
    /// Its code; see [`Error::code`].
    pub code: &'static str,
    /// How to proceed.
    pub disposition: Disposition,
    /// What would help.
    pub advice: Option<Advice>,
}

impl Failure {
    /// The failure of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let (code, disposition, advice) = (error.code(), error.disposition(), error.advice());
        Failure { reason: error.chain().join(": "), code, disposition, advice }
    }
}

/// Serialises only the reason.
impl Serialize for Failure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reason)
    }
}

/// An item that failed or is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// Its medium.
    #[serde(serialize_with = "as_name")]
    pub medium: Medium,
    /// Its id in MongoDB.
    pub id: String,
    /// Its label.
    pub label: String,
    /// The reason, on a line that several items may share.
    pub reason: String,
    /// The causes specific to this item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Its code; see [`Error::code`].
    #[serde(skip)]
    pub code: &'static str,
    /// How to proceed.
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
    /// An item and its problem.
    #[must_use]
    pub fn new(item: &Item, reason: impl Into<String>) -> Self {
        let (medium, id, label) = (item.medium(), item.id.to_string(), item.label());
        Parked::with(medium, id, label, reason)
    }

    /// A blocked item with a reason instead of an error: an operator has to fix it.
    #[must_use]
    pub fn with(medium: Medium, id: String, label: String, reason: impl Into<String>) -> Self {
        let (code, disposition, advice) = ("item.blocked", Disposition::Drop, None);
        Parked { medium, id, label, reason: reason.into(), causes: Vec::new(), code, disposition, advice }
    }

    /// An invalid item.
    #[must_use]
    pub fn unusable(medium: Medium, Unusable { id, code, reason }: &Unusable) -> Self {
        let label = code.as_ref().unwrap_or(id).clone();
        Parked::with(medium, id.clone(), label, reason)
    }

    /// A valid item with a warning.
    #[must_use]
    pub fn doubted(item: &Item, doubt: &Doubt) -> Self {
        Parked { causes: vec![doubt.detail.clone()], ..Parked::new(item, doubt.reason) }
    }

    /// An item and the error it ended with.
    #[must_use]
    pub fn after(item: &Item, error: &Error) -> Self {
        let mut chain = error.chain();
        let (code, disposition, advice) = (error.code(), error.disposition(), error.advice());
        Parked { causes: chain.split_off(1), code, disposition, advice, ..Parked::new(item, chain.remove(0)) }
    }
}

/// Records whose deletion was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Their medium.
    pub medium: &'static str,
    /// Their number.
    pub records: usize,
    /// Why.
    pub reason: String,
    /// Whether their number exceeds the limit.
    pub is_too_many: bool,
}
