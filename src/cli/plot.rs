//! A plot of a measurement over time: the quality of each frame above, its size in bytes below.

use crate::draw::{self, Area, LETTER};
use crate::measure::{BEST_PSNR, FrameQuality, Measurement, Worst};
use crate::picture::Picture;

use super::palette::{BYTES, FAINT, GRID, GROUND, PANEL, QUALITY, TEXT, WORST};
use super::report;

const WIDTH: i32 = 1200;
const HEIGHT: i32 = 720;

/// The scale of letters.
const FACTOR: i32 = 2;

/// Height of a line of text.
const LINE: i32 = LETTER * FACTOR;

/// The approximate number of grid lines in a panel.
const GRID_LINES: f64 = 6.0;

const ABOVE: Area = Area { x: 128, y: 88, width: WIDTH - 128 - 40, height: 340 };
const BELOW: Area = Area { x: ABOVE.x, y: 484, width: ABOVE.width, height: 172 };

/// Draws a measurement under this title.
pub fn plot(measurement: &Measurement, title: &str) -> Picture {
    let mut picture = Picture::black(WIDTH as u32, HEIGHT as u32);
    draw::fill(&mut picture, Area { x: 0, y: 0, width: WIDTH, height: HEIGHT }, GROUND);
    let summary = format!(
        "×{}  {}  {}  SSIM {:.4}",
        measurement.scale,
        report::bytes(measurement.facts.bytes),
        report::decibels(measurement.psnr),
        measurement.ssim
    );
    let right = ABOVE.x + ABOVE.width - draw::text_width(&summary, FACTOR);
    let room = (right - ABOVE.x) / (LETTER * FACTOR) - 1;
    draw::text(&mut picture, (ABOVE.x, 24), FACTOR, TEXT, &shortened(title, room as usize));
    draw::text(&mut picture, (right, 24), FACTOR, TEXT, &summary);
    for panel in [ABOVE, BELOW] {
        draw::fill(&mut picture, panel, PANEL);
    }
    draw::text(&mut picture, (ABOVE.x, ABOVE.y - LINE - 6), FACTOR, FAINT, "PSNR of each frame, dB");
    draw::text(&mut picture, (BELOW.x, BELOW.y - LINE - 6), FACTOR, FAINT, "bytes of each frame, logarithmic");

    let seconds = measurement.seconds.max(measurement.series.last().map_or(0.0, |last| last.seconds)).max(1e-3);
    draw_time(&mut picture, seconds);
    draw_quality(&mut picture, measurement, seconds);
    draw_bytes(&mut picture, &measurement.series, seconds);
    picture
}

/// The text cut to at most this many letters.
pub fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.into();
    }
    text.chars().take(letters.saturating_sub(2)).chain("..".chars()).collect()
}

/// Grid lines and labels for time, under both panels.
fn draw_time(picture: &mut Picture, seconds: f64) {
    let step = pleasant(seconds / GRID_LINES);
    for tick in (0..).map(|index| f64::from(index) * step).take_while(|&tick| tick <= seconds * 1.000_1) {
        let x = column(tick, seconds);
        for panel in [ABOVE, BELOW] {
            draw::fill(picture, Area { x, width: FACTOR, ..panel }, GRID);
        }
        let label = format!("{tick:.*} s", decimals(step));
        let left = (x - draw::text_width(&label, FACTOR) / 2).min(WIDTH - 8 - draw::text_width(&label, FACTOR));
        draw::text(picture, (left, BELOW.y + BELOW.height + 14), FACTOR, FAINT, &label);
    }
}

fn column(time: f64, seconds: f64) -> i32 {
    ABOVE.x + (time / seconds * f64::from(ABOVE.width - FACTOR)) as i32
}

fn draw_quality(picture: &mut Picture, measurement: &Measurement, seconds: f64) {
    let values = || measurement.series.iter().map(|frame| frame.psnr);
    let (low, high) = (values().fold(BEST_PSNR, f64::min), values().fold(0.0, f64::max));
    let step = pleasant((high - low).max(2.0) / GRID_LINES);
    // Some room below, so that the worst frame is not on the edge.
    let (low, high) = ((((low / step) - 0.2).floor() * step).max(0.0), ((high / step).floor() + 1.0) * step);
    let row = |value: f64| {
        let part = (value - low) / (high - low);
        ABOVE.y + ABOVE.height - FACTOR - (part * f64::from(ABOVE.height - FACTOR)) as i32
    };
    for index in 0..=((high - low) / step).round() as i32 {
        let tick = low + f64::from(index) * step;
        let label = match tick {
            _ if tick < BEST_PSNR => format!("{tick:.*}", decimals(step)),
            _ if tick - step < BEST_PSNR => "exact".into(),
            _ => String::new(),
        };
        draw_level(picture, ABOVE, row(tick), &label);
    }
    let mean = row(measurement.psnr.clamp(low, high));
    for x in (ABOVE.x..ABOVE.x + ABOVE.width).step_by(12) {
        draw::fill(picture, Area { x, y: mean, width: 6, height: FACTOR }, FAINT);
    }
    let mut before = None;
    for frame in &measurement.series {
        let point = (column(frame.seconds, seconds), row(frame.psnr));
        let (_, level) = before.unwrap_or(point);
        draw::line(picture, before.unwrap_or(point), (point.0, level), FACTOR, QUALITY);
        draw::line(picture, (point.0, level), point, FACTOR, QUALITY);
        before = Some(point);
    }
    if let Some(last) = before {
        draw::line(picture, last, (column(seconds, seconds), last.1), FACTOR, QUALITY);
    }
    let worst = &measurement.psnr_worst;
    draw_worst(picture, worst, (column(worst.seconds, seconds), row(worst.value)));
}

/// A square on the worst frame, and its label above the panel.
fn draw_worst(picture: &mut Picture, worst: &Worst, (x, y): (i32, i32)) {
    if worst.value >= BEST_PSNR {
        return;
    }
    draw::fill(picture, Area { x: x - 4, y: y - 4, width: 10, height: 10 }, WORST);
    let label = format!("worst {:.2} dB, frame {} at {:.3} s", worst.value, worst.frame, worst.seconds);
    let left = ABOVE.x + ABOVE.width - draw::text_width(&label, FACTOR);
    draw::text(picture, (left, ABOVE.y - LINE - 6), FACTOR, WORST, &label);
}

/// Bars on a logarithmic scale: key frames are a hundred times larger than others, and both matter.
fn draw_bytes(picture: &mut Picture, series: &[FrameQuality], seconds: f64) {
    let power = |bytes: u64| (bytes.max(1) as f64).log10();
    let low = series.iter().map(|frame| power(frame.bytes)).fold(f64::INFINITY, f64::min).floor().clamp(0.0, 9.0);
    let high = series.iter().map(|frame| power(frame.bytes)).fold(low, f64::max).ceil().max(low + 1.0);
    let top = |power: f64| ((power - low) / (high - low) * f64::from(BELOW.height)) as i32;
    let bottom = BELOW.y + BELOW.height;
    for index in low as i32..=high as i32 {
        let label = match index {
            0..3 => format!("{} B", 10_u64.pow(index as u32)),
            3..6 => format!("{} kB", 10_u64.pow(index as u32 - 3)),
            _ => format!("{} MB", 10_u64.pow(index as u32 - 6)),
        };
        draw_level(picture, BELOW, (bottom - top(f64::from(index))).min(bottom - FACTOR), &label);
    }
    for (index, frame) in series.iter().enumerate() {
        let next = series.get(index + 1).map_or(seconds, |next| next.seconds);
        let (left, right) = (column(frame.seconds, seconds), column(next, seconds));
        let height = top(power(frame.bytes)).max(FACTOR);
        let width = (right - left).max(FACTOR);
        draw::fill(picture, Area { x: left, y: bottom - height, width, height }, BYTES);
    }
}

/// A line of the grid, with its label left of the panel.
fn draw_level(picture: &mut Picture, panel: Area, y: i32, label: &str) {
    draw::fill(picture, Area { y, height: FACTOR, ..panel }, GRID);
    let left = panel.x - 12 - draw::text_width(label, FACTOR);
    draw::text(picture, (left, y - LINE / 2 + FACTOR), FACTOR, FAINT, label);
}

/// The next larger of 1, 2, 5, 10, 20… and of 0.1, 0.2, 0.5….
fn pleasant(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|&pleasant| pleasant >= step).unwrap_or(10.0 * power)
}

fn decimals(step: f64) -> usize {
    (-step.log10().floor()).max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_pleasant() {
        for (step, expected, digits) in [(0.07, 0.1, 1), (0.12, 0.2, 1), (1.0, 1.0, 0), (3.0, 5.0, 0), (70.0, 100.0, 0)]
        {
            assert!((pleasant(step) - expected).abs() < 1e-9, "{step}");
            assert_eq!(decimals(expected), digits, "{step}");
        }
    }

    #[test]
    fn long_names_lose_their_end() {
        assert_eq!(shortened("tape.mp4", 8), "tape.mp4");
        assert_eq!(shortened("longtape.mp4", 8), "longta..");
    }
}
