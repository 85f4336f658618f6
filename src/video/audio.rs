//! The soundtrack as AAC packets.
//!
//! Sound starts with the pictures and is cut where they end. libav's AAC encoder starts with 1,024 samples of padding;
//! the muxer writes an edit list that makes players skip them.

use ffmpeg_next as ffmpeg;

use ffmpeg::encoder::audio::Encoder;
use ffmpeg::format::Sample;
use ffmpeg::format::sample::Type::Planar;
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, Dictionary, Packet, Rational, codec, frame};

use crate::error::Result;
use crate::tape::{Soundtrack, TICKS_PER_SECOND, Tape};

use super::encode::libav_wants_more;
use super::libav;
use super::monitor::Monitor;

const FORMAT: Sample = Sample::F32(Planar);

/// Rates that every player accepts; any other rate is resampled to the second.
const RATES: [u32; 2] = [44_100, 48_000];

/// Samples of silence that push the end of the sound out of the resampler, which may need half as many around each
/// output sample. Without them, it returns nothing for a shorter sound.
const BEHIND: usize = 1024;

/// Channels that every player accepts; more are mixed down to these.
const STEREO: u16 = 2;

/// An encoded soundtrack, ready for the muxer.
pub struct Sound {
    /// Packets in order, times in samples, the first before zero.
    pub packets: Vec<Packet>,
    /// The codec parameters for the muxer.
    pub parameters: codec::Parameters,
    /// Samples per second.
    pub rate: u32,
}

/// Encodes the tape's sound up to `end` (in ticks).
///
/// # Errors
/// Errors of the soundtrack, [`crate::error::VideoError::Libav`], or [`crate::Error::Interrupted`].
pub fn encode(tape: &Tape, soundtrack: &Soundtrack, kbps: u32, end: i64, monitor: &Monitor) -> Result<Sound> {
    let rate = if RATES.contains(&soundtrack.rate) { soundtrack.rate } else { RATES[1] };
    let (from, to) = (loudspeakers(soundtrack), ChannelLayout::default(soundtrack.channels.min(STEREO).into()));
    let mut coder = Coder::open(to, rate, kbps)?;
    let samples = |seconds: f64| (seconds * f64::from(rate)).round() as usize;
    coder.left = samples(end as f64 / TICKS_PER_SECOND as f64).min(samples(soundtrack.seconds()));
    let mut resampler = match (soundtrack.rate, soundtrack.channels) {
        (same, 1 | STEREO) if same == rate => None,
        (other, _) => Some(Resampler::open((from, other), (to, rate))?),
    };
    tape.reel().play_sound(|samples| {
        monitor.check()?;
        let block = planar(samples, from, soundtrack.rate);
        match &mut resampler {
            None => coder.take(&block)?,
            Some(resampler) => coder.take(&resampler.run(&block)?)?,
        }
        Ok(coder.left > 0)
    })?;
    if let Some(mut resampler) = resampler {
        let silence = vec![0.0; BEHIND * usize::from(soundtrack.channels)];
        coder.take(&resampler.run(&planar(&silence, from, soundtrack.rate))?)?;
    }
    coder.finish(rate)
}

/// The channel layout of a soundtrack: its own, if libav supports it, otherwise the default for that number of
/// channels.
fn loudspeakers(soundtrack: &Soundtrack) -> ChannelLayout {
    const KNOWN: [ChannelLayout; 14] = [
        ChannelLayout::_2POINT1,
        ChannelLayout::SURROUND,
        ChannelLayout::_3POINT1,
        ChannelLayout::_4POINT0,
        ChannelLayout::QUAD,
        ChannelLayout::_2_2,
        ChannelLayout::_4POINT1,
        ChannelLayout::_5POINT0,
        ChannelLayout::_5POINT0_BACK,
        ChannelLayout::_5POINT1,
        ChannelLayout::_5POINT1_BACK,
        ChannelLayout::_6POINT1,
        ChannelLayout::_7POINT0,
        ChannelLayout::_7POINT1,
    ];
    let channels = i32::from(soundtrack.channels);
    let said = |known: &ChannelLayout| known.channels() == channels && known.bits() == u64::from(soundtrack.speakers);
    match KNOWN.into_iter().find(said) {
        Some(known) => known,
        // libav would take the third channel for a subwoofer and drop it.
        None if channels == 3 => ChannelLayout::SURROUND,
        None => ChannelLayout::default(channels),
    }
}

/// Converts sound to another rate and to fewer channels.
struct Resampler {
    context: resampling::Context,
    to: ChannelLayout,
    /// Output samples per input sample.
    ratio: f64,
}

impl Resampler {
    fn open((from, from_rate): (ChannelLayout, u32), (to, rate): (ChannelLayout, u32)) -> Result<Self> {
        let mut options = Dictionary::new();
        // Several loud channels must not clip when they are mixed.
        options.set("rematrix_maxval", "1");
        let context = resampling::Context::get_with(FORMAT, from, from_rate, FORMAT, to, rate, options);
        let context = context.map_err(libav("resample sound"))?;
        Ok(Resampler { context, to, ratio: f64::from(rate) / f64::from(from_rate) })
    }

    fn run(&mut self, block: &frame::Audio) -> Result<frame::Audio> {
        // Space for all available samples, so that none accumulate.
        let mut output = self.room(block.samples());
        self.context.run(block, &mut output).map_err(libav("resample sound"))?;
        Ok(output)
    }

    fn room(&self, samples: usize) -> frame::Audio {
        let waiting = self.context.delay().map_or(0, |delay| delay.output as usize);
        let coming = (samples as f64 * self.ratio).ceil() as usize;
        frame::Audio::new(FORMAT, waiting + coming + 1, self.to)
    }
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

/// An AAC encoder and the samples of its incomplete frame.
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
        // Bit-exact, because libav otherwise writes its version into the first packet.
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
