//! The kinds of work, and the id that makes the same wish one job.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::record::{Id, Medium};
use crate::serve::webhooks::EventType;

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// A tape's video and poster are made and put into Spaces.
    Bake(Bake),
    /// An item's record is brought in step with the item: created, updated, or taken back.
    Mirror(Subject),
    /// Somebody is told how a bake ended.
    Callback(Callback),
    /// An endpoint that subscribes is told of an event.
    Webhook(Webhook),
    /// All accounts are planned, and the plans carried out.
    Plan,
}

/// A tape to be baked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// Its code, which its files in Spaces are named by.
    pub code: String,
    /// Its slug.
    pub slug: String,
    /// Its `_id` in MongoDB, as the caller says it.
    pub mongo_id: String,
    /// Where its ZIP is; `None` to look wherever it may lie.
    pub zip_url: Option<String>,
    /// Who is told how it ended.
    pub callback_url: String,
}

/// Whether a text can be the code of a tape, and so part of a file's name: letters and digits, and what joins them.
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

    /// The item, unless what was stored names none.
    #[must_use]
    pub fn item(&self) -> Option<(Medium, Id)> {
        Some((self.medium.parse().ok()?, self.id.parse().ok()?))
    }
}

/// The end of a bake that somebody is told.
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
    /// Well.
    Done {
        /// Where the video is.
        mp4_url: String,
        /// Where the poster is, if one could be made.
        thumbnail_url: Option<String>,
    },
    /// It was given up.
    Failed {
        /// Why.
        error: String,
    },
}

/// An event that an endpoint is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The endpoint's id.
    pub endpoint: String,
    /// The event's id, the same for all endpoints.
    pub event: String,
    /// Its type.
    pub event_type: EventType,
    /// The code of the tape, or the id of the item, that it is about.
    pub about: String,
    /// What is sent, to the byte: however often it is sent, and whatever version sends it.
    pub body: String,
}

/// The kinds of work; each has workers of its own, so that none waits behind another kind.
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

    /// Whether such work may make a video, so that all who do it have to make the same.
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

    /// The id of the job that does it. A tape has one bake, however often somebody asks for it; each address is told of
    /// its end, and each endpoint of an event, by a job of its own.
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

    /// What people look for: the code of a tape, the id of an item.
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

/// What names something of that kind with these parts: 24 hexadecimal digits, as the ids of items have.
#[must_use]
pub fn identity(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new_with_prefix(kind);
    for part in parts {
        // With its length in front, so that no two lists of parts are the same bytes.
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
