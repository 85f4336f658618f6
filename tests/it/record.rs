//! Records: what items become, and what keeps them from it.

use proptest::prelude::*;
use serde_json::{Value, json};
use telecine::record::{BlobRef, Content, Files, Id, Item, Lexicon, Medium, StoredKeys, TapeForm, build, identity};

const ID: &str = "68f2a1b2c3d4e5f60718293a";

/// 2025-10-17T16:53:20.012Z
const WHEN: i64 = 1_760_720_000_012;

fn item(content: Content) -> Item {
    Item { id: ID.parse().unwrap(), when: WHEN, keys: StoredKeys::default(), nuked: false, content }
}

fn painting(slug: &str, code: &str) -> Item {
    item(Content::Painting { slug: slug.into(), code: code.into(), bucket: None })
}

fn mood(text: &str) -> Item {
    item(Content::Mood { text: text.into() })
}

fn piece(slug: &str) -> Item {
    item(Content::Piece { slug: slug.into() })
}

fn kidlisp(code: &str, source: &str) -> Item {
    item(Content::Kidlisp { code: code.into(), source: source.into() })
}

fn tape(slug: &str, code: &str) -> Item {
    let (slug, code) = (slug.into(), code.into());
    item(Content::Tape { slug, code, bucket: None, form: TapeForm::Zip, status: None })
}

fn blob(bytes: &str, mime_type: &str) -> BlobRef {
    BlobRef::of(bytes.as_bytes(), mime_type)
}

fn video() -> Files {
    Files { video: Some(blob("a video", "video/mp4")), ..Files::default() }
}

fn refused(item: &Item, files: &Files) -> String {
    build(item, files).unwrap_err().to_string()
}

/// One item of each medium, the files it has, its record and the record's CID. The CIDs were computed with the
/// reference implementation, `@ipld/dag-cbor`, and the records have passed `@atproto/lexicon`.
fn table() -> [(Item, Files, Value, &'static str); 5] {
    let image = |mime_type: &str| {
        json!({
            "$type": "blob",
            "ref": { "$link": "bafkreifqbkokzzk2r3mhxpr764xz6r6yi2mje4ue5jqmzlmmvyh4a4fl3q" },
            "mimeType": mime_type,
            "size": 15,
        })
    };
    [
        (
            Item { nuked: true, ..painting("abcDEF12:ghiJKL34", "a3b") },
            Files { thumbnail: Some(blob("a small picture", "image/png")), has_recording: true, ..video() },
            json!({
                "$type": "computer.aesthetic.painting",
                "slug": "abcDEF12:ghiJKL34",
                "code": "a3b",
                "imageUrl": "https://aesthetic.computer/media/paintings/a3b",
                "acUrl": "https://aesthetic.computer/#a3b",
                "recordingUrl": "https://aesthetic.computer/media/paintings/a3b.zip",
                "thumbnail": image("image/png"),
                "when": "2025-10-17T16:53:20.012Z",
                "ref": ID,
                "nuked": true,
            }),
            "bafyreie3pj5jw74ep4afdxgbocqpwxd4mku7duezqzol2xint7hasdlg2m",
        ),
        (
            mood("größer als 🎨"),
            Files::default(),
            json!({
                "$type": "computer.aesthetic.mood",
                "text": "größer als 🎨",
                "mood": "größer als 🎨",
                "when": "2025-10-17T16:53:20.012Z",
                "ref": ID,
            }),
            "bafyreifwhoxwir6miuja6tu47yjk2f47uetd3k3kqbrrzszwntc3vi4vgi",
        ),
        (
            piece("2023.8.24.16.21.09.123"),
            Files::default(),
            json!({
                "$type": "computer.aesthetic.piece",
                "slug": "2023.8.24.16.21.09.123",
                "when": "2025-10-17T16:53:20.012Z",
                "ref": ID,
            }),
            "bafyreidjt2exy6354zvyru6e3yrcn3qzjdzweho2cqjxljaajpqo6jl63a",
        ),
        (
            kidlisp("cow", "(wipe blue)\n(ink \"red\")"),
            Files::default(),
            json!({
                "$type": "computer.aesthetic.kidlisp",
                "code": "cow",
                "source": "(wipe blue)\n(ink \"red\")",
                "acUrl": "https://aesthetic.computer/$cow",
                "when": "2025-10-17T16:53:20.012Z",
                "ref": ID,
            }),
            "bafyreih6eibeq26cmcyrkjs6f4fd7unzz55d2st6t4gkz3rylnex5uhj3q",
        ),
        (
            tape("2025.10.17.16.53.20.012", "9Yo"),
            Files {
                thumbnail: Some(blob("a small picture", "image/jpeg")),
                zip_url: Some("https://example.com/auth0%7C12/2025.zip".into()),
                ..video()
            },
            json!({
                "$type": "computer.aesthetic.tape",
                "slug": "2025.10.17.16.53.20.012",
                "code": "9Yo",
                "acUrl": "https://aesthetic.computer/!9Yo",
                "zipUrl": "https://example.com/auth0%7C12/2025.zip",
                "video": {
                    "$type": "blob",
                    "ref": { "$link": "bafkreib5xzj2fxsdd7voujittjxkl23qkyu5h62bsgastacg26gvllfqku" },
                    "mimeType": "video/mp4",
                    "size": 7,
                },
                "thumbnail": image("image/jpeg"),
                "when": "2025-10-17T16:53:20.012Z",
                "ref": ID,
            }),
            "bafyreidzhuhsb5fecg7soagyfl23kiljlqrgsj2w5os3dl7niojaqfqf7m",
        ),
    ]
}

#[test]
fn every_medium_has_its_record() {
    for (item, files, expected, cid) in table() {
        let record = build(&item, &files).unwrap();
        assert_eq!((record.medium(), record.value()), (item.medium(), &expected));
        assert_eq!(record.cid().to_string(), cid, "{}", item.medium());
        assert_eq!(record.into_value(), expected);
    }
}

#[test]
fn what_an_item_has_not_its_record_has_not() {
    let names = |item: &Item, files: &Files| -> Vec<String> {
        let mut names: Vec<_> = build(item, files).unwrap().into_value().as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&painting("x", "a3b"), &Files::default()),
        ["$type", "acUrl", "code", "imageUrl", "ref", "slug", "when"]
    );
    assert_eq!(names(&tape("x", "9Yo"), &video()), ["$type", "acUrl", "code", "ref", "slug", "video", "when"]);
    // Files of another medium make no difference.
    let files = Files { has_recording: true, zip_url: Some("https://example.com".into()), ..video() };
    assert_eq!(names(&mood("good"), &files), ["$type", "mood", "ref", "text", "when"]);
}

#[test]
fn there_is_no_tape_without_its_video() {
    let thumbnail = Some(blob("a small picture", "image/jpeg"));
    assert_eq!(refused(&tape("x", "9Yo"), &Files { thumbnail, ..Files::default() }), "video is missing");
}

#[test]
fn what_breaks_its_lexicon_is_no_record() {
    let png = BlobRef { size: 1_048_577, ..blob("", "image/png") };
    let large = BlobRef { size: 52_428_801, ..video().video.unwrap() };
    let zip_url = Some("no address".to_owned());
    for (item, files, expected) in [
        (mood(""), Files::default(), "mood is missing".to_owned()),
        (
            mood(&"ü".repeat(3000)),
            Files::default(),
            "mood has 6000 bytes; the limit is 5000, text has 6000 bytes; the limit is 5000".into(),
        ),
        (painting("", ""), Files::default(), "slug is missing, code is missing".into()),
        (painting(&"x".repeat(129), "a3b"), Files::default(), "slug has 129 bytes; the limit is 128".into()),
        (painting("x", "a3b4c5d6e7f"), Files::default(), "code has 11 bytes; the limit is 10".into()),
        (
            painting("x", "a b"),
            Files::default(),
            "acUrl is \"https://aesthetic.computer/#a b\"; expected a uri like https://aesthetic.computer/prompt, \
             imageUrl is \"https://aesthetic.computer/media/paintings/a b\"; \
             expected a uri like https://aesthetic.computer/prompt"
                .into(),
        ),
        (
            painting("x", "a3b"),
            Files { thumbnail: Some(png), ..Files::default() },
            "thumbnail has 1048577 bytes; the limit is 1048576".into(),
        ),
        (
            painting("x", "a3b"),
            Files { thumbnail: Some(blob("", "image/webp")), ..Files::default() },
            "thumbnail is \"image/webp\"; expected image/png or image/jpeg".into(),
        ),
        (piece(&"x".repeat(101)), Files::default(), "slug has 101 bytes; the limit is 100".into()),
        (kidlisp("cow", &"x".repeat(50_001)), Files::default(), "source has 50001 bytes; the limit is 50000".into()),
        (
            tape("x", "9Yo"),
            Files { video: Some(large), ..Files::default() },
            "video has 52428801 bytes; the limit is 52428800".into(),
        ),
        (
            tape("x", "9Yo"),
            Files { video: Some(blob("", "video/quicktime")), ..Files::default() },
            "video is \"video/quicktime\"; expected video/mp4".into(),
        ),
        (
            tape("x", "9Yo"),
            Files { zip_url, ..video() },
            "zipUrl is \"no address\"; expected a uri like https://aesthetic.computer/prompt".into(),
        ),
    ] {
        assert_eq!(refused(&item, &files), expected);
    }
}

#[test]
fn times_are_written_as_javascript_writes_them() {
    // What Node 22 says of `new Date(when).toISOString()`.
    for (when, expected) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_760_720_000_012, "2025-10-17T16:53:20.012Z"),
        (1_000_000_000_007, "2001-09-09T01:46:40.007Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_207_199_999, "9999-12-30T21:59:59.999Z"),
    ] {
        let record = build(&Item { when, ..piece("x") }, &Files::default()).unwrap();
        assert_eq!(record.value()["when"], expected);
    }
    for when in [-62_135_596_800_001, i64::MIN, i64::MAX] {
        let text = refused(&Item { when, ..piece("x") }, &Files::default());
        assert!(text.starts_with("when is ") && text.contains("expected a datetime"), "{text}");
    }
}

#[test]
fn records_of_the_incumbent_pass() {
    for record in [
        json!({ "$type": "computer.aesthetic.mood", "mood": "ok", "when": "2025-10-14T00:00:00Z", "ref": ID, "mongoId": ID }),
        json!({ "$type": "computer.aesthetic.tape", "slug": "2025.254", "code": "a3x", "when": "2025-10-17T16:53:20.012Z",
            "video": blob("a video", "video/mp4").to_json(),
            "thumbnail": blob("a JPEG, labelled wrongly", "image/png").to_json() }),
        json!({ "$type": "computer.aesthetic.kidlisp", "code": "", "source": "", "when": "2025-10-17T16:53:20Z", "ref": ID }),
    ] {
        let medium = Medium::of_collection(record["$type"].as_str().unwrap()).unwrap();
        assert_eq!(Lexicon::of(medium).check(&record), Ok(()), "{record}");
    }
}

fn files() -> impl Strategy<Value = Files> {
    let mime_type = prop_oneof![Just("image/png"), Just("image/jpeg"), Just("video/mp4"), Just("png"), Just("")];
    let size = prop_oneof![0..60_000_000_u64, any::<u64>()];
    let blob = || {
        let parts = (mime_type.clone(), size.clone());
        prop::option::of(parts.prop_map(|(mime_type, size)| BlobRef { size, ..BlobRef::of(b"bytes", mime_type) }))
    };
    let zip_url = prop::option::of(prop_oneof![Just("https://example.com/x.zip".to_owned()), any::<String>()]);
    (blob(), blob(), any::<bool>(), zip_url).prop_map(|(thumbnail, video, has_recording, zip_url)| Files {
        thumbnail,
        video,
        has_recording,
        zip_url,
    })
}

fn items() -> impl Strategy<Value = Item> {
    let slug = || prop_oneof!["[0-9.:a-zA-Z-]{0,140}", any::<String>()];
    let code = || prop_oneof!["[a-zA-Z0-9]{0,11}", any::<String>()];
    let content = prop_oneof![
        (slug(), code()).prop_map(|(slug, code)| Content::Painting { slug, code, bucket: None }),
        any::<String>().prop_map(|text| Content::Mood { text }),
        slug().prop_map(|slug| Content::Piece { slug }),
        (code(), any::<String>()).prop_map(|(code, source)| Content::Kidlisp { code, source }),
        (slug(), code()).prop_map(|(slug, code)| Content::Tape {
            slug,
            code,
            bucket: None,
            form: TapeForm::Zip,
            status: None
        }),
    ];
    let when = prop_oneof![0..2_000_000_000_000_i64, any::<i64>()];
    (any::<[u8; 12]>(), when, any::<bool>(), content).prop_map(|(id, when, nuked, content)| Item {
        id: Id(id),
        when,
        keys: StoredKeys::default(),
        nuked,
        content,
    })
}

proptest! {
    #[test]
    fn whatever_is_built_has_passed_its_lexicon(item in items(), files in files()) {
        let Ok(record) = build(&item, &files) else { return Ok(()) };
        prop_assert_eq!(Lexicon::of(item.medium()).check(record.value()), Ok(()));
        prop_assert_eq!(identity(record.value()), Some(item.id));
        prop_assert_eq!(&build(&item, &Files::of_record(record.value())).unwrap(), &record);
        prop_assert_eq!(item.medium() == Medium::Tape, record.value().get("video").is_some());
        prop_assert_eq!(record.cid(), record.clone().cid());
    }

    #[test]
    fn whatever_is_refused_is_told_why(item in items(), files in files()) {
        if let Err(violations) = build(&item, &files) {
            prop_assert!(violations.iter().count() > 0);
            for violation in &violations {
                prop_assert!(!violation.path.is_empty() && !violation.what.is_empty());
            }
        }
    }
}
