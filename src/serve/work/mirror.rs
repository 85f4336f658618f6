//! Brings an item's record in step with the item's current state.

use std::time::Duration;

use crate::config::Publisher;
use crate::error::{Result, SyncError};
use crate::record::{self, Content, Id, Item, Medium, TapeForm};
use crate::remote::mongo::{Account, Found, Owner};
use crate::remote::pds::Existing;
use crate::serve::jobs::{End, Failure, Outcome, Stage, Subject};
use crate::serve::progress::Progress;
use crate::serve::service::Service;
use crate::serve::store::{Claim, Known, Place};
use crate::sync::{self, Control, Guards, LocalFiles, Withdrawal};

use super::announce::{announce_item, announce_withdrawal};
use super::digest::digest;
use super::unasked::unasked_bake;

/// Mirrors an item: creates, updates or withdraws its record.
///
/// # Errors
/// Errors of a server or of the item.
pub async fn mirror(
    service: &Service,
    claim: &Claim,
    subject: &Subject,
    progress: &Progress,
    control: &Control,
) -> Result<End> {
    let Some((medium, id)) = subject.item() else {
        let text = format!("{} {} is not an item", subject.medium, subject.id);
        return Ok(End::Hopeless(Failure { code: "item.unknown".into(), text }));
    };
    let Some(found) = service.services.mongo.find(medium, &subject.id).await? else {
        return withdraw(service, claim, medium, id).await.map(noted);
    };
    let place = service.store.place(medium, id).await?;
    if is_disowned(service, &found, place.as_ref()).await? {
        // A deleted account leaves some items without an owner; they must not come back as a guest's.
        return Ok(noted("not published: its owner deleted the account"));
    }
    if let Some(note) = leave_to_bake(service, &found).await? {
        return Ok(noted(note));
    }
    // An earlier attempt may have published it and died before it notified subscribers.
    if !claim.job.is_repeated() && place.as_ref().is_some_and(|place| is_as_published(&found, place)) {
        return Ok(noted("already published"));
    }
    progress.enter(Stage::Publishing);
    publish(service, claim, &found, place.as_ref(), None, control).await
}

/// Whether MongoDB has the record's key, and nothing else has changed since the record was written.
fn is_as_published(Found { owner, item, .. }: &Found, place: &Place) -> bool {
    sync::is_known(item, &place.rkey) && place.digest.as_ref() == Some(&digest(owner, item))
}

/// Publishes an item, with its files if they have been made, notifies subscribers, and stores the place of its record.
/// `before` is the ledger's entry so far.
///
/// # Errors
/// Errors of a server.
pub async fn publish(
    service: &Service,
    claim: &Claim,
    found: &Found,
    before: Option<&Place>,
    made: Option<LocalFiles>,
    control: &Control,
) -> Result<End> {
    let services = &service.services;
    let account = services.mongo.account(&found.owner).await?.unwrap_or_else(|| Account::unknown(&found.owner));
    let (policy, preset) = (service.policy, &service.preset);
    if before.is_none() {
        foretell_place(service, &account, &found.item).await?;
    }
    let report = match made {
        Some(made) => sync::publish_made(services, &account, found, policy, (preset, made), control).await,
        None => sync::publish(services, &account, found, policy, preset, control).await,
    };
    let (medium, id) = (found.item.medium(), found.item.id);
    let end = End::of_report(&report);
    let Some(now) = services.mongo.find(medium, &id.to_string()).await? else {
        // It was deleted meanwhile, and the job for the deletion has found no record yet.
        return withdraw(service, claim, medium, id).await.map(noted);
    };
    if let Some(did) = account.did
        && let Some(rkey) = now.item.keys.atproto
    {
        let is_done = matches!(end, End::Done(_)) && report.blocked.is_none();
        let digest = is_done.then(|| digest(&found.owner, &found.item));
        let place = Place { did, rkey, digest };
        if is_done {
            announce_item(service, &claim.job, &found.item, &report, before, &place).await?;
        }
        service.store.note_place(medium, id, &place).await?;
    }
    Ok(end)
}

/// Stores the future place of a new item's record, so that it is found if the item is deleted before MongoDB has its
/// key.
async fn foretell_place(service: &Service, account: &Account, item: &Item) -> Result<()> {
    let (medium, id, keys) = (item.medium(), item.id, &item.keys);
    let Some(did) = account.did.clone().filter(|_| account.blocked().is_none()) else { return Ok(()) };
    let derived = || record::candidates(id, item.when).next().map(|tid| tid.to_string());
    let Some(rkey) = keys.atproto.clone().or_else(|| keys.at.clone()).or_else(derived) else { return Ok(()) };
    service.store.note_place(medium, id, &Place { did, rkey, digest: None }).await
}

/// Withdraws the record of an item that is gone.
async fn withdraw(service: &Service, claim: &Claim, medium: Medium, id: Id) -> Result<&'static str> {
    let store = &service.store;
    let Some(place) = store.place(medium, id).await? else { return Ok("item deleted; it had no record") };
    let may_go = async |account: &Account, record: &Existing| may_go(service, account, medium, id, record).await;
    let went = async || {
        // Also if it did not exist: an earlier attempt may have deleted it and died before the announcement.
        announce_withdrawal(service, &claim.job, medium, id, &place).await?;
        store.note_withdrawal(medium, id).await
    };
    let place = (place.did.as_str(), place.rkey.as_str());
    Ok(match sync::withdraw(&service.services, place, medium, id, may_go, went).await? {
        Withdrawal::Withdrawn => "withdrawn",
        Withdrawal::WasGone => "item deleted; its record was already gone",
        Withdrawal::IsOfAnother => "item deleted; its key now belongs to another record",
        Withdrawal::ItemIsThere => "item exists; record kept",
    })
}

/// Backs up a record before it is deleted, and limits deletions per account and day: a mistake in the database must not
/// empty a repo. For owners who delete their accounts, everything is deleted and nothing is kept.
async fn may_go(service: &Service, account: &Account, medium: Medium, id: Id, record: &Existing) -> Result<()> {
    if account.is_leaving {
        return Ok(());
    }
    let Some(did) = &account.did else { return Ok(()) };
    let Known { there, withdrawn_lately } = service.store.known(did, medium).await?;
    let all = there + withdrawn_lately;
    let most = Guards::default().most_of(usize::try_from(all).unwrap_or(usize::MAX)) as u64;
    if withdrawn_lately >= most {
        let medium = medium.plural();
        return Err(SyncError::TooManyWithdrawn { withdrawn: withdrawn_lately, all, medium, most }.into());
    }
    service.store.save_record(medium, id, &record.value).await
}

/// Whether an item without an owner had one before.
async fn is_disowned(service: &Service, found: &Found, place: Option<&Place>) -> Result<bool> {
    let Some(place) = place.filter(|_| found.owner == Owner::Guest) else { return Ok(false) };
    let guest = service.services.mongo.account(&Owner::Guest).await?.and_then(|account| account.did);
    Ok(guest.is_some_and(|did| did != place.did))
}

/// Why a tape must wait: its video comes first, and the record with it.
async fn leave_to_bake(service: &Service, found: &Found) -> Result<Option<&'static str>> {
    let Content::Tape { form: TapeForm::Zip, status, .. } = &found.item.content else { return Ok(None) };
    let has_key = found.item.keys.atproto.is_some() || found.item.keys.at.is_some();
    if found.item.nuked || has_key || status.as_deref() == Some("complete") {
        return Ok(None);
    }
    let Some(work) = unasked_bake(&service.config, &found.item) else { return Ok(None) };
    let is_over = service.store.job(&work.id()).await?.is_some_and(|job| job.state.is_over());
    if is_over {
        // It is baked, or cannot be; its record is handled separately.
        return Ok((service.config.publisher == Publisher::Site).then_some("left to the site, which has the video"));
    }
    service.submit(&work, Duration::ZERO, true).await?;
    Ok(Some("left to its bake"))
}

fn noted(note: impl Into<String>) -> End {
    End::Done(Outcome::Noted(note.into()))
}
