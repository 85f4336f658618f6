//! The service: tapes are baked and media mirrored as they are made.
//!
//! ```text
//! POST /bake ────┐
//! change stream ─┼─▶ job (stored) ─▶ queue ─▶ claim (fenced) ─▶ work ─▶ Spaces, PDS ─▶ callback, webhooks
//! nightly plan ──┘                                          the engine of sync
//! ```
//!
//! [`serve`] runs everything until it is told to stop. The modules, in the order of the data:
//!
//! * `jobs/` — pure: the work, its states, and the consequences of the end of an attempt.
//! * `store/` — the service's own database: claims, fences, the ledger, the position in the stream.
//! * `queue/` — distributes jobs to workers, in this process or on many machines. `rebuild` — keeps it in step with the
//!   store.
//! * `progress`, `service` — the progress of workers, and the parts of the service, connected.
//! * `webhooks/` — pure: events, endpoints that subscribe to them, signatures. `subscriptions` — their management by
//!   the operator.
//! * `outbox/` — requests to receivers, and the addresses that are allowed.
//! * `work/` — the work of each kind.
//! * `requests` — pure: parses requests from outside.
//! * `runner` — workers. `changes`, `schedule` — turn the site's changes, and the daily plan, into jobs.
//! * `view`, `feed`, `metrics` — jobs for readers, their changes, and their numbers.
//! * `process`, `fleet`, `mirror_state` — the report of each process, all of them, and the state of the mirror.
//! * `check/` — checks of what the service needs. `probe` — asks a running service for its state.
//! * `dashboard/` — pages. `http/` — routes.

mod changes;
mod check;
mod dashboard;
mod feed;
mod files;
mod fleet;
mod http;
mod jobs;
mod metrics;
mod mirror_state;
mod outbox;
mod probe;
mod process;
mod progress;
mod queue;
mod rebuild;
pub mod requests;
mod runner;
mod schedule;
mod service;
mod store;
mod subscriptions;
mod supervisor;
mod view;
mod webhooks;
mod work;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, Result, ServeError};

pub use check::check;
pub use fleet::{Member, MemberView};
pub use jobs::{Attempt, Bake, Baked, Failure, Job, Kind, Next, Outcome, Planned, Stage, State, Work};
pub use probe::{Answer, probe};
pub use queue::{Queue, Taken, Ticket, open as open_queue};
pub use rebuild::rebuild;
pub use service::Service;
pub use store::{Claimant, Filter, Store};
pub use subscriptions::Subscriptions;
pub use view::{JobPage, JobView, ago};
pub use webhooks::{Disabled, Endpoint, EventType, OldSecret, Reason, Secret};

/// The time limit for handing back jobs.
const HAND_BACK: Duration = Duration::from_secs(10);

/// How long open connections may continue after everything else has ended.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Takes the socket of the supervisor, or listens on the configured address.
///
/// # Errors
/// [`ServeError::Listen`].
pub async fn listen(service: &Service) -> Result<TcpListener> {
    if let Some(listener) = supervisor::socket()? {
        return Ok(listener);
    }
    let address = service.config.listen;
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| Error::Serve(ServeError::Listen { address: address.to_string(), source }))
}

/// Serves until [`Service::stopping`] is cancelled. Running work then has `patience` to end; the rest is handed back.
/// Requests are answered until this is done.
///
/// # Errors
/// If the listener fails.
pub async fn serve(service: Service, listener: TcpListener, patience: Duration) -> Result<()> {
    let service = Arc::new(service);
    let ended = CancellationToken::new();
    let answering = tokio::spawn(http::answer(listener, service.clone(), ended.clone()));
    supervisor::ready();
    let supervised = service.clone();
    let _alive = AbortOnDropHandle::new(tokio::spawn(async move { supervisor::keep_alive(&supervised).await }));
    let role = service.config.role;
    let front = async {
        if role.is_front() {
            let watching = feed::run(&service.feed, &service.store, &service.stopping);
            let (changes, rebuilding) = (Box::pin(changes::read(&service)), Box::pin(rebuild::keep(&service)));
            tokio::join!(changes, rebuilding, schedule::plan_daily(&service), watching);
        }
    };
    let worker = async {
        if role.works() {
            runner::run(service.clone()).await;
        }
    };
    let mut work = std::pin::pin!(async { tokio::join!(front, worker, Box::pin(process::tell(&service))) });
    tokio::select! {
        _ = &mut work => {}
        () = drain(&service, patience) => {
            // Cancelled work hands its job back; otherwise another worker gets the job when the lease ends.
            let _ = tokio::time::timeout(HAND_BACK, work).await;
        }
    }
    ended.cancel();
    let _ = tokio::time::timeout(LAST_ANSWERS, answering).await;
    Ok(())
}

/// When the service must stop, waits that long for running work, then ends it.
async fn drain(service: &Service, patience: Duration) {
    service.stopping.cancelled().await;
    supervisor::stopping(patience + HAND_BACK + LAST_ANSWERS);
    tokio::time::sleep(patience).await;
    service.ending.cancel();
}
