//! A trial: encodes and decodes a few neighbouring frames, and compares them with the tape.
//!
//! Measures the actual quality of a quantiser for a tape, at the tape's size, before the whole tape is encoded with it.

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::discard::Discard;
use ffmpeg::codec::{self, threading};
use ffmpeg::frame;

use crate::error::Result;
use crate::picture::{self, Picture};
use crate::tape::Shown;

use super::encode::{Chunk, Part, Plan, libav_wants_more};
use super::libav;
use super::monitor::Monitor;
use super::paint::Painter;
use super::pixels::{coding, components};
use super::quality::Quality;
use super::reduce::{Reduced, Reducer};

/// The `count` frames around `middle`, which represent the rest.
pub fn sample(frames: &[Shown], middle: usize, count: usize) -> &[Shown] {
    let length = frames.len().min(count);
    let first = middle.saturating_sub(length / 2).min(frames.len() - length);
    &frames[first..first + length]
}

impl Plan<'_> {
    /// Encodes `frames` at a quantiser, with a key frame that is finer by `ipratio`. Returns the squared error of the
    /// worst frame: the mean over its red, green and blue samples at the size of the tape.
    ///
    /// # Errors
    /// As [`Plan::encode`].
    pub fn trial(&self, frames: &[Shown], quantiser: u8, ipratio: f32, monitor: &Monitor) -> Result<f32> {
        let part = Part { frames, is_first: false, is_last: false };
        let encoding = self.encoding.with_x264_parameter(&format!("ipratio={ipratio}"));
        let plan = Plan { encoding: &encoding, ..*self };
        let chunk = plan.encode_at(Quality::Qp(quantiser), part, &mut Painter::new(&plan), &monitor.quiet())?;
        self.worst_error(&chunk, frames, 1)
    }

    /// The squared error of the worst of every `step`th of the frames that were encoded as `chunk`.
    ///
    /// # Errors
    /// Errors of a picture, [`crate::error::VideoError::Libav`].
    pub fn worst_error(&self, chunk: &Chunk, frames: &[Shown], step: usize) -> Result<f32> {
        let mut reel = self.tape.reel();
        let (mut decoder, mut reducer) = (picture::Decoder::default(), Reducer::default());
        let (mut source, mut shown) = (Picture::default(), Reduced::default());
        let mut worst = 0.0_f32;
        let sampled: Vec<_> = frames.iter().skip(step / 2).step_by(step).collect();
        let sample = |start: i64| sampled.binary_search_by_key(&start, |shown| shown.start).ok();
        decode(
            chunk,
            |start| sample(start).is_some(),
            |frame| {
                let next = frame.pts().and_then(sample).map(|index| sampled[index]);
                let readable = components(frame).and_then(|(parts, is_rgb)| Some((parts, coding(frame, is_rgb)?)));
                if let Some((next, (components, coding))) = next.zip(readable) {
                    reel.picture(next.frame, &mut decoder, &mut source)?;
                    reducer.reduce(&components, coding, &self.geometry, &mut shown);
                    worst = worst.max(squared_error(&source, &shown));
                }
                Ok(())
            },
        )?;
        Ok(worst)
    }
}

/// Decodes an encoder's output frame by frame, in the order of time. Frames whose start is not in the wanted list are
/// skipped if no other frame needs them.
fn decode(
    chunk: &Chunk,
    wanted: impl Fn(i64) -> bool,
    mut each: impl FnMut(&frame::Video) -> Result<()>,
) -> Result<()> {
    let failed = || libav("decode a trial");
    let context = codec::Context::from_parameters(chunk.parameters.clone()).map_err(failed())?;
    let mut decoder = context.decoder();
    decoder.set_threading(threading::Config::count(1));
    let mut decoder = decoder.video().map_err(failed())?;
    let mut frame = frame::Video::empty();
    let mut receive = |decoder: &mut ffmpeg::decoder::Video| loop {
        match decoder.receive_frame(&mut frame) {
            Ok(()) => each(&frame)?,
            Err(error) if libav_wants_more(error) => return Ok(()),
            Err(error) => return Err(failed()(error)),
        }
    };
    for packet in &chunk.packets {
        let is_wanted = packet.pts().is_none_or(&wanted);
        decoder.skip_frame(if is_wanted { Discard::Default } else { Discard::NonReference });
        decoder.send_packet(packet).map_err(failed())?;
        receive(&mut decoder)?;
    }
    decoder.send_eof().map_err(failed())?;
    receive(&mut decoder)
}

/// The mean squared difference between the samples of a picture and of its rendering in a video, at the same size.
fn squared_error(source: &Picture, shown: &Reduced) -> f32 {
    // One sum per lane of a vector, so that additions do not wait for each other.
    const LANES: usize = 16;
    let (source, source_rest) = source.rgb.as_chunks::<LANES>();
    let (shown, shown_rest) = shown.rgb.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (source, shown) in source.iter().zip(shown) {
        for lane in 0..LANES {
            sums[lane] += (f32::from(source[lane]) - shown[lane]).powi(2);
        }
    }
    let rest = source_rest.iter().zip(shown_rest).map(|(source, shown)| (f32::from(*source) - shown).powi(2));
    let samples = source.len() * LANES + source_rest.len();
    (sums.iter().sum::<f32>() + rest.sum::<f32>()) / samples.max(1) as f32
}
