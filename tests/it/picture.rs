//! Every pixel sharp and of its colour.

use crate::support::command::{Workshop, converted};
use crate::support::picture::{BLACK, PALETTE, Picture, WHITE};
use crate::support::probe::Video;
use crate::support::tape::TapeBuilder;

/// How far a colour may be off after 4:2:0 and libx264. Chroma has steps of more than one level.
const TOLERANCE: u8 = 2;

/// And how far when the quantiser is that of a preset.
const QUANTISED: u8 = 4;

/// Flat blocks of all colours, which move.
fn blocks(width: u32, height: u32, index: usize) -> Picture {
    Picture::draw(width, height, |x, y| PALETTE[(x as usize / 8 + y as usize / 8 * 5 + index) % PALETTE.len()])
}

fn size(video: &Video) -> (u32, u32) {
    (video.pictures.width, video.pictures.height)
}

#[test]
fn video_is_what_every_player_takes() {
    for preset in ["standard", "swift", "small", "incumbent"] {
        let (_workshop, video) = converted(&TapeBuilder::numbered(32, 24, 3), &format!("--preset {preset}"));
        let stream = &video.pictures;
        assert_eq!((stream.codec_name.as_str(), stream.pix_fmt.as_deref()), ("h264", Some("yuv420p")), "{preset}");
        assert_eq!(stream.color_range.as_deref(), Some("tv"));
        let color = [&stream.color_space, &stream.color_primaries, &stream.color_transfer];
        assert!(color.iter().all(|name| name.as_deref() == Some("bt709")), "{preset}: {color:?}");
        // High, or what every decoder of High takes too.
        let expected = if preset == "incumbent" { "High" } else { "Main" };
        assert_eq!(stream.profile, expected, "{preset}");
    }
}

#[test]
fn pixels_become_squares_of_four_or_two_or_one() {
    let sizes = [
        ("standard", (337, 160), (1348, 640)),
        ("standard", (480, 270), (1920, 1080)),
        ("standard", (481, 3), (962, 6)),
        ("standard", (3, 1920), (6, 3840)),
        ("standard", (1921, 3), (1922, 4)),
        ("swift", (337, 160), (674, 320)),
        ("archive", (337, 161), (337, 161)),
        ("incumbent", (337, 161), (1012, 484)),
    ];
    for (preset, (width, height), expected) in sizes {
        let tape = TapeBuilder::of([Picture::numbered(width, height, 1), Picture::numbered(width, height, 2)], 40.0);
        let (_workshop, video) = converted(&tape, &format!("--preset {preset}"));
        assert_eq!(size(&video), expected, "{width}x{height} by {preset}");
    }
}

/// What was recorded, and what of it is seen.
fn seen(preset: &str, scale: u32) -> Vec<(Picture, Picture)> {
    let pictures: Vec<_> = (0..10).map(|index| blocks(64, 48, index)).collect();
    let workshop = Workshop::with(&TapeBuilder::of(pictures.clone(), 40.0));
    workshop.put("exact.toml", "[exact]\nbased-on = 'standard'\nquality = { qp = 0 }");
    let video = workshop.convert(&format!("--preset-file exact.toml --preset {preset}"));
    let decoded = video.decode_reduced(scale, 64, 48);
    assert_eq!(decoded.len(), pictures.len());
    pictures.into_iter().zip(decoded).collect()
}

#[test]
fn flat_blocks_keep_their_colour_where_no_bits_are_saved() {
    for (index, (picture, decoded)) in seen("exact", 4).iter().enumerate() {
        assert!(decoded.distance(picture) <= TOLERANCE, "frame {index}: {}", decoded.distance(picture));
    }
}

#[test]
fn flat_blocks_nearly_keep_their_colour_where_bits_are_saved() {
    for (preset, scale, limit) in [("standard", 4, 16), ("swift", 2, 24), ("small", 4, 16)] {
        for (index, (picture, decoded)) in seen(preset, scale).iter().enumerate() {
            let (worst, mean) = (decoded.distance(picture), decoded.mean_distance(picture));
            assert!(worst <= limit && mean < 2.0, "{preset}, frame {index}: {worst} at worst, {mean} in the mean");
        }
    }
}

#[test]
fn a_picture_of_one_colour_is_that_colour() {
    let colors = PALETTE.iter().copied().chain([BLACK, WHITE, [255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]]);
    let pictures: Vec<_> = colors.map(|color| Picture::flat(31, 17, color)).collect();
    let (_workshop, video) = converted(&TapeBuilder::of(pictures.clone(), 40.0), "");
    for (decoded, picture) in video.decode_reduced(4, 31, 17).iter().zip(&pictures) {
        assert!(decoded.distance(picture) <= QUANTISED, "{:?} became {:?}", picture.at(9, 9), decoded.at(9, 9));
    }
}

#[test]
fn what_is_too_large_to_double_keeps_its_edges() {
    // Odd in width: the last column is repeated to make it even.
    let picture = Picture::draw(1923, 8, |x, _| if x < 1922 { PALETTE[(x / 64) as usize % 12] } else { WHITE });
    let (_workshop, video) = converted(&TapeBuilder::of([picture.clone()], 40.0), "");
    assert_eq!(size(&video), (1924, 8));
    let decoded = &video.decode_reduced(1, 1924, 8)[0];
    assert!(decoded.at(1923, 4)[0] > 200, "{:?}", decoded.at(1923, 4));
    assert!(
        (4..1900)
            .filter(|x| x % 64 > 4 && x % 64 < 60)
            .all(|x| { decoded.at(x, 4).iter().zip(picture.at(x, 4)).all(|(one, other)| one.abs_diff(other) <= 4) })
    );
}

#[test]
fn the_archive_is_exact() {
    let pictures: Vec<_> = (0..8).map(|seed| Picture::noise(61, 35, seed)).collect();
    let (_workshop, video) = converted(&TapeBuilder::of(pictures.clone(), 40.0), "--preset archive");
    assert_eq!(video.pictures.pix_fmt.as_deref(), Some("gbrp"));
    assert_eq!(video.decode(), pictures);
}
