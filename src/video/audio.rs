//! The soundtrack as AAC packets.
//!
//! Sound starts with the pictures and is cut where they end. libav's AAC coder takes 1,024 samples to get going; the
//! muxer writes an edit list that players skip them by.

use ffmpeg_next as ffmpeg;

use ffmpeg::encoder::audio::Encoder;
use ffmpeg::format::Sample;
use ffmpeg::format::sample::Type::Planar;
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, Packet, Rational, codec, frame};

use crate::error::Result;
use crate::tape::{Soundtrack, TICKS_PER_SECOND, Tape};

use super::encode::libav_wants_more;
use super::{Watch, libav};

const FORMAT: Sample = Sample::F32(Planar);

/// Rates every player takes; anything else is resampled to the second.
const RATES: [u32; 2] = [44_100, 48_000];

/// An encoded soundtrack, ready for the muxer.
pub struct Sound {
    /// Packets in order, times in samples, the first before zero.
    pub packets: Vec<Packet>,
    /// What the muxer must know about them.
    pub parameters: codec::Parameters,
    /// Samples per second.
    pub rate: u32,
}

/// Encodes the tape's sound up to `end` (in ticks).
///
/// # Errors
/// What is wrong with the soundtrack, [`crate::Error::Libav`], or [`crate::Error::Interrupted`].
pub fn encode(tape: &Tape, soundtrack: &Soundtrack, kbps: u32, end: i64, watch: &dyn Watch) -> Result<Sound> {
    let rate = if RATES.contains(&soundtrack.rate) { soundtrack.rate } else { RATES[1] };
    let layout = ChannelLayout::default(soundtrack.channels.into());
    let mut coder = Coder::open(layout, rate, kbps)?;
    let wanted = (end as f64 / TICKS_PER_SECOND as f64 * f64::from(rate)).round() as usize;
    coder.left = wanted;
    let mut resampler = match soundtrack.rate {
        same if same == rate => None,
        other => Some(
            resampling::Context::get(FORMAT, layout, other, FORMAT, layout, rate).map_err(libav("resample sound"))?,
        ),
    };
    tape.reel().play_sound(|samples| {
        watch.check()?;
        let block = planar(samples, layout, soundtrack.rate);
        match &mut resampler {
            None => coder.take(&block)?,
            Some(resampler) => {
                let mut output = frame::Audio::empty();
                resampler.run(&block, &mut output).map_err(libav("resample sound"))?;
                coder.take(&output)?;
            }
        }
        Ok(coder.left > 0)
    })?;
    if let Some(mut resampler) = resampler {
        let rest = resampler.delay().map_or(0, |delay| delay.output as usize);
        let mut output = frame::Audio::new(FORMAT, rest.max(1), layout);
        resampler.flush(&mut output).map_err(libav("resample sound"))?;
        coder.take(&output)?;
    }
    coder.finish(rate)
}

/// Interleaved samples as a libav frame.
fn planar(samples: &[f32], layout: ChannelLayout, rate: u32) -> frame::Audio {
    let channels = layout.channels() as usize;
    let mut block = frame::Audio::new(FORMAT, samples.len() / channels, layout);
    block.set_rate(rate);
    for channel in 0..channels {
        let samples = samples.iter().skip(channel).step_by(channels);
        block.plane_mut::<f32>(channel).iter_mut().zip(samples).for_each(|(to, &from)| *to = from);
    }
    block
}

/// An AAC encoder and the samples that do not fill a frame of it yet.
struct Coder {
    encoder: Encoder,
    layout: ChannelLayout,
    waiting: Vec<Vec<f32>>,
    position: i64,
    /// Samples still wanted.
    left: usize,
    packets: Vec<Packet>,
}

impl Coder {
    fn open(layout: ChannelLayout, rate: u32, kbps: u32) -> Result<Self> {
        let codec = ffmpeg::encoder::find(codec::Id::AAC)
            .ok_or(ffmpeg::Error::EncoderNotFound)
            .map_err(libav("find an AAC encoder; install a libav that has one"))?;
        let mut audio =
            codec::Context::new_with_codec(codec).encoder().audio().map_err(libav("set up the AAC encoder"))?;
        audio.set_rate(rate as i32);
        audio.set_format(FORMAT);
        audio.set_channel_layout(layout);
        audio.set_bit_rate(kbps as usize * 1000);
        audio.set_time_base(Rational(1, rate as i32));
        // Bit-exact: else libav writes its version into the first packet.
        audio.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
        let encoder = audio.open_as(codec).map_err(libav("open the AAC encoder"))?;
        let waiting = vec![Vec::new(); layout.channels() as usize];
        Ok(Coder { encoder, layout, waiting, position: 0, left: 0, packets: Vec::new() })
    }

    fn take(&mut self, block: &frame::Audio) -> Result<()> {
        let count = block.samples().min(self.left);
        self.left -= count;
        for (channel, waiting) in self.waiting.iter_mut().enumerate() {
            waiting.extend_from_slice(&block.plane::<f32>(channel)[..count]);
        }
        let full = self.encoder.frame_size() as usize;
        while self.waiting[0].len() >= full {
            self.send(full)?;
        }
        Ok(())
    }

    fn send(&mut self, count: usize) -> Result<()> {
        let mut block = frame::Audio::new(FORMAT, count, self.layout);
        block.set_rate(self.encoder.rate());
        block.set_pts(Some(self.position));
        self.position += count as i64;
        for (channel, waiting) in self.waiting.iter_mut().enumerate() {
            block.plane_mut::<f32>(channel).copy_from_slice(&waiting[..count]);
            waiting.drain(..count);
        }
        self.encoder.send_frame(&block).map_err(libav("encode sound"))?;
        self.receive()
    }

    fn receive(&mut self) -> Result<()> {
        let mut packet = Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.packets.push(std::mem::replace(&mut packet, Packet::empty())),
                Err(error) if libav_wants_more(error) => return Ok(()),
                Err(error) => return Err(libav("encode sound")(error)),
            }
        }
    }

    fn finish(mut self, rate: u32) -> Result<Sound> {
        let rest = self.waiting[0].len();
        if rest > 0 {
            self.send(rest)?;
        }
        self.encoder.send_eof().map_err(libav("encode sound"))?;
        self.receive()?;
        Ok(Sound { parameters: codec::Parameters::from(&*self.encoder), packets: self.packets, rate })
    }
}
