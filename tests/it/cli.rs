//! The command line: where results go, what is said, and with which code it ends.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::command::{Workshop, fed};
use crate::support::picture::Picture;
use crate::support::probe::Video;
use crate::support::tape::{Names, TapeBuilder, Timing};
use crate::support::wav::Wav;

fn tape() -> TapeBuilder {
    TapeBuilder::numbered(32, 24, 6)
}

fn workshop() -> Workshop {
    Workshop::with(&tape())
}

#[test]
fn video_and_thumbnail_appear_beside_the_tape() {
    let workshop = workshop();
    let run = workshop.run("convert tape.zip").succeeds();
    assert_eq!(run.stderr, "");
    assert_eq!(workshop.files(), ["tape.jpg", "tape.mp4", "tape.zip"]);
    assert_eq!(workshop.video("tape.mp4").shown.len(), 6);
    let thumbnail = image::load_from_memory(&workshop.get("tape.jpg")).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (512, 512));
}

#[test]
fn the_thumbnail_shows_the_middle_frame_whole_on_black() {
    let workshop = Workshop::with(&TapeBuilder::of(
        [[9, 9, 9, 255], [0, 200, 0, 255], [200, 0, 0, 255]].map(|color| Picture::flat(64, 32, color)),
        40.0,
    ));
    workshop.run("convert tape.zip --thumbnail small.jpg").succeeds();
    assert_eq!(workshop.files(), ["small.jpg", "tape.mp4", "tape.zip"]);
    let thumbnail = image::load_from_memory(&workshop.get("small.jpg")).unwrap().into_rgb8();
    let near = |x, y, color: [u8; 3]| {
        thumbnail.get_pixel(x, y).0.iter().zip(color).all(|(one, other)| one.abs_diff(other) < 4)
    };
    assert!(near(256, 256, [0, 200, 0]) && near(2, 140, [0, 200, 0]));
    assert!(near(256, 100, [0; 3]) && near(256, 400, [0; 3]));
}

#[test]
fn standard_input_becomes_standard_output() {
    let workshop = Workshop::new();
    let run = fed(&mut workshop.telecine("convert -"), &tape().zip()).succeeds();
    workshop.put("out.mp4", &run.stdout);
    assert_eq!(workshop.video("out.mp4").shown.len(), 6);
    assert_eq!(workshop.files(), ["out.mp4"]);
    // The table goes to standard error, as standard output is the video.
    assert!(run.stderr.starts_with("tape "), "{}", run.stderr);
    let run = fed(&mut workshop.telecine("convert - -o in.mp4 --no-thumbnail"), &tape().zip()).succeeds();
    assert!(run.stdout().starts_with("tape "));
    assert_eq!(workshop.files(), ["in.mp4", "out.mp4"]);
    assert_eq!(workshop.get("in.mp4"), workshop.get("out.mp4"));
}

#[test]
fn files_go_where_they_are_sent() {
    let workshop = workshop();
    workshop.put("other.name.zip", tape().zip());
    workshop.run("convert tape.zip -o a.mp4").succeeds();
    workshop.run("convert tape.zip other.name.zip --out-dir new/videos").succeeds();
    fed(&mut workshop.telecine("convert - --out-dir piped"), &tape().zip()).succeeds();
    assert_eq!(workshop.files(), ["a.jpg", "a.mp4", "new", "other.name.zip", "piped", "tape.zip"]);
    for name in ["new/videos/tape.mp4", "new/videos/tape.jpg", "new/videos/other.name.mp4", "piped/tape.mp4"] {
        assert!(workshop.path(name).is_file(), "{name}");
    }
}

#[test]
fn what_exists_is_replaced_only_when_forced() {
    let workshop = workshop();
    workshop.put("tape.mp4", "mine");
    let expected = "error: tape.zip: tape.mp4 exists; --force overwrites it";
    workshop.run("convert tape.zip").fails(1, expected);
    assert_eq!((workshop.get("tape.mp4"), workshop.files().len()), (b"mine".into(), 2));
    workshop.run("convert tape.zip --force").succeeds();
    assert_eq!(workshop.video("tape.mp4").shown.len(), 6);
    fs::remove_file(workshop.path("tape.mp4")).unwrap();
    let expected = "error: tape.zip: tape.jpg exists; --force overwrites it";
    workshop.run("convert tape.zip").fails(1, expected);
}

#[test]
fn files_are_made_as_the_umask_has_it() {
    use std::os::unix::fs::PermissionsExt;
    let workshop = workshop();
    workshop.run("convert tape.zip").succeeds();
    let mode = |name| fs::metadata(workshop.path(name)).unwrap().permissions().mode();
    // What this very process made is as the umask has it.
    assert_eq!((mode("tape.mp4"), mode("tape.jpg")), (mode("tape.zip"), mode("tape.zip")));
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    let workshop = workshop();
    workshop.run("convert tape.zip -o /dev/null --force").succeeds();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(!fs::exists("/dev/null.jpg").unwrap());
    assert_eq!(workshop.files(), ["tape.zip"]);
}

#[test]
fn a_bad_tape_does_not_stop_the_good_ones() {
    let workshop = workshop();
    workshop.put("bad.zip", "no tape");
    workshop.put("other.zip", tape().zip());
    let run = workshop.run("convert tape.zip bad.zip none.zip other.zip");
    assert_eq!(run.code, Some(1));
    let mut errors: Vec<_> = run.stderr.lines().collect();
    // Tapes are converted side by side, so the first two may come in any order.
    assert_eq!(errors.pop(), Some("error: 2 of 4 tapes failed"));
    errors.sort_unstable();
    assert_snapshot!(errors.join("\n"), @r"
      because: No such file or directory (os error 2)
      because: invalid Zip archive: Could not find EOCD
    error: bad.zip: not a readable ZIP archive
    error: cannot read none.zip
    ");
    let named: Vec<_> = run.stdout().lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(named, ["tape", "tape.zip", "other.zip"]);
    assert_eq!(
        workshop.files(),
        ["bad.zip", "other.jpg", "other.mp4", "other.zip", "tape.jpg", "tape.mp4", "tape.zip"]
    );
}

#[test]
fn json_says_a_line_for_each_tape_in_the_order_given() {
    let workshop = workshop();
    workshop.put("bad.zip", "no tape");
    let run = workshop.run("convert bad.zip tape.zip --json --preset swift --snap 30");
    assert_eq!(run.code, Some(1));
    let mut lines = run.json();
    lines[1]["look"].take();
    assert!(lines[1]["elapsed_seconds"].take().as_f64().unwrap() > 0.0);
    let bytes = lines[1]["bytes"].take();
    assert_eq!(bytes, workshop.get("tape.mp4").len());
    assert_eq!(
        lines,
        [
            json!({
                "tape": "bad.zip",
                "output": "bad.mp4",
                "error": "not a readable ZIP archive",
                "causes": ["invalid Zip archive: Could not find EOCD"],
            }),
            json!({
                "tape": "tape.zip",
                "output": "tape.mp4",
                "thumbnail": "tape.jpg",
                "preset": "swift",
                "preset_version": 1,
                "variant": "sharp",
                "look": null,
                "why": "14 colours are a palette",
                "frames": 6,
                "kept": 4,
                "seconds": 0.133_333_333,
                "width": 64,
                "height": 48,
                "scale": 2,
                "sound": false,
                "codec": "h264",
                "quality": { "adaptive": 28.5 },
                "quantisers": [33, 33],
                "warnings": [],
                "elapsed_seconds": null,
                "bytes": null,
            }),
        ]
    );
}

#[test]
fn the_table_lists_tapes_and_nothing_is_coloured_or_drawn_into_a_pipe() {
    let workshop = workshop();
    let run = workshop.run("convert tape.zip").succeeds();
    assert_eq!(run.stderr, "");
    assert!(!run.stdout().contains('\x1b'));
    let fields: Vec<_> = run.stdout().lines().map(|line| line.split_whitespace().take(5).collect::<Vec<_>>()).collect();
    assert_eq!(fields, [["tape", "frames", "kept", "duration", "size"], ["tape.zip", "6", "6", "0.10", "s"]]);
    let run = fed(workshop.telecine("inspect none.zip").env("NO_COLOR", "1"), b"");
    assert!(!run.stderr.contains('\x1b'));
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let workshop = workshop();
    workshop.put("mine.toml", "[standard]\nscale = 99");
    for (arguments, expected) in [
        ("", "Usage: telecine <COMMAND>"),
        ("convert", "required arguments were not provided"),
        ("convert tape.zip --jobs 0", "0 is not in 1..=1024"),
        ("convert tape.zip --snap 0", "0 is not in 1..=240"),
        (
            "convert tape.zip --preset fast",
            r#"preset "fast" is unknown; expected one of standard, swift, small, crisp, archive"#,
        ),
        ("convert tape.zip --preset-file mine.toml", r#"preset "standard" scales by 99; 1 to 16 can be done"#),
        ("convert tape.zip --preset-file none.toml", "cannot read none.toml: No such file or directory"),
        ("convert tape.zip other.zip -o x.mp4", "-o takes one tape; use --out-dir for many"),
        ("convert tape.zip -o x.mp4 --out-dir y", "cannot be used with"),
        ("convert tape.zip --thumbnail x.jpg --no-thumbnail", "cannot be used with"),
        ("convert a.zip b.zip --thumbnail x.jpg", "--thumbnail takes one tape"),
        ("convert - -", "- can be given once"),
        ("convert a/tape.zip b/tape.zip --out-dir out", "out/tape.mp4 would be written twice; rename a tape"),
        ("convert tape.zip -o x.jpg", "x.jpg would be written twice; rename a tape"),
        ("convert tape.zip -o tape.zip --force", "tape.zip would replace the tape it is made from"),
        ("convert tape.zip --thumbnail ./tape.zip", "./tape.zip would replace the tape it is made from"),
        ("inspect", "required arguments were not provided"),
        ("develop", "unrecognized subcommand"),
    ] {
        let run = workshop.run(arguments);
        assert_eq!((run.code, run.stdout()), (Some(2), ""), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
    assert_eq!(workshop.files(), ["mine.toml", "tape.zip"]);
}

#[test]
fn limits_can_be_lowered_and_raised() {
    let workshop = workshop();
    let bytes = tape().zip().len();
    for (limit, expected) in [
        ("--max-frames 5", "tape holds 6 frames; the limit is 5 (--max-frames)".into()),
        ("--max-pixels 700", "frame-00000.png is 32x24 pixels; the limit is 700 in all (--max-pixels)".into()),
        ("--max-bytes 999", format!("archive is {bytes} bytes; the limit is 999 bytes (--max-bytes)")),
        ("--max-duration 0", "tape lasts 0.100 s; the limit is 0 s (--max-duration)".into()),
    ] {
        for command in ["convert", "inspect"] {
            workshop.run(&format!("{command} tape.zip {limit}")).fails(1, &format!("error: tape.zip: {expected}"));
        }
    }
    let long = TapeBuilder::numbered(8, 8, 3).at(&[0.0, 1.0, 700_000.0], 10.0);
    workshop.put("long.zip", long.zip());
    workshop.run("convert long.zip --max-duration 1000").succeeds();
    assert!((workshop.video("long.mp4").seconds - 700.01).abs() < 0.002);
    let expected = "error: standard input: archive is 1000 bytes; the limit is 999 bytes (--max-bytes)";
    fed(&mut workshop.telecine("inspect - --max-bytes 999"), &tape().zip()).fails(1, expected);
}

#[test]
fn presets_are_listed() {
    let workshop = Workshop::new();
    let run = workshop.run("presets list").succeeds();
    let names: Vec<_> = run.stdout().lines().map(|line| line.split(' ').next().unwrap()).collect();
    // Lines without a name are further encodings of the preset above.
    let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(names, ["preset", "standard", "swift", "small", "crisp", "archive", "incumbent"]);
    workshop.put("mine.toml", "[mine]\nbased-on = 'swift.sharp'\nscale = 1");
    let lines = workshop.run("presets list --preset-file mine.toml --json").succeeds().json();
    assert_eq!(
        (&lines[0]["name"], &lines[6]["name"], &lines[6]["scale"]),
        (&json!("standard"), &json!("mine"), &json!(1))
    );
}

#[test]
fn a_preset_that_safari_does_not_play_gets_into_records_only_by_its_name() {
    let workshop = workshop();
    workshop.put("mine.toml", "[standard]\nbased-on = 'crisp'");
    let unplayed = "preset standard does not play in Safari, only in Chromium and Firefox";
    for command in ["sync", "sync --live", "publish tape 9Yo", "record tape 9Yo", "restore @user"] {
        let run = workshop.run(&format!("{command} --preset-file mine.toml"));
        assert_eq!(run.code, Some(2), "{command}");
        let expected = format!("error: {unplayed}; to publish such videos, name it with --preset");
        assert!(run.stderr.starts_with(&expected), "{command}: {}", run.stderr);
        let named = workshop.run(&format!("{command} --preset-file mine.toml --preset standard"));
        assert!(named.stderr.starts_with(&format!("warning: {unplayed}; ")), "{command}: {}", named.stderr);
    }
    // Keeping the video needs no permission.
    workshop.run("convert tape.zip --preset-file mine.toml").succeeds();
}

#[test]
fn a_preset_file_changes_what_is_made() {
    let workshop = workshop();
    workshop.put(
        "mine.toml",
        "[mine]\nbased-on = 'swift.sharp'\nscale = 6\n[tiny]\nbased-on = 'swift.sharp'\nsize-limit = 500",
    );
    let video = workshop.convert("--preset mine --preset-file mine.toml");
    assert_eq!((video.pictures.width, video.pictures.height), (192, 144));
    let run = workshop.run("convert tape.zip --force --preset tiny --preset-file mine.toml");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.starts_with("error: tape.zip: video has ") && run.stderr.ends_with("; the limit is 500 bytes\n")
    );
    // What was there before is there still.
    assert_eq!(workshop.video("tape.mp4").pictures.width, 192);
}

#[test]
fn a_video_over_the_size_limit_is_made_again_to_fit() {
    let workshop = Workshop::with(&TapeBuilder::of((0..10).map(|seed| Picture::noise(64, 64, seed)), 40.0));
    let first = workshop.run("convert tape.zip --json").succeeds().json().remove(0);
    let limit = first["bytes"].as_u64().unwrap() * 3 / 4;
    workshop.put("mine.toml", format!("[mine]\nbased-on = 'standard'\nsize-limit = {limit}"));
    let run = workshop.run("convert tape.zip --force --json --preset mine --preset-file mine.toml").succeeds();
    let line = &run.json()[0];
    assert!(line["bytes"].as_u64().unwrap() <= limit, "{line}");
    assert!(line["quality"]["adaptive"].as_f64() > first["quality"]["adaptive"].as_f64(), "{line}");
    assert!(run.stderr.ends_with("; re-encoded at lower quality\n"), "{}", run.stderr);
    assert_eq!(workshop.get("tape.mp4").len() as u64, line["bytes"].as_u64().unwrap());
}

#[test]
fn inspection_says_what_there_is_on_a_tape() {
    let times = [0.0, 16.7, 33.3, 50.0, 350.0, 358.3];
    let mut pictures: Vec<_> = (0..6).map(|index| Picture::numbered(33, 24, index)).collect();
    pictures[2] = pictures[1].clone();
    pictures[5] = Picture::numbered(20, 24, 5);
    let tape = TapeBuilder::of(pictures, 1.0).at(&times, 16.7);
    let workshop = Workshop::with(&tape.sound(&Wav::tone(44_100, 0.5, 440.0)).file("metadata.json", "{}"));
    assert_snapshot!(workshop.run("inspect tape.zip").succeeds().stdout(), @r#"
    tape.zip
      archive    92.9 kB in 9 files
      pictures   33x24
      frames     6, 1 of them duplicates
      duration   0.375 s
      longest    0.300 s (frame 3)
      sound      0.500 s, 44100 Hz, stereo; +0.125 s against the pictures
      look       sharp: 14 colours are a palette
      encoding   standard 3, sharp: H.264 ×4
      ignored    metadata.json
      120 fps    ██████████ 1
      60 fps     ██████████████████████████████ 3
      5 fps      ██████████ 1
      warning: frame-00005.png is not of the video's size (33x24); placed top-left on black
      warning: sound lasts 0.125 s longer than the pictures; the last frame is held
    "#);
    let workshop = Workshop::with(&TapeBuilder::numbered(8, 8, 1).names(Names::Unpadded).timing(Timing::Missing));
    assert_snapshot!(workshop.run("inspect tape.zip").succeeds().stdout(), @r#"
    tape.zip
      archive    279 B in 1 files
      pictures   8x8
      frames     1, 0 of them duplicates
      duration   0.033 s
      longest    0.033 s (frame 0)
      sound      none
      look       sharp: 4 colours are a palette
      encoding   standard 3, sharp: H.264 ×4
      warning: no timing.json; every frame is shown for 1/30 s
    "#);
    assert_snapshot!(workshop.run("inspect tape.zip --json").succeeds().stdout(), @r#"{"bytes":279,"duplicates":0,"encoding":{"preset":"standard","preset_version":3,"variants":[{"codec":"h264","name":"sharp","scale":4}]},"entries":1,"extra":[],"frames":1,"height":8,"longest_hold":{"frame":0,"seconds":0.03333333333333333},"look":{"colors":4,"edges":0.826,"flat":0.795,"kind":"sharp","rate":30.0,"still":0.0,"uneven":1.0},"rates":{},"seconds":0.03333333333333333,"sound":null,"tape":"tape.zip","warnings":["no timing.json; every frame is shown for 1/30 s"],"why":"4 colours are a palette","width":8}"#);
}

#[test]
fn inspection_foretells_how_a_tape_is_encoded_and_conversion_says_the_same() {
    let noise = |index: usize| {
        let hash =
            move |x: u32, y: u32| (x * 7919 + y * 104_729 + index as u32 * 15_485_863).wrapping_mul(2_654_435_761);
        let level = move |x, y, shift: u32| 100 + (hash(x, y) >> shift) as u8 % 32;
        Picture::draw(48, 32, move |x, y| [level(x, y, 27), level(x, y, 21), level(x, y, 15), 255])
    };
    let kinds = [
        ("sharp", TapeBuilder::numbered(48, 32, 8)),
        ("flowing", TapeBuilder::of((0..8).map(|index| Picture::glowing(48, 32, index)), 16.7)),
        ("restless", TapeBuilder::of((0..8).map(noise), 16.7)),
    ];
    for (kind, tape) in kinds {
        let workshop = Workshop::with(&tape);
        let inspected = workshop.run("inspect tape.zip --json").succeeds().json()[0].clone();
        let converted = workshop.run("convert tape.zip --json").succeeds().json()[0].clone();
        let variant = &inspected["encoding"]["variants"][0];
        assert_eq!((inspected["look"]["kind"].as_str(), variant["name"].as_str()), (Some(kind), Some(kind)));
        let said = |key: &str| (inspected[key].clone(), converted[key].clone());
        for (foretold, said) in [said("look"), said("why")] {
            assert_eq!(foretold, said, "{kind}");
        }
        assert_eq!((&converted["variant"], &converted["scale"]), (&variant["name"], &variant["scale"]));
        assert!(converted["quantisers"][0].as_u64().unwrap() > 10, "{converted}");
        assert!(converted["worst_psnr"].as_f64().is_none_or(|decibels| decibels > 30.0), "{converted}");
    }
}

#[test]
fn inspection_goes_on_after_a_bad_tape() {
    let workshop = workshop();
    workshop.put("bad.zip", "no tape");
    let run = workshop.run("inspect bad.zip tape.zip --json");
    assert_eq!(run.code, Some(1));
    let lines = run.json();
    assert_eq!((&lines[0]["error"], &lines[1]["frames"]), (&json!("not a readable ZIP archive"), &json!(6)));
    let run = fed(&mut workshop.telecine("inspect -"), &tape().zip()).succeeds();
    assert!(run.stdout().starts_with("standard input\n"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let workshop = workshop();
    let script =
        format!("{} inspect tape.zip tape.zip | true; exit ${{PIPESTATUS[0]}}", crate::support::command::TELECINE);
    let output =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(workshop.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn completions_are_written_for_every_shell() {
    let workshop = Workshop::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = workshop.run(&format!("completions {shell}")).succeeds();
        assert!(run.stdout().contains("telecine") && run.stdout().contains("preset-file"), "{shell}");
    }
}

#[test]
fn the_version_names_the_commit_and_the_libraries_that_make_videos() {
    let workshop = workshop();
    let program = concat!("telecine ", env!("CARGO_PKG_VERSION"));
    assert_eq!(workshop.run("-V").succeeds().stdout(), format!("{program}\n"));
    let told = workshop.run("--version").succeeds();
    let lines: Vec<_> = told.stdout().lines().collect();
    let [own, ffmpeg, x264] = lines[..] else { panic!("{lines:?}") };
    assert!(own.starts_with(&format!("{program} (commit ")) && own.ends_with(')'), "{own}");
    let ffprobe = std::process::Command::new("ffprobe").arg("-version").output().unwrap();
    let installed = String::from_utf8(ffprobe.stdout).unwrap().split(' ').nth(2).unwrap().to_owned();
    assert!(ffmpeg.starts_with(&format!("FFmpeg {installed} (libavcodec ")), "{ffmpeg}, {installed}");
    workshop.run("convert tape.zip").succeeds();
    let video = String::from_utf8_lossy(&workshop.get("tape.mp4")).into_owned();
    let written = format!("x264 - core {} - H.264", x264.strip_prefix("libx264 ").unwrap());
    assert!(video.contains(&written), "{written}");
}

#[test]
fn help_is_said() {
    let workshop = Workshop::new();
    for command in ["", "convert", "inspect", "presets", "presets list", "completions"] {
        let help = workshop.run(&format!("{command} --help")).succeeds();
        assert!(help.stdout().lines().all(|line| line.chars().count() <= 80), "{}", help.stdout());
    }
}

#[test]
fn standard_output_can_be_asked_for() {
    let workshop = workshop();
    let run = workshop.run("convert tape.zip -o -").succeeds();
    workshop.put("out.mp4", &run.stdout);
    assert_eq!(Video::read(&workshop.path("out.mp4")).shown.len(), 6);
}
