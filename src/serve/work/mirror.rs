//! An item's record is brought in step with the item as it is now.

use std::time::Duration;

use crate::config::Publisher;
use crate::error::Result;
use crate::record::{Content, Id, Medium, TapeForm};
use crate::remote::mongo::{Account, Found, Owner};
use crate::serve::jobs::{End, Failure, Outcome, Stage, Subject};
use crate::serve::progress::Progress;
use crate::serve::service::Service;
use crate::serve::store::Place;
use crate::sync::{self, Control, LocalFiles};

use super::unasked::unasked_bake;

/// Mirrors an item: creates, updates or takes back its record.
///
/// # Errors
/// What a server says; what is wrong with the item.
pub async fn mirror(service: &Service, subject: &Subject, progress: &Progress, control: &Control) -> Result<End> {
    let Some((medium, id)) = subject.item() else {
        let text = format!("{} {} is no item", subject.medium, subject.id);
        return Ok(End::Hopeless(Failure { code: "item.unknown".into(), text }));
    };
    let Some(found) = service.services.mongo.find(medium, &subject.id).await? else {
        return withdraw(service, medium, id).await.map(noted);
    };
    if is_disowned(service, &found).await? {
        // Who deletes an account leaves some of it behind without a name; it is not to come back as a guest's.
        return Ok(noted("left without a record: its owner has gone"));
    }
    if let Some(note) = leave_to_bake(service, &found).await? {
        return Ok(noted(note));
    }
    progress.enter(Stage::Publishing);
    publish(service, &found, None, control).await
}

/// Publishes an item, with its files if they have been made, and notes where its record is.
///
/// # Errors
/// What a server says.
pub async fn publish(service: &Service, found: &Found, made: Option<LocalFiles>, control: &Control) -> Result<End> {
    let services = &service.services;
    let account = services.mongo.account(&found.owner).await?.unwrap_or_else(|| Account::unknown(&found.owner));
    let (policy, preset) = (service.policy, &service.preset);
    let report = match made {
        Some(made) => sync::publish_made(services, &account, found, policy, (preset, made), control).await,
        None => sync::publish(services, &account, found, policy, preset, control).await,
    };
    let (medium, id) = (found.item.medium(), found.item.id);
    if let Some(did) = account.did
        && let Some(now) = services.mongo.find(medium, &id.to_string()).await?
        && let Some(rkey) = now.item.keys.atproto
    {
        service.store.note_place(medium, id, &Place { did, rkey }).await?;
    }
    Ok(End::of_report(&report))
}

/// Takes back the record of an item that is gone.
async fn withdraw(service: &Service, medium: Medium, id: Id) -> Result<&'static str> {
    let Some(place) = service.store.place(medium, id).await? else { return Ok("gone, and had no record") };
    let was_there = sync::withdraw(&service.services, &place.did, medium, &place.rkey, id).await?;
    service.store.forget_place(medium, id).await?;
    Ok(if was_there { "withdrawn" } else { "gone, and so is its record" })
}

/// Whether an item that is nobody's now had an owner before.
async fn is_disowned(service: &Service, found: &Found) -> Result<bool> {
    if found.owner != Owner::Guest {
        return Ok(false);
    }
    let Some(place) = service.store.place(found.item.medium(), found.item.id).await? else { return Ok(false) };
    let guest = service.services.mongo.account(&Owner::Guest).await?.and_then(|account| account.did);
    Ok(guest.is_some_and(|did| did != place.did))
}

/// Why nothing is to be done for a tape yet: its video comes first, and the record with it.
async fn leave_to_bake(service: &Service, found: &Found) -> Result<Option<&'static str>> {
    let Content::Tape { form: TapeForm::Zip, status, .. } = &found.item.content else { return Ok(None) };
    let has_key = found.item.keys.atproto.is_some() || found.item.keys.at.is_some();
    if found.item.nuked || has_key || status.as_deref() == Some("complete") {
        return Ok(None);
    }
    let Some(work) = unasked_bake(&service.config, &found.item) else { return Ok(None) };
    let is_over = service.store.job(&work.id()).await?.is_some_and(|job| job.state.is_over());
    if is_over {
        // It is baked, or cannot be; a record is another matter.
        return Ok((service.config.publisher == Publisher::Site).then_some("left to the site, which has its video"));
    }
    service.submit(&work, Duration::ZERO, true).await?;
    Ok(Some("left to its bake"))
}

fn noted(note: impl Into<String>) -> End {
    End::Done(Outcome::Noted(note.into()))
}
