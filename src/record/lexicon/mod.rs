//! The lexicons of the five media, and whether a record obeys its own.
//!
//! Knows the part of the lexicon language that the five use. A schema that uses more is refused when it is loaded, so
//! that no rule goes unchecked. A field that a schema does not name may hold anything the data model allows, as the
//! language has it.

mod format;
mod model;
mod rule;
mod violation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::Value;

use super::item::Medium;
use rule::Rule;
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

/// What records of this kind are called in a repo; [`Tid`](super::Tid) makes no other names.
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

/// The schema of a medium as it is published.
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
                return Err(serde_json::Error::custom(format!("{name} is required or nullable, but no property")));
            }
        }
        Ok(Lexicon { id, record })
    }

    /// Whether a record obeys this lexicon and the data model.
    ///
    /// # Errors
    /// Every violation there is, not only the first.
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
