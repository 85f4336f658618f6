//! An address that subscribes to events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event_type::EventType;
use super::secret::Secret;

/// An address that subscribes to events.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its id: `ep_` and hexadecimal digits.
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// The events that it wants; all that there are, and will be, if none is named.
    pub events: Vec<EventType>,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// What they are signed with besides, for a while after a rotation.
    pub old_secret: Option<OldSecret>,
    /// When it was added.
    pub created: Timestamp,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// Whether, and why, nothing is sent to it any more.
    pub disabled: Option<Disabled>,
}

/// A secret that was replaced.
#[derive(Debug, Clone)]
pub struct OldSecret {
    /// The secret.
    pub secret: Secret,
    /// How long it signs.
    pub until: Timestamp,
}

/// That an endpoint gets nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// Why an endpoint was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It said that it is gone for good: 410.
    Gone,
    /// It has taken nothing for days.
    Failing,
}

impl Endpoint {
    /// The secrets that sign at a time, the newest first.
    #[must_use]
    pub fn secrets(&self, now: Timestamp) -> Vec<&Secret> {
        let old = self.old_secret.as_ref().filter(|old| now < old.until).map(|old| &old.secret);
        std::iter::once(&self.secret).chain(old).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_secret_that_was_replaced_signs_until_its_time_is_over() {
        let now = Timestamp::UNIX_EPOCH;
        let (new, old) = (Secret::generate(), Secret::generate());
        let endpoint = Endpoint {
            id: "ep_1".into(),
            url: "https://a.example/".into(),
            events: vec![],
            secret: new.clone(),
            old_secret: Some(OldSecret { secret: old.clone(), until: now + SignedDuration::from_hours(24) }),
            created: now,
            failing_since: None,
            disabled: None,
        };
        let exposed = |now| endpoint.secrets(now).into_iter().map(Secret::expose).collect::<Vec<_>>();
        assert_eq!(exposed(now), [new.expose(), old.expose()]);
        assert_eq!(exposed(now + SignedDuration::from_hours(24)), [new.expose()]);
    }
}
