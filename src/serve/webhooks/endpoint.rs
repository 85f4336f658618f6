//! Endpoints that subscribe to events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event_type::EventType;
use super::secret::Secret;

/// An endpoint that subscribes to events.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its id: `ep_` and hexadecimal digits.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The subscribed events; empty for all, including future types.
    pub events: Vec<EventType>,
    /// The secret that signs deliveries.
    pub secret: Secret,
    /// The previous secret, which also signs for a while after a rotation.
    pub old_secret: Option<OldSecret>,
    /// When it was added.
    pub created: Timestamp,
    /// Since when all deliveries have failed.
    pub failing_since: Option<Timestamp>,
    /// Whether and why it is disabled.
    pub disabled: Option<Disabled>,
}

/// A secret that was replaced.
#[derive(Debug, Clone)]
pub struct OldSecret {
    /// The secret.
    pub secret: Secret,
    /// The end of its use.
    pub until: Timestamp,
}

/// A disabled state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// The start.
    pub since: Timestamp,
    /// The reason.
    pub reason: Reason,
}

/// Why an endpoint was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It returned 410 Gone.
    Gone,
    /// All deliveries have failed for days.
    Failing,
}

impl Endpoint {
    /// The secrets that sign at a given time, newest first.
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
