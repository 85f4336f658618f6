//! The database client: errors and retries.

use std::time::Duration;

use futures_util::TryFutureExt;
use mongodb::bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Collection, Database};
use secrecy::ExposeSecret;

use crate::config::Config;
use crate::error::{ConfigError, Error, RemoteError, Result};
use crate::record::Medium;
use crate::remote::backoff::Backoff;

/// The database.
#[derive(Debug, Clone)]
pub struct Mongo {
    pub(super) database: Database,
}

impl Mongo {
    /// Connects and checks that a server responds.
    ///
    /// # Errors
    ///
    /// If the connection string is missing or invalid, or no server responds.
    pub async fn connect(config: &Config) -> Result<Mongo> {
        let connection_string = config.mongodb_connection_string()?.expose_secret();
        let mut options = ClientOptions::parse(connection_string).await.map_err(|_| {
            Error::Config(ConfigError::Setting {
                name: "MONGODB_CONNECTION_STRING",
                // The driver's message may quote the password.
                what: "is not a connection string such as mongodb+srv://name:password@host/".into(),
            })
        })?;
        options.app_name.get_or_insert_with(|| "telecine".into());
        // Reads decide what is written, and a secondary may be behind; so this overrides the connection string.
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        options.retry_reads = Some(true);
        options.retry_writes = Some(true);
        // The driver's default is 30 s; a wrong address should not take three minutes of attempts to notice.
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        let client = Client::with_options(options).map_err(failed("connect"))?;
        let database = client.database(config.mongodb_name());
        database.run_command(doc! { "ping": 1 }).await.map_err(failed("connect"))?;
        Ok(Mongo { database })
    }

    /// Another database on the same servers, for our own data, with majority writes.
    #[must_use]
    pub fn beside(&self, name: &str) -> Database {
        let majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
        let options = DatabaseOptions::builder().write_concern(majority).read_concern(ReadConcern::majority()).build();
        self.database.client().database_with_options(name, options)
    }

    /// The collection of a medium.
    pub(super) fn items_of(&self, medium: Medium) -> Collection<Document> {
        self.database.collection(medium.plural())
    }
}

/// Converts the driver's error to ours.
pub fn failed(doing: &str) -> impl FnOnce(mongodb::error::Error) -> Error + '_ {
    move |error| {
        Error::Remote(RemoteError::Database {
            doing: doing.into(),
            is_transient: is_transient(&error),
            source: error.into(),
        })
    }
}

/// "Not primary", "shutting down", "interrupted" and others, as listed in the drivers' specification of retries, and
/// 64: a majority has not confirmed in time.
pub const TRANSIENT_CODES: [i32; 14] = [11600, 11602, 10107, 13435, 13436, 189, 91, 7, 6, 89, 9001, 134, 262, 64];

/// Whether the servers may recover soon.
fn is_transient(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR};
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } => true,
        ErrorKind::Command(command) if TRANSIENT_CODES.contains(&command.code) => true,
        _ => error.contains_label(RETRYABLE_WRITE_ERROR),
    }
}

/// Reads with retries.
pub async fn repeat<T, F>(doing: &str, read: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = mongodb::error::Result<T>>,
{
    insist(|| read().map_err(failed(doing))).await
}

/// Does an idempotent operation with retries.
///
/// # Errors
/// The last error.
pub async fn insist<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    let mut backoff = Backoff::new();
    loop {
        // Boxed because the driver's futures are kilobytes large, as would be all that await them.
        match Box::pin(attempt()).await {
            Err(error) if error.disposition().is_retry() && backoff.again().await => {
                tracing::debug!(attempt = backoff.attempts(), chain = ?error.chain(), "trying again");
            }
            outcome => return outcome,
        }
    }
}
