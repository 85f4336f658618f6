//! The data that a plan moves: files to fetch, records to write.

use derive_more::AddAssign;
use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::error::Result;
use crate::record::{self, Files};

use super::locations;
use super::make::{LOOKUPS, size};
use super::plan::{AccountPlan, Action};
use super::services::Services;

/// The data that a plan moves.
#[derive(AddAssign, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// Files to fetch from Spaces.
    pub files: usize,
    /// Their bytes.
    pub file_bytes: u64,
    /// Files that do not exist.
    pub missing: usize,
    /// Bytes of records to write, without blobs.
    pub record_bytes: u64,
}

impl Weight {
    /// Whether nothing is moved.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Weight::default()
    }
}

/// Asks Spaces for the sizes of the files that a plan needs.
///
/// # Errors
/// Errors of Spaces.
pub async fn weigh(services: &Services, plan: &AccountPlan) -> Result<Weight> {
    let mut sum = Weight::default();
    let mut files = Vec::new();
    for step in plan.media.iter().flat_map(|(_, plan)| &plan.steps).filter(|step| step.has_work()) {
        let missing = step.missing_files();
        if missing.thumbnail || missing.video {
            // A step whose file may not be fetched is blocked, and needs no files.
            files.push(locations::of(&plan.account.owner, &step.item, &services.buckets).unwrap_or_default());
        } else if matches!(step.action, Action::Create { .. } | Action::Update { .. }) {
            let record = record::build(&step.item, &Files::default());
            sum.record_bytes += record.map_or(0, |record| record.value().to_string().len() as u64);
        }
    }
    let sizes = stream::iter(files).map(|locations| async move { size(services, &locations).await });
    let mut sizes = std::pin::pin!(sizes.buffer_unordered(LOOKUPS));
    while let Some(size) = sizes.next().await {
        match size? {
            Some(bytes) => {
                sum.files += 1;
                sum.file_bytes += bytes;
            }
            None => sum.missing += 1,
        }
    }
    Ok(sum)
}
