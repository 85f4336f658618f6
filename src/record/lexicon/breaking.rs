//! Finds the changes between two versions of a lexicon, and what they break.
//!
//! The protocol requires every old record to conform to the new lexicon, and every new record to the old one, which
//! readers may still use. Once published, a constraint can therefore be neither tightened nor loosened, a type cannot
//! change, and a field can be neither removed nor made required or optional; new fields must be optional. Descriptions,
//! defaults and known values are not binding. Other tools may have published a version, so this module understands the
//! whole language, not only the part that records are checked with.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::change::{Breaks, Change};

/// All differences between two versions of a lexicon, sorted by place.
pub fn changes(nsid: &str, published: &Value, proposed: &Value) -> Vec<Change> {
    let mut comparison = Comparison { nsid, found: Vec::new() };
    let (old, new) = (object(&published["defs"]), object(&proposed["defs"]));
    for name in names(&[&old, &new]) {
        let place = if name == "main" { String::new() } else { format!("#{name}") };
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => comparison.definition(&place, old, new),
            (Some(_), None) => comparison.note(place_or_main(&place), "was removed", Breaks::All),
            _ => comparison.note(place_or_main(&place), "is new", Breaks::Nobody),
        }
    }
    comparison.found
}

/// Keywords that are only for people.
const ANNOTATIONS: [&str; 4] = ["type", "description", "default", "knownValues"];

struct Comparison<'a> {
    nsid: &'a str,
    found: Vec<Change>,
}

impl Comparison<'_> {
    fn note(&mut self, place: impl Into<String>, what: impl Into<String>, breaks: Breaks) {
        self.found.push(Change { nsid: self.nsid.into(), place: place.into(), what: what.into(), breaks });
    }

    /// Compares two versions of a definition of any type.
    fn definition(&mut self, place: &str, old: &Value, new: &Value) {
        if old["type"] != new["type"] {
            let what = format!("was of type {} and is of type {}", shown(old.get("type")), shown(new.get("type")));
            self.note(place_or_main(place), what, Breaks::All);
            return;
        }
        let (old, new) = (object(old), object(new));
        for name in names(&[&old, &new]).into_iter().filter(|name| !ANNOTATIONS.contains(name)) {
            let (was, is) = (old.get(name), new.get(name));
            match name {
                "properties" => self.properties(place, &old, &new),
                // Compared with the properties, some of which may have been removed.
                "required" => self.required(place, &old, &new),
                "nullable" => self.nullable(place, was, is),
                // Not shown as a level of its own in places.
                "record" => self.definition(place, was.unwrap_or(&Value::Null), is.unwrap_or(&Value::Null)),
                "items" => {
                    self.definition(&format!("{place}[]"), was.unwrap_or(&Value::Null), is.unwrap_or(&Value::Null));
                }
                _ if was == is => {}
                _ => {
                    let what = format!("was {} and is {}", shown(was), shown(is));
                    self.note(join(place, name), what, harm(name, was, is));
                }
            }
        }
    }

    fn properties(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let required = texts(new.get("required"));
        let (old, new) = (object(&member(old, "properties")), object(&member(new, "properties")));
        for name in names(&[&old, &new]) {
            let field = join(place, name);
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => self.definition(&field, old, new),
                (Some(_), None) => self.note(field, "was removed", Breaks::Readers),
                _ if required.contains(name) => self.note(field, "is new and required", Breaks::Records),
                _ => self.note(field, "is new", Breaks::Nobody),
            }
        }
    }

    fn required(&mut self, place: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (was, is) = (texts(old.get("required")), texts(new.get("required")));
        let both = |name: &&&str| {
            let has =
                |map: &Map<String, Value>| map.get("properties").is_some_and(|fields| fields.get(**name).is_some());
            has(old) && has(new)
        };
        for name in is.difference(&was).filter(both) {
            self.note(join(place, name), "is required and was optional", Breaks::Records);
        }
        for name in was.difference(&is).filter(both) {
            self.note(join(place, name), "is optional and was required", Breaks::Readers);
        }
    }

    fn nullable(&mut self, place: &str, old: Option<&Value>, new: Option<&Value>) {
        let (was, is) = (texts(old), texts(new));
        for name in was.difference(&is) {
            self.note(join(place, name), "can no longer be null", Breaks::Records);
        }
        for name in is.difference(&was) {
            self.note(join(place, name), "can be null now", Breaks::Readers);
        }
    }
}

/// What the change of a constraint breaks: a tighter one breaks records, a looser one breaks readers.
fn harm(name: &str, was: Option<&Value>, is: Option<&Value>) -> Breaks {
    let (Some(was), Some(is)) = (was, is) else {
        return if was.is_none() { Breaks::Records } else { Breaks::Readers };
    };
    match name {
        "maxLength" | "maxGraphemes" | "maxSize" | "maximum" if was.is_number() && is.is_number() => {
            if is.as_f64() < was.as_f64() { Breaks::Records } else { Breaks::Readers }
        }
        "minLength" | "minGraphemes" | "minimum" if was.is_number() && is.is_number() => {
            if is.as_f64() > was.as_f64() {
                Breaks::Records
            } else {
                Breaks::Readers
            }
        }
        "accept" | "enum" => {
            let (was, is) = (elements(was), elements(is));
            match (is.is_superset(&was), is.is_subset(&was)) {
                // The same in another order.
                (true, true) => Breaks::Nobody,
                (true, false) => Breaks::Readers,
                (false, true) => Breaks::Records,
                (false, false) => Breaks::All,
            }
        }
        _ => Breaks::All,
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn member(map: &Map<String, Value>, name: &str) -> Value {
    map.get(name).cloned().unwrap_or_default()
}

fn names<'a>(maps: &[&'a Map<String, Value>]) -> BTreeSet<&'a str> {
    maps.iter().flat_map(|map| map.keys().map(String::as_str)).collect()
}

fn texts(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The elements of a list as text, of any type.
fn elements(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(Value::to_string).collect()
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.into() } else { format!("{place}.{name}") }
}

fn place_or_main(place: &str) -> &str {
    if place.is_empty() { "#main" } else { place }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "absent".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lexicon() -> Value {
        let properties = json!({
            "text": { "type": "string", "description": "words", "maxLength": 100, "maxGraphemes": 10 },
            "when": { "type": "string", "format": "datetime" },
            "count": { "type": "integer", "minimum": 0, "maximum": 9 },
            "film": { "type": "blob", "accept": ["video/mp4", "video/webm"], "maxSize": 50 },
            "tags": { "type": "array", "maxLength": 8, "items": { "type": "string", "maxLength": 64 } },
            "kind": { "type": "string", "enum": ["a", "b"] },
        });
        let object =
            json!({ "type": "object", "required": ["text", "when"], "nullable": ["count"], "properties": properties });
        let main = json!({ "type": "record", "key": "tid", "record": object });
        let other = json!({ "type": "object", "properties": { "size": { "type": "integer" } } });
        json!({ "lexicon": 1, "id": "test.thing", "defs": { "main": main, "other": other } })
    }

    /// What is said when the value at a place is replaced, taken away for null.
    fn said(place: &str, value: Value) -> Vec<String> {
        let mut proposed = lexicon();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = proposed.pointer_mut(&format!("/defs/{parent}")).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => parent.remove(name),
            value => parent.insert(name.into(), value),
        };
        changes("test.thing", &lexicon(), &proposed).iter().map(Change::to_string).collect()
    }

    const FIELDS: &str = "main/record/properties";

    #[test]
    fn what_binds_nobody_may_change() {
        for (place, value) in [
            ("main/description", json!("new")),
            ("main/record/properties/text/description", json!("new")),
            ("main/record/properties/text/default", json!("none")),
            ("main/record/properties/text/knownValues", json!(["a"])),
        ] {
            assert_eq!(said(place, value), [""; 0], "{place}");
        }
        assert_eq!(changes("test.thing", &lexicon(), &lexicon()), []);
        let reordered = said("main/record/properties/kind/enum", json!(["b", "a"]));
        assert_eq!(reordered, ["test.thing: kind.enum was [\"a\",\"b\"] and is [\"b\",\"a\"]"]);
    }

    #[test]
    fn what_the_protocol_allows_is_told_and_breaks_nobody() {
        assert_eq!(said(&format!("{FIELDS}/open"), json!({ "type": "boolean" })), ["test.thing: open is new"]);
        let mut proposed = lexicon();
        proposed["defs"]["third"] = json!({ "type": "token" });
        let found = changes("test.thing", &lexicon(), &proposed);
        assert_eq!((found[0].to_string().as_str(), found[0].is_breaking()), ("test.thing: #third is new", false));
    }

    #[test]
    fn every_change_that_breaks_somebody_says_whom() {
        let (records, readers) =
            ("; existing records may violate it", "; readers of the old version may refuse new records");
        let all = "; existing records may violate it, and readers of the old version may refuse new records";
        let mut without_text = lexicon()["defs"]["main"]["record"].clone();
        without_text["required"] = json!(["when"]);
        without_text["properties"].as_object_mut().unwrap().remove("text");
        let mut more = lexicon()["defs"]["main"]["record"].clone();
        more["required"] = json!(["text", "when", "open"]);
        more["properties"]["open"] = json!({ "type": "boolean" });
        for (place, value, what, harm) in [
            ("main/type", json!("object"), "#main was of type record and is of type object", all),
            ("main/key", json!("any"), "key was tid and is any", all),
            ("main/record", without_text, "text was removed", readers),
            ("main/record", more, "open is new and required", records),
            ("main/record/required", json!(["text", "when", "film"]), "film is required and was optional", records),
            ("main/record/required", json!(["text"]), "when is optional and was required", readers),
            ("main/record/nullable", Value::Null, "count can no longer be null", records),
            ("main/record/nullable", json!(["count", "kind"]), "kind can be null now", readers),
            ("main/record/properties/kind", Value::Null, "kind was removed", readers),
            ("main/record/properties/text/type", json!("bytes"), "text was of type string and is of type bytes", all),
            ("main/record/properties/text/maxLength", json!(99), "text.maxLength was 100 and is 99", records),
            ("main/record/properties/text/maxLength", json!(101), "text.maxLength was 100 and is 101", readers),
            ("main/record/properties/text/maxLength", Value::Null, "text.maxLength was 100 and is absent", readers),
            ("main/record/properties/text/maxGraphemes", json!(9), "text.maxGraphemes was 10 and is 9", records),
            ("main/record/properties/text/minLength", json!(1), "text.minLength was absent and is 1", records),
            ("main/record/properties/text/format", json!("uri"), "text.format was absent and is uri", records),
            ("main/record/properties/when/format", json!("uri"), "when.format was datetime and is uri", all),
            ("main/record/properties/when/format", Value::Null, "when.format was datetime and is absent", readers),
            ("main/record/properties/count/minimum", json!(1), "count.minimum was 0 and is 1", records),
            ("main/record/properties/count/minimum", json!(-1), "count.minimum was 0 and is -1", readers),
            ("main/record/properties/count/maximum", json!(8), "count.maximum was 9 and is 8", records),
            ("main/record/properties/film/maxSize", json!(60), "film.maxSize was 50 and is 60", readers),
            ("main/record/properties/film/maxSize", json!(40), "film.maxSize was 50 and is 40", records),
            (
                "main/record/properties/film/accept",
                json!(["video/mp4"]),
                r#"film.accept was ["video/mp4","video/webm"] and is ["video/mp4"]"#,
                records,
            ),
            (
                "main/record/properties/film/accept",
                json!(["video/mp4", "image/png"]),
                r#"film.accept was ["video/mp4","video/webm"] and is ["video/mp4","image/png"]"#,
                all,
            ),
            (
                "main/record/properties/film/accept",
                Value::Null,
                r#"film.accept was ["video/mp4","video/webm"] and is absent"#,
                readers,
            ),
            (
                "main/record/properties/kind/enum",
                json!(["a", "b", "c"]),
                r#"kind.enum was ["a","b"] and is ["a","b","c"]"#,
                readers,
            ),
            ("main/record/properties/tags/maxLength", json!(9), "tags.maxLength was 8 and is 9", readers),
            ("main/record/properties/tags/items/maxLength", json!(9), "tags[].maxLength was 64 and is 9", records),
            ("main/record/properties/text/const", json!("x"), "text.const was absent and is x", records),
            ("other/properties/size/maximum", json!(1), "#other.size.maximum was absent and is 1", records),
        ] {
            assert_eq!(said(place, value), [format!("test.thing: {what}{harm}")], "{place}");
        }
        let mut proposed = lexicon();
        proposed["defs"].as_object_mut().unwrap().remove("other");
        let gone = changes("test.thing", &lexicon(), &proposed);
        assert_eq!(
            gone.iter().map(Change::to_string).collect::<Vec<_>>(),
            [format!("test.thing: #other was removed{all}")]
        );
        assert!(gone[0].is_breaking());
    }

    #[test]
    fn what_is_published_may_be_anything() {
        for odd in [json!(null), json!([]), json!({ "defs": 7 }), json!({ "defs": { "main": [] } })] {
            let found = changes("test.thing", &odd, &lexicon());
            assert!(!found.is_empty(), "{odd}");
        }
    }
}
