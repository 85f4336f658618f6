//! The largest painting that there may be. It takes 134 MB in memory, or half of that with 8 bits.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A PNG as large as paintings may be: 4096² pixels with this number of bits in four channels.
pub fn largest(bits: u8) -> Vec<u8> {
    const SIDE: u32 = 4096;
    let mut data = ZlibEncoder::new(Vec::new(), Compression::fast());
    let row: Vec<u8> =
        std::iter::once(0).chain((0..SIDE * u32::from(bits) / 2).map(|byte| (byte / 97) as u8)).collect();
    for _ in 0..SIDE {
        data.write_all(&row).unwrap();
    }
    let mut header = Vec::new();
    header.extend([SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat());
    header.extend([bits, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, bytes) in [(b"IHDR", header), (b"IDAT", data.finish().unwrap()), (b"IEND", Vec::new())] {
        png.extend((bytes.len() as u32).to_be_bytes());
        let start = png.len();
        png.extend(name);
        png.extend(bytes);
        let mut crc = flate2::Crc::new();
        crc.update(&png[start..]);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}
