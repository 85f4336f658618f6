//! What a server says about itself, and how it changes while we run.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use atrium_api::com::atproto::server::describe_server;
use tokio::time::Instant;

use super::client::Pds;
use super::exchange::Call;
use crate::error::Result;

/// How old what is known may be. An operator who allows larger blobs need not restart those who upload them.
const MOST_AGE: Duration = Duration::from_hours(1);

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its identity.
    pub did: String,
    /// The largest blob it takes, in bytes; servers before 0.5 do not say.
    pub blob_upload_limit: Option<u64>,
    /// What handles on it end with: `.at.aesthetic.computer`.
    pub user_domains: Vec<String>,
    /// Whether nobody gets an account without a code of the operator's.
    pub needs_invite_code: bool,
    /// Whether it tells its rate limits. It does not where there are none, or none for us.
    pub announces_limits: bool,
}

/// What a server has said about itself last. Clones are the same.
#[derive(Debug, Clone)]
pub struct Description {
    pds: Pds,
    known: Arc<RwLock<Known>>,
}

#[derive(Debug)]
struct Known {
    server: Server,
    /// When it is to be asked again.
    due: Instant,
}

impl Description {
    /// Asks for the first time.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn new(pds: &Pds) -> Result<Self> {
        let server = pds.describe().await?;
        let known = Known { server, due: Instant::now() + MOST_AGE };
        Ok(Description { pds: pds.clone(), known: Arc::new(RwLock::new(known)) })
    }

    /// What is known.
    #[must_use]
    pub fn current(&self) -> Server {
        self.known.read().unwrap_or_else(PoisonError::into_inner).server.clone()
    }

    /// Asks again if what is known is an hour old. Without an answer, the old one holds for another hour.
    pub async fn refresh(&self) {
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if Instant::now() < known.due {
                return;
            }
            // At once, so that nobody else asks meanwhile.
            known.due = Instant::now() + MOST_AGE;
        }
        match self.pds.describe().await {
            Ok(server) => self.known.write().unwrap_or_else(PoisonError::into_inner).server = server,
            Err(error) => tracing::warn!(chain = ?error.chain(), "the PDS does not say what it allows now"),
        }
    }
}

impl Pds {
    /// What it says about itself. To ask this first also tells its general rate limit.
    ///
    /// # Errors
    /// When it does not answer.
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
