//! The stream of a service on NATS, seen by another client.

use async_nats::jetstream::{self, Context};

use super::{database, eventually};
use crate::stack::site::Site;

/// The address of the NATS server of a site.
pub fn nats(site: &Site) -> &str {
    &site.environment()["NATS_URL"]
}

/// The stream's name.
fn name(site: &Site) -> String {
    format!("telecine-{}", database(site))
}

async fn context(site: &Site) -> Context {
    jetstream::new(async_nats::connect(nats(site)).await.unwrap())
}

/// Waits until the stream exists and has no messages. `meanwhile` is done before each look.
pub async fn is_empty_after(site: &Site, meanwhile: impl AsyncFn()) {
    let (context, name) = (context(site).await, name(site));
    let is_empty = async || {
        meanwhile().await;
        let mut stream = context.get_stream(&name).await.unwrap();
        (stream.info().await.unwrap().state.messages == 0).then_some(())
    };
    eventually("an empty stream", is_empty).await;
}

/// Waits until the stream exists, and deletes it with all its messages.
pub async fn delete(site: &Site) {
    let (context, name) = (context(site).await, name(site));
    eventually("the stream", async || context.get_stream(&name).await.ok()).await;
    context.delete_stream(&name).await.unwrap();
}
