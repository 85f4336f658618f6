//! DAG-CBOR, the form in which repos keep records, to JSON.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ipld_core::ipld::Ipld;
use serde_json::{Map, Value, json};

/// The JSON of a record: links as `$link`, bytes as `$bytes`.
pub fn to_json(ipld: Ipld) -> Value {
    match ipld {
        Ipld::Null => Value::Null,
        Ipld::Bool(truth) => truth.into(),
        // Beyond what JSON's readers hold there are no numbers in a repo; as text it is at least not another number.
        Ipld::Integer(number) => i64::try_from(number).map_or_else(|_| Value::from(number.to_string()), Value::from),
        Ipld::Float(number) => number.into(),
        Ipld::String(text) => text.into(),
        Ipld::Bytes(bytes) => json!({ "$bytes": BASE64_STANDARD_NO_PAD.encode(bytes) }),
        Ipld::Link(cid) => json!({ "$link": cid.to_string() }),
        Ipld::List(values) => values.into_iter().map(to_json).collect(),
        Ipld::Map(fields) => {
            fields.into_iter().map(|(name, value)| (name, to_json(value))).collect::<Map<_, _>>().into()
        }
    }
}
