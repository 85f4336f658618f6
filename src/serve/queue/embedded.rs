//! The queue of one process: its workers are woken, and look into the database by themselves as well. Several processes
//! with one database share its jobs.

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

/// How long a worker rests that found nothing to do. It finds then what another process has asked for, and what has become due.
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
        // Keeps the next worker from going to sleep if none is asleep.
        self.wake[&job.work.kind()].notify_one();
    }

    fn take<'a>(&'a self, kind: Kind, claimant: Claimant<'a>) -> BoxFuture<'a, Result<Option<Taken>>> {
        self.claim(kind, claimant).boxed()
    }

    fn rebuild<'a>(&'a self, _gone: &'a [String]) -> BoxFuture<'a, Result<u64>> {
        // Workers look into the database: nothing else is known that could be lost.
        ready(Ok(0)).boxed()
    }

    fn look(&self) -> BoxFuture<'_, Result<String>> {
        ready(Ok("workers look into the service's database".into())).boxed()
    }
}

/// A job of this process.
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
            // Others to the same endpoint were left while it was busy.
            self.wake[&self.kind].notify_one();
        }
        ready(()).boxed()
    }
}
