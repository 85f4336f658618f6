//! Recognises files that are not movies, to explain a refusal.

use crate::error::Result;

use super::atoms::refused;

/// The number of bytes of a file that are examined.
pub const LENGTH: usize = 512;

/// The first bytes of files, and their types.
const KINDS: [(&[u8], &str); 19] = [
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip"),
    (b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (b"\x89PNG", "a PNG"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"RIFF", "RIFF (AVI, WAV or WebP)"),
    (b"OggS", "Ogg"),
    (b"FLV", "FLV"),
    (b"ID3", "an MP3"),
    (b"fLaC", "FLAC"),
    (b"%PDF", "a PDF"),
    (b"\x30\x26\xb2\x75", "ASF"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"\x47", "an MPEG transport stream"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"#EXTM3U", "a playlist"),
];

/// Boxes that a movie may start with.
const FIRST_BOXES: [&[u8]; 11] =
    [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp", b"sidx", b"udta"];

/// Refuses a file that does not start like a movie.
///
/// # Errors
/// [`crate::error::VideoError::Posted`] with its type.
pub fn check(beginning: &[u8]) -> Result<()> {
    if beginning.is_empty() {
        return Err(refused("is empty"));
    }
    if beginning.get(4..8).is_some_and(|name| FIRST_BOXES.contains(&name)) {
        return Ok(());
    }
    Err(refused(format!("is {}, not an MP4", kind(beginning))))
}

fn kind(beginning: &[u8]) -> &'static str {
    if let Some((_, kind)) = KINDS.iter().find(|(start, _)| beginning.starts_with(start)) {
        return kind;
    }
    let text = String::from_utf8_lossy(beginning).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let is_text = !text.contains('\u{fffd}') && !text.contains('\0');
    let markup = text.starts_with('<');
    match () {
        () if markup && text.contains("<svg") => "SVG",
        () if markup && (text.contains("<html") || text.contains("<!doctype html")) => "HTML",
        () if markup && text.starts_with("<?xml") => "XML",
        () if markup => "HTML or XML",
        () if is_text => "text",
        () => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_movie_is_told_by_its_kind() {
        for (beginning, kind) in [
            (&b"<!DOCTYPE html><html>"[..], "HTML"),
            (b"\xef\xbb\xbf\n <HTML lang=en>", "HTML"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", "SVG"),
            (b"<?xml version=\"1.0\"?><!-- x --><svg>", "SVG"),
            (b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code>", "XML"),
            (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
            (b"\x1a\x45\xdf\xa3\x01\0\0\0webm", "WebM or Matroska"),
            (b"hello", "text"),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", "something else"),
        ] {
            let error = check(beginning).unwrap_err().to_string();
            assert_eq!(error, format!("posted video is {kind}, not an MP4"), "{}", beginning.escape_ascii());
        }
        assert_eq!(check(b"").unwrap_err().to_string(), "posted video is empty");
        assert!(check(b"\0\0\0\x18ftypqt  ").is_ok());
    }
}
