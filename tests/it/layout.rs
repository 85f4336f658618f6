//! How the MP4 lies in its file: ready to be streamed, and with nothing in it that is not the tape's.

use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// A tape of several chunks.
fn workshop() -> Workshop {
    Workshop::with(&TapeBuilder::numbered(32, 24, 200).sound(&Wav::tone(48_000, 3.4, 440.0)))
}

/// Names and bodies of the boxes in `bytes`.
fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
    let mut boxes = Vec::new();
    while !bytes.is_empty() {
        let length = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
        boxes.push((String::from_utf8_lossy(&bytes[4..8]).into_owned(), &bytes[8..length]));
        bytes = &bytes[length..];
    }
    boxes
}

fn names(boxes: &[(String, &[u8])]) -> Vec<String> {
    boxes.iter().map(|(name, _)| name.clone()).collect()
}

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted).count()
}

#[test]
fn the_index_comes_first_and_nothing_else_is_in_the_file() {
    let workshop = workshop();
    workshop.run("convert tape.zip").succeeds();
    let bytes = workshop.get("tape.mp4");
    let top = boxes(&bytes);
    assert_eq!(names(&top), ["ftyp", "moov", "mdat"]);
    let index = boxes(top[1].1);
    assert_eq!(names(&index)[..3], ["mvhd", "trak", "trak"]);
}

#[test]
fn neither_dates_nor_versions_are_in_the_file() {
    let workshop = workshop();
    let video = workshop.convert("");
    for tags in [&video.tags, &video.pictures.tags, &video.sound.as_ref().unwrap().tags] {
        assert!(tags.get("creation_time").is_none() && tags.get("encoder").is_none(), "{tags}");
    }
    let bytes = workshop.get("tape.mp4");
    assert_eq!((count(&bytes, b"Lavf"), count(&bytes, b"Lavc")), (0, 0));
    let index = boxes(&bytes)[1].1;
    let header = boxes(index)[0].1;
    // Version and flags, then when it was made and changed.
    assert_eq!(header[4..12], [0; 8]);
}

#[test]
fn settings_are_written_once_though_there_are_many_chunks() {
    let workshop = workshop();
    workshop.run("convert tape.zip").succeeds();
    assert_eq!(count(&workshop.get("tape.mp4"), b"x264 - core"), 1);
}

#[test]
fn every_chunk_can_be_sought_to() {
    let workshop = workshop();
    let video = workshop.convert("");
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0"])
        .arg(&video.path)
        .output()
        .unwrap();
    let flags = String::from_utf8(output.stdout).unwrap();
    let keys: Vec<_> =
        flags.lines().enumerate().filter(|(_, flags)| flags.starts_with('K')).map(|(at, _)| at).collect();
    // Chunks of 150 at most, of equal length.
    assert_eq!((flags.lines().count(), keys), (200, vec![0, 100]));
}
