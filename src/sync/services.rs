//! The connected services of a sync.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::{Error, RemoteError, Result, SyncError};
use crate::remote::Waits;
use crate::remote::mongo::{Account, Mongo};
use crate::remote::pds::{Description, MOST_BLOB, Pds, Session, Sessions, Turn};
use crate::remote::spaces::Spaces;
use crate::video::Preset;

use super::events::Control;
use super::locations::Buckets;
use super::make::encoder::{Encoder, VideoEncoder};

/// The lexicon's limit on a video, in bytes.
const MAX_VIDEO_BYTES: u64 = 52_428_800;

/// The services of a sync, and its encoder. Clones share connections, sessions and budgets.
#[derive(Debug, Clone)]
pub struct Services {
    /// The system of record.
    pub mongo: Mongo,
    /// The files.
    pub spaces: Spaces,
    /// The mirror.
    pub pds: Pds,
    /// The mirror's description with its limits.
    pub server: Description,
    /// The sessions on the mirror, and turns to write.
    pub sessions: Sessions,
    /// The waits for these servers, and the patience.
    pub waits: Waits,
    /// The default buckets of files.
    pub buckets: Buckets,
    /// The encoder of videos and thumbnails.
    pub encoder: Encoder,
}

impl Services {
    /// Connects to the configured services.
    ///
    /// # Errors
    /// If a setting is invalid, or a server does not respond.
    ///
    /// # Panics
    /// If the system has no more threads.
    pub async fn connect(config: &Config, waits: Waits) -> Result<Self> {
        let pds = Pds::sharing(waits.clone(), &config.pds_url()?, config.pds_bypass_key())?;
        Ok(Services {
            server: Description::new(&pds).await?,
            sessions: Sessions::new(&pds),
            mongo: Mongo::connect(config).await?,
            spaces: Spaces::sharing(waits.clone(), config)?,
            waits,
            buckets: Buckets {
                users: config.user_bucket().into(),
                guests: config.art_bucket().into(),
                videos: config.blobs_bucket().into(),
            },
            pds,
            encoder: Encoder::new(),
        })
    }

    /// The same for one piece of work, whose waits for rate limits also end when `stop` is cancelled.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Self {
        Services {
            spaces: self.spaces.stopped_by(stop),
            pds: self.pds.stopped_by(stop),
            sessions: self.sessions.stopped_by(stop),
            waits: self.waits.stopped_by(stop),
            ..self.clone()
        }
    }

    /// An encoder of videos with a preset, within the PDS's limit.
    #[must_use]
    pub fn videos(&self, preset: &Preset, control: &Control) -> VideoEncoder {
        self.encoder.videos(preset.limited_to(self.video_limit()), &control.stop)
    }

    /// Waits until no other task of this process writes to the account's repo, if it has one.
    pub async fn turn(&self, account: &Account) -> Option<Turn> {
        match &account.did {
            Some(did) => Some(self.sessions.turn(did).await),
            None => None,
        }
    }

    /// Maximum size of a video in bytes: the lexicon's limit, or the PDS's if that is lower.
    #[must_use]
    pub fn video_limit(&self) -> u64 {
        self.server.current().blob_upload_limit.unwrap_or(MOST_BLOB).min(MAX_VIDEO_BYTES)
    }
}

/// The session of an account.
///
/// # Errors
/// If it cannot be written to, or the server refuses; [`RemoteError::Identity`] if the credentials log in to another
/// account.
pub async fn session(sessions: &Sessions, account: &Account) -> Result<Arc<Session>> {
    match (&account.did, &account.password) {
        (Some(did), Some(password)) => sessions.session(did, password).await.map_err(|error| match error {
            Error::Remote(RemoteError::Identity { expected, found, .. }) => {
                Error::Remote(RemoteError::Identity { account: account.name(), expected, found })
            }
            other => other,
        }),
        _ => {
            Err(SyncError::Locked { account: account.name(), reason: account.blocked().unwrap_or_default().into() }
                .into())
        }
    }
}
