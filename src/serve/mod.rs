//! The service: tapes are baked and media mirrored as they are made.
//!
//! ```text
//! POST /bake ────┐
//! change stream ─┼─▶ job (stored) ─▶ queue ─▶ claim (fenced) ─▶ work ─▶ Spaces, PDS ─▶ callback, webhooks
//! nightly plan ──┘                                          the engine of sync
//! ```
//!
//! This is the door: [`serve`] runs everything until it is told to stop. To read, in the order of the data:
//!
//! * `jobs/` — pure: what there is to do, its states, and what follows from the end of an attempt.
//! * `store/` — the service's own database: claims, fences, the ledger, the position in the stream.
//! * `queue/` — what brings jobs to workers, in this process or on many machines. `rebuild` — keeps it in step with the store.
//! * `progress`, `service` — how far workers are, and everything connected.
//! * `webhooks/` — pure: events, endpoints that subscribe to them, signatures. `subscriptions` — how the operator keeps them.
//! * `outbox/` — requests to others, and to whom they may go.
//! * `work/` — how each kind of work is done.
//! * `requests` — pure: what strangers send, read.
//! * `runner` — workers. `changes`, `schedule` — the site's changes, and the day's plan, to jobs.
//! * `view`, `feed`, `metrics` — jobs as others see them, as they change, and counted.
//! * `process`, `fleet`, `mirror_state` — what each process tells of itself, all of them, and how far the mirror is in step.
//! * `check/` — what the service needs, looked at without it. `probe` — a running service, asked how it is.
//! * `dashboard/` — pages. `http/` — every route.

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

/// How long jobs may take to be handed back.
const HAND_BACK: Duration = Duration::from_secs(10);

/// How long connections may go on that were open when everything else had ended.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Takes the socket of the supervisor, or listens where the settings say.
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

/// Serves until [`Service::stopping`] is cancelled. Work that was begun has `patience` to end by itself; what has not ended
/// then is handed back. Requests are answered until that is over.
///
/// # Errors
/// When the listener fails.
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
            // Whoever has been told to end hands its job back; what cannot is another's when its lease is over.
            let _ = tokio::time::timeout(HAND_BACK, work).await;
        }
    }
    ended.cancel();
    let _ = tokio::time::timeout(LAST_ANSWERS, answering).await;
    Ok(())
}

/// Ends work that was begun, once the service is to stop and it has had that long to end by itself.
async fn drain(service: &Service, patience: Duration) {
    service.stopping.cancelled().await;
    supervisor::stopping(patience + HAND_BACK + LAST_ANSWERS);
    tokio::time::sleep(patience).await;
    service.ending.cancel();
}
