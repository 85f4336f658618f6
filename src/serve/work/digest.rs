//! Whether an item is still as it was when its record was written. The service's own writes to MongoDB come back as changes, and
//! are no reason to ask the PDS again.

use sha2::{Digest, Sha256};

use crate::record::Item;
use crate::remote::mongo::Owner;

/// A hash of all that an item's record follows from. Another version of Telecine may come to another one, and looks once more.
pub fn digest(owner: &Owner, item: &Item) -> String {
    let Item { when, nuked, content, id: _, keys: _ } = item;
    let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
    hash.update(format!("{owner:?} {when} {nuked} {content:?}"));
    hash.finalize()[..12].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
