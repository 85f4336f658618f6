//! Matches rows of `timing.json` with frames, and puts them in order.
//!
//! Rows are matched by the frame's number: from the row's file name, otherwise the row's own number, otherwise its
//! position.

use std::collections::{BTreeMap, HashSet};

use super::archive::Entry;
use super::names::{FrameNumber, frame_named};
use super::timing::FrameTiming;

/// A frame of the tape: its timing, and its picture unless the archive lacks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The picture.
    pub entry: Option<Entry>,
    /// Its row of `timing.json`; empty if it has none.
    pub row: FrameTiming,
}

/// All frames in the order of time.
#[derive(Debug, Default, PartialEq)]
pub struct Ordered {
    /// The frames.
    pub slots: Vec<Slot>,
    /// The names that rows give to frames missing from the archive.
    pub missing: Vec<String>,
    /// Names of frames without a row.
    pub unlisted: Vec<String>,
    /// The number of rows for frames that already have one.
    pub repeated: usize,
    /// Whether rows and frames were matched by position, because only their counts agree.
    pub is_by_position: bool,
}

/// A row and its frame.
struct Listed {
    row: FrameTiming,
    number: Option<FrameNumber>,
    entry: Option<Entry>,
}

/// Orders the frames of an archive by their `rows`.
pub fn order(frames: Vec<(FrameNumber, Entry)>, rows: Vec<FrameTiming>) -> Ordered {
    let mut frames: BTreeMap<FrameNumber, Entry> = frames.into_iter().collect();
    let mut ordered = Ordered::default();
    let names_decide = rows.iter().any(|row| row.filename.is_some());
    let numbers = numbers(&frames, &rows, &mut ordered.is_by_position);
    let mut listed = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for (row, number) in rows.into_iter().zip(numbers) {
        if number.as_ref().is_some_and(|number| !seen.insert(number.clone())) {
            ordered.repeated += 1;
            continue;
        }
        let entry = number.as_ref().and_then(|number| frames.remove(number));
        if entry.is_none() {
            ordered.missing.push(called(&row, number.as_ref()));
        }
        listed.push(Listed { row, number, entry });
    }
    if listed.iter().all(|listed| listed.entry.is_none()) {
        // These rows belong to another tape.
        listed.clear();
    }
    sort(&mut listed, names_decide);
    ordered.unlisted = frames.values().map(|entry| entry.name.clone()).collect();
    ordered.slots = with_unlisted(listed, frames);
    ordered
}

fn called(row: &FrameTiming, number: Option<&FrameNumber>) -> String {
    match (&row.filename, row.number.or_else(|| number?.single())) {
        (Some(name), _) => name.clone(),
        (None, Some(number)) => format!("frame {number}"),
        (None, None) => "a frame without a number".into(),
    }
}

/// The number of the frame of each row.
fn numbers(
    frames: &BTreeMap<FrameNumber, Entry>,
    rows: &[FrameTiming],
    is_by_position: &mut bool,
) -> Vec<Option<FrameNumber>> {
    let in_archive: Vec<&FrameNumber> = frames.keys().collect();
    let singles: Option<Vec<u64>> = in_archive.iter().map(|number| number.single()).collect();
    let Some(singles) = singles else {
        // Dates are not numbers, so a row's number is an index into them.
        let at = |index: usize| in_archive.get(index).copied().cloned();
        let of = |(index, row): (usize, &FrameTiming)| match row.filename.as_deref().and_then(frame_named) {
            Some(number) => Some(number),
            None => at(row.number.map_or(index, |number| number as usize)),
        };
        let numbers: Vec<_> = rows.iter().enumerate().map(of).collect();
        let is_met = numbers.iter().flatten().any(|number| frames.contains_key(number));
        *is_by_position = !is_met && rows.len() == frames.len() && !rows.is_empty();
        return if *is_by_position { (0..rows.len()).map(at).collect() } else { numbers };
    };
    let named = |row: &FrameTiming| row.filename.as_deref().and_then(frame_named);
    let by_name = continued(rows.iter().map(|row| named(row).or(row.number.map(FrameNumber::of))));
    let by_number = continued(rows.iter().map(|row| row.number.map(FrameNumber::of)));
    let meets = |numbers: &[Option<FrameNumber>]| numbers.iter().flatten().any(|number| frames.contains_key(number));
    for numbers in [by_name, by_number] {
        if let Some(shifted) = shifted(&numbers, &singles) {
            *is_by_position = true;
            return shifted;
        }
        if meets(&numbers) {
            return numbers;
        }
    }
    let has_numbers = rows.iter().any(|row| named(row).is_some() || row.number.is_some());
    *is_by_position = has_numbers || rows.iter().any(|row| row.filename.is_some());
    let positions = positions(&singles, rows.len());
    if *is_by_position && rows.len() != frames.len() {
        // No match: these rows belong to other frames.
        *is_by_position = false;
        return rows.iter().map(|row| named(row).or(row.number.map(FrameNumber::of))).collect();
    }
    positions
}

/// The numbers of rows; a row without one follows the previous row.
fn continued(numbers: impl Iterator<Item = Option<FrameNumber>>) -> Vec<Option<FrameNumber>> {
    let mut numbers: Vec<_> = numbers.collect();
    let first = numbers.iter().enumerate().find_map(|(index, number)| Some((index, number.as_ref()?.single()?)));
    let Some((index, first)) = first else { return numbers };
    let mut next = first.checked_sub(index as u64);
    for number in &mut numbers {
        if number.is_none() {
            *number = next.map(FrameNumber::of);
        }
        next = number.as_ref().and_then(FrameNumber::single).and_then(|number| number.checked_add(1)).or(next);
    }
    numbers
}

/// The numbers of rows that start from a different number than the archive and otherwise agree.
fn shifted(numbers: &[Option<FrameNumber>], in_archive: &[u64]) -> Option<Vec<Option<FrameNumber>>> {
    let singles: Vec<u64> = numbers.iter().map(|number| number.as_ref()?.single()).collect::<Option<_>>()?;
    let mut sorted = singles.clone();
    sorted.sort_unstable();
    if sorted.len() != in_archive.len() || sorted.first()? == in_archive.first()? {
        return None;
    }
    let shift = |row: u64, frame: u64| i128::from(frame) - i128::from(row);
    let by = shift(*sorted.first()?, *in_archive.first()?);
    let is_constant = sorted.iter().zip(in_archive).all(|(&row, &frame)| shift(row, frame) == by);
    let moved = |number: u64| u64::try_from(i128::from(number) + by).ok().map(FrameNumber::of);
    is_constant.then(|| singles.into_iter().map(moved).collect())
}

/// The frames of rows without any number. If the archive has gaps, a row's position is a frame number.
fn positions(in_archive: &[u64], rows: usize) -> Vec<Option<FrameNumber>> {
    let (first, last) = (in_archive.first().copied().unwrap_or(0), in_archive.last().copied().unwrap_or(0));
    let fits = |from: u64| last - from < rows as u64;
    let from = [0, first].into_iter().find(|&from| fits(from));
    let of = |index: usize| match from {
        Some(from) => from.checked_add(index as u64),
        None => in_archive.get(index).copied(),
    };
    (0..rows).map(|index| of(index).map(FrameNumber::of)).collect()
}

/// Sorts rows, which can be in any order: by number, if the times run backwards less often that way.
fn sort(listed: &mut [Listed], names_decide: bool) {
    if listed.iter().any(|listed| listed.number.is_none()) {
        return;
    }
    let backwards = |order: &[usize]| {
        let times = order.iter().filter_map(|&index| listed[index].row.timestamp).collect::<Vec<_>>();
        times.windows(2).filter(|pair| pair[1] < pair[0]).count()
    };
    let as_listed: Vec<usize> = (0..listed.len()).collect();
    let mut by_number = as_listed.clone();
    by_number.sort_by(|&one, &other| listed[one].number.cmp(&listed[other].number));
    let (listed_backwards, sorted_backwards) = (backwards(&as_listed), backwards(&by_number));
    if sorted_backwards < listed_backwards || sorted_backwards == listed_backwards && !names_decide {
        listed.sort_by(|one, other| one.number.cmp(&other.number));
    }
}

/// Inserts frames without a row by their number, or at the end if the order is not that of the numbers.
fn with_unlisted(listed: Vec<Listed>, unlisted: BTreeMap<FrameNumber, Entry>) -> Vec<Slot> {
    let is_sorted = listed.windows(2).all(|pair| pair[0].number <= pair[1].number);
    let mut unlisted = unlisted.into_iter().peekable();
    let mut slots = Vec::with_capacity(listed.len() + unlisted.len());
    let alone = |entry| Slot { entry: Some(entry), row: FrameTiming::default() };
    for Listed { row, number, entry } in listed {
        if let (true, Some(number)) = (is_sorted, &number) {
            while let Some((_, entry)) = unlisted.next_if(|(other, _)| other < number) {
                slots.push(alone(entry));
            }
        }
        slots.push(Slot { entry, row });
    }
    slots.extend(unlisted.map(|(_, entry)| alone(entry)));
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::archive::tests::entry;
    use crate::tape::names::{Role, role};

    fn frames(names: &[&str]) -> Vec<(FrameNumber, Entry)> {
        let numbered = |name: &&str| match role(name) {
            Role::Frame(number) => (number, entry(name)),
            role => panic!("{name} is {role:?}"),
        };
        names.iter().map(numbered).collect()
    }

    /// What is shown: the name of each frame, or nothing, and its time.
    fn shown(ordered: &Ordered) -> Vec<(&str, Option<f64>)> {
        let name = |slot: &'_ Slot| slot.entry.as_ref().map_or("", |entry| &entry.name).to_owned();
        let slots = ordered.slots.iter().map(|slot| (name(slot), slot.row.timestamp));
        slots.map(|(name, time)| (&*name.leak(), time)).collect()
    }

    fn row(filename: Option<&str>, number: Option<u64>, timestamp: f64) -> FrameTiming {
        FrameTiming { filename: filename.map(Into::into), number, timestamp: Some(timestamp), duration: None }
    }

    fn named(name: &str, timestamp: f64) -> FrameTiming {
        row(Some(name), None, timestamp)
    }

    #[test]
    fn names_meet_whatever_they_look_like() {
        let archive = ["./FRAME-0.PNG", "./FRAME-1.PNG"];
        for form in ["frame-0000N.png", "frames/frame_N.jpg", "./Frame-N"] {
            let rows = [1, 0].map(|number| named(&form.replace('N', &number.to_string()), f64::from(number)));
            let ordered = order(frames(&archive), rows.into());
            assert_eq!(shown(&ordered), [("./FRAME-0.PNG", Some(0.0)), ("./FRAME-1.PNG", Some(1.0))], "{form}");
            assert_eq!((ordered.missing.len(), ordered.unlisted.len(), ordered.is_by_position), (0, 0, false));
        }
    }

    #[test]
    fn timing_decides_the_order_where_its_times_agree() {
        let archive = frames(&["frame-0.png", "frame-1.png", "frame-2.png"]);
        let rows = vec![named("frame-1.png", 5.0), named("frame-9.png", 6.0), named("frame-0.png", 7.0)];
        let ordered = order(archive, rows);
        let expected = [("frame-1.png", Some(5.0)), ("", Some(6.0)), ("frame-0.png", Some(7.0)), ("frame-2.png", None)];
        assert_eq!(shown(&ordered), expected);
        assert_eq!((ordered.missing, ordered.unlisted), (vec!["frame-9.png".into()], vec!["frame-2.png".into()]));
    }

    #[test]
    fn rows_without_names_are_matched_by_their_number_in_any_order() {
        let archive = ["frame_0000.png", "frame_0002.png", "frame_0003.png"];
        let rows = [2, 0, 3, 1].map(|number| row(None, Some(number), number as f64 * 10.0));
        let ordered = order(frames(&archive), rows.into());
        let expected = [(archive[0], Some(0.0)), ("", Some(10.0)), (archive[1], Some(20.0)), (archive[2], Some(30.0))];
        assert_eq!(shown(&ordered), expected);
        assert_eq!(ordered.missing, ["frame 1"]);
    }

    #[test]
    fn rows_without_names_and_numbers_are_matched_by_position() {
        let rows = |count: u8| (0..count).map(|index| row(None, None, f64::from(index))).collect::<Vec<_>>();
        let ordered = order(frames(&["frame-2.png", "frame-1.png"]), rows(2));
        assert_eq!(shown(&ordered), [("frame-1.png", Some(0.0)), ("frame-2.png", Some(1.0))]);
        // A gap in the archive is a gap in the rows.
        let ordered = order(frames(&["frame-0.png", "frame-2.png"]), rows(3));
        assert_eq!(shown(&ordered), [("frame-0.png", Some(0.0)), ("", Some(1.0)), ("frame-2.png", Some(2.0))]);
        let ordered = order(frames(&["frame-10.png", "frame-20.png"]), rows(2));
        assert_eq!(shown(&ordered), [("frame-10.png", Some(0.0)), ("frame-20.png", Some(1.0))]);
        let dates = ["frame_2025.10.17.9.5.10.001.png", "frame_2025.10.17.9.5.9.999.png"];
        let ordered = order(frames(&dates), vec![row(None, Some(1), 1.0), row(None, Some(0), 0.0)]);
        assert_eq!(shown(&ordered), [(dates[1], Some(0.0)), (dates[0], Some(1.0))]);
    }

    #[test]
    fn where_nothing_meets_equal_counts_are_matched_by_position() {
        let names = ["frame-0.png", "frame-1.png"];
        for rows in [
            vec![named("IMG_7.png", 1.0), named("IMG_8.png", 2.0)],
            vec![named("frame-1.png", 1.0), named("frame-2.png", 2.0)],
            vec![row(None, Some(70), 1.0), row(None, Some(80), 2.0)],
            vec![named("frame_2025.1.2.3.4.5.6.png", 1.0), named("frame_2025.1.2.3.4.5.7.png", 2.0)],
        ] {
            let ordered = order(frames(&names), rows);
            assert_eq!(shown(&ordered), [(names[0], Some(1.0)), (names[1], Some(2.0))]);
            assert!(ordered.is_by_position && ordered.missing.is_empty());
        }
        let ordered = order(frames(&names), vec![named("frame-70.png", 1.0)]);
        assert_eq!((ordered.is_by_position, ordered.missing.len(), ordered.unlisted.len()), (false, 1, 2));
        assert_eq!(shown(&ordered), [(names[0], None), (names[1], None)]);
    }

    #[test]
    fn a_frame_that_no_row_is_about_is_shown_where_its_number_is() {
        let archive = frames(&["frame-0.png", "frame-1.png", "frame-2.png"]);
        let ordered = order(archive, vec![named("frame-0.png", 5.0), named("frame-2.png", 7.0)]);
        assert_eq!(shown(&ordered), [("frame-0.png", Some(5.0)), ("frame-1.png", None), ("frame-2.png", Some(7.0))]);
    }

    #[test]
    fn of_two_rows_about_a_frame_the_first_counts() {
        let rows = vec![named("frame-0.png", 1.0), named("frame-00.png", 2.0), named("frame-1.png", 3.0)];
        let ordered = order(frames(&["frame-0.png", "frame-1.png"]), rows);
        assert_eq!(shown(&ordered), [("frame-0.png", Some(1.0)), ("frame-1.png", Some(3.0))]);
        assert_eq!(ordered.repeated, 1);
    }
}
