//! Every form of tape that any recorder wrote converts, and shows what was recorded.
//!
//! The lossless preset is used throughout, so that pictures can be compared bit by bit.

use std::iter;

use crate::support::command::{Workshop, converted};
use crate::support::picture::{BLACK, PALETTE, Picture, WHITE};
use crate::support::png::{Color, Kind};
use crate::support::probe::Video;
use crate::support::tape::{Names, TapeBuilder, Timing};
use crate::support::wav::{Encoding, Wav};

const GAP: f64 = 40.0;

fn pictures() -> Vec<Picture> {
    (0..12).map(|index| Picture::numbered(33, 20, index)).collect()
}

/// Checks that a video shows exactly these pictures, each for its ms.
fn shows(video: &Video, pictures: &[Picture], durations: &[f64]) {
    let decoded = video.decode();
    assert_eq!(decoded.len(), pictures.len());
    for (index, (decoded, picture)) in decoded.iter().zip(pictures).enumerate() {
        assert_eq!(decoded.distance(picture), 0, "picture {index}");
    }
    assert_eq!(video.shown.len(), durations.len());
    for (found, expected) in video.durations().iter().zip(durations) {
        assert!((found - expected).abs() < 0.05, "{:?}, not {durations:?}", video.durations());
    }
}

fn shows_in_turn(tape: &TapeBuilder, pictures: &[Picture], gap: f64) {
    let (_workshop, video) = converted(tape, "--preset archive");
    shows(&video, pictures, &vec![gap; pictures.len()]);
}

#[test]
fn tapes_of_every_recorder_show_the_same() {
    let tape = || TapeBuilder::of(pictures(), GAP);
    let forms = [
        ("posted", tape()),
        ("downloaded", tape().names(Names::Dated)),
        ("posted at first", tape().names(Names::Unpadded)),
        ("times in an object", tape().timing(Timing::Object)),
        ("times without names", tape().timing(Timing::Nameless)),
        ("deflated", tape().deflated()),
        ("entries in any order", tape().reversed()),
        ("downloaded, entries in any order", tape().names(Names::Dated).deflated().reversed()),
    ];
    for (form, tape) in forms {
        println!("{form}");
        shows_in_turn(&tape, &pictures(), GAP);
    }
}

#[test]
fn without_timing_a_frame_is_shown_for_a_thirtieth_of_a_second() {
    for names in [Names::Posted, Names::Unpadded] {
        shows_in_turn(
            &TapeBuilder::of(pictures(), GAP).names(names).timing(Timing::Missing),
            &pictures(),
            1000.0 / 30.0,
        );
    }
}

#[test]
fn webp_frames_are_shown() {
    let files = pictures().iter().map(Picture::webp).collect::<Vec<_>>();
    shows_in_turn(&TapeBuilder::of_files(files, GAP).names(Names::Webp).timing(Timing::Nameless), &pictures(), GAP);
}

#[test]
fn png_of_every_colour_type_and_depth_is_shown_interlaced_or_not() {
    let kinds: Vec<_> = Kind::all().collect();
    let reduced: Vec<_> =
        kinds.iter().enumerate().map(|(index, kind)| kind.reduce(&Picture::numbered(33, 20, index + 32))).collect();
    let files = kinds.iter().zip(&reduced).map(|(kind, picture)| picture.png_of(*kind)).collect::<Vec<_>>();
    shows_in_turn(&TapeBuilder::of_files(files, GAP), &reduced, GAP);
}

#[test]
fn alpha_is_shown_over_black() {
    let glass = Picture::draw(32, 32, |x, y| [200, 100, 50, (x * 8) as u8 ^ (y * 3) as u8]);
    let kind = |color, depth| Kind { color, depth, interlaced: false };
    let colors =
        Picture::draw(32, 32, |x, y| [PALETTE[x as usize % 12][0], 99, 240, (y * 8) as u8].map(|value| value & 0xF0));
    let gray = kind(Color::GrayAlpha, 8).reduce(&glass);
    let palette = kind(Color::Palette, 8).reduce(&colors);
    let files = [
        glass.png(),
        glass.webp(),
        glass.png_of(kind(Color::Rgba, 16)),
        gray.png_of(kind(Color::GrayAlpha, 8)),
        palette.png_of(kind(Color::Palette, 8)),
        Picture::flat(32, 32, [255, 255, 255, 0]).png(),
    ];
    let expected = [&glass, &glass, &glass, &gray, &palette].map(Picture::over_black);
    let (_workshop, video) = converted(&TapeBuilder::of_files(files, GAP), "--preset archive");
    let decoded = video.decode();
    for (index, (decoded, expected)) in decoded.iter().zip(expected).enumerate() {
        assert_eq!(decoded.distance(&expected), 0, "picture {index}");
    }
    assert_eq!(decoded[5], Picture::flat(32, 32, BLACK));
}

#[test]
fn odd_and_tiny_sizes_are_shown_whole() {
    for (width, height) in [(1, 1), (1, 64), (64, 1), (2, 2), (17, 33), (337, 160), (337, 176), (256, 256)] {
        // What is one pixel wide has no room for a number.
        let picture = |(index, color)| match width {
            1 => Picture::flat(width, height, color),
            _ => Picture::numbered(width, height, index),
        };
        let pictures: Vec<_> = (1..4).zip(PALETTE).map(picture).collect();
        shows_in_turn(&TapeBuilder::of(pictures.clone(), GAP), &pictures, GAP);
    }
}

#[test]
fn frames_of_another_size_are_placed_top_left_on_black() {
    let sizes = [(40, 30), (20, 50), (60, 10), (80, 80), (3, 3), (40, 30)];
    let pictures: Vec<_> =
        sizes.iter().enumerate().map(|(index, &(width, height))| Picture::numbered(width, height, index)).collect();
    let placed: Vec<_> = pictures.iter().map(|picture| picture.placed_on(40, 30)).collect();
    shows_in_turn(&TapeBuilder::of(pictures, GAP), &placed, GAP);
}

#[test]
fn one_frame_is_a_video() {
    let picture = Picture::numbered(64, 48, 9);
    let (_workshop, video) = converted(&TapeBuilder::of([picture.clone()], 250.0), "--preset archive");
    shows(&video, &[picture], &[250.0]);
    assert!((video.seconds - 0.25).abs() < 0.001);
}

#[test]
fn a_tape_of_3600_frames_keeps_every_one() {
    let pictures: Vec<_> = (0..3600).map(|index| Picture::numbered(16, 8, index)).collect();
    let (_workshop, video) = converted(&TapeBuilder::of(pictures.clone(), 1000.0 / 120.0), "--preset archive");
    shows(&video, &pictures, &vec![1000.0 / 120.0; 3600]);
}

#[test]
fn files_that_are_no_frames_are_ignored() {
    let noise = Picture::flat(8, 8, WHITE).png();
    let tape = TapeBuilder::of(pictures(), GAP)
        .file("metadata.json", r#"{"resolution":{"width":1,"height":1},"frameCount":99}"#)
        .file("README.txt", "hello")
        .file("cover.png", noise.clone())
        .file("frame-thumb.png", noise.clone())
        .file("frame-00002.gif", "GIF89a")
        .file("frames/", "")
        .file("frames/frame-00000.png", noise.clone())
        .file("__MACOSX/._frame-00000.png", noise.clone())
        .file("frame-00099.png/", "")
        .file("../frame-00004.png", noise);
    shows_in_turn(&tape, &pictures(), GAP);
}

#[test]
fn sound_of_every_usual_kind_is_heard() {
    let kinds = [Encoding::Unsigned8, Encoding::Signed16, Encoding::Signed24, Encoding::Signed32, Encoding::Float32];
    let all = kinds.into_iter().flat_map(|kind| [1, 2].map(|channels| (44_100, channels, kind)));
    let rates = [8_000, 22_050, 48_000, 96_000].map(|rate| (rate, 2, Encoding::Signed16));
    for (rate, channels, encoding) in all.chain(rates).chain(iter::once((192_000, 1, Encoding::Float32))) {
        println!("{rate} Hz, {channels} channels, {encoding:?}");
        let wav = Wav::tone(rate, 0.48, 440.0).of(channels, encoding);
        let (_workshop, video) = converted(&TapeBuilder::of(pictures(), GAP).sound(&wav), "--preset archive");
        let sound = video.sound.as_ref().unwrap();
        assert_eq!((sound.codec_name.as_str(), sound.channels), ("aac", channels));
        assert_eq!(sound.sample_rate.as_deref(), Some(if rate == 44_100 { "44100" } else { "48000" }));
        assert!((sound.seconds() - 0.48).abs() < 0.002, "{}", sound.seconds());
        heard(&video, 440.0, 0.48);
    }
}

#[test]
fn wrong_lengths_in_the_sound_header_do_not_matter() {
    for field in [0, u32::MAX, 1 << 30] {
        let wav = Wav { length_field: Some(field), ..Wav::tone(48_000, 0.48, 660.0) };
        let (_workshop, video) = converted(&TapeBuilder::of(pictures(), GAP).sound(&wav), "--preset archive");
        heard(&video, 660.0, 0.48);
    }
}

#[test]
fn other_chunks_before_and_after_the_sound_are_passed_over() {
    use crate::support::wav::{chunk, riff};
    let plain = Wav::tone(48_000, 0.48, 550.0).bytes();
    // Chunks of odd length are followed by a byte that does not count.
    let list = chunk(b"LIST", 5, b"INFOx\0");
    let wav = riff(&[&list, &plain[12..], &chunk(b"cue ", 4, &[0; 4])].concat());
    let (_workshop, video) =
        converted(&TapeBuilder::of(pictures(), GAP).file("Soundtrack.WAV", wav), "--preset archive");
    heard(&video, 550.0, 0.48);
}

/// Checks that a tone is heard from start to end at about its strength, by counting how often it crosses zero.
fn heard(video: &Video, frequency: f64, seconds: f64) {
    let samples = video.hear();
    let rate: f64 = video.sound.as_ref().unwrap().sample_rate.as_ref().unwrap().parse().unwrap();
    assert!((samples.len() as f64 / rate - seconds).abs() < 0.03, "{} samples at {rate} Hz", samples.len());
    let middle = &samples[(0.05 * rate) as usize..(0.45 * rate) as usize];
    let crossings = middle.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
    assert!((crossings as f64 - frequency * 2.0 * 0.4).abs() < 6.0, "{crossings} crossings");
    let loudest = middle.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    assert!((0.45..0.56).contains(&loudest), "{loudest}");
}

#[test]
fn an_empty_soundtrack_is_no_sound() {
    let workshop = Workshop::with(&TapeBuilder::of(pictures(), GAP).sound(&Wav::new(48_000, Vec::new())));
    let run = workshop.run("convert tape.zip").succeeds();
    assert_eq!(run.stderr, "warning: tape.zip: soundtrack.wav is empty; the video has no sound\n");
    assert!(workshop.video("tape.mp4").sound.is_none());
}
