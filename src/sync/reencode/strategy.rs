//! Re-encoding as a strategy: its plans, and how files are made.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tempfile::NamedTempFile;

use crate::error::Result;
use crate::record::BlobRef;
use crate::remote::mongo::Account;
use crate::video::Preset;

use crate::sync::events::Control;
use crate::sync::make::tape;
use crate::sync::make::{Encoded, LocalFiles, Measured, Video, temporary};
use crate::sync::mirror::{Note, apply_each, plan_each};
use crate::sync::plan::{AccountPlan, Step};
use crate::sync::report::Report;
use crate::sync::scope::Scope;
use crate::sync::services::Services;
use crate::sync::strategy::Strategy;

use super::sample::{self, Candidates, Sample};
use super::steps;

/// The tapes to re-encode, and the preset.
#[derive(Debug, Clone)]
pub struct Reencoding {
    /// The preset. Tapes that have this name and version already are left alone.
    pub preset: Preset,
    /// Only tapes made at this time or later, in milliseconds since 1970.
    pub since: Option<i64>,
}

/// Plans all accounts in scope and changes nothing.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its report.
pub async fn plan(services: &Services, scope: &Scope, reencoding: &Reencoding, control: &Control) -> Result<Report> {
    plan_each(services, scope, Some(Arc::new(reencoding.clone())), Arc::new(|_| {}), control).await
}

/// Plans all accounts in scope and changes nothing; encodes a few tapes to estimate the result.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its report.
pub async fn dry_run(
    services: &Services,
    scope: &Scope,
    reencoding: &Reencoding,
    control: &Control,
) -> Result<(Report, Sample)> {
    let candidates = Arc::new(Mutex::new(Candidates::default()));
    let noted = candidates.clone();
    let note: Note = Arc::new(move |plan| noted.lock().unwrap_or_else(PoisonError::into_inner).note(plan));
    let report = plan_each(services, scope, Some(Arc::new(reencoding.clone())), note, control).await?;
    let candidates = std::mem::take(&mut *candidates.lock().unwrap_or_else(PoisonError::into_inner));
    let sample = sample::take(&services.stopped_by(&control.stop), &candidates, &reencoding.preset, control).await;
    Ok((report, sample))
}

/// Plans all accounts in scope and carries the plans out.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its report.
pub async fn live(services: &Services, scope: &Scope, reencoding: &Reencoding, control: &Control) -> Result<Report> {
    apply_each(services, scope, Arc::new(reencoding.clone()), control).await
}

impl Reencoding {
    async fn make_again(
        &self,
        services: &Services,
        account: &Account,
        step: &Step,
        control: &Control,
    ) -> Result<LocalFiles> {
        let encoder = services.videos(&self.preset, control);
        let stored = step.item.keys.video.clone();
        let old = steps::old_video(step);
        let is_ours = |old: &&BlobRef| stored.as_ref().is_some_and(|stored| stored.cid == old.cid);
        let old_file = match old.as_ref().filter(is_ours) {
            Some(old) => fetch(services, account, old).await?,
            None => None,
        };
        let (made, location) = tape::with(services, &account.owner, &step.item, move |tape| {
            let ((video, how), thumbnail) = (encoder.video(tape)?, tape::thumbnail(tape)?);
            let psnr = encoder.psnr(tape, &video.file)?;
            let old_psnr = match (&old, &old_file) {
                (Some(old), _) if old.cid == video.reference.cid => psnr,
                (_, Some(file)) => encoder.psnr(tape, file)?,
                (_, None) => None,
            };
            let before = old.map(|old| {
                let preset = stored.filter(|stored| stored.cid == old.cid).map(|stored| stored.preset);
                Video::new(&old, preset, old_psnr)
            });
            let made = Encoded { measured: Some(Measured { before, psnr }), ..how };
            Ok(LocalFiles {
                video: Some(video),
                thumbnail: Some(thumbnail),
                encoded: Some(made),
                ..LocalFiles::default()
            })
        })
        .await?;
        Ok(LocalFiles { zip_url: Some(services.spaces.public_url(&location.bucket, &location.key)), ..made })
    }
}

impl Strategy for Reencoding {
    fn adjust<'a>(&'a self, plan: &'a mut AccountPlan) -> BoxFuture<'a, Result<()>> {
        for (_, steps) in &mut plan.media {
            steps::only_videos(steps, &self.preset.versioned_name(), self.since);
        }
        // Accounts with nothing to re-encode are not reported.
        plan.unusable.clear();
        plan.doubts.clear();
        plan.forgive_idle();
        Box::pin(std::future::ready(Ok(())))
    }

    fn make<'a>(
        &'a self,
        services: &'a Services,
        account: &'a Account,
        step: &'a Step,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LocalFiles>> {
        Box::pin(self.make_again(services, account, step, control))
    }
}

/// A blob of the account, in a file. If it cannot be fetched, it is only missing in the report.
async fn fetch(services: &Services, account: &Account, blob: &BlobRef) -> Result<Option<NamedTempFile>> {
    let did = account.did.as_deref().unwrap_or_default();
    let file = temporary()?;
    match services.pds.save_blob(did, &blob.cid, file.path()).await {
        Ok(Some(_)) => Ok(Some(file)),
        Ok(None) => Ok(None),
        Err(error) => {
            tracing::warn!(cid = %blob.cid, chain = ?error.chain(), "cannot read a video");
            Ok(None)
        }
    }
}
