//! Encodes one closed group of pictures: frames of a tape in, packets out. Each codec has its own file for differences.
//!
//! Each chunk has its own single-threaded encoder, so that the result depends only on the tape and the preset, and
//! chunks can be encoded on any number of cores in any order.

mod av1;
mod h264;
mod headers;
mod setup;
mod vp9;

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::{self, threading};
use ffmpeg::encoder::video::Encoder;
use ffmpeg::format::Pixel;
use ffmpeg::{Dictionary, Packet, Rational, color, frame, picture as picture_type};

use crate::error::{Error, Result, VideoError};
use crate::picture::{self, Picture};
use crate::tape::{Shown, Tape};

use super::complexity::{complexity, quantiser};
use super::encoding::{Codec, Colors, Encoding};
use super::frame_source::FrameSource;
use super::libav;
use super::monitor::Monitor;
use super::planes::Geometry;
use super::preset::Preset;
use super::quality::Quality;
use setup::Setup;

/// Pairs of neighbouring pictures that represent a chunk when its quantiser is chosen.
const SAMPLES: usize = 4;

/// Encoded frames, ready for the muxer.
pub struct Chunk {
    /// One packet per frame, in decoding order, with presentation times in ticks since the start of the tape.
    pub packets: Vec<Packet>,
    /// The codec parameters for the muxer; the same for all chunks of a video.
    pub parameters: codec::Parameters,
    /// The most frames that a decoder is ahead of the shown frame: 0 without B-frames.
    pub delay: usize,
    /// The quantiser, if it was chosen for this chunk.
    pub quantiser: Option<u8>,
    /// PSNR of its worst frame in decibels, if it was decoded again.
    pub worst_psnr: Option<f32>,
}

/// A run of frames that is encoded separately.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// The frames, in the order of time.
    pub frames: &'a [Shown],
    /// Whether they are the first of the video.
    pub is_first: bool,
    /// Whether they are the last of the video.
    pub is_last: bool,
}

/// Everything about a video that its chunks share.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// The source of the pictures.
    pub tape: &'a Tape,
    /// The encoding: one of the preset's.
    pub encoding: &'a Encoding,
    /// AAC bit rate in kbit/s.
    pub audio_kbps: u32,
    /// Replaces the encoding's own quality.
    pub quality: Quality,
    /// The sizes of tape and video.
    pub geometry: Geometry,
    /// The declared rate of the video, in frames per second; the actual times may be any.
    pub rate: Rational,
    /// The squared error that the site's recipe adds to colours by the way it stores them; 0 if not measured.
    pub smear: f32,
}

/// The complexity of a chunk.
#[derive(Clone, Copy)]
pub(super) struct Complexity {
    /// The mean over a few pairs of neighbouring frames.
    pub mean: f32,
    /// The first frame of the busiest pair, 0..
    pub busiest: usize,
    /// The first frame of the calmest of the pairs that are at least half as busy.
    pub calm: usize,
}

impl<'a> Plan<'a> {
    /// The plan for a tape with one of the preset's encodings.
    pub fn new(tape: &'a Tape, preset: &Preset, encoding: &'a Encoding, rate: Rational) -> Self {
        let multiple = if encoding.colors == Colors::Yuv420p { 2 } else { 1 };
        let geometry = Geometry::new(tape.width, tape.height, encoding.scale_for(tape.width, tape.height), multiple);
        Plan { tape, encoding, audio_kbps: preset.audio_kbps, quality: encoding.quality, geometry, rate, smear: 0.0 }
    }

    /// The pixel format for the encoder.
    pub fn pixel_format(&self) -> Pixel {
        match (self.encoding.colors, self.encoding.codec) {
            (Colors::Yuv420p, _) => Pixel::YUV420P,
            (Colors::Yuv444p, _) => Pixel::YUV444P,
            (Colors::Rgb, Codec::H264) => Pixel::RGB24,
            (Colors::Rgb, Codec::Av1 | Codec::Vp9) => Pixel::GBRP,
        }
    }

    /// Encodes a part of the video, whose frames come from `source`.
    ///
    /// # Errors
    /// Errors of a picture, [`VideoError::Libav`], or [`Error::Interrupted`].
    pub fn encode(&self, part: Part<'_>, source: &mut impl FrameSource, monitor: &Monitor) -> Result<Chunk> {
        match self.quality {
            Quality::Floor(floor) => self.encode_above(floor, part, source, monitor),
            _ => self.encode_at(self.settled(part.frames)?, part, source, monitor),
        }
    }

    /// As [`Plan::encode`], at this quality.
    pub(super) fn encode_at(
        &self,
        quality: Quality,
        part: Part<'_>,
        source: &mut impl FrameSource,
        monitor: &Monitor,
    ) -> Result<Chunk> {
        let frames = part.frames;
        let setup = match self.encoding.codec {
            Codec::H264 => h264::setup(quality),
            Codec::Av1 => av1::setup(quality),
            Codec::Vp9 => vp9::setup(quality),
        };
        let mut encoder = self.open(&setup)?;
        let mut parameters = codec::Parameters::from(&*encoder);
        let delay = delay(&encoder);
        let mut packets = Packets { frames, received: Vec::with_capacity(frames.len()) };
        for (index, shown) in frames.iter().enumerate() {
            monitor.check()?;
            let mut frame = shared(source.frame(shown)?)?;
            frame.set_pts(Some(index as i64));
            if part.is_last && delay > 0 && index + 2 >= frames.len() {
                // Then the last frame shown is also the last in the file, and its packet's duration applies.
                frame.set_kind(picture_type::Type::P);
            }
            encoder.send_frame(&frame).map_err(libav("encode a frame"))?;
            packets.receive(&mut encoder)?;
            monitor.encoded(1);
        }
        encoder.send_eof().map_err(libav("finish a chunk"))?;
        packets.receive(&mut encoder)?;
        let mut packets = packets.received;
        if packets.len() != frames.len() {
            return Err(libav("keep frames and packets in step")(ffmpeg::Error::Bug));
        }
        match self.encoding.codec {
            Codec::H264 => h264::finish(&mut packets, part.is_first),
            Codec::Av1 => av1::finish(&mut packets, &mut parameters)?,
            Codec::Vp9 => {}
        }
        let quantiser = match quality {
            Quality::Qp(quantiser) => Some(quantiser),
            _ => None,
        };
        Ok(Chunk { packets, parameters, delay, quantiser, worst_psnr: None })
    }

    /// The quality of a chunk after all choices.
    pub fn settled(&self, frames: &[Shown]) -> Result<Quality> {
        Ok(match self.quality {
            Quality::Adaptive(middle) => Quality::Qp(quantiser(middle, self.complexity(frames)?.mean)),
            Quality::Floor(floor) => Quality::Qp(self.aim(floor, frames, &Monitor::nobody())?.quantiser),
            settled => settled,
        })
    }

    /// The complexity of a few pairs of neighbouring pictures of a chunk.
    pub(super) fn complexity(&self, frames: &[Shown]) -> Result<Complexity> {
        let mut reel = self.tape.reel();
        let mut decoder = picture::Decoder::default();
        let (mut previous, mut picture) = (Picture::default(), Picture::default());
        let pairs = frames.len() - 1;
        let samples = pairs.min(SAMPLES);
        let mut found = Vec::with_capacity(samples);
        for sample in 0..samples {
            let first = (2 * sample + 1) * pairs / (2 * samples);
            reel.picture(frames[first].frame, &mut decoder, &mut previous)?;
            reel.picture(frames[first + 1].frame, &mut decoder, &mut picture)?;
            found.push((complexity(&previous, &picture), first));
        }
        let sum: f32 = found.iter().map(|(complexity, _)| complexity).sum();
        // The first of equals.
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let &(most, busiest) = found.first().unwrap_or(&(0.0, 0));
        let calm = found.iter().rfind(|(complexity, _)| *complexity >= most / 2.0).map_or(busiest, |&(_, first)| first);
        Ok(Complexity { mean: sum / samples.max(1) as f32, busiest, calm })
    }

    fn open(&self, setup: &Setup) -> Result<Encoder> {
        let name = self.encoding.encoder();
        let codec = ffmpeg::encoder::find_by_name(name)
            .ok_or_else(|| Error::Video(VideoError::NoEncoder { name: name.into() }))?;
        let context = codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(libav(format!("set up {name}")))?;
        video.set_width(self.geometry.width);
        video.set_height(self.geometry.height);
        video.set_format(self.pixel_format());
        // Encoders count frames: rate and level are declared from this rate. The actual times are in the packets.
        video.set_time_base(self.rate.invert());
        video.set_frame_rate(Some(self.rate));
        video.set_aspect_ratio(Rational(1, 1));
        // Unless the preset's options set them.
        video.set_max_b_frames(0);
        // The chunk's first frame is its only key frame.
        video.set_gop(u32::MAX >> 2);
        video.set_threading(threading::Config::count(1));
        video.set_flags(codec::Flags::GLOBAL_HEADER);
        let (space, range) = match self.encoding.colors {
            Colors::Yuv420p | Colors::Yuv444p => (color::Space::BT709, color::Range::MPEG),
            Colors::Rgb => (color::Space::RGB, color::Range::JPEG),
        };
        video.set_colorspace(space);
        video.set_color_range(range);
        video.set_color_primaries(color::Primaries::BT709);
        // libaom always writes this one for RGB, and the MP4 must say the same.
        let transfer = match (self.encoding.codec, self.encoding.colors) {
            (Codec::Av1, Colors::Rgb) => color::TransferCharacteristic::IEC61966_2_1,
            _ => color::TransferCharacteristic::BT709,
        };
        video.set_color_transfer_characteristic(transfer);

        let mut options = Dictionary::new();
        setup.options.iter().for_each(|(option, value)| options.set(option, value));
        self.encoding.options().for_each(|(option, value)| options.set(option, value));
        video.open_with(options).map_err(libav(format!("open {name}; see the preset's encoder-options")))
    }
}

/// A new frame with the same pixels, whose time can be set.
fn shared(frame: &frame::Video) -> Result<frame::Video> {
    let mut shared = frame::Video::empty();
    // SAFETY: both are live frames, and the new one holds nothing yet. Neither is written to while both refer to the
    // pixels: encoders only read them, and painters ask libav for a frame that nobody else holds.
    match unsafe { ffmpeg::ffi::av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) } {
        code if code < 0 => Err(libav("share a frame")(ffmpeg::Error::from(code))),
        _ => Ok(shared),
    }
}

/// The number of frames that a decoder must hold back to show them in order.
fn delay(encoder: &Encoder) -> usize {
    // SAFETY: a plain field of a context that is open, which the encoder has set.
    unsafe { (*encoder.as_ptr()).has_b_frames.max(0) as usize }
}

/// The packets from an encoder whose frames were numbered by index: one per frame, in any order.
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
                    let index = packet.pts().and_then(|index| usize::try_from(index).ok());
                    let shown = index.and_then(|index| self.frames.get(index)).ok_or(ffmpeg::Error::Bug);
                    let shown = shown.map_err(libav("keep frames and packets in step"))?;
                    packet.set_pts(Some(shown.start));
                    // libav 5 does not carry durations through encoders, and would drop the last one.
                    packet.set_duration(shown.duration);
                    self.received.push(std::mem::replace(&mut packet, Packet::empty()));
                }
                Err(error) if libav_wants_more(error) => return Ok(()),
                Err(error) => return Err(libav("encode a frame")(error)),
            }
        }
    }
}

/// The headers that all chunks share, which the muxer stores beside the packets.
pub(super) fn extradata(parameters: &codec::Parameters) -> &[u8] {
    // SAFETY: libav keeps as many bytes there as it says, for as long as the parameters live, and none at null.
    unsafe {
        let parameters = &*parameters.as_ptr();
        match parameters.extradata {
            bytes if bytes.is_null() => &[],
            bytes => std::slice::from_raw_parts(bytes, parameters.extradata_size as usize),
        }
    }
}

/// Whether an encoder or decoder has no output yet, or no more output.
pub(super) fn libav_wants_more(error: ffmpeg::Error) -> bool {
    matches!(error, ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN })
}
