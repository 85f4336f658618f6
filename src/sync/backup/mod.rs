//! Backups of a repo and the blobs of its records on this machine.
//!
//! ```text
//! FOLDER/3m5xk…/3m5xk….car   the repo as received, a file per revision from which records were deleted
//! FOLDER/3m5xk…/blobs/bafk…   the blobs that these records refer to, by CID
//! FOLDER/3m5xk…/complete      present once the wipe is complete
//! ```
//!
//! Each wipe has its own folder, so that a wipe that was interrupted and resumed is restored as a whole. A CAR is
//! written after all blobs of the records that will be deleted.

mod archive;
mod durable;
mod folder;
mod saved;
mod saving;

pub use archive::Backup;
pub use folder::folder_of;
pub use saved::Saved;
pub use saving::{Saving, blobs_of};
