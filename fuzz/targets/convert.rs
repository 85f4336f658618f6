//! A whole conversion, up to where libav takes over: pictures to planes and thumbnail, sound to samples.
//!
//! The input is the tape's files one after the other with `====` between them; what each is for shows at its start.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::picture::{Decoder, Picture};
use telecine::tape::Tape;
use telecine::thumbnail::thumbnail;
use telecine::video::planes::{Converter, Geometry, Plane};
use telecine_fuzz::{listen, tape};

const SEPARATOR: &[u8] = b"====";

fuzz_target!(|bytes: &[u8]| {
    let entries = split(bytes).into_iter().enumerate().map(|(index, part)| (name(index, part), part));
    if let Ok(tape) = tape(entries) {
        show(&tape, 1 + bytes.len() as u32 % 4);
        listen(&tape);
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
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', ..] => "soundtrack.wav".into(),
        _ => format!("frame-{index}.png"),
    }
}

fn show(tape: &Tape, scale: u32) {
    let geometry = Geometry::new(tape.width, tape.height, scale, 2);
    let (width, height) = (geometry.width as usize, geometry.height as usize);
    let (mut luma, mut blue, mut red) =
        (vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]);
    let (mut reel, mut decoder, mut picture) = (tape.reel(), Decoder::default(), Picture::default());
    let mut converter = Converter::default();
    for index in 0..tape.frame_count() {
        if reel.picture(index, &mut decoder, &mut picture).is_err() {
            continue;
        }
        assert_eq!((picture.width, picture.height), (tape.width, tape.height));
        assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
        let planes = [(&mut luma, width), (&mut blue, width / 2), (&mut red, width / 2)];
        converter.convert(&picture, &geometry, planes.map(|(data, stride)| Plane { data, stride }));
        if index == 0 {
            let _ = thumbnail(&picture);
        }
    }
    let _ = tape.repeats();
}
