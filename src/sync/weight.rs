//! What carrying out a plan moves: files to fetch, records to write.

use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::error::Result;
use crate::record::{self, Files};

use super::locations;
use super::make::{LOOKUPS, size};
use super::plan::{AccountPlan, Action, Step};
use super::services::Services;

/// What carrying out a plan moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// Files to be fetched from Spaces.
    pub files: usize,
    /// Their bytes.
    pub file_bytes: u64,
    /// Files that are not there.
    pub missing: usize,
    /// Bytes of records to be written, blobs apart.
    pub record_bytes: u64,
}

impl Weight {
    /// Whether nothing is moved at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Weight::default()
    }
}

impl std::ops::AddAssign for Weight {
    fn add_assign(&mut self, other: Weight) {
        self.files += other.files;
        self.file_bytes += other.file_bytes;
        self.missing += other.missing;
        self.record_bytes += other.record_bytes;
    }
}

/// Asks Spaces how large the files are that a plan needs.
///
/// # Errors
/// What Spaces says.
pub async fn weigh(services: &Services, plan: &AccountPlan) -> Result<Weight> {
    let steps = plan.media.iter().flat_map(|(_, plan)| &plan.steps);
    let weights = steps.filter(|step| step.has_work()).map(|step| weigh_step(services, plan, step));
    let mut sum = Weight::default();
    let mut weights = std::pin::pin!(stream::iter(weights).buffer_unordered(LOOKUPS));
    while let Some(weight) = weights.next().await {
        sum += weight?;
    }
    Ok(sum)
}

async fn weigh_step(services: &Services, plan: &AccountPlan, step: &Step) -> Result<Weight> {
    let mut weight = Weight::default();
    let missing = step.missing_files();
    if missing.thumbnail || missing.video {
        // What may not be asked for is blocked, and needs no files.
        let locations = locations::of(&plan.account.owner, &step.item, &services.buckets).unwrap_or_default();
        match size(services, &locations).await? {
            Some(bytes) => (weight.files, weight.file_bytes) = (1, bytes),
            None => weight.missing = 1,
        }
    } else if matches!(step.action, Action::Create { .. } | Action::Update { .. }) {
        let record = record::build(&step.item, &Files::default());
        weight.record_bytes = record.map_or(0, |record| record.value().to_string().len() as u64);
    }
    Ok(weight)
}
