//! A server's description of itself, refreshed while we run.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use atrium_api::com::atproto::server::describe_server;
use tokio::time::Instant;

use super::client::Pds;
use super::exchange::Call;
use crate::error::Result;

/// The maximum age of a description, so that a new limit on blobs takes effect without a restart of clients.
const MOST_AGE: Duration = Duration::from_hours(1);

/// A server's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its identity.
    pub did: String,
    /// Its limit on blobs in bytes; unknown for servers before 0.5.
    pub blob_upload_limit: Option<u64>,
    /// The domains of its handles: `.at.aesthetic.computer`.
    pub user_domains: Vec<String>,
    /// Whether a new account needs an invite code.
    pub needs_invite_code: bool,
    /// Whether it announces rate limits. It does not if there are none, or none for us.
    pub announces_limits: bool,
}

/// The last description of a server, shared by clones.
#[derive(Debug, Clone)]
pub struct Description {
    pds: Pds,
    known: Arc<RwLock<Known>>,
}

#[derive(Debug)]
struct Known {
    server: Server,
    /// The time of the next query.
    due: Instant,
}

impl Description {
    /// Queries the server for the first time.
    ///
    /// # Errors
    /// If the server does not respond.
    pub async fn new(pds: &Pds) -> Result<Self> {
        let server = pds.describe().await?;
        let known = Known { server, due: Instant::now() + MOST_AGE };
        Ok(Description { pds: pds.clone(), known: Arc::new(RwLock::new(known)) })
    }

    /// The current description.
    #[must_use]
    pub fn current(&self) -> Server {
        self.known.read().unwrap_or_else(PoisonError::into_inner).server.clone()
    }

    /// Queries the server again if the description is an hour old. Without a response, the old one stays for another
    /// hour.
    pub async fn refresh(&self) {
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if Instant::now() < known.due {
                return;
            }
            // First, so that no other task queries meanwhile.
            known.due = Instant::now() + MOST_AGE;
        }
        match self.pds.describe().await {
            Ok(server) => self.known.write().unwrap_or_else(PoisonError::into_inner).server = server,
            Err(error) => tracing::warn!(chain = ?error.chain(), "the pds does not return its description"),
        }
    }
}

impl Pds {
    /// Queries its description. As the first request, this also shows its general rate limit.
    ///
    /// # Errors
    /// If it does not respond.
    pub async fn describe(&self) -> Result<Server> {
        let call = Call::read(describe_server::NSID);
        let output: describe_server::OutputData = self.query(call, None::<()>).await?;
        Ok(Server {
            did: output.did.to_string(),
            blob_upload_limit: output.blob_upload_limit.and_then(|limit| u64::try_from(limit).ok()),
            user_domains: output.available_user_domains.clone(),
            needs_invite_code: output.invite_code_required == Some(true),
            announces_limits: !self.pace().limits().is_empty(),
        })
    }
}
