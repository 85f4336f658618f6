//! Draws areas, lines, letters and enlarged pictures on a picture, as pixel art.
//!
//! Parts outside of the picture are clipped. Knows nothing about the meaning of a drawing.

use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts};

use crate::picture::Picture;

/// Red, green, blue.
pub type Color = [u8; 3];

/// Columns and rows of a letter.
pub const LETTER: i32 = 8;

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// Columns.
    pub width: i32,
    /// Rows.
    pub height: i32,
}

/// Fills an area with a color.
pub fn fill(picture: &mut Picture, area: Area, color: Color) {
    let inside = |start: i32, length: i32, side: u32| {
        let stop = start.saturating_add(length).clamp(0, side as i32) as usize;
        (start.max(0) as usize).min(stop)..stop
    };
    let (columns, rows) = (inside(area.x, area.width, picture.width), inside(area.y, area.height, picture.height));
    for row in picture.rows_mut().skip(rows.start).take(rows.len()) {
        row.as_chunks_mut().0[columns.clone()].fill(color);
    }
}

/// Draws a line of square dots with sides of `thickness`, from one point to another; both are their upper left corners.
pub fn line(picture: &mut Picture, from: (i32, i32), to: (i32, i32), thickness: i32, color: Color) {
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    let steps = across.abs().max(down.abs()).max(1);
    for step in 0..=steps {
        let (x, y) = (from.0 + across * step / steps, from.1 + down * step / steps);
        fill(picture, Area { x, y, width: thickness, height: thickness }, color);
    }
}

/// Writes a line of text with its upper left corner at `(x, y)`, in letters enlarged by `factor`. Characters that the
/// font lacks become question marks.
pub fn text(picture: &mut Picture, (x, y): (i32, i32), factor: i32, color: Color, text: &str) {
    let unknown = BASIC_FONTS.get('?').unwrap_or_default();
    for (index, letter) in text.chars().enumerate() {
        let rows = BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter)).unwrap_or(unknown);
        let left = x + index as i32 * LETTER * factor;
        for (row, bits) in (0..).zip(rows) {
            for column in (0..LETTER).filter(|column| bits >> column & 1 == 1) {
                let (x, y) = (left + column * factor, y + row * factor);
                fill(picture, Area { x, y, width: factor, height: factor }, color);
            }
        }
    }
}

/// The width of a text at this factor; all letters have the same width.
#[must_use]
pub fn text_width(text: &str, factor: i32) -> i32 {
    // The last column of every letter is empty.
    (text.chars().count() as i32 * LETTER - 1).max(0) * factor
}

/// Draws another picture, its upper left corner at `(x, y)`, each pixel enlarged by `factor`.
pub fn paste(picture: &mut Picture, from: &Picture, (x, y): (i32, i32), factor: i32) {
    for (row, pixels) in (0..).zip(from.rows()) {
        for (column, &color) in (0..).zip(pixels.as_chunks().0) {
            let (x, y) = (x + column * factor, y + row * factor);
            fill(picture, Area { x, y, width: factor, height: factor }, color);
        }
    }
}

/// A part of a picture; black outside of the picture.
#[must_use]
pub fn crop(picture: &Picture, area: Area) -> Picture {
    let mut part = Picture::black(area.width.max(0) as u32, area.height.max(0) as u32);
    paste(&mut part, picture, (-area.x, -area.y), 1);
    part
}

/// Encodes a picture as PNG.
///
/// # Panics
/// Never, if the picture has pixels.
#[must_use]
pub fn png(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("writing to memory cannot fail, and there are pixels");
    writer.write_image_data(&picture.rgb).expect("a picture has three bytes for each pixel");
    writer.finish().expect("writing to memory cannot fail");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHITE: Color = [255; 3];

    /// A picture as letters: `#` for white, `.` for black.
    fn look(picture: &Picture) -> Vec<String> {
        let pixel = |rgb: &Color| if *rgb == WHITE { '#' } else { '.' };
        picture.rows().map(|row| row.as_chunks().0.iter().map(pixel).collect()).collect()
    }

    #[test]
    fn an_area_is_filled_as_far_as_it_lies_inside() {
        let mut picture = Picture::black(4, 3);
        fill(&mut picture, Area { x: 2, y: -5, width: 9, height: 7 }, WHITE);
        assert_eq!(look(&picture), ["..##", "..##", "...."]);
    }

    #[test]
    fn lines_reach_both_ends() {
        let mut picture = Picture::black(4, 3);
        line(&mut picture, (0, 0), (3, 2), 1, WHITE);
        assert_eq!(look(&picture), ["##..", "..#.", "...#"]);
    }

    #[test]
    fn letters_are_where_they_should_be_and_upright() {
        let mut picture = Picture::black(16, 8);
        text(&mut picture, (0, 0), 1, WHITE, "L×");
        let rows = look(&picture);
        assert!(rows[0].starts_with("####...."), "{rows:#?}");
        assert!(rows[6].starts_with("#######."), "{rows:#?}");
        assert!(rows.iter().any(|row| row[8..].contains('#')), "{rows:#?}");
        assert_eq!(text_width("L×", 2), 30);
    }

    #[test]
    fn a_part_enlarged_is_sharp() {
        let picture = Picture { width: 2, height: 1, rgb: vec![0, 0, 0, 255, 255, 255] };
        let mut large = Picture::black(4, 2);
        paste(&mut large, &picture, (0, 0), 2);
        assert_eq!(look(&large), ["..##", "..##"]);
        assert_eq!(look(&crop(&picture, Area { x: 1, y: 0, width: 2, height: 1 })), ["#."]);
    }

    #[test]
    fn a_png_reads_back_as_it_was() {
        let picture = Picture { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(Picture::decode("drawing", &png(&picture), 2).unwrap(), picture);
    }

    proptest! {
        #[test]
        fn nothing_drawn_outside_does_any_harm(x in -99_i32..99, y in -99_i32..99, to in -99_i32..99, size in 0_i32..99) {
            let mut picture = Picture::black(7, 5);
            fill(&mut picture, Area { x, y, width: size, height: size }, WHITE);
            line(&mut picture, (x, y), (to, to), 3, WHITE);
            text(&mut picture, (x, y), 2, WHITE, "Tape ×4");
            paste(&mut picture, &Picture::black(3, 3), (x, to), 4);
            prop_assert_eq!(picture.rgb.len(), 7 * 5 * 3);
        }
    }
}
