//! The sound of any video file.

use ffmpeg_next as ffmpeg;

use ffmpeg::format::{Sample, sample};
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, Packet, codec, frame, media};

use crate::error::Result;
use crate::tape::TICKS_PER_SECOND;

use super::libav;
use super::reader::{Reader, next_packet, origin, receive};

impl Reader<'_> {
    /// Plays the sound, if there is any, into `sink`: the time of the first sample in seconds, samples per second, and
    /// samples mixed to one channel. Time 0 is the start; the encoder's padding is cut. `sink` stops it early by
    /// returning `false`.
    ///
    /// # Errors
    /// [`crate::error::VideoError::Libav`] for a damaged file, and errors of `sink`.
    pub fn play_sound(&self, mut sink: impl FnMut(f64, u32, &[f32]) -> Result<bool>) -> Result<()> {
        let doing = || format!("decode the sound of {}", self.path.display());
        let mut input = self.demux()?;
        let origin = origin(&input) as f64 / TICKS_PER_SECOND as f64;
        let Some(stream) = input.streams().best(media::Type::Audio) else { return Ok(()) };
        let (index, clock) = (stream.index(), stream.time_base());
        let mut context = codec::Context::from_parameters(stream.parameters()).map_err(libav(doing()))?.decoder();
        // With this, the decoder cuts the padding, as the edit list says, and shifts the time.
        context.set_packet_time_base(clock);
        let mut decoder = context.audio().map_err(libav(doing()))?;
        let (mut packet, mut received, mut mono) = (Packet::empty(), frame::Audio::empty(), Vec::new());
        loop {
            let more = next_packet(&mut input, &mut packet, index).map_err(libav(doing()))?;
            let sent = if more { decoder.send_packet(&packet) } else { decoder.send_eof() };
            sent.map_err(libav(doing()))?;
            while receive(decoder.receive_frame(&mut received)).map_err(libav(doing()))? {
                let time = received.timestamp().unwrap_or_default() as f64 * f64::from(clock) - origin;
                let rate = received.rate();
                mix(&mut received, &mut mono).map_err(libav(doing()))?;
                if !sink(time, rate, &mono)? {
                    return Ok(());
                }
            }
            if !more {
                return Ok(());
            }
        }
    }
}

/// The mean of all channels.
fn mix(received: &mut frame::Audio, mono: &mut Vec<f32>) -> Result<(), ffmpeg::Error> {
    let planar = Sample::F32(sample::Type::Planar);
    if received.format() != planar {
        let layout = match received.channel_layout() {
            unknown if unknown.is_empty() => ChannelLayout::default(received.channels().into()),
            known => known,
        };
        received.set_channel_layout(layout);
        let (format, rate) = (received.format(), received.rate());
        let mut floats = frame::Audio::empty();
        resampling::Context::get(format, layout, rate, planar, layout, rate)?.run(received, &mut floats)?;
        *received = floats;
    }
    let channels = received.planes();
    mono.clear();
    mono.resize(received.samples(), 0.0);
    for channel in 0..channels {
        mono.iter_mut().zip(received.plane::<f32>(channel)).for_each(|(sum, sample)| *sum += sample / channels as f32);
    }
    Ok(())
}
