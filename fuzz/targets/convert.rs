//! A whole conversion, up to where libav takes over: pictures to planes and thumbnail, sound to samples, and all that
//! makes up for flaws on the way.
//!
//! The input is the tape's files one after the other with `====` between them; what each is for shows at its start.
//! Their names look like those of different recorders and archivers in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::error::{Error, TapeError};
use telecine::picture::{Decoder, Picture};
use telecine::tape::Tape;
use telecine::thumbnail::thumbnail;
use telecine::video::planes::{Chroma, Converter, Geometry, Plane};
use telecine_fuzz::{listen, tape};

const SEPARATOR: &[u8] = b"====";

fuzz_target!(|bytes: &[u8]| {
    let entries = split(bytes).into_iter().enumerate().map(|(index, part)| (name(index, part), part));
    if let Ok(tape) = tape(entries) {
        show(&tape, 1 + bytes.len() as u32 % 4);
        listen(&tape);
        inspect(&tape);
    }
});

fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + SEPARATOR.len()..];
    }
    parts.push(bytes);
    // Sound and times are about the whole tape; only the last of each counts.
    for kind in ["timing.json", "soundtrack.wav"] {
        let last = parts.iter().rposition(|part| name(0, part) == kind);
        let mut index = 0;
        parts.retain(|part| {
            index += 1;
            name(0, part) != kind || Some(index - 1) == last
        });
    }
    parts
}

fn name(index: usize, part: &[u8]) -> String {
    match part {
        [b'[' | b'{', ..] => "timing.json".into(),
        [b'R' | b'B', b'I' | b'F' | b'W', b'F' | b'6', b'F' | b'4', _, _, _, _, b'W', b'A', ..] => {
            "soundtrack.wav".into()
        }
        _ => match index % 4 {
            0 => format!("frame-{index}.png"),
            1 => format!("./frame-{index:05}.png"),
            2 => format!("/FRAME_{index}.PNG"),
            _ => format!("frame-{index}.webp"),
        },
    }
}

fn show(tape: &Tape, scale: u32) {
    let geometry = Geometry::new(tape.width, tape.height, scale, 2);
    let (width, height) = (geometry.width as usize, geometry.height as usize);
    let (mut luma, mut blue, mut red) =
        (vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]);
    let (mut reel, mut decoder, mut picture) = (tape.reel(), Decoder::default(), Picture::default());
    let mut converter = Converter::default();
    let (mut shown, mut failed) = (0, 0);
    for index in 0..tape.frame_count() {
        match reel.picture(index, &mut decoder, &mut picture) {
            Ok(()) => shown += 1,
            Err(Error::Tape(TapeError::NoPicture { .. })) => {
                failed += 1;
                continue;
            }
            Err(_) => continue,
        }
        assert_eq!((picture.width, picture.height), (tape.width, tape.height));
        assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
        let planes = [(&mut luma, width), (&mut blue, width / 2), (&mut red, width / 2)];
        converter.convert(&picture, &geometry, Chroma::Halved, planes.map(|(data, stride)| Plane { data, stride }));
        if index == 0 {
            let _ = thumbnail(&picture);
        }
    }
    // Either there is something to show for every frame, or for none.
    assert!(shown == 0 || failed == 0);
}

/// Looks for flaws again, now with what is known, and tells of them.
fn inspect(tape: &Tape) {
    let before = tape.warnings().len();
    let seen = tape.look_through(|| false);
    let warnings = tape.warnings();
    assert!(warnings.iter().all(|warning| !warning.to_string().is_empty()));
    assert!(warnings.len() >= before);
    // What is odd is an error to those who want that.
    assert_eq!(tape.demand_no_flaws().is_ok(), warnings.is_empty());
    assert!(seen.is_ok() || !warnings.is_empty() || tape.repeats().is_err());
}
