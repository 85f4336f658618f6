//! The sample formats of WAV files.

/// The contents of a `fmt ` chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The encoding of a sample.
    pub encoding: Encoding,
    /// Samples per sample frame.
    pub channels: u16,
    /// Sample frames per second.
    pub rate: u32,
    /// The speaker mask of the channels; 0 if unknown.
    pub speakers: u32,
}

/// The encoding of a sample: its type and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// 8 bits, silence at 128.
    Unsigned,
    /// This number of bytes, of which any number of the most significant bits are used.
    Signed(u8),
    /// 32 bits.
    Float32,
    /// 64 bits.
    Float64,
}

/// Format tags.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;

impl Format {
    /// Reads a `fmt ` chunk.
    ///
    /// # Errors
    /// A text for a chunk that is too short, compressed, or has samples of an unknown size.
    pub fn parse(header: &[u8]) -> Result<Self, String> {
        if header.len() < 16 {
            return Err(format!("has a format header of {} bytes", header.len()));
        }
        let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
        let (mut tag, channels, rate, block, bits) = (word(0), word(2), long(4), word(12), word(14));
        let mut speakers = 0;
        if tag == EXTENSIBLE && header.len() >= 26 {
            // The real tag opens the sub-format's GUID.
            (tag, speakers) = (word(24), long(20));
        }
        // Samples may take more bytes than their bits need: 24 in 32, 20 in 24, 12 in 16.
        let packed = bits.div_ceil(8);
        let wide = if channels > 0 && block.is_multiple_of(channels) { block / channels } else { 0 };
        let bytes = if wide >= packed && wide <= 8 { wide } else { packed };
        let encoding = match (tag, bits, bytes) {
            (PCM, 1..=8, 1) => Encoding::Unsigned,
            (PCM, 1..=64, 2..=8) => Encoding::Signed(bytes as u8),
            (FLOAT, 32, 4) => Encoding::Float32,
            (FLOAT, 64, 8) => Encoding::Float64,
            _ => return Err(format!("has {bits}-bit samples of format {tag}; expected PCM or float")),
        };
        Ok(Format { encoding, channels, rate, speakers })
    }
}

impl Encoding {
    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            Encoding::Unsigned => 1,
            Encoding::Signed(bytes) => bytes.into(),
            Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// One sample of exactly [`Encoding::bytes`] bytes. Floats that are not finite are silence.
    pub fn decode(self, sample: &[u8]) -> f32 {
        let mut wide = [0; 8];
        wide[8 - sample.len()..].copy_from_slice(sample);
        let high = i32::from_le_bytes([wide[4], wide[5], wide[6], wide[7]]);
        let value = match self {
            Encoding::Unsigned => (f32::from(sample[0]) - 128.0) / 128.0,
            Encoding::Signed(_) => high as f32 / 2_147_483_648.0,
            Encoding::Float32 => f32::from_bits(high as u32),
            Encoding::Float64 => f64::from_le_bytes(wide) as f32,
        };
        if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_reads_full_scale_alike() {
        let half: [(Encoding, &[u8]); 8] = [
            (Encoding::Unsigned, &[192]),
            (Encoding::Signed(2), &0x4000_i16.to_le_bytes()),
            (Encoding::Signed(3), &[0, 0, 0x40]),
            (Encoding::Signed(4), &0x4000_0000_i32.to_le_bytes()),
            (Encoding::Signed(5), &[0, 0, 0, 0, 0x40]),
            (Encoding::Signed(8), &0x4000_0000_0000_0000_i64.to_le_bytes()),
            (Encoding::Float32, &0.5_f32.to_le_bytes()),
            (Encoding::Float64, &0.5_f64.to_le_bytes()),
        ];
        for (encoding, bytes) in half {
            assert!((encoding.decode(bytes) - 0.5).abs() < 1e-6, "{encoding:?}");
        }
        assert_eq!(Encoding::Float32.decode(&f32::NAN.to_le_bytes()).to_bits(), 0);
    }

    /// A format header: tag, channels, bytes of a sample frame, bits.
    fn header(tag: u16, channels: u16, block: u16, bits: u16) -> Vec<u8> {
        let rate = 48_000_u32;
        [&tag.to_le_bytes()[..], &channels.to_le_bytes(), &rate.to_le_bytes(), &[0; 4], &block.to_le_bytes()]
            .concat()
            .into_iter()
            .chain(bits.to_le_bytes())
            .collect()
    }

    #[test]
    fn samples_may_lie_in_more_bytes_than_they_need() {
        for (channels, block, bits, bytes) in [
            (2, 4, 16, 2),
            (2, 6, 24, 3),
            (2, 8, 24, 4),
            (1, 3, 20, 3),
            (1, 2, 12, 2),
            (2, 0, 24, 3),
            (2, 5, 16, 2),
            (2, 2, 16, 2),
            (8, 64, 64, 8),
        ] {
            let format = Format::parse(&header(PCM, channels, block, bits)).unwrap();
            assert_eq!(format.encoding, Encoding::Signed(bytes), "{channels} channels, {block} bytes, {bits} bits");
        }
        assert_eq!(Format::parse(&header(PCM, 2, 2, 8)).unwrap().encoding, Encoding::Unsigned);
        assert_eq!(Format::parse(&header(FLOAT, 2, 16, 64)).unwrap().encoding, Encoding::Float64);
    }

    #[test]
    fn loudspeakers_and_the_real_format_stand_in_the_longer_header() {
        let mut long = header(EXTENSIBLE, 6, 24, 32);
        long.extend(
            [&22_u16.to_le_bytes()[..], &24_u16.to_le_bytes(), &0x3F_u32.to_le_bytes(), &[1, 0], &[0; 14]].concat(),
        );
        let format = Format::parse(&long).unwrap();
        assert_eq!((format.encoding, format.speakers), (Encoding::Signed(4), 0x3F));
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        for header in
            [header(2, 1, 2, 16), header(PCM, 1, 0, 0), header(PCM, 1, 9, 65), header(FLOAT, 1, 2, 16), vec![0; 14]]
        {
            assert!(Format::parse(&header).is_err(), "{header:?}");
        }
        assert_eq!(
            Format::parse(&header(85, 2, 1, 0)).unwrap_err(),
            "has 0-bit samples of format 85; expected PCM or float"
        );
    }
}
