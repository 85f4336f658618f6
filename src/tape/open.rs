//! Opens a tape: checks the directory, timing, and headers of pictures and sound against the limits.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Bound, Error, Result, TapeError};
use crate::picture::{self, Picture};

use super::archive::{Archive, Entry, Source};
use super::contents::Contents;
use super::damage::{Damage, reason};
use super::limits::{Limits, MAX_TIMING_BYTES};
use super::soundtrack::Soundtrack;
use super::timeline::Timeline;
use super::timing::{self, FrameTiming};
use super::warnings::{self, Names, Part, Warning};
use super::{frames, probe};

/// A recording: pictures, their times, and optional sound.
#[derive(Debug)]
pub struct Tape {
    /// The time of each frame, before merging or snapping.
    pub timeline: Timeline,
    /// Width of the first decodable frame, and thus of the video, in pixels.
    pub width: u32,
    /// Height of the same frame, in pixels.
    pub height: u32,
    /// Bytes of the whole archive.
    pub bytes: u64,
    /// Entries of the archive, directories excepted.
    pub entries: usize,
    /// Entries that are neither frames nor timing nor sound.
    pub extra: Vec<String>,
    /// The rows of `timing.json` for each frame.
    pub timing: Vec<FrameTiming>,
    soundtrack: Option<Soundtrack>,
    /// The problem of the sound, if it was found only when it was played.
    lost_sound: OnceLock<String>,
    /// The warnings from opening the tape.
    warnings: Vec<Warning>,
    pub(super) damage: Damage,
    repeats: OnceLock<Vec<bool>>,
    /// Whether damage is an error.
    is_strict: AtomicBool,
    pub(super) archive: Archive,
    pub(super) frames: Vec<Entry>,
    pub(super) limits: Limits,
}

impl Tape {
    /// Opens a tape and checks everything that does not require unpacking its pictures.
    ///
    /// # Errors
    /// Errors of the archive; [`TapeError::Overlap`], [`TapeError::SameName`] or [`TapeError::Lies`] for crafted parts;
    /// [`TapeError::NoFrames`] or [`TapeError::NoPicture`] if there is nothing to show; [`Error::Limit`] for a tape
    /// that exceeds `limits`.
    pub fn open(source: impl Into<Source>, limits: &Limits) -> Result<Self> {
        let mut archive = Archive::open(source.into(), limits)?;
        let contents = Contents::sort(&archive)?;
        within("tape holds", contents.frames.len() as u64, limits.frames as u64, "frames", Bound::Frames)?;
        within("tape unpacks to", contents.bytes(), limits.bytes, "bytes", Bound::Bytes)?;

        let mut warnings = Vec::new();
        warnings.extend((!contents.twice.is_empty()).then(|| Warning::Twice(contents.twice.into_iter().collect())));
        let rows = if let Some(entry) = &contents.timing {
            read_timing(&mut archive, entry, limits, &mut warnings)?
        } else {
            warnings.push(Warning::NoTiming);
            None
        };
        let has_timing = rows.is_some();
        let mut ordered = frames::order(contents.frames, rows.unwrap_or_default());
        let unlisted = ordered.unlisted.len();
        let order_warnings = warnings::of_order(&mut ordered);
        let (rows, entries): (Vec<_>, Vec<_>) = ordered.slots.into_iter().map(|slot| (slot.row, slot.entry)).unzip();
        let longest = limits.duration.max(Limits::default().duration);
        let (timeline, judgement) = Timeline::new(&rows, |index| entries[index].is_some(), longest);
        if has_timing {
            warnings.extend(order_warnings);
            warnings.extend(warnings::of_times(&judgement, rows.len() - unlisted, unlisted));
        }
        not_too_long("tape lasts", timeline.duration().as_secs_f64(), limits)?;

        let there = rows.into_iter().zip(entries).filter_map(|(row, entry)| Some((row, entry?)));
        let (timing, frames): (Vec<_>, Vec<_>) = there.unzip();
        let (damage, sizes) = probe::frames(&mut archive, &frames, limits)?;
        let soundtrack = match &contents.soundtrack {
            Some(entry) => open_sound(&mut archive, entry, &mut warnings)?,
            None => None,
        };
        if let Some(sound) = &soundtrack {
            not_too_long("soundtrack lasts", sound.seconds(), limits)?;
        }
        warnings.extend(soundtrack.as_ref().and_then(|sound| warnings::of_sound(sound, &timeline)));
        let mut tape = Tape {
            timeline,
            soundtrack: soundtrack.filter(Soundtrack::can_be_heard),
            lost_sound: OnceLock::new(),
            width: 0,
            height: 0,
            warnings,
            damage,
            repeats: OnceLock::new(),
            is_strict: AtomicBool::new(false),
            bytes: archive.bytes(),
            entries: archive.entries().count(),
            extra: contents.extra,
            timing,
            archive,
            frames,
            limits: *limits,
        };
        tape.settle_size(&sizes)?;
        Ok(tape)
    }

    /// Sets the size of the video to that of the first decodable frame. If all frames have the same size, none needs to
    /// be decoded.
    fn settle_size(&mut self, sizes: &[Option<(u32, u32)>]) -> Result<()> {
        let mut known = sizes.iter().flatten();
        let Some(&first) = known.next() else { return Err(self.no_picture()) };
        let is_uniform = known.all(|&size| size == first);
        (self.width, self.height) = if is_uniform { first } else { self.first_picture_size()? };
        if !is_uniform {
            let size = (self.width, self.height);
            let is_other = |found: &Option<(u32, u32)>| found.is_some_and(|found| found != size);
            let others = self.frames.iter().zip(sizes).filter(|(_, found)| is_other(found));
            let names: Names = others.map(|(entry, _)| entry.name.as_str()).collect();
            self.warnings.extend((!names.is_empty()).then_some(Warning::OtherSize { names, size }));
        }
        Ok(())
    }

    fn first_picture_size(&self) -> Result<(u32, u32)> {
        let (mut decoder, mut picture) = (picture::Decoder::default(), Picture::default());
        let (mut archive, mut packed) = (self.archive.clone(), Vec::new());
        for index in (0..self.frames.len()).filter(|&index| !self.damage.is_known(index)) {
            let entry = &self.frames[index];
            let read = archive.read(entry, self.most_packed(), &mut packed);
            match read.and_then(|()| decoder.decode(&entry.name, &packed, self.limits.pixels, &mut picture)) {
                Ok(()) => return Ok((picture.width, picture.height)),
                Err(error) if error.is_flaw() => self.damage.note(index, &error),
                Err(error) => return Err(error),
            }
        }
        Err(self.no_picture())
    }

    /// All warnings so far: damaged frames and sound are found when they are decoded.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.warnings.clone();
        // A frame with the same bytes as a damaged one is never decoded.
        let repeats = self.repeats.get().into_iter().flatten().enumerate();
        repeats.filter(|(_, is_repeat)| **is_repeat).for_each(|(frame, _)| self.damage.share(frame - 1, frame));
        let mut damaged = self.damage.known();
        if let Some((first, because)) = damaged.next() {
            let all = std::iter::once(first).chain(damaged.map(|(frame, _)| frame));
            let names = all.map(|frame| self.frames[frame].name.as_str()).collect();
            warnings.push(Warning::Damaged { names, because: because.into() });
        }
        if let Some(because) = self.lost_sound.get() {
            warnings.retain(|warning| warning.part() != Part::Soundtrack);
            warnings.push(Warning::UnreadableSound { because: because.clone() });
        }
        warnings.sort_by_key(Warning::part);
        warnings
    }

    /// Refuses a tape with warnings, and turns later flaws, such as damaged frames, into errors.
    ///
    /// # Errors
    /// [`TapeError::Strict`], with the warnings so far.
    pub fn demand_no_flaws(&self) -> Result<()> {
        self.is_strict.store(true, Ordering::Relaxed);
        Error::strict(&self.warnings())
    }

    /// Whether to continue without the damaged part.
    pub(super) fn tolerates(&self, error: &Error) -> bool {
        error.is_flaw() && !self.is_strict.load(Ordering::Relaxed)
    }

    /// The sound, if there is any and it can be played.
    #[must_use]
    pub fn soundtrack(&self) -> Option<&Soundtrack> {
        self.soundtrack.as_ref().filter(|_| self.lost_sound.get().is_none())
    }

    /// Drops the sound.
    pub(super) fn lose_sound(&self, because: String) {
        self.lost_sound.get_or_init(|| because);
    }

    /// Number of frames in the archive.
    #[must_use]
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The end of pictures and sound, in ticks.
    #[must_use]
    pub fn end(&self) -> i64 {
        let pictures = self.timeline.end();
        self.soundtrack().map_or(pictures, |sound| sound.end_with(pictures))
    }

    /// Whether each frame is the same file as the previous one: equal checksum and length in the directory, and equal
    /// bytes. A frame that cannot be unpacked equals no other.
    ///
    /// # Errors
    /// [`TapeError::Lies`] or [`Error::Limit`] if a compared frame is crafted; errors of a frame if flaws are not
    /// tolerated.
    pub fn repeats(&self) -> Result<&[bool]> {
        match self.repeats.get() {
            Some(repeats) => Ok(repeats),
            None => self.compare_neighbours().map(|repeats| &self.repeats.get_or_init(|| repeats)[..]),
        }
    }

    fn compare_neighbours(&self) -> Result<Vec<bool>> {
        let mut archive = self.archive.clone();
        let mut unpack =
            |index: usize, bytes: &mut Vec<u8>| match archive.read(&self.frames[index], self.most_packed(), bytes) {
                Ok(()) => Ok(true),
                Err(error) if self.tolerates(&error) => {
                    self.damage.note(index, &error);
                    Ok(false)
                }
                Err(error) => Err(error),
            };
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let mut repeats = vec![false; self.frames.len()];
        for (index, pair) in self.frames.windows(2).enumerate() {
            if (pair[0].crc32, pair[0].size) == (pair[1].crc32, pair[1].size) {
                let is_there = repeats[index] || unpack(index, &mut one)?;
                repeats[index + 1] = unpack(index + 1, &mut other)? && is_there && one == other;
            }
        }
        Ok(repeats)
    }

    pub(super) fn no_picture(&self) -> Error {
        let first = self.damage.known().next();
        let source = first.map(|(frame, because)| format!("{}: {because}", self.frames[frame].name));
        match source {
            Some(source) => Error::Tape(TapeError::NoPicture { frames: self.frames.len(), source: source.into() }),
            None => Error::Tape(TapeError::NoFrames),
        }
    }

    /// Compressed size of all pictures in bytes.
    #[must_use]
    pub fn picture_bytes(&self) -> u64 {
        self.frames.iter().map(|entry| entry.packed).sum()
    }

    /// The largest file that a picture within the limits can need: 16-bit RGBA without compression, plus text chunks.
    pub(super) fn most_packed(&self) -> u64 {
        (self.limits.pixels * 8 + (1 << 20)).min(self.limits.bytes)
    }
}

/// The rows of `timing.json`, or a warning instead.
fn read_timing(
    archive: &mut Archive,
    entry: &Entry,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Vec<FrameTiming>>> {
    let mut json = Vec::new();
    let read = archive.read(entry, MAX_TIMING_BYTES, &mut json).and_then(|()| timing::parse(&json, limits.frames));
    match read {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if error.is_flaw() => {
            let because = reason(&error);
            warnings.push(Warning::UnreadableTiming { because });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The soundtrack, or a warning instead.
fn open_sound(archive: &mut Archive, entry: &Entry, warnings: &mut Vec<Warning>) -> Result<Option<Soundtrack>> {
    match Soundtrack::open(archive, entry) {
        Ok(soundtrack) => Ok(Some(soundtrack)),
        Err(error) if error.is_flaw() => {
            let because = reason(&error);
            warnings.push(Warning::UnreadableSound { because });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn within(what: &str, value: u64, limit: u64, unit: &str, bound: Bound) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::Limit {
        what: what.into(),
        value: format!("{value} {unit}"),
        limit: limit.to_string(),
        bound: Some(bound),
    })
}

fn not_too_long(what: &str, seconds: f64, limits: &Limits) -> Result<()> {
    let limit = limits.duration.as_secs_f64();
    if seconds <= limit {
        return Ok(());
    }
    let (value, limit) = (format!("{seconds:.3} s"), format!("{limit} s"));
    Err(Error::Limit { what: what.into(), value, limit, bound: Some(Bound::Duration) })
}
