//! The lexicons of the five media, and checks of records against them.
//!
//! Supports the part of the lexicon language that the five use. A schema that uses more is refused when it is loaded,
//! so that no rule goes unchecked. A field that a schema does not name may hold anything that the data model allows, as
//! the language specifies.

mod breaking;
mod change;
mod format;
mod model;
mod rule;
mod schema;
mod violation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::Value;

use super::item::Medium;
pub use change::{Breaks, Change};
use rule::Rule;
pub use schema::Schema;
pub use violation::{Violation, Violations};

/// The schema of one kind of record.
#[derive(Debug)]
pub struct Lexicon {
    id: String,
    record: Object,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    lexicon: u32,
    id: String,
    defs: Definitions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definitions {
    main: Main,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum Main {
    Record {
        #[serde(rename = "description")]
        _description: IgnoredAny,
        #[serde(rename = "key")]
        _key: Key,
        record: Typed,
    },
}

/// The type of record keys; [`Tid`](super::Tid) makes no others.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Key {
    Tid,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Typed {
    Object(Object),
}

/// The fields of a record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    nullable: Vec<String>,
    properties: BTreeMap<String, Rule>,
}

static LEXICONS: LazyLock<BTreeMap<Medium, Lexicon>> = LazyLock::new(|| {
    let lexicon = |medium: Medium| {
        let lexicon = Lexicon::parse(text(medium)).expect("a test loads every embedded lexicon");
        (medium, lexicon)
    };
    Medium::ALL.into_iter().map(lexicon).collect()
});

/// The schema of a medium as published.
fn text(medium: Medium) -> &'static str {
    match medium {
        Medium::Painting => include_str!("../../../lexicons/computer/aesthetic/painting.json"),
        Medium::Mood => include_str!("../../../lexicons/computer/aesthetic/mood.json"),
        Medium::Piece => include_str!("../../../lexicons/computer/aesthetic/piece.json"),
        Medium::Kidlisp => include_str!("../../../lexicons/computer/aesthetic/kidlisp.json"),
        Medium::Tape => include_str!("../../../lexicons/computer/aesthetic/tape.json"),
    }
}

impl Lexicon {
    /// The lexicon of a medium.
    ///
    /// # Panics
    /// Never: a test loads all five.
    #[must_use]
    pub fn of(medium: Medium) -> &'static Lexicon {
        LEXICONS.get(&medium).expect("there is one for each medium")
    }

    fn parse(text: &str) -> serde_json::Result<Lexicon> {
        let Document { lexicon, id, defs } = serde_json::from_str(text)?;
        if lexicon != 1 {
            return Err(serde_json::Error::custom(format!("lexicon is version {lexicon}; expected 1")));
        }
        let Main::Record { record: Typed::Object(record), .. } = defs.main;
        for name in record.required.iter().chain(&record.nullable) {
            if !record.properties.contains_key(name) {
                return Err(serde_json::Error::custom(format!("{name} is required or nullable, but not a property")));
            }
        }
        Ok(Lexicon { id, record })
    }

    /// Checks a record against this lexicon and the data model.
    ///
    /// # Errors
    /// All violations, not only the first.
    pub fn check(&self, record: &Value) -> Result<(), Violations> {
        let mut violations = Vec::new();
        let Some(fields) = record.as_object() else {
            violations.push(Violation::new("record", format!("is {}; expected an object", model::kind(record))));
            return Violations::none_of(violations);
        };
        match fields.get("$type") {
            None => violations.push(Violation::new("$type", "is missing")),
            Some(Value::String(id)) if *id == self.id => {}
            Some(other) => violations.push(Violation::new("$type", format!("is {other}; expected {:?}", self.id))),
        }
        for name in self.record.required.iter().filter(|name| !fields.contains_key(*name)) {
            violations.push(Violation::new(name, "is missing"));
        }
        for (name, value) in fields.iter().filter(|(name, _)| *name != "$type") {
            match self.record.properties.get(name) {
                Some(_) if value.is_null() && self.record.nullable.contains(name) => {}
                Some(rule) => rule.check(name, value, &mut violations),
                None => model::check(name, value, &mut violations),
            }
        }
        Violations::none_of(violations)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A lexicon that asks for a bit of everything.
    fn lexicon() -> Lexicon {
        let described = |mut rule: Value| {
            rule["description"] = "something".into();
            rule
        };
        let properties = [
            ("name", json!({ "type": "string", "minLength": 2, "maxLength": 6 })),
            ("title", json!({ "type": "string", "maxGraphemes": 2 })),
            ("when", json!({ "type": "string", "format": "datetime" })),
            ("link", json!({ "type": "string", "format": "uri", "maxLength": 20 })),
            ("open", json!({ "type": "boolean" })),
            ("count", json!({ "type": "integer", "minimum": -1, "maximum": 3 })),
            ("film", json!({ "type": "blob", "accept": ["video/mp4", "image/*"], "maxSize": 100 })),
            ("file", json!({ "type": "blob", "accept": ["*/*"] })),
            ("any", json!({ "type": "blob" })),
        ];
        let properties: BTreeMap<_, _> = properties.into_iter().map(|(name, rule)| (name, described(rule))).collect();
        let record =
            json!({ "type": "object", "required": ["name", "open"], "nullable": ["title"], "properties": properties });
        let main = json!({ "type": "record", "description": "a test", "key": "tid", "record": record });
        let lexicon = json!({ "lexicon": 1, "id": "test.all", "defs": { "main": main } });
        Lexicon::parse(&lexicon.to_string()).unwrap()
    }

    fn blob(mime_type: &str, size: u64) -> Value {
        let mut blob = crate::record::BlobRef::of(b"bytes", mime_type).to_json();
        blob["size"] = size.into();
        blob
    }

    /// What is said about a record that is right but for `field`.
    fn said(field: &str, value: Value) -> String {
        let mut record = json!({ "$type": "test.all", "name": "good", "open": true });
        record[field] = value;
        lexicon().check(&record).map_or_else(|violations| violations.to_string(), |()| String::new())
    }

    #[test]
    fn what_obeys_passes() {
        for (field, value) in [
            ("name", json!("go")),
            ("name", json!("größ")),
            ("title", json!("👩‍👩‍👧‍👦é")),
            ("title", Value::Null),
            ("when", json!("2025-10-17T09:05:03.012Z")),
            ("link", json!("https://example.com")),
            ("open", json!(false)),
            ("count", json!(3)),
            ("count", json!(-1)),
            ("film", blob("video/mp4", 100)),
            ("film", blob("image/webp", 0)),
            ("file", blob("text/plain", 1)),
            ("any", blob("text/plain", 1 << 40)),
            ("other", Value::Null),
            ("other", json!([[], {}, [null, 1, true, "x"]])),
            ("other", json!({ "$type": "other.thing", "deep": { "deeper": -9_007_199_254_740_991_i64 } })),
            ("other", json!({ "$link": "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity" })),
            ("other", json!({ "$bytes": "nFERjvLLiw9qm45JrqH9QTzyC2Lu1Xb4ne6+sBrCzI0" })),
            ("other", blob("text/plain", 1)),
        ] {
            assert_eq!(said(field, value.clone()), "", "{field}: {value}");
        }
    }

    #[test]
    fn what_breaks_a_rule_is_told_which() {
        let old = json!({ "cid": "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity", "mimeType": "a/b" });
        let no_blob = "is not a blob; expected $type, ref, mimeType and size";
        let long = "h".repeat(100);
        for (field, value, expected) in [
            ("$type", json!("test.other"), r#"$type is "test.other"; expected "test.all""#.to_owned()),
            ("$type", json!(7), r#"$type is 7; expected "test.all""#.into()),
            ("name", json!("g"), "name has 1 bytes; the minimum is 2".into()),
            ("name", json!("größer"), "name has 8 bytes; the limit is 6".into()),
            ("name", json!(1), "name is a number; expected a string".into()),
            ("name", Value::Null, "name is null; expected a string".into()),
            ("title", json!("abc"), "title has 3 graphemes; the limit is 2".into()),
            ("title", json!([]), "title is an array; expected a string".into()),
            ("when", json!("now"), r#"when is "now"; expected a datetime like 2025-10-17T09:05:03.012Z"#.into()),
            ("link", json!("home"), r#"link is "home"; expected a uri like https://aesthetic.computer/prompt"#.into()),
            (
                "link",
                json!(long),
                format!(
                    "link has 100 bytes; the limit is 20, \
                     link is \"{}\"…; expected a uri like https://aesthetic.computer/prompt",
                    &long[..60]
                ),
            ),
            ("open", json!("yes"), "open is a string; expected a boolean".into()),
            ("open", Value::Null, "open is null; expected a boolean".into()),
            ("count", json!(4), "count is 4; the limit is 3".into()),
            ("count", json!(-2), "count is -2; the minimum is -1".into()),
            ("count", json!(1.5), "count is 1.5; expected an integer of 53 bits".into()),
            ("count", json!(u64::MAX), format!("count is {}; expected an integer of 53 bits", u64::MAX)),
            ("count", json!({}), "count is an object; expected an integer".into()),
            ("film", blob("text/plain", 1), r#"film is "text/plain"; expected video/mp4 or image/*"#.into()),
            ("film", blob("imagery/png", 1), r#"film is "imagery/png"; expected video/mp4 or image/*"#.into()),
            ("film", blob("video/mp4", 101), "film has 101 bytes; the limit is 100".into()),
            ("film", old, "film is a blob in the old format, which cannot be written".into()),
            ("film", json!("film.mp4"), format!("film {no_blob}")),
            ("any", Value::Null, format!("any {no_blob}")),
            ("other", json!({ "a": [1, 1.5] }), "other.a[1] is 1.5; numbers in records are integers of 53 bits".into()),
            (
                "other",
                json!(9_007_199_254_740_992_i64),
                "other is 9007199254740992; numbers in records are integers of 53 bits".into(),
            ),
            ("other", json!({ "$type": null }), "other has a $type that is not a name".into()),
            ("other", json!({ "$type": "" }), "other has a $type that is not a name".into()),
            ("other", json!({ "$type": 123 }), "other has a $type that is not a name".into()),
            ("other", json!([{ "$type": "blob", "size": 3 }]), format!("other[0] {no_blob}")),
            (
                "other",
                json!({ "$link": "." }),
                "other is not a link; expected $link with a cid and nothing else".into(),
            ),
            (
                "other",
                json!({ "$link": "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n" }),
                "other is not a link; expected $link with a cid and nothing else".into(),
            ),
            ("other", json!({ "$link": 1 }), "other is not a link; expected $link with a cid and nothing else".into()),
            (
                "other",
                json!({ "$bytes": "aGk=", "x": 1 }),
                "other is not bytes; expected $bytes with base64 and nothing else".into(),
            ),
            (
                "other",
                json!({ "$bytes": [1, 2] }),
                "other is not bytes; expected $bytes with base64 and nothing else".into(),
            ),
        ] {
            assert_eq!(said(field, value.clone()), expected, "{field}: {value}");
        }
    }

    #[test]
    fn all_violations_are_told_at_once() {
        let violations = lexicon().check(&json!({ "count": 9, "title": 1 })).unwrap_err();
        let texts: Vec<_> = violations.iter().map(Violation::to_string).collect();
        assert_eq!(
            texts,
            [
                "$type is missing",
                "name is missing",
                "open is missing",
                "count is 9; the limit is 3",
                "title is a number; expected a string",
            ]
        );
        assert_eq!(lexicon().check(&json!([])).unwrap_err().to_string(), "record is an array; expected an object");
    }

    #[test]
    fn every_embedded_lexicon_loads_and_is_about_its_collection() {
        for medium in Medium::ALL {
            assert_eq!(Lexicon::parse(text(medium)).unwrap().id, medium.collection());
        }
    }

    #[test]
    fn a_schema_that_asks_for_more_than_is_checked_is_refused() {
        let schema = text(Medium::Tape);
        for (known, unknown) in [
            (r#""lexicon": 1"#, r#""lexicon": 2"#),
            (r#""lexicon": 1,"#, r#""lexicon": 1, "revision": 3,"#),
            (r#""key": "tid""#, r#""key": "any""#),
            (r#""main": {"#, r#""other": {}, "main": {"#),
            (r#""type": "record""#, r#""type": "query""#),
            (r#""type": "object""#, r#""type": "array""#),
            (r#""type": "boolean""#, r#""type": "unknown""#),
            (r#""type": "boolean""#, r#""type": "boolean", "const": true"#),
            (r#""format": "datetime""#, r#""format": "tid""#),
            (r#""format": "datetime""#, r#""format": "datetime", "minGraphemes": 1"#),
            (r#""maxSize""#, r#""maxWidth""#),
            (r#""required": ["#, r#""required": ["sound", "#),
            (r#""required": ["#, r#""nullable": ["sound"], "required": ["#),
            (r#""description": "The recording as MP4.","#, ""),
        ] {
            let changed = schema.replacen(known, unknown, 1);
            assert!(changed != schema && Lexicon::parse(&changed).is_err(), "{unknown}");
        }
    }
}
