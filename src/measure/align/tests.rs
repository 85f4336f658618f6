//! Videos that drop, double, hurry and wait, paired with their tapes.

use super::*;
use proptest::prelude::*;

const FRAME: i64 = TICKS_PER_SECOND / 60;

fn look(seed: usize) -> Signature {
    (0..16).map(|cell| (seed * 7919 * (cell + 3) % 65_000) as u16).collect()
}

/// Pictures of one frame each, at these times.
fn moments(starts: &[i64]) -> Vec<Moment> {
    let end = |index: usize| starts.get(index + 1).copied().unwrap_or(starts[index] + FRAME);
    let moment = |(index, &start)| Moment { start, end: end(index), frames: 1, signature: look(index) };
    starts.iter().enumerate().map(moment).collect()
}

fn regular(count: usize) -> Vec<Moment> {
    moments(&(0..count).map(|index| index as i64 * FRAME).collect::<Vec<_>>())
}

fn frames_of(moments: &[Moment], shows: &[usize], step: i64) -> Vec<(i64, Signature)> {
    let frame = |(index, &shows): (usize, &usize)| (index as i64 * step, moments[shows].signature.clone());
    shows.iter().enumerate().map(frame).collect()
}

#[test]
fn a_dropped_picture_is_dropped_and_nothing_else() {
    let tape = regular(100);
    let shown: Vec<_> = (0..100).filter(|&picture| picture != 40).collect();
    let mut frames = frames_of(&tape, &(0..100).collect::<Vec<_>>(), FRAME);
    frames.remove(40);
    let alignment = align(&tape, &frames);
    assert_eq!(alignment.shows, shown);
    assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (1, 0));
    assert_eq!(alignment.time_error(&tape, &frames), Some((0, 0)));
}

#[test]
fn a_frame_shown_twice_is_doubled_and_delays_the_rest() {
    let tape = regular(50);
    let shown: Vec<_> = (0..=20).chain(20..50).collect();
    let frames = frames_of(&tape, &shown, FRAME);
    let alignment = align(&tape, &frames);
    assert_eq!(alignment.shows, shown);
    assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 1));
    assert_eq!(alignment.time_error(&tape, &frames), Some((21, FRAME)));
}

#[test]
fn what_the_tape_repeats_itself_is_not_doubled() {
    let mut tape = regular(3);
    tape[1].frames = 2;
    let frames = frames_of(&tape, &[0, 1, 1, 2], FRAME);
    assert_eq!(align(&tape, &frames).doubled(&tape), 0);
}

#[test]
fn frames_that_look_alike_are_paired_by_time() {
    let mut tape = moments(&[0, 1000, 2500, 4000, 4500]);
    for moment in &mut tape {
        moment.signature = look(1);
    }
    // Off by less than a tick of the clock of most files.
    let frames: Vec<_> = [0, 995, 2505, 3990, 4500].map(|time| (time, look(1))).into();
    assert_eq!(align(&tape, &frames).shows, [0, 1, 2, 3, 4]);
}

#[test]
fn a_coder_that_skips_a_little_movement_has_not_repeated_a_picture() {
    let mut tape = regular(60);
    for (index, moment) in tape.iter_mut().enumerate() {
        moment.signature = (0..64).map(|cell| (30_000 + index * (cell % 5) * 9) as u16).collect();
    }
    // Noise of about two levels; every third frame looks like the one before.
    let coded = |frame: usize| {
        let lagging = frame - usize::from(frame % 3 == 2);
        let noise = |cell: usize| ((frame * 31 + cell * 17) % 13) as u16 * 80;
        tape[lagging].signature.iter().enumerate().map(|(cell, value)| value + noise(cell)).collect()
    };
    let frames: Vec<_> = (0..60).map(|frame| (frame as i64 * FRAME, coded(frame))).collect();
    assert_eq!(align(&tape, &frames).shows, (0..60).collect::<Vec<_>>());
}

#[test]
fn a_video_of_another_length_is_followed_all_the_way() {
    let tape = regular(1200);
    let frames = frames_of(&tape, &(0..1200).collect::<Vec<_>>(), FRAME * 5 / 4);
    let alignment = align(&tape, &frames);
    assert_eq!(alignment.shows, (0..1200).collect::<Vec<_>>());
    assert_eq!(alignment.time_error(&tape, &frames), Some((1199, 1199 * FRAME / 4)));
}

#[test]
fn a_video_at_a_fixed_rate_drops_nothing_however_fast_it_runs() {
    // Nine seconds of one frame every 150 ms or so, with a pause of three seconds; at 50 frames a second.
    let mut now = 0;
    let starts: Vec<_> = (0..60)
        .map(|index| {
            now += if index == 30 { 3 * TICKS_PER_SECOND } else { 9_000 + index % 7 * 1_400 };
            now
        })
        .collect();
    let tape = moments(&starts.iter().map(|start| start - starts[0]).collect::<Vec<_>>());
    for step in [TICKS_PER_SECOND / 50, TICKS_PER_SECOND / 7, TICKS_PER_SECOND * 2] {
        let frames = frames_of(&tape, &(0..60).collect::<Vec<_>>(), step);
        let alignment = align(&tape, &frames);
        assert_eq!(alignment.shows, (0..60).collect::<Vec<_>>());
        assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 0));
    }
    // What is missing is still missing.
    let shown: Vec<_> = (0..60).filter(|picture| !(20..23).contains(picture)).collect();
    let alignment = align(&tape, &frames_of(&tape, &shown, TICKS_PER_SECOND / 50));
    assert_eq!((alignment.shows.clone(), alignment.dropped(&tape)), (shown, 3));
}

#[test]
fn a_rounded_rate_does_not_make_noisy_frames_show_their_neighbours() {
    // Slow and irregular, with little movement; coded with noise of about a level, fourteen frames a second.
    let starts: Vec<_> = (0..60_i64).map(|index| index * 5_500 + if index > 0 { 14_000 } else { 0 }).collect();
    let mut tape = moments(&starts);
    for (index, moment) in tape.iter_mut().enumerate() {
        moment.signature = (0..64).map(|cell| (30_000 + index * (cell % 5) * 40) as u16).collect();
    }
    let coded = |frame: usize| {
        let noise = |cell: usize| ((frame * 31 + cell * 17) % 13) as u16 * 40;
        tape[frame].signature.iter().enumerate().map(|(cell, value)| value + noise(cell)).collect()
    };
    let frames: Vec<_> = (0..60).map(|frame| (frame as i64 * 6_400, coded(frame))).collect();
    assert_eq!(align(&tape, &frames).shows, (0..60).collect::<Vec<_>>());
}

#[test]
fn equal_neighbours_of_a_tape_are_counted_when_a_video_repeats_them_at_its_own_rate() {
    let mut tape = regular(40);
    for (index, moment) in tape.iter_mut().enumerate() {
        moment.frames = 1 + index % 5;
        moment.start *= 9;
        moment.end *= 9;
    }
    let shown: Vec<_> = (0..40).flat_map(|index| vec![index; 1 + index % 5]).collect();
    let alignment = align(&tape, &frames_of(&tape, &shown, FRAME));
    assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 0));
    assert_eq!(alignment.shows, shown);
}

#[test]
fn a_video_that_ends_early_has_dropped_the_rest() {
    let tape = regular(300);
    let shown: Vec<_> = (0..120).collect();
    let alignment = align(&tape, &frames_of(&tape, &shown, FRAME));
    assert_eq!((alignment.shows.clone(), alignment.dropped(&tape)), (shown, 180));
}

#[test]
fn a_video_of_something_else_is_paired_somehow() {
    let tape = regular(3);
    let frames: Vec<_> = (0..400).map(|index| (index * FRAME, look(index as usize + 900))).collect();
    let alignment = align(&tape, &frames);
    assert!(alignment.shows.is_sorted() && alignment.shows.len() == 400);
    assert_eq!(align(&tape, &[]).shows, [0_usize; 0]);
}

proptest! {
    #[test]
    fn what_is_the_same_is_paired_with_itself(gaps in prop::collection::vec((1_i64..90_000, 0_usize..3), 1..80)) {
        let mut now = 0;
        let starts: Vec<_> = gaps.iter().map(|(gap, _)| { now += gap; now - gaps[0].0 }).collect();
        let mut tape = moments(&starts);
        for (moment, (_, kind)) in tape.iter_mut().zip(&gaps) {
            moment.signature = look(*kind);
        }
        let frames: Vec<_> = tape.iter().map(|moment| (moment.start, moment.signature.clone())).collect();
        let alignment = align(&tape, &frames);
        prop_assert_eq!(&alignment.shows, &(0..tape.len()).collect::<Vec<_>>());
        prop_assert_eq!(alignment.time_error(&tape, &frames).map(|(_, error)| error), Some(0));
    }

    #[test]
    fn pictures_never_run_backwards(shown in prop::collection::vec(0_usize..30, 1..60), step in 100_i64..9000) {
        let tape = regular(30);
        let alignment = align(&tape, &frames_of(&tape, &shown, step));
        prop_assert!(alignment.shows.is_sorted());
        prop_assert!(alignment.dropped(&tape) < 30);
    }
}
