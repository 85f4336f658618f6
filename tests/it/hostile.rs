//! Bad input: what is fed, and the very text that comes out.
//!
//! Whatever is fed, the program ends soon, within bounded memory, with exit code 1 and a sentence that names the thing,
//! and leaves nothing behind.

use std::time::Duration;

use crate::support::command::{Run, Running, TELECINE, Workshop, run};
use crate::support::picture::{PALETTE, Picture};
use crate::support::png::chunk;
use crate::support::tape::TapeBuilder;
use crate::support::wav::{Encoding, Wav};
use crate::support::zip::{Field, Spoiled};

/// What refusing a tape may take. Nothing is decoded before everything is checked.
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_MEMORY: u64 = 500 << 20;

const FIRST: &str = "frame-00000.png";
const SECOND: &str = "frame-00001.png";

/// What is wrong, the file, and what is said about it after `error: tape.zip: `.
type Row = (&'static str, Vec<u8>, &'static str);

fn tape() -> TapeBuilder {
    TapeBuilder::numbered(32, 24, 3)
}

fn spoiled() -> Spoiled {
    Spoiled(tape().zip())
}

/// A tape whose second frame is this file.
fn with_frame(file: impl Into<Vec<u8>>) -> Vec<u8> {
    let good = Picture::numbered(32, 24, 1).png();
    TapeBuilder::of_files([good.clone(), file.into(), good], 40.0).deflated().zip()
}

/// A PNG that says it has this size and has nothing else.
fn declared(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IEND", &[])].concat()
}

/// Checks that each row is refused with its text; answers for all of them together.
fn refuses(rows: impl IntoIterator<Item = Row>) {
    let mut wrong = Vec::new();
    for (what, file, expected) in rows {
        let workshop = Workshop::new();
        workshop.put("tape.zip", file);
        let run = workshop.run("convert tape.zip");
        let expected = format!("error: tape.zip: {expected}\n");
        let as_expected = (run.code, run.stderr.as_str(), run.stdout()) == (Some(1), &expected, "");
        let frugal = run.elapsed < MOST_TIME && run.peak < MOST_MEMORY;
        if !as_expected || !frugal || workshop.files() != ["tape.zip"] {
            let (memory, files) = (run.peak >> 20, workshop.files());
            wrong.push(format!(
                "{what}: exit {:?}, {:?}, {memory} MiB, {files:?}\n{}",
                run.code, run.elapsed, run.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_zip_or_a_crafted_one_is_refused() {
    let zip = tape().zip();
    let same_name = Spoiled(tape().zip()).rename(SECOND, FIRST).0;
    refuses([
        (
            "not a ZIP",
            b"hello, I am a tape. ".repeat(5000),
            "not a readable ZIP archive\n  because: invalid Zip archive: Could not find EOCD",
        ),
        ("nothing", Vec::new(), "not a readable ZIP archive\n  because: invalid Zip archive: Could not find EOCD"),
        (
            "a truncated ZIP",
            zip[..zip.len() / 2].to_vec(),
            "not a readable ZIP archive\n  because: invalid Zip archive: Could not find EOCD",
        ),
        (
            "a ZIP without its start",
            zip[zip.len() / 2..].to_vec(),
            "not a readable ZIP archive\n  because: invalid Zip archive: Invalid CDFH offset in EOCD",
        ),
        ("an encrypted entry", spoiled().set(FIRST, Field::Flags, 1).0, "frame-00000.png is encrypted; tapes are not"),
        (
            "an unknown packing",
            spoiled().set(FIRST, Field::Method, 12).0,
            "frame-00000.png is compressed by Bzip2; expected stored or deflated",
        ),
        (
            "overlapping entries",
            spoiled().overlap(SECOND, FIRST).0,
            "archive has overlapping entries, which no recorder writes",
        ),
        ("a name twice", same_name, "archive has two entries of the same name, which no recorder writes"),
    ]);
}

#[test]
fn archives_that_lie_about_sizes_are_refused() {
    let bomb = [Picture::numbered(32, 24, 1).png(), vec![0; 400 << 20]].concat();
    let bomb = Spoiled(with_frame(bomb));
    refuses([
        (
            "more than it declares",
            bomb.clone().set(SECOND, Field::Size, 2000).0,
            "frame-00001.png unpacks to more bytes; the archive declares 2000",
        ),
        ("as much as it declares", bomb.0, "frame-00001.png unpacks to 419430895 bytes; the limit is 135266304 bytes"),
        (
            "4 GiB declared",
            spoiled().set(FIRST, Field::Size, 0xFFFF_FFF0).0,
            "tape unpacks to 4294968668 bytes; the limit is 1073741824 (--max-bytes)",
        ),
        (
            "100 MB declared",
            spoiled().set(FIRST, Field::Size, 100_000_000).0,
            "frame-00000.png unpacks to 463 bytes; the archive declares 100000000",
        ),
    ]);
}

#[test]
fn archives_without_frames_or_with_too_many_are_refused() {
    let outside = TapeBuilder::of_files([], 1.0);
    let names =
        ["../frame-00000.png", "a/frame-00001.png", "/etc/passwd", "..\\frame-00002.png", "C:\\frame-00003.png"];
    let frame = Picture::numbered(8, 8, 1).png();
    let outside = names.into_iter().fold(outside, |tape, name| tape.file(name, frame.clone()));
    let pixel = Picture::flat(1, 1, PALETTE[2]).png();
    refuses([
        (
            "no entries",
            TapeBuilder::of_files([], 1.0).zip(),
            "tape holds no frames; expected frame-00000.png and so on at the top of the archive",
        ),
        (
            "names that lead outside only",
            outside.zip(),
            "tape holds no frames; expected frame-00000.png and so on at the top of the archive",
        ),
        (
            "40,000 frames",
            TapeBuilder::of_files(vec![pixel; 40_000], 16.0).zip(),
            "tape holds 40000 frames; the limit is 7200 (--max-frames)",
        ),
        (
            "a directory of a million entries",
            million_entries(),
            "not a readable ZIP archive\n  because: i/o error: directory is longer than 8388608 bytes",
        ),
    ]);
}

/// A ZIP with a million folders in it, each as short as can be.
fn million_entries() -> Vec<u8> {
    const COUNT: u32 = 1_000_000;
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for index in 0..COUNT {
        let name = format!("{index:06x}/");
        let (offset, length) = (zip.len() as u32, name.len() as u16);
        let header = [&[20, 0, 0, 0, 0, 0, 0, 0, 33, 0][..], &[0; 12], &length.to_le_bytes(), &[0; 2]].concat();
        zip.extend([b"PK\x03\x04", &header[..], name.as_bytes()].concat());
        directory
            .extend([b"PK\x01\x02\x14\x00", &header[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
    }
    let (start, size) = (zip.len() as u32, directory.len() as u32);
    zip.extend(directory);
    // A ZIP64 end, as the old one counts to 65,535 only.
    let end = zip.len() as u64;
    let count = u64::from(COUNT).to_le_bytes();
    zip.extend([b"PK\x06\x06", &44_u64.to_le_bytes()[..], &[45, 0, 45, 0], &[0; 8], &count, &count].concat());
    zip.extend([u64::from(size).to_le_bytes(), u64::from(start).to_le_bytes()].as_flattened());
    zip.extend([b"PK\x06\x07", &[0; 4][..], &end.to_le_bytes(), &1_u32.to_le_bytes()].concat());
    zip.extend([b"PK\x05\x06", &[0; 4][..], &[0xFF; 4], &size.to_le_bytes(), &start.to_le_bytes(), &[0; 2]].concat());
    zip
}

#[test]
fn pictures_that_are_too_large_are_refused() {
    refuses([
        (
            "3.6 gigapixels",
            with_frame(declared(60_000, 60_000)),
            "frame-00001.png is 60000x60000 pixels; the limit is 16777216 in all (--max-pixels)",
        ),
        (
            "a line of 16,777,216 pixels",
            with_frame(declared(16_777_216, 1)),
            "frame-00001.png is 16777216x1 pixels; the limit is 16384 a side",
        ),
        (
            "a negative size",
            with_frame(declared(0xFFFF_FFFF, 0xFFFF_FFFF)),
            "frame-00001.png is 4294967295x4294967295 pixels; the limit is 16777216 in all (--max-pixels)",
        ),
    ]);
}

#[test]
fn timing_that_asks_for_too_much_is_refused() {
    let year = 365.0 * 86_400_000.0;
    let held = tape().at(&[0.0, 16.0, year], 16.0);
    let blank = Spoiled(tape().timing_text(" ".repeat(64 << 20)).deflated().zip());
    refuses([
        (
            "a GB declared",
            spoiled().set("timing.json", Field::Size, 1_000_000_000).0,
            "timing.json unpacks to 1000000000 bytes; the limit is 16777216 bytes",
        ),
        ("64 MB", blank.clone().0, "timing.json unpacks to 67108864 bytes; the limit is 16777216 bytes"),
        (
            "64 MB, 100 bytes declared",
            blank.set("timing.json", Field::Size, 100).0,
            "timing.json unpacks to more bytes; the archive declares 100",
        ),
        (
            "a million rows",
            tape().timing_text(format!("[{}0]", "{},".repeat(1_000_000))).deflated().zip(),
            "timing.json lists 1000001 frames; the limit is 7200 (--max-frames)",
        ),
        ("a picture held for a year", held.zip(), "tape lasts 31536000.016 s; the limit is 600 s (--max-duration)"),
        (
            "a last frame of a year",
            tape().at(&[0.0, 1.0, 2.0], year).zip(),
            "tape lasts 31536000.002 s; the limit is 600 s (--max-duration)",
        ),
    ]);
}

#[test]
fn sound_that_goes_on_for_too_long_is_refused() {
    let hours = Wav { rate: 8000, samples: vec![0.0; 8000 * 601], ..Wav::tone(48_000, 0.1, 440.0) };
    let hours = hours.of(1, Encoding::Unsigned8);
    refuses([(
        "ten minutes and a second",
        tape().sound(&hours).deflated().zip(),
        "soundtrack lasts 601.000 s; the limit is 600 s (--max-duration)",
    )]);
}

#[test]
fn two_files_of_one_frame_are_refused_whatever_their_names_look_like() {
    let file = Picture::numbered(32, 24, 1).png();
    let crafted = "archive has two entries of the same name, which no recorder writes";
    let with = |name: &'static str| tape().file(name, file.clone()).zip();
    refuses([
        ("./ in front", with("./frame-00001.png"), crafted),
        ("/ in front", with("/frame-00001.png"), crafted),
        ("other padding", with("frame-1.png"), crafted),
        ("another case", with("FRAME-00001.png"), crafted),
        ("another format", with("frame-00001.webp"), crafted),
        ("timing twice", with("TIMING.JSON"), crafted),
        ("timing twice, by one name", Spoiled(with("timing.jsoN")).rename("timing.jsoN", "timing.json").0, crafted),
        ("sound twice", tape().file("soundtrack.wav", "").file("./soundtrack.wav", "").zip(), crafted),
    ]);
}

#[test]
fn sound_that_ends_early_is_played_as_far_as_it_goes() {
    let mut wav = Wav::tone(48_000, 0.5, 440.0).bytes();
    wav.truncate(44 + 48_000 * 4 / 10 + 1);
    let workshop = Workshop::with(&TapeBuilder::numbered(32, 24, 30).file("soundtrack.wav", wav));
    let run = workshop.run("convert tape.zip").succeeds();
    assert_eq!(run.stderr, "warning: tape.zip: sound ends 0.400 s before the pictures\n");
    let video = workshop.video("tape.mp4");
    assert!((video.sound.unwrap().seconds() - 0.1).abs() < 0.025);
    assert!((video.seconds - 0.5).abs() < 0.002);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let workshop = Workshop::with(&tape());
    std::fs::create_dir(workshop.path("folder.zip")).unwrap();
    let missing = "error: cannot read none.zip\n  because: No such file or directory (os error 2)";
    workshop.run("convert none.zip").fails(1, missing);
    let folder = "error: cannot read folder.zip\n  because: Is a directory (os error 21)";
    workshop.run("convert folder.zip").fails(1, folder);
    assert_eq!(workshop.files(), ["folder.zip", "tape.zip"]);
}

#[test]
fn files_that_cannot_be_written_are_named() {
    let workshop = Workshop::with(&tape());
    std::fs::create_dir(workshop.path("folder")).unwrap();
    for (output, because) in [
        ("none/out.mp4", "No such file or directory (os error 2)"),
        ("tape.zip/out.mp4", "Not a directory (os error 20)"),
        ("folder", "is a directory"),
        ("/proc/out.mp4", "No such file or directory (os error 2)"),
    ] {
        let expected = format!("error: tape.zip: cannot write {output}\n  because: {because}");
        workshop.run(&format!("convert tape.zip -o {output}")).fails(1, &expected);
    }
    let expected = "error: tape.zip: cannot write none/x.jpg\n  because: No such file or directory (os error 2)";
    workshop.run("convert tape.zip --thumbnail none/x.jpg").fails(1, expected);
    let expected = "error: tape.zip/videos: cannot write tape.zip/videos\n  because: Not a directory (os error 20)";
    workshop.run("convert tape.zip --out-dir tape.zip/videos").fails(1, expected);
    assert_eq!(workshop.files(), ["folder", "tape.zip"]);
}

/// Runs a conversion with a file system of its own over `place`, and lists afterwards what is there.
fn with_mount(workshop: &Workshop, options: &str, place: &str, arguments: &str) -> Run {
    let script = format!("{TELECINE} {arguments}; code=$?; ls -A {place}; exit $code");
    run(workshop.with_mount(options, place, &script).env("TMPDIR", workshop.path("tmp")))
}

#[test]
fn a_full_disk_is_reported_and_left_clean() {
    let pictures = (0..40).map(|seed| Picture::noise(160, 120, seed));
    let workshop = Workshop::with(&TapeBuilder::of(pictures, 40.0));
    for folder in ["full", "tmp"] {
        std::fs::create_dir(workshop.path(folder)).unwrap();
    }
    let full = "No space left on device (os error 28)";
    let expected = format!("error: tape.zip: cannot write full/tape.mp4\n  because: {full}");
    with_mount(&workshop, "size=100k", "full", "convert tape.zip --out-dir full").fails(1, &expected);
    let cannot = "cannot write temporary files; set TMPDIR to a folder with more space";
    let expected = format!("error: tape.zip: {cannot}\n  because: {full}");
    with_mount(&workshop, "size=100k", "tmp", "convert tape.zip").fails(1, &expected);
    let expected = format!("error: tape.zip: cannot write full/tape.jpg\n  because: {full}");
    with_mount(&workshop, "size=20k", "full", "convert tape.zip --thumbnail full/tape.jpg").fails(1, &expected);
    assert_eq!(workshop.files(), ["full", "tape.zip", "tmp"]);
}

#[test]
fn a_read_only_disk_is_reported() {
    let workshop = Workshop::with(&tape());
    for folder in ["fixed", "tmp"] {
        std::fs::create_dir(workshop.path(folder)).unwrap();
    }
    let expected = "error: tape.zip: cannot write fixed/tape.mp4\n  because: Read-only file system (os error 30)";
    with_mount(&workshop, "ro", "fixed", "convert tape.zip --out-dir fixed").fails(1, expected);
}

#[test]
fn an_interrupted_conversion_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let tape = TapeBuilder::numbered(320, 240, 600).zip();
        let workshop = Workshop::new();
        workshop.put("0.zip", &tape);
        workshop.put("1.zip", &tape);
        let started = |name: &str| name.starts_with(".telecine-");
        let mut running = Running::start(&mut workshop.telecine("convert 0.zip 1.zip --preset small"));
        running.wait_until(|| workshop.files().iter().any(|name| started(name)));
        running.signal(signal);
        let run = running.finish();
        assert!(run.elapsed < MOST_TIME);
        run.fails(130, "error: interrupted; unfinished files were removed");
        assert_eq!(workshop.files(), ["0.zip", "1.zip"]);
    }
}
