//! The tapes under `fixtures/tapes`, drawn by code: the committed files are what this makes, byte for byte.
//!
//! `TELECINE_REWRITE_FIXTURES=1 cargo test --test it fixtures` writes them again. All arithmetic is in whole numbers,
//! as sines differ between machines.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::command::{Workshop, exists};
use crate::support::picture::{PALETTE, Picture, Pixel};
use crate::support::tape::{Names, TapeBuilder, Timing};
use crate::support::wav::Wav;

/// What the repository should carry at most.
const MOST_BYTES: usize = 150_000;

const NIGHT: Pixel = PALETTE[0];

/// Colours that blend into one another, from night to noon.
const SKY: [Pixel; 10] = [
    [26, 28, 44, 255],
    [41, 54, 111, 255],
    [93, 39, 93, 255],
    [177, 62, 83, 255],
    [239, 125, 87, 255],
    [255, 205, 117, 255],
    [167, 240, 112, 255],
    [56, 183, 100, 255],
    [37, 113, 121, 255],
    [59, 93, 201, 255],
];

/// A wave of height 1024 and length 1024, made of parabolas.
fn wave(phase: i32) -> i32 {
    let x = phase.rem_euclid(1024);
    let half = x % 512;
    let hump = half * (512 - half) / 64;
    if x < 512 { hump } else { -hump }
}

/// Four waves that drift across one another, in pixels of two by two.
fn plasma(width: u32, height: u32, time: i32) -> Picture {
    Picture::draw(width, height, |x, y| {
        let (x, y) = (x as i32 / 2, y as i32 / 2);
        let sum = wave(x * 8 + time * 9) + wave(y * 13 - time * 7) + wave((x + y) * 5 + time * 5) + wave(x * 3 - y * 7);
        SKY[((sum + 4096) / 420 + time / 6).rem_euclid(10) as usize]
    })
}

/// A ball that bounces on a floor, with its shadow.
fn ball(picture: &mut Picture, time: i32, size: i32, color: Pixel) {
    let (width, height) = (picture.width as i32, picture.height as i32);
    let triangle = |time: i32, span: i32| (time.rem_euclid(span * 2) - span).abs();
    let x = size + triangle(time * 3, width - size * 2);
    let y = height - size - 4 - wave(time * 14).abs() * (height - size * 3) / 1024;
    let mut disc = |left: i32, top: i32, radius: i32, flat: i32, color: Pixel| {
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let (x, y) = (left + dx, top + dy / flat);
                if dx * dx + dy * dy <= radius * (radius + 1) && (0..width).contains(&x) && (0..height).contains(&y) {
                    picture.pixels[(y * width + x) as usize] = color;
                }
            }
        }
    };
    disc(x, height - 4, size, 4, NIGHT);
    disc(x, y, size, 1, color);
    disc(x - size / 3, y - size / 3, size / 4, 1, PALETTE[1]);
}

/// Conway's game of life on a torus, and the age of each cell.
struct Life {
    width: usize,
    height: usize,
    ages: Vec<usize>,
}

impl Life {
    fn new(width: usize, height: usize) -> Self {
        let seed = Picture::noise(width as u32, height as u32, 3);
        Life { width, height, ages: seed.pixels.iter().map(|pixel| usize::from(pixel[0] % 3 == 0)).collect() }
    }

    fn step(&mut self) {
        let (width, height) = (self.width, self.height);
        let alive = |x: usize, y: usize| usize::from(self.ages[y % height * width + x % width] > 0);
        let neighbors = |x: usize, y: usize| {
            let all: usize = (0..9).map(|at| alive(x + width + at % 3 - 1, y + height + at / 3 - 1)).sum();
            all - alive(x, y)
        };
        let age = |at: usize| match (self.ages[at], neighbors(at % width, at / width)) {
            (0, 3) => 1,
            (age @ 1.., 2..=3) => age + 1,
            _ => 0,
        };
        self.ages = (0..width * height).map(age).collect();
    }

    fn picture(&self, scale: u32) -> Picture {
        Picture::draw(self.width as u32 * scale, self.height as u32 * scale, |x, y| {
            let age = self.ages[(y / scale) as usize * self.width + (x / scale) as usize];
            if age == 0 { NIGHT } else { SKY[(age + 2).min(9)] }
        })
    }
}

/// Flying through a tunnel of rings.
fn tunnel(width: u32, height: u32, time: i32) -> Picture {
    Picture::draw(width, height, |x, y| {
        let (x, y) = (x as i32 * 2 - width as i32 + wave(time * 30) / 40, y as i32 * 2 - height as i32);
        let distance = (x * x + y * y).isqrt().max(1);
        let ring = 6000 / distance + time * 4;
        if distance < 8 { NIGHT } else { PALETTE[((ring / 12 + i32::from((x > 0) ^ (y > 0)) * 3) % 12) as usize] }
    })
}

/// A path that draws itself: one stroke at a time, with rests in between.
fn knot(side: u32, strokes: i32) -> Picture {
    let mut picture = Picture::draw(side, side, |x, y| if (x ^ y) % 16 == 0 { [34, 37, 58, 255] } else { NIGHT });
    for step in 0..strokes * 96 {
        let at = |speed: i32, shift: i32| {
            (wave(step * speed + shift) * (side as i32 / 2 - 6) / 1024 + side as i32 / 2) as u32
        };
        let (x, y) = (at(3, 256), at(2, 0));
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            picture.pixels[((y + dy) * side + x + dx) as usize] = SKY[(step / 96 % 8 + 2) as usize];
        }
    }
    picture
}

/// Mountains before a low sun.
fn landscape(width: u32, height: u32) -> Picture {
    Picture::draw(width, height, |x, y| {
        let (x, y) = (x as i32, y as i32);
        let ridge = |height: i32, stretch: i32, shift: i32| {
            height - wave(x * stretch + shift) / 60 - wave(x * stretch * 3 + shift * 5) / 150 - (x * 37 % 11) / 4
        };
        let (dx, dy) = (x - width as i32 * 2 / 3, y - height as i32 / 2);
        let sun = dx * dx + dy * dy < 400 && (dy < 0 || dy % 5 != 0);
        match y {
            _ if y > ridge(80, 9, 300) => NIGHT,
            _ if y > ridge(66, 6, 90) => SKY[1],
            _ if y > ridge(54, 4, 700) => SKY[2],
            _ if sun => SKY[5],
            // Dithered from one colour of the sky to the next.
            _ => SKY[((y * 4 + (x * 3 + y * 5) % 7 * 2) / 64 + 1).min(4) as usize],
        }
    })
}

/// Rising notes of a square wave whose periods are whole numbers of samples.
fn chiptune(rate: u32, seconds: f64) -> Wav {
    let periods = [184, 146, 122, 92, 122, 146];
    let note = rate as usize / 9;
    let sample = |index: usize| {
        let period = periods[index / note % periods.len()];
        let loud = 1.0 - (index % note / 64 * 64) as f32 / note as f32;
        if index % period * 2 < period { loud * 0.4 } else { loud * -0.4 }
    };
    Wav::new(rate, (0..(seconds * f64::from(rate)) as usize).map(sample).collect())
}

/// About `gap` ms apart, as a browser does it.
fn jitter(count: usize, gap: f64) -> Vec<f64> {
    (0..count)
        .map(|index| (index as f64 * gap + f64::from((index * 37 % 23) as u32) * 0.1 * f64::from(index > 0)).round())
        .collect()
}

fn metadata(piece: &str, width: u32, height: u32, frames: usize, rate: Option<u32>) -> String {
    serde_json::to_string_pretty(&json!({
        "resolution": { "width": width, "height": height },
        "frameCount": frames,
        "piece": piece,
        "exportedAt": "2025-10-17T16:53:20.000Z",
        "audioSampleRate": rate,
        "pieceChanges": [],
        "slug": null,
    }))
    .unwrap()
}

/// Every tape: its name, how to make it, and how many frames its video has.
fn tapes() -> Vec<(&'static str, TapeBuilder, usize)> {
    let posted = (0..40).map(|time| {
        let mut picture = plasma(337, 160, time);
        ball(&mut picture, time + 20, 14, PALETTE[2]);
        picture
    });
    let posted = TapeBuilder::of_files(posted.map(|picture| picture.small_png()), 1.0)
        .at(&jitter(40, 1000.0 / 60.0), 16.67)
        .sound(&chiptune(48_000, 0.6827))
        .file("metadata.json", metadata("plasma", 337, 160, 40, Some(48_000)));

    let mut life = Life::new(48, 36);
    let download = (0..30).map(|_| {
        life.step();
        life.picture(6).small_png()
    });
    let download = TapeBuilder::of_files(download, 1.0)
        .at(&jitter(30, 1000.0 / 24.0), 41.67)
        .names(Names::Dated)
        .reversed()
        .file("metadata.json", metadata("life", 48, 36, 30, None));

    let fast = (0..120).map(|time| {
        let mut picture = Picture::draw(64, 64, |x, y| if (x / 8 + y / 8) % 2 == 0 { NIGHT } else { SKY[1] });
        ball(&mut picture, time * 2, 7, PALETTE[5]);
        ball(&mut picture, time * 3 + 40, 5, PALETTE[7]);
        picture.small_png()
    });
    let times: Vec<_> = (0..120).map(|index| f64::from(index) * 1000.0 / 120.0).collect();
    let high_rate = TapeBuilder::of_files(fast, 1.0).at(&times, 16.67);

    let strokes: Vec<_> =
        (0..60).map(|index| knot(96, (index / 6 + i32::from(index % 6 == 5)).min(10)).small_png()).collect();
    let times: Vec<_> =
        (0..60).map(|index| f64::from(index) * 1000.0 / 60.0 + f64::from(index / 20) * 1500.0).collect();
    let duplicates = TapeBuilder::of_files(strokes, 1.0).at(&times, 2000.0);

    let webp = (0..24).map(|time| tunnel(100, 75, time).webp());
    let webp = TapeBuilder::of_files(webp, 1000.0 / 30.0).names(Names::Webp).timing(Timing::Nameless);

    let minimal = TapeBuilder::of_files([landscape(128, 96).small_png()], 1.0).timing(Timing::Missing);

    vec![
        ("posted", posted.deflated(), 40),
        ("download", download, 30),
        ("high-rate", high_rate, 120),
        ("duplicates", duplicates, 11),
        ("webp", webp, 24),
        ("minimal", minimal, 1),
    ]
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tapes").join(name).with_extension("zip")
}

#[test]
fn committed_fixtures_are_what_the_builder_makes() {
    let rewrite = std::env::var_os("TELECINE_REWRITE_FIXTURES").is_some();
    for (name, tape, _) in tapes() {
        let zip = tape.zip();
        println!("{name}: {} bytes", zip.len());
        assert!(zip.len() < MOST_BYTES, "{name} has {} bytes", zip.len());
        if rewrite {
            fs::write(path(name), &zip).unwrap();
        }
        let same = exists(&path(name)) && fs::read(path(name)).unwrap() == zip;
        assert!(same, "{name}.zip is not what the builder makes; rewrite it with TELECINE_REWRITE_FIXTURES=1");
    }
    assert_eq!(fs::read_dir(path("posted").parent().unwrap()).unwrap().count(), tapes().len());
}

#[test]
fn fixtures_convert() {
    let workshop = Workshop::new();
    for (name, _, frames) in tapes() {
        let run = workshop.run(&format!("convert {} --out-dir . --json", path(name).display())).succeeds();
        assert_eq!(run.json()[0]["kept"], frames, "{name}");
        let video = workshop.video(&format!("{name}.mp4"));
        assert_eq!((video.shown.len(), video.sound.is_some()), (frames, name == "posted"), "{name}");
    }
}
