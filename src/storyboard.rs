//! A storyboard: a few frames of a tape side by side in one small WebP, and a `WebVTT` list with the times that each
//! represents. Players show the frames above their time line, and pages show them before a video is loaded.

use std::fmt::Write;

use crate::draw;
use crate::error::Result;
use crate::picture::{self, Picture};
use crate::tape::{TICKS_PER_SECOND, Tape};
use crate::{thumbnail, video};

/// The number of frames in a storyboard, unless the tape has fewer.
pub const FRAMES: usize = 6;

/// Maximum size of the picture in bytes.
pub const MAX_BYTES: usize = 40_000;

/// Frames in a row.
const COLUMNS: usize = 3;

/// The longer side of a frame.
const SIDE: u32 = 160;

/// libwebp's qualities, tried in turn. At the last one, noise of 480×480 pixels takes a third of the limit.
const QUALITIES: [u8; 6] = [80, 65, 50, 35, 20, 5];

/// Some frames of a tape, and the times that they represent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storyboard {
    /// A WebP with all frames; the same bytes for the same tape.
    pub webp: Vec<u8>,
    /// The frames in the order of time.
    pub cells: Vec<Cell>,
}

/// One frame of a storyboard: its place in the picture, and the time that it represents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The index of the frame in the tape.
    pub frame: usize,
    /// Start in ms since the start of the tape; the end of the previous cell.
    pub start: i64,
    /// End in ms since the start of the tape.
    pub end: i64,
    /// The left side, in pixels.
    pub x: u32,
    /// The upper side, in pixels.
    pub y: u32,
    /// Columns, in pixels.
    pub width: u32,
    /// Rows, in pixels.
    pub height: u32,
}

/// Makes the storyboard of a tape. The duration is cut into equal parts; the frame in the middle of each represents it.
///
/// # Errors
/// Errors of those frames, and [`crate::error::VideoError::Libav`] if libav cannot encode a WebP.
pub fn storyboard(tape: &Tape) -> Result<Storyboard> {
    let count = tape.frame_count().min(FRAMES);
    let end = tape.end();
    let starts: Vec<_> = tape.timeline.shown().map(|shown| (shown.start, shown.frame)).collect();
    let (mut reel, mut decoder, mut picture) = (tape.reel(), picture::Decoder::default(), Picture::default());
    let (mut cells, mut sheet) = (Vec::with_capacity(count), Picture::default());
    for index in 0..count {
        let part = |index: usize| end * index as i64 / count as i64;
        let middle = i64::midpoint(part(index), part(index + 1));
        let (_, frame) = starts[starts.partition_point(|&(start, _)| start <= middle).saturating_sub(1)];
        reel.picture(frame, &mut decoder, &mut picture)?;
        let fitted = thumbnail::fitted(&picture, SIDE);
        let (width, height) = (fitted.width, fitted.height);
        if index == 0 {
            let (columns, rows) = (count.min(COLUMNS) as u32, count.div_ceil(COLUMNS) as u32);
            sheet = Picture::black(columns * width, rows * height);
        }
        let (x, y) = ((index % COLUMNS) as u32 * width, (index / COLUMNS) as u32 * height);
        draw::paste(&mut sheet, &fitted, (x as i32, y as i32), 1);
        let start = cells.last().map_or(0, |cell: &Cell| cell.end);
        // Times in WebVTT are whole milliseconds, and every cue must have a duration.
        let end = (part(index + 1) * 1000 / TICKS_PER_SECOND).max(start + 1);
        cells.push(Cell { frame, start, end, x, y, width, height });
    }
    Ok(Storyboard { webp: small_enough(&sheet)?, cells })
}

fn small_enough(sheet: &Picture) -> Result<Vec<u8>> {
    let mut webp = Vec::new();
    for quality in QUALITIES {
        webp = video::webp(sheet, quality)?;
        if webp.len() <= MAX_BYTES {
            break;
        }
    }
    Ok(webp)
}

impl Storyboard {
    /// The list that players read. `address` is the address of the picture, relative to the list.
    #[must_use]
    pub fn vtt(&self, address: &str) -> String {
        let mut vtt = String::from("WEBVTT\n");
        for Cell { start, end, x, y, width, height, .. } in &self.cells {
            let (start, end) = (time(*start), time(*end));
            // Writing to a string cannot fail.
            let _ = write!(vtt, "\n{start} --> {end}\n{address}#xywh={x},{y},{width},{height}\n");
        }
        vtt
    }
}

/// Hours, minutes, seconds and ms.
fn time(milliseconds: i64) -> String {
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    format!("{:02}:{:02}:{:02}.{milliseconds:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_fits_into_what_is_allowed() {
        let mut seed = 1_u32;
        let rgb = (0..480 * 320 * 3).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        });
        let webp = small_enough(&Picture { width: 480, height: 320, rgb: rgb.collect() }).unwrap();
        assert!(webp.starts_with(b"RIFF") && webp.len() <= MAX_BYTES, "{}", webp.len());
    }

    #[test]
    fn times_are_those_of_webvtt() {
        assert_eq!(time(0), "00:00:00.000");
        assert_eq!(time(3_725_042), "01:02:05.042");
    }
}
