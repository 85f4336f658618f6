//! Makes records of items. This is the only way to make a record, and every record has passed its lexicon.

use cid::Cid;
use ipld_core::ipld::Ipld;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::blob::{BlobRef, cid_of_hash};
use super::files::Files;
use super::item::{Content, Item, Medium};
use super::lexicon::{Lexicon, Violations};

/// The site.
const SITE: &str = "https://aesthetic.computer";

/// The multicodec of DAG-CBOR, the encoding of records in repos.
const DAG_CBOR: u64 = 0x71;

/// A record that may be written: it has passed its lexicon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    medium: Medium,
    value: Value,
}

impl Record {
    /// A record from a backup, of this medium.
    ///
    /// # Errors
    /// The violations of its lexicon.
    pub fn of_value(medium: Medium, value: Value) -> Result<Record, Violations> {
        Lexicon::of(medium).check(&value)?;
        Ok(Record { medium, value })
    }

    /// Its medium, which determines its collection.
    #[must_use]
    pub fn medium(&self) -> Medium {
        self.medium
    }

    /// The record as JSON.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The record as JSON.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The CID that every server computes for it.
    ///
    /// # Panics
    /// Never: a record that passes its lexicon can be encoded.
    #[must_use]
    pub fn cid(&self) -> Cid {
        let bytes = serde_ipld_dagcbor::to_vec(&ipld(&self.value)).expect("writing to memory cannot fail");
        cid_of_hash(DAG_CBOR, Sha256::new_with_prefix(bytes))
    }
}

/// JSON as the data model.
fn ipld(value: &Value) -> Ipld {
    match value {
        Value::Null => Ipld::Null,
        Value::Bool(truth) => Ipld::Bool(*truth),
        Value::Number(number) => Ipld::Integer(number.as_i128().expect("no record with other numbers passes")),
        Value::String(text) => Ipld::String(text.clone()),
        Value::Array(values) => Ipld::List(values.iter().map(ipld).collect()),
        Value::Object(fields) => match fields.get("$link").and_then(Value::as_str).map(Cid::try_from) {
            Some(Ok(cid)) => Ipld::Link(cid),
            _ => Ipld::Map(fields.iter().map(|(name, value)| (name.clone(), ipld(value))).collect()),
        },
    }
}

/// Makes the record of an item.
///
/// # Errors
/// The violations of its lexicon. An empty text counts as missing: a painting needs a code, and a mood needs text.
pub fn build(item: &Item, files: &Files) -> Result<Record, Violations> {
    let medium = item.medium();
    let mut fields = Fields::default();
    fields.text("$type", medium.collection());
    fields.text("ref", &item.id.to_string());
    fields.text("when", &iso(item.when));
    if item.nuked {
        fields.set("nuked", true);
    }
    match &item.content {
        Content::Painting { slug, code, .. } => {
            fields.text("slug", slug);
            fields.text("code", code);
            fields.text("imageUrl", &format!("{SITE}/media/paintings/{code}"));
            fields.text("acUrl", &format!("{SITE}/#{code}"));
            if files.has_recording {
                fields.text("recordingUrl", &format!("{SITE}/media/paintings/{code}.zip"));
            }
            fields.blob("thumbnail", files.thumbnail.as_ref());
        }
        Content::Mood { text } => {
            fields.text("text", text);
            // Deployed readers look here.
            fields.text("mood", text);
        }
        Content::Piece { slug } => fields.text("slug", slug),
        Content::Kidlisp { code, source } => {
            fields.text("code", code);
            fields.text("source", source);
            fields.text("acUrl", &format!("{SITE}/${code}"));
        }
        Content::Tape { slug, code, .. } => {
            fields.text("slug", slug);
            fields.text("code", code);
            fields.text("acUrl", &format!("{SITE}/!{code}"));
            fields.text("zipUrl", files.zip_url.as_deref().unwrap_or_default());
            fields.blob("video", files.video.as_ref());
            fields.blob("thumbnail", files.thumbnail.as_ref());
        }
    }
    let value = Value::Object(fields.0);
    Lexicon::of(medium).check(&value)?;
    Ok(Record { medium, value })
}

/// The fields of a record under construction.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets a text field. Leaves out an empty text, so that the lexicon reports it if it is required.
    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.set(name, text);
        }
    }

    fn blob(&mut self, name: &str, blob: Option<&BlobRef>) {
        if let Some(blob) = blob {
            self.set(name, blob.to_json());
        }
    }
}

/// A time in the format of JavaScript's `toISOString`, which all existing records use. A time beyond the calendar
/// becomes a text that no lexicon accepts as a datetime.
fn iso(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        Err(_) => format!("{milliseconds} ms"),
    }
}
