//! Tapes: 32 anonymous ones, all of them whole, and those of users, in every place where tapes lie.

use serde_json::{Value, json};

use super::objects::{Frames, Recipe};
use super::people::{BASH, GHOST, IDA, JEFFREY, MISSING, NAMELESS};
use super::{AUTUMN, Documents, with};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Two that were there: code, slug, and when.
const KNOWN: [(&str, &str, &str); 2] =
    [("9Yo", "OJZDQoBh", "2025-10-17T23:43:17.100Z"), ("Eue", "lYrrBWh5", "2025-10-18T05:28:11.538Z")];

const LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Odd and even sizes, a second or two of each: what makes a sync of many take long is seen with many, not with long.
fn frames(number: usize) -> Frames {
    let sizes = [(64, 64), (97, 41), (128, 72), (48, 100), (80, 60), (33, 33)];
    let (width, height) = sizes[number % sizes.len()];
    Frames { width, height, count: 20 + number * 37 % 101, sound: number % 4 == 1, start: number * 5 }
}

/// Adds all of them.
pub fn add(documents: &mut Documents) {
    anonymous(documents);
    people(documents);
}

fn anonymous(documents: &mut Documents) {
    for number in 0..32 {
        let (code, slug, when) = match KNOWN.get(number) {
            Some((code, slug, when)) => {
                let when: jiff::Timestamp = when.parse().unwrap();
                ((*code).into(), (*slug).into(), when.as_millisecond())
            }
            None => {
                (documents.code(), documents.random.text(LETTERS, 8), AUTUMN + 26 * HOUR + number as i64 * 17 * MINUTE)
            }
        };
        // What earlier attempts have left in them; the keys are of records that were never written.
        let left = match number {
            2 => json!({ "bucket": null }),
            3 => json!({ "atproto": { "rkey": "3m3never22222" } }),
            4 => {
                json!({ "at": { "rkey": "3m3never33333", "uri": "at://did:plc:x/computer.aesthetic.tape/3m3never33333" } })
            }
            5 => json!({ "mp4Status": "oven-failed", "mp4Error": "ffmpeg exited with code 1" }),
            6 => json!({ "mp4Status": "oven-processing" }),
            7 => {
                json!({ "mp4Status": "complete", "mp4Url": format!("https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com/tapes/{code}.mp4") })
            }
            _ => Value::Null,
        };
        let fields = json!({
            "code": code, "slug": slug, "bucket": "art-aesthetic-computer", "nuked": false, "kind": "zip",
            "mp4Status": "pending",
        });
        documents.item("tapes", None, when, with(fields, left));
        documents.object("art", &format!("{slug}.zip"), &Recipe::Tape(frames(number)));
    }
}

/// Adds a tape of a user, and returns its id, its code, and its time.
fn tape(documents: &mut Documents, user: &str, slug: Option<&str>, more: Value) -> (String, String) {
    let number = documents.file("tapes").len() as i64;
    let when = AUTUMN + 48 * HOUR + number * 11 * MINUTE;
    let named = super::iso(when).replace(['-', 'T', ':', 'Z'], ".");
    let slug = slug.unwrap_or(named.trim_end_matches('.')).to_owned();
    let code = documents.code();
    let fields = json!({
        "code": code, "slug": slug, "bucket": "user-aesthetic-computer", "nuked": false, "kind": "zip",
        "mp4Status": "pending",
    });
    documents.item("tapes", Some(user), when, with(fields, more));
    (slug, code)
}

fn people(documents: &mut Documents) {
    let mut number = 32;
    let mut recipe = || {
        number += 1;
        Recipe::Tape(frames(number))
    };
    // In the three folders where ZIPs have been put.
    for _ in 0..4 {
        let (slug, _) = tape(documents, JEFFREY, None, Value::Null);
        documents.object("user", &format!("{JEFFREY}/{slug}.zip"), &recipe());
    }
    for _ in 0..3 {
        let (slug, _) = tape(documents, JEFFREY, None, Value::Null);
        documents.object("user", &format!("{JEFFREY}/video/{slug}.zip"), &recipe());
    }
    let (_, code) = tape(documents, JEFFREY, None, Value::Null);
    documents.object("user", &format!("tapes/{code}.zip"), &recipe());
    // Slugs of other times, the second cut off by a mistake.
    for slug in ["wand-1729177200000", "2025.254"] {
        tape(documents, JEFFREY, Some(slug), Value::Null);
        documents.object("user", &format!("{JEFFREY}/{slug}.zip"), &recipe());
    }
    // Records in both places, in one, in the other, and two for one tape: see `records`.
    let keys = [
        json!({ "at": { "rkey": "3m3tapeat2222" } }),
        json!({ "atproto": { "rkey": "3m3tapeatpro2" } }),
        json!({ "at": { "rkey": "3m3tapetwice2" }, "atproto": { "rkey": "3m3tapetwice3" } }),
    ];
    for more in keys {
        let (slug, _) = tape(documents, JEFFREY, None, more);
        documents.object("user", &format!("{JEFFREY}/{slug}.zip"), &recipe());
    }
    let (slug, _) = tape(documents, JEFFREY, None, json!({ "nuked": true }));
    documents.object("user", &format!("{JEFFREY}/{slug}.zip"), &recipe());
    videos(documents);

    // Nothing there; half of it there; no picture in it.
    tape(documents, IDA, None, Value::Null);
    let (slug, _) = tape(documents, IDA, None, Value::Null);
    documents.object("user", &format!("{IDA}/{slug}.zip"), &Recipe::HalfTape(frames(40)));
    let (slug, _) = tape(documents, IDA, None, Value::Null);
    documents.object("user", &format!("{IDA}/{slug}.zip"), &Recipe::Tape(Frames { count: 0, ..frames(41) }));
    for user in [BASH, NAMELESS, GHOST, MISSING] {
        let (slug, _) = tape(documents, user, None, json!({ "bucket": null }));
        documents.object("user", &format!("{user}/{slug}.zip"), &recipe());
    }
}

/// Tapes that are finished videos: by address, and in the folder alone.
fn videos(documents: &mut Documents) {
    let native = json!({ "kind": "mp4", "mp4Status": "complete", "source": "ac-native" });
    let host = "https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com";
    let url = format!("{host}/tapes/native.mp4");
    tape(documents, JEFFREY, None, with(native.clone(), json!({ "mp4Url": url })));
    documents.object("at-blobs", "tapes/native.mp4", &Recipe::Mp4(frames(50)));
    let (slug, _) = tape(documents, JEFFREY, None, native);
    documents.object("user", &format!("{JEFFREY}/{slug}.mp4"), &Recipe::Mp4(frames(51)));
}
