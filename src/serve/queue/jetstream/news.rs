//! News of jobs on its way into the stream. Nothing waits for it, because a job is stored before it is announced.

use std::sync::Arc;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::error::Result;
use crate::serve::jobs::Due;

use super::stream::{failed, stream as open_stream};
use super::subject::Names;

/// The most news that waits to be published. The rest is dropped, and announced by the next rebuild.
const MOST_WAITING: usize = 4_096;

/// The number of messages that are sent in parallel.
const AT_ONCE: usize = 64;

/// News of jobs. Clones are the same.
#[derive(Debug, Clone)]
pub struct News {
    sender: mpsc::Sender<Due>,
    publisher: Arc<Publisher>,
    _publishing: Arc<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Publisher {
    context: Context,
    names: Names,
}

impl News {
    /// Starts to publish news.
    pub fn publish(context: Context, names: Names) -> News {
        let (sender, mut receiver) = mpsc::channel(MOST_WAITING);
        let publisher = Arc::new(Publisher { context, names });
        let publishing = tokio::spawn({
            let publisher = publisher.clone();
            let waiting = stream::poll_fn(move |context| receiver.poll_recv(context));
            async move {
                let publish = async |due: Due| {
                    if let Err(error) = publisher.publish(&due).await {
                        tracing::debug!(id = due.id, chain = ?error.chain(), "cannot announce a job");
                    }
                };
                waiting.for_each_concurrent(AT_ONCE, publish).await;
            }
        });
        News { sender, publisher, _publishing: Arc::new(AbortOnDropHandle::new(publishing)) }
    }

    /// Announces soon when a job is due.
    pub fn tell(&self, due: Due) {
        // A rebuild announces what does not fit.
        let _ = self.sender.try_send(due);
    }

    /// Announces when these jobs are due. Returns the number of those that had not been announced.
    pub async fn tell_all(&self, due: Vec<Due>) -> Result<u64> {
        let publish = |due: Due| async move { self.publisher.publish(&due).await };
        let published = stream::iter(due).map(publish).buffer_unordered(AT_ONCE);
        published.try_fold(0, async |count, is_new| Ok(count + u64::from(is_new))).await
    }
}

impl Publisher {
    /// Puts a message into the stream, unless it is there. Returns whether it was missing.
    async fn publish(&self, due: &Due) -> Result<bool> {
        let subject = self.names.subject(due);
        match self.put(&subject).await {
            Err(PublishErrorKind::StreamNotFound) => {
                open_stream(&self.context, &self.names).await?;
                self.put(&subject).await
            }
            put => put,
        }
        .map_err(|kind| failed("announce a job")(kind.to_string()))
    }

    async fn put(&self, subject: &str) -> Result<bool, PublishErrorKind> {
        let message = PublishMessage::build().expected_last_subject_sequence(0);
        let sent = self.context.send_publish(subject.to_owned(), message).await;
        let stored = match sent {
            Ok(stored) => stored.await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(false),
            Err(error) => Err(error.kind()),
        }
    }
}
