//! The process's supervisor, systemd, if it has one: hands over the socket, and is told when the service is ready, alive and
//! stopping. Without one, all of this does nothing.

use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::error::{Error, Result, ServeError};

use super::jobs::{Kind, State};
use super::service::Service;

/// The socket that the supervisor listens on for us. It goes on listening while we are restarted, so that nobody who
/// connects meanwhile is refused.
///
/// # Errors
/// [`ServeError::Listen`] for a socket that is not one to listen on.
pub fn socket() -> Result<Option<TcpListener>> {
    let failed = |source| Error::Serve(ServeError::Listen { address: "the socket of systemd".into(), source });
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0).map_err(failed)? else { return Ok(None) };
    listener.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(listener).map(Some).map_err(failed)
}

/// Tells that requests are answered from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Tells that the service stops, and for how long that may take.
pub fn stopping(patience: Duration) {
    let patience = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
    tell(NotifyState::ExtendTimeoutUsec(patience));
    tell(NotifyState::Stopping);
}

/// Tells again and again that the process is alive, and what it does. It is a task like any other: when the runtime is
/// stuck, this says nothing, and the supervisor restarts the process.
pub async fn keep_alive(service: &Service) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    loop {
        tell(NotifyState::Watchdog);
        // At half of the limit, so that one message may be late.
        tokio::time::sleep(limit / 2).await;
        let bakes = async |state| service.store.count(Kind::Bake, state).await;
        if let (Ok(running), Ok(queued)) = (bakes(State::Running).await, bakes(State::Queued).await) {
            tell(NotifyState::Status(&format!("{running} baking, {queued} queued")));
        }
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "the supervisor cannot be told");
    }
}
