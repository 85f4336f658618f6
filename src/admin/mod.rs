//! Administration of the mirror besides syncing: schemas, accounts, and checks of the set-up.
//!
//! * [`lexicons`] — the schemas of records and their publication.
//! * [`accounts`] — all accounts, and whether Telecine can log in.
//! * [`create`](mod@create) — new accounts.
//! * [`doctor`] — problems that a sync would run into.

pub mod accounts;
pub mod create;
pub mod doctor;
pub mod lexicons;
