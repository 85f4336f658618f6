//! The stages of [`transcode`](super::transcode()) one after the other, for `benches/stages.rs` to time.

use std::fs::File;

use ffmpeg_next as ffmpeg;

use ffmpeg::frame;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::tape::{Shown, Tape};

use super::encode::{Chunk, Plan};
use super::mux::Muxer;
use super::paint::{FrameSource, Painter};
use super::preset::{Preset, Quality};
use super::transcode::{Options, chunks, timeline};

/// Every frame of a video, as it goes into the encoder. All in memory: for short tapes.
pub struct Painted<'a> {
    plan: Plan<'a>,
    shown: Vec<Shown>,
    /// One for each of `shown`.
    frames: Vec<frame::Video>,
    /// One for each chunk, with nothing left to be found out.
    qualities: Vec<Quality>,
}

impl<'a> Painted<'a> {
    /// Decodes and converts all pictures of a tape.
    ///
    /// # Errors
    /// What is wrong with a picture.
    pub fn new(tape: &'a Tape, preset: &'a Preset) -> Result<Self> {
        super::prepare();
        let encoding = preset.encodings.first().ok_or(Error::NoFrames)?;
        let plan = Plan::new(tape, preset, encoding);
        let shown: Vec<_> = timeline(tape, preset, Options::default())?.shown().collect();
        let mut painter = Painter::new(&plan);
        let frames = shown.iter().map(|shown| painter.frame(shown).cloned()).collect::<Result<_>>()?;
        let qualities =
            chunks(&shown, encoding.chunk_frames).map(|chunk| plan.settled(chunk)).collect::<Result<_>>()?;
        Ok(Painted { plan, shown, frames, qualities })
    }

    /// Encodes the chunks that `transcode` would, on all threads of `pool`.
    ///
    /// # Errors
    /// [`Error::Libav`].
    pub fn encode(&self, pool: &ThreadPool) -> Result<Encoded> {
        let chunks: Vec<_> = chunks(&self.shown, self.plan.encoding.chunk_frames).collect();
        let encode = |(index, shown): (usize, &[Shown])| {
            let plan = Plan { quality: self.qualities[index], ..self.plan };
            plan.encode(shown, self, index == 0, &())
        };
        pool.install(|| chunks.into_par_iter().enumerate().with_max_len(1).map(encode).collect::<Result<_>>())
            .map(Encoded)
    }
}

impl FrameSource for &Painted<'_> {
    fn frame(&mut self, shown: &Shown) -> Result<&frame::Video> {
        let index = self.shown.binary_search_by_key(&shown.start, |shown| shown.start);
        index.map(|index| &self.frames[index]).map_err(|_| Error::NoFrames)
    }
}

/// The packets of a video.
pub struct Encoded(Vec<Chunk>);

impl Encoded {
    /// Writes the packets into `file` as `transcode` would; answers the length in bytes.
    ///
    /// # Errors
    /// [`Error::Libav`] or [`Error::Output`].
    pub fn mux(self, file: &mut File) -> Result<u64> {
        let parameters = self.0.first().ok_or(Error::NoFrames)?.parameters.clone();
        let mut muxer = Muxer::create(parameters, None)?;
        self.0.into_iter().flat_map(|chunk| chunk.packets).try_for_each(|packet| muxer.write(packet))?;
        muxer.finish(file)
    }
}
