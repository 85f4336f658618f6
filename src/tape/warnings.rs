//! What is odd about a tape but does not keep it from being shown, in sentences for people.

use super::frames::Ordered;
use super::{BLOCK, Soundtrack, Timeline};

/// What `timing.json` leaves open.
pub fn of_timing(has_timing: bool, ordered: &Ordered) -> Vec<String> {
    if !has_timing {
        return vec!["no timing.json; every frame is shown for 1/30 s".into()];
    }
    let mut warnings = Vec::new();
    if ordered.rows_without_frame > 0 {
        let rows = frames(ordered.rows_without_frame);
        warnings.push(format!("timing.json lists {rows} that the archive does not hold; skipped"));
    }
    if ordered.frames_without_row > 0 {
        let frames = frames(ordered.frames_without_row);
        warnings.push(format!("timing.json does not list {frames}; shown for 1/30 s each"));
    }
    let unknown = ordered.rows.iter().filter(|row| row.timestamp.is_none()).count() - ordered.frames_without_row;
    if unknown > 0 {
        warnings.push(format!("timing.json gives {} no timestamp; shown by the durations", frames(unknown)));
    }
    warnings
}

/// Times that were not believed.
pub fn of_replaced(replaced: usize) -> Option<String> {
    let text = || format!("{} had a time that runs backwards; shown by the durations instead", frames(replaced));
    (replaced > 0).then(text)
}

/// Frames of other sizes than the first.
pub fn of_sizes(others: usize, (width, height): (u32, u32)) -> Option<String> {
    let text = || {
        let frames = frames(others);
        format!("{frames} not of the first one's size ({width}x{height}); placed top-left on black")
    };
    (others > 0).then(text)
}

/// Sound that is empty, or not as long as the pictures.
pub fn of_sound(sound: &Soundtrack, timeline: &Timeline) -> Option<String> {
    if sound.frames == 0 {
        return Some("soundtrack.wav is empty; the video has no sound".into());
    }
    let surplus = sound.seconds() - timeline.duration().as_secs_f64();
    let padding = BLOCK as f64 / f64::from(sound.rate);
    if surplus > padding {
        Some(format!("sound lasts {surplus:.3} s longer than the pictures; the last frame is held"))
    } else if -surplus > padding {
        Some(format!("sound ends {:.3} s before the pictures", -surplus))
    } else {
        None
    }
}

fn frames(number: usize) -> String {
    format!("{number} frame{}", if number == 1 { "" } else { "s" })
}
