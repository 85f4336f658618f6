//! Notifies endpoints of the outcome of a job, each by its own job.

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::error::Result;
use crate::record::{Id, Item, Medium};
use crate::serve::jobs::{Job, Webhook, Work};
use crate::serve::service::Service;
use crate::serve::store::Place;
use crate::serve::webhooks::{Event, Text, event_id};
use crate::sync::AccountReport;

/// The number of jobs stored in parallel.
const AT_ONCE: usize = 16;

/// Requests that all subscribers be notified of a job's outcome. This happens before the end of the job is stored: if
/// the worker dies in between, another one repeats the job with the same event, and existing requests stay as they are.
///
/// # Errors
/// If the database cannot be read or written.
pub async fn announce(service: &Service, job: &Job, event: &Event<'_>) -> Result<()> {
    let event_type = event.event_type();
    let subscribers = service.store.subscribers(event_type).await?;
    if subscribers.is_empty() {
        return Ok(());
    }
    let id = event_id(job, event_type.name());
    let (about, body) = (job.work.label(), event.body(Some(&job.id), Timestamp::now()));
    let webhooks = subscribers.into_iter().map(|endpoint| {
        let (event, about, body) = (id.clone(), about.to_owned(), body.clone());
        Work::Webhook(Webhook { endpoint, event, event_type, about, body })
    });
    let stored = stream::iter(webhooks).map(async |webhook| service.submit_once(&webhook).await);
    stored.buffer_unordered(AT_ONCE).try_collect::<()>().await
}

/// Announces that an item has its record in that place, if that is news: the record was written; or the ledger does not
/// know this state, because another program wrote it; or an earlier attempt may have written it and died before the
/// announcement.
///
/// # Errors
/// If the database cannot be read or written.
pub async fn announce_item(
    service: &Service,
    job: &Job,
    item: &Item,
    report: &AccountReport,
    before: Option<&Place>,
    place: &Place,
) -> Result<()> {
    let (medium, id) = (item.medium(), item.id);
    let has_written = report.done.values().any(|done| done.create + done.update + done.adopt > 0);
    // The entry may have no digest because a new check was requested: then the earlier state is unknown.
    let is_news = before.is_none_or(|before| {
        (&before.did, &before.rkey) != (&place.did, &place.rkey)
            || (before.digest.is_some() && before.digest != place.digest)
    });
    if !(has_written || job.is_repeated() || is_news) {
        return Ok(());
    }
    let (id, label, uri) = (id.to_string(), item.label(), uri(medium, place));
    let (id, label, uri) = (Text(&id), Text(&label), Text(&uri));
    let event = Event::ItemPublished { medium: medium.plural(), id, label, uri, nuked: item.nuked };
    announce(service, job, &event).await
}

/// Announces that the record of an item was deleted.
///
/// # Errors
/// If the database cannot be read or written.
pub async fn announce_withdrawal(service: &Service, job: &Job, medium: Medium, id: Id, place: &Place) -> Result<()> {
    let (id, uri) = (id.to_string(), uri(medium, place));
    let event = Event::ItemWithdrawn { medium: medium.plural(), id: Text(&id), uri: Text(&uri) };
    announce(service, job, &event).await
}

fn uri(medium: Medium, Place { did, rkey, .. }: &Place) -> String {
    format!("at://{did}/{}/{rkey}", medium.collection())
}
