//! Any picture as a thumbnail: a square with all of it visible, black or nothing beside it.
//!
//! Pixel art is enlarged by repeating pixels, everything larger than the thumbnail is reduced with Lanczos3; both as
//! the site does it. Tapes have JPEGs, as what is on a screen has no alpha; paintings keep theirs, in a PNG, as long as
//! that is small enough.

mod deep;
mod encoded;
mod fit;
mod painting;
mod tape;

pub use encoded::{Thumbnail, jpeg};
pub use fit::{SIDE, fitted, thumbnail};
pub use painting::{MAX_FILE_BYTES, MAX_PAINTING_BYTES, MAX_PIXELS, memory, painting};
pub use tape::tape;
