//! `soundtrack.wav`: PCM of any kind as floats, read in blocks.
//!
//! Recorders that stream do not know the length when they write the header, so the lengths in it are upper bounds at
//! best; the actual bytes count. A soundtrack that cannot be played is refused with the reason.

use std::io::{self, Read};

use crate::error::{Error, Result, TapeError};

use super::archive::{Archive, Entry, damaged};
use super::limits::{MAX_CHANNELS, SAMPLE_RATES};
use super::samples::{Encoding, Format};
use super::timeline::TICKS_PER_SECOND;

/// Sample frames in the recorder's blocks; it pads the last one with silence.
pub const BLOCK: u64 = 4096;

/// The shortest usable sound, in seconds: half a frame of AAC.
const SHORTEST: f64 = 0.01;

/// The longest useful format header; `WAVE_FORMAT_EXTENSIBLE` has 40 bytes.
const LONGEST_FORMAT: u64 = 64;

/// The value of a length that is unknown or stored elsewhere.
const UNKNOWN: u64 = u32::MAX as u64;

/// The sound of a tape: its format and the place of its samples.
#[derive(Debug, Clone)]
pub struct Soundtrack {
    /// Samples per second.
    pub rate: u32,
    /// 1 to 8.
    pub channels: u16,
    /// The WAV's speaker mask of the channels; 0 if unknown.
    pub speakers: u32,
    /// Length in sample frames (one sample per channel).
    pub frames: u64,
    encoding: Encoding,
    entry: Entry,
    offset: u64,
}

/// The length of a chunk according to its header.
struct Chunk {
    name: [u8; 4],
    length: u64,
}

impl Soundtrack {
    /// Reads the header of a WAV, RF64 or BW64; the latter two have lengths of 64 bits.
    ///
    /// # Errors
    /// [`TapeError::Soundtrack`] with the reason: not a WAV, compressed, too many channels, an implausible rate.
    pub fn open(archive: &mut Archive, entry: &Entry) -> Result<Self> {
        let refuse = |what: String| Error::Tape(TapeError::Soundtrack { name: entry.name.clone(), what });
        let mut reader = Counted { inner: archive.reader(entry)?, position: 0 };
        let early = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refuse("ends before its sound starts".into()),
            _ => damaged(&entry.name)(error),
        };

        let riff: [u8; 12] = reader.array().map_err(early)?;
        if !matches!(&riff[..4], b"RIFF" | b"RF64" | b"BW64") || &riff[8..] != b"WAVE" {
            return Err(refuse("is not a WAV file".into()));
        }
        // Nothing after this belongs to the file, unless the writer never filled in the length.
        let riff_end = match u64::from(u32::from_le_bytes([riff[4], riff[5], riff[6], riff[7]])) {
            0 | UNKNOWN => u64::MAX,
            length => length + 8,
        };
        let mut format: Option<Format> = None;
        let mut long_length = UNKNOWN;
        loop {
            let Chunk { name, length } = reader.chunk().map_err(early)?;
            match &name {
                b"data" => {
                    let format = format.ok_or_else(|| refuse("has sound before its format".into()))?;
                    let offset = reader.position;
                    let here = entry.size.saturating_sub(offset);
                    let length = match length {
                        0 if is_streamed(&mut reader, riff_end).map_err(early)? => here,
                        UNKNOWN => long_length,
                        length => length,
                    };
                    let bytes = if length == UNKNOWN { here } else { here.min(length) };
                    let frames = bytes / (u64::from(format.channels) * format.encoding.bytes() as u64);
                    return Ok(Soundtrack {
                        rate: format.rate,
                        channels: format.channels,
                        speakers: format.speakers,
                        frames,
                        encoding: format.encoding,
                        entry: entry.clone(),
                        offset,
                    });
                }
                b"fmt " => {
                    let mut header = Vec::new();
                    let read = reader.by_ref().take(length.min(LONGEST_FORMAT)).read_to_end(&mut header);
                    read.map_err(early)?;
                    reader.skip(padded(length) - header.len() as u64).map_err(early)?;
                    format = Some(parse(&header).map_err(refuse)?);
                }
                b"ds64" if length >= 16 => {
                    let [_, of_data] = [(); 2].map(|()| reader.array::<8>());
                    long_length = u64::from_le_bytes(of_data.map_err(early)?);
                    reader.skip(padded(length) - 16).map_err(early)?;
                }
                _ => reader.skip(padded(length)).map_err(early)?,
            }
        }
    }

    /// Plays the sound into `sink`, block by block: interleaved samples, nominally −1 to 1. If `sink` returns `false`,
    /// it gets no more samples, but the rest is still checked.
    ///
    /// # Errors
    /// [`TapeError::Unpack`] if the archive is damaged, and errors of `sink`.
    pub fn play(&self, archive: &mut Archive, mut sink: impl FnMut(&[f32]) -> Result<bool>) -> Result<()> {
        let name = &self.entry.name;
        let mut reader = Counted { inner: archive.reader(&self.entry)?, position: 0 };
        reader.skip(self.offset).map_err(damaged(name))?;
        let frame = usize::from(self.channels) * self.encoding.bytes();
        let mut bytes = vec![0; BLOCK as usize * frame];
        let mut samples = Vec::with_capacity(BLOCK as usize * usize::from(self.channels));
        let mut left = self.frames;
        while left > 0 {
            let block = left.min(BLOCK);
            let bytes = &mut bytes[..block as usize * frame];
            reader.read_exact(bytes).map_err(damaged(name))?;
            samples.clear();
            samples.extend(bytes.chunks_exact(self.encoding.bytes()).map(|sample| self.encoding.decode(sample)));
            if !sink(&samples)? {
                break;
            }
            left -= block;
        }
        // The checksum is verified at the end of the entry.
        io::copy(&mut reader, &mut io::sink()).map_err(damaged(name))?;
        Ok(())
    }

    /// The end of a video with this sound and with pictures up to `pictures`, in ticks.
    ///
    /// Sound may outlast the pictures by the padding of its last block; only a longer sound holds the last frame.
    #[must_use]
    pub fn end_with(&self, pictures: i64) -> i64 {
        let end = |frames: u64| (frames as f64 / f64::from(self.rate) * TICKS_PER_SECOND as f64).round() as i64;
        if end(self.frames) > pictures + end(BLOCK) { end(self.frames) } else { pictures }
    }

    /// Whether it is long enough to be heard; an encoder produces nothing from less.
    #[must_use]
    pub fn can_be_heard(&self) -> bool {
        self.seconds() >= SHORTEST
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate)
    }
}

/// The length of a chunk with padding: chunks of odd length are followed by a byte.
fn padded(length: u64) -> u64 {
    length + length % 2
}

/// The format, if it can be played.
fn parse(header: &[u8]) -> Result<Format, String> {
    let format = Format::parse(header)?;
    if !(1..=MAX_CHANNELS).contains(&format.channels) {
        return Err(format!("has {} channels; expected 1 to {MAX_CHANNELS}", format.channels));
    }
    if !SAMPLE_RATES.contains(&format.rate) {
        let (low, high) = SAMPLE_RATES.into_inner();
        return Err(format!("has {} samples a second; expected {low} to {high}", format.rate));
    }
    Ok(format)
}

/// Whether the writer of an empty `data` chunk never filled in its length: the file continues, but not with another
/// chunk.
fn is_streamed(reader: &mut Counted<impl Read>, riff_end: u64) -> io::Result<bool> {
    if reader.position >= riff_end {
        return Ok(false);
    }
    let mut name = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut name)?;
    Ok(!name.iter().all(|byte| (b' '..=b'~').contains(byte)))
}

/// A reader that counts its position.
struct Counted<R> {
    inner: R,
    position: u64,
}

impl<R: Read> Counted<R> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut array = [0; N];
        self.read_exact(&mut array).map(|()| array)
    }

    fn chunk(&mut self) -> io::Result<Chunk> {
        let [n, a, m, e, length @ ..]: [u8; 8] = self.array()?;
        Ok(Chunk { name: [n, a, m, e], length: u32::from_le_bytes(length).into() })
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
