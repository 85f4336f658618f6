//! A picture for alignment: its time and its coarse look. Pure arithmetic.

use crate::picture::Picture;

/// Columns and rows of a signature. A pixel that turns from black to white in a 320×240 picture moves the mean of its
/// cell by three levels, well above the effect of encoding.
const SIDE: usize = 32;

/// Steps between two levels of luma in a signature.
const STEPS: f32 = 256.0;

/// The luma of a picture, coarsely.
pub type Signature = Box<[u16]>;

/// A picture of the tape: one or more equal neighbours among its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Its start, in ticks.
    pub start: i64,
    /// The start of the next one, in ticks.
    pub end: i64,
    /// The number of frames of the tape that show it.
    pub frames: usize,
    /// Its look.
    pub signature: Signature,
}

/// BT.601 luma, near enough.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// The signature of a picture.
pub fn signature(picture: &Picture) -> Signature {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (columns, rows) = (width.min(SIDE), height.min(SIDE));
    let mut cells = vec![(0_u64, 0_u64); columns * rows];
    for (y, row) in picture.rows().enumerate() {
        let cells = &mut cells[y * rows / height * columns..][..columns];
        for (x, &rgb) in row.as_chunks().0.iter().enumerate() {
            let (sum, count) = &mut cells[x * columns / width];
            *sum += u64::from(luma(rgb));
            *count += 1;
        }
    }
    cells.into_iter().map(|(sum, count)| (sum * STEPS as u64 / count.max(1)) as u16).collect()
}

/// The squared difference of two signatures, in levels.
pub fn difference(one: &Signature, other: &Signature) -> f32 {
    let steps = |(&one, &other): (&u16, &u16)| f32::from(one) - f32::from(other);
    // Eight sums, because a single one could not be vectorised: floats are added in order.
    let mut sums = [0.0_f32; 8];
    for (one, other) in one.chunks(8).zip(other.chunks(8)) {
        for (sum, pair) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += steps(pair) * steps(pair);
        }
    }
    sums.iter().sum::<f32>() / (STEPS * STEPS)
}
