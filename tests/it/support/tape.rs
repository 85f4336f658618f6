//! Tapes as recorders write them, and malformed ones.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::picture::Picture;
use super::wav::Wav;

/// When the recordings begin: some time in October 2025, in ms as the site counts it.
pub const EPOCH: f64 = 1_760_720_000_000.0;

/// What a recorder calls its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// `frame-00000.png`: what is posted.
    Posted,
    /// `frame-0.png`: what was posted at first.
    Unpadded,
    /// `frame_2025.10.17.9.5.3.012.png`: what is downloaded.
    Dated,
    /// `frame_0000.webp`
    Webp,
}

impl Names {
    /// The name of a frame that is shown `time` ms after the start.
    pub fn name(self, index: usize, time: f64) -> String {
        match self {
            Names::Posted => format!("frame-{index:05}.png"),
            Names::Unpadded => format!("frame-{index}.png"),
            Names::Dated => {
                let (seconds, milliseconds) = (time as u64 / 1000, time as u64 % 1000);
                format!("frame_2025.10.17.9.{}.{}.{milliseconds:03}.png", 5 + seconds / 60, seconds % 60)
            }
            Names::Webp => format!("frame_{index:04}.webp"),
        }
    }
}

/// How `timing.json` is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Timing {
    /// An array of rows, each with the name of its frame.
    Array,
    /// An array of rows without names.
    Nameless,
    /// An object with the rows under `frames`.
    Object,
    /// Not at all.
    Missing,
    /// Like this.
    Text(Vec<u8>),
}

/// A tape under construction. Frames first, then the rest.
#[derive(Debug, Clone)]
pub struct TapeBuilder {
    /// File, and when it is shown: ms after the start.
    frames: Vec<(Vec<u8>, f64)>,
    last_duration: f64,
    /// What the site makes of the durations of fast displays.
    shortest_duration: f64,
    names: Names,
    timing: Timing,
    files: Vec<(String, Vec<u8>)>,
    packing: CompressionMethod,
    reversed: bool,
}

impl TapeBuilder {
    /// A tape of these files, each shown for `gap` ms.
    pub fn of_files(files: impl IntoIterator<Item = Vec<u8>>, gap: f64) -> Self {
        let frames = files.into_iter().enumerate().map(|(index, file)| (file, index as f64 * gap)).collect();
        TapeBuilder {
            frames,
            last_duration: gap,
            shortest_duration: 10.0,
            names: Names::Posted,
            timing: Timing::Array,
            files: Vec::new(),
            packing: CompressionMethod::Stored,
            reversed: false,
        }
    }

    /// A tape of these pictures, each shown for `gap` ms.
    pub fn of(pictures: impl IntoIterator<Item = Picture>, gap: f64) -> Self {
        TapeBuilder::of_files(pictures.into_iter().map(|picture| picture.png()), gap)
    }

    /// A tape of `count` frames that differ, at 60 a second.
    pub fn numbered(width: u32, height: u32, count: usize) -> Self {
        TapeBuilder::of((0..count).map(|index| Picture::numbered(width, height, index)), 1000.0 / 60.0)
    }

    /// Shows each frame at its time, in ms after the start, and the last for `last_duration`.
    pub fn at(mut self, times: &[f64], last_duration: f64) -> Self {
        assert_eq!(times.len(), self.frames.len());
        self.frames.iter_mut().zip(times).for_each(|(frame, &time)| frame.1 = time);
        TapeBuilder { last_duration, ..self }
    }

    pub fn names(self, names: Names) -> Self {
        TapeBuilder { names, ..self }
    }

    pub fn timing(self, timing: Timing) -> Self {
        TapeBuilder { timing, ..self }
    }

    /// `timing.json` as this text.
    pub fn timing_text(self, text: impl Into<Vec<u8>>) -> Self {
        self.timing(Timing::Text(text.into()))
    }

    /// Compresses the entries.
    pub fn deflated(self) -> Self {
        TapeBuilder { packing: CompressionMethod::Deflated, ..self }
    }

    /// Puts the entries into the archive last first.
    pub fn reversed(self) -> Self {
        TapeBuilder { reversed: true, ..self }
    }

    /// Adds an entry; a name that ends with a slash is a directory.
    pub fn file(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), bytes.into()));
        self
    }

    pub fn sound(self, wav: &Wav) -> Self {
        self.file("soundtrack.wav", wav.bytes())
    }

    fn rows(&self) -> Vec<Value> {
        let times: Vec<f64> = self.frames.iter().map(|frame| frame.1).collect();
        let duration = |index: usize| match times.get(index + 1) {
            Some(next) => (next - times[index]).max(self.shortest_duration),
            None => self.last_duration,
        };
        let row = |(index, &time): (usize, &f64)| {
            let (duration, timestamp) = (duration(index), EPOCH + time);
            let mut row = json!({ "frame": index, "duration": duration, "timestamp": timestamp });
            if self.timing != Timing::Nameless {
                row["filename"] = self.names.name(index, time).into();
            }
            row
        };
        times.iter().enumerate().map(row).collect()
    }

    fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let named = self.frames.iter().enumerate();
        let mut entries: Vec<_> =
            named.map(|(index, (file, time))| (self.names.name(index, *time), file.clone())).collect();
        let timing = match &self.timing {
            Timing::Array | Timing::Nameless => Some(serde_json::to_vec_pretty(&self.rows()).unwrap()),
            Timing::Object => Some(json!({ "frames": self.rows(), "totalDuration": 1 }).to_string().into_bytes()),
            Timing::Missing => None,
            Timing::Text(text) => Some(text.clone()),
        };
        entries.extend(timing.map(|timing| ("timing.json".into(), timing)));
        entries.extend(self.files.iter().cloned());
        if self.reversed {
            entries.reverse();
        }
        entries
    }

    /// The finished archive: the same bytes for the same tape.
    pub fn zip(&self) -> Vec<u8> {
        let options =
            SimpleFileOptions::default().compression_method(self.packing).last_modified_time(DateTime::DEFAULT);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in self.entries() {
            if name.ends_with('/') {
                writer.add_directory(name, options).unwrap();
            } else {
                writer.start_file(name, options).unwrap();
                writer.write_all(&bytes).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }
}
