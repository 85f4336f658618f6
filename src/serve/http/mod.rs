//! What the service answers over HTTP. One file a resource; [`router`] shows every route.

mod error;
mod health;
mod media;
mod oven;
mod router;
mod secret;

pub use router::router;
