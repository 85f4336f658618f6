//! A tape as it lies in its ZIP: frames in order, when each is shown, and the sound.
//!
//! [`Tape::open`] reads the directory, `timing.json`, the header of every picture and of the sound, and holds all of
//! it against the [`Limits`]. Pictures are unpacked later, one at a time, by a [`Reel`].
//!
//! A flaw costs its part and no more, and is told of by a [`Warning`]; what is crafted, or over a limit, is refused.

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
