//! Makes records of five media, which have passed their lexicon. Pure: no network, no database, no clock.
//!
//! An [`Item`] holds MongoDB's data on one thing that a user made; [`Files`] are its files, found or made elsewhere.
//! Only [`build()`] makes a [`Record`] of both; [`assign`] gives records their keys.
//!
//! ```
//! use telecine::record::{BlobRef, Content, Files, Item, StoredKeys, TapeForm, assign, build};
//!
//! let (slug, code) = ("OJZDQoBh".to_owned(), "9Yo".to_owned());
//! let tape = Item {
//!     id: "68f2d49574656c656300028e".parse()?,
//!     when: 1_760_744_597_100,
//!     keys: StoredKeys::default(),
//!     nuked: false,
//!     content: Content::Tape { slug, code, bucket: None, form: TapeForm::Zip, status: None },
//! };
//!
//! // The lexicon says what is missing: there is no tape without its video.
//! let violations = build(&tape, &Files::default()).unwrap_err();
//! assert!(violations.to_string().contains("video"));
//!
//! let files = Files {
//!     video: Some(BlobRef::of(b"the bytes of an MP4", "video/mp4")),
//!     thumbnail: Some(BlobRef::of(b"the bytes of a JPEG", "image/jpeg")),
//!     zip_url: Some("https://art-aesthetic-computer.sfo3.digitaloceanspaces.com/OJZDQoBh.zip".into()),
//!     has_recording: false,
//! };
//! let record = build(&tape, &files)?;
//! assert_eq!(record.value()["acUrl"], "https://aesthetic.computer/!9Yo");
//! assert_eq!(record.medium().collection(), "computer.aesthetic.tape");
//!
//! // Its key follows from its time and its id, in every run.
//! assert_eq!(assign([(tape.id, tape.when)])[&tape.id].milliseconds(), tape.when);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blob;
mod build;
mod files;
mod item;
mod lexicon;
mod tid;

pub use blob::BlobRef;
pub use build::{Record, build};
pub use files::{Files, identity};
pub use item::{Content, Id, Item, Medium, StoredKeys, StoredVideo, TapeForm};
pub use lexicon::{Breaks, Change, Lexicon, Schema, Violation, Violations};
pub use tid::{Tid, assign, candidates};
