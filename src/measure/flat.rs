//! Errors in flat areas and at the edges of an encoder's blocks. They stand out because the tape has nothing there to
//! hide them. Pure arithmetic.

use crate::picture::Picture;

/// A pixel is flat if all pixels within this distance, horizontally and vertically, have the same colour.
const REACH: usize = 2;

/// The grid of H.264's transform, in pixels of the video. The larger blocks of newer codecs also start on it.
const GRID: usize = 8;

/// The largest difference of luma between neighbours without an edge between them, in levels.
const SMOOTH: f32 = 4.0;

/// A sum and the number of its values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// The sum.
    pub total: f64,
    /// The number of values.
    pub count: u64,
}

impl Sum {
    /// The sum of two.
    pub fn and(self, other: Sum) -> Sum {
        Sum { total: self.total + other.total, count: self.count + other.count }
    }

    /// The mean; `None` without values.
    pub fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.total / self.count as f64)
    }

    fn add(&mut self, value: f64) {
        self.total += value;
        self.count += 1;
    }
}

/// Squared errors, in levels, of the samples of pixels that are flat in the tape. `shown` has the same number of
/// samples.
pub fn flat_errors(tape: &Picture, shown: &[f32]) -> Sum {
    let mut sum = Sum::default();
    let (wanted, shown) = (tape.rgb.as_chunks::<3>().0, shown.as_chunks::<3>().0);
    for (flat, (wanted, shown)) in flat(tape).into_iter().zip(wanted.iter().zip(shown)) {
        if flat {
            for (&wanted, &shown) in wanted.iter().zip(shown) {
                sum.add(f64::from(shown - f32::from(wanted)).powi(2));
            }
        }
    }
    sum
}

/// Whether each pixel is flat. Pixels outside of the picture count as equal.
fn flat(picture: &Picture) -> Vec<bool> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let pixels = picture.rgb.as_chunks::<3>().0;
    let near = |at: usize, length: usize| at.saturating_sub(REACH)..(at + REACH + 1).min(length);
    let across: Vec<bool> = (0..width * height)
        .map(|at| {
            let (x, row) = (at % width, &pixels[at / width * width..][..width]);
            row[near(x, width)].iter().all(|pixel| *pixel == row[x])
        })
        .collect();
    let alike = |at: usize, other: usize| across[other] && pixels[other] == pixels[at];
    (0..width * height).map(|at| near(at / width, height).all(|y| alike(at, y * width + at % width))).collect()
}

/// Steps in the error of luma between neighbours without an edge between them in the tape.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Edges {
    /// Where blocks of an encoder meet.
    pub on_grid: Sum,
    /// Everywhere else.
    pub beside: Sum,
}

impl Edges {
    /// The sum of two.
    pub fn and(self, other: Edges) -> Edges {
        Edges { on_grid: self.on_grid.and(other.on_grid), beside: self.beside.and(other.beside) }
    }

    /// By how many levels the steps on the grid exceed those beside it; `None` if one of the two is empty.
    pub fn blockiness(self) -> Option<f64> {
        Some((self.on_grid.mean()? - self.beside.mean()?).max(0.0))
    }
}

/// The edges of a picture, given the lumas of the tape and of a video that is `scale` times as large.
pub fn edges(wanted: &[f32], shown: &[f32], width: usize, scale: usize) -> Edges {
    let mut edges = Edges::default();
    let mut step = |at: usize, before: usize, place: usize| {
        if (wanted[at] - wanted[before]).abs() <= SMOOTH {
            let step = (shown[at] - wanted[at]) - (shown[before] - wanted[before]);
            let sum = if (place * scale).is_multiple_of(GRID) { &mut edges.on_grid } else { &mut edges.beside };
            sum.add(step.abs().into());
        }
    };
    for at in 0..wanted.len() {
        let (x, y) = (at % width, at / width);
        if x > 0 {
            step(at, at - 1, x);
        }
        if y > 0 {
            step(at, at - width, y);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u32, height: u32, color: impl Fn(u32, u32) -> u8) -> Picture {
        let levels = (0..width * height).map(|at| color(at % width, at / width));
        Picture { width, height, rgb: levels.flat_map(|level| [level; 3]).collect() }
    }

    #[test]
    fn ground_is_flat_but_not_beside_what_stands_on_it() {
        let picture = drawn(12, 9, |x, y| if (x, y) == (6, 4) { 200 } else { 50 });
        let flat = flat(&picture);
        let rough = |x: usize, y: usize| x.abs_diff(6) <= REACH && y.abs_diff(4) <= REACH;
        assert!((0..12 * 9).all(|at| flat[at] != rough(at % 12, at / 12)), "{flat:?}");
        assert!(!super::flat(&drawn(9, 9, |x, _| x as u8)).contains(&true));
    }

    #[test]
    fn only_errors_on_flat_ground_count_as_such() {
        let picture = drawn(20, 10, |x, _| if x < 10 { 80 } else { (x * 9) as u8 });
        let dirty = |from: usize, to: usize| {
            let level = |(at, &level): (usize, &u8)| {
                f32::from(level) + if (from..to).contains(&(at / 3 % 20)) { 2.0 } else { 0.0 }
            };
            picture.rgb.iter().enumerate().map(level).collect::<Vec<f32>>()
        };
        let error = |shown: &[f32]| flat_errors(&picture, shown).mean().unwrap();
        assert!((error(&dirty(0, 20)) - 4.0).abs() < 1e-9);
        // Of the ten columns, eight have all neighbours in flat ground.
        assert!((error(&dirty(0, 4)) - 2.0).abs() < 1e-9);
        assert!(error(&dirty(10, 20)) < 1e-9);
    }

    #[test]
    fn blocks_on_the_grid_are_told_from_noise_and_from_edges_of_the_tape() {
        let wanted: Vec<f32> = (0..64 * 64).map(|at| if at % 64 < 30 { 40.0 } else { 120.0 }).collect();
        let seen = |error: &dyn Fn(usize, usize) -> f32, scale: usize| {
            let shown: Vec<f32> =
                wanted.iter().enumerate().map(|(at, level)| level + error(at % 64, at / 64)).collect();
            edges(&wanted, &shown, 64, scale).blockiness().unwrap()
        };
        for scale in [1, 2, 4] {
            let side = GRID / scale;
            let blocks = |x: usize, y: usize| ((x / side + y / side) % 2) as f32 * 3.0;
            assert!((seen(&blocks, scale) - 3.0).abs() < 1e-6);
            let noise = |x: usize, y: usize| ((x * 7919 + y * 104_729) % 13) as f32;
            assert!(seen(&noise, scale) < 0.3, "{}", seen(&noise, scale));
        }
        assert!(seen(&|_, _| 0.0, 2) < 1e-9);
        assert_eq!(edges(&wanted, &wanted, 64, 8).blockiness(), None);
    }
}
