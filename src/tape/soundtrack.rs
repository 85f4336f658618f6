//! `soundtrack.wav`: PCM of any usual kind as floats, read in blocks.
//!
//! Recorders that stream do not know the length when they write the header, so lengths in it are upper bounds at
//! best; the bytes that are there count. What cannot be played at all is refused with the reason.

use std::io::{self, Read};

use crate::error::{Error, Result};

use super::archive::{Archive, Entry};
use super::limits::SAMPLE_RATES;
use super::timeline::TICKS_PER_SECOND;

/// Sample frames in the recorder's blocks; it pads the last one with silence.
pub const BLOCK: u64 = 4096;

/// A WAV header may hold other chunks before the sound; more than this many bytes of them is no recorder's work.
const MAX_HEADER: u64 = 1 << 20;

/// How a sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
}

/// The sound of a tape: what it is and where its samples lie.
#[derive(Debug, Clone)]
pub struct Soundtrack {
    /// Samples per second.
    pub rate: u32,
    /// 1 or 2.
    pub channels: u16,
    /// Length in sample frames (one sample for each channel).
    pub frames: u64,
    encoding: Encoding,
    entry: Entry,
    offset: u64,
}

impl Soundtrack {
    /// Reads the header of a WAV entry.
    ///
    /// # Errors
    /// [`Error::Soundtrack`] with what is wrong: not a WAV, compressed, too many channels, an implausible rate.
    pub fn open(archive: &mut Archive, entry: &Entry) -> Result<Self> {
        let refuse = |what: String| Error::Soundtrack { name: entry.name.clone(), what };
        let mut reader = Counted { inner: archive.reader(entry)?, position: 0 };
        let damaged = |_| refuse("ends before its sound begins".into());

        let riff: [u8; 12] = reader.array().map_err(damaged)?;
        if !matches!(&riff[..4], b"RIFF" | b"RF64") || &riff[8..] != b"WAVE" {
            return Err(refuse("is not a WAV file".into()));
        }
        let mut format: Option<(Encoding, u16, u32)> = None;
        loop {
            let chunk: [u8; 8] = reader.array().map_err(damaged)?;
            let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
            match &chunk[..4] {
                b"data" => {
                    let (encoding, channels, rate) =
                        format.ok_or_else(|| refuse("has sound before its format".into()))?;
                    let offset = reader.position;
                    let here = entry.size.saturating_sub(offset);
                    // 0 and 0xFFFFFFFF are what streaming writers leave when they never come back.
                    let bytes = if matches!(length, 0 | u32::MAX) { here } else { here.min(length.into()) };
                    let frames = bytes / (u64::from(channels) * encoding.bytes() as u64);
                    return Ok(Soundtrack { rate, channels, frames, encoding, entry: entry.clone(), offset });
                }
                b"fmt " if (16..=64).contains(&length) => {
                    let mut header = vec![0; length as usize];
                    reader.read_exact(&mut header).map_err(damaged)?;
                    format = Some(parse_format(&header).map_err(refuse)?);
                }
                b"fmt " => return Err(refuse(format!("has a format header of {length} bytes"))),
                _ if reader.position + u64::from(length) > MAX_HEADER => {
                    return Err(refuse(format!("has no sound within its first {MAX_HEADER} bytes")));
                }
                _ => reader.skip(u64::from(length) + u64::from(length % 2)).map_err(damaged)?,
            }
        }
    }

    /// Plays the sound into `sink`, block by block: interleaved samples, nominally −1 to 1. `sink` ends it early by
    /// answering `false`.
    ///
    /// # Errors
    /// [`Error::Unpack`] if the archive turns out damaged, and what `sink` returns.
    pub fn play(&self, archive: &mut Archive, mut sink: impl FnMut(&[f32]) -> Result<bool>) -> Result<()> {
        let damaged = |source: io::Error| Error::Unpack { name: self.entry.name.clone(), source: source.into() };
        let mut reader = Counted { inner: archive.reader(&self.entry)?, position: 0 };
        reader.skip(self.offset).map_err(damaged)?;
        let frame = usize::from(self.channels) * self.encoding.bytes();
        let mut bytes = vec![0; BLOCK as usize * frame];
        let mut samples = Vec::with_capacity(BLOCK as usize * usize::from(self.channels));
        let mut left = self.frames;
        while left > 0 {
            let block = left.min(BLOCK);
            let bytes = &mut bytes[..block as usize * frame];
            reader.read_exact(bytes).map_err(damaged)?;
            samples.clear();
            samples.extend(bytes.chunks_exact(self.encoding.bytes()).map(|sample| self.encoding.decode(sample)));
            if !sink(&samples)? {
                break;
            }
            left -= block;
        }
        // The checksum is verified where the entry ends.
        io::copy(&mut reader, &mut io::sink()).map_err(damaged)?;
        Ok(())
    }

    /// When a video with this sound and with pictures up to `pictures` ends, all in ticks.
    ///
    /// Sound may outlast the pictures by the padding of its last block; only what is more holds the last frame.
    #[must_use]
    pub fn end_with(&self, pictures: i64) -> i64 {
        let end = |frames: u64| (frames as f64 / f64::from(self.rate) * TICKS_PER_SECOND as f64).round() as i64;
        if end(self.frames) > pictures + end(BLOCK) { end(self.frames) } else { pictures }
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate)
    }
}

fn parse_format(header: &[u8]) -> std::result::Result<(Encoding, u16, u32), String> {
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (mut tag, channels, bits) = (word(0), word(2), word(14));
    let rate = u32::from(word(4)) | u32::from(word(6)) << 16;
    if tag == 0xFFFE && header.len() >= 26 {
        // WAVE_FORMAT_EXTENSIBLE: the real tag opens the sub-format's GUID.
        tag = word(24);
    }
    let encoding = match (tag, bits) {
        (1, 8) => Encoding::Unsigned8,
        (1, 16) => Encoding::Signed16,
        (1, 24) => Encoding::Signed24,
        (1, 32) => Encoding::Signed32,
        (3, 32) => Encoding::Float32,
        (3, 64) => Encoding::Float64,
        _ => return Err(format!("has {bits}-bit samples of format {tag}; expected PCM or float")),
    };
    if !(1..=2).contains(&channels) {
        return Err(format!("has {channels} channels; expected 1 or 2"));
    }
    if !SAMPLE_RATES.contains(&rate) {
        let (low, high) = SAMPLE_RATES.into_inner();
        return Err(format!("has {rate} samples a second; expected {low} to {high}"));
    }
    Ok((encoding, channels, rate))
}

impl Encoding {
    fn bytes(self) -> usize {
        match self {
            Encoding::Unsigned8 => 1,
            Encoding::Signed16 => 2,
            Encoding::Signed24 => 3,
            Encoding::Signed32 | Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// One sample of exactly [`Encoding::bytes`] bytes. Floats that are not finite are silence.
    fn decode(self, sample: &[u8]) -> f32 {
        let mut wide = [0; 8];
        wide[8 - sample.len()..].copy_from_slice(sample);
        let high = i32::from_le_bytes([wide[4], wide[5], wide[6], wide[7]]);
        let value = match self {
            Encoding::Unsigned8 => (f32::from(sample[0]) - 128.0) / 128.0,
            Encoding::Signed16 | Encoding::Signed24 | Encoding::Signed32 => high as f32 / 2_147_483_648.0,
            Encoding::Float32 => f32::from_bits(high as u32),
            Encoding::Float64 => f64::from_le_bytes(wide) as f32,
        };
        if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// A reader that knows how far it has come.
struct Counted<R> {
    inner: R,
    position: u64,
}

impl<R: Read> Counted<R> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut array = [0; N];
        self.read_exact(&mut array).map(|()| array)
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.by_ref().take(count), &mut io::sink())?;
        if skipped == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_reads_full_scale_alike() {
        let half: [(Encoding, &[u8]); 6] = [
            (Encoding::Unsigned8, &[192]),
            (Encoding::Signed16, &0x4000_i16.to_le_bytes()),
            (Encoding::Signed24, &[0, 0, 0x40]),
            (Encoding::Signed32, &0x4000_0000_i32.to_le_bytes()),
            (Encoding::Float32, &0.5_f32.to_le_bytes()),
            (Encoding::Float64, &0.5_f64.to_le_bytes()),
        ];
        for (encoding, bytes) in half {
            assert!((encoding.decode(bytes) - 0.5).abs() < 1e-6, "{encoding:?}");
        }
        assert_eq!(Encoding::Float32.decode(&f32::NAN.to_le_bytes()).to_bits(), 0);
    }
}
