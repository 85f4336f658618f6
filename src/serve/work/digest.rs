//! Detects whether an item has changed since its record was written. The service's own writes to MongoDB come back as
//! changes, and need no request to the PDS.

use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::serve::jobs::identity;

/// The version of the hashed data: to be raised when records depend on something else.
const FORM: &str = "1";

/// A hash of all data that an item's record depends on.
pub fn digest(owner: &Owner, item: &Item) -> String {
    let Item { when, nuked, content, id: _, keys: _ } = item;
    identity(FORM, &[&format!("{owner:?}"), &format!("{when} {nuked}"), &format!("{content:?}")])
}
