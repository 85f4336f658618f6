//! A contact sheet: the same part of a tape's frame as each preset renders it, side by side, to compare by eye.

use crate::draw::{self, Area, LETTER};
use crate::picture::Picture;

use super::super::palette::{FAINT, GROUND, PANEL, TEXT};
use super::super::plot::shortened;

/// Pixels of the tape in a part: a figure and its surroundings.
const PART: (i32, i32) = (64, 48);

/// How much parts are enlarged, unless the whole picture is smaller than a part.
const ENLARGED: i32 = 4;

const CELL: (i32, i32) = (PART.0 * ENLARGED, PART.1 * ENLARGED);
const MARGIN: i32 = 32;
const GAP: i32 = 24;

/// How much letters are enlarged; a name of 16 letters is as wide as a part.
const FACTOR: i32 = 2;
const LINE: i32 = LETTER * FACTOR + 6;

/// A row of the sheet.
#[derive(Debug)]
pub struct Row {
    /// The tape and the frame shown.
    pub title: String,
    /// The tape's own frame first, then each preset's rendering.
    pub cells: Vec<Cell>,
}

/// A part of a picture and its caption.
#[derive(Debug)]
pub struct Cell {
    /// The part shown.
    pub part: Picture,
    /// The caption; the first line is a name.
    pub labels: Vec<String>,
}

/// The busiest part of a picture: the one with the most changes from pixel to pixel.
pub fn busiest(picture: &Picture) -> Area {
    let (columns, rows) = (picture.width as usize, picture.height as usize);
    let (width, height) = (columns.min(PART.0 as usize), rows.min(PART.1 as usize));
    let pixel = |x: usize, y: usize| &picture.rgb[(y * columns + x) * 3..][..3];
    let change = |one: &[u8], other: &[u8]| -> u64 {
        one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other))).sum()
    };
    // Sums over everything above and to the left, so that four of them give the sum over any part.
    let mut sums = vec![0; (columns + 1) * (rows + 1)];
    let at = |x: usize, y: usize| y * (columns + 1) + x;
    for y in 0..rows {
        for x in 0..columns {
            let left = change(pixel(x, y), pixel(x.saturating_sub(1), y));
            let above = change(pixel(x, y), pixel(x, y.saturating_sub(1)));
            sums[at(x + 1, y + 1)] = left + above + sums[at(x, y + 1)] + sums[at(x + 1, y)] - sums[at(x, y)];
        }
    }
    let inside = |&(x, y): &(usize, usize)| {
        sums[at(x + width, y + height)] + sums[at(x, y)] - sums[at(x + width, y)] - sums[at(x, y + height)]
    };
    let origins = (0..=rows - height).flat_map(|y| (0..=columns - width).map(move |x| (x, y)));
    // The first of equals: an empty picture is shown from its corner.
    let (x, y) = origins.rev().max_by_key(inside).unwrap_or_default();
    Area { x: x as i32, y: y as i32, width: width as i32, height: height as i32 }
}

/// Draws the rows below one another.
pub fn sheet(rows: &[Row]) -> Picture {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0) as i32;
    let labels = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.labels.len()).max().unwrap_or(0) as i32;
    let row_height = LINE + 8 + CELL.1 + 12 + labels * LINE;
    let width = MARGIN * 2 + columns.max(1) * (CELL.0 + GAP) - GAP;
    let height = MARGIN * 2 + rows.len().max(1) as i32 * (row_height + MARGIN) - MARGIN;
    let mut picture = Picture::black(width as u32, height as u32);
    draw::fill(&mut picture, Area { x: 0, y: 0, width, height }, GROUND);
    let mut y = MARGIN;
    for row in rows {
        let letters = (width - MARGIN * 2) / (LETTER * FACTOR);
        draw::text(&mut picture, (MARGIN, y), FACTOR, FAINT, &shortened(&row.title, letters as usize));
        let mut x = MARGIN;
        for cell in &row.cells {
            draw_cell(&mut picture, (x, y + LINE + 8), cell);
            x += CELL.0 + GAP;
        }
        y += row_height + MARGIN;
    }
    picture
}

fn draw_cell(picture: &mut Picture, (x, y): (i32, i32), cell: &Cell) {
    let (width, height) = (cell.part.width.max(1) as i32, cell.part.height.max(1) as i32);
    let factor = (CELL.0 / width).min(CELL.1 / height).max(1);
    draw::fill(picture, Area { x, y, width: CELL.0, height: CELL.1 }, PANEL);
    let corner = (x + (CELL.0 - width * factor) / 2, y + (CELL.1 - height * factor) / 2);
    draw::paste(picture, &cell.part, corner, factor);
    for (index, label) in (0..).zip(&cell.labels) {
        let color = if index == 0 { TEXT } else { FAINT };
        let label = shortened(label, (CELL.0 / (LETTER * FACTOR)) as usize);
        draw::text(picture, (x, y + CELL.1 + 12 + index * LINE), FACTOR, color, &label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_part_is_where_the_pixels_change() {
        let mut picture = Picture::black(200, 150);
        for x in (120..180).step_by(2) {
            draw::fill(&mut picture, Area { x, y: 80, width: 1, height: 40 }, [255; 3]);
        }
        let area = busiest(&picture);
        assert!((116..=121).contains(&area.x) && (72..=80).contains(&area.y), "{area:?}");
        assert_eq!((area.width, area.height), PART);
    }

    #[test]
    fn of_a_small_or_empty_picture_all_is_shown_from_the_corner() {
        assert_eq!(busiest(&Picture::black(10, 100)), Area { x: 0, y: 0, width: 10, height: 48 });
    }

    #[test]
    fn a_sheet_has_room_for_all_rows_and_cells() {
        let cell = || Cell { part: Picture::black(64, 48), labels: vec!["standard".into(), "24.4 kB".into()] };
        let row = |cells: usize| Row { title: "tape.zip".into(), cells: (0..cells).map(|_| cell()).collect() };
        let (one, many) = (sheet(&[row(1)]), sheet(&[row(1), row(3)]));
        assert_eq!(one.width as i32, MARGIN * 2 + CELL.0);
        assert_eq!(many.width as i32, MARGIN * 2 + 3 * CELL.0 + 2 * GAP);
        assert!(many.height > one.height * 2 - MARGIN as u32 * 2);
    }
}
