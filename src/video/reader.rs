//! Reads any video file as a player shows it: pictures, each at its time.
//!
//! Intended for comparison with a tape, so pictures come at the tape's size. libav gets an open file, never a path.
//! Nothing is cached: callers that need a picture twice play the file twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Seek;
use std::path::Path;

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::threading;
use ffmpeg::format::context::{Input, StreamIo};
use ffmpeg::rescale::Rescale;
use ffmpeg::{Dictionary, Packet, Rational, codec, color, decoder, format, frame, media};
use serde::Serialize;

use crate::error::{Error, Result, VideoError};
use crate::tape::TICKS_PER_SECOND;

use super::encode::libav_wants_more;
use super::libav;
use super::monitor::Monitor;
use super::pixels::{coding, components, swing};
use super::planes::Geometry;
use super::reduce::{self, Matrix, Reduced, Reducer, Swing};

/// Facts from a file's headers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The codec of the pictures, by its libav name.
    pub codec: String,
    /// The pixel format, by its libav name.
    pub pixel_format: String,
    /// The tagged luma weights; `None` if untagged or RGB.
    pub matrix: Option<Matrix>,
    /// The tagged range, if any.
    pub range: Option<Swing>,
    /// Length of the longest stream, in ticks; 0 if unknown.
    #[serde(skip)]
    pub duration: i64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// The number of frames in the index; 0 if there is none.
    #[serde(skip)]
    pub frames: usize,
    /// Whether there is sound.
    pub sound: bool,
}

/// A picture as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Played<'a> {
    /// Its start, in ticks since the start of the video.
    pub start: i64,
    /// Its end, in ticks since the start of the video, as far as the file states it.
    pub end: i64,
    /// Its size in the file, in bytes.
    pub bytes: u64,
    /// The picture at the tape's size.
    pub picture: &'a Reduced,
}

/// A video file that can be played repeatedly, but only once at a time.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a File,
    pub(super) path: &'a Path,
    /// What the file says about itself.
    pub facts: Facts,
}

impl<'a> Reader<'a> {
    /// Opens a video file. `path` is for error texts.
    ///
    /// # Errors
    /// [`crate::error::FileError::Read`], and [`VideoError::Unusable`] if libav cannot read it or it has no pictures.
    pub fn open(file: &'a File, path: &'a Path) -> Result<Self> {
        super::prepare();
        let bytes = file.metadata().map_err(Error::read(path))?.len();
        let input = demux(file, path, Dictionary::new())?;
        let Some(stream) = input.streams().best(media::Type::Video) else {
            return Err(refuse(path, "has no pictures"));
        };
        let decoder = video_decoder(&stream).map_err(libav(format!("decode {}", path.display())))?;
        let matrix = match decoder.color_space() {
            color::Space::BT709 => Some(Matrix::Bt709),
            color::Space::FCC | color::Space::BT470BG | color::Space::SMPTE170M => Some(Matrix::Bt601),
            _ => None,
        };
        let facts = Facts {
            width: decoder.width(),
            height: decoder.height(),
            codec: decoder.id().name().into(),
            pixel_format: decoder.format().descriptor().map_or("unknown", format::pixel::Descriptor::name).into(),
            matrix,
            range: swing(decoder.color_range()),
            duration: ticks(input.duration().max(0), Rational(1, ffmpeg::ffi::AV_TIME_BASE)),
            bytes,
            frames: stream.frames().max(0) as usize,
            sound: input.streams().best(media::Type::Audio).is_some(),
        };
        Ok(Reader { file, path, facts })
    }

    /// How the video enlarges a tape of this size.
    ///
    /// # Errors
    /// [`VideoError::Unusable`] if the scale is not a whole number.
    pub fn fit(&self, width: u32, height: u32) -> Result<Geometry> {
        let Facts { width: video_width, height: video_height, .. } = self.facts;
        reduce::fit((width, height), (video_width, video_height)).ok_or_else(|| {
            let what =
                format!("is {video_width}x{video_height}; expected a whole multiple of the tape's {width}x{height}");
            refuse(self.path, &what)
        })
    }

    /// Plays the pictures into `sink` in presentation order, reduced to the geometry's source size. `sink` stops it
    /// early by returning `false`.
    ///
    /// # Errors
    /// [`VideoError::Libav`] for a damaged file, [`VideoError::Unusable`] if the pictures change their format,
    /// [`Error::Interrupted`], and errors of `sink`.
    pub fn play(
        &self,
        geometry: &Geometry,
        monitor: &Monitor,
        mut sink: impl FnMut(Played<'_>) -> Result<bool>,
    ) -> Result<()> {
        let doing = || format!("decode {}", self.path.display());
        let mut input = self.demux()?;
        let origin = origin(&input);
        let Some(stream) = input.streams().best(media::Type::Video) else {
            return Err(refuse(self.path, "has no pictures"));
        };
        let (index, clock) = (stream.index(), stream.time_base());
        let mut decoder = video_decoder(&stream).map_err(libav(doing()))?;
        // Data that frames do not carry through the decoder, by presentation time: as many entries as it holds frames.
        let mut packets = BTreeMap::new();
        let (mut received, mut reducer, mut picture) = (frame::Video::empty(), Reducer::default(), Reduced::default());
        let mut packet = Packet::empty();
        loop {
            monitor.check()?;
            let more = next_packet(&mut input, &mut packet, index).map_err(libav(doing()))?;
            if let Some(time) = packet.pts().filter(|_| more) {
                packets.insert(time, (packet.size() as u64, packet.duration()));
            }
            let sent = if more { decoder.send_packet(&packet) } else { decoder.send_eof() };
            sent.map_err(libav(doing()))?;
            while receive(decoder.receive_frame(&mut received)).map_err(libav(doing()))? {
                let Some(time) = received.timestamp() else {
                    return Err(refuse(self.path, "has pictures without time"));
                };
                let (bytes, duration) = packets.get(&time).copied().unwrap_or_default();
                packets = packets.split_off(&(time + 1));
                self.reduce(&received, geometry, &mut reducer, &mut picture)?;
                let start = ticks(time, clock) - origin;
                let end = ticks(time + duration, clock) - origin;
                if !sink(Played { start, end, bytes, picture: &picture })? {
                    return Ok(());
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    pub(super) fn demux(&self) -> Result<Input> {
        let is_vp9 = self.facts.codec == codec::Id::VP9.name();
        demux(self.file, self.path, if is_vp9 { as_stored() } else { Dictionary::new() })
    }

    fn reduce(
        &self,
        frame: &frame::Video,
        geometry: &Geometry,
        reducer: &mut Reducer,
        picture: &mut Reduced,
    ) -> Result<()> {
        if (frame.width(), frame.height()) != (geometry.width, geometry.height) {
            return Err(refuse(self.path, "changes its size"));
        }
        let Some((components, is_rgb)) = components(frame) else {
            let format = frame.format().descriptor().map_or("unknown", format::pixel::Descriptor::name);
            return Err(refuse(
                self.path,
                &format!("has pictures of format {format}; colours of 8 to 16 bits a sample can be compared"),
            ));
        };
        let coding = coding(frame, is_rgb).ok_or_else(|| {
            let name = frame.color_space().name().unwrap_or("unknown");
            refuse(self.path, &format!("has {name} colours; bt709 and bt601 can be compared"))
        })?;
        reducer.reduce(&components, coding, geometry, picture);
        Ok(())
    }
}

fn refuse(path: &Path, what: &str) -> Error {
    Error::Video(VideoError::Unusable { path: path.into(), what: what.into() })
}

fn demux(mut file: &File, path: &Path, options: Dictionary) -> Result<Input> {
    let file = file.rewind().and_then(|()| file.try_clone()).map_err(Error::read(path))?;
    let stream = StreamIo::from_read_seek(file).map_err(libav(format!("open {}", path.display())))?;
    format::input_from_stream(stream, None, Some(options)).map_err(libav(format!("open {}", path.display())))
}

/// Options to read packets as stored. Otherwise libav splits VP9 into frames itself, even in its own files, and guesses
/// their durations.
pub(super) fn as_stored() -> Dictionary<'static> {
    let mut options = Dictionary::new();
    options.set("fflags", "noparse");
    options
}

/// The start of the file, in ticks of its own clock. In an MP4 it is 0: its times are presentation times already.
/// Transport streams and others can start anywhere.
pub(super) fn origin(input: &Input) -> i64 {
    if input.format().name().contains("mp4") {
        return 0;
    }
    // SAFETY: a plain field of a context that is alive.
    let start = unsafe { (*input.as_ptr()).start_time };
    if start == ffmpeg::ffi::AV_NOPTS_VALUE { 0 } else { ticks(start, Rational(1, ffmpeg::ffi::AV_TIME_BASE)) }
}

fn ticks(time: i64, clock: Rational) -> i64 {
    time.rescale(clock, Rational(1, TICKS_PER_SECOND as i32))
}

fn video_decoder(stream: &format::stream::Stream<'_>) -> Result<decoder::Video, ffmpeg::Error> {
    let mut context = codec::Context::from_parameters(stream.parameters())?.decoder();
    context.set_packet_time_base(stream.time_base());
    context.set_threading(threading::Config::kind(threading::Type::Frame));
    context.video()
}

/// Reads the next packet of a stream; returns whether there was one.
pub(super) fn next_packet(input: &mut Input, packet: &mut Packet, stream: usize) -> Result<bool, ffmpeg::Error> {
    loop {
        *packet = Packet::empty();
        match packet.read(input) {
            Ok(()) if packet.stream() == stream => return Ok(true),
            Ok(()) => {}
            Err(ffmpeg::Error::Eof) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Whether there was a frame to receive.
pub(super) fn receive(received: Result<(), ffmpeg::Error>) -> Result<bool, ffmpeg::Error> {
    match received {
        Ok(()) => Ok(true),
        Err(error) if libav_wants_more(error) => Ok(false),
        Err(error) => Err(error),
    }
}
