//! Thumbnails of paintings: what comes in, where they go, and what is said about it.

use serde_json::json;

use crate::support::command::Workshop;
use crate::support::picture::{PALETTE, Picture};
use crate::support::png::{Kind, chunk};

/// Squares of all colours, a third of them half transparent and a third not there.
fn painting() -> Picture {
    Picture::draw(32, 16, |x, y| {
        let [red, green, blue, _] = PALETTE[(x / 4 + y / 4 * 3) as usize % PALETTE.len()];
        [red, green, blue, [255, 128, 0][(x / 4 + y / 4) as usize % 3]]
    })
}

fn opaque() -> Picture {
    painting().map(|[red, green, blue, _]| [red, green, blue, 255])
}

fn read(bytes: &[u8]) -> Picture {
    let image = image::load_from_memory(bytes).unwrap().into_rgba8();
    Picture { width: image.width(), height: image.height(), pixels: image.pixels().map(|pixel| pixel.0).collect() }
}

/// Checks that a thumbnail shows exactly this picture of 32×16, each pixel as a square, and nothing beside it.
fn shows(thumbnail: &Picture, picture: &Picture, name: &str) {
    assert_eq!(distance(thumbnail, picture), 0, "{name}");
}

fn distance(thumbnail: &Picture, picture: &Picture) -> u8 {
    let expected =
        Picture::draw(
            512,
            512,
            |x, y| {
                if (128..384).contains(&y) { picture.at(x / 16, (y - 128) / 16) } else { [0; 4] }
            },
        );
    thumbnail.distance(&expected)
}

#[test]
fn a_thumbnail_appears_beside_the_painting() {
    let workshop = Workshop::new();
    workshop.put("my.painting.png", painting().png());
    let run = workshop.run("thumbnail my.painting.png").succeeds();
    assert_eq!(run.stderr, "");
    let fields: Vec<_> = run.stdout().lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(fields[0], ["image", "output", "type", "side", "size"]);
    assert_eq!(fields[1][..4], ["my.painting.png", "my.painting-thumbnail.png", "png", "512"]);
    assert_eq!(workshop.files(), ["my.painting-thumbnail.png", "my.painting.png"]);
    shows(&read(&workshop.get("my.painting-thumbnail.png")), &painting(), "my.painting.png");
}

#[test]
fn every_kind_of_png_is_read() {
    let workshop = Workshop::new();
    for kind in Kind::all() {
        let picture = kind.reduce(&painting());
        workshop.put("x.png", picture.png_of(kind));
        workshop.run("thumbnail x.png --force").succeeds();
        let distance = distance(&read(&workshop.get("x-thumbnail.png")), &picture);
        // 16 bits are rounded to 8, not cut.
        assert!(distance <= u8::from(kind.depth == 16), "{kind:?}: {distance}");
    }
}

#[test]
fn webp_and_jpeg_are_read() {
    let workshop = Workshop::new();
    workshop.put("x.webp", painting().webp());
    workshop.run("thumbnail x.webp").succeeds();
    shows(&read(&workshop.get("x-thumbnail.png")), &painting(), "WebP");
    let mut jpeg = Vec::new();
    let flat = Picture::flat(32, 16, [60, 120, 180, 255]);
    let rgb: Vec<u8> = flat.pixels.iter().flat_map(|pixel| pixel[..3].to_vec()).collect();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode(&rgb, 32, 16, image::ExtendedColorType::Rgb8).unwrap();
    workshop.put("y.jpg", jpeg);
    workshop.run("thumbnail y.jpg").succeeds();
    let thumbnail = read(&workshop.get("y-thumbnail.png"));
    assert!(thumbnail.at(256, 256).iter().zip([60, 120, 180, 255]).all(|(one, other)| one.abs_diff(other) < 4));
    assert_eq!(thumbnail.at(256, 100), [0; 4]);
}

#[test]
fn files_go_where_they_are_sent() {
    let workshop = Workshop::new();
    workshop.put("a.png", painting().png());
    workshop.put("b.png", opaque().png());
    workshop.run("thumbnail a.png -o small.png").succeeds();
    workshop.run("thumbnail a.png b.png --out-dir new/small").succeeds();
    let run = workshop.run("thumbnail a.png -o -").succeeds();
    assert!(run.stderr.starts_with("image "), "{}", run.stderr);
    assert_eq!(run.stdout, workshop.get("small.png"));
    assert_eq!(workshop.get("new/small/a-thumbnail.png"), workshop.get("small.png"));
    shows(&read(&workshop.get("new/small/b-thumbnail.png")), &opaque(), "b.png");
    assert_eq!(workshop.files(), ["a.png", "b.png", "new", "small.png"]);
}

#[test]
fn what_exists_is_replaced_only_when_forced() {
    let workshop = Workshop::new();
    workshop.put("a.png", painting().png());
    workshop.put("a-thumbnail.png", "mine");
    let expected = "error: a.png: a-thumbnail.png exists; --force overwrites it";
    workshop.run("thumbnail a.png").fails(1, expected);
    assert_eq!(workshop.get("a-thumbnail.png"), b"mine");
    workshop.run("thumbnail a.png --force").succeeds();
    shows(&read(&workshop.get("a-thumbnail.png")), &painting(), "a.png");
    assert_eq!(workshop.files(), ["a-thumbnail.png", "a.png"]);
}

#[test]
fn what_would_be_too_large_becomes_a_jpeg_and_then_a_smaller_one() {
    let workshop = Workshop::new();
    let rough = Picture::noise(512, 512, 1);
    let smooth = rough.map(|[red, green, blue, _]| [red / 16 + 100, green / 16 + 50, blue / 16, 255]);
    for (name, picture, side) in [("smooth", smooth, 512), ("rough", rough, 256)] {
        workshop.put(&format!("{name}.png"), picture.png());
        let run = workshop.run(&format!("thumbnail {name}.png --json")).succeeds();
        let line = &run.json()[0];
        assert_eq!((&line["mime_type"], &line["width"]), (&json!("image/jpeg"), &json!(side)), "{line}");
        let bytes = workshop.get(&format!("{name}-thumbnail.jpg"));
        assert!(bytes.len() <= 100 * 1024 && line["bytes"] == bytes.len());
        assert_eq!(image::guess_format(&bytes).unwrap(), image::ImageFormat::Jpeg);
        assert_eq!(read(&bytes).width, side);
    }
}

#[test]
fn a_bad_image_fails_alone_and_says_why() {
    let workshop = Workshop::new();
    let png = painting().png();
    workshop.put("good.png", &png);
    workshop.put("cut.png", &png[..png.len() / 2]);
    workshop.put("empty.png", "");
    workshop.put("text.png", "no painting");
    workshop.put("moving.gif", "GIF89a\x01\0\x01\0\0\0\0;");
    workshop.put("huge.png", huge(60_000, 60_000));
    workshop.put("wide.png", huge(u32::MAX >> 1, u32::MAX >> 1));
    workshop.put("none.png", huge(0, 7));
    let names = "cut.png empty.png text.png moving.gif huge.png wide.png none.png missing.png good.png";
    let run = workshop.run(&format!("thumbnail {names}"));
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr, @r"
    error: cut.png: image is not a readable picture
      because: unexpected end of file
    error: empty.png: image is not a readable picture
      because: The image format could not be determined
    error: text.png: image is not a readable picture
      because: The image format could not be determined
    error: moving.gif: image is not a readable picture
      because: The image format Gif is not supported
    error: huge.png: image is 60000x60000 pixels; the limit is 16777216 in all
    error: wide.png: image is not a readable picture
      because: Memory limit exceeded
    error: none.png: image is not a readable picture
      because: Format error decoding Png: Invalid image dimensions
    error: cannot read missing.png
      because: No such file or directory (os error 2)
    error: 8 of 9 images failed
    ");
    assert_eq!(workshop.files().iter().filter(|name| name.contains("-thumbnail")).count(), 1);
    shows(&read(&workshop.get("good-thumbnail.png")), &painting(), "good.png");
}

/// A PNG that says it is larger than it is.
fn huge(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", b""), &chunk(b"IEND", b"")].concat()
}

#[test]
fn memory_is_not_taken_before_the_size_is_known() {
    let workshop = Workshop::new();
    workshop.put("huge.png", huge(4097, 4096));
    let run = workshop.run("thumbnail huge.png");
    let expected = "error: huge.png: image is 4097x4096 pixels; the limit is 16777216 in all";
    assert!(run.peak < 64 << 20, "{} bytes", run.peak);
    run.fails(1, expected);
}

#[test]
fn json_says_a_line_for_each_image_in_the_order_given() {
    let workshop = Workshop::new();
    workshop.put("a.png", painting().png());
    let run = workshop.run("thumbnail none.png a.png --json");
    assert_eq!(run.code, Some(1));
    let bytes = workshop.get("a-thumbnail.png").len();
    assert_eq!(
        run.json(),
        [
            json!({
                "image": "none.png",
                "error": "cannot read none.png",
                "causes": ["No such file or directory (os error 2)"],
            }),
            json!({
                "image": "a.png",
                "output": "a-thumbnail.png",
                "mime_type": "image/png",
                "width": 512,
                "height": 512,
                "bytes": bytes,
            }),
        ]
    );
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let workshop = Workshop::new();
    workshop.put("a.png", painting().png());
    for (arguments, expected) in [
        ("thumbnail", "required arguments were not provided"),
        ("thumbnail a.png b.png -o x.png", "-o takes one image; use --out-dir for many"),
        ("thumbnail a.png -o x.png --out-dir y", "cannot be used with"),
        ("thumbnail a.png -o - --json", "-o - takes all of standard output; leave out --json"),
        ("thumbnail a.png a.jpg", "a-thumbnail would be written twice; rename an image"),
        ("thumbnail x/a.png y/a.png --out-dir z", "z/a-thumbnail would be written twice; rename an image"),
        ("thumbnail a.png -o ./a.png --force", "./a.png would replace the image it is made from"),
    ] {
        let run = workshop.run(arguments);
        assert_eq!((run.code, run.stdout()), (Some(2), ""), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
    assert_eq!(workshop.files(), ["a.png"]);
    let help = workshop.run("thumbnail --help").succeeds();
    assert!(help.stdout().lines().all(|line| line.chars().count() <= 80), "{}", help.stdout());
}
