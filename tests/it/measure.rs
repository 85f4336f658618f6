//! Measuring what was converted, by this library and by others.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use rayon::{ThreadPool, ThreadPoolBuilder};
use telecine::measure::{BEST_PSNR, Measurement, measure};
use telecine::tape::{Limits, Tape};
use telecine::video::{self, Options, Presets};
use tempfile::TempDir;

use crate::support::command::Workshop;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

const FRAMES: usize = 24;

/// A square that wanders over stripes; every frame differs from the others.
fn picture(frame: usize) -> Picture {
    Picture::draw(48, 36, |x, y| match (x.wrapping_sub(frame as u32), y.wrapping_sub(frame as u32 / 2)) {
        (0..10, 0..10) => [255, 200, 40, 255],
        _ if (x / 6 + y / 9).is_multiple_of(2) => [30, 60, 120, 255],
        _ => [(x * 5) as u8, (y * 7) as u8, 90, 255],
    })
}

/// When each frame of the tape is shown, in ms, and after them when all is over: 33 ms apart, more or less.
fn times() -> Vec<f64> {
    let mut times = vec![0.0];
    for frame in 0..FRAMES {
        times.push(times[frame] + [33.0, 17.0, 50.0, 25.0, 41.0][frame % 5]);
    }
    times
}

fn jittery() -> TapeBuilder {
    let times = times();
    TapeBuilder::of((0..FRAMES).map(picture), 0.0).at(&times[..FRAMES], times[FRAMES] - times[FRAMES - 1])
}

fn opened(tape: &TapeBuilder) -> Tape {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&tape.zip()).unwrap();
    Tape::open(file, &Limits::default()).unwrap()
}

fn pool() -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(2).build().unwrap()
}

/// Built-in presets, and the two usual scales at the finest quantiser that still loses something.
fn presets() -> Presets {
    let fine = r#"
        [fine-2]
        based-on = "swift.sharp"
        quality = { qp = 1 }
        [fine-4]
        based-on = "standard.sharp"
        quality = { qp = 1 }
    "#;
    Presets::built_in().unwrap().extended(Path::new("fine.toml"), fine).unwrap()
}

fn converted(tape: &Tape, preset: &str) -> Measurement {
    let mut file = tempfile::tempfile().unwrap();
    video::transcode(
        tape,
        presets().get(preset).unwrap(),
        Options::default(),
        &pool(),
        &telecine::video::Monitor::nobody(),
        &mut file,
    )
    .unwrap();
    measure(tape, &file, Path::new(preset), &telecine::video::Monitor::nobody()).unwrap()
}

#[test]
fn at_the_finest_quantiser_even_scales_are_nearly_exact_and_on_time() {
    let tape = opened(&jittery());
    for (preset, scale) in [("fine-2", 2), ("fine-4", 4)] {
        let measured = converted(&tape, preset);
        assert_eq!(measured.scale, scale);
        assert_eq!((measured.frames, measured.dropped, measured.doubled), (FRAMES, 0, 0));
        assert!(measured.psnr >= 45.0 && measured.psnr_worst.value >= 45.0, "{preset}: {} dB", measured.psnr);
        assert!(measured.ssim > 0.99 && measured.ssim_worst.value <= measured.ssim);
        assert!(measured.time_error.ms.abs() <= 1.0, "{} ms", measured.time_error.ms);
        assert!(measured.duration_error_ms.abs() <= 1.0, "{} ms", measured.duration_error_ms);
        assert!(measured.series.iter().map(|frame| frame.frame).eq(0..FRAMES));
        assert!(measured.series.iter().all(|frame| frame.bytes > 0));
    }
}

#[test]
fn the_archive_is_exact_to_the_pixel() {
    let measured = converted(&opened(&jittery()), "archive");
    assert_eq!(measured.scale, 1);
    assert!((measured.exact - 1.0).abs() < f64::EPSILON && (measured.psnr - BEST_PSNR).abs() < f64::EPSILON);
    assert!((measured.ssim_worst.value - 1.0).abs() < 1e-9);
}

#[test]
fn the_incumbent_smears_and_is_late() {
    let tape = opened(&jittery());
    let (incumbent, standard) = (converted(&tape, "incumbent"), converted(&tape, "standard"));
    assert_eq!((incumbent.scale, incumbent.dropped), (3, 0));
    assert!(incumbent.psnr < standard.psnr, "{} dB", incumbent.psnr);
    assert!((1.0..60.0).contains(&incumbent.time_error.ms.abs()), "{} ms", incumbent.time_error.ms);
}

#[test]
fn a_click_is_heard_when_it_should_be() {
    let tape = jittery().sound(&Wav::clicks(48_000, times()[FRAMES] / 1000.0, &[0.4]));
    let measured = converted(&opened(&tape), "standard");
    let offset = measured.sound_offset_ms.expect("the click is in both");
    assert!(offset.abs() <= 4.0, "{offset} ms");
    assert_eq!(converted(&opened(&jittery()), "standard").sound_offset_ms, None);
}

/// Runs ffmpeg on the tape's pictures; they lie in the folder as frame-00000.png and so on.
fn ffmpeg(folder: &TempDir, arguments: &[&str]) -> File {
    for frame in 0..FRAMES {
        std::fs::write(folder.path().join(format!("frame-{frame:05}.png")), picture(frame).png()).unwrap();
    }
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-framerate", "30", "-i", "frame-%05d.png"]).args(arguments);
    let status = command.arg("out.mp4").current_dir(folder.path()).status();
    assert!(status.expect("tests need the ffmpeg command").success());
    File::open(folder.path().join("out.mp4")).unwrap()
}

#[test]
fn what_ffmpeg_makes_is_paired_frame_by_frame_with_b_frames_and_untagged_colors() {
    let folder = TempDir::new().unwrap();
    let file = ffmpeg(&folder, &["-vf", "scale=iw*3:ih*3:flags=neighbor", "-pix_fmt", "yuv420p", "-crf", "10"]);
    let measured =
        measure(&opened(&jittery()), &file, Path::new("out.mp4"), &telecine::video::Monitor::nobody()).unwrap();
    assert_eq!((measured.scale, measured.facts.matrix), (3, None));
    assert_eq!((measured.frames, measured.dropped, measured.doubled), (FRAMES, 0, 0));
    // A frame every 33 1/3 ms, while the tape has its own times.
    let late = |frame: usize| frame as f64 * 100.0 / 3.0 - times()[frame];
    let most = (0..FRAMES).map(late).max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap();
    assert!((measured.time_error.ms - most).abs() < 1.0, "{} ms, not {most}", measured.time_error.ms);
    // With the wrong matrix this is below 25 dB.
    assert!(measured.psnr > 28.0, "{} dB", measured.psnr);
}

#[test]
fn planes_of_every_kind_become_the_same_colors() {
    // The finest quantiser of each coder, at twice the tape's size: what is left is rounding, as deep as the samples are.
    for (matrix, range, format, coder, floor) in [
        ("bt709", "tv", "yuv420p", "libx264 -qp 1", 48.0),
        ("smpte170m", "tv", "yuv420p", "libx264 -qp 1", 48.0),
        ("bt709", "pc", "yuv420p", "libx264 -qp 1", 48.0),
        ("bt709", "pc", "yuv444p", "libx264 -qp 1", 48.0),
        ("bt709", "tv", "yuv444p10le", "libx264 -qp 1", 56.0),
        ("smpte170m", "pc", "yuv420p10le", "libx264 -qp 1", 52.0),
        ("bt709", "tv", "yuv444p", "libvpx-vp9 -lossless 1", 48.0),
        ("bt709", "tv", "yuv444p10le", "libaom-av1 -cpu-used 8 -usage realtime -crf 1 -b:v 0", 48.0),
    ] {
        let folder = TempDir::new().unwrap();
        let enlarged = "scale=iw*2:ih*2:flags=neighbor";
        let exactly = "flags=area+accurate_rnd+full_chroma_int+full_chroma_inp";
        let filter = format!("{enlarged},scale=out_color_matrix={matrix}:out_range={range}:{exactly},format={format}");
        let coding = format!("{coder} -colorspace {matrix} -color_range {range}");
        let mut arguments = vec!["-vf", filter.as_str(), "-c:v"];
        arguments.extend(coding.split(' '));
        let measured = measure(
            &opened(&jittery()),
            &ffmpeg(&folder, &arguments),
            Path::new("out.mp4"),
            &telecine::video::Monitor::nobody(),
        )
        .unwrap();
        // libav's name for full range in 8 bits has a j.
        let stored = measured.facts.pixel_format.replace("yuvj", "yuv");
        assert_eq!((measured.scale, stored.as_str()), (2, format));
        assert!(measured.psnr >= floor, "{coding}, {format}: {} dB", measured.psnr);
    }
}

#[test]
fn a_video_that_runs_at_another_speed_has_dropped_nothing() {
    let times: Vec<f64> = (0..FRAMES).map(|frame| frame as f64 * 380.0 + (frame % 3) as f64 * 40.0).collect();
    let tape = TapeBuilder::of((0..FRAMES).map(picture), 0.0).at(&times, 380.0);
    let folder = TempDir::new().unwrap();
    // Nine seconds, in less than one.
    let hurried = ffmpeg(&folder, &["-vf", "scale=iw*2:ih*2:flags=neighbor", "-crf", "10"]);
    let measured =
        measure(&opened(&tape), &hurried, Path::new("out.mp4"), &telecine::video::Monitor::nobody()).unwrap();
    assert_eq!((measured.frames, measured.dropped, measured.doubled), (FRAMES, 0, 0));
    assert!(measured.series.iter().map(|frame| frame.frame).eq(0..FRAMES));
    assert!(measured.time_error.ms < -8000.0 && measured.psnr > 30.0, "{:?}", measured.time_error);
}

#[test]
fn dirt_on_flat_ground_and_blocks_are_told() {
    let sky = |frame: usize| {
        // Flat above, a slope of one level for three pixels below, and something that moves.
        Picture::draw(96, 72, |x, y| match (x.wrapping_sub(2 * frame as u32), y) {
            (0..10, 20..30) => [250, 90, 40, 255],
            (_, 0..40) => [90, 140, 200, 255],
            _ => [60 + (x / 3) as u8, 40 + (y / 3) as u8, 50, 255],
        })
    };
    let tape = opened(&TapeBuilder::of((0..FRAMES).map(sky), 33.0));
    let converted = |quantiser: &str| {
        let presets = format!("[one]\nbased-on = \"swift.sharp\"\nquality = {{ qp = {quantiser} }}");
        let presets = Presets::built_in().unwrap().extended(Path::new("one.toml"), &presets).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        video::transcode(
            &tape,
            presets.get("one").unwrap(),
            Options::default(),
            &pool(),
            &telecine::video::Monitor::nobody(),
            &mut file,
        )
        .unwrap();
        measure(&tape, &file, Path::new("one"), &telecine::video::Monitor::nobody()).unwrap()
    };
    let (fine, coarse) = (converted("4"), converted("44"));
    assert!((0.3..0.6).contains(&fine.flat), "{}", fine.flat);
    let off = [&fine, &coarse].map(|measured| (measured.flat_error.unwrap(), measured.blockiness.unwrap()));
    assert!(off[0].0 < 1.2 && off[1].0 > off[0].0 + 0.5, "{off:?}");
    assert!(off[0].1 < 0.1 && off[1].1 > off[0].1 + 0.1, "{off:?}");
    assert!(coarse.flat_error_worst.unwrap().value >= off[1].0);
    assert_eq!(self::converted(&tape, "archive").flat_error, Some(0.0));
}

#[test]
fn frames_that_others_drop_and_double_are_counted() {
    let folder = TempDir::new().unwrap();
    let thinned = ffmpeg(&folder, &["-vf", "select='not(eq(n,9))',scale=iw*2:ih*2:flags=neighbor", "-vsync", "vfr"]);
    let measured =
        measure(&opened(&jittery()), &thinned, Path::new("out.mp4"), &telecine::video::Monitor::nobody()).unwrap();
    assert_eq!((measured.frames, measured.dropped, measured.doubled), (FRAMES - 1, 1, 0));

    let folder = TempDir::new().unwrap();
    let twice = ffmpeg(&folder, &["-vf", "scale=iw*2:ih*2:flags=neighbor", "-r", "60"]);
    let measured =
        measure(&opened(&jittery()), &twice, Path::new("out.mp4"), &telecine::video::Monitor::nobody()).unwrap();
    assert_eq!((measured.dropped, measured.doubled), (0, measured.frames - FRAMES));
}

#[test]
fn a_video_of_another_size_is_refused_with_both_sizes() {
    let folder = TempDir::new().unwrap();
    let file = ffmpeg(&folder, &["-vf", "scale=100:100"]);
    let error =
        measure(&opened(&jittery()), &file, Path::new("out.mp4"), &telecine::video::Monitor::nobody()).unwrap_err();
    assert_eq!(error.to_string(), "out.mp4 is 100x100; expected a whole multiple of the tape's 48x36");
}

#[test]
fn the_program_measures_and_draws() {
    let workshop = Workshop::with(&jittery());
    workshop.run("convert tape.zip --no-thumbnail").succeeds();
    let measured = &workshop.run("measure tape.zip tape.mp4 --json --plot plot.png").succeeds().json()[0];
    assert_eq!((&measured["frames"], &measured["dropped"]), (&FRAMES.into(), &0.into()));
    assert_eq!(measured["series"].as_array().unwrap().len(), FRAMES);
    assert!(workshop.get("plot.png").starts_with(b"\x89PNG"));
    workshop
        .run("measure tape.zip tape.mp4 --plot plot.png")
        .fails(1, "error: tape.mp4: plot.png exists; --force overwrites it");
    let text = workshop.run("measure tape.zip tape.mp4").succeeds();
    assert!(text.stdout().contains("96x72, ×2 of 48x36"), "{}", text.stdout());

    let trials =
        workshop.run("presets try tape.zip --presets swift,archive --sheet sheet.png --json").succeeds().json();
    let names: Vec<_> = trials.iter().map(|trial| trial["preset"].as_str().unwrap()).collect();
    assert_eq!(names, ["swift", "archive"]);
    assert!(trials[1]["exact"] == 1.0 && trials[0]["bytes"].as_u64().unwrap() > 0);
    assert!(workshop.get("sheet.png").starts_with(b"\x89PNG"));
}
