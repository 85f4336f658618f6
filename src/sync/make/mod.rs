//! The files of an item: found in Spaces, made here, uploaded to the PDS.

mod bake;
mod blob;
mod encoded;
pub mod encoder;
mod item;
mod lookup;
pub mod tape;
mod upload;

pub use bake::{Bake, Zip, bake, fetch_zip, find_recording, find_zip};
pub use blob::temporary;
pub use encoded::{Encoded, Measured, Replacement, Video, Warned};
pub use item::{LocalFiles, make};
pub use lookup::{LOOKUPS, has_recording, size};
pub use upload::upload;
