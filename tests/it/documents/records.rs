//! What earlier tools have left in repos: records of other forms, twice, or of nothing.

use serde_json::{Value, json};

use super::people::{GUEST, JEFFREY};
use super::{Documents, with};

/// Adds all of them.
pub fn add(documents: &mut Documents) {
    moods(documents);
    paintings(documents);
    tapes(documents);
    let orphans = [
        (JEFFREY, "mood", "3lorphan22222", json!({ "mood": "of a mood that was deleted" })),
        (JEFFREY, "tape", "3lorphan22222", json!({ "slug": "x", "code": "gon" })),
        (
            GUEST,
            "painting",
            "3lorphan22222",
            json!({ "slug": "x", "code": "gon", "imageUrl": "https://aesthetic.computer/media/paintings/gon" }),
        ),
    ];
    for (user, medium, rkey, more) in orphans {
        let fields = json!({ "when": "2024-01-01T00:00:00.000Z", "ref": "65920080aaaaaaaaaaaaaaaa" });
        record(documents, user, medium, rkey, with(fields, more));
    }
}

fn record(documents: &mut Documents, user: &str, medium: &str, rkey: &str, fields: Value) {
    let collection = format!("computer.aesthetic.{medium}");
    let value = with(json!({ "$type": collection }), fields);
    let record = json!({ "user": user, "collection": collection, "rkey": rkey, "value": value });
    documents.file("records").push(record);
}

/// The items of a user with their ids and times, in the order in which they were added.
fn items(documents: &mut Documents, file: &str, user: &str) -> Vec<(usize, String, Value)> {
    let all = documents.file(file).iter().enumerate().filter(|(_, item)| item["user"] == user);
    all.map(|(index, item)| (index, item["_id"]["$oid"].as_str().unwrap().into(), item["when"]["$date"].clone()))
        .collect()
}

fn moods(documents: &mut Documents) {
    for (number, (index, id, when)) in items(documents, "moods", JEFFREY).into_iter().take(24).enumerate() {
        let mood = documents.file("moods")[index]["mood"].clone();
        let letter = char::from(b'a' + number as u8);
        let rkey = format!("3lmood222222{letter}");
        let fields = match number {
            // Before `mongoId` was called `ref`.
            0..8 => json!({ "mood": mood, "when": when, "mongoId": id }),
            // From the time when there were two ways to write one; the other lost the text.
            8..12 => json!({ "when": when, "ref": id }),
            12..16 => json!({ "text": mood, "when": when, "ref": id }),
            _ => json!({ "mood": mood, "when": when, "ref": id }),
        };
        if number >= 20 {
            let again = format!("3mtwice22222{letter}");
            record(documents, JEFFREY, "mood", &again, fields.clone());
        }
        // Half of them are known to MongoDB.
        if number % 2 == 0 {
            documents.file("moods")[index]["atproto"] = json!({ "rkey": rkey });
        }
        record(documents, JEFFREY, "mood", &rkey, fields);
    }
}

fn paintings(documents: &mut Documents) {
    for (number, (index, id, when)) in items(documents, "paintings", JEFFREY).into_iter().take(4).enumerate() {
        let painting = documents.file("paintings")[index].clone();
        let code = painting["code"].as_str().unwrap();
        let fields = json!({
            "slug": painting["slug"], "code": code, "when": when, "ref": id,
            "imageUrl": format!("https://aesthetic.computer/media/paintings/{code}"),
        });
        // As if made before paintings had codes in their addresses.
        let fields = if number < 2 {
            fields
        } else {
            with(fields, json!({ "acUrl": format!("https://aesthetic.computer/#{code}") }))
        };
        record(documents, JEFFREY, "painting", &format!("3lpaint22222{}", char::from(b'a' + number as u8)), fields);
    }
}

/// The tapes that know keys have records under them; as was the way, without the video.
fn tapes(documents: &mut Documents) {
    for (index, id, when) in items(documents, "tapes", JEFFREY) {
        let tape = documents.file("tapes")[index].clone();
        let fields = json!({
            "slug": tape["slug"], "code": tape["code"], "when": when, "ref": id,
            "acUrl": format!("https://aesthetic.computer/!{}", tape["code"].as_str().unwrap()),
        });
        for place in ["at", "atproto"] {
            if let Some(rkey) = tape[place]["rkey"].as_str() {
                record(documents, JEFFREY, "tape", rkey, fields.clone());
            }
        }
    }
}
