//! The accounts that a process writes to: each has one session, and one writer at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::client::Pds;
use super::session::Session;
use crate::error::{Error, RemoteError, Result};

/// How long an unused session is kept. Refresh tokens of the reference PDS are valid for 90 days; this limit saves
/// memory, and the server allows 300 logins a day.
const UNUSED: Duration = Duration::from_hours(6);

/// The sessions on one server, shared by clones.
#[derive(Debug, Clone)]
pub struct Sessions {
    pds: Pds,
    accounts: Arc<Lock<HashMap<String, Account>>>,
}

#[derive(Debug)]
struct Account {
    /// Locked during a login, so that other tasks wait for it.
    session: Arc<Mutex<Option<Login>>>,
    turn: Arc<Mutex<()>>,
    used: Instant,
}

/// A session and its password.
#[derive(Debug)]
struct Login {
    session: Arc<Session>,
    password: SecretString,
}

/// A turn to write to a repo. While it lasts, no other task of this process has one.
#[derive(Debug)]
pub struct Turn {
    _guard: OwnedMutexGuard<()>,
}

impl Sessions {
    /// No sessions yet.
    #[must_use]
    pub fn new(pds: &Pds) -> Self {
        Sessions { pds: pds.clone(), accounts: Arc::default() }
    }

    /// The same for one piece of work, whose waits for a login also end when `stop` is cancelled.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Self {
        Sessions { pds: self.pds.stopped_by(stop), accounts: self.accounts.clone() }
    }

    /// The session of an account; logs in if there is none, or if the password has changed.
    ///
    /// # Errors
    /// As [`Pds::login`]; [`RemoteError::Identity`] if the credentials log in to another account.
    pub async fn session(&self, did: &str, password: &SecretString) -> Result<Arc<Session>> {
        let slot = self.account(did, |account| account.session.clone());
        let mut login = slot.lock().await;
        if let Some(known) = &*login
            && known.password.expose_secret() == password.expose_secret()
        {
            return Ok(known.session.clone());
        }
        let session = Arc::new(self.pds.login(did, password).await?);
        if session.did() != did {
            let (expected, found) = (did.to_owned(), session.did().to_owned());
            return Err(Error::Remote(RemoteError::Identity { account: did.to_owned(), expected, found }));
        }
        *login = Some(Login { session: session.clone(), password: password.clone() });
        Ok(session)
    }

    /// Waits until no other task of this process writes to the account's repo. Turns are granted in order.
    pub async fn turn(&self, did: &str) -> Turn {
        let turn = self.account(did, |account| account.turn.clone());
        Turn { _guard: turn.lock_owned().await }
    }

    fn account<T>(&self, did: &str, part: impl FnOnce(&Account) -> T) -> T {
        // No code panics while it holds the lock, so the state is consistent even if the lock is poisoned.
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !accounts.contains_key(did) {
            accounts.retain(|_, account| account.is_needed(now));
        }
        let fresh = || Account { session: Arc::default(), turn: Arc::default(), used: now };
        let account = accounts.entry(did.to_owned()).or_insert_with(fresh);
        account.used = now;
        part(account)
    }
}

impl Account {
    /// Whether it is in use, or was used recently.
    fn is_needed(&self, now: Instant) -> bool {
        Arc::strong_count(&self.session) > 1 || Arc::strong_count(&self.turn) > 1 || now < self.used + UNUSED
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(&Pds::new(&Url::parse("http://127.0.0.1:1").unwrap(), None).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn turns_of_one_account_come_one_after_the_other_and_those_of_others_do_not_wait() {
        let sessions = sessions();
        let first = sessions.turn("did:plc:a").await;
        let _other = sessions.turn("did:plc:b").await;
        let mut second = std::pin::pin!(sessions.turn("did:plc:a"));
        assert!(tokio::time::timeout(Duration::from_secs(1), second.as_mut()).await.is_err());
        drop(first);
        second.await;
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_are_forgotten_when_nobody_has_used_them_for_hours() {
        let sessions = sessions();
        let held = sessions.turn("did:plc:held").await;
        drop(sessions.turn("did:plc:idle").await);
        tokio::time::advance(UNUSED).await;
        drop(sessions.turn("did:plc:new").await);
        let mut known: Vec<_> = sessions.accounts.lock().unwrap().keys().cloned().collect();
        known.sort();
        assert_eq!(known, ["did:plc:held", "did:plc:new"]);
        drop(held);
    }
}
