//! Files that are not worth keeping, as they can be made from a line each.

use std::fs::File;
use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};
use telecine::tape::{Limits, Tape};
use telecine::video::{Options, Presets, transcode};

use crate::support::picture::{PALETTE, Picture};
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// How to make a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// A tape as the site posts it.
    Tape(Frames),
    /// A finished video, as native programs post it.
    Mp4(Frames),
    /// The first half of a tape.
    HalfTape(Frames),
    /// A picture.
    Painting { width: u32, height: u32, style: Style },
    /// What is not what its name says.
    Text(String),
}

/// Moving pictures.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Frames {
    pub width: u32,
    pub height: u32,
    pub count: usize,
    /// Whether there is sound as long as the pictures.
    pub sound: bool,
    /// Where in the movement they begin, so that no two tapes are alike.
    pub start: usize,
}

/// What a painting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A few flat colours.
    Plain,
    /// The same with holes one sees through.
    Clear,
    /// What no coder can make small.
    Noise,
}

impl Recipe {
    /// The file.
    pub fn make(&self) -> Vec<u8> {
        match self {
            Recipe::Tape(frames) => frames.tape(),
            Recipe::Mp4(frames) => frames.mp4(),
            Recipe::HalfTape(frames) => {
                let mut zip = frames.tape();
                zip.truncate(zip.len() / 2);
                zip
            }
            Recipe::Painting { width, height, style } => style.paint(*width, *height).png(),
            Recipe::Text(text) => text.clone().into_bytes(),
        }
    }

    /// What kind of file the site takes it for.
    pub fn content_type(&self) -> &'static str {
        match self {
            Recipe::Tape(_) | Recipe::HalfTape(_) => "application/zip",
            Recipe::Mp4(_) => "video/mp4",
            Recipe::Painting { .. } | Recipe::Text(_) => "image/png",
        }
    }
}

impl Frames {
    fn tape(&self) -> Vec<u8> {
        let pictures = (0..self.count).map(|index| Picture::numbered(self.width, self.height, self.start + index));
        let tape = TapeBuilder::of(pictures, 1000.0 / 60.0);
        let seconds = self.count as f64 / 60.0;
        if self.sound { tape.sound(&Wav::tone(44_100, seconds, 440.0)).zip() } else { tape.zip() }
    }

    fn mp4(&self) -> Vec<u8> {
        let tape = Tape::open(self.tape(), &Limits::default()).unwrap();
        let presets = Presets::built_in().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().build().unwrap();
        let mut file: File = tempfile::tempfile().unwrap();
        transcode(
            &tape,
            presets.get("swift").unwrap(),
            Options::default(),
            &pool,
            &telecine::video::Monitor::nobody(),
            &mut file,
        )
        .unwrap();
        let mut video = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut video).unwrap();
        video
    }
}

impl Style {
    fn paint(self, width: u32, height: u32) -> Picture {
        if self == Style::Noise {
            return Picture::noise(width, height, 5);
        }
        let (across, down) = (width / 5 + 1, height / 4 + 1);
        Picture::draw(width, height, |x, y| {
            let cell = (x / across * 7 + y / down * 3) as usize;
            let [red, green, blue, _] = PALETTE[cell % PALETTE.len()];
            let hole = self == Style::Clear && (x / across + y / down).is_multiple_of(2);
            [red, green, blue, if hole { 64 } else { 255 }]
        })
    }
}
