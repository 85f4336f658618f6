//! Every frame at its time, and sound with the pictures.

use proptest::prelude::*;

use crate::support::command::converted;
use crate::support::picture::{PALETTE, Picture};
use crate::support::probe::Video;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// Sample frames in a recorder's block, at 48 kHz in seconds.
const BLOCK: f64 = 4096.0 / 48_000.0;

fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1000.0
}

/// A tape whose frames differ and appear at these times, in ms.
fn tape(times: &[f64], last: f64) -> TapeBuilder {
    TapeBuilder::of((0..times.len()).map(|index| Picture::numbered(16, 8, index)), 1.0).at(times, last)
}

/// Checks that frames appear at these times, in ms, to within one, and that everything ends when they do.
fn appears(video: &Video, times: &[f64], end: f64) {
    let found: Vec<_> = video.shown.iter().map(|shown| shown.0).collect();
    assert_eq!(found.len(), times.len(), "{found:?}");
    for (found, time) in found.iter().zip(times) {
        assert!((found - seconds(*time)).abs() < 0.001, "a frame at {found} s, not at {time} ms");
    }
    let (start, duration) = *video.shown.last().unwrap();
    assert!((start + duration - seconds(end)).abs() < 0.001, "the last frame ends at {} s", start + duration);
    assert!((video.pictures.seconds() - seconds(end)).abs() < 0.002, "the stream lasts {} s", video.pictures.seconds());
    assert!((video.seconds - seconds(end)).abs() < 0.002, "the whole lasts {} s", video.seconds);
}

/// Times with the jitter of a busy browser: about `gap` ms apart, now and then much more.
fn jittery(count: usize, gap: f64) -> Vec<f64> {
    let wobble = |index: usize| ((index * 7919) % 97) as f64 / 97.0 * gap * 0.8;
    let stall = |index: usize| (index / 40) as f64 * 130.0;
    (0..count).map(|index| if index == 0 { 0.0 } else { index as f64 * gap + wobble(index) + stall(index) }).collect()
}

/// What clocks write, by name: times of frames in ms, and how long the last is shown.
fn clocks() -> [(&'static str, Vec<f64>, f64); 8] {
    let fast: Vec<_> = (0..240).map(|index| f64::from(index) * 1000.0 / 120.0).collect();
    [
        ("60 Hz", (0..90).map(|index| f64::from(index) * 1000.0 / 60.0).collect(), 16.67),
        ("120 Hz, whose durations the site raises to 10 ms", fast, 10.0),
        ("jitter", jittery(200, 16.7), 16.67),
        ("24 fps", (0..24).map(|index| f64::from(index) * 1000.0 / 24.0).collect(), 41.7),
        ("long holds", vec![0.0, 5000.0, 5016.7, 65_000.0, 65_033.0], 16.67),
        ("two frames within a ms", vec![0.0, 0.3, 0.6, 16.7], 16.67),
        ("a long last frame", vec![0.0, 16.7], 12_345.6),
        ("a last frame of a ms", vec![0.0, 16.7, 33.3], 1.0),
    ]
}

#[test]
fn frames_appear_when_they_were_drawn() {
    for (what, times, last) in clocks() {
        println!("{what}");
        let (_workshop, video) = converted(&tape(&times, last), "");
        appears(&video, &times, times.last().unwrap() + last);
    }
}

/// Frames of a smooth tape are stored in another order than they are shown in.
#[test]
fn smooth_frames_appear_when_they_were_drawn_and_in_that_order() {
    for (what, times, last) in clocks() {
        println!("{what}");
        let pictures: Vec<_> = (0..times.len()).map(|index| Picture::glowing(48, 32, index)).collect();
        let (_workshop, video) = converted(&TapeBuilder::of(pictures.clone(), 1.0).at(&times, last), "");
        appears(&video, &times, times.last().unwrap() + last);
        // A few frames that stay for long jump rather than flow.
        assert!(video.pictures.has_b_frames > 0 || times.len() < 6, "{what}");
        // From one frame to the next all of it gets brighter or darker by six levels of red.
        let red = |picture: &Picture| {
            picture.pixels.iter().map(|pixel| f64::from(pixel[0])).sum::<f64>() / picture.pixels.len() as f64
        };
        for (index, (seen, drawn)) in video.decode_reduced(2, 48, 32).iter().zip(&pictures).enumerate() {
            let off = (red(seen) - red(drawn)).abs();
            assert!(off < 4.0, "{what}: frame {index} is {off} levels off");
        }
    }
}

#[test]
fn equal_neighbours_become_one_longer_frame() {
    let shown = [0, 0, 0, 1, 2, 2, 1, 1, 1, 3];
    let pictures = shown.map(|index| Picture::numbered(16, 8, index));
    let times: Vec<_> = (0..shown.len()).map(|index| index as f64 * 20.0).collect();
    let (_workshop, video) = converted(&TapeBuilder::of(pictures, 1.0).at(&times, 30.0), "");
    appears(&video, &[0.0, 60.0, 80.0, 120.0, 180.0], 210.0);
    let (_workshop, video) = converted(&TapeBuilder::of(vec![Picture::numbered(16, 8, 1); 99], 20.0), "");
    appears(&video, &[0.0], 1980.0);
}

#[test]
fn snapped_frames_are_whole_frames_apart() {
    let (_workshop, video) = converted(&tape(&jittery(150, 14.0), 16.67), "--snap 60");
    let whole = |time: f64| (time * 60.0 - (time * 60.0).round()).abs() < 0.01;
    assert!(video.shown.iter().all(|&(start, duration)| whole(start) && whole(duration) && duration > 0.016));
    assert!(video.shown.len() > 100 && whole(video.seconds));
    // None is further from its time than half a frame.
    let jittery = jittery(150, 14.0);
    let nearest = |time: f64| jittery.iter().map(|other| (seconds(*other) - time).abs()).fold(f64::MAX, f64::min);
    assert!(video.shown.iter().all(|shown| nearest(shown.0) < 0.5 / 60.0 + 0.0001));
}

#[test]
fn the_site_s_own_timing_can_be_had_for_comparison() {
    let times = jittery(60, 20.0);
    let (_workshop, video) = converted(&tape(&times, 20.0), "--preset incumbent");
    let first = video.shown[0].1;
    assert!(video.shown.iter().all(|shown| (shown.1 - first).abs() < 0.0001) && video.shown.len() == 60);
    assert_eq!(video.pictures.width, 48);
}

/// Where the clicks in the sound begin, in seconds.
fn onsets(video: &Video) -> Vec<f64> {
    let rate: f64 = video.sound.as_ref().unwrap().sample_rate.as_ref().unwrap().parse().unwrap();
    let samples = video.hear();
    let mut onsets: Vec<f64> = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let time = index as f64 / rate;
        if sample.abs() > 0.4 && onsets.last().is_none_or(|last| time - last > 0.1) {
            onsets.push(time);
        }
    }
    onsets
}

#[test]
fn clicks_are_heard_when_the_flash_is_seen() {
    let clicks = [0.0, 0.25, 0.5, 1.3, 1.9];
    for rate in [44_100, 48_000, 96_000, 22_050] {
        let flash = |index: u32| clicks.iter().any(|&click| (f64::from(index) / 20.0 - click).abs() < 0.001);
        let pictures = (0..40).map(|index| Picture::flat(16, 16, PALETTE[usize::from(flash(index))]));
        let tape = TapeBuilder::of(pictures, 50.0).sound(&Wav::clicks(rate, 2.0, &clicks));
        let (_workshop, video) = converted(&tape, "");
        let seen: Vec<_> = video
            .decode()
            .iter()
            .zip(&video.shown)
            .filter(|(picture, _)| picture.at(8, 8)[0] > 128)
            .map(|(_, shown)| shown.0)
            .collect();
        let heard = onsets(&video);
        assert_eq!((heard.len(), seen.len()), (5, 5), "{rate} Hz: {heard:?} {seen:?}");
        for ((heard, seen), click) in heard.iter().zip(&seen).zip(clicks) {
            assert!((heard - click).abs() < 0.004 && (seen - click).abs() < 0.001, "{rate} Hz: {heard} {seen} {click}");
        }
    }
}

#[test]
fn sound_longer_by_padding_is_cut_and_by_more_holds_the_last_frame() {
    let times: Vec<_> = (0..60).map(|index| f64::from(index) * 1000.0 / 60.0).collect();
    for (surplus, end) in [(0.01, 1.0), (BLOCK * 0.98, 1.0), (BLOCK * 1.1, 1.0 + BLOCK * 1.1), (1.5, 2.5)] {
        let wav = Wav::clicks(48_000, 1.0 + surplus, &[0.5]);
        let (_workshop, video) = converted(&tape(&times, 1000.0 / 60.0).sound(&wav), "");
        appears(&video, &times, end * 1000.0);
        let sound = video.sound.as_ref().unwrap().seconds();
        // Sound comes in frames of 1,024 samples; the last one is cut by the container's length.
        assert!((sound - end).abs() < 0.022, "{sound} s of sound for {end} s");
        assert!((onsets(&video)[0] - 0.5).abs() < 0.004);
    }
}

#[test]
fn sound_that_is_shorter_ends_early() {
    let times = [0.0, 500.0, 1500.0];
    let (_workshop, video) = converted(&tape(&times, 500.0).sound(&Wav::clicks(44_100, 0.7, &[0.2])), "");
    appears(&video, &times, 2000.0);
    assert!((video.sound.as_ref().unwrap().seconds() - 0.7).abs() < 0.024);
    assert!((onsets(&video)[0] - 0.2).abs() < 0.004);
}

#[test]
fn snapped_pictures_keep_their_sound() {
    let times = jittery(60, 15.0);
    let end = times.last().unwrap() + 16.67;
    let (_workshop, video) =
        converted(&tape(&times, 16.67).sound(&Wav::clicks(48_000, seconds(end), &[0.4])), "--snap 30");
    assert!((onsets(&video)[0] - 0.4).abs() < 0.004);
    assert!((video.seconds - seconds(end)).abs() < 1.0 / 30.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_timeline_is_read_back_as_it_was_written(
        gaps in prop::collection::vec(0.02_f64..300.0, 1..80),
        last in 0.1_f64..2000.0,
    ) {
        let mut times = vec![0.0];
        times.extend(gaps.iter().scan(0.0, |now, gap| {
            *now += gap;
            Some(*now)
        }));
        let (_workshop, video) = converted(&tape(&times, last), "--preset swift --no-thumbnail");
        appears(&video, &times, times.last().unwrap() + last);
    }
}

/// Of a small canvas full of noise the bits say more than the size.
#[test]
fn the_level_covers_the_bits_of_every_second() {
    let noise = |index: usize| {
        Picture::draw(40, 30, |x, y| PALETTE[(index * 7919 + x as usize * 31 + y as usize * 57 + (x * y) as usize) % 9])
    };
    let (_workshop, video) = converted(&TapeBuilder::of((0..90).map(noise), 1000.0 / 60.0), "");
    let bits = |from: f64| -> u64 {
        let within = video.packets.iter().filter(|(time, _)| (from..from + 1.0).contains(time));
        within.map(|(_, bytes)| bytes * 8).sum()
    };
    let most = video.packets.iter().map(|(time, _)| bits(*time)).max().unwrap();
    // What the profile High allows at a level, in bits a second; by its size alone the video would be of level 1.1.
    let allowed = [(11, 240_000), (12, 480_000), (13, 960_000), (20, 2_500_000), (21, 5_000_000)];
    let level = allowed.into_iter().find(|(_, allowed)| most <= *allowed).unwrap().0;
    assert!(level > 11, "{most} bits a second are too few for this test");
    assert_eq!(video.pictures.level, level, "{most} bits a second");
    // That was the decoder's settings; the container says it too.
    let file = std::fs::read(&video.path).unwrap();
    let configuration = file.windows(4).position(|window| window == b"avcC").unwrap() + 4;
    assert_eq!(i32::from(file[configuration + 3]), level);
}

/// Players that take declarations at their word refuse what asks for more than its level, and levels beyond 4.2 at all.
#[test]
fn the_level_covers_the_real_rate_and_no_more() {
    let level = |width: u32, height: u32, rate: f64| {
        let times: Vec<_> = (0..rate as u32 + 8).map(|index| f64::from(index) * 1000.0 / rate).collect();
        let pictures = (0..times.len()).map(|index| Picture::numbered(width, height, index));
        let tape = TapeBuilder::of(pictures, 1.0).at(&times, 1000.0 / rate);
        converted(&tape, "").1.pictures.level
    };
    // ×4 is 1920×1080, and ×2 1280×720.
    assert_eq!(level(480, 270, 60.0), 42);
    assert!((32..=42).contains(&level(640, 360, 120.0)));
    assert!((40..=51).contains(&level(640, 360, 240.0)));
    assert!(level(64, 48, 30.0) <= 13);
}
