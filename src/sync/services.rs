//! Everything that a sync talks to, connected.

use std::sync::Arc;

use rayon::ThreadPool;

use crate::error::{Error, Result};
use crate::remote::Waits;
use crate::remote::mongo::{Account, Mongo};
use crate::remote::pds::{MOST_BLOB, Pds, Server, Session};
use crate::remote::spaces::Spaces;

use super::budget::Budget;
use super::locations::Buckets;

/// Bytes that the lexicon of tapes allows a video.
const MAX_VIDEO_BYTES: u64 = 52_428_800;

/// Everything a sync talks to, and what it computes with.
pub struct Services {
    /// The system of record.
    pub mongo: Mongo,
    /// The files.
    pub spaces: Spaces,
    /// The mirror.
    pub pds: Pds,
    /// What the mirror allows.
    pub server: Server,
    /// Who waits for either of them, and for how long anybody may.
    pub waits: Waits,
    /// Where files lie that do not say so.
    pub buckets: Buckets,
    /// What all videos are encoded in.
    pub pool: Arc<ThreadPool>,
    /// What may be under way at once.
    pub budget: Budget,
}

impl Services {
    /// Bytes that a video may have: what its lexicon allows, or what the PDS takes if that is less.
    #[must_use]
    pub fn video_limit(&self) -> u64 {
        self.server.blob_upload_limit.unwrap_or(MOST_BLOB).min(MAX_VIDEO_BYTES)
    }
}

/// Logs in to an account.
///
/// # Errors
/// When it cannot be written to, or the server declines; [`Error::Identity`] when the server lets us into another.
pub async fn session(pds: &Pds, account: &Account) -> Result<Session> {
    match (&account.did, &account.password) {
        (Some(did), Some(password)) => {
            let session = pds.login(did, password).await?;
            if session.did() == did {
                return Ok(session);
            }
            let (expected, found) = (did.clone(), session.did().to_owned());
            Err(Error::Identity { account: account.name(), expected, found })
        }
        _ => Err(Error::Document {
            subject: account.name(),
            what: format!("has {}", account.blocked().unwrap_or_default()),
        }),
    }
}
