//! Outgoing requests to receivers whose addresses come from others, so never into private networks.

mod client;
mod deliveries;
mod networks;
mod receivers;

pub use client::Client;
pub use deliveries::{Deliveries, Delivery};
pub use receivers::Receivers;
