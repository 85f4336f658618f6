//! Whether an item is still as it was when its record was written. The service's own writes to MongoDB come back as changes, and
//! are no reason to ask the PDS again.

use sha2::{Digest, Sha256};

use crate::record::Item;
use crate::remote::mongo::Owner;

/// The form of what is hashed: to be raised when records follow from something else.
const FORM: &str = "1";

/// A hash of all that an item's record follows from.
pub fn digest(owner: &Owner, item: &Item) -> String {
    let Item { when, nuked, content, id: _, keys: _ } = item;
    let mut hash = Sha256::new_with_prefix(FORM);
    hash.update(format!("{owner:?} {when} {nuked} {content:?}"));
    hash.finalize()[..12].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
