//! Expressions that the database server computes: its clock, and conditions.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use serde::Serialize;

/// The server's clock, in milliseconds.
pub fn now() -> Document {
    doc! { "$toLong": "$$NOW" }
}

/// That long after the server's clock.
pub fn after(delay: Duration) -> Document {
    doc! { "$add": [now(), delay.as_millis() as i64] }
}

/// That long before the server's clock.
pub fn before(time: Duration) -> Document {
    doc! { "$subtract": [now(), time.as_millis() as i64] }
}

/// That long after the server's clock, as a date: the server deletes what has such a one in `expires`.
pub fn expiry(kept: Duration) -> Document {
    doc! { "$add": ["$$NOW", kept.as_millis() as i64] }
}

/// One value or another.
pub fn choose(condition: Document, then: impl Into<Bson>, otherwise: impl Into<Bson>) -> Document {
    doc! { "$cond": [condition, then.into(), otherwise.into()] }
}

/// A value that is no expression, whatever is in it: strangers' texts may begin with a dollar sign.
///
/// # Panics
/// Never: what is stored here is texts, numbers and structures of them.
pub fn literal(value: &impl Serialize) -> Bson {
    let value = mongodb::bson::serialize_to_bson(value).expect("texts and numbers can be stored");
    Bson::Document(doc! { "$literal": value })
}
