//! A repo and the blobs of its records, kept on this machine.
//!
//! ```text
//! FOLDER/3m5xk…/3m5xk….car   the repo as it travelled, one file for each revision that records were deleted from
//! FOLDER/3m5xk…/blobs/bafk…   the bytes of the blobs that these records refer to, under their CIDs
//! FOLDER/3m5xk…/complete      there once the wipe has come to its end
//! ```
//!
//! There is a folder for each wipe, so that one that was interrupted, and went on after something was added, is restored
//! as a whole. A CAR is written after all blobs of the records that are going to be deleted.

mod archive;
mod durable;
mod folder;
mod saved;
mod saving;

pub use archive::Backup;
pub use folder::folder_of;
pub use saved::Saved;
pub use saving::{Saving, blobs_of};
