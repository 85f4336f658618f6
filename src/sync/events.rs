//! What happens during a sync, for those who watch it; and the wish to stop.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::error::Result;

use super::plan::AccountPlan;
use super::report::AccountReport;
use super::services::Services;

/// How often it is looked whether the user wants to stop.
pub const LOOKING: Duration = Duration::from_millis(200);

/// What a caller may see and say while a sync runs. Called from many tasks.
pub trait Watch: Send + Sync {
    /// An account has been planned for the first time.
    fn planned(&self, _plan: &AccountPlan) {}
    /// So many items or records are done, one way or the other.
    fn items(&self, _count: usize) {}
    /// So many bytes were uploaded.
    fn uploaded(&self, _bytes: u64) {}
    /// An account is done.
    fn account(&self, _report: &AccountReport) {}
    /// Whether to stop after what is under way.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}

/// Ends all waiting for servers that limit once the user wants to stop, for that may take hours. The work then comes to
/// its end by itself, with what it has done so far.
pub async fn unless_stopped<T>(
    services: &Services,
    watch: &Arc<dyn Watch>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let stopping = async {
        while !watch.is_cancelled() {
            tokio::time::sleep(LOOKING).await;
        }
        services.waits.stop();
    };
    let work = std::pin::pin!(work);
    match select(work, std::pin::pin!(stopping)).await {
        Either::Left((done, _)) => done,
        Either::Right(((), work)) => work.await,
    }
}
