//! Webhooks: events, endpoints that subscribe to them, and signatures. Pure.

mod endpoint;
mod event;
mod event_type;
mod secret;

pub use endpoint::{Disabled, Endpoint, OldSecret, Reason};
pub use event::{Event, Text, event_id, test_id};
pub use event_type::EventType;
pub use secret::{Secret, signature};
