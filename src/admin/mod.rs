//! What keeps the mirror in order besides syncing it: schemas, accounts, and a look at everything before it is needed.
//!
//! * [`lexicons`] — the schemas of records, published for everybody.
//! * [`accounts`] — all accounts, and whether one can get into them.
//! * [`create`](mod@create) — a new account.
//! * [`doctor`] — what would spoil a sync.

pub mod accounts;
pub mod create;
pub mod doctor;
pub mod lexicons;
