//! What could not be done, and why.

use serde::Serialize;

use crate::error::Error;
use crate::record::{Item, Medium};
use crate::remote::mongo::Unusable;

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
        Parked { medium, id, label, reason: reason.into(), causes: Vec::new() }
    }

    /// What may be an item and cannot be made sense of.
    #[must_use]
    pub fn unusable(medium: Medium, Unusable { id, code, reason }: &Unusable) -> Self {
        let label = code.as_ref().unwrap_or(id).clone();
        Parked { medium, id: id.clone(), label, reason: reason.clone(), causes: Vec::new() }
    }

    /// An item and the error that it ended with.
    #[must_use]
    pub fn after(item: &Item, error: &Error) -> Self {
        let mut chain = error.chain();
        Parked { causes: chain.split_off(1), ..Parked::new(item, chain.remove(0)) }
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
