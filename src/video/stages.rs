//! The stages of [`transcode`](super::transcode()) one by one, for `benches/stages.rs` to time.

use std::fs::File;
use std::io;

use ffmpeg_next as ffmpeg;

use ffmpeg::frame;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, FileError, Result, TapeError};
use crate::tape::{Shown, Tape};

use super::choose::candidates;
use super::encode::{Chunk, Part, Plan};
use super::frame_source::FrameSource;
use super::join::parts;
use super::monitor::Monitor;
use super::mux::Muxer;
use super::paint::Painter;
use super::preset::Preset;
use super::quality::Quality;
use super::rate::declared_rate;
use super::schedule::{Options, timeline};

/// Every frame of a video as input for the encoder. All in memory: only for short tapes.
pub struct Painted<'a> {
    plan: Plan<'a>,
    shown: Vec<Shown>,
    /// One per frame of `shown`.
    frames: Vec<frame::Video>,
    /// One per chunk, after all choices.
    qualities: Vec<Quality>,
}

impl<'a> Painted<'a> {
    /// Decodes and converts all pictures of a tape.
    ///
    /// # Errors
    /// Errors of a picture.
    pub fn new(tape: &'a Tape, preset: &'a Preset) -> Result<Self> {
        super::prepare();
        let shown: Vec<_> = timeline(tape, preset, Options::default())?.shown().collect();
        let rate = declared_rate(&shown);
        let plan = |encoding| Plan::new(tape, preset, encoding, rate);
        let pool = ThreadPoolBuilder::new()
            .build()
            .map_err(|source| Error::File(FileError::Scratch { source: io::Error::other(source) }))?;
        let chosen = candidates(tape, preset, &shown, plan, &pool, &Monitor::nobody())?;
        let encoding = *chosen.encodings.first().ok_or(Error::Tape(TapeError::NoFrames))?;
        let plan = Plan { smear: chosen.look.map_or(0.0, |look| look.smear), ..plan(encoding) };
        let mut painter = Painter::new(&plan);
        let frames = shown.iter().map(|shown| painter.frame(shown).cloned()).collect::<Result<_>>()?;
        let qualities =
            parts(&shown, encoding.chunk_frames).map(|part| plan.settled(part.frames)).collect::<Result<_>>()?;
        Ok(Painted { plan, shown, frames, qualities })
    }

    /// Encodes the chunks that `transcode` would, on all threads of `pool`.
    ///
    /// # Errors
    /// [`crate::error::VideoError::Libav`].
    pub fn encode(&self, pool: &ThreadPool) -> Result<Encoded<'_>> {
        let parts: Vec<_> = parts(&self.shown, self.plan.encoding.chunk_frames).collect();
        let encode = |(index, part): (usize, Part<'_>)| {
            let plan = Plan { quality: self.qualities[index], ..self.plan };
            plan.encode(part, &mut &*self, &Monitor::nobody())
        };
        pool.install(|| parts.into_par_iter().enumerate().with_max_len(1).map(encode).collect::<Result<_>>())
            .map(|chunks| Encoded { chunks, shown: &self.shown })
    }
}

impl FrameSource for &Painted<'_> {
    fn frame(&mut self, shown: &Shown) -> Result<&frame::Video> {
        let index = self.shown.binary_search_by_key(&shown.start, |shown| shown.start);
        index.map(|index| &self.frames[index]).map_err(|_| Error::Tape(TapeError::NoFrames))
    }
}

/// The packets of a video.
pub struct Encoded<'a> {
    chunks: Vec<Chunk>,
    shown: &'a [Shown],
}

impl Encoded<'_> {
    /// Writes the packets to `file` as `transcode` would; returns the length in bytes.
    ///
    /// # Errors
    /// [`crate::error::VideoError::Libav`] or [`FileError::Output`].
    pub fn mux(self, file: &mut File) -> Result<u64> {
        let first = self.chunks.first().ok_or(Error::Tape(TapeError::NoFrames))?;
        let mut muxer = Muxer::create(first.parameters.clone(), self.shown, first.delay, None)?;
        self.chunks.into_iter().flat_map(|chunk| chunk.packets).try_for_each(|packet| muxer.write(packet))?;
        muxer.finish(file)
    }
}
