//! Values of documents as text.

use mongodb::bson::Bson;

/// A value as text, for messages.
pub fn plain(value: &Bson) -> String {
    match value {
        Bson::String(text) => text.clone(),
        other => other.to_string(),
    }
}
