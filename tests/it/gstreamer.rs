//! GStreamer, and with it WebKitGTK and the players of GNOME: each frame at its time, and the end where it is.

use std::process::Command;

use crate::support::command::{Workshop, converted};
use crate::support::picture::Picture;
use crate::support::probe::Video;
use crate::support::tape::TapeBuilder;

/// What GStreamer makes of the pictures of an MP4, in seconds since its start.
struct Played {
    /// When each frame is shown, in the order in which the decoder gives them.
    shown: Vec<f64>,
    /// How long each is said to be shown; right only where frames are stored in the order of time.
    durations: Vec<f64>,
    /// When all is over.
    end: f64,
}

fn play(video: &Video) -> Played {
    let mut command = Command::new("gst-launch-1.0");
    command.arg("-v").arg("filesrc").arg(format!("location={}", video.path.display()));
    command.args("! qtdemux ! avdec_h264 max-threads=1 ! identity silent=false ! fakesink sync=false".split(' '));
    let output = command.output().expect("gst-launch-1.0 is there after scripts/setup --test");
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{log}{}", String::from_utf8_lossy(&output.stderr));
    // Times of frames are those of the media; the segment says which part of it is played.
    let segment = log.lines().find(|line| line.contains("(type: segment")).expect("a segment is played");
    let bound = |name: &str| -> f64 {
        let text = segment.split(&format!(" {name}=(guint64)")).nth(1).expect("a segment has bounds");
        text.split(',').next().unwrap().parse::<f64>().unwrap() / 1e9
    };
    let start = bound("start");
    let frames: Vec<_> = log.lines().filter(|line| line.contains("last-message = chain")).collect();
    let time = |line: &str, name: &str| clock(line.split(&format!("{name}: ")).nth(1).unwrap());
    Played {
        shown: frames.iter().map(|line| time(line, "pts") - start).collect(),
        durations: frames.iter().map(|line| time(line, "duration")).collect(),
        end: bound("stop") - start,
    }
}

/// `0:00:01.155600000` in seconds.
fn clock(text: &str) -> f64 {
    let text = text.split(',').next().unwrap();
    text.split(':').fold(0.0, |seconds, part| seconds * 60.0 + part.parse::<f64>().unwrap())
}

fn plays_like(tape: &TapeBuilder, has_b_frames: bool) -> Played {
    let (_workshop, video): (Workshop, _) = converted(tape, "");
    assert_eq!(video.pictures.has_b_frames > 0, has_b_frames);
    let played = play(&video);
    let near = |one: f64, other: f64| (one - other).abs() < 0.0001;
    assert_eq!(played.shown.len(), video.shown.len());
    let wrong = played.shown.iter().zip(&video.shown).find(|(played, (shown, _))| !near(**played, *shown));
    assert!(wrong.is_none(), "shown at another time: {wrong:?}");
    assert!(near(played.end, video.pictures.seconds()), "ends at {}, not {}", played.end, video.pictures.seconds());
    played
}

#[test]
fn gstreamer_shows_frames_at_their_times_whatever_order_they_are_stored_in() {
    let times: Vec<_> = (0..40).map(|index| f64::from(index) * 16.7 + f64::from(index * 7 % 5) * 3.0).collect();
    let flat = TapeBuilder::of((0..40).map(|index| Picture::numbered(32, 24, index)), 1.0);
    plays_like(&flat.at(&times, 250.0), false);
    let shaded = TapeBuilder::of((0..40).map(|index| Picture::glowing(48, 32, index)), 1.0);
    plays_like(&shaded.at(&times, 250.0), true);
}

#[test]
fn gstreamer_shows_a_single_frame_for_as_long_as_it_lasts() {
    for milliseconds in [20.0, 1500.0] {
        let played = plays_like(&TapeBuilder::of([Picture::numbered(32, 24, 1)], milliseconds), false);
        assert!((played.durations[0] - milliseconds / 1000.0).abs() < 0.0001, "{:?}", played.durations);
    }
}
