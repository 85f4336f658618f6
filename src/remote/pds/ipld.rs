//! Converts DAG-CBOR, the encoding of records in repos, to JSON.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ipld_core::ipld::Ipld;
use serde_json::{Map, Value, json};

/// The JSON of a record: links as `$link`, bytes as `$bytes`.
pub fn to_json(ipld: Ipld) -> Value {
    match ipld {
        Ipld::Null => Value::Null,
        Ipld::Bool(truth) => truth.into(),
        // Repos contain no numbers beyond JSON's range; as text, one would at least not become another number.
        Ipld::Integer(number) => i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from),
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

#[cfg(test)]
mod tests {
    use cid::Cid;

    use super::*;

    #[test]
    fn links_bytes_and_numbers_have_their_json() {
        let text = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy";
        let cid = Cid::try_from(text).unwrap();
        let value = ipld_core::ipld!({
            "blob": { "ref": cid, "size": 7 },
            "list": [null, true, -1, "text"],
        });
        let expected = json!({ "blob": { "ref": { "$link": text }, "size": 7 }, "list": [null, true, -1, "text"] });
        assert_eq!(to_json(value), expected);
        assert_eq!(to_json(Ipld::Bytes(vec![1, 2])), json!({ "$bytes": "AQI" }));
        assert_eq!(to_json(Ipld::Integer(1 << 70)), json!("1180591620717411303424"));
    }
}
