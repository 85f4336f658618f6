//! Warnings about a tape: flaws that do not prevent a video.

use std::fmt;

use serde::{Serialize, Serializer};

use super::clock::Judgement;
use super::frames::Ordered;
use super::pace::Unit;
use super::soundtrack::{BLOCK, Soundtrack};
use super::timeline::Timeline;

/// The most names in a warning; the rest are counted.
const MOST_NAMES: usize = 5;

/// The part of a tape that a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The ZIP.
    Archive,
    /// `timing.json`
    Timing,
    /// The pictures.
    Frames,
    /// `soundtrack.wav`
    Soundtrack,
    /// The resulting video.
    Video,
}

/// A flaw, and how it was handled. Its text names the affected part first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// Ignored entries that occur more than once.
    Twice(Names),
    /// There is no `timing.json`.
    NoTiming,
    /// `timing.json` cannot be read.
    UnreadableTiming {
        /// The reason.
        because: String,
    },
    /// Rows and frames have neither names nor numbers in common.
    ByPosition,
    /// Rows whose frame is not in the archive.
    Missing(Names),
    /// Frames without a row.
    Unlisted(Names),
    /// Rows for frames that already have one.
    Repeated(usize),
    /// No row has a timestamp.
    NoTimestamps,
    /// Rows without a timestamp, among others.
    NoTimestamp(usize),
    /// Times in another unit than milliseconds.
    InUnit(Unit),
    /// More than a thousand frames per second by the timestamps, but not by the durations.
    Impossible,
    /// Implausible times.
    Off(usize),
    /// The clock was changed during the recording.
    Set(usize),
    /// Frames with the time of the previous one.
    SharedTime(usize),
    /// Frames that cannot be shown.
    Damaged {
        /// Which.
        names: Names,
        /// The error of the first.
        because: String,
    },
    /// Frames of another size than the video.
    OtherSize {
        /// Which.
        names: Names,
        /// Width and height of the video.
        size: (u32, u32),
    },
    /// A soundtrack that cannot be played.
    UnreadableSound {
        /// The reason.
        because: String,
    },
    /// A soundtrack without sound.
    EmptySound,
    /// A soundtrack that is too short to encode.
    ShortSound,
    /// Sound that lasts longer than the pictures, by this many seconds.
    LongerSound(f64),
    /// Sound that ends before the pictures, by this many seconds.
    ShorterSound(f64),
    /// The video did not fit into this many bytes at the preset's quality.
    LowerQuality(u64),
    /// One of several encoders is missing.
    NoEncoder {
        /// Its libav name.
        encoder: &'static str,
    },
    /// A codec that should be lossless was not.
    NotExact {
        /// Its name.
        codec: &'static str,
        /// The error of the video.
        because: String,
    },
    /// A lossless video is larger than the tape's pictures.
    LargerThanPictures {
        /// The excess in per cent of their size.
        percent: u64,
        /// The codecs that were tried.
        codecs: Vec<&'static str>,
    },
}

impl Warning {
    /// The affected part of the tape.
    #[must_use]
    pub fn part(&self) -> Part {
        use Warning as W;
        match self {
            W::Twice(_) => Part::Archive,
            W::Damaged { .. } | W::OtherSize { .. } => Part::Frames,
            W::UnreadableSound { .. } | W::EmptySound | W::ShortSound | W::LongerSound(_) | W::ShorterSound(_) => {
                Part::Soundtrack
            }
            W::LowerQuality(_) | W::NoEncoder { .. } | W::NotExact { .. } | W::LargerThanPictures { .. } => Part::Video,
            W::NoTiming
            | W::UnreadableTiming { .. }
            | W::ByPosition
            | W::Missing(_)
            | W::Unlisted(_)
            | W::Repeated(_)
            | W::NoTimestamps
            | W::NoTimestamp(_)
            | W::InUnit(_)
            | W::Impossible
            | W::Off(_)
            | W::Set(_)
            | W::SharedTime(_) => Part::Timing,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Warning as W;
        match self {
            W::Twice(names) => write!(text, "archive holds {names} more than once; they are ignored"),
            W::NoTiming => text.write_str("no timing.json; every frame is shown for 1/30 s"),
            W::UnreadableTiming { because } => {
                write!(text, "timing.json cannot be read ({because}); every frame is shown for 1/30 s")
            }
            W::ByPosition => {
                text.write_str("timing.json and the archive name different frames; rows are matched by position")
            }
            W::Missing(names) => {
                write!(text, "timing.json lists {names}, not in the archive; a neighbouring frame is shown instead")
            }
            W::Unlisted(names) => write!(text, "timing.json does not list {names}; shown between its neighbours"),
            W::Repeated(rows) => {
                write!(
                    text,
                    "timing.json has {} for frames that already have one; the first counts",
                    count(*rows, "row")
                )
            }
            W::NoTimestamps => text.write_str("timing.json has no timestamps; the durations count"),
            W::NoTimestamp(frames) => {
                write!(text, "timing.json gives {} no timestamp; shown between its neighbours", count(*frames, "frame"))
            }
            W::InUnit(unit) => write!(text, "timing.json has times in {}; read as such", unit.name()),
            W::Impossible => {
                text.write_str("timing.json has more than 1000 frames a second by its timestamps; the durations count")
            }
            W::Off(frames) => {
                let frames = count(*frames, "frame");
                write!(text, "timing.json gives {frames} a time that does not fit; shown between its neighbours")
            }
            W::Set(times) => {
                write!(
                    text,
                    "timing.json has a clock that was changed {}; later times are shifted to fit",
                    count(*times, "time")
                )
            }
            W::SharedTime(frames) => {
                let frames = count(*frames, "frame");
                write!(text, "timing.json gives {frames} the time of the frame before; they share the time to the next")
            }
            W::Damaged { names, because } => {
                write!(text, "{names} cannot be decoded ({because}); a neighbouring frame is shown instead")
            }
            W::OtherSize { names, size: (width, height) } => {
                let are = if names.count == 1 { "is" } else { "are" };
                write!(text, "{names} {are} not of the video's size ({width}x{height}); placed top-left on black")
            }
            W::UnreadableSound { because } => {
                write!(text, "soundtrack.wav cannot be played ({because}); the video has no sound")
            }
            W::EmptySound => text.write_str("soundtrack.wav is empty; the video has no sound"),
            W::ShortSound => text.write_str("soundtrack.wav is too short to be heard; the video has no sound"),
            W::LongerSound(seconds) => {
                write!(text, "sound lasts {seconds:.3} s longer than the pictures; the last frame is held")
            }
            W::ShorterSound(seconds) => write!(text, "sound ends {seconds:.3} s before the pictures"),
            W::LowerQuality(bytes) => {
                let size = *bytes as f64 / 1e6;
                write!(text, "video did not fit into {size:.1} MB; re-encoded at lower quality")
            }
            W::NoEncoder { encoder } => write!(text, "libav has no {encoder}; other encoders are used"),
            W::NotExact { codec, because } => write!(text, "video in {codec} {because}; another codec is used"),
            W::LargerThanPictures { percent, codecs } => {
                let codecs = codecs.join(" or ");
                write!(
                    text,
                    "video is {percent} % larger than the tape's pictures; {codecs} cannot compress them further"
                )
            }
        }
    }
}

/// Serialised as its text.
impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The first few names of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    first: Vec<String>,
    count: usize,
}

impl<T: Into<String>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut found = Names::default();
        for name in names {
            found.count += 1;
            if found.first.len() < MOST_NAMES {
                found.first.push(name.into());
            }
        }
        found
    }
}

impl Names {
    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Names {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(&self.first.join(", "))?;
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(text, " and {more} more"),
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Microseconds => "microseconds",
            Unit::Nanoseconds => "nanoseconds",
        }
    }
}

/// The warnings about mismatches of rows and frames.
pub fn of_order(ordered: &mut Ordered) -> Vec<Warning> {
    let [missing, unlisted] =
        [&mut ordered.missing, &mut ordered.unlisted].map(|names| std::mem::take(names).into_iter().collect::<Names>());
    let mut warnings = Vec::new();
    warnings.extend(ordered.is_by_position.then_some(Warning::ByPosition));
    warnings.extend((!missing.is_empty()).then_some(Warning::Missing(missing)));
    warnings.extend((!unlisted.is_empty()).then_some(Warning::Unlisted(unlisted)));
    warnings.extend((ordered.repeated > 0).then_some(Warning::Repeated(ordered.repeated)));
    warnings
}

/// The warnings about implausible times, given the numbers of listed and unlisted frames; unlisted ones have no time
/// anyway.
pub fn of_times(judgement: &Judgement, listed: usize, unlisted: usize) -> Vec<Warning> {
    let some = |count: usize, warning: fn(usize) -> Warning| (count > 0).then(|| warning(count));
    let has_rows = !judgement.has_no_timestamps;
    [
        (judgement.has_no_timestamps && listed > 0).then_some(Warning::NoTimestamps),
        some(judgement.missing.saturating_sub(unlisted), Warning::NoTimestamp).filter(|_| has_rows),
        judgement.unit.map(Warning::InUnit),
        judgement.is_impossible.then_some(Warning::Impossible),
        some(judgement.off, Warning::Off),
        some(judgement.steps, Warning::Set),
        some(judgement.shared, Warning::SharedTime),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The warning about sound that is empty, or not as long as the pictures.
pub fn of_sound(sound: &Soundtrack, timeline: &Timeline) -> Option<Warning> {
    if sound.frames == 0 {
        return Some(Warning::EmptySound);
    }
    if !sound.can_be_heard() {
        return Some(Warning::ShortSound);
    }
    let surplus = sound.seconds() - timeline.duration().as_secs_f64();
    let padding = BLOCK as f64 / f64::from(sound.rate);
    match surplus {
        surplus if surplus > padding => Some(Warning::LongerSound(surplus)),
        surplus if -surplus > padding => Some(Warning::ShorterSound(-surplus)),
        _ => None,
    }
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_names_are_told_and_the_rest_counted() {
        let named = |count: usize| (0..count).map(|index| index.to_string()).collect::<Names>().to_string();
        assert_eq!([named(1), named(5), named(7)], ["0", "0, 1, 2, 3, 4", "0, 1, 2, 3, 4 and 2 more"]);
    }
}
