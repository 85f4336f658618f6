//! Classifies the look of a tape to decide how to encode it. Pure arithmetic on a few pictures.
//!
//! Flat colours with hard edges, as in pixel art, text and cells, need large sharp pixels and no smoothing. Shaded,
//! blurred, translucent or noisy pictures need the tools that were made for cameras. Neighbouring pixels distinguish
//! the two: in flat pictures they are equal or very different, in the others they differ slightly.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::picture::{Decoder, Picture};
use crate::tape::{Shown, TICKS_PER_SECOND, Tape};

use super::thousandths;

/// Pictures that represent a tape.
const SAMPLES: usize = 6;

/// The most rows of a picture that are examined.
const ROWS: usize = 128;

/// The difference in levels from which two neighbours have an edge between them.
const EDGE: u8 = 49;

/// The share of edges among all differences that makes a tape sharp. Of 33 tapes, recorded and drawn, the sharp ones
/// had 0.60 and more, the smooth ones 0.19 and less.
const SHARP_EDGES: f32 = 0.4;

/// Up to this many colours, a tape is sharp whatever its edges: a palette has no smooth shades.
const PALETTE: usize = 64;

/// The unevenness up to which smooth pictures are flowing at any frame rate. B-frames made all of these tapes smaller.
const FLOWING: f32 = 0.5;

/// The unevenness from which they are restless: B-frames only blur noise that the recipe keeps.
const RESTLESS: f32 = 0.78;

/// The frame rate below which pictures in between are jumping. At 5 frames per second, B-frames cost up to a fifth; at
/// 27 and more they save as much.
const JUMPING: f32 = 12.0;

/// How much more the recipe smears colours than 2×2 subsampling explains, because libswscale's filter covers more rows.
/// With this factor, the estimate is within 0.7 dB of the recipe's worst frame on seven tapes.
const FILTER: f32 = 1.15;

/// The look of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// The kind, which follows from the rest.
    pub kind: Kind,
    /// Colours in a picture: the median of the samples, counted up to 4,096.
    pub colors: usize,
    /// The share of neighbouring pixels that are equal, 0 to 1.
    #[serde(serialize_with = "thousandths::one")]
    pub flat: f32,
    /// The share of hard edges among those that are not, 0 to 1.
    #[serde(serialize_with = "thousandths::one")]
    pub edges: f32,
    /// The share of pixels that do not change from one frame to the next, 0 to 1.
    #[serde(serialize_with = "thousandths::one")]
    pub still: f32,
    /// The distance of frames from the mean of their neighbours, divided by their distance from the previous frame.
    #[serde(serialize_with = "thousandths::one")]
    pub uneven: f32,
    /// Mean frames per second.
    #[serde(serialize_with = "thousandths::one")]
    pub rate: f32,
    /// The squared error that the site's recipe adds to colours before encoding: the mean over red, green and blue, of
    /// the worst sample, in levels of 255 squared.
    #[serde(skip)]
    pub smear: f32,
}

impl Kind {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sharp => "sharp",
            Kind::Flowing => "flowing",
            Kind::Jumping => "jumping",
            Kind::Restless => "restless",
        }
    }
}

impl Look {
    /// Why it is of its kind, as text to follow "because".
    #[must_use]
    pub fn why(&self) -> String {
        let Look { kind, colors, edges, uneven, rate, .. } = *self;
        let shades = format!("{:.0} % of all differences are hard edges", edges * 100.0);
        let off = format!("frames are {:.0} % off the mean of their neighbours", uneven * 100.0);
        match kind {
            Kind::Sharp if colors <= PALETTE => format!("{colors} colours are a palette"),
            Kind::Sharp => shades,
            Kind::Flowing | Kind::Restless => format!("{shades}, and {off}"),
            Kind::Jumping => format!("{shades}, and {off} at {rate:.0} a second"),
        }
    }
}

/// The kinds of looks, by how to encode them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Flat colours with hard edges.
    Sharp,
    /// Shades and soft edges that move evenly: frames are near the mean of their neighbours.
    Flowing,
    /// Shades and soft edges that move far from one frame to the next.
    Jumping,
    /// Pictures with noise that changes in every frame.
    Restless,
}

/// Classifies a sample of the frames of a video.
///
/// # Errors
/// Errors of a picture.
pub fn look(tape: &Tape, frames: &[Shown]) -> Result<Look> {
    let mut reel = tape.reel();
    let mut decoder = Decoder::default();
    let (mut previous, mut picture, mut next) = (Picture::default(), Picture::default(), Picture::default());
    let mut seen = Seen::default();
    let samples = frames.len().min(SAMPLES);
    for sample in 0..samples {
        let index = (2 * sample + 1) * frames.len() / (2 * samples);
        reel.picture(frames[index].frame, &mut decoder, &mut picture)?;
        seen.neighbours(&picture);
        if let Some(before) = index.checked_sub(1) {
            reel.picture(frames[before].frame, &mut decoder, &mut previous)?;
            seen.change(&previous, &picture);
            if let Some(after) = frames.get(index + 1) {
                reel.picture(after.frame, &mut decoder, &mut next)?;
                seen.movement(&previous, &picture, &next);
            }
        }
    }
    let ticks: i64 = frames.iter().map(|shown| shown.duration).sum();
    Ok(seen.look(frames.len() as f32 * TICKS_PER_SECOND as f32 / ticks.max(1) as f32))
}

/// Counts over all samples.
#[derive(Debug, Default)]
struct Seen {
    pairs: u64,
    different: u64,
    edges: u64,
    pixels: u64,
    still: u64,
    changed: u64,
    off_middle: u64,
    colors: Vec<usize>,
    smear: f32,
}

impl Seen {
    /// Compares each pixel with those to its right and below.
    fn neighbours(&mut self, picture: &Picture) {
        let mut colors = Colors::default();
        for y in rows(picture) {
            let row = row(picture, y);
            let below = row_below(picture, y).iter();
            let right = row.iter().zip(row.iter().skip(1));
            for (one, other) in right.chain(row.iter().zip(below)) {
                let difference = (0..3).map(|channel| one[channel].abs_diff(other[channel])).max().unwrap_or(0);
                self.pairs += 1;
                self.different += u64::from(difference > 0);
                self.edges += u64::from(difference >= EDGE);
            }
            colors.add(row);
        }
        self.colors.push(colors.count);
        self.smear = self.smear.max(smear(picture));
    }

    /// Compares each pixel with the previous frame.
    fn change(&mut self, previous: &Picture, picture: &Picture) {
        for y in rows(picture) {
            let pairs = row(previous, y).iter().zip(row(picture, y));
            self.still += pairs.filter(|(before, now)| before == now).count() as u64;
            self.pixels += u64::from(picture.width);
        }
    }

    /// Compares the green of each pixel with the frames before and after.
    fn movement(&mut self, previous: &Picture, picture: &Picture, next: &Picture) {
        for y in rows(picture) {
            for ((before, now), after) in row(previous, y).iter().zip(row(picture, y)).zip(row(next, y)) {
                let [before, now, after] = [before, now, after].map(|rgb| i32::from(rgb[1]));
                self.changed += u64::from(now.abs_diff(before)) * 2;
                self.off_middle += u64::from((2 * now).abs_diff(before + after));
            }
        }
    }

    /// The look, given the frame rate.
    fn look(mut self, rate: f32) -> Look {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f32 / whole as f32 };
        self.colors.sort_unstable();
        let colors = self.colors.get(self.colors.len() / 2).copied().unwrap_or_default();
        let edges = share(self.edges, self.different);
        let is_sharp = edges >= SHARP_EDGES || colors <= PALETTE;
        let uneven = if self.changed == 0 { 1.0 } else { share(self.off_middle, self.changed) };
        let kind = match uneven {
            _ if is_sharp => Kind::Sharp,
            RESTLESS.. => Kind::Restless,
            FLOWING.. if rate < JUMPING => Kind::Jumping,
            _ => Kind::Flowing,
        };
        Look {
            kind,
            colors,
            flat: share(self.pairs - self.different, self.pairs),
            edges,
            still: share(self.still, self.pixels),
            uneven,
            rate,
            smear: self.smear,
        }
    }
}

/// The loss when pixels become 3×3 and each 2×2 of these share a colour, as in the site's recipe: a sixth of a pixel's
/// colour comes from a neighbour, to one side and up or down. The squared error over red, green and blue.
fn smear(picture: &Picture) -> f32 {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let neighbour = |at: usize, count: usize| if at.is_multiple_of(2) { (at + 1).min(count - 1) } else { at - 1 };
    let (mut own, mut other) = (Vec::new(), Vec::new());
    let (mut sum, mut pixels) = (0.0, 0_u32);
    for y in rows(picture) {
        for (chromas, y) in [(&mut own, y), (&mut other, neighbour(y, height))] {
            chromas.clear();
            chromas.extend(row(picture, y).iter().map(|&rgb| chroma(rgb)));
        }
        for x in 0..width {
            let beside = neighbour(x, width);
            let [blue, red] = [0, 1].map(|of| {
                let near = 5.0 * (own[beside][of] + other[x][of]) + other[beside][of];
                (25.0 * own[x][of] + near) / 36.0 - own[x][of]
            });
            // The error of the colour differences in red, blue and green, by the BT.601 matrix of the recipe.
            let green = (0.299 * red + 0.114 * blue) / 0.587;
            sum += (red * red + blue * blue + green * green) / 3.0;
            pixels += 1;
        }
    }
    FILTER * sum / pixels.max(1) as f32
}

/// Blue and red less luma.
fn chroma([red, green, blue]: [u8; 3]) -> [f32; 2] {
    let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    [f32::from(blue) - luma, f32::from(red) - luma]
}

/// The rows of a picture to examine: all of a small one, evenly spaced ones of a large one.
fn rows(picture: &Picture) -> impl Iterator<Item = usize> {
    let height = picture.height as usize;
    (0..height).step_by(height.div_ceil(ROWS).max(1))
}

fn row(picture: &Picture, y: usize) -> &[[u8; 3]] {
    let width = picture.width as usize;
    &picture.rgb.as_chunks().0[y * width..(y + 1) * width]
}

/// The row below; empty below the last one.
fn row_below(picture: &Picture, y: usize) -> &[[u8; 3]] {
    if y + 1 < picture.height as usize { row(picture, y + 1) } else { &[] }
}

/// Counts different colours, up to a maximum.
struct Colors {
    /// A hash table of colours with linear probing; a colour is never all ones.
    slots: Vec<u32>,
    count: usize,
}

/// The most colours that are counted. A power of two.
const MOST_COLORS: usize = 4096;

impl Default for Colors {
    fn default() -> Self {
        // Twice as many slots as colours, so that probing is short.
        Colors { slots: vec![u32::MAX; 2 * MOST_COLORS], count: 0 }
    }
}

impl Colors {
    fn add(&mut self, row: &[[u8; 3]]) {
        let mut last = u32::MAX;
        for &[red, green, blue] in row {
            let color = u32::from_be_bytes([0, red, green, blue]);
            if color == last || self.count == MOST_COLORS {
                continue;
            }
            last = color;
            // Knuth's multiplier spreads neighbouring colours.
            let mut slot = (color.wrapping_mul(2_654_435_761) >> 16) as usize % self.slots.len();
            while self.slots[slot] != color {
                if self.slots[slot] == u32::MAX {
                    self.slots[slot] = color;
                    self.count += 1;
                    break;
                }
                slot = (slot + 1) % self.slots.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(level: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
        let (width, height) = (64, 48);
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| level(x, y)).collect();
        Picture { width: width as u32, height: height as u32, rgb }
    }

    fn look_of(picture: &Picture) -> Look {
        let mut seen = Seen::default();
        seen.neighbours(picture);
        seen.change(picture, picture);
        seen.look(60.0)
    }

    #[test]
    fn hard_edges_between_flat_colours_are_sharp() {
        let checkers = look_of(&picture(|x, y| if (x / 8 + y / 8) % 2 == 0 { [250, 240, 230] } else { [20, 30, 60] }));
        assert_eq!((checkers.kind, checkers.colors), (Kind::Sharp, 2));
        assert!(checkers.flat > 0.8 && checkers.edges > 0.99 && checkers.still > 0.99, "{checkers:?}");
    }

    #[test]
    fn shades_are_not_sharp_unless_they_are_of_a_small_palette() {
        let shades = look_of(&picture(|x, y| [(x * 3) as u8, (y * 5) as u8, 90]));
        assert_eq!((shades.kind, shades.colors), (Kind::Restless, 64 * 48));
        assert!(shades.edges < 0.01, "{shades:?}");
        assert_eq!(look_of(&picture(|x, _| [(x / 4 * 12) as u8; 3])).kind, Kind::Sharp);
    }

    #[test]
    fn movement_flows_or_jumps_by_the_rate_and_noise_is_restless() {
        let shades = |shift: usize| picture(move |x, y| [(x * 3 + shift) as u8, (y * 4 + shift) as u8, 90]);
        let kind = |shifts: [usize; 3], rate: f32| {
            let mut seen = Seen::default();
            let [before, now, after] = shifts.map(shades);
            seen.neighbours(&now);
            seen.movement(&before, &now, &after);
            seen.look(rate).kind
        };
        assert_eq!(kind([0, 5, 10], 5.0), Kind::Flowing);
        assert_eq!([60.0, 5.0].map(|rate| kind([0, 10, 8], rate)), [Kind::Flowing, Kind::Jumping]);
        assert_eq!(kind([0, 10, 0], 60.0), Kind::Restless);
    }

    #[test]
    fn colours_are_counted_as_far_as_there_is_room() {
        let mut colors = Colors::default();
        for value in 0..=255_u8 {
            let row: Vec<_> = (0..=255_u8).map(|other| [value, other, value ^ other]).collect();
            colors.add(&row);
            colors.add(&row);
            assert_eq!(colors.count, ((usize::from(value) + 1) * 256).min(MOST_COLORS));
        }
    }
}
