//! Everything that a sync talks to, connected.

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

/// Bytes that the lexicon of tapes allows a video.
const MAX_VIDEO_BYTES: u64 = 52_428_800;

/// Everything a sync talks to, and what it computes with. Clones share connections, sessions and budgets.
#[derive(Debug, Clone)]
pub struct Services {
    /// The system of record.
    pub mongo: Mongo,
    /// The files.
    pub spaces: Spaces,
    /// The mirror.
    pub pds: Pds,
    /// What the mirror says that it allows.
    pub server: Description,
    /// Who is logged in to it, and writes.
    pub sessions: Sessions,
    /// Who waits for either of them, and for how long anybody may.
    pub waits: Waits,
    /// Where files lie that do not say so.
    pub buckets: Buckets,
    /// What makes videos and thumbnails.
    pub encoder: Encoder,
}

impl Services {
    /// Connects to everything that the configuration names.
    ///
    /// # Errors
    /// When a setting is wrong, or a server does not answer.
    ///
    /// # Panics
    /// When the system has no more threads.
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

    /// The same, for one piece of work: to wait for a server that limits its rate ends when `stop` is cancelled, too.
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

    /// Makes videos that the PDS takes, as a preset says.
    #[must_use]
    pub fn videos(&self, preset: &Preset, control: &Control) -> VideoEncoder {
        self.encoder.videos(preset.limited_to(self.video_limit()), &control.stop)
    }

    /// Waits until nobody else in this process writes to the account's repo, if it has one.
    pub async fn turn(&self, account: &Account) -> Option<Turn> {
        match &account.did {
            Some(did) => Some(self.sessions.turn(did).await),
            None => None,
        }
    }

    /// Bytes that a video may have: what its lexicon allows, or what the PDS takes if that is less.
    #[must_use]
    pub fn video_limit(&self) -> u64 {
        self.server.current().blob_upload_limit.unwrap_or(MOST_BLOB).min(MAX_VIDEO_BYTES)
    }
}

/// The session of an account.
///
/// # Errors
/// When it cannot be written to, or the server declines; [`RemoteError::Identity`] when the server lets us into another.
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
