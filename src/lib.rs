//! Telecine turns aesthetic.computer **tapes** into MP4s, every frame at its right time, every pixel sharp, and keeps
//! the site's ATProto PDS in step with its MongoDB: tapes, paintings, moods, pieces and kidlisp.
//!
//! A tape is a ZIP of pictures with `timing.json` and maybe `soundtrack.wav`, recorded in a browser. MongoDB is the
//! system of record, Spaces (S3) holds the files, the PDS is the public mirror.
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
//! // Any file that is open for reading and writing: what is in it afterwards has been verified.
//! let mut mp4 = tempfile::tempfile()?;
//! let preset = presets.get("standard")?;
//! let made = transcode(&tape, preset, Options::default(), &pool, &Monitor::nobody(), &mut mp4)?;
//! assert_eq!((made.frames, made.kept, made.scale), (60, 11, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules below have examples of their own: a tape that is looked at, a thumbnail, a record that is built and
//! checked, a video that is measured, a plan that is made from two lists.
//!
//! # The way of the data
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
//! * [`error`] — what can go wrong, floor by floor: whose fault it is, and what to do about it.
//! * [`stop`] — the wish to stop, for work that is synchronous.
//! * [`picture`] — PNG and WebP bytes to RGB.
//! * [`draw`] — lines, letters and pictures on a picture.
//! * [`tape`] — a tape as it lies in its ZIP: archive, timing, timeline, soundtrack, limits.
//! * [`thumbnail`] — tapes and paintings to 512×512.
//! * [`record`] — five media to records that have passed their lexicon, the keys they have, and the lexicons.
//! * [`video`] — frames to MP4. The only floor that knows libav.
//! * [`storyboard`] — a few frames in one small picture, for players.
//! * [`measure`] — how good an MP4 of a tape is.
//! * [`config`] — the environment and the config file.
//! * [`remote`] — MongoDB, Spaces, the PDS and DNS, unaware of each other.
//! * [`sync`] — both sides of an account, or of one item, to a plan, the plan carried out or compared; wipes, backups.
//!   Its parts in the order of the data: services, scope and policy; `plan`, `make`, `read`, `write`; the operations.
//! * [`admin`] — what the operator does besides: schemas, accounts, and a look at everything beforehand.
//! * [`serve`] — the service: bakes tapes and mirrors media as they are made. Jobs in a database of their own, workers,
//!   the oven's routes, the site's changes.
//! * [`cli`] — arguments to library calls, results to text or JSON.
//!
//! The floors [`config`], [`remote`], [`sync`] and [`admin`], and the commands that use them, need the feature `mirror`;
//! [`serve`] needs the feature `service`. Both are on by default. Without them, the offline tool remains, and builds in less
//! than half of the time.
//!
//! # What holds
//!
//! 1. Everything below [`config`] is synchronous and offline: no network, no database, no environment.
//! 2. Only [`video`] names `ffmpeg_next`; each client library has its one place under [`remote`].
//! 3. ZIP, PNG, JPEG, WebP, WAV and JSON are parsed in safe Rust under [`tape::Limits`]; of a tape libav sees only raw
//!    planes and PCM. Nothing is extracted to disk by name. A posted video is looked at in Rust alone
//!    ([`video::posted`]) before it is uploaded.
//! 4. Memory does not grow with the length of a tape, the number of accounts, or what strangers upload: every queue is
//!    bounded, and the decoders of a sync share one budget.
//! 5. The same tape, preset and encoder library give the same MP4, byte for byte, on any number of cores.
//! 6. A finished MP4 has been read back and compared before anyone gets it; it appears whole or not at all.
//! 7. What reaches the PDS has passed its lexicon: a [`record::Record`] cannot be had otherwise. There is none of a tape
//!    without its video.
//! 8. A dry run prints the very plan that a live run carries out.
//! 9. Every step can be repeated. An item is known by its id, its key follows from it, a blob is known by its bytes, and
//!    MongoDB is written last: a crash anywhere and a second run come to the same as no crash.
//! 10. Secrets are of a type that prints nothing; they are in no argument, address, log or error.
//! 11. A failure is reported once, where it is handled, with what to do about it. The library never prints; it says
//!     whose fault a failure is, its [`error::Disposition`] and its [`code`](Error::code), and flags and remedies are words of
//!     [`cli`] alone.
//! 12. What is deleted has been saved before, records and files, unless somebody said otherwise: a batch goes only if
//!     nobody has written to these records since. Nothing goes because the other side only looks empty.
//! 13. Files are fetched only from the site's buckets, under keys of checked segments, whatever a document says.
//! 14. One item can fail or panic without another noticing; what is finished is written, even if the run ends early.
//! 15. What strangers wrote is printed so that a terminal shows it and does nothing.
//! 16. Everybody is accounted for: every document in MongoDB is in one count of every command that counts. What no owner
//!     can be found for is blocked with its reason.
//! 17. A file imports only files of floors below, or of its own floor; there in no circle. A `mod.rs` that declares and
//!     re-exports is a door.
//! 18. To tell what happens never waits: progress is events, which any number may read or none, and results are returned.
//!
//! 19. The service tells nobody "accepted" before a majority of the database's servers knows. A job is in the hands of one
//!     worker at a time, and whoever lost it writes nothing to it; all by the server's clock.
//! 20. The stream of changes is a hint, the plan is the truth: whatever event, worker or machine is lost, the next plan finds
//!     what is missing.
//!
//! `tests/it/tidy.rs` checks what can be checked by reading the source.

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
