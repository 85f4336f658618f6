//! A tape as it lies in its ZIP: frames in order, when each is shown, and the sound.
//!
//! [`Tape::open`] reads the directory, `timing.json`, the header of every picture and of the sound, and holds all of
//! it against the [`Limits`]. Pictures are unpacked later, one at a time, by [`Reel::picture_bytes`].

mod archive;
mod frames;
mod limits;
mod reel;
mod soundtrack;
mod timeline;
mod timing;
mod warnings;

use crate::error::{Error, Result};
use crate::picture::{self, Picture};

pub use archive::{Archive, Entry, Source};
pub use limits::Limits;
use limits::{MAX_SIDE, MAX_TIMING_BYTES};
pub use reel::Reel;
pub use soundtrack::{BLOCK, Soundtrack};
pub use timeline::{Shown, TICKS_PER_SECOND, Timeline};
pub use timing::FrameTiming;

/// A recording: pictures, their times, and maybe sound.
#[derive(Debug)]
pub struct Tape {
    /// When each frame is shown, before anything is merged or snapped.
    pub timeline: Timeline,
    /// The sound, if there is any.
    pub soundtrack: Option<Soundtrack>,
    /// Width of the first frame, and so of the video, in pixels.
    pub width: u32,
    /// Height of the first frame.
    pub height: u32,
    /// What is odd about the tape but does not keep it from being shown, in sentences for people.
    pub warnings: Vec<String>,
    /// Bytes of the whole archive.
    pub bytes: u64,
    /// Entries of the archive, directories excepted.
    pub entries: usize,
    /// Entries that are neither frames nor timing nor sound.
    pub extra: Vec<String>,
    /// What `timing.json` says about each frame.
    pub timing: Vec<FrameTiming>,
    archive: Archive,
    frames: Vec<Entry>,
    limits: Limits,
}

impl Tape {
    /// Opens a tape and checks everything that can be checked without unpacking its pictures.
    ///
    /// # Errors
    /// Whatever is wrong with the archive, `timing.json`, the head of a picture or the soundtrack; and
    /// [`Error::Limit`] for a tape that asks for more than `limits`.
    pub fn open(source: impl Into<Source>, limits: &Limits) -> Result<Self> {
        let mut archive = Archive::open(source.into(), limits)?;
        let contents = Contents::sort(&archive);
        within("tape holds", contents.frames.len() as u64, limits.frames as u64, "frames", "--max-frames")?;
        within("tape unpacks to", contents.bytes(), limits.bytes, "bytes", "--max-bytes")?;

        let rows = match &contents.timing {
            Some(entry) => {
                let mut json = Vec::new();
                archive.read(entry, MAX_TIMING_BYTES, &mut json)?;
                timing::parse(&json, limits.frames)?
            }
            None => Vec::new(),
        };
        let ordered = frames::order(contents.frames, rows);
        let mut warnings = warnings::of_timing(contents.timing.is_some(), &ordered);

        let ((width, height), others) = probe_frames(&mut archive, &ordered.frames, limits)?;
        warnings.extend(warnings::of_sizes(others, (width, height)));
        let (timeline, replaced) = Timeline::new(&ordered.rows);
        warnings.extend(warnings::of_replaced(replaced));
        not_too_long("tape lasts", timeline.duration().as_secs_f64(), limits)?;

        let soundtrack = match &contents.soundtrack {
            Some(entry) => Some(Soundtrack::open(&mut archive, entry)?),
            None => None,
        };
        if let Some(sound) = &soundtrack {
            not_too_long("soundtrack lasts", sound.seconds(), limits)?;
        }
        warnings.extend(soundtrack.as_ref().and_then(|sound| warnings::of_sound(sound, &timeline)));
        let soundtrack = soundtrack.filter(|sound| sound.frames > 0);
        Ok(Tape {
            timeline,
            soundtrack,
            width,
            height,
            warnings,
            bytes: archive.bytes(),
            entries: archive.entries().count(),
            extra: contents.extra,
            timing: ordered.rows,
            archive,
            frames: ordered.frames,
            limits: *limits,
        })
    }

    /// Number of frames in the archive.
    #[must_use]
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The frame in the middle, which stands for all of them on thumbnails.
    ///
    /// # Errors
    /// What is wrong with the picture.
    pub fn middle_picture(&self) -> Result<Picture> {
        let mut picture = Picture::default();
        self.reel().picture(self.frame_count() / 2, &mut picture::Decoder::default(), &mut picture)?;
        Ok(picture)
    }

    /// When all is over, pictures and sound, in ticks.
    #[must_use]
    pub fn end(&self) -> i64 {
        let pictures = self.timeline.end();
        self.soundtrack.as_ref().map_or(pictures, |sound| sound.end_with(pictures))
    }

    /// A reader of pictures and sound for one thread.
    #[must_use]
    pub fn reel(&self) -> Reel<'_> {
        Reel::new(self)
    }

    /// For each frame whether it is the same file as the one before it: equal checksum and length in the directory,
    /// and then equal bytes.
    ///
    /// # Errors
    /// [`Error::Unpack`] if one of the frames compared is damaged.
    pub fn repeats(&self) -> Result<Vec<bool>> {
        let mut archive = self.archive.clone();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let mut repeats = vec![false; self.frames.len()];
        for (index, pair) in self.frames.windows(2).enumerate() {
            if (pair[0].crc32, pair[0].size) == (pair[1].crc32, pair[1].size) {
                if !repeats[index] {
                    archive.read(&pair[0], self.most_packed(), &mut one)?;
                }
                archive.read(&pair[1], self.most_packed(), &mut other)?;
                repeats[index + 1] = one == other;
            }
        }
        Ok(repeats)
    }

    /// The longest file that a picture within the limits can need: 16-bit RGBA that does not compress, and chunks of
    /// text beside it.
    fn most_packed(&self) -> u64 {
        (self.limits.pixels * 8 + (1 << 20)).min(self.limits.bytes)
    }
}

/// The entries of an archive, by what they are for.
#[derive(Default)]
struct Contents {
    frames: Vec<Entry>,
    timing: Option<Entry>,
    soundtrack: Option<Entry>,
    extra: Vec<String>,
}

impl Contents {
    fn sort(archive: &Archive) -> Self {
        let mut contents = Contents::default();
        for entry in archive.entries() {
            match entry.name.to_ascii_lowercase().as_str() {
                name if frames::is_frame(name) => contents.frames.push(entry),
                "timing.json" => contents.timing = Some(entry),
                "soundtrack.wav" => contents.soundtrack = Some(entry),
                _ => contents.extra.push(entry.name),
            }
        }
        contents
    }

    /// What all that is of use unpacks to. Declared by the archive, and enforced while unpacking.
    fn bytes(&self) -> u64 {
        let used = self.frames.iter().chain(&self.timing).chain(&self.soundtrack);
        used.fold(0, |sum, entry| sum.saturating_add(entry.size))
    }
}

/// Reads the head of every frame: all must be pictures, none too large. Answers the size of the first, and how many
/// have another.
fn probe_frames(archive: &mut Archive, frames: &[Entry], limits: &Limits) -> Result<((u32, u32), usize)> {
    let mut size = None;
    let mut others = 0;
    for entry in frames {
        let head = archive.head(entry, picture::PROBE_BYTES)?;
        let Some((_, width, height)) = picture::probe(&head) else {
            return Err(Error::Entry { name: entry.name.clone(), what: "is neither PNG nor WebP".into() });
        };
        if width == 0 || height == 0 {
            return Err(Error::Entry { name: entry.name.clone(), what: "has no pixels".into() });
        }
        let (what, value) = (format!("{} is", entry.name), format!("{width}x{height} pixels"));
        if u64::from(width) * u64::from(height) > limits.pixels {
            let limit = format!("{} in all", limits.pixels);
            return Err(Error::Limit { what, value, limit, flag: Some("--max-pixels") });
        }
        if width.max(height) > MAX_SIDE {
            return Err(Error::Limit { what, value, limit: format!("{MAX_SIDE} a side"), flag: None });
        }
        others += usize::from(*size.get_or_insert((width, height)) != (width, height));
    }
    Ok((size.ok_or(Error::NoFrames)?, others))
}

fn within(what: &str, value: u64, limit: u64, unit: &str, flag: &'static str) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::Limit {
        what: what.into(),
        value: format!("{value} {unit}"),
        limit: limit.to_string(),
        flag: Some(flag),
    })
}

fn not_too_long(what: &str, seconds: f64, limits: &Limits) -> Result<()> {
    let limit = limits.duration.as_secs_f64();
    if seconds <= limit {
        return Ok(());
    }
    let (value, limit) = (format!("{seconds:.3} s"), format!("{limit} s"));
    Err(Error::Limit { what: what.into(), value, limit, flag: Some("--max-duration") })
}
