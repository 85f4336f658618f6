//! Tapes that have a record, encoded again: a new video and thumbnail in place of the old, everything else as it was.
//!
//! It is a sync whose plan holds nothing else. Which preset a video was made with is remembered in MongoDB together
//! with the video's hash, so that a video that came from elsewhere since is never taken for one of that preset.
//!
//! Old and new are measured. The old one is only if MongoDB remembers that it was made here: whoever can log in to an
//! account can put anything in its place, and libav decodes no stranger's file.

mod sample;
mod steps;

use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::error::Result;
use crate::record::BlobRef;
use crate::remote::mongo::Account;
use crate::video::Preset;

use super::account::AccountPlan;
use super::files::{Made, temporary};
use super::plan::Step;
use super::purpose::Purpose;
use super::replacement::{Comparison, Encoded, Video};
use super::tape::{self, Encoder};
use super::{Report, Scope, Services, Watch, apply_each, plan_each};

pub use sample::Sample;
use sample::Watching;

/// Which tapes are encoded again, and how.
#[derive(Debug, Clone, Copy)]
pub struct Reencoding<'a> {
    /// What they are encoded with. Those of this name and version already are left alone.
    pub preset: &'a Preset,
    /// Only those made at this time or later, in milliseconds since 1970.
    pub since: Option<i64>,
}

/// Plans all accounts in scope and changes nothing.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn plan(
    services: &Services,
    scope: &Scope,
    reencoding: Reencoding<'_>,
    watch: &Arc<dyn Watch>,
) -> Result<Report> {
    plan_each(services, scope, |plan| reencoding.adjust(plan), watch).await
}

/// Plans all accounts in scope and changes nothing; encodes a few tapes to see what would come of all.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn dry_run(
    services: &Services,
    scope: &Scope,
    reencoding: Reencoding<'_>,
    watch: &Arc<dyn Watch>,
) -> Result<(Report, Sample)> {
    let watching = Arc::new(Watching::new(watch.clone()));
    let planning: Arc<dyn Watch> = watching.clone();
    let report = plan(services, scope, reencoding, &planning).await?;
    let sample = sample::take(services, &watching.candidates(), reencoding.preset, watch).await;
    Ok((report, sample))
}

/// Plans all accounts in scope and carries the plans out.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn live(
    services: &Services,
    scope: &Scope,
    reencoding: Reencoding<'_>,
    watch: &Arc<dyn Watch>,
) -> Result<Report> {
    apply_each(services, scope, &reencoding, watch).await
}

impl Purpose for Reencoding<'_> {
    fn adjust(&self, plan: &mut AccountPlan) {
        for (_, steps) in &mut plan.media {
            steps::only_videos(steps, &self.preset.versioned_name(), self.since);
        }
        // Accounts with nothing to encode again are no trouble to anybody.
        plan.unusable.clear();
        plan.doubts.clear();
        plan.forgive_idle();
    }

    async fn make(&self, services: &Services, account: &Account, step: &Step, watch: &Arc<dyn Watch>) -> Result<Made> {
        let encoder = Encoder::new(services, self.preset, watch);
        let stored = step.item.keys.video.clone();
        let old = steps::old_video(step);
        let is_ours = |old: &&BlobRef| stored.as_ref().is_some_and(|stored| stored.cid == old.cid);
        let old_file = match old.as_ref().filter(is_ours) {
            Some(old) => fetch(services, account, old).await?,
            None => None,
        };
        let (made, place) = tape::with(services, &account.owner, &step.item, move |tape| {
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
            let made = Encoded { comparison: Some(Comparison { before, psnr }), ..how };
            Ok(Made { video: Some(video), thumbnail: Some(thumbnail), encoded: Some(made), ..Made::default() })
        })
        .await?;
        Ok(Made { zip_url: Some(services.spaces.public_url(&place.bucket, &place.key)), ..made })
    }
}

/// A blob of the account, in a file. One that cannot be had is only missed in the report.
async fn fetch(services: &Services, account: &Account, blob: &BlobRef) -> Result<Option<NamedTempFile>> {
    let did = account.did.as_deref().unwrap_or_default();
    let file = temporary()?;
    match services.pds.save_blob(did, &blob.cid, file.path()).await {
        Ok(Some(_)) => Ok(Some(file)),
        Ok(None) => Ok(None),
        Err(error) => {
            tracing::warn!(cid = %blob.cid, chain = ?error.chain(), "a video cannot be read");
            Ok(None)
        }
    }
}
