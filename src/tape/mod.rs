//! The contents of a tape: frames in order, their times, and the sound.
//!
//! [`Tape::open`] reads the directory, `timing.json` and the headers of all pictures and of the sound, and checks them
//! against the [`Limits`]. Pictures are unpacked later, one at a time, by a [`Reel`].
//!
//! A flaw costs only the affected part and gives a [`Warning`]; a crafted archive, or one over a limit, is refused.
//!
//! ```
//! use std::fs::File;
//! use telecine::picture::{Decoder, Picture};
//! use telecine::tape::{Limits, TICKS_PER_SECOND, Tape};
//!
//! let tape = Tape::open(File::open("fixtures/tapes/high-rate.zip")?, &Limits { frames: 200, ..Limits::default() })?;
//! assert_eq!((tape.frame_count(), tape.width, tape.height), (120, 64, 64));
//! assert!(tape.soundtrack().is_none() && tape.warnings().is_empty());
//!
//! // Frames appear when they were recorded: about 120 of them in a second.
//! let last = tape.timeline.shown().last().expect("a tape has frames");
//! assert!(last.start.abs_diff(119 * TICKS_PER_SECOND / 120) < 900);
//!
//! // Any number of reels may be at work on one tape, each in a thread of its own.
//! let (mut reel, mut decoder, mut picture) = (tape.reel(), Decoder::default(), Picture::default());
//! reel.picture(last.frame, &mut decoder, &mut picture)?;
//! assert_eq!(picture.rgb.len(), 64 * 64 * 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod clock;
mod contents;
mod damage;
mod facts;
mod fill;
mod frames;
mod inspection;
mod lenient;
mod limits;
mod names;
mod open;
mod pace;
mod probe;
mod reel;
mod repair;
mod samples;
mod soundtrack;
mod timeline;
mod timing;
mod warnings;

pub use archive::{Archive, Entry, Source};
pub use facts::{Facts, Hold, Sound};
pub use limits::Limits;
pub use open::Tape;
pub use pace::Unit;
pub use reel::Reel;
pub use soundtrack::{BLOCK, Soundtrack};
pub use timeline::{Shown, TICKS_PER_SECOND, Timeline};
pub use timing::FrameTiming;
pub use warnings::{Names, Part, Warning};
