//! Whether an item is still as it was when its record was written. The service's own writes to MongoDB come back as changes, and
//! are no reason to ask the PDS again.

use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::serve::jobs::identity;

/// The form of what is hashed: to be raised when records follow from something else.
const FORM: &str = "1";

/// A hash of all that an item's record follows from.
pub fn digest(owner: &Owner, item: &Item) -> String {
    let Item { when, nuked, content, id: _, keys: _ } = item;
    identity(FORM, &[&format!("{owner:?}"), &format!("{when} {nuked}"), &format!("{content:?}")])
}
