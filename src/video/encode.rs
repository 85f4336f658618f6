//! One closed group of pictures: frames of a tape in, H.264 packets out.
//!
//! Each chunk has a single-threaded encoder of its own, so that what comes out depends on the tape and the preset
//! and on nothing else, and chunks can be encoded on any number of cores in any order.

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::{self, threading};
use ffmpeg::color;
use ffmpeg::encoder::video::Encoder;
use ffmpeg::format::Pixel;
use ffmpeg::{Dictionary, Packet, Rational};

use crate::error::Result;
use crate::picture::{self, Picture};
use crate::tape::{Shown, TICKS_PER_SECOND, Tape};

use super::complexity::{complexity, quantiser};
use super::paint::FrameSource;
use super::planes::Geometry;
use super::preset::{Colors, Preset, Quality};
use super::{Watch, libav};

/// The rate from which libx264 derives the level it declares; the real times are in the packets.
const NOMINAL_RATE: Rational = Rational(60, 1);

/// Pairs of neighbouring pictures that stand for a chunk when its quantiser is chosen.
const SAMPLES: usize = 4;

/// NAL unit type of supplemental information.
const SEI: u8 = 6;

/// Encoded frames, ready for the muxer.
pub struct Chunk {
    /// One packet for each frame, times in ticks since the start of the tape.
    pub packets: Vec<Packet>,
    /// What the muxer must know about them; the same for all chunks of a video.
    pub parameters: codec::Parameters,
}

/// Everything about a video that its chunks share.
pub struct Plan<'a> {
    /// Where the pictures come from.
    pub tape: &'a Tape,
    /// How to encode them.
    pub preset: &'a Preset,
    /// In place of the preset's own quality.
    pub quality: Quality,
    /// From what size to what size.
    pub geometry: Geometry,
}

impl<'a> Plan<'a> {
    /// What a preset makes of a tape.
    pub fn new(tape: &'a Tape, preset: &'a Preset) -> Self {
        let multiple = if preset.colors == Colors::Yuv420p { 2 } else { 1 };
        let geometry = Geometry::new(tape.width, tape.height, preset.scale_for(tape.width, tape.height), multiple);
        Plan { tape, preset, quality: preset.quality, geometry }
    }

    /// Encodes a run of frames from `source`; `is_first` for the one at the start of the video.
    ///
    /// # Errors
    /// What is wrong with a picture, [`crate::Error::Libav`], or [`crate::Error::Interrupted`].
    pub fn encode(
        &self,
        frames: &[Shown],
        mut source: impl FrameSource,
        is_first: bool,
        watch: &dyn Watch,
    ) -> Result<Chunk> {
        let mut encoder = self.open(self.rate_control(frames)?)?;
        let parameters = codec::Parameters::from(&*encoder);
        let mut packets = Packets { frames, received: Vec::with_capacity(frames.len()) };
        for shown in frames {
            watch.check()?;
            encoder.send_frame(source.frame(shown)?).map_err(libav("encode a frame"))?;
            packets.receive(&mut encoder)?;
            watch.encoded(1);
        }
        encoder.send_eof().map_err(libav("finish a chunk"))?;
        packets.receive(&mut encoder)?;
        let mut packets = packets.received;
        if let Some(first) = packets.first_mut().filter(|_| !is_first) {
            *first = without_sei(first);
        }
        Ok(Chunk { packets, parameters })
    }

    /// The libx264 option, and its value, by which a chunk has the quality asked for.
    fn rate_control(&self, frames: &[Shown]) -> Result<(&'static str, String)> {
        Ok(match self.quality {
            Quality::Crf(crf) => ("crf", crf.to_string()),
            Quality::Qp(qp) => ("qp", qp.to_string()),
            Quality::Adaptive(middle) => ("qp", quantiser(middle, self.complexity(frames)?).to_string()),
        })
    }

    /// The mean complexity of a few pairs of neighbouring pictures of a chunk.
    pub fn complexity(&self, frames: &[Shown]) -> Result<f32> {
        let mut reel = self.tape.reel();
        let mut decoder = picture::Decoder::default();
        let (mut previous, mut picture) = (Picture::default(), Picture::default());
        let pairs = frames.len() - 1;
        let samples = pairs.min(SAMPLES);
        let mut sum = 0.0;
        for sample in 0..samples {
            let first = (2 * sample + 1) * pairs / (2 * samples);
            reel.picture(frames[first].frame, &mut decoder, &mut previous)?;
            reel.picture(frames[first + 1].frame, &mut decoder, &mut picture)?;
            sum += complexity(&previous, &picture);
        }
        Ok(sum / samples.max(1) as f32)
    }

    fn open(&self, (quality, value): (&str, String)) -> Result<Encoder> {
        let (name, format) = match self.preset.colors {
            Colors::Yuv420p => ("libx264", Pixel::YUV420P),
            Colors::Rgb => ("libx264rgb", Pixel::RGB24),
        };
        let codec = ffmpeg::encoder::find_by_name(name)
            .ok_or(ffmpeg::Error::EncoderNotFound)
            .map_err(libav(format!("find {name}; install a libav that has it")))?;
        let context = codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(libav("set up libx264"))?;
        video.set_width(self.geometry.width);
        video.set_height(self.geometry.height);
        video.set_format(format);
        video.set_time_base(Rational(1, TICKS_PER_SECOND as i32));
        video.set_frame_rate(Some(NOMINAL_RATE));
        video.set_aspect_ratio(Rational(1, 1));
        // No frame refers to a later one, so each packet can last exactly as long as its frame is shown.
        video.set_max_b_frames(0);
        // The chunk's first frame is its only key frame.
        video.set_gop(u32::MAX >> 2);
        video.set_threading(threading::Config::count(1));
        video.set_flags(codec::Flags::GLOBAL_HEADER);
        if self.preset.colors == Colors::Yuv420p {
            video.set_colorspace(color::Space::BT709);
            video.set_color_range(color::Range::MPEG);
        } else {
            video.set_colorspace(color::Space::RGB);
            video.set_color_range(color::Range::JPEG);
        }
        video.set_color_primaries(color::Primaries::BT709);
        video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);

        let mut options = Dictionary::new();
        options.set("preset", &self.preset.x264_preset);
        options.set(quality, &value);
        options.set("x264-params", &self.preset.x264_params);
        video.open_with(options).map_err(libav(format!("open {name}; see the preset's x264 options")))
    }
}

/// Packets as they come from an encoder without B-frames: one for each frame, in order.
struct Packets<'a> {
    frames: &'a [Shown],
    received: Vec<Packet>,
}

impl Packets<'_> {
    fn receive(&mut self, encoder: &mut Encoder) -> Result<()> {
        let mut packet = Packet::empty();
        loop {
            match encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    let shown = self.frames.get(self.received.len()).ok_or(ffmpeg::Error::Bug);
                    // libav 5 does not carry durations through encoders, and would drop the last one.
                    packet.set_duration(shown.map_err(libav("keep frames and packets in step"))?.duration);
                    self.received.push(std::mem::replace(&mut packet, Packet::empty()));
                }
                Err(error) if libav_wants_more(error) => return Ok(()),
                Err(error) => return Err(libav("encode a frame")(error)),
            }
        }
    }
}

/// Whether an encoder or decoder has nothing to give yet, or nothing more.
pub(super) fn libav_wants_more(error: ffmpeg::Error) -> bool {
    matches!(error, ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN })
}

/// libx264 repeats 700 bytes about its settings at the head of every chunk; once a video is enough.
fn without_sei(packet: &Packet) -> Packet {
    let data = packet.data().unwrap_or_default();
    let kept = skip_sei(data);
    if kept.len() == data.len() {
        return packet.clone();
    }
    let mut short = Packet::copy(kept);
    short.set_pts(packet.pts());
    short.set_dts(packet.dts());
    short.set_duration(packet.duration());
    short.set_flags(packet.flags());
    short
}

/// What follows a leading SEI unit in an Annex B byte stream.
fn skip_sei(data: &[u8]) -> &[u8] {
    const START: &[u8] = &[0, 0, 1];
    // A start code may have a zero in front.
    let short = if data.starts_with(START) { data } else { data.get(1..).unwrap_or_default() };
    let Some(unit) = short.strip_prefix(START) else { return data };
    if unit.first().map(|header| header & 0x1F) != Some(SEI) {
        return data;
    }
    unit.windows(START.len()).position(|window| window == START).map_or(data, |at| &unit[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_supplemental_information_is_skipped_and_nothing_else() {
        let sei: &[u8] = &[0, 0, 0, 1, 0x06, 5, 9, 9, 0x80, 0, 0, 1, 0x65, 1, 2];
        assert_eq!(skip_sei(sei), [0, 0, 1, 0x65, 1, 2]);
        assert_eq!(skip_sei(&sei[1..]), [0, 0, 1, 0x65, 1, 2]);
        for other in [&[0, 0, 0, 1, 0x65, 1][..], &[], &[1, 2, 3], &[0, 0, 1]] {
            assert_eq!(skip_sei(other), other);
        }
    }
}
