//! MongoDB and Spaces to the PDS: read both sides of an account, plan, apply.
//!
//! ```text
//! accounts ─▶ read ─▶ plan ─▶ make ─▶ upload ─▶ batch ─▶ applyWrites ─▶ MongoDB
//!   a few at once  both sides  pure  Spaces, video  blobs  swapCommit  all or none  keys
//! ```
//!
//! One task processes an account, so it has one writer here; each item with files has its own task. The waits of a
//! piece of work end only with its own [`Control`]. Other processes may write too: every batch names the commit it was
//! planned on, and if the repo has moved on, or the outcome of a batch is uncertain, the account is read and planned
//! again. MongoDB comes last; if a run ends early, the next one finds and adopts the records.
//!
//! ```
//! use std::collections::HashSet;
//! use telecine::record::{Content, Files, Item, StoredKeys, build};
//! use telecine::remote::pds::Existing;
//! use telecine::sync::{MediumPlan, Nuked, Orphans, Policy};
//!
//! let mood = |id: &str, text: &str| -> Result<Item, String> {
//!     let content = Content::Mood { text: text.into() };
//!     Ok(Item { id: id.parse()?, when: 1_760_744_597_100, keys: StoredKeys::default(), nuked: false, content })
//! };
//! let (published, new) = (mood("68f2d49574656c656300028e", "calm")?, mood("68f2d49574656c656300028f", "awake")?);
//! let record = build(&published, &Files::default())?;
//! let there = Existing {
//!     collection: published.medium().collection().into(),
//!     rkey: "3m3e2222222sa".into(),
//!     cid: record.cid(),
//!     value: record.into_value(),
//! };
//!
//! let policy = Policy { nuked: Nuked::Flag, orphans: Orphans::Report };
//! let (items, none) = (vec![published, new], HashSet::new());
//! let plan = MediumPlan::new(items, &none, &[there], &none, policy, |_| true);
//! // One record is up to date, but `MongoDB` lacks its key; the other must be created.
//! assert_eq!((plan.counts().adopt, plan.counts().create), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This module lists everything that the floor offers. Its parts, in the order of the data:
//!
//! * `services`, `events`, `scope`, `policy` — connections, events, selection and permissions of a sync.
//! * `plan/` — pure: plans from both sides.
//! * `make/` — the files of items: locations, downloads, videos and thumbnails; limited by `budget`.
//! * `read/` — reads both sides of an account, and applies guards to its plan.
//! * `write/` — carries out the plan of an account: batches on a commit, retries, MongoDB last.
//! * `mirror`, with `accounts` and `strategy` — the sync itself, all accounts. [`reencode`] is another strategy.
//! * `compare/`, `wipe`, `restore/`, with `backup/` — the other operations, from the same parts.
//! * `report/`, `weight`, `estimate` — results and estimates.

mod accounts;
mod backup;
mod budget;
mod compare;
mod estimate;
mod events;
mod locations;
mod make;
mod mirror;
mod parked;
mod plan;
mod policy;
mod read;
pub mod reencode;
mod report;
mod restore;
mod scope;
mod services;
mod strategy;
mod tasks;
mod weight;
mod wipe;
mod write;

pub use backup::{Backup, Saved, Saving, folder_of};
pub use budget::items;
pub use compare::{AccountComparison, Finding, Sample, Tally, Verdict, compare};
pub use estimate::expected_time;
pub use events::{Control, Event, Events, Totals, Update};
pub use locations::{Buckets, Location};
pub use make::encoder::Encoder;
pub use make::{Bake, LocalFiles, Replacement, Video, Warned, Zip, bake, fetch_zip, find_recording, find_zip, make};
pub use mirror::{apply_each, dry_run, live};
pub use parked::{Failure, Parked, Refused};
pub use plan::{AccountPlan, Action, Counts, Difference, MediumPlan, MissingFiles, Step, is_known};
pub use policy::{Guards, Nuked, Orphans, Policy};
pub use read::{read, read_item};
pub use report::{AccountReport, Cause, Postponed, Report};
pub use restore::{RestoreReport, Restored, plan_restore, restore};
pub use scope::{Accounts, Items, Scope};
pub use services::{Services, session};
pub use strategy::{Mirroring, Strategy};
pub use tasks::isolated;
pub use weight::{Weight, weigh};
pub use wipe::{Extent, WipePlan, Wiped, plan_wipe, wipe};
pub use write::{Withdrawal, publish, publish_made, withdraw};
