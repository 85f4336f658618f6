//! Packets as an MP4: libav writes it as it comes, then the index moves to the front.
//!
//! libav is given neither a path nor the finished file: it writes into an unnamed temporary file that vanishes with
//! the process, whatever happens.

use std::fs::File;
use std::io::{self, Seek, Write};

use ffmpeg_next as ffmpeg;

use ffmpeg::format::context::{Output, StreamIo};
use ffmpeg::{Dictionary, Packet, Rational, codec, format};

use crate::error::{Error, Result};
use crate::tape::TICKS_PER_SECOND;

use super::audio::Sound;
use super::{boxes, libav};

const VIDEO: usize = 0;
const AUDIO: usize = 1;

/// libav's default of 32 KiB is less than a key frame.
const BUFFER: usize = 1 << 20;

/// An MP4 being written.
pub struct Muxer {
    output: Output,
    scratch: File,
    /// Packets of sound that wait for the pictures to catch up, in order.
    sound: std::vec::IntoIter<Packet>,
    sound_rate: Rational,
}

impl Muxer {
    /// Starts an MP4 with a video stream and, if there is sound, an audio stream.
    ///
    /// # Errors
    /// [`Error::Scratch`] if there is no room for temporary files, [`Error::Libav`].
    pub fn create(video: codec::Parameters, sound: Option<Sound>) -> Result<Self> {
        let unwritable = |source| Error::Scratch { source };
        let scratch = tempfile::tempfile().map_err(unwritable)?;
        let stream = StreamIo::from_write_seek_with_capacity(scratch.try_clone().map_err(unwritable)?, BUFFER);
        let stream = stream.map_err(libav("start an MP4"))?;
        let mut output = format::output_to_stream(stream, None, Some("mp4")).map_err(libav("start an MP4"))?;
        let video_rate = Rational(1, TICKS_PER_SECOND as i32);
        add_stream(&mut output, video, video_rate)?;
        let (packets, sound_rate) = match sound {
            Some(sound) => {
                let rate = Rational(1, sound.rate as i32);
                add_stream(&mut output, sound.parameters, rate)?;
                (sound.packets, rate)
            }
            None => (Vec::new(), video_rate),
        };
        // SAFETY: a plain field of a context that is ours. It keeps libav's version and the date out of the file.
        unsafe { (*output.as_mut_ptr()).flags |= ffmpeg::ffi::AVFMT_FLAG_BITEXACT };
        let mut options = Dictionary::new();
        // The header's clock, else in ms, which would round the length of the whole.
        options.set("movie_timescale", &TICKS_PER_SECOND.to_string());
        output.write_header_with(options).map_err(unwritten)?;
        Ok(Muxer { output, scratch, sound: packets.into_iter(), sound_rate })
    }

    /// Writes a packet of video, and before it the sound up to its time.
    ///
    /// # Errors
    /// [`Error::Scratch`] for a full disk, [`Error::Libav`].
    pub fn write(&mut self, mut packet: Packet) -> Result<()> {
        let time = packet.pts().unwrap_or_default();
        let due = time as f64 / TICKS_PER_SECOND as f64;
        while let Some(sound) = self.sound.as_slice().first() {
            if f64::from(self.sound_rate) * sound.pts().unwrap_or_default() as f64 > due {
                break;
            }
            self.write_sound()?;
        }
        self.write_packet(&mut packet, VIDEO, Rational(1, TICKS_PER_SECOND as i32))
    }

    fn write_sound(&mut self) -> Result<bool> {
        let Some(mut packet) = self.sound.next() else { return Ok(false) };
        self.write_packet(&mut packet, AUDIO, self.sound_rate).map(|()| true)
    }

    fn write_packet(&mut self, packet: &mut Packet, stream: usize, rate: Rational) -> Result<()> {
        // The muxer may have chosen another clock when it wrote the header.
        let clock = self.output.stream(stream).map_or(rate, |stream| stream.time_base());
        packet.rescale_ts(rate, clock);
        packet.set_stream(stream);
        packet.write_interleaved(&mut self.output).map_err(unwritten)
    }

    /// Ends the MP4 and writes it into `file` from the start, index first. Answers its length in bytes.
    ///
    /// # Errors
    /// [`Error::Scratch`], [`Error::Libav`] or [`Error::Verify`] if it could not be ended, [`Error::Output`] if `file`
    /// cannot take it.
    pub fn finish(mut self, file: &mut File) -> Result<u64> {
        while self.write_sound()? {}
        self.output.write_trailer().map_err(unwritten)?;
        drop(self.output);
        let index_first = boxes::index_first(&mut self.scratch)?;
        let mut copy = || -> io::Result<u64> {
            file.rewind()?;
            file.set_len(0)?;
            let bytes = index_first.write_to(&mut self.scratch, file)?;
            file.flush().map(|()| bytes)
        };
        copy().map_err(|source| Error::Output { source })
    }
}

/// What the system said is about the temporary file; the rest is about the packets.
fn unwritten(error: ffmpeg::Error) -> Error {
    match error {
        ffmpeg::Error::Other { errno } => Error::Scratch { source: io::Error::from_raw_os_error(errno) },
        other => libav("write the MP4")(other),
    }
}

fn add_stream(output: &mut Output, parameters: codec::Parameters, clock: Rational) -> Result<()> {
    let mut stream = output.add_stream(codec::Id::None).map_err(libav("add a stream"))?;
    stream.set_parameters(parameters);
    stream.set_time_base(clock);
    Ok(())
}
