//! Makes videos and thumbnails on threads and memory that all work shares.

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

/// The time limit for a thumbnail. Large pictures take a second.
const THUMBNAIL_TIMEOUT: Duration = Duration::from_mins(1);

/// Makes videos and thumbnails, limited by threads and memory. Clones share both.
#[derive(Debug, Clone)]
pub struct Encoder {
    pool: Arc<ThreadPool>,
    budget: Budget,
}

impl Encoder {
    /// An encoder with a thread per core.
    ///
    /// # Panics
    /// If the system has no more threads.
    #[must_use]
    pub fn new() -> Self {
        let pool = ThreadPoolBuilder::new().build().expect("the system has threads left");
        Encoder { budget: Budget::new(pool.current_num_threads()), pool: pool.into() }
    }

    /// The number of threads for videos and thumbnails.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// The number of items that may be in progress.
    #[must_use]
    pub fn items(&self) -> usize {
        items(self.pool.current_num_threads())
    }

    /// Waits until another item may start: fetching, making and uploading its files.
    pub async fn item(&self) -> SemaphorePermit<'_> {
        self.budget.item().await
    }

    /// Opens the tape in a file once another may be encoded, and runs `work` on its own thread.
    ///
    /// # Errors
    /// Errors of the tape and of `work`.
    pub async fn with_tape<T: Send + 'static>(
        &self,
        file: NamedTempFile,
        limits: Limits,
        work: impl FnOnce(&Tape) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let share = self.budget.encoder().await;
        blocking_with(share, move || work(&Tape::open(file.reopen().map_err(Error::scratch)?, &limits)?)).await
    }

    /// Makes the thumbnail of the painting in a file, once memory is available.
    ///
    /// # Errors
    /// Errors of the painting; if it takes too long.
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

    /// Makes videos with a preset, until a stop is requested.
    #[must_use]
    pub fn videos(&self, preset: Preset, stop: &CancellationToken) -> VideoEncoder {
        self.monitored_videos(preset, stop, |_| {})
    }

    /// The same, and reports progress to `sink`, which is called from many threads and must not block.
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

/// Makes videos of open tapes, and measures them.
pub struct VideoEncoder {
    preset: Preset,
    pool: Arc<ThreadPool>,
    monitor: Monitor,
}

impl VideoEncoder {
    /// Makes the video of a tape, and returns how it was made.
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

    /// The PSNR of a video against its tape, in dB; `None` if it cannot be compared.
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
                tracing::warn!(chain = ?error.chain(), "cannot measure a video");
                Ok(None)
            }
        }
    }
}
