//! Reading a file to its end, over as many connections as that takes.

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::timeout;

use super::SILENCE;
use super::source::{Source, Trouble};
use crate::error::{Cause, Error, Result};
use crate::remote::backoff::Backoff;

/// Where a file goes.
#[derive(Debug)]
pub enum Sink<'a> {
    File(&'a mut File),
    Memory(Vec<u8>),
}

impl Sink<'_> {
    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Sink::File(file) => file.write_all(bytes).await,
            Sink::Memory(memory) => {
                memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Forgets what has been written.
    async fn restart(&mut self) -> std::io::Result<()> {
        match self {
            Sink::File(file) => {
                file.set_len(0).await?;
                file.rewind().await.map(|_| ())
            }
            Sink::Memory(memory) => {
                memory.clear();
                Ok(())
            }
        }
    }

    /// Makes sure that all of it is where it belongs.
    async fn finish(&mut self) -> std::io::Result<()> {
        match self {
            Sink::File(file) => file.flush().await,
            Sink::Memory(_) => Ok(()),
        }
    }

    pub fn into_bytes(self) -> Bytes {
        match self {
            Sink::File(_) => Bytes::new(),
            Sink::Memory(memory) => memory.into(),
        }
    }
}

/// How far a download is.
struct Progress {
    written: u64,
    /// What tells whether the rest belongs to what is written.
    etag: Option<String>,
}

/// Downloads a file of at most `limit` bytes. `None` if there is none.
pub async fn download(source: &Source<'_>, url: &str, limit: u64, sink: &mut Sink<'_>) -> Result<Option<u64>> {
    let mut backoff = Backoff::new();
    let mut progress = Progress { written: 0, etag: None };
    let mut furthest = 0;
    sink.restart().await.map_err(|source| Error::Scratch { source })?;
    loop {
        let passing = match part(source, url, limit, sink, &mut progress).await {
            Ok(()) => {
                sink.finish().await.map_err(|source| Error::Scratch { source })?;
                return Ok(Some(progress.written));
            }
            Err(Trouble::Missing) => return Ok(None),
            Err(Trouble::Final(error)) => return Err(error),
            Err(Trouble::Changed) => {
                progress = Progress { written: 0, etag: None };
                sink.restart().await.map_err(|source| Error::Scratch { source })?;
                Cause::from("it changed while it was read")
            }
            Err(Trouble::Passing(source)) => source,
        };
        if progress.written > furthest {
            // It comes on; attempts are counted for servers that give nothing new.
            furthest = progress.written;
            backoff = Backoff::new();
        }
        tracing::debug!(url, written = progress.written, cause = %passing, "download interrupted");
        if !backoff.again().await {
            return Err(Error::Download { url: url.into(), attempts: backoff.attempts(), source: passing });
        }
    }
}

/// Reads as far as one connection goes.
async fn part(
    source: &Source<'_>,
    url: &str,
    limit: u64,
    sink: &mut Sink<'_>,
    progress: &mut Progress,
) -> Result<(), Trouble> {
    let scratch = |source| Trouble::Final(Error::Scratch { source });
    let opening = source.open(progress.written, progress.etag.as_deref(), url);
    let opened = timeout(SILENCE, opening).await.map_err(|elapsed| Trouble::Passing(elapsed.into()))??;
    if progress.written > 0 && (opened.start != progress.written || opened.etag != progress.etag) {
        // It does not go on where it broke off, or with something else: from the beginning, then.
        if opened.start != 0 {
            return Err(Trouble::Changed);
        }
        *progress = Progress { written: 0, etag: None };
        sink.restart().await.map_err(scratch)?;
    }
    progress.etag = opened.etag;
    let end = opened.length.map(|length| progress.written + length);
    let too_long = |length: u64| {
        let value = format!("{length} bytes");
        let limit = format!("{limit} bytes");
        Trouble::Final(Error::Limit { what: format!("{url} holds"), value, limit, flag: None })
    };
    if let Some(end) = end.filter(|end| *end > limit) {
        return Err(too_long(end));
    }
    let mut chunks = opened.chunks;
    while let Some(chunk) = timeout(SILENCE, chunks.next()).await.map_err(|elapsed| Trouble::Passing(elapsed.into()))? {
        let chunk = chunk.map_err(Trouble::Passing)?;
        let written = progress.written + chunk.len() as u64;
        if written > limit {
            return Err(too_long(written));
        }
        sink.write(&chunk).await.map_err(scratch)?;
        progress.written = written;
    }
    match end {
        Some(end) if end != progress.written => {
            Err(Trouble::Passing(format!("it broke off after {} of {end} bytes", progress.written).into()))
        }
        _ => Ok(()),
    }
}
