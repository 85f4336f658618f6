//! Reads items from documents, tolerant of what many tools wrote over the years.
//!
//! * `when` has many forms, see [`Moment`].
//! * Numbers have any type, and texts may be numbers.
//! * `at` and `atproto` may be missing, null, or not documents.
//! * Without an id, or a field that its record requires, an item is [`Unusable`].

use mongodb::bson::{Bson, Document};

use super::moment::Moment;
use super::text::plain;
use crate::record::{Content, Id, Item, Medium, StoredKeys, StoredVideo, TapeForm};

/// An item for which no record can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Its `_id`, whatever that is.
    pub id: String,
    /// Its code, if it has one.
    pub code: Option<String>,
    /// The problem, with a verb: `has no code`.
    pub reason: String,
}

/// A warning about an item for which a record can still be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The item's id.
    pub id: Id,
    /// The warning: `when is in seconds`.
    pub reason: &'static str,
    /// The value, and its interpretation.
    pub detail: String,
}

/// Only the required fields, because a document may contain anything.
pub fn projection(medium: Medium) -> Document {
    let own: &[&str] = match medium {
        Medium::Painting => &["slug", "code", "bucket", "nuked"],
        Medium::Mood => &["mood", "deleted", "nuked"],
        Medium::Piece => &["slug", "nuked"],
        Medium::Kidlisp => &["code", "source", "nuked"],
        Medium::Tape => &[
            "slug",
            "code",
            "bucket",
            "nuked",
            "kind",
            "mp4Url",
            "mp4Status",
            "at.rkey",
            "at.preset",
            "at.video",
            "at.warnings",
        ],
    };
    let all = ["_id", "user", "when", "atproto.rkey"];
    all.iter().chain(own).map(|field| ((*field).to_owned(), Bson::Int32(1))).collect()
}

/// Reads an item from a document.
pub fn item(medium: Medium, document: &Document) -> Result<(Item, Option<Doubt>), Unusable> {
    let code = || text(document, "code").filter(|_| !matches!(medium, Medium::Mood | Medium::Piece));
    let Some(id) = id(document) else {
        let found = document.get("_id").map_or("nothing".into(), plain);
        return Err(Unusable { id: found, code: code(), reason: "has an _id that is not an ObjectId".into() });
    };
    let needed = |field: &str| {
        let unusable = || Unusable { id: id.to_string(), code: code(), reason: format!("has no {field}") };
        text(document, field).ok_or_else(unusable)
    };
    let nuked = is_true(document, "nuked") || medium == Medium::Mood && is_true(document, "deleted");
    let content = match medium {
        Medium::Painting => {
            Content::Painting { slug: needed("slug")?, code: needed("code")?, bucket: text(document, "bucket") }
        }
        // The text of a deleted mood may be gone too, but its record must still be deleted.
        Medium::Mood if nuked => Content::Mood { text: text(document, "mood").unwrap_or_default() },
        Medium::Mood => Content::Mood { text: needed("mood")? },
        Medium::Piece => Content::Piece { slug: needed("slug")? },
        Medium::Kidlisp => Content::Kidlisp { code: needed("code")?, source: needed("source")? },
        Medium::Tape => Content::Tape {
            slug: needed("slug")?,
            code: needed("code")?,
            bucket: text(document, "bucket"),
            form: match text(document, "kind").as_deref() {
                Some("mp4") => TapeForm::Mp4 { url: text(document, "mp4Url") },
                _ => TapeForm::Zip,
            },
            status: text(document, "mp4Status"),
        },
    };
    let keys = StoredKeys { atproto: rkey(document, "atproto"), at: rkey(document, "at"), video: video(document) };
    let Moment { milliseconds: when, doubt } = Moment::of(document.get("when"), id);
    let doubt = doubt.map(|(reason, detail)| Doubt { id, reason, detail });
    Ok((Item { id, when, keys, nuked, content }, doubt))
}

/// The item's identity.
pub fn id(document: &Document) -> Option<Id> {
    document.get_object_id("_id").ok().map(|id| Id(id.bytes()))
}

/// A whole number of any type.
pub fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        Bson::Double(number) if number.is_finite() => Some(*number as i64),
        _ => None,
    }
}

/// A text that is not blank.
pub fn text(document: &Document, field: &str) -> Option<String> {
    let text = match document.get(field)? {
        Bson::String(text) => text.clone(),
        value => number(value)?.to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
}

pub fn rkey(document: &Document, place: &str) -> Option<String> {
    text(document.get_document(place).ok()?, "rkey")
}

fn video(document: &Document) -> Option<StoredVideo> {
    let at = document.get_document("at").ok()?;
    let warnings = at.get_array("warnings").map(Vec::as_slice).unwrap_or_default();
    let warnings = warnings.iter().filter_map(|warning| warning.as_str().map(Into::into)).collect();
    Some(StoredVideo { preset: text(at, "preset")?, cid: text(at, "video")?.parse().ok()?, warnings })
}

fn is_true(document: &Document, field: &str) -> bool {
    match document.get(field) {
        Some(Bson::Boolean(is)) => *is,
        Some(value) => number(value).is_some_and(|number| number != 0),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{doc, oid::ObjectId};

    use super::*;

    /// 2023-08-24T16:21:09Z in the first four bytes.
    const OID: &str = "64e783050000000000000001";

    fn oid() -> ObjectId {
        OID.parse().unwrap()
    }

    fn item(medium: Medium, document: &Document) -> Result<Item, Unusable> {
        super::item(medium, document).map(|(item, _)| item)
    }

    #[test]
    fn an_odd_time_is_a_doubt_about_an_item_that_is_good_otherwise() {
        let document = |when: i64| doc! { "_id": oid(), "mood": "fine", "when": when };
        let (item, doubt) = super::item(Medium::Mood, &document(1_692_894_069)).unwrap();
        let Doubt { id, reason, detail } = doubt.unwrap();
        assert_eq!((item.when, id, reason), (1_692_894_069_000, item.id, "when is in seconds"));
        assert_eq!(detail, "1692894069 is read as 2023-08-24T16:21:09Z");
        assert_eq!(super::item(Medium::Mood, &document(1_692_894_069_000)), Ok((item, None)));
    }

    #[test]
    fn a_tape_has_two_places_for_its_key() {
        let document = doc! {
            "_id": oid(), "slug": "2025.254", "code": "Eue", "bucket": null, "kind": "mp4", "mp4Url": "https://x.example/",
            "mp4Status": "complete", "at": { "rkey": "a" }, "atproto": { "rkey": "b" },
        };
        let tape = item(Medium::Tape, &document).unwrap();
        assert_eq!(tape.keys, StoredKeys { atproto: Some("b".into()), at: Some("a".into()), video: None });
        let form = TapeForm::Mp4 { url: Some("https://x.example/".into()) };
        let (slug, code, status) = ("2025.254".into(), "Eue".into(), Some("complete".into()));
        assert_eq!(tape.content, Content::Tape { slug, code, bucket: None, form, status });
    }

    #[test]
    fn how_a_video_was_made_is_known_only_together_with_which_one_it_is() {
        let cid = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
        let video = |at: Document| {
            let document = doc! { "_id": oid(), "slug": "s", "code": "c", "at": at };
            item(Medium::Tape, &document).unwrap().keys.video
        };
        let stored = StoredVideo { preset: "small@2".into(), cid: cid.parse().unwrap(), warnings: Vec::new() };
        assert_eq!(video(doc! { "preset": "small@2", "video": cid }), Some(stored));
        for at in [doc! { "preset": "small@2" }, doc! { "video": cid }, doc! { "preset": "small@2", "video": "x" }] {
            assert_eq!(video(at.clone()), None, "{at}");
        }
    }

    #[test]
    fn numbers_and_nulls_in_odd_places_are_read() {
        let document = doc! {
            "_id": oid(), "slug": 20_251_017_i64, "code": 42, "nuked": 1.0, "atproto": null, "at": "gone",
        };
        let painting = item(Medium::Painting, &document).unwrap();
        assert_eq!(painting.label(), "42");
        assert_eq!((painting.nuked, painting.keys), (true, StoredKeys::default()));
    }

    #[test]
    fn deleted_hides_a_mood_and_only_a_mood() {
        let document = doc! { "_id": oid(), "mood": "fine", "slug": "s", "deleted": true };
        assert!(item(Medium::Mood, &document).unwrap().nuked);
        assert!(item(Medium::Mood, &doc! { "_id": oid(), "mood": "", "deleted": true }).unwrap().nuked);
        assert!(!item(Medium::Piece, &document).unwrap().nuked);
    }

    #[test]
    fn what_no_record_can_be_made_of_is_told() {
        for (medium, document, id, reason) in [
            (Medium::Mood, doc! { "_id": "x", "mood": "fine" }, "x", "has an _id that is not an ObjectId"),
            (Medium::Mood, doc! { "_id": 7, "mood": "fine" }, "7", "has an _id that is not an ObjectId"),
            (Medium::Mood, doc! { "_id": oid(), "mood": "  " }, OID, "has no mood"),
            (Medium::Painting, doc! { "_id": oid(), "slug": "s" }, OID, "has no code"),
            (Medium::Kidlisp, doc! { "_id": oid(), "code": "abc", "source": null }, OID, "has no source"),
            (Medium::Tape, doc! { "_id": oid(), "code": "abc" }, OID, "has no slug"),
        ] {
            let code = document.get_str("code").ok().map(str::to_owned);
            let unusable = Unusable { id: id.into(), code, reason: reason.into() };
            assert_eq!(item(medium, &document), Err(unusable));
        }
    }

    #[test]
    fn nothing_is_read_that_is_not_fetched() {
        for medium in Medium::ALL {
            let projection = projection(medium);
            let full = doc! {
                "_id": oid(), "slug": "s", "code": "c", "mood": "m", "source": "s", "bucket": "b", "nuked": true,
                "deleted": true, "when": 1, "kind": "mp4", "mp4Url": "u", "mp4Status": "x",
            };
            let fetched = full.clone().into_iter().filter(|(field, _)| projection.contains_key(field)).collect();
            assert_eq!(item(medium, &fetched).unwrap(), item(medium, &full).unwrap());
        }
    }
}
