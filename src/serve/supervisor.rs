//! The process's supervisor, systemd, if any: passes the socket, and is notified when the service is ready, alive and
//! stopping. Without one, these functions do nothing.

use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::error::{Error, Result, ServeError};

use super::jobs::{Kind, State};
use super::service::Service;

/// The socket that the supervisor holds. It stays open during a restart, so that no connection is refused.
///
/// # Errors
/// [`ServeError::Listen`] for a socket that is not a listening one.
pub fn socket() -> Result<Option<TcpListener>> {
    let failed = |source| Error::Serve(ServeError::Listen { address: "the socket of systemd".into(), source });
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0).map_err(failed)? else { return Ok(None) };
    listener.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(listener).map(Some).map_err(failed)
}

/// Notifies that requests are answered from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Notifies that the service stops, and how long that may take.
pub fn stopping(patience: Duration) {
    let patience = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
    tell(NotifyState::ExtendTimeoutUsec(patience));
    tell(NotifyState::Stopping);
}

/// Notifies regularly that the process is alive, with its status. If the runtime is stuck, this task is stuck too, and
/// the supervisor restarts the process.
pub async fn keep_alive(service: &Service) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    loop {
        tell(NotifyState::Watchdog);
        // At half the limit, so that one message may be late.
        tokio::time::sleep(limit / 2).await;
        let bakes = async |state| service.store.count(Kind::Bake, state).await;
        if let (Ok(running), Ok(queued)) = (bakes(State::Running).await, bakes(State::Queued).await) {
            tell(NotifyState::Status(&format!("{running} baking, {queued} queued")));
        }
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "cannot notify the supervisor");
    }
}
