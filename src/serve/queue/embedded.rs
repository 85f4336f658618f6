//! The queue of one process: its workers are woken, and also poll the database. Several processes with the same
//! database share its jobs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::serve::jobs::{Job, Kind};
use crate::serve::store::{Claimant, Store};

use super::contract::{Queue, Taken, Ticket};

/// How long an idle worker rests before it polls for requests of other processes, and for jobs that have become due.
const REST: Duration = Duration::from_secs(1);

/// Wakes the workers of this process.
#[derive(Debug)]
pub struct Embedded {
    store: Store,
    stopping: CancellationToken,
    wake: Arc<HashMap<Kind, Notify>>,
}

impl Embedded {
    /// A queue for the jobs in a store, until `stopping` is cancelled.
    #[must_use]
    pub fn new(store: Store, stopping: CancellationToken) -> Embedded {
        Embedded { store, stopping, wake: Arc::new(Kind::ALL.into_iter().map(|kind| (kind, Notify::new())).collect()) }
    }

    async fn claim(&self, kind: Kind, claimant: Claimant<'_>) -> Result<Option<Taken>> {
        let claimed = self.store.claim(kind, claimant).await;
        if let Ok(Some(claim)) = claimed {
            let ticket = Box::new(Woken { kind, wake: self.wake.clone() });
            return Ok(Some(Taken { claim, ticket }));
        }
        tokio::select! {
            () = self.wake[&kind].notified() => {}
            () = tokio::time::sleep(REST) => {}
            () = self.stopping.cancelled() => {}
        }
        claimed.map(|_| None)
    }
}

impl Queue for Embedded {
    fn push(&self, job: &Job) {
        // If no worker is asleep, keeps the next one from going to sleep.
        self.wake[&job.work.kind()].notify_one();
    }

    fn take<'a>(&'a self, kind: Kind, claimant: Claimant<'a>) -> BoxFuture<'a, Result<Option<Taken>>> {
        self.claim(kind, claimant).boxed()
    }

    fn rebuild<'a>(&'a self, _gone: &'a [String]) -> BoxFuture<'a, Result<u64>> {
        // Workers poll the database, so there is no other state to lose.
        ready(Ok(0)).boxed()
    }

    fn look(&self) -> BoxFuture<'_, Result<String>> {
        ready(Ok("workers poll the service's database".into())).boxed()
    }
}

/// A ticket for a job of this process.
struct Woken {
    kind: Kind,
    wake: Arc<HashMap<Kind, Notify>>,
}

impl Ticket for Woken {
    fn extend(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }

    fn give_back<'a>(&'a self, _job: Option<&'a Job>) -> BoxFuture<'a, ()> {
        if self.kind == Kind::Webhook {
            // Others to the same endpoint were skipped while it was busy.
            self.wake[&self.kind].notify_one();
        }
        ready(()).boxed()
    }
}
