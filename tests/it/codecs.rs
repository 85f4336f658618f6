//! Codecs other than H.264 in 4:2:0: chunks that join to one video, exact times, exact colours, proof of exactness.

use crate::support::command::{Workshop, converted};
use crate::support::picture::{PALETTE, Picture};
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

/// How far a colour may be off that was converted to 4:4:4, quantised, and converted back.
const CRISP: u8 = 24;

/// Archive's encodings, each as a preset of its own.
const ALONE: &str = "[h264]\nbased-on = 'archive.h264'\n[h264-near]\nbased-on = 'archive.h264-near'\n\
     [av1]\nbased-on = 'archive.av1'\n[av1-fine]\nbased-on = 'archive.av1-fine'\n[vp9]\nbased-on = 'archive.vp9'\n";

/// An encoder that is told to be lossless, and then something else.
const FALSE: &str =
    "codec = 'av1'\nencoder-options = 'usage=realtime cpu-used=8 lag-in-frames=0 crf=9 qmin=0 qmax=20'\n";

/// Figures of a few colours that move over a ground.
fn figures(width: u32, height: u32, index: usize) -> Picture {
    let (left, top) = (index as u32 * 3 % (width - 16), index as u32 * 2 % (height - 16));
    Picture::draw(width, height, |x, y| match (x.wrapping_sub(left), y.wrapping_sub(top)) {
        (dx @ 0..16, dy @ 0..16) => PALETTE[((dx / 4 + dy / 4 * 3) % 7) as usize + 1],
        _ => PALETTE[((x / 24 + y / 24) % 2) as usize * 9],
    })
}

/// Irregular times in ms, as browsers have them.
fn times(count: usize) -> Vec<f64> {
    (0..count)
        .map(|index| index as f64 * 16.7 + (index * 7 % 5) as f64 * 1.3 * f64::from(u8::from(index > 0)))
        .collect()
}

#[test]
fn crisp_is_av1_with_all_colours_at_the_tapes_own_size() {
    let pictures: Vec<_> = (0..6).map(|index| figures(67, 45, index)).collect();
    let (_workshop, video) = converted(&TapeBuilder::of(pictures.clone(), 40.0), "--preset crisp");
    let stream = &video.pictures;
    assert_eq!((stream.codec_name.as_str(), stream.pix_fmt.as_deref()), ("av1", Some("yuv444p")));
    assert_eq!((stream.width, stream.height, stream.color_range.as_deref()), (67, 45, Some("tv")));
    let color = [&stream.color_space, &stream.color_primaries, &stream.color_transfer];
    assert!(color.iter().all(|name| name.as_deref() == Some("bt709")), "{color:?}");
    for (index, (picture, decoded)) in pictures.iter().zip(video.decode_full()).enumerate() {
        let (worst, mean) = (decoded.distance(picture), decoded.mean_distance(picture));
        assert!(worst <= CRISP && mean < 2.0, "frame {index}: {worst} at worst, {mean} in the mean");
    }
}

#[test]
fn av1_and_vp9_chunks_join_to_one_video_that_starts_at_each_of_them() {
    const FRAMES: usize = 50;
    let pictures: Vec<_> = (0..FRAMES).map(|index| figures(64, 48, index)).collect();
    let times = times(FRAMES);
    let tape = TapeBuilder::of(pictures.clone(), 16.7).at(&times, 90.0).sound(&Wav::tone(48_000, 0.9, 440.0));
    let workshop = Workshop::with(&tape);
    let short = "[crisp]\nchunk-frames = 13\n[av1]\nbased-on = 'archive.av1'\nchunk-frames = 13\n\
         [av1-fine]\nbased-on = 'archive.av1-fine'\nchunk-frames = 13\n[vp9]\nbased-on = 'archive.vp9'\nchunk-frames = 13\n";
    workshop.put("short.toml", short);
    for preset in ["crisp", "av1", "av1-fine", "vp9"] {
        let video = workshop.convert(&format!("--preset-file short.toml --preset {preset}"));
        assert_eq!(video.keys, [0, 12, 25, 37], "{preset}");
        assert_eq!(video.shown.len(), FRAMES, "{preset}");
        for (index, ((shown, _), time)) in video.shown.iter().zip(&times).enumerate() {
            assert!((shown * 1000.0 - time).abs() < 0.1, "{preset}: frame {index} at {shown} s, not {time} ms");
        }
        assert!((video.durations().last().unwrap() - 90.0).abs() < 0.1, "{preset}: {:?}", video.durations().last());
        assert!(video.sound.is_some());
        let (decoded, limit) = match preset {
            "crisp" => (video.decode_full(), CRISP),
            _ => (video.decode(), 0),
        };
        assert_eq!(decoded.len(), FRAMES, "{preset}");
        for (index, (picture, decoded)) in pictures.iter().zip(decoded).enumerate() {
            assert!(decoded.distance(picture) <= limit, "{preset}, frame {index}: {}", decoded.distance(picture));
        }
        // A decoder that starts at a later chunk has all that it needs.
        let later = video.decode_from(video.shown[25].0);
        assert_eq!(later.len(), FRAMES - 25, "{preset}");
    }
}

#[test]
fn archive_is_exact_and_the_smallest_of_its_encodings() {
    let noise = (0..3).map(|seed| Picture::noise(48, 48, seed)).collect::<Vec<_>>();
    let moving = (0..20).map(|index| figures(160, 120, index)).collect();
    // So long that a few runs of frames decide which encodings are tried.
    let long = (0..260).map(|index| figures(48, 36, index)).collect();
    for pictures in [noise, moving, long] {
        let workshop = Workshop::with(&TapeBuilder::of(pictures.clone(), 20.0));
        workshop.put("alone.toml", ALONE);
        let alone = ["h264", "h264-near", "av1", "av1-fine", "vp9"].map(|preset| {
            let run =
                workshop.run(&format!("convert tape.zip --force --json --preset {preset} --preset-file alone.toml"));
            let line = run.succeeds().json().remove(0);
            assert!(workshop.video("tape.mp4").decode() == pictures, "{preset}");
            (line["bytes"].as_u64().unwrap(), preset)
        });
        let line = workshop.run("convert tape.zip --force --json --preset archive").succeeds().json().remove(0);
        let (bytes, variant) = *alone.iter().min().unwrap();
        assert_eq!((line["bytes"].as_u64(), line["variant"].as_str()), (Some(bytes), Some(variant)), "{alone:?}");
        assert_eq!(line["codec"], variant.split('-').next().unwrap());
        assert!(workshop.video("tape.mp4").decode() == pictures);
    }
}

#[test]
fn an_encoder_that_is_not_lossless_is_found_out() {
    let workshop = Workshop::with(&TapeBuilder::of((0..6).map(|index| Picture::noise(64, 48, index)), 40.0));
    let file = format!("[false]\nbased-on = 'archive.h264'\n{FALSE}[two]\nbased-on = 'archive'\n[two.false]\n{FALSE}");
    workshop.put("false.toml", file);
    let run = workshop.run("convert tape.zip --preset-file false.toml --preset false");
    run.fails(1, "error: tape.zip: finished video does not show frame 0 exactly; nothing was kept");
    assert!(!workshop.files().contains(&"tape.mp4".into()));

    let run = workshop.run("convert tape.zip --preset-file false.toml --preset two --json").succeeds();
    let line = run.json().remove(0);
    assert_eq!(line["warnings"][0], "video in AV1 does not show frame 0 exactly; another codec is used");
    assert_ne!(line["variant"], "false");
}

#[test]
fn a_lossless_video_that_is_larger_than_the_tapes_pictures_says_so() {
    // Bands of one noise, which PNG finds again and video codecs do not.
    let noise = Picture::noise(100, 7, 1);
    let pictures =
        (0..4).map(|index| Picture::draw(300, 210, |x, y| noise.at((x + index * 31) % 100, y % 7)).small_png());
    let workshop = Workshop::with(&TapeBuilder::of_files(pictures, 40.0));
    let run = workshop.run("convert tape.zip --preset archive").succeeds();
    let text = run.stderr.trim_end();
    assert!(text.starts_with("warning: tape.zip: video is "), "{text}");
    assert!(
        text.ends_with(" % larger than the tape's pictures; H.264 or AV1 or VP9 cannot compress them further"),
        "{text}"
    );
}
