//! Storyboards: what players are given to show above their time line.

use std::process::Command;

use crate::support::command::Workshop;
use crate::support::picture::{PALETTE, Picture};
use crate::support::tape::TapeBuilder;

/// Frames of one colour each.
fn plain(count: usize) -> impl Iterator<Item = Picture> {
    (0..count).map(|index| Picture::draw(96, 60, move |_, _| PALETTE[index % PALETTE.len()]))
}

/// What ffmpeg makes of a WebP: its size, and a function from a place to a colour.
fn decoded(workshop: &Workshop, name: &str) -> (usize, usize, impl Fn(usize, usize) -> [u8; 3]) {
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).arg(workshop.path(name)).output();
        done.unwrap_or_else(|error| panic!("{program}: {error}; install FFmpeg to run this test")).stdout
    };
    let size = run("ffprobe", &["-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0"]);
    let size = String::from_utf8(size).unwrap();
    let (width, height) = size.trim().split_once(',').unwrap();
    let (width, height) = (width.parse().unwrap(), height.parse::<usize>().unwrap());
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(workshop.path(name))
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    let pixels = done.stdout;
    assert_eq!(pixels.len(), width * height * 3);
    (width, height, move |x, y| pixels[(y * width + x) * 3..][..3].try_into().unwrap())
}

/// The cues of a `WebVTT` file: from, to (in ms), address, and x, y, width, height.
fn cues(vtt: &str) -> Vec<(i64, i64, String, [usize; 4])> {
    let milliseconds = |time: &str| {
        let parts: Vec<i64> = time.split([':', '.']).map(|part| part.parse().unwrap()).collect();
        ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3]
    };
    let mut blocks = vtt.split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"));
    let cue = |block: &str| {
        let (times, payload) = block.trim_end().split_once('\n').unwrap();
        let (from, to) = times.split_once(" --> ").unwrap();
        let (address, area) = payload.split_once("#xywh=").unwrap();
        let area: Vec<usize> = area.split(',').map(|side| side.parse().unwrap()).collect();
        (milliseconds(from), milliseconds(to), address.to_owned(), area.try_into().unwrap())
    };
    blocks.map(cue).collect()
}

#[test]
fn each_cue_shows_the_frame_that_is_on_show_in_its_middle() {
    // The last of twelve frames stays for as long as the others together.
    let times: Vec<f64> = (0..12).map(|frame| f64::from(frame) * 100.0).collect();
    let workshop = Workshop::with(&TapeBuilder::of(plain(12), 0.0).at(&times, 1300.0));
    let line = &workshop.run("convert tape.zip --storyboard my#tape.webp --json").succeeds().json()[0];
    assert_eq!(line["storyboard"], "my#tape.webp");
    let webp = workshop.get("my#tape.webp");
    assert!(webp.starts_with(b"RIFF") && &webp[8..15] == b"WEBPVP8" && webp.len() <= 40_000, "{}", webp.len());

    let cues = cues(&String::from_utf8(workshop.get("my#tape.vtt")).unwrap());
    let (width, height, color) = decoded(&workshop, "my#tape.webp");
    assert_eq!((cues.len(), width, height), (6, 480, 200));
    for (index, (from, to, address, [x, y, width, height])) in cues.iter().enumerate() {
        assert_eq!((*from, *to), (index as i64 * 400, (index as i64 + 1) * 400));
        assert_eq!((address.as_str(), *width, *height), ("my%23tape.webp", 160, 100));
        let frame = ((from + to) / 200).min(11) as usize;
        let (seen, drawn) = (color(x + width / 2, y + height / 2), PALETTE[frame]);
        let worst = seen.iter().zip(&drawn).map(|(seen, drawn)| seen.abs_diff(*drawn)).max();
        assert!(worst <= Some(6), "cue {index}: {seen:?}, not frame {frame}, {drawn:?}");
    }
}

#[test]
fn the_same_tape_has_the_same_storyboard_on_any_number_of_cores() {
    let workshop = Workshop::with(&TapeBuilder::of(plain(20), 50.0));
    workshop.run("convert tape.zip --storyboard one.webp --jobs 1").succeeds();
    workshop.run("convert tape.zip --storyboard two.webp --jobs 3 --force").succeeds();
    assert_eq!(workshop.get("one.webp"), workshop.get("two.webp"));
}

#[test]
fn a_tape_of_few_frames_has_as_many_cues() {
    for (frames, size) in [(1, (160, 100)), (2, (320, 100)), (4, (480, 200))] {
        let workshop = Workshop::with(&TapeBuilder::of(plain(frames), 1.0));
        workshop.run("convert tape.zip --storyboard board.webp --no-thumbnail").succeeds();
        let cues = cues(&String::from_utf8(workshop.get("board.vtt")).unwrap());
        let (width, height, _) = decoded(&workshop, "board.webp");
        assert_eq!((cues.len(), (width, height)), (frames, size));
        assert!(cues.iter().all(|(from, to, ..)| from < to));
        assert!(cues.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}

#[test]
fn storyboards_replace_nothing_unasked() {
    let workshop = Workshop::with(&TapeBuilder::of(plain(2), 50.0));
    workshop.put("board.vtt", b"mine");
    workshop
        .run("convert tape.zip --storyboard board.webp")
        .fails(1, "error: tape.zip: board.vtt exists; --force overwrites it");
    assert_eq!(workshop.files(), ["board.vtt", "tape.zip"]);
    workshop.put("other.zip", workshop.get("tape.zip"));
    for (command, expected) in [
        ("convert tape.zip other.zip --storyboard board.webp", "error: --storyboard takes one tape"),
        ("convert tape.zip --storyboard tape.vtt", "error: tape.vtt would be written twice"),
    ] {
        let run = workshop.run(command);
        assert!(run.code == Some(2) && run.stderr.starts_with(expected), "{}", run.stderr);
    }
}
