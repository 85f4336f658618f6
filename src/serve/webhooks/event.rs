//! Events and their bodies: `{"type": …, "timestamp": …, "data": {…}}`, in less than 20 kB.

use jiff::Timestamp;
use serde::Serialize;

use crate::serve::jobs::{Bake, Baked, Failure, Job, Subject, Work, identity};

use super::event_type::EventType;

/// The most bytes of a text to send: longer than any code, slug or address of the site.
const LONGEST_TEXT: usize = 300;

/// The most warnings to send.
const MOST_WARNINGS: usize = 5;

/// A text as sent: cut if it is implausibly long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(pub &'a str);

impl Serialize for Text<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0[..self.0.floor_char_boundary(LONGEST_TEXT)])
    }
}

/// The cause of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cause<'a> {
    /// The code; see [`crate::Error::code`].
    code: Text<'a>,
    /// As text.
    text: Text<'a>,
}

impl<'a> From<&'a Failure> for Cause<'a> {
    fn from(failure: &'a Failure) -> Self {
        Cause { code: Text(&failure.code), text: Text(&failure.text) }
    }
}

/// An event; its fields are the `data` that is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Event<'a> {
    /// A tape has its video and poster.
    TapeBaked {
        /// Its code.
        code: Text<'a>,
        /// Its slug.
        slug: Text<'a>,
        /// Its `_id` in MongoDB.
        mongo_id: Text<'a>,
        /// The address of the video.
        mp4_url: Text<'a>,
        /// Bytes of the video.
        mp4_bytes: u64,
        /// The address of the poster, if one could be made.
        thumbnail_url: Option<Text<'a>>,
        /// Frames of the tape.
        frames: u64,
        /// Its length.
        seconds: f64,
        /// The preset with its version and codec.
        preset: Text<'a>,
        /// The first few warnings about the tape.
        warnings: Vec<Text<'a>>,
    },
    /// A bake has failed for good.
    TapeFailed {
        /// Its code.
        code: Text<'a>,
        /// Its slug.
        slug: Text<'a>,
        /// Its `_id` in MongoDB.
        mongo_id: Text<'a>,
        /// The cause.
        failure: Cause<'a>,
    },
    /// The record of an item is on the PDS: new, changed, or adopted from the site.
    ItemPublished {
        /// The name of its collection: `paintings`.
        medium: &'static str,
        /// Its `_id` in MongoDB.
        id: Text<'a>,
        /// Its code, or its slug or id if it has none.
        label: Text<'a>,
        /// The address of the record: `at://did/collection/rkey`.
        uri: Text<'a>,
        /// Whether the item is nuked, and its record is marked so.
        nuked: bool,
    },
    /// The record of an item was deleted, because the item is gone.
    ItemWithdrawn {
        /// The name of its collection.
        medium: &'static str,
        /// Its `_id` in MongoDB.
        id: Text<'a>,
        /// The address of the deleted record.
        uri: Text<'a>,
    },
    /// Publishing an item has failed for good.
    ItemFailed {
        /// The name of its collection.
        medium: Text<'a>,
        /// Its `_id` in MongoDB.
        id: Text<'a>,
        /// The cause.
        failure: Cause<'a>,
    },
    /// A test by the operator.
    Test {
        /// The endpoint.
        endpoint: Text<'a>,
    },
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: EventType,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    event: &'a Event<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// A tape has its video and poster.
    #[must_use]
    pub fn baked(bake: &'a Bake, baked: &'a Baked) -> Event<'a> {
        Event::TapeBaked {
            code: Text(&bake.code),
            slug: Text(&bake.slug),
            mongo_id: Text(&bake.mongo_id),
            mp4_url: Text(&baked.mp4_url),
            mp4_bytes: baked.mp4_bytes,
            thumbnail_url: baked.thumbnail_url.as_deref().map(Text),
            frames: baked.frames,
            seconds: baked.seconds,
            preset: Text(&baked.preset),
            warnings: baked.warnings.iter().take(MOST_WARNINGS).map(|warning| Text(warning)).collect(),
        }
    }

    /// Work has failed for good; `None` if there is no event for that kind of work.
    #[must_use]
    pub fn failed(work: &'a Work, failure: &'a Failure) -> Option<Event<'a>> {
        let failure = failure.into();
        match work {
            Work::Bake(Bake { code, slug, mongo_id, .. }) => {
                let (code, slug, mongo_id) = (Text(code), Text(slug), Text(mongo_id));
                Some(Event::TapeFailed { code, slug, mongo_id, failure })
            }
            Work::Mirror(Subject { medium, id }) => {
                Some(Event::ItemFailed { medium: Text(medium), id: Text(id), failure })
            }
            Work::Callback(_) | Work::Plan | Work::Webhook(_) => None,
        }
    }

    /// Its type.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Event::TapeBaked { .. } => EventType::TapeBaked,
            Event::TapeFailed { .. } => EventType::TapeFailed,
            Event::ItemPublished { .. } => EventType::ItemPublished,
            Event::ItemWithdrawn { .. } => EventType::ItemWithdrawn,
            Event::ItemFailed { .. } => EventType::ItemFailed,
            Event::Test { .. } => EventType::Test,
        }
    }

    /// The body to send, with the job that caused it.
    ///
    /// # Panics
    /// Never: texts and numbers can be written as JSON.
    #[must_use]
    pub fn body(&self, job: Option<&str>, timestamp: Timestamp) -> String {
        // To the millisecond: not every parser takes more digits.
        let timestamp = format!("{timestamp:.3}");
        let body = Body { r#type: self.event_type(), timestamp, data: Data { event: self, job } };
        serde_json::to_string(&body).expect("texts and numbers can be written as JSON")
    }
}

/// The id of a job's event, the same for all endpoints and repetitions: if an attempt dies after sending, the next one
/// sends the same event. A new request for the job makes a new event.
#[must_use]
pub fn event_id(job: &Job, event: &str) -> String {
    // A job that has expired and is requested again restarts its rounds.
    let created = job.created.as_millisecond().to_string();
    format!("msg_{}", identity(event, &[&job.id, &created, &job.round.to_string()]))
}

/// The id of an event without a job.
#[must_use]
pub fn test_id() -> String {
    format!("msg_{:024x}", fastrand::u128(..) >> 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bake(code: String, slug: String, mongo_id: String) -> Bake {
        Bake { code, slug, mongo_id, zip_url: None, callback_url: String::new() }
    }

    fn baked(text: &str, warnings: usize) -> Baked {
        Baked {
            zip: String::new(),
            zip_bytes: 1,
            preset: "standard@3/h264".into(),
            mp4_url: text.into(),
            mp4_bytes: 102_600,
            thumbnail_url: Some(text.into()),
            frames: 40,
            seconds: 0.667,
            warnings: vec![text.into(); warnings],
            tape: None,
        }
    }

    #[test]
    fn a_body_says_what_when_and_the_particulars() {
        let bake = bake("9Yo".into(), "2025.1.2".into(), "64b0".into());
        let (baked, at) = (baked("https://b.example/tapes/9Yo.mp4", 0), "2026-11-26T04:00:00.5Z".parse().unwrap());
        assert_eq!(
            Event::baked(&bake, &baked).body(Some("56b4"), at),
            concat!(
                r#"{"type":"tape.baked","timestamp":"2026-11-26T04:00:00.500Z","data":{"code":"9Yo","slug":"2025.1.2","#,
                r#""mongoId":"64b0","mp4Url":"https://b.example/tapes/9Yo.mp4","mp4Bytes":102600,"#,
                r#""thumbnailUrl":"https://b.example/tapes/9Yo.mp4","frames":40,"seconds":0.667,"#,
                r#""preset":"standard@3/h264","warnings":[],"job":"56b4"}}"#
            )
        );
        let failure = Failure { code: "tape.damaged".into(), text: "not a readable ZIP archive".into() };
        let work = Work::Bake(bake);
        let event = Event::failed(&work, &failure).unwrap();
        assert_eq!(
            serde_json::to_value(&event).unwrap()["failure"],
            serde_json::json!({ "code": "tape.damaged", "text": "not a readable ZIP archive" })
        );
        assert_eq!(Event::failed(&Work::Plan, &failure), None);
    }

    proptest! {
        #[test]
        fn whatever_strangers_write_a_body_has_less_than_20_kb(text in ".{0,3000}|\\PC{0,3000}|[\x00-\x1f]{0,3000}") {
            let bake = bake(text.clone(), text.clone(), text.clone());
            let baked = baked(&text, 100);
            let body = Event::baked(&bake, &baked).body(Some("56b4"), Timestamp::MAX);
            prop_assert!(body.len() < 20_000, "{} bytes", body.len());
            prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
        }
    }
}
