//! Muxes packets to an MP4: libav writes it sequentially, then the index is moved to the front.
//!
//! libav gets neither a path nor the finished file: it writes to an unnamed temporary file that disappears with the
//! process in any case.

use std::fs::File;
use std::io::{self, Seek, Write};

use ffmpeg_next as ffmpeg;

use ffmpeg::format::context::{Output, StreamIo};
use ffmpeg::{Dictionary, Packet, Rational, codec, format};

use crate::error::{Error, FileError, Result, VideoError};
use crate::tape::{Shown, TICKS_PER_SECOND};

use super::audio::Sound;
use super::level::{self, BitRate};
use super::{boxes, libav};

const VIDEO: usize = 0;
const AUDIO: usize = 1;

/// libav's default of 32 KiB is less than a key frame.
const BUFFER: usize = 1 << 20;

/// An MP4 being written.
pub struct Muxer {
    output: Output,
    scratch: File,
    /// The decoding time of each video packet, in ticks.
    decoding: std::vec::IntoIter<i64>,
    bit_rate: BitRate,
    /// Sound packets that wait for the pictures, in order.
    sound: std::vec::IntoIter<Packet>,
    sound_rate: Rational,
}

impl Muxer {
    /// Starts an MP4 with a video stream for these frames and, if there is sound, an audio stream. A decoder is at most
    /// `delay` frames ahead of the shown frame.
    ///
    /// # Errors
    /// [`FileError::Scratch`] if there is no space for temporary files, [`crate::error::VideoError::Libav`].
    pub fn create(video: codec::Parameters, frames: &[Shown], delay: usize, sound: Option<Sound>) -> Result<Self> {
        let unwritable = |source| Error::File(FileError::Scratch { source });
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
        // The header's clock; the default is ms, which would round the total duration.
        options.set("movie_timescale", &TICKS_PER_SECOND.to_string());
        output.write_header_with(options).map_err(unwritten)?;
        let decoding = decoding_times(frames, delay).into_iter();
        let bit_rate = BitRate::default();
        Ok(Muxer { output, scratch, decoding, bit_rate, sound: packets.into_iter(), sound_rate })
    }

    /// Writes the next video packet in decoding order, preceded by the sound up to its time.
    ///
    /// # Errors
    /// [`FileError::Scratch`] for a full disk, [`crate::error::VideoError::Libav`].
    pub fn write(&mut self, mut packet: Packet) -> Result<()> {
        let time = packet.pts().unwrap_or_default();
        let due = time as f64 / TICKS_PER_SECOND as f64;
        while let Some(sound) = self.sound.as_slice().first() {
            if f64::from(self.sound_rate) * sound.pts().unwrap_or_default() as f64 > due {
                break;
            }
            self.write_sound()?;
        }
        let decoding = self.decoding.next().ok_or(ffmpeg::Error::Bug);
        let decoding = decoding.map_err(libav("keep frames and packets in step"))?;
        packet.set_dts(Some(decoding));
        self.bit_rate.add(decoding, packet.size());
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

    /// Finishes the MP4 and writes it to `file` from the start, index first. Returns its length in bytes.
    ///
    /// # Errors
    /// [`FileError::Scratch`], [`crate::error::VideoError::Libav`] or [`crate::error::VideoError::Verify`] if it could
    /// not be finished, [`FileError::Output`] if `file` cannot be written.
    pub fn finish(mut self, file: &mut File) -> Result<u64> {
        while self.write_sound()? {}
        self.output.write_trailer().map_err(unwritten)?;
        drop(self.output);
        let mut index_first = boxes::index_first(&mut self.scratch)?;
        level::cover(index_first.index(), &self.bit_rate)
            .ok_or_else(|| Error::Video(VideoError::Verify { what: "has no settings for decoders".into() }))?;
        let mut copy = || -> io::Result<u64> {
            file.rewind()?;
            file.set_len(0)?;
            let bytes = index_first.write_to(&mut self.scratch, file)?;
            file.flush().map(|()| bytes)
        };
        copy().map_err(|source| Error::File(FileError::Output { source }))
    }
}

/// The decoding time of each packet if `delay` frames are decoded before the first is shown: the times of the frames,
/// delayed by that many packets.
///
/// The first ones are negative, and an edit list still makes the video start at 0. They start as long before 0 as the
/// last ones lag behind, so that the durations in the file add up to the length of the video.
fn decoding_times(frames: &[Shown], delay: usize) -> Vec<i64> {
    let Some(last) = frames.len().checked_sub(1) else { return Vec::new() };
    let delay = delay.min(last);
    let lag = frames[last].start - frames[last - delay].start;
    let before = (0..delay as i64).map(|packet| lag * packet / delay as i64 - lag);
    before.chain(frames.iter().map(|shown| shown.start)).take(frames.len()).collect()
}

/// A system error concerns the temporary file; any other error concerns the packets.
fn unwritten(error: ffmpeg::Error) -> Error {
    match error {
        ffmpeg::Error::Other { errno } => {
            Error::File(FileError::Scratch { source: io::Error::from_raw_os_error(errno) })
        }
        other => libav("write the MP4")(other),
    }
}

fn add_stream(output: &mut Output, parameters: codec::Parameters, clock: Rational) -> Result<()> {
    let mut stream = output.add_stream(codec::Id::None).map_err(libav("add a stream"))?;
    stream.set_parameters(parameters);
    stream.set_time_base(clock);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_packet_is_decoded_after_it_is_shown_and_none_before_the_one_in_front(
            durations in prop::collection::vec(1_i64..90_000, 1..40),
            delay in 0_usize..3,
        ) {
            let mut start = 0;
            let frames: Vec<_> = (0..).zip(durations).map(|(frame, duration)| {
                start += duration;
                Shown { frame, start: start - duration, duration }
            }).collect();
            let times = decoding_times(&frames, delay);
            prop_assert_eq!(times.len(), frames.len());
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            // A packet comes by at most `delay` places later than its frame.
            let latest = |place: usize| frames[place.saturating_sub(delay)].start;
            prop_assert!(times.iter().enumerate().all(|(place, &time)| time <= latest(place)));
            // From the first to the last is as long as in the video.
            prop_assert_eq!(times[times.len() - 1] - times[0], frames[frames.len() - 1].start);
        }
    }
}
