//! The types of events that endpoints subscribe to.

use serde::{Deserialize, Serialize};

/// The types of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// A tape has its video and poster.
    #[serde(rename = "tape.baked")]
    TapeBaked,
    /// A bake has failed for good.
    #[serde(rename = "tape.failed")]
    TapeFailed,
    /// The record of an item is on the PDS: new, changed, or adopted from the site.
    #[serde(rename = "item.published")]
    ItemPublished,
    /// The record of an item was deleted.
    #[serde(rename = "item.withdrawn")]
    ItemWithdrawn,
    /// Publishing an item has failed for good.
    #[serde(rename = "item.failed")]
    ItemFailed,
    /// The operator tests an endpoint.
    #[serde(rename = "webhook.test")]
    Test,
}

impl EventType {
    /// The types that endpoints can subscribe to.
    pub const ALL: [EventType; 5] = [
        EventType::TapeBaked,
        EventType::TapeFailed,
        EventType::ItemPublished,
        EventType::ItemWithdrawn,
        EventType::ItemFailed,
    ];

    /// The type of that name, if endpoints can subscribe to it.
    #[must_use]
    pub fn named(name: &str) -> Option<EventType> {
        EventType::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Its name: `tape.baked`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EventType::TapeBaked => "tape.baked",
            EventType::TapeFailed => "tape.failed",
            EventType::ItemPublished => "item.published",
            EventType::ItemWithdrawn => "item.withdrawn",
            EventType::ItemFailed => "item.failed",
            EventType::Test => "webhook.test",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_their_names_and_stored_by_them() {
        for event in EventType::ALL {
            assert_eq!(EventType::named(event.name()), Some(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
        }
        assert_eq!(EventType::named("webhook.test"), None);
    }
}
