//! Soundtracks: what recorders write, and what they would write if they lied.

use std::f32::consts::TAU;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
}

/// A WAV file. All that its header says can be changed.
#[derive(Debug, Clone)]
pub struct Wav {
    pub rate: u32,
    pub channels: u16,
    pub encoding: Encoding,
    /// One value for each sample frame; all channels play the same.
    pub samples: Vec<f32>,
    /// What the header says in place of the data's length.
    pub length_field: Option<u32>,
}

impl Wav {
    /// What the site records: 16 bits, stereo.
    pub fn new(rate: u32, samples: Vec<f32>) -> Self {
        Wav { rate, channels: 2, encoding: Encoding::Signed16, samples, length_field: None }
    }

    pub fn tone(rate: u32, seconds: f64, frequency: f32) -> Self {
        let time = |index: usize| index as f32 / rate as f32;
        let samples =
            (0..(seconds * f64::from(rate)).round() as usize).map(|index| (TAU * frequency * time(index)).sin() * 0.5);
        Wav::new(rate, samples.collect())
    }

    /// Silence with a short, loud burst at each of these seconds.
    pub fn clicks(rate: u32, seconds: f64, times: &[f64]) -> Self {
        let mut wav = Wav::new(rate, vec![0.0; (seconds * f64::from(rate)).round() as usize]);
        for time in times {
            let start = (time * f64::from(rate)).round() as usize;
            for (index, sample) in wav.samples[start..].iter_mut().take(rate as usize / 50).enumerate() {
                *sample = if index / 8 % 2 == 0 { 0.9 } else { -0.9 };
            }
        }
        wav
    }

    pub fn of(self, channels: u16, encoding: Encoding) -> Self {
        Wav { channels, encoding, ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let data: Vec<u8> =
            self.samples.iter().flat_map(|&sample| self.encoding.bytes(sample).repeat(self.channels.into())).collect();
        let bits = self.encoding.bytes(0.0).len() as u16 * 8;
        let tag: u16 = if self.encoding == Encoding::Float32 { 3 } else { 1 };
        let block = self.channels * bits / 8;
        let per_second = self.rate * u32::from(block);
        let length = self.length_field.unwrap_or(data.len() as u32);
        let mut format = [tag.to_le_bytes(), self.channels.to_le_bytes()].concat();
        format.extend([self.rate.to_le_bytes(), per_second.to_le_bytes()].as_flattened());
        format.extend([block.to_le_bytes(), bits.to_le_bytes()].as_flattened());
        riff(&[chunk(b"fmt ", 16, &format), chunk(b"data", length, &data)].concat())
    }
}

/// A chunk whose header may say another length than it has.
pub fn chunk(name: &[u8], length: u32, data: &[u8]) -> Vec<u8> {
    [name, &length.to_le_bytes()[..], data].concat()
}

/// A WAV file made of these chunks.
pub fn riff(chunks: &[u8]) -> Vec<u8> {
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WAVE", chunks].concat()
}

impl Encoding {
    fn bytes(self, sample: f32) -> Vec<u8> {
        let scaled = (f64::from(sample) * f64::from(i32::MAX)) as i32;
        match self {
            Encoding::Unsigned8 => vec![(scaled >> 24) as u8 ^ 0x80],
            Encoding::Signed16 => scaled.to_le_bytes()[2..].into(),
            Encoding::Signed24 => scaled.to_le_bytes()[1..].into(),
            Encoding::Signed32 => scaled.to_le_bytes().into(),
            Encoding::Float32 => sample.to_le_bytes().into(),
        }
    }
}
