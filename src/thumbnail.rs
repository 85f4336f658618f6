//! Any picture as a thumbnail: a square with all of it visible, black or nothing beside it.
//!
//! Pixel art is enlarged by repeating pixels, everything larger than the thumbnail is reduced with Lanczos3; both as
//! the site does it. Tapes have JPEGs, as what is on a screen has no alpha; paintings keep theirs, in a PNG, as long as
//! that is small enough.
//!
//! ```
//! use std::fs::File;
//! use telecine::tape::{Limits, Tape};
//! use telecine::thumbnail::{self, MAX_PAINTING_BYTES, SIDE};
//!
//! let tape = Tape::open(File::open("fixtures/tapes/minimal.zip")?, &Limits::default())?;
//! let of_tape = thumbnail::tape(&tape)?;
//! assert_eq!((of_tape.mime_type, of_tape.width, of_tape.height), ("image/jpeg", SIDE, SIDE));
//!
//! // A frame of the tape is a PNG, as a painting is.
//! let mut reel = tape.reel();
//! let (_name, png) = reel.picture_bytes(0)?;
//! let of_painting = thumbnail::painting(std::io::Cursor::new(png))?;
//! assert!(of_painting.bytes.len() <= MAX_PAINTING_BYTES);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod deep;
mod encoded;
mod fit;
mod painting;
mod tape;

pub use encoded::{Thumbnail, jpeg};
pub use fit::{SIDE, fitted, thumbnail};
pub use painting::{MAX_FILE_BYTES, MAX_PAINTING_BYTES, MAX_PIXELS, memory, painting};
pub use tape::tape;
