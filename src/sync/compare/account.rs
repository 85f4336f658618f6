//! Compares both sides of accounts, item by item. Changes nothing.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tracing::Instrument;

use crate::error::{Error, RemoteError, Result};
use crate::record::{BlobRef, Files, Item, Medium};
use crate::remote::mongo::{Account, Owner};

use crate::sync::accounts::{AccountTask, each};
use crate::sync::events::{Control, Event};
use crate::sync::make::Warned;
use crate::sync::parked::{Failure, Parked};
use crate::sync::plan::{AccountPlan, Action, MediumPlan, Step};
use crate::sync::read::{count, read};
use crate::sync::scope::Scope;
use crate::sync::services::Services;

use super::tally::{Finding, Tally, Verdict};

/// The number of parallel downloads per account.
const DOWNLOADS: usize = 4;

/// The number of sample thumbnails per account.
const SAMPLES: usize = 3;

/// The thumbnail of a published item.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The item's label.
    pub label: String,
    /// The thumbnail.
    pub thumbnail: BlobRef,
}

/// The comparison of one account.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AccountComparison {
    /// Its handle or other name.
    pub account: String,
    /// Its DID, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// The counts by medium.
    pub media: BTreeMap<&'static str, Tally>,
    /// Everything that is not identical.
    pub findings: Vec<Finding>,
    /// Tapes that were published with warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warned: Vec<Warned>,
    /// Whether some of its items have no owner, which must be fixed in MongoDB.
    #[serde(skip)]
    pub has_ownerless: bool,
    /// Warnings about items, whatever their verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Parked>,
    /// The reason why it cannot have records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<&'static str>,
    /// The reason why it could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
    /// A few thumbnails.
    #[serde(skip)]
    pub samples: Vec<Sample>,
}

impl AccountComparison {
    /// Whether both sides are identical, as far as known.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        self.failed.is_none() && self.media.values().all(Tally::is_identical)
    }

    fn of(account: &Account) -> Self {
        AccountComparison { account: account.name(), did: account.did.clone(), ..AccountComparison::default() }
    }

    fn add(&mut self, finding: Finding) {
        self.media.entry(finding.medium).or_default().count(finding.verdict);
        if finding.verdict != Verdict::Identical {
            self.findings.push(finding);
        }
    }
}

/// Compares all accounts in scope, in no order. With `download`, every blob that a record refers to is fetched and
/// checked against its CID.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its comparison.
pub async fn compare(
    services: &Services,
    scope: &Scope,
    download: bool,
    control: &Control,
) -> Result<impl Stream<Item = AccountComparison>> {
    let comparing = move |AccountTask { services, scope, control, account }| -> BoxFuture<'static, _> {
        Box::pin(async move {
            let plan = read(&services, &scope, &account, &|_| true).await?;
            control.events.tell(Event::planned(&plan));
            compare_account(&services, plan, download).await
        })
    };
    each(services, scope, control, comparing, |task, error| Box::pin(failed(task, error))).await
}

/// An account that could not be compared.
async fn failed(AccountTask { services, scope, account, .. }: AccountTask, error: Error) -> AccountComparison {
    let failed = Some(Failure::of(&error));
    let mut comparison = AccountComparison { failed, ..AccountComparison::of(&account) };
    for (medium, items) in count(&services, &scope, &account).await {
        comparison.media.insert(medium, Tally::blocked(items));
    }
    comparison
}

async fn compare_account(services: &Services, plan: AccountPlan, download: bool) -> Result<AccountComparison> {
    // Reading a repo needs no password.
    let blocked = plan.blocked.filter(|_| plan.head.is_none());
    if blocked.is_some() {
        let counts = plan.counts().into_iter().map(|(medium, counts)| (medium, Tally::blocked(counts.blocked)));
        let media = counts.collect();
        return Ok(AccountComparison { blocked, media, warnings: plan.doubts, ..AccountComparison::of(&plan.account) });
    }
    let blocked_items = plan.blocked_items();
    let AccountPlan { account, media, doubts, has_ownerless, .. } = plan;
    // Items without an owner are listed one by one, and the reason is counted in the summary.
    let blocked = account.blocked().filter(|_| has_ownerless && account.owner != Owner::Guest);
    let mut comparison =
        AccountComparison { blocked, has_ownerless, warnings: doubts, ..AccountComparison::of(&account) };
    for parked in blocked_items {
        comparison
            .add(Finding { reason: Some(parked.reason), ..finding(Verdict::Blocked, parked.medium, parked.label) });
    }
    for (medium, MediumPlan { steps, orphans, .. }) in media {
        comparison.media.entry(medium.plural()).or_default();
        let compared = steps.into_iter().map(|step| {
            let did = account.did.as_deref();
            async move {
                let broken = match (download, did) {
                    (true, Some(did)) => {
                        let span = tracing::info_span!("item", medium = medium.name(), label = step.item.label());
                        broken(services, did, &step).instrument(span).await?
                    }
                    _ => None,
                };
                Ok::<_, Error>((step, broken))
            }
        });
        let mut compared = std::pin::pin!(stream::iter(compared).buffered(DOWNLOADS));
        while let Some(step) = compared.next().await {
            let (step, broken) = step?;
            if let (Some(thumbnail), true) = (thumbnail(&step), comparison.samples.len() < SAMPLES) {
                comparison.samples.push(Sample { label: step.item.label(), thumbnail });
            }
            comparison.warned.extend(warned(&step));
            for finding in findings(step, broken) {
                comparison.add(finding);
            }
        }
        for rkey in orphans {
            comparison.add(Finding { rkey: Some(rkey.clone()), ..finding(Verdict::Orphan, medium, rkey) });
        }
    }
    Ok(comparison)
}

fn finding(verdict: Verdict, medium: Medium, label: String) -> Finding {
    Finding { verdict, medium: medium.plural(), label, rkey: None, differences: Vec::new(), reason: None }
}

/// The findings of a step about an item and its records. The reason for a blocked item is listed elsewhere.
fn findings(step: Step, broken: Option<String>) -> Vec<Finding> {
    let (medium, label) = (step.item.medium(), step.item.label());
    let finding = |verdict| finding(verdict, medium, label.clone());
    let because = |rkey, reason: &str| {
        let differs = finding(Verdict::Differs);
        Some(Finding { rkey: Some(rkey), reason: Some(reason.into()), ..differs })
    };
    let mut first = match step.action {
        Action::Keep { rkey, .. } => Some(Finding { rkey: Some(rkey), ..finding(Verdict::Identical) }),
        Action::Withhold => Some(finding(Verdict::Identical)),
        Action::Create { .. } => Some(finding(Verdict::Missing)),
        Action::Update { rkey, differences, .. } => {
            Some(Finding { rkey: Some(rkey), differences, ..finding(Verdict::Differs) })
        }
        Action::Adopt { rkey, .. } => {
            let missing = if knows_key(&step.item, &rkey) { "its complete status" } else { "its key" };
            because(rkey, &format!("mongodb lacks {missing}"))
        }
        Action::Withdraw { rkey, .. } => because(rkey, "item is nuked"),
        Action::Block { .. } => None,
    };
    if let (Some(first), Some(broken)) = (&mut first, broken) {
        first.verdict = Verdict::Broken;
        first.reason = Some(broken);
    }
    let duplicates =
        step.duplicates.into_iter().map(|rkey| Finding { rkey: Some(rkey), ..finding(Verdict::Duplicate) });
    first.into_iter().chain(duplicates).collect()
}

/// Whether MongoDB has that key in all places.
fn knows_key(item: &Item, rkey: &str) -> bool {
    let is = |stored: &Option<String>| stored.as_deref() == Some(rkey);
    is(&item.keys.atproto) && (item.medium() != Medium::Tape || is(&item.keys.at))
}

/// The files that an item's record refers to.
fn files(step: &Step) -> Option<&Files> {
    match &step.action {
        Action::Keep { files, .. } | Action::Adopt { files, .. } | Action::Update { files, .. } => Some(files),
        _ => None,
    }
}

/// The stored warnings about the tape whose video is in the record.
fn warned(step: &Step) -> Option<Warned> {
    let video = files(step)?.video.as_ref()?;
    let stored =
        step.item.keys.video.as_ref().filter(|stored| stored.cid == video.cid && !stored.warnings.is_empty())?;
    Some(Warned { code: step.item.label(), warnings: stored.warnings.clone() })
}

fn thumbnail(step: &Step) -> Option<BlobRef> {
    files(step)?.thumbnail.clone()
}

/// The problem with the files of an item's record, if any.
async fn broken(services: &Services, did: &str, step: &Step) -> Result<Option<String>> {
    let Some(files) = files(step) else { return Ok(None) };
    for (name, blob) in [("thumbnail", &files.thumbnail), ("video", &files.video)] {
        let Some(BlobRef { cid, size, .. }) = blob else { continue };
        match services.pds.check_blob(did, cid).await {
            Ok(Some(bytes)) if bytes == *size => {}
            Ok(Some(bytes)) => return Ok(Some(format!("{name} has {bytes} bytes; the record states {size}"))),
            Ok(None) => return Ok(Some(format!("{name} {cid} is not on the pds"))),
            // Bytes that do not match their hash.
            Err(Error::Remote(RemoteError::Answer { source, .. })) => {
                return Ok(Some(format!("{name} is damaged: {source}")));
            }
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => return Ok(Some(format!("{name} cannot be fetched: {}", error.chain().join(": ")))),
        }
    }
    Ok(None)
}
