//! What a site looks like after years: its documents in MongoDB, the files they point to, the records it has already.
//!
//! `fixtures/documents` holds what this makes, one document a line, as MongoDB's extended JSON; `fixtures/README.md`
//! says which oddity is where. `TELECINE_REWRITE_FIXTURES=1 cargo test --test it documents` writes it again.
//! [`load::load`] fills a site with it.

pub mod load;
mod objects;
mod paintings;
mod people;
mod records;
mod tapes;
mod texts;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

/// The files under `fixtures/documents`, in the order in which they are made.
const FILES: [&str; 9] =
    ["users", "@handles", "moods", "pieces", "kidlisp", "paintings", "tapes", "records", "objects"];

/// 2025-10-17, when tapes were new, in milliseconds since 1970.
const AUTUMN: i64 = 1_760_659_200_000;

/// Documents under construction: one list for each file.
#[derive(Debug, Default)]
struct Documents {
    files: [Vec<Value>; FILES.len()],
    ids: u32,
    random: Random,
}

impl Documents {
    /// All there is.
    fn new() -> Self {
        let mut documents = Documents::default();
        people::add(&mut documents);
        texts::add(&mut documents);
        paintings::add(&mut documents);
        tapes::add(&mut documents);
        records::add(&mut documents);
        documents
    }

    fn file(&mut self, name: &str) -> &mut Vec<Value> {
        let index = FILES.iter().position(|file| *file == name).unwrap();
        &mut self.files[index]
    }

    /// Adds an item with an id of its own; `user` is absent for what was made without an account, and so is every field
    /// that is null.
    fn item(&mut self, file: &str, user: Option<&str>, when: i64, fields: Value) -> String {
        self.ids += 1;
        // As MongoDB makes them: seconds, five bytes of the machine, a counter.
        let id = format!("{:08x}74656c6563{:06x}", when / 1000, self.ids);
        let mut item = json!({ "_id": { "$oid": id }, "when": date(when) });
        if let Some(user) = user {
            item["user"] = user.into();
        }
        let mut item = with(item, fields);
        item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.file(file).push(item);
        id
    }

    /// Adds a file that can be made from that recipe. The bucket is `art` or `user`.
    fn object(&mut self, bucket: &str, key: &str, recipe: &objects::Recipe) {
        let object = json!({ "bucket": bucket, "key": key, "recipe": recipe });
        self.file("objects").push(object);
    }

    /// A code that no document has yet, as the site draws them: three letters and digits.
    fn code(&mut self) -> String {
        loop {
            let code = self.random.text("bcdfghjklmnpqrstvwxyzaeiou23456789BCDFGHJKLMNPQRSTVWXYZ", 3);
            if !self.files.iter().flatten().any(|document| document["code"] == *code) {
                return code;
            }
        }
    }
}

/// An object with the fields of another one over its own; null has none.
fn with(mut object: Value, more: Value) -> Value {
    if let Value::Object(more) = more {
        object.as_object_mut().unwrap().extend(more);
    }
    object
}

/// A time as extended JSON has it.
fn date(when: i64) -> Value {
    json!({ "$date": iso(when) })
}

/// A time as records have it.
fn iso(when: i64) -> String {
    Timestamp::from_millisecond(when).unwrap().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The same numbers on every machine.
#[derive(Debug)]
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Random(1)
    }
}

impl Random {
    /// A number below that one. Knuth's MMIX generator; its high bits are the good ones.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn pick<'list, T: ?Sized>(&mut self, list: &[&'list T]) -> &'list T {
        list[self.below(list.len())]
    }

    fn text(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| char::from(letters.as_bytes()[self.below(letters.len())])).collect()
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents").join(name).with_extension("json")
}

/// A list with one document a line.
fn lines(documents: &[Value]) -> String {
    let lines: Vec<_> = documents.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use telecine::record::Medium;

    use super::*;
    use crate::stack::site::Site;

    #[test]
    fn committed_documents_are_what_the_code_makes() {
        let rewrite = std::env::var_os("TELECINE_REWRITE_FIXTURES").is_some();
        for (name, documents) in FILES.iter().zip(Documents::new().files) {
            let text = lines(&documents);
            if rewrite {
                fs::create_dir_all(path(name).parent().unwrap()).unwrap();
                fs::write(path(name), &text).unwrap();
            }
            let same = fs::read_to_string(path(name)).is_ok_and(|committed| committed == text);
            assert!(same, "{name}.json is not what the code makes; rewrite it with TELECINE_REWRITE_FIXTURES=1");
        }
    }

    #[test]
    fn ids_and_codes_are_unique() {
        let documents = Documents::new();
        for (name, list) in FILES.iter().zip(&documents.files) {
            for field in ["_id", "code"] {
                let values: Vec<_> = list.iter().filter_map(|document| document.get(field)).collect();
                let distinct: BTreeSet<_> = values.iter().map(ToString::to_string).collect();
                assert_eq!(values.len(), distinct.len(), "{field} in {name}");
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_site_can_be_filled_twice_and_holds_everything_once() {
        let site = Site::new().await;
        load::load(&site).await;
        let accounts = load::load(&site).await;
        for (name, documents) in FILES.iter().zip(Documents::new().files).take(7) {
            let collection = site.database().collection::<mongodb::bson::Document>(name);
            let count = collection.count_documents(mongodb::bson::doc! {}).await.unwrap();
            assert_eq!(count, documents.len() as u64, "{name}");
        }
        for medium in Medium::ALL {
            for (sub, account) in &accounts {
                let is_theirs =
                    |record: &&Value| record["user"] == **sub && record["collection"] == medium.collection();
                let expected = Documents::new().file("records").iter().filter(is_theirs).count();
                assert_eq!(site.records(account, medium).await.len(), expected, "{sub} {medium}");
            }
        }
    }
}
