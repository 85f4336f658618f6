//! Which entries of the archive are frames, and in what order.
//!
//! Names that recorders wrote: `frame-00000.png`, `frame-7.png`, `frame_0000.webp`, and with a local date whose parts
//! are not padded, `frame_2025.10.17.9.5.3.012.png`. `timing.json` decides the order where it names the entries;
//! else the numbers in the names do.

use std::collections::HashMap;

use super::archive::Entry;
use super::timing::FrameTiming;

/// The numbers in a frame's name, or `None` if it is not a frame's name.
fn number(name: &str) -> Option<Vec<u64>> {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(".png").or_else(|| name.strip_suffix(".webp"))?;
    let digits = stem.strip_prefix("frame-").or_else(|| stem.strip_prefix("frame_"))?;
    digits.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether an entry of this name is a frame.
pub fn is_frame(name: &str) -> bool {
    number(name).is_some()
}

/// Frames in the order of time, each with its row of `timing.json`.
#[derive(Debug, Default, PartialEq)]
pub struct Ordered {
    /// The entries, first shown first.
    pub frames: Vec<Entry>,
    /// For each of them what is known about its time.
    pub rows: Vec<FrameTiming>,
    /// Rows of `timing.json` for which there is no frame.
    pub rows_without_frame: usize,
    /// Frames for which there is no row in `timing.json`.
    pub frames_without_row: usize,
}

/// Orders `frames` and gives each its row.
pub fn order(mut frames: Vec<Entry>, mut rows: Vec<FrameTiming>) -> Ordered {
    frames.sort_by_cached_key(|entry| (number(&entry.name), entry.name.clone()));
    let (listed, known) = (rows.len(), frames.len());
    if rows.iter().any(|row| row.filename.is_some()) {
        let mut by_name: HashMap<&str, &Entry> = frames.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        let (mut found, mut kept) = (Vec::new(), Vec::new());
        for row in rows {
            if let Some(entry) = row.filename.as_deref().and_then(|name| by_name.remove(name)) {
                found.push(entry.clone());
                kept.push(row);
            }
        }
        // What nobody listed is shown after the rest, rather than lost.
        found.extend(frames.iter().filter(|entry| by_name.contains_key(entry.name.as_str())).cloned());
        (frames, rows) = (found, kept);
    }
    rows.truncate(known);
    let matched = rows.len();
    rows.resize_with(known, FrameTiming::default);
    Ordered { frames, rows, rows_without_frame: listed - matched, frames_without_row: known - matched }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::archive::tests::entry;

    fn names(ordered: &Ordered) -> Vec<&str> {
        ordered.frames.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn row(filename: Option<&str>, timestamp: f64) -> FrameTiming {
        FrameTiming { filename: filename.map(Into::into), timestamp: Some(timestamp), duration: None }
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_dates_part_by_part() {
        let ordered = order(["frame-10.png", "frame-9.png", "frame-00011.PNG"].map(entry).into(), vec![]);
        assert_eq!(names(&ordered), ["frame-9.png", "frame-10.png", "frame-00011.PNG"]);
        let dates = ["frame_2025.10.17.9.5.10.001.png", "frame_2025.10.17.9.5.9.999.png"].map(entry);
        assert_eq!(names(&order(dates.into(), vec![]))[0], "frame_2025.10.17.9.5.9.999.png");
    }

    #[test]
    fn timing_decides_the_order_where_it_names_the_entries() {
        let frames = ["frame-0.png", "frame-1.png", "frame-2.png"].map(entry);
        let rows = vec![row(Some("frame-1.png"), 5.0), row(Some("frame-9.png"), 6.0), row(Some("frame-0.png"), 7.0)];
        let ordered = order(frames.into(), rows);
        assert_eq!(names(&ordered), ["frame-1.png", "frame-0.png", "frame-2.png"]);
        assert_eq!(ordered.rows.iter().map(|row| row.timestamp).collect::<Vec<_>>(), [Some(5.0), Some(7.0), None]);
        assert_eq!((ordered.rows_without_frame, ordered.frames_without_row), (1, 1));
    }

    #[test]
    fn rows_without_names_are_matched_by_index() {
        let frames = ["frame-2.png", "frame-1.png"].map(entry);
        let ordered = order(frames.into(), vec![row(None, 5.0), row(None, 6.0), row(None, 7.0)]);
        assert_eq!(names(&ordered), ["frame-1.png", "frame-2.png"]);
        assert_eq!((ordered.rows.len(), ordered.rows_without_frame), (2, 1));
    }

    #[test]
    fn only_the_names_recorders_write_are_frames() {
        for name in ["frame-00000.png", "frame_0001.webp", "frame_2025.1.2.3.4.5.678.png", "Frame-1.PNG"] {
            assert!(is_frame(name), "{name}");
        }
        for name in
            ["../frame-0.png", "/frame-0.png", "a/frame-0.png", "frame-.png", "frame-x.png", "frame-1.gif", "1.png"]
        {
            assert!(!is_frame(name), "{name}");
        }
    }
}
