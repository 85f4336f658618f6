//! Telecine turns aesthetic.computer **tapes** into MP4s with every frame at its exact time and every pixel sharp, and
//! keeps the site's ATProto PDS in step with its MongoDB: tapes, paintings, moods, pieces and kidlisp.
//!
//! A tape is a ZIP of pictures with `timing.json` and an optional `soundtrack.wav`, recorded in a browser. MongoDB is
//! the system of record, Spaces (S3) holds the files, and the PDS is the public mirror.
//!
//! # A tape to an MP4
//!
//! ```
//! use std::fs::File;
//! use telecine::tape::{Limits, Tape};
//! use telecine::video::{Monitor, Options, Presets, transcode};
//!
//! let tape = Tape::open(File::open("fixtures/tapes/duplicates.zip")?, &Limits::default())?;
//! let presets = Presets::built_in()?;
//! let pool = rayon::ThreadPoolBuilder::new().build()?;
//! // Any file that is open for reading and writing; its contents are verified afterwards.
//! let mut mp4 = tempfile::tempfile()?;
//! let preset = presets.get("standard")?;
//! let made = transcode(&tape, preset, Options::default(), &pool, &Monitor::nobody(), &mut mp4)?;
//! assert_eq!((made.frames, made.kept, made.scale), (60, 11, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules below have their own examples: inspecting a tape, making a thumbnail, building and checking a record,
//! measuring a video, making a plan from two lists.
//!
//! # Data flow
//!
//! ```text
//! tape.zip ─▶ Tape::open ─▶ Timeline ─────────────┐
//!   limits before inflating    exact 1/90000 s    ▼
//!                 └─▶ picture::Decoder ─▶ planes ─▶ video chunks ─▶ mux ─▶ verify ─▶ MP4
//!                       PNG, WebP          4:2:0    one per thread   ▲
//!                 └─▶ Soundtrack ─────────────────▶ AAC ─────────────┘
//!                 └─▶ thumbnail ─▶ JPEG
//!
//! MongoDB ─▶ Item ─┐
//!                  ├─▶ plan ─▶ make ──▶ upload ─▶ Record ─▶ applyWrites ─▶ MongoDB
//! PDS ──▶ records ─┘  pure    Spaces,   blobs    checked   all or none    keys
//!                             MP4 above
//! ```
//!
//! # The floors, from the ground up
//!
//! * [`error`] — errors, floor by floor: whose fault each is, and how to proceed.
//! * [`stop`] — cancellation for synchronous work.
//! * [`picture`] — PNG and WebP bytes to RGB.
//! * [`draw`] — draws lines, letters and pictures on a picture.
//! * [`tape`] — the contents of a tape: archive, timing, timeline, soundtrack, limits.
//! * [`thumbnail`] — tapes and paintings to 512×512.
//! * [`record`] — five media to records that have passed their lexicon, their keys, and the lexicons.
//! * [`video`] — frames to MP4. The only floor that knows libav.
//! * [`storyboard`] — a few frames in one small picture, for players.
//! * [`measure`] — the quality of a tape's MP4.
//! * [`config`] — the environment and the config file.
//! * [`remote`] — MongoDB, Spaces, the PDS and DNS, unaware of each other.
//! * [`sync`] — reads both sides of an account or item, makes a plan, and applies or reports it; wipes and backups. Its
//!   parts in the order of the data: services, scope and policy; `plan`, `make`, `read`, `write`; the operations.
//! * [`admin`] — other tasks of the operator: schemas, accounts, and checks of the set-up.
//! * [`serve`] — the service: bakes tapes and mirrors media as they are made. Jobs in their own database, workers, the
//!   oven's routes, the site's change stream.
//! * [`cli`] — arguments to library calls, results to text or JSON.
//!
//! The floors [`config`], [`remote`], [`sync`] and [`admin`], and the commands that use them, need the feature
//! `mirror`; [`serve`] needs the feature `service`. Both are on by default. Without them, the offline tool remains,
//! which builds in less than half the time.
//!
//! # Invariants
//!
//! 1. Everything below [`config`] is synchronous and offline: no network, no database, no environment.
//! 2. Only [`video`] names `ffmpeg_next`; each client library is used in one place under [`remote`].
//! 3. ZIP, PNG, JPEG, WebP, WAV and JSON are parsed in safe Rust under [`tape::Limits`]; libav sees only raw planes and
//!    PCM of a tape. Nothing is extracted to disk by name. A posted video is checked in Rust alone ([`video::posted`])
//!    before it is uploaded.
//! 4. Memory does not grow with the length of a tape, the number of accounts, or the size of uploads: every queue is
//!    bounded, and the decoders of a sync share one budget.
//! 5. The same tape, preset and encoder library give the same MP4, byte for byte, on any number of cores.
//! 6. A finished MP4 has been read back and compared before it is handed over; it appears complete or not at all.
//! 7. A record that reaches the PDS has passed its lexicon: a [`record::Record`] cannot be built otherwise. A tape's
//!    record always has a video.
//! 8. A dry run prints exactly the plan that a live run carries out.
//! 9. Every step can be repeated. An item is identified by its id, its key follows from the item, a blob is identified
//!    by its bytes, and MongoDB is written last: a crash at any point and a second run have the same result as no
//!    crash.
//! 10. Secrets have a type that prints nothing; they appear in no argument, address, log or error.
//! 11. A failure is reported once, where it is handled, with a remedy. The library never prints; it reports whose fault
//!     a failure is, its [`error::Disposition`] and its [`code`](Error::code). Only [`cli`] names flags and remedies.
//! 12. Records and files are backed up before they are deleted, unless the user opts out, and a batch is deleted only
//!     if its records have not changed since. Nothing is deleted because the other side merely looks empty.
//! 13. Files are fetched only from the site's buckets, under keys of checked segments, whatever a document contains.
//! 14. An item can fail or panic without affecting others; finished work is written even if the run ends early.
//! 15. Untrusted text is printed so that a terminal only displays it.
//! 16. Every item is accounted for: each document in MongoDB appears in one count of every command that counts. Items
//!     without an owner are blocked with the reason.
//! 17. A file imports only files of lower floors or of its own floor, without circles. An import through a `mod.rs`
//!     that only re-exports counts as an import of the file behind it.
//! 18. Reporting progress never blocks: progress is a stream of events with any number of readers, and results are
//!     returned.
//!
//! 19. The service accepts a job only after a majority of the database's servers has stored it. One worker at a time
//!     holds a job, and a worker that lost it writes nothing to it; all times are the server's.
//! 20. The change stream is a hint, the plan is the truth: after the loss of any event, worker or machine, the next
//!     plan finds what is missing.
//!
//! `tests/it/tidy.rs` checks the invariants that can be checked by reading the source.

// The floors that a smaller build leaves out are named here all the same.
#![cfg_attr(not(feature = "service"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "mirror")]
pub mod admin;
pub mod cli;
#[cfg(feature = "mirror")]
pub mod config;
pub mod draw;
pub mod error;
pub mod measure;
pub mod picture;
pub mod record;
#[cfg(feature = "mirror")]
pub mod remote;
#[cfg(feature = "service")]
pub mod serve;
pub mod stop;
pub mod storyboard;
#[cfg(feature = "mirror")]
pub mod sync;
pub mod tape;
pub mod thumbnail;
pub mod video;

pub use error::{Error, Result};
