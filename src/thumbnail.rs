//! Thumbnails: the whole picture in a square, with black or transparent borders.
//!
//! Pixel art is enlarged by repeating pixels, and larger pictures are reduced with Lanczos3, both as on the site.
//! Thumbnails of tapes are JPEGs, because a screen has no alpha; paintings keep their alpha in a PNG if that is small
//! enough.
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
