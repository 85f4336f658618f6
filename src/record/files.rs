//! What lies beside an item and goes into its record; and what an existing record says about both.

use serde_json::Value;

use super::blob::BlobRef;
use super::item::Id;

/// What lies beside an item and goes into its record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// A small picture of it; paintings and tapes.
    pub thumbnail: Option<BlobRef>,
    /// The MP4; tapes. There is no record without.
    pub video: Option<BlobRef>,
    /// Whether the making of a painting was recorded.
    pub has_recording: bool,
    /// Where the ZIP of a tape was found.
    pub zip_url: Option<String>,
}

impl Files {
    /// The files that an existing record names. Built into a record again, they make no difference to it.
    #[must_use]
    pub fn of_record(value: &Value) -> Self {
        let blob = |name: &str| value.get(name).and_then(BlobRef::from_json);
        Files {
            thumbnail: blob("thumbnail"),
            video: blob("video"),
            has_recording: value.get("recordingUrl").is_some_and(Value::is_string),
            zip_url: value.get("zipUrl").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// The item that an existing record is about: its `ref`, or `mongoId` as it was called before October 2025.
#[must_use]
pub fn identity(value: &Value) -> Option<Id> {
    ["ref", "mongoId"].into_iter().find_map(|name| value.get(name)?.as_str()?.parse().ok())
}
