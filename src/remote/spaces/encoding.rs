//! Content encodings of files that are stored compressed, for browsers to decode.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use reqwest::header::HeaderValue;

use crate::error::{Cause, Error, RemoteError, Result};

/// How often a file may be compressed; even twice is a mistake.
const MOST: usize = 2;

/// A supported encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    /// The encodings in the headers of a response, in the order of application.
    ///
    /// # Errors
    /// [`RemoteError::Encoding`] for unsupported encodings.
    pub fn read<'a>(url: &str, named: impl IntoIterator<Item = &'a HeaderValue>) -> Result<Vec<Encoding>> {
        let mut encodings = Vec::new();
        let named: Vec<_> = named.into_iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        for name in named.iter().flat_map(|value| value.split(',')).map(str::trim) {
            match name.to_ascii_lowercase().as_str() {
                // The AWS SDKs apply it in transit; some servers forget to remove the name.
                "" | "identity" | "aws-chunked" => {}
                "gzip" | "x-gzip" if encodings.len() < MOST => encodings.push(Encoding::Gzip),
                _ => return Err(wrong(url, name, "only gzip is supported".into())),
            }
        }
        Ok(encodings)
    }
}

/// Decodes a file in place; returns its size in bytes.
///
/// # Errors
/// [`Error::Limit`] if the size exceeds `limit`, [`RemoteError::Encoding`] if it cannot be decoded.
pub async fn undo(url: &str, encodings: &[Encoding], limit: u64, path: &Path) -> Result<u64> {
    let mut size = 0;
    for Encoding::Gzip in encodings {
        let (url, path) = (url.to_owned(), path.to_owned());
        let unpacking = tokio::task::spawn_blocking(move || unpack(&url, limit, &path));
        size = unpacking.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    }
    Ok(size)
}

fn unpack(url: &str, limit: u64, path: &Path) -> Result<u64> {
    let mut unpacked = tempfile::tempfile().map_err(Error::scratch)?;
    let packed = BufReader::new(File::open(path).map_err(Error::read(path))?);
    let mut decoder = MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    let mut out = BufWriter::new(&mut unpacked);
    loop {
        let length = match decoder.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(wrong(url, "gzip", error.into())),
        };
        if length == 0 {
            break;
        }
        size += length as u64;
        if size > limit {
            let what = format!("{url}, unpacked, has more than");
            let (value, limit) = (format!("{limit} bytes"), format!("{limit} bytes"));
            return Err(Error::Limit { what, value, limit, bound: None });
        }
        out.write_all(&buffer[..length]).map_err(Error::scratch)?;
    }
    out.flush().map_err(Error::scratch)?;
    drop(out);
    // Into the same file, without replacing it, because it is open elsewhere.
    unpacked.rewind().map_err(Error::scratch)?;
    let mut file = File::options().write(true).truncate(true).open(path).map_err(Error::write(path))?;
    io::copy(&mut unpacked, &mut file).map_err(Error::scratch)?;
    Ok(size)
}

fn wrong(url: &str, encoding: &str, source: Cause) -> Error {
    Error::Remote(RemoteError::Encoding { url: url.into(), encoding: encoding.escape_debug().to_string(), source })
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(named: &[&'static str]) -> Result<Vec<Encoding>> {
        let named: Vec<_> = named.iter().map(|name| HeaderValue::from_static(name)).collect();
        Encoding::read("url", &named)
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn undone(bytes: &[u8], encodings: &[Encoding], limit: u64) -> Result<Vec<u8>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let size = undo("url", encodings, limit, file.path()).await?;
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(size, bytes.len() as u64);
        Ok(bytes)
    }

    #[test]
    fn what_cannot_be_undone_is_named() {
        use Encoding::Gzip;
        for (named, encodings) in [
            (vec![], vec![]),
            (vec!["identity"], vec![]),
            (vec!["gzip"], vec![Gzip]),
            (vec!["aws-chunked, X-GZip"], vec![Gzip]),
            (vec!["gzip", "gzip"], vec![Gzip, Gzip]),
        ] {
            assert_eq!(read(&named).unwrap(), encodings, "{named:?}");
        }
        for (named, name) in [(vec!["br"], "br"), (vec!["gzip, zstd"], "zstd"), (vec!["gzip,gzip,gzip"], "gzip")] {
            let error = read(&named).unwrap_err();
            assert_eq!(error.to_string(), format!("url has the content encoding {name}, which cannot be decoded"));
        }
    }

    #[tokio::test]
    async fn a_compressed_file_comes_out_whole_within_the_limit() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(|number| (number / 64).to_le_bytes()).collect();
        let limit = bytes.len() as u64;
        assert_eq!(undone(&packed(&bytes), &[Encoding::Gzip], limit).await.unwrap(), bytes);
        let twice = packed(&packed(&bytes));
        assert_eq!(undone(&twice, &[Encoding::Gzip, Encoding::Gzip], limit).await.unwrap(), bytes);
        let (one, two) = bytes.split_at(1_000);
        let members = [packed(one), packed(two)].concat();
        assert_eq!(undone(&members, &[Encoding::Gzip], limit).await.unwrap(), bytes);

        let error = undone(&packed(&bytes), &[Encoding::Gzip], limit - 1).await.unwrap_err();
        assert!(matches!(error, Error::Limit { .. }), "{error}");
    }

    #[tokio::test]
    async fn what_is_damaged_or_not_compressed_at_all_names_the_encoding() {
        let whole = packed(&[7; 10_000]);
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for bytes in [&whole[..whole.len() / 2], b"PK\x03\x04", b"", &flipped] {
            let error = undone(bytes, &[Encoding::Gzip], 1 << 20).await.unwrap_err();
            assert!(error.to_string().contains("content encoding gzip"), "{error}");
        }
    }
}
