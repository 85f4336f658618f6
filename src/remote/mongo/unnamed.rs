//! Invalid values of an item's `user`. The item then has no account, and is not anonymous either.

use mongodb::bson::spec::ElementType;
use mongodb::bson::{Bson, Document, doc};

/// A form of `user` that names no user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unnamed {
    /// A blank string.
    Empty,
    /// `null`.
    Null,
    /// A number of any type.
    Number,
    /// The id of a document.
    ObjectId,
    /// A list.
    Array,
    /// A document.
    Document,
    /// Anything else.
    Other,
}

impl Unnamed {
    const ALL: [Unnamed; 7] = [
        Unnamed::Empty,
        Unnamed::Null,
        Unnamed::Number,
        Unnamed::ObjectId,
        Unnamed::Array,
        Unnamed::Document,
        Unnamed::Other,
    ];

    pub(super) fn of(user: &Bson) -> Unnamed {
        match user.element_type() {
            ElementType::String => Unnamed::Empty,
            ElementType::Null => Unnamed::Null,
            ElementType::Double | ElementType::Int32 | ElementType::Int64 | ElementType::Decimal128 => Unnamed::Number,
            ElementType::ObjectId => Unnamed::ObjectId,
            ElementType::Array => Unnamed::Array,
            ElementType::EmbeddedDocument => Unnamed::Document,
            _ => Unnamed::Other,
        }
    }

    /// The same, by the server's name of a type: `objectId`.
    pub(super) fn of_type(name: &str) -> Unnamed {
        Unnamed::ALL.into_iter().find(|unnamed| unnamed.types().contains(&name)).unwrap_or(Unnamed::Other)
    }

    /// The reason: `user is null`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Unnamed::Empty => "user is empty",
            Unnamed::Null => "user is null",
            Unnamed::Number => "user is a number",
            Unnamed::ObjectId => "user is an ObjectId",
            Unnamed::Array => "user is an array",
            Unnamed::Document => "user is a document",
            Unnamed::Other => "user is not a string",
        }
    }

    /// The query for items with this form.
    pub(super) fn filter(self) -> Document {
        // Not `{ user: { $type: … } }`, which also looks into arrays.
        let of_types = |types: &[&str]| doc! { "$in": [{ "$type": "$user" }, types] };
        match self {
            Unnamed::Empty => named(""),
            Unnamed::Other => {
                let known: Vec<_> = Unnamed::ALL.into_iter().flat_map(Unnamed::types).copied().collect();
                doc! { "user": { "$exists": true }, "$expr": { "$not": of_types(&known) } }
            }
            _ => doc! { "user": { "$exists": true }, "$expr": of_types(self.types()) },
        }
    }

    /// The server's names of its types.
    fn types(self) -> &'static [&'static str] {
        match self {
            Unnamed::Empty => &["string"],
            Unnamed::Null => &["null"],
            Unnamed::Number => &["double", "int", "long", "decimal"],
            Unnamed::ObjectId => &["objectId"],
            Unnamed::Array => &["array"],
            Unnamed::Document => &["object"],
            Unnamed::Other => &[],
        }
    }
}

/// The query for items whose `user` is this string. A plain query would also find arrays and symbols of it.
pub(super) fn named(subject: &str) -> Document {
    doc! { "user": { "$eq": subject, "$not": { "$type": ["array", "symbol"] } } }
}
