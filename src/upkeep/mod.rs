//! What keeps the mirror in order besides syncing it: schemas, accounts, and a look at everything before it is needed.
//!
//! * [`lexicons`] — the schemas of records, published for everybody.

pub mod lexicons;
