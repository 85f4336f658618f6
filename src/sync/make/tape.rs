//! Tapes of items: fetched from Spaces, opened when an encoder is free, and what is made of an open one.

use std::path::Path;
use std::sync::Arc;

use rayon::ThreadPool;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::measure;
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::tape::{Limits, Tape};
use crate::thumbnail;
use crate::video::{self, Preset};

use crate::sync::budget::blocking_with;
use crate::sync::events::Control;
use crate::sync::locations::{self, Location};
use crate::sync::services::Services;

use super::blob::{Blob, scratch, temporary};
use super::encoded::Encoded;
use super::lookup::download;

/// Works on the tape of an item, on a thread of its own. Answers where it was found, too.
///
/// # Errors
/// [`Error::NotFound`] where there is no file; what is wrong with the file; what Spaces says; what `work` says.
pub async fn with<T: Send + 'static>(
    services: &Services,
    owner: &Owner,
    item: &Item,
    work: impl FnOnce(&Tape) -> Result<T> + Send + 'static,
) -> Result<(T, Location)> {
    let limits = Limits::default();
    let (file, location) = download(services, locations::tape(owner, item, &services.buckets)?, limits.bytes).await?;
    let share = services.budget.encoder().await;
    let done = blocking_with(share, move || work(&Tape::open(file.reopen().map_err(scratch)?, &limits)?)).await?;
    Ok((done, location))
}

/// Makes videos of tapes, and says how good they are.
pub struct Encoder {
    preset: Preset,
    pool: Arc<ThreadPool>,
    stop: CancellationToken,
}

impl Encoder {
    /// For videos that the PDS takes.
    pub fn new(services: &Services, preset: &Preset, control: &Control) -> Self {
        let preset = preset.limited_to(services.video_limit());
        Encoder { preset, pool: services.pool.clone(), stop: control.stop.clone() }
    }

    /// The video of a tape, and how it was made.
    ///
    /// # Errors
    /// As [`video::transcode`].
    pub fn video(&self, tape: &Tape) -> Result<(Blob, Encoded)> {
        let mut video = temporary()?;
        let options = video::Options::default();
        let stopping = Stopping(&self.stop);
        let made = video::transcode(tape, &self.preset, options, &self.pool, &stopping, video.as_file_mut())?;
        let preset = self.preset.signature(made.codec);
        Ok((Blob::new(video, "video/mp4")?, Encoded { preset, warnings: made.warnings, measured: None }))
    }

    /// How exactly a video shows its tape, in dB; `None` for one that cannot be compared with it.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn psnr(&self, tape: &Tape, video: &NamedTempFile) -> Result<Option<f64>> {
        let file = video.reopen().map_err(scratch)?;
        let measured =
            self.pool.install(|| measure::measure(tape, &file, Path::new("the video"), &Stopping(&self.stop)));
        match measured {
            Ok(measurement) => Ok(Some(measurement.psnr)),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            Err(error) => {
                tracing::warn!(chain = ?error.chain(), "a video cannot be measured");
                Ok(None)
            }
        }
    }
}

/// The thumbnail of a tape.
///
/// # Errors
/// What is wrong with the tape.
pub fn thumbnail(tape: &Tape) -> Result<Blob> {
    let thumbnail = thumbnail::tape(tape)?;
    Blob::of(&thumbnail.bytes, thumbnail.mime_type)
}

/// Ends the work on a video when the user wants everything to end.
struct Stopping<'a>(&'a CancellationToken);

impl video::Watch for Stopping<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
