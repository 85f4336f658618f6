//! Lexicons as records, the form in which they are published.

use std::sync::LazyLock;

use regex::Regex;
use serde::de::Error as _;
use serde_json::{Map, Value};

use super::breaking::changes;
use super::change::Change;
use super::{Lexicon, text};
use crate::record::Medium;

/// Maximum length of an NSID: 253 characters of the domain, a dot, 63 of the name.
const MAX_NSID: usize = 317;

/// A name within a reversed domain: at least three parts, the last of letters and digits.
static NSID: LazyLock<Regex> = LazyLock::new(|| {
    const PATTERN: &str = r"^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$";
    Regex::new(PATTERN).expect("the pattern is a constant")
});

/// Whether a text is an NSID by the complete rule.
fn is_nsid(text: &str) -> bool {
    let domain = text.rfind('.').unwrap_or_default();
    text.len() <= MAX_NSID && domain <= MAX_NSID - 64 && NSID.is_match(text)
}

/// A lexicon that may be published: it is valid, and uses only the part of the language that records are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    nsid: String,
    value: Value,
}

impl Schema {
    /// The collection of published lexicons.
    pub const COLLECTION: &'static str = "com.atproto.lexicon.schema";

    /// The lexicon of a medium.
    ///
    /// # Panics
    /// Never: a test loads all five.
    #[must_use]
    pub fn of(medium: Medium) -> Schema {
        Schema::parse(text(medium)).expect("a test loads every embedded lexicon")
    }

    /// Reads the text of a lexicon.
    ///
    /// # Errors
    /// If it is no lexicon, or uses a part of the language that records are not checked with.
    pub fn parse(text: &str) -> serde_json::Result<Schema> {
        let nsid = Lexicon::parse(text)?.id;
        if !is_nsid(&nsid) {
            return Err(serde_json::Error::custom(format!("{nsid:?} is not an NSID such as computer.aesthetic.tape")));
        }
        let mut value: Map<String, Value> = serde_json::from_str(text)?;
        value.insert("$type".into(), Schema::COLLECTION.into());
        Ok(Schema { nsid, value: Value::Object(value) })
    }

    /// Its name, which is also its key in the collection: `computer.aesthetic.tape`.
    #[must_use]
    pub fn nsid(&self) -> &str {
        &self.nsid
    }

    /// The record.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The DNS name that points to the authority for this lexicon: `_lexicon.aesthetic.computer`.
    #[must_use]
    pub fn dns_name(&self) -> String {
        let mut authority: Vec<_> = self.nsid.split('.').collect();
        authority.pop();
        authority.reverse();
        format!("_lexicon.{}", authority.join("."))
    }

    /// The changes since a published version.
    #[must_use]
    pub fn changes_since(&self, published: &Value) -> Vec<Change> {
        changes(&self.nsid, published, &self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_lexicon_can_be_published() {
        for medium in Medium::ALL {
            let schema = Schema::of(medium);
            assert_eq!((schema.nsid(), &schema.value()["id"]), (medium.collection(), &medium.collection().into()));
            assert_eq!(schema.value()["$type"], Schema::COLLECTION);
            assert_eq!((&schema.value()["lexicon"], schema.value()["defs"].is_object()), (&1.into(), true));
            assert_eq!(schema.dns_name(), "_lexicon.aesthetic.computer");
            assert_eq!(schema.changes_since(schema.value()), []);
        }
    }

    #[test]
    fn what_is_no_lexicon_cannot_be_published() {
        for bad in ["", "[]", "{}", r#"{"lexicon": 1, "id": "a.b.c", "defs": {}}"#] {
            assert!(Schema::parse(bad).is_err(), "{bad}");
        }
        let nameless = text(Medium::Mood).replace("computer.aesthetic.mood", "mood");
        assert!(Schema::parse(&nameless).unwrap_err().to_string().starts_with("\"mood\" is not an NSID"));
    }

    #[test]
    fn names_follow_the_whole_rule() {
        let part = "a".repeat(63);
        // Domains of 251 and 253 characters, names that fill the rest.
        let (long, longest) =
            (format!("{part}.{part}.{part}.{}", &part[..59]), [&part[..], &part, &part, &part[..61]].join("."));
        for name in [
            "com.example.fooBar",
            "net.users.bob.ping",
            "a-0.b-1.c",
            "a.b.c",
            "cn.8.lex.stuff",
            "com.EXAMPLE.foo",
            &format!("{long}.{part}"),
            &format!("{longest}.{part}"),
        ] {
            assert!(is_nsid(name), "{name}");
        }
        for name in [
            "com.example-.foo",
            "com.-example.foo",
            "com-.example.foo",
            "-com.example.foo",
            "1com.example.foo",
            "com.example.3",
            "com.example.foo-bar",
            "com.example",
            "com..foo",
            "com.example.",
            ".com.example.foo",
            "com.exämple.foo",
            "com.example.foo\n",
            "com.example.foo#main",
            "com.example.*",
            &format!("com.{part}a.foo"),
            &format!("com.example.{part}a"),
            &format!("{longest}a.{part}"),
            "",
        ] {
            assert!(!is_nsid(name), "{name}");
        }
    }
}
