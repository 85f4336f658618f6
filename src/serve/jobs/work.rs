//! The kinds of work, and the ids that make equal requests one job.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::record::{Id, Medium};
use crate::serve::webhooks::EventType;

/// The work of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// Make a tape's video and poster, and upload them to Spaces.
    Bake(Bake),
    /// Create, update or withdraw an item's record, so that it matches the item.
    Mirror(Subject),
    /// Tell a receiver how a bake ended.
    Callback(Callback),
    /// Tell a subscribed endpoint of an event.
    Webhook(Webhook),
    /// Plan all accounts, and apply the plans.
    Plan,
}

/// A tape to be baked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// Its code, which names its files in Spaces.
    pub code: String,
    /// Its slug.
    pub slug: String,
    /// Its `_id` in MongoDB, as given by the caller.
    pub mongo_id: String,
    /// The URL of its ZIP; `None` to look in all known places.
    pub zip_url: Option<String>,
    /// The URL of the receiver of its end.
    pub callback_url: String,
}

/// Whether a text can be the code of a tape, and thus part of a file name: letters, digits, `-` and `_`.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The name of its collection: `paintings`.
    pub medium: String,
    /// Its `_id` in hexadecimal digits.
    pub id: String,
}

impl Subject {
    /// The item with that id.
    #[must_use]
    pub fn new(medium: Medium, id: Id) -> Subject {
        Subject { medium: medium.plural().into(), id: id.to_string() }
    }

    /// The item; `None` if the stored text is invalid.
    #[must_use]
    pub fn item(&self) -> Option<(Medium, Id)> {
        Some((self.medium.parse().ok()?, self.id.parse().ok()?))
    }
}

/// The end of a bake, for a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The tape.
    pub bake: Bake,
    /// How it ended.
    pub end: BakeEnd,
}

/// How a bake ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BakeEnd {
    /// With a video.
    Done {
        /// The URL of the video.
        mp4_url: String,
        /// The URL of the poster, if one could be made.
        thumbnail_url: Option<String>,
    },
    /// Without a video.
    Failed {
        /// The message.
        error: String,
    },
}

/// An event for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The endpoint's id.
    pub endpoint: String,
    /// The event's id, the same for all endpoints.
    pub event: String,
    /// Its type.
    pub event_type: EventType,
    /// The code of the tape, or the id of the item.
    pub about: String,
    /// The exact body, the same for every attempt and version.
    pub body: String,
}

/// The kinds of work; each has its own workers, so that no kind waits behind another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// See [`Work::Bake`].
    Bake,
    /// See [`Work::Mirror`].
    Mirror,
    /// See [`Work::Callback`].
    Callback,
    /// See [`Work::Webhook`].
    Webhook,
    /// See [`Work::Plan`].
    Plan,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Bake, Kind::Mirror, Kind::Callback, Kind::Webhook, Kind::Plan];

    /// Whether such work may encode, so that all its workers must encode alike.
    #[must_use]
    pub fn encodes(self) -> bool {
        matches!(self, Kind::Bake | Kind::Mirror | Kind::Plan)
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, by which it is stored: `bake`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bake => "bake",
            Kind::Mirror => "mirror",
            Kind::Callback => "callback",
            Kind::Webhook => "webhook",
            Kind::Plan => "plan",
        }
    }
}

impl Work {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Work::Bake(_) => Kind::Bake,
            Work::Mirror(_) => Kind::Mirror,
            Work::Callback(_) => Kind::Callback,
            Work::Webhook(_) => Kind::Webhook,
            Work::Plan => Kind::Plan,
        }
    }

    /// The id of the job for this work. A tape has one bake, however often it is requested; each receiver of its end,
    /// and each endpoint of an event, has its own job.
    #[must_use]
    pub fn id(&self) -> String {
        let parts: &[&str] = match self {
            Work::Bake(bake) => &[&bake.code],
            Work::Mirror(subject) => &[&subject.medium, &subject.id],
            Work::Callback(callback) => &[&callback.bake.code, &callback.bake.callback_url],
            Work::Webhook(webhook) => &[&webhook.endpoint, &webhook.event],
            Work::Plan => &[],
        };
        identity(self.kind().name(), parts)
    }

    /// The text that people search for: the code of a tape, the id of an item.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Work::Bake(bake) => &bake.code,
            Work::Mirror(subject) => &subject.id,
            Work::Callback(callback) => &callback.bake.code,
            Work::Webhook(webhook) => &webhook.about,
            Work::Plan => "all accounts",
        }
    }
}

/// The id of a thing with a kind and parts: 24 hexadecimal digits, as in ids of items.
#[must_use]
pub fn identity(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new_with_prefix(kind);
    for part in parts {
        // With its length, so that different lists of parts never have the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 12];
    id.copy_from_slice(&hash.finalize()[..12]);
    Id(id).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bake(code: &str, slug: &str) -> Bake {
        let (code, slug, mongo_id) = (code.into(), slug.into(), "1".into());
        Bake { code, slug, mongo_id, zip_url: None, callback_url: "https://a/b".into() }
    }

    fn callback(code: &str, url: &str) -> Work {
        let bake = Bake { callback_url: url.into(), ..bake(code, "s") };
        Work::Callback(Callback { bake, end: BakeEnd::Failed { error: "no".into() } })
    }

    fn webhook(endpoint: &str, event: &str) -> Work {
        let (endpoint, event, body) = (endpoint.into(), event.into(), "{}".into());
        Work::Webhook(Webhook { endpoint, event, event_type: EventType::TapeBaked, about: "9Yo".into(), body })
    }

    #[test]
    fn the_same_wish_is_one_job_and_another_is_another() {
        assert_eq!(Work::Bake(bake("9Yo", "a")).id(), Work::Bake(bake("9Yo", "b")).id());
        let ids = [
            Work::Bake(bake("9Yo", "a")).id(),
            Work::Bake(bake("9Yp", "a")).id(),
            Work::Mirror(Subject::new(Medium::Tape, Id([1; 12]))).id(),
            Work::Mirror(Subject::new(Medium::Mood, Id([1; 12]))).id(),
            callback("9Yo", "https://a/b").id(),
            callback("9Yo", "https://a/c").id(),
            callback("9Yoh", "ttps://a/c").id(),
            webhook("ep_1", "msg_1").id(),
            webhook("ep_2", "msg_1").id(),
            webhook("ep_1", "msg_2").id(),
            Work::Plan.id(),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn work_is_read_back_as_it_was_stored() {
        let webhook = webhook("ep_1", "msg_1");
        for work in [Work::Bake(bake("9Yo", "a")), callback("9Yo", "https://a/b"), webhook, Work::Plan] {
            let stored = serde_json::to_value(&work).unwrap();
            assert_eq!(stored["kind"], work.kind().name());
            assert_eq!(serde_json::from_value::<Work>(stored).unwrap(), work);
        }
    }
}
