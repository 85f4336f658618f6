//! What makes videos and thumbnails: the threads, and who may use them and the memory. Everybody shares it.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tempfile::NamedTempFile;
use tokio::sync::SemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result, SyncError};
use crate::measure;
use crate::stop::Stop;
use crate::sync::budget::{Budget, blocking_with, items};
use crate::sync::tasks::blocking;
use crate::tape::{Limits, Tape};
use crate::thumbnail;
use crate::video::{self, Monitor, Preset, Progress};

use super::blob::{Blob, temporary};
use super::encoded::Encoded;

/// How long one thumbnail may take. Large pictures take a second.
const THUMBNAIL_TIMEOUT: Duration = Duration::from_mins(1);

/// Makes videos and thumbnails, as many at once as there are threads and memory for. Clones are the same.
#[derive(Debug, Clone)]
pub struct Encoder {
    pool: Arc<ThreadPool>,
    budget: Budget,
}

impl Encoder {
    /// With a thread for each core.
    ///
    /// # Panics
    /// When the system has no more threads.
    #[must_use]
    pub fn new() -> Self {
        let pool = ThreadPoolBuilder::new().build().expect("the system has threads left");
        Encoder { budget: Budget::new(pool.current_num_threads()), pool: pool.into() }
    }

    /// How many threads work on videos and thumbnails.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// How many items may be in work at once.
    #[must_use]
    pub fn items(&self) -> usize {
        items(self.pool.current_num_threads())
    }

    /// Waits until another item may be begun: its files fetched, made and uploaded.
    pub async fn item(&self) -> SemaphorePermit<'_> {
        self.budget.item().await
    }

    /// Opens the tape in a file when another may be encoded, and works on it, on a thread of its own.
    ///
    /// # Errors
    /// What is wrong with the tape; what `work` says.
    pub async fn with_tape<T: Send + 'static>(
        &self,
        file: NamedTempFile,
        limits: Limits,
        work: impl FnOnce(&Tape) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let share = self.budget.encoder().await;
        blocking_with(share, move || work(&Tape::open(file.reopen().map_err(Error::scratch)?, &limits)?)).await
    }

    /// The thumbnail of the painting in a file, when there is memory for it.
    ///
    /// # Errors
    /// What is wrong with the painting; when it takes too long.
    pub async fn painting(&self, file: NamedTempFile) -> Result<Blob> {
        let open = move || file.reopen().map(BufReader::new).map_err(Error::scratch);
        let (memory, open) = blocking(move || Ok((thumbnail::memory(open()?)?, open))).await?;
        let share = self.budget.memory(memory).await;
        let made = blocking_with(share, move || {
            let thumbnail = thumbnail::painting(open()?)?;
            Blob::of(&thumbnail.bytes, thumbnail.mime_type)
        });
        let made = tokio::time::timeout(THUMBNAIL_TIMEOUT, made).await;
        made.unwrap_or_else(|_| Err(too_slow()))
    }

    /// Makes videos as the preset says, until somebody wants to stop.
    #[must_use]
    pub fn videos(&self, preset: Preset, stop: &CancellationToken) -> VideoEncoder {
        self.monitored_videos(preset, stop, |_| {})
    }

    /// The same, and tells `sink` how far each is; it is called from many threads and must not wait.
    pub fn monitored_videos(
        &self,
        preset: Preset,
        stop: &CancellationToken,
        sink: impl Fn(Progress) + Send + Sync + 'static,
    ) -> VideoEncoder {
        let stop = stop.clone();
        let monitor = Monitor::telling(Stop::when(move || stop.is_cancelled()), sink);
        VideoEncoder { preset, pool: self.pool.clone(), monitor }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder::new()
    }
}

fn too_slow() -> Error {
    SyncError::Slow { limit: THUMBNAIL_TIMEOUT }.into()
}

/// Makes videos of tapes, and says how good they are. For what works on an open tape.
pub struct VideoEncoder {
    preset: Preset,
    pool: Arc<ThreadPool>,
    monitor: Monitor,
}

impl VideoEncoder {
    /// The video of a tape, and how it was made.
    ///
    /// # Errors
    /// As [`video::transcode`].
    pub fn video(&self, tape: &Tape) -> Result<(Blob, Encoded)> {
        let mut video = temporary()?;
        let options = video::Options::default();
        let made = video::transcode(tape, &self.preset, options, &self.pool, &self.monitor, video.as_file_mut())?;
        let preset = self.preset.signature(made.codec);
        Ok((Blob::new(video, "video/mp4")?, Encoded { preset, warnings: made.warnings, measured: None }))
    }

    /// How exactly a video shows its tape, in dB; `None` for one that cannot be compared with it.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn psnr(&self, tape: &Tape, video: &NamedTempFile) -> Result<Option<f64>> {
        let file = video.reopen().map_err(Error::scratch)?;
        let measured = self.pool.install(|| measure::measure(tape, &file, Path::new("the video"), &self.monitor));
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
