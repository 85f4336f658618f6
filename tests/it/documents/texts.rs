//! Moods, pieces and kidlisp: what is text alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::people::{BASH, GHOST, GONE, IDA, JEFFREY, MISSING, NAMELESS};
use super::{AUTUMN, Documents, Random, date, with};

const HOUR: i64 = 3_600_000;

/// What a mood may be besides letters: families, flags, accents that are letters of their own, right to left, none.
const UNICODE: [&str; 6] =
    ["👩‍👩‍👧‍👦 together", "🏴󠁧󠁢󠁷󠁬󠁳󠁿 ❤️‍🔥", "e\u{301}te\u{301}", "שלום \u{202e}abc", "two\nlines\tand a tab", "𝕳𝖊𝖑𝖑𝖔\u{200b}"];

/// Adds all of them.
pub fn add(documents: &mut Documents) {
    moods(documents);
    pieces(documents);
    kidlisp(documents);
}

fn moods(documents: &mut Documents) {
    let mut add = |user: &str, when: i64, mood: &str, more: Value| {
        let fields = json!({ "mood": mood });
        documents.item("moods", Some(user), when, with(fields, more));
    };
    let mut random = Random(7);
    // 226 of one person, which are more than one batch of 200.
    for index in 0..211 {
        add(JEFFREY, AUTUMN - HOUR * (5000 - index * 20), &feeling(&mut random), Value::Null);
    }
    for (index, mood) in UNICODE.into_iter().enumerate() {
        add(JEFFREY, AUTUMN + HOUR * index as i64, mood, Value::Null);
    }
    for index in 0..5 {
        add(JEFFREY, AUTUMN + HOUR * 10, &format!("one of five in a millisecond, {index}"), Value::Null);
    }
    // The lexicon allows 5000 bytes: these are 5000, and 5001 of 1667 characters.
    add(JEFFREY, AUTUMN + HOUR * 11, &"long ".repeat(1000), Value::Null);
    add(JEFFREY, AUTUMN + HOUR * 12, &"長".repeat(1667), Value::Null);
    add(JEFFREY, AUTUMN + HOUR * 13, "taken back", json!({ "deleted": true }));
    add(JEFFREY, AUTUMN + HOUR * 14, "its record has gone", json!({ "atproto": { "rkey": "3m3gone222222" } }));
    for (index, user) in [IDA, IDA, IDA, BASH, NAMELESS, GHOST, GHOST, GONE, MISSING].into_iter().enumerate() {
        add(user, AUTUMN + HOUR * (20 + index as i64), &feeling(&mut random), Value::Null);
    }
}

fn feeling(random: &mut Random) -> String {
    let feelings = ["calm", "electric", "blue", "sleepy", "curious", "loud", "tender", "lost", "in bloom"];
    let of = ["today", "again", "in the rain", "like a cursor", "at 60 hertz", "before noon", "🌞", "🦋", "with you"];
    let number = random.below(1000);
    format!("{} {} {number}", random.pick(&feelings), random.pick(&of))
}

fn pieces(documents: &mut Documents) {
    let mut add = |user: Option<&str>, slug: &str, when: i64, bucket: &str, more: Value| {
        let fields = json!({ "slug": slug, "bucket": bucket, "extension": "mjs" });
        documents.item("pieces", user, when, with(fields, more));
    };
    for index in 0..24 {
        let slug = format!("piece-{}", super::iso(AUTUMN - HOUR * index).replace([':', '-', 'T', 'Z'], "."));
        add(Some(JEFFREY), slug.trim_end_matches('.'), AUTUMN - HOUR * index, "user-aesthetic-computer", Value::Null);
    }
    add(Some(JEFFREY), "wand", AUTUMN - HOUR * 30, "user-aesthetic-computer", json!({ "nuked": true }));
    // The lexicon allows 100.
    add(Some(JEFFREY), &"s".repeat(101), AUTUMN - HOUR * 31, "user-aesthetic-computer", Value::Null);
    add(Some(IDA), "notepat", AUTUMN - HOUR * 32, "user-aesthetic-computer", Value::Null);
    add(Some(GHOST), "ghost-piece", AUTUMN - HOUR * 33, "user-aesthetic-computer", Value::Null);
    add(None, "Rk3cVb8p", AUTUMN - HOUR * 34, "art-aesthetic-computer", Value::Null);
    add(None, "pQ7xLm2N", AUTUMN - HOUR * 35, "art-aesthetic-computer", Value::Null);
}

fn kidlisp(documents: &mut Documents) {
    let mut random = Random(11);
    // Every program once, as the site keeps them.
    let mut sources = BTreeMap::new();
    while sources.len() < 300 {
        let source = program(&mut random);
        let number = sources.len();
        sources.entry(source).or_insert(number);
    }
    let mut sources: Vec<_> = sources.into_iter().collect();
    sources.sort_by_key(|(_, number)| *number);
    let mut add = |user: Option<&str>, when: i64, source: &str, more: Value| {
        let hash: Vec<_> = Sha256::digest(source.trim()).iter().map(|byte| format!("{byte:02x}")).collect();
        let fields = json!({
            "code": documents.code(), "source": source, "hash": hash.concat(), "hits": 1, "lastAccessed": date(when),
        });
        documents.item("kidlisp", user, when, with(fields, more));
    };
    for (index, (source, _)) in sources.iter().enumerate() {
        let more = if index % 50 == 0 { json!({ "kept": true }) } else { Value::Null };
        add(Some(JEFFREY), AUTUMN - HOUR * (3000 - index as i64), source, more);
    }
    // One that fits its lexicon but, with a few like it, no request.
    let long = format!("; a long one\n{}", "(ink rainbow) (line)\n".repeat(2000));
    add(Some(IDA), AUTUMN + HOUR, &long, Value::Null);
    add(Some(IDA), AUTUMN + HOUR * 2, "(wipe \"шёлк\") (write \"🧶\")", Value::Null);
    // The lexicon allows 50,000 bytes.
    add(Some(BASH), AUTUMN + HOUR * 3, &"(box)\n".repeat(8334), Value::Null);
    add(Some(BASH), AUTUMN + HOUR * 4, "(wipe red) (nuked)", json!({ "nuked": true }));
    for index in 0..5 {
        add(None, AUTUMN + HOUR * (5 + index), &format!("(wipe {index}) (scroll {index})"), Value::Null);
    }
}

fn program(random: &mut Random) -> String {
    let colors = ["red", "purple", "lime", "\"coral\"", "rainbow", "(? cyan magenta)", "24 28 60"];
    let forms =
        ["line", "box w/2 h/2 16", "circle mx my 12", "scroll 1", "spin 0.5", "blur 2", "repeat 8 (plot)", "zoom 1.01"];
    let mut source = format!("(wipe {})\n(ink {} {})", random.pick(&colors), random.pick(&colors), random.below(256));
    for _ in 0..=random.below(5) {
        source = format!("{source}\n({})", random.pick(&forms));
    }
    source
}
