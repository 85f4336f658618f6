//! The files of an item that its record refers to, and the item and files that an existing record names.

use serde_json::Value;

use super::blob::BlobRef;
use super::item::Id;

/// The files of an item that its record refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The thumbnail, for paintings and tapes.
    pub thumbnail: Option<BlobRef>,
    /// The MP4, for tapes; required.
    pub video: Option<BlobRef>,
    /// Whether a painting has a recording of how it was made.
    pub has_recording: bool,
    /// The address at which the ZIP of a tape was found.
    pub zip_url: Option<String>,
}

impl Files {
    /// The files that an existing record names. A record that is built with them has the same fields.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_known_by_its_ref_or_by_what_that_was_called_before() {
        let (id, other) = ("68f2a1b2c3d4e5f60718293a", "000000000000000000000001");
        for (record, expected) in [
            (json!({ "ref": id }), Some(id)),
            (json!({ "mongoId": id }), Some(id)),
            (json!({ "ref": id, "mongoId": other }), Some(id)),
            (json!({ "ref": "", "mongoId": id }), Some(id)),
            (json!({ "ref": null }), None),
            (json!({ "ref": "68f2a1b2" }), None),
            (json!({}), None),
            (json!(id), None),
        ] {
            assert_eq!(identity(&record), expected.map(|id| id.parse().unwrap()), "{record}");
        }
    }

    #[test]
    fn files_of_a_broken_record_are_those_that_can_be_made_out() {
        let video = BlobRef::of(b"a video", "video/mp4");
        let old = json!({ "cid": video.cid.to_string(), "mimeType": "image/png" });
        let record = json!({ "video": video.to_json(), "thumbnail": old, "zipUrl": 7, "recordingUrl": null });
        assert_eq!(Files::of_record(&record), Files { video: Some(video), ..Files::default() });
    }
}
