//! A tape with a flaw is still a tape: what is wrong costs its part and no more, and is told. Strictly it is an error.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::command::{Workshop, converted};
use crate::support::picture::Picture;
use crate::support::png::chunk;
use crate::support::probe::Video;
use crate::support::tape::{Names, TapeBuilder, Timing};
use crate::support::wav::{self, Encoding, Wav};
use crate::support::zip::{Field, Spoiled};

const GAP: f64 = 40.0;

/// What is odd, the tape, what is said about it after `warning: tape.zip: `, and how long the video is, in seconds.
type Row<'a> = (&'a str, Vec<u8>, &'a [&'a str], f64);

/// Checks that each row is converted with its warnings, that `inspect` has the same, and that a strict run fails.
fn tolerates<'a>(rows: impl IntoIterator<Item = Row<'a>>) {
    let mut wrong = String::new();
    for (what, tape, warnings, seconds) in rows {
        let workshop = Workshop::new();
        workshop.put("tape.zip", tape);
        let run = workshop.run("convert tape.zip --preset swift --no-thumbnail");
        let told =
            warnings.iter().map(|warning| format!("warning: tape.zip: {warning}\n")).collect::<Vec<_>>().concat();
        if (run.code, run.stderr.as_str()) != (Some(0), &told) {
            writeln!(wrong, "{what}: exit {:?}\n{}", run.code, run.stderr).unwrap();
            continue;
        }
        let found = workshop.video("tape.mp4").seconds;
        if (found - seconds).abs() > 0.002 {
            writeln!(wrong, "{what}: {found} s, not {seconds}").unwrap();
        }
        let inspection = &workshop.run("inspect tape.zip --json").succeeds().json()[0];
        if inspection["warnings"] != json!(warnings) {
            writeln!(wrong, "{what}: inspect says {}", inspection["warnings"]).unwrap();
        }
        for command in ["convert tape.zip --strict --force -o strict.mp4", "inspect tape.zip --strict"] {
            let strict = workshop.run(command);
            let expected = i32::from(!warnings.is_empty());
            if strict.code != Some(expected)
                || workshop.files().contains(&"strict.mp4".into()) != warnings.is_empty()
                    && command.starts_with("convert")
            {
                writeln!(wrong, "{what}: {command} ends with {:?}\n{}", strict.code, strict.stderr).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn pictures(count: usize) -> Vec<Picture> {
    (0..count).map(|index| Picture::numbered(33, 20, index)).collect()
}

fn tape(count: usize) -> TapeBuilder {
    TapeBuilder::of(pictures(count), GAP)
}

/// Frames of these names, and rows with these keys besides their times.
fn named(names: impl Iterator<Item = String>, row: impl Fn(usize) -> serde_json::Value) -> TapeBuilder {
    let empty = TapeBuilder::of_files([], 1.0).timing(Timing::Missing);
    let mut rows = Vec::new();
    let tape = names.enumerate().fold(empty, |tape, (index, name)| {
        let mut row = row(index);
        row["timestamp"] = json!(1000.0 + index as f64 * 250.0);
        row["duration"] = json!(250.0);
        rows.push(row);
        tape.file(&name, Picture::numbered(33, 20, index).png())
    });
    tape.file("timing.json", json!(rows).to_string())
}

/// Checks that each of the pictures is shown in turn, by number, and when, in ms.
fn shows(video: &Video, expected: &[(usize, f64)]) {
    let decoded = video.decode();
    assert_eq!(decoded.len(), expected.len());
    for ((decoded, shown), (number, time)) in decoded.iter().zip(&video.shown).zip(expected) {
        assert_eq!(decoded.distance(&Picture::numbered(33, 20, *number)), 0, "at {time} ms");
        assert!((shown.0 * 1000.0 - time).abs() < 1.0, "{} s, not {time} ms", shown.0);
    }
}

#[test]
fn frames_are_known_by_their_numbers_whatever_their_names_look_like() {
    let numbers = || 0..12_usize;
    let said = |form: &'static str| move |index: usize| json!({ "filename": form.replace('N', &index.to_string()) });
    let padded = |index: usize| json!({ "filename": format!("frame-{index:05}.png"), "frame": index });
    let forms: Vec<(&str, TapeBuilder)> = vec![
        ("./ in front", named(numbers().map(|index| format!("./frame-{index:05}.png")), padded)),
        ("/ in front", named(numbers().map(|index| format!("/frame-{index:05}.png")), padded)),
        ("upper case", named(numbers().map(|index| format!("FRAME-{index:05}.PNG")), padded)),
        ("other padding", named(numbers().map(|index| format!("frame-{index}.png")), padded)),
        (
            "a folder in timing.json",
            named(numbers().map(|index| format!("frame-{index}.png")), said("tape/frames/frame-N.png")),
        ),
        ("./ in timing.json", named(numbers().map(|index| format!("frame-{index}.png")), said("./frame-N.png"))),
        ("another extension", named(numbers().map(|index| format!("frame-{index}.png")), said("frame-N.webp"))),
        ("no extension", named(numbers().map(|index| format!("frame-{index}.png")), said("frame-N"))),
        (
            "numbers only",
            named(numbers().map(|index| format!("frame_{index:04}.png")), |index| json!({ "frame": index })),
        ),
        (
            "numbers as text",
            named(
                numbers().map(|index| format!("frame_{index:04}.png")),
                |index| json!({ "index": index.to_string() }),
            ),
        ),
        ("neither", named(numbers().map(|index| format!("frame_{index:04}.png")), |_| json!({}))),
    ];
    let expected: Vec<_> = numbers().map(|index| (index, index as f64 * 250.0)).collect();
    for (form, tape) in forms {
        println!("{form}");
        let workshop = Workshop::with(&tape);
        let run = workshop.run("convert tape.zip --preset archive").succeeds();
        assert_eq!(run.stderr, "");
        let video = workshop.video("tape.mp4");
        shows(&video, &expected);
        assert!((video.seconds - 3.0).abs() < 0.002);
    }
}

#[test]
fn all_parts_of_an_archive_that_was_made_of_a_folder_are_found() {
    let sound = Wav::tone(48_000, 3.0, 440.0).bytes();
    for (front, timing) in [("./", "timing.json"), ("/", "timing.json"), ("./", "TIMING.JSON")] {
        let rows: Vec<_> = (0..12)
            .map(|index| json!({ "filename": format!("frame-{index}.png"), "timestamp": index * 250, "duration": 250 }))
            .collect();
        let empty = TapeBuilder::of_files([], 1.0).timing(Timing::Missing).file(front, "");
        let tape = (0..12).fold(empty, |tape, index| {
            tape.file(&format!("{front}frame-{index}.png"), Picture::numbered(33, 20, index).png())
        });
        let tape = tape
            .file(&format!("{front}{timing}"), json!(rows).to_string())
            .file(&format!("{front}soundtrack.wav"), sound.clone());
        let (_workshop, video) = converted(&tape, "--preset archive");
        assert!((video.seconds - 3.0).abs() < 0.002 && video.sound.is_some() && video.shown.len() == 12);
    }
}

#[test]
fn rows_that_name_other_frames_are_matched_by_position() {
    let by_position = "timing.json and the archive name different frames; rows are matched by position";
    let frames = || (0..4_usize).map(|index| format!("frame-{index}.png"));
    let says =
        |form: &'static str| move |index: usize| json!({ "filename": form.replace('N', &(index + 1).to_string()) });
    tolerates([
        ("other names", named(frames(), says("IMG_N.png")).zip(), &[by_position][..], 1.0),
        ("counted from one", named(frames(), says("frame-N.png")).zip(), &[by_position], 1.0),
        ("other numbers", named(frames(), |index| json!({ "frame": index * 7 + 90 })).zip(), &[by_position], 1.0),
        ("dates", named(frames(), says("frame_2025.10.17.9.5.N.012.png")).zip(), &[by_position], 1.0),
    ]);
}

#[test]
fn a_frame_that_is_missing_though_listed_leaves_the_one_before_it() {
    let numbers = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11];
    let times = |index: usize| if index < 10 { 1000 + index * 100 } else { 2000 + index * 100 };
    let row = |index: usize| json!({ "frame": index, "timestamp": times(index), "duration": 100 });
    let missing = "timing.json lists frame 3, not in the archive; a neighbouring frame is shown instead";
    let mut shuffled: Vec<_> = (0..12).map(row).collect();
    shuffled.rotate_left(5);
    shuffled.swap(1, 7);
    for rows in [(0..12).map(row).collect(), shuffled] {
        let empty = TapeBuilder::of_files([], 1.0).timing(Timing::Missing);
        let tape = numbers.iter().fold(empty, |tape, &index| {
            tape.file(&format!("frame_{index:04}.png"), Picture::numbered(33, 20, index).png())
        });
        let workshop = Workshop::with(&tape.file("timing.json", json!(rows).to_string()));
        let run = workshop.run("convert tape.zip --preset archive").succeeds();
        assert_eq!(run.stderr, format!("warning: tape.zip: {missing}\n"));
        let video = workshop.video("tape.mp4");
        let expected: Vec<_> = numbers.iter().map(|&index| (index, (times(index) - 1000) as f64)).collect();
        shows(&video, &expected);
        assert!((video.seconds - 2.2).abs() < 0.002, "{}", video.seconds);
    }
    let first_and_last = |index: usize| !matches!(index, 0 | 3);
    let without = |keep: &dyn Fn(usize) -> bool| {
        let empty = TapeBuilder::of_files([], 1.0).timing(Timing::Missing);
        let frames = (0..4).filter(|&index| keep(index));
        let tape = frames.fold(empty, |tape, index| {
            tape.file(&format!("frame-{index}.png"), Picture::numbered(33, 20, index).png())
        });
        tape.file("timing.json", json!((0..4).map(row).collect::<Vec<_>>()).to_string())
    };
    let (_workshop, video) = converted(&without(&first_and_last), "--preset archive");
    shows(&video, &[(1, 0.0), (2, 200.0)]);
    assert!((video.seconds - 0.4).abs() < 0.002);
}

/// A PNG that says it has this size and has nothing else.
fn declared(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IEND", &[])].concat()
}

#[test]
fn a_frame_that_cannot_be_decoded_costs_nothing_else() {
    let png = Picture::numbered(33, 20, 1).png();
    let webp = Picture::numbered(33, 20, 1).webp();
    let with_frame = |file: &[u8]| {
        let good = |index| Picture::numbered(33, 20, index).png();
        TapeBuilder::of_files([good(0), file.into(), good(2)], GAP).deflated().zip()
    };
    let spoiled = || Spoiled(tape(3).zip());
    let second = "frame-00001.png";
    let told =
        |because: &str| format!("frame-00001.png cannot be decoded ({because}); a neighbouring frame is shown instead");
    let rows = [
        ("a web page", with_frame(b"<!doctype html><title>404</title>"), told("neither PNG nor WebP")),
        ("an empty file", with_frame(b""), told("empty")),
        ("a truncated PNG", with_frame(&png[..png.len() * 2 / 3]), told("unexpected end of file")),
        ("a PNG cut in its head", with_frame(&png[..20]), told("neither PNG nor WebP")),
        ("a PNG of a header", with_frame(&declared(33, 20)), told("IDAT or fdAT chunk is missing.")),
        (
            "a truncated WebP",
            with_frame(&webp[..webp.len() * 2 / 3]),
            told("Format error decoding WebP: Corrupt bitstream"),
        ),
        ("no width", with_frame(&declared(0, 20)), told("no pixels")),
        ("no height", with_frame(&declared(33, 0)), told("no pixels")),
        ("another checksum", spoiled().set(second, Field::Crc, 7).0, told("Invalid checksum")),
        ("a flipped bit", spoiled().damage(second).0, told("Invalid checksum")),
        ("a flipped bit, deflated", Spoiled(tape(3).deflated().zip()).damage(second).0, told("Invalid checksum")),
    ];
    tolerates(
        rows.iter()
            .map(|(what, tape, warning)| (*what, tape.clone(), [warning.as_str()], 0.12))
            .collect::<Vec<_>>()
            .iter()
            .map(|(what, tape, warnings, seconds)| (*what, tape.clone(), &warnings[..], *seconds)),
    );
    for (what, tape, _) in rows {
        println!("{what}");
        let workshop = Workshop::new();
        workshop.put("tape.zip", tape);
        shows(&workshop.convert("--preset archive"), &[(0, 0.0), (0, 40.0), (2, 80.0)]);
    }
}

/// A tape with this number of frames, of which these are truncated.
fn with_cut_frames(count: usize, cut: &[usize]) -> TapeBuilder {
    let file = |index| {
        let mut file = Picture::numbered(33, 20, index).png();
        if cut.contains(&index) {
            file.truncate(file.len() - 40);
        }
        file
    };
    TapeBuilder::of_files((0..count).map(file), GAP)
}

#[test]
fn the_last_good_frame_stays_across_chunks_on_any_number_of_cores() {
    // Chunks of 80 frames: damage at their borders, over them, and at both ends of the tape.
    let cut = [0, 1, 79, 80, 81, 159, 240, 241, 318, 319];
    let tape = with_cut_frames(320, &cut);
    let workshop = Workshop::with(&tape);
    let mut made = Vec::new();
    for jobs in [1, 2, 5] {
        let run = workshop.run(&format!("convert tape.zip --preset archive --jobs {jobs} -o {jobs}.mp4")).succeeds();
        assert_eq!(
            run.stderr,
            "warning: tape.zip: frame-00000.png, frame-00001.png, frame-00079.png, frame-00080.png, frame-00081.png and \
             5 more cannot be decoded (unexpected end of file); a neighbouring frame is shown instead\n"
        );
        made.push(workshop.get(&format!("{jobs}.mp4")));
    }
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "not the same bytes on any number of cores");
    let good = |index: usize| !cut.contains(&index);
    let shown = |index: usize| (0..=index).rev().find(|&index| good(index)).unwrap_or(2);
    let expected: Vec<_> = (0..320).map(|index| (shown(index), index as f64 * GAP)).collect();
    shows(&workshop.video("1.mp4"), &expected);
    // The frame in the middle is whole; the thumbnail of this one takes its neighbour.
    let middle = Workshop::with(&with_cut_frames(3, &[1]));
    middle.run("convert tape.zip").succeeds();
    let plain =
        Workshop::with(&TapeBuilder::of_files([0, 0, 2].map(|index| Picture::numbered(33, 20, index).png()), GAP));
    plain.run("convert tape.zip").succeeds();
    assert_eq!(middle.get("tape.jpg"), plain.get("tape.jpg"));
}

#[test]
fn a_cut_last_frame_leaves_the_one_before_it() {
    tolerates([(
        "the last of 60",
        with_cut_frames(60, &[59]).zip(),
        &["frame-00059.png cannot be decoded (unexpected end of file); a neighbouring frame is shown instead"][..],
        2.4,
    )]);
    let workshop = Workshop::with(&with_cut_frames(60, &[59]));
    let because = "frame-00059.png is not a readable picture\n  because: unexpected end of file";
    workshop.run("convert tape.zip --strict").fails(1, &format!("error: tape.zip: {because}"));
    workshop.put("strict.toml", "[standard]\nstrict = true\n");
    workshop.run("convert tape.zip --preset-file strict.toml").fails(1, &format!("error: tape.zip: {because}"));
    assert_eq!(workshop.files(), ["strict.toml", "tape.zip"]);
}

#[test]
fn a_tape_without_a_single_good_frame_is_refused() {
    let workshop = Workshop::with(&with_cut_frames(3, &[0, 1, 2]));
    let expected =
        "error: tape.zip: none of the 3 frames can be decoded\n  because: frame-00000.png: unexpected end of file";
    workshop.run("convert tape.zip").fails(1, expected);
    workshop.run("inspect tape.zip").fails(1, expected);
    let workshop = Workshop::with(&TapeBuilder::of_files(vec![Vec::new(); 3], GAP));
    let expected = "error: tape.zip: none of the 3 frames can be decoded\n  because: frame-00000.png: empty";
    workshop.run("convert tape.zip").fails(1, expected);
}

#[test]
fn a_damaged_first_frame_does_not_decide_the_size() {
    let mut first = Picture::numbered(60, 50, 0).png();
    first.truncate(first.len() - 40);
    let files = std::iter::once(first).chain((1..4).map(|index| Picture::numbered(33, 20, index).png()));
    let (_workshop, video) = converted(&TapeBuilder::of_files(files, GAP), "--preset archive");
    assert_eq!((video.pictures.width, video.pictures.height), (33, 20));
    shows(&video, &[(1, 0.0), (1, 40.0), (2, 80.0), (3, 120.0)]);
}

#[test]
fn equal_damaged_frames_are_all_told_of() {
    let good = Picture::numbered(33, 20, 0).png();
    let bad = good[..good.len() - 40].to_vec();
    let tape = TapeBuilder::of_files([good, bad.clone(), bad.clone(), bad], GAP);
    let told = "frame-00001.png, frame-00002.png, frame-00003.png cannot be decoded (unexpected end of file); \
                a neighbouring frame is shown instead";
    tolerates([("three times the same", tape.zip(), &[told][..], 0.16)]);
}

#[test]
fn unreadable_timing_is_as_good_as_none() {
    let rows = |index: usize| {
        format!(r#"{{"filename": "frame-0000{index}.png", "timestamp": {}, "duration": 250}}"#, index * 250)
    };
    let json = format!("[{}, {}, {}]", rows(0), rows(1), rows(2));
    let with = |text: &[u8]| tape(3).timing_text(text).zip();
    let utf16 = |unit: fn(u16) -> [u8; 2]| json.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    tolerates([
        ("a byte order mark", with(format!("\u{feff}{json}").as_bytes()), &[][..], 0.75),
        ("UTF-16", with(&utf16(u16::to_le_bytes)), &[], 0.75),
        ("UTF-16, the other way round", with(&[&[0xFE, 0xFF][..], &utf16(u16::to_be_bytes)].concat()), &[], 0.75),
        ("NULs behind it", with(&[json.as_bytes(), &[0; 500]].concat()), &[], 0.75),
        ("a comma too many", with(json.replace(']', ", ]").as_bytes()), &[], 0.75),
        ("commas too many", with(json.replace('}', ",}").as_bytes()), &[], 0.75),
    ]);
    let texts = r#"[{"frame": "0", "timestamp": "0", "duration": "250"}, {"frame": "1", "timestamp": " 250.0"},
        {"frame": "2", "timestamp": "5e2", "duration": "250"}]"#;
    tolerates([("numbers as text", with(texts.as_bytes()), &[][..], 0.75)]);
    let unreadable = |because: &str| format!("timing.json cannot be read ({because}); every frame is shown for 1/30 s");
    let rows: Vec<(&str, Vec<u8>, String)> = vec![
        ("not JSON", with(b"frame,duration\n0,16"), unreadable("expected ident at line 1 column 2")),
        ("empty", with(b""), unreadable("EOF while parsing a value at line 1 column 0")),
        ("cut off", with(&json.as_bytes()[..60]), unreadable("EOF while parsing a value at line 1 column 60")),
        (
            "another object",
            with(br#"{"rows": []}"#),
            unreadable("timing.json holds an object without frames; expected an array of frames or an object with one"),
        ),
        (
            "a text",
            with(b"\"16 ms\""),
            unreadable("timing.json holds a string; expected an array of frames or an object with one"),
        ),
        (
            "a number",
            with(b"16.67"),
            unreadable("timing.json holds a single value; expected an array of frames or an object with one"),
        ),
        ("not UTF-8", with(b"[\"\xff\xfe\"]"), unreadable("invalid unicode code point at line 1 column 3")),
        ("never closed", with(&[b'['; 5 << 20]), unreadable("EOF while parsing a list at line 1 column 5242880")),
        ("damaged", Spoiled(tape(3).zip()).damage("timing.json").0, unreadable("Invalid checksum")),
    ];
    for (what, tape, warning) in &rows {
        tolerates([(*what, tape.clone(), &[warning.as_str()][..], 0.1)]);
    }
}

#[test]
fn times_are_mended_one_by_one() {
    let row = |index: usize, time: &str| format!(r#"{{"filename": "frame-0000{index}.png", "timestamp": {time}}}"#);
    let rows = |times: &[&str]| {
        let rows: Vec<_> = times.iter().enumerate().map(|(index, time)| row(index, time)).collect();
        tape(times.len()).timing_text(format!("[{}]", rows.join(","))).zip()
    };
    let off = "timing.json gives 1 frame a time that does not fit; shown between its neighbours";
    let missing = "timing.json gives 1 frame no timestamp; shown between its neighbours";
    let shared = "timing.json gives 1 frame the time of the frame before; they share the time to the next";
    tolerates([
        ("null", rows(&["0", "null", "40", "60"]), &[missing][..], 0.08),
        ("NaN", rows(&["0", "20", "NaN", "60"]), &[missing], 0.08),
        ("backwards", rows(&["0", "20", "-5", "60", "80"]), &[off], 0.1),
        ("far off", rows(&["0", "20", "1e15", "60", "80"]), &[off], 0.1),
        ("far off at the start", rows(&["9e12", "20", "40", "60", "80"]), &[off], 0.1),
        ("far off at the end", rows(&["0", "20", "40", "60", "1e308"]), &[off], 0.1),
        ("negative", rows(&["-60", "-40", "-20", "0"]), &[], 0.08),
        ("a pair", rows(&["0", "0", "20", "40"]), &[shared], 0.06),
        (
            "a clock that is set",
            rows(&["0", "20", "40", "60", "80", "1700000000000", "1700000000020", "1700000000040", "1700000000060"]),
            &["timing.json has a clock that was changed 1 time; later times are shifted to fit"],
            0.18,
        ),
        (
            "no rows",
            tape(3).timing_text("[]").zip(),
            &[
                "timing.json does not list frame-00000.png, frame-00001.png, frame-00002.png; shown between its neighbours",
            ],
            0.1,
        ),
        (
            "a row that is missing",
            tape(3).timing_text(format!("[{},{}]", row(0, "0"), row(2, "40"))).zip(),
            &["timing.json does not list frame-00001.png; shown between its neighbours"],
            0.06,
        ),
        (
            "two rows about one frame",
            tape(2).timing_text(format!("[{},{},{}]", row(0, "0"), row(0, "10"), row(1, "20"))).zip(),
            &["timing.json has 1 row for frames that already have one; the first counts"],
            0.04,
        ),
    ]);
}

#[test]
fn clocks_that_tick_slowly_keep_the_time() {
    let equal = |times: &[f64], last: f64| TapeBuilder::of(pictures(times.len()), 1.0).at(times, last);
    // The first two share a timestamp.
    let times: Vec<f64> = (0..60).map(|index| if index == 0 { 0.0 } else { f64::from(index - 1) * 20.0 }).collect();
    let (_workshop, video) = converted(&equal(&times, 20.0), "--preset archive");
    assert!((video.seconds - 1.18).abs() < 0.001, "{}", video.seconds);
    assert!(video.shown.iter().skip(2).zip(&times[2..]).all(|(shown, time)| (shown.0 * 1000.0 - time).abs() < 1.0));
    // 5 s at 60 fps and at 120, seen through clocks of several ticks.
    for (rate, tick) in [(60.0, 20.0), (60.0, 16.67), (60.0, 100.0), (120.0, 20.0), (120.0, 100.0)] {
        let count = (5.0 * rate) as usize;
        let truth = |index: usize| index as f64 * 1000.0 / rate;
        let times: Vec<f64> = (0..count).map(|index| (truth(index) / tick + 1e-9).floor() * tick).collect();
        let tape = equal(&times, 10.0).sound(&Wav::tone(48_000, 5.0, 440.0));
        let (_workshop, video) = converted(&tape, "--preset swift");
        let most = (tick + 1000.0 / rate) / 1000.0;
        assert!((video.seconds - 5.0).abs() <= most, "{} s at {rate} Hz, ticks of {tick} ms", video.seconds);
        assert_eq!(video.shown.len(), count);
        for (index, shown) in video.shown.iter().enumerate() {
            assert!((shown.0 - truth(index) / 1000.0).abs() <= most + 0.001, "frame {index} at {}", shown.0);
        }
    }
}

#[test]
fn times_in_other_units_are_read_as_such() {
    let rows = |times: f64, durations: f64| {
        let row = |index: usize| {
            let (time, duration) = ((1000.0 + index as f64 * 250.0) * times, 250.0 * durations);
            json!({ "filename": format!("frame-{index:05}.png"), "timestamp": time, "duration": duration })
        };
        tape(12).timing_text(json!((0..12).map(row).collect::<Vec<_>>()).to_string()).zip()
    };
    tolerates([
        ("seconds", rows(0.001, 0.001), &["timing.json has times in seconds; read as such"][..], 3.0),
        ("seconds, durations in ms", rows(0.001, 1.0), &["timing.json has times in seconds; read as such"], 3.0),
        (
            "microseconds, durations in ms",
            rows(1000.0, 1.0),
            &["timing.json has times in microseconds; read as such"],
            3.0,
        ),
        (
            "a clock that stands still",
            rows(0.0, 1.0),
            &["timing.json has more than 1000 frames a second by its timestamps; the durations count"],
            3.0,
        ),
    ]);
}

#[test]
fn entries_that_nothing_reads_may_be_there_twice() {
    let tape = tape(3).file("metadata.json", "{}").file("metadata.jsoN", "{}");
    let twice = Spoiled(tape.zip()).rename("metadata.jsoN", "metadata.json").0;
    tolerates([("metadata", twice, &["archive holds metadata.json more than once; they are ignored"][..], 0.12)]);
}

fn with_sound(wav: impl Into<Vec<u8>>) -> Vec<u8> {
    tape(3).file("soundtrack.wav", wav).zip()
}

#[test]
fn sound_that_cannot_be_played_leaves_a_video_without_it() {
    let tone = || Wav::tone(48_000, 0.12, 440.0);
    let header = |at: usize, value: u8| {
        let mut bytes = tone().bytes();
        bytes[at] = value;
        bytes
    };
    let plain = tone().bytes();
    let (format, data) = plain[12..].split_at(24);
    let unplayable = |because: &str| format!("soundtrack.wav cannot be played ({because}); the video has no sound");
    let short = "soundtrack.wav is too short to be heard; the video has no sound".to_owned();
    let empty = "soundtrack.wav is empty; the video has no sound".to_owned();
    let damaged = |tape: TapeBuilder| Spoiled(tape.sound(&tone()).zip()).damage("soundtrack.wav").0;
    let list = wav::chunk(b"LIST", 4000, &[b"INFO".to_vec(), vec![b'A'; 3996]].concat());
    let rows: Vec<(&str, Vec<u8>, String)> = vec![
        ("not a WAV", with_sound("ID3 and so on, an MP3"), unplayable("is not a WAV file")),
        ("an empty file", with_sound(""), unplayable("ends before its sound starts")),
        (
            "no channels",
            with_sound(tone().of(0, Encoding::Signed16).bytes()),
            unplayable("has 0 channels; expected 1 to 8"),
        ),
        (
            "nine channels",
            with_sound(tone().of(9, Encoding::Signed16).bytes()),
            unplayable("has 9 channels; expected 1 to 8"),
        ),
        (
            "rate 0",
            with_sound(Wav { rate: 0, ..tone() }.bytes()),
            unplayable("has 0 samples a second; expected 1000 to 768000"),
        ),
        ("ADPCM", with_sound(header(20, 2)), unplayable("has 16-bit samples of format 2; expected PCM or float")),
        ("ends in its header", with_sound(&plain[..30]), unplayable("ends before its sound starts")),
        ("no sound", with_sound(wav::riff(format)), unplayable("ends before its sound starts")),
        (
            "sound before its format",
            with_sound(wav::riff(&[data, format].concat())),
            unplayable("has sound before its format"),
        ),
        ("a format of 4 GB", with_sound(header(19, 0xFF)), unplayable("ends before its sound starts")),
        (
            "a list of 4 GB",
            with_sound(wav::riff(&[&wav::chunk(b"LIST", 0xFFFF_FFF0, b"INFO"), format, data].concat())),
            unplayable("ends before its sound starts"),
        ),
        ("damaged", damaged(tape(3)), unplayable("Invalid checksum")),
        ("damaged, deflated", damaged(tape(3).deflated()), unplayable("Invalid checksum")),
        ("four samples", with_sound(Wav::new(8_000, vec![0.5; 4]).bytes()), short.clone()),
        ("one sample at 768 kHz", with_sound(Wav::new(768_000, vec![0.5; 1]).bytes()), short.clone()),
        ("nine samples at 1 kHz", with_sound(Wav::new(1_000, vec![0.5; 9]).bytes()), short),
        ("an empty chunk", with_sound(wav::riff(&[format, &wav::chunk(b"data", 0, b"")].concat())), empty.clone()),
        (
            "an empty chunk and a list",
            with_sound(wav::riff(&[format, &wav::chunk(b"data", 0, b""), &list].concat())),
            empty.clone(),
        ),
        (
            "an empty chunk, the end, and a list",
            with_sound([wav::riff(&[format, &wav::chunk(b"data", 0, b"")].concat()), list].concat()),
            empty,
        ),
    ];
    for (what, tape, warning) in &rows {
        println!("{what}");
        tolerates([(*what, tape.clone(), &[warning.as_str()][..], 0.12)]);
    }
}

#[test]
fn sound_that_turns_out_damaged_does_not_hold_the_last_frame() {
    let tape = tape(3).deflated().sound(&Wav::tone(48_000, 2.0, 440.0));
    let damaged = Spoiled(tape.zip()).damage("soundtrack.wav").0;
    let workshop = Workshop::new();
    workshop.put("tape.zip", damaged);
    workshop.run("convert tape.zip").succeeds();
    let video = workshop.video("tape.mp4");
    assert!(video.sound.is_none() && (video.seconds - 0.12).abs() < 0.002, "{} s", video.seconds);
}

#[test]
fn a_very_short_sound_is_no_reason_to_lose_the_tape() {
    // From what can be heard at all to a few frames of AAC.
    for (rate, samples) in [
        (8_000, 80),
        (8_000, 100),
        (11_025, 170),
        (48_000, 480),
        (48_000, 600),
        (48_000, 1023),
        (48_000, 1025),
        (44_100, 441),
        (44_100, 500),
        (768_000, 7_680),
        (1_000, 10),
    ] {
        println!("{samples} samples at {rate} Hz");
        let (_workshop, video) = converted(&tape(3).sound(&Wav::new(rate, vec![0.5; samples])), "--preset swift");
        assert!(video.sound.is_some() && (video.seconds - 0.12).abs() < 0.002);
    }
}

/// How strongly a tone of this frequency is heard, from 0 to 1, in the middle of a sound.
fn strength(samples: &[f32], rate: f64, frequency: f64) -> f64 {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let turn = |index: usize| index as f64 / rate * frequency * std::f64::consts::TAU;
    let (sine, cosine) = middle.iter().enumerate().fold((0.0, 0.0), |(sine, cosine), (index, &sample)| {
        (sine + f64::from(sample) * turn(index).sin(), cosine + f64::from(sample) * turn(index).cos())
    });
    2.0 * (sine * sine + cosine * cosine).sqrt() / middle.len() as f64
}

#[test]
fn sound_of_unusual_rates_and_channels_is_heard() {
    let cases = [1_000, 4_000, 11_025, 32_000, 88_200, 176_400, 352_800, 384_000, 768_000].map(|rate| (rate, 2));
    for (rate, channels) in cases.into_iter().chain((1..=8).map(|channels| (48_000, channels))) {
        println!("{rate} Hz, {channels} channels");
        let wav = Wav::tone(rate, 0.48, 220.0).of(channels, Encoding::Signed16);
        let (_workshop, video) = converted(&tape(12).sound(&wav), "--preset swift");
        let sound = video.sound.as_ref().unwrap();
        assert_eq!(sound.channels, channels.min(2));
        assert!((sound.seconds() - 0.48).abs() < 0.03, "{}", sound.seconds());
        let heard = strength(&video.hear(), 48_000.0, 220.0);
        assert!((0.4..0.6).contains(&heard), "{heard}");
    }
}

#[test]
fn no_channel_is_lost_when_they_are_mixed_down() {
    // A tone in one channel only. The subwoofer of 5.1 and 7.1 is left out, as everywhere.
    for channels in 3..=8_u16 {
        for channel in (0..channels).filter(|&channel| !(channels >= 6 && channel == 3)) {
            let tone = Wav::tone(48_000, 0.48, 440.0);
            let samples = tone.samples.iter().map(|&sample| {
                (0..channels).map(|other| if other == channel { sample } else { 0.0 }).collect::<Vec<_>>()
            });
            let bytes: Vec<u8> =
                samples.flatten().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
            let mut wav = Wav { samples: Vec::new(), ..tone }.of(channels, Encoding::Signed16).bytes();
            wav.truncate(wav.len() - 8);
            wav.extend(wav::chunk(b"data", bytes.len() as u32, &bytes));
            let (_workshop, video) = converted(&tape(12).file("soundtrack.wav", wav), "--preset swift");
            let left = strength(&video.hear(), 48_000.0, 440.0);
            let both = left + strength(&video.hear_channel(1), 48_000.0, 440.0);
            assert!(both > 0.05, "channel {channel} of {channels}: {both}");
        }
    }
}

/// An RF64, or a BW64, with a second of a tone, whose lengths are in `ds64`, and a chunk behind the sound.
fn long_wav(name: [u8; 4], length_field: u32, ds64: u64) -> Vec<u8> {
    let plain = Wav::tone(48_000, 0.48, 440.0).of(1, Encoding::Signed16).bytes();
    let (format, data) = (&plain[12..36], &plain[44..]);
    let ds64 = [&[0; 8][..], &ds64.to_le_bytes(), &[0; 12]].concat();
    let chunks = [
        &wav::chunk(b"ds64", 28, &ds64),
        format,
        &wav::chunk(b"data", length_field, data),
        &wav::chunk(b"junk", 9_000, &[0x7F; 9_000]),
    ]
    .concat();
    [&name, &u32::MAX.to_le_bytes()[..], b"WAVE", &chunks].concat()
}

#[test]
fn lengths_of_64_bits_are_read() {
    let bytes = 23_040 * 2;
    for (name, field) in [(*b"RF64", u32::MAX), (*b"BW64", u32::MAX), (*b"RF64", bytes as u32)] {
        let (_workshop, video) =
            converted(&tape(12).file("soundtrack.wav", long_wav(name, field, bytes)), "--preset swift");
        assert!((video.sound.as_ref().unwrap().seconds() - 0.48).abs() < 0.002);
        assert!((strength(&video.hear(), 48_000.0, 440.0) - 0.5).abs() < 0.05);
    }
}

#[test]
fn chunks_of_any_length_may_lie_before_the_sound() {
    let plain = Wav::tone(48_000, 0.48, 440.0).bytes();
    let picture = wav::chunk(b"id3 ", 3 << 20, &vec![7; 3 << 20]);
    let wav = wav::riff(&[&picture, &plain[12..]].concat());
    let (_workshop, video) = converted(&tape(12).deflated().file("soundtrack.wav", wav), "--preset swift");
    assert!((strength(&video.hear(), 48_000.0, 440.0) - 0.5).abs() < 0.05);
}

#[test]
fn samples_may_lie_in_more_bytes_than_they_need() {
    let tone = Wav::tone(48_000, 0.48, 440.0);
    // Bits, bytes, and whether the longer header says so.
    for (bits, bytes, is_long) in
        [(24_u16, 4_u16, false), (24, 4, true), (20, 3, false), (12, 2, false), (32, 8, false)]
    {
        let data: Vec<u8> = tone
            .samples
            .iter()
            .flat_map(|&sample| {
                let scaled = (f64::from(sample) * f64::from(i32::MAX)) as i64 >> (32 - bits) << (64 - bits);
                scaled.to_le_bytes()[8 - usize::from(bytes)..].to_vec()
            })
            .collect();
        let tag: u16 = if is_long { 0xFFFE } else { 1 };
        let mut format = [tag.to_le_bytes(), 1_u16.to_le_bytes()].concat();
        format.extend([48_000_u32.to_le_bytes(), (48_000 * u32::from(bytes)).to_le_bytes()].as_flattened());
        let said = if is_long { bytes * 8 } else { bits };
        format.extend([bytes.to_le_bytes(), said.to_le_bytes()].as_flattened());
        if is_long {
            let guid = [1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];
            format.extend([&22_u16.to_le_bytes()[..], &bits.to_le_bytes(), &4_u32.to_le_bytes(), &guid].concat());
        }
        let wav = wav::riff(
            &[wav::chunk(b"fmt ", format.len() as u32, &format), wav::chunk(b"data", data.len() as u32, &data)]
                .concat(),
        );
        let (_workshop, video) = converted(&tape(12).file("soundtrack.wav", wav), "--preset swift");
        let heard = strength(&video.hear(), 48_000.0, 440.0);
        assert!((heard - 0.5).abs() < 0.05, "{bits} bits in {bytes} bytes: {heard}");
    }
}

#[test]
fn dated_frames_are_met_by_the_numbers_of_their_rows() {
    let tape = TapeBuilder::of(pictures(4), 250.0).names(Names::Dated).timing(Timing::Nameless);
    let (_workshop, video) = converted(&tape, "--preset archive");
    shows(&video, &[(0, 0.0), (1, 250.0), (2, 500.0), (3, 750.0)]);
}
