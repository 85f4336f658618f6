//! What leaves the service: requests to receivers that others have named, so never to anybody else's network.

mod client;
mod deliveries;
mod networks;
mod receivers;

pub use client::Client;
pub use deliveries::{Deliveries, Delivery};
pub use receivers::Receivers;
