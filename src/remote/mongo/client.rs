//! The database, and how it is asked: what failed, and whether to ask again.

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
    /// Connects and makes sure that somebody answers.
    ///
    /// # Errors
    ///
    /// When the connection string is missing or wrong, or nobody answers.
    pub async fn connect(config: &Config) -> Result<Mongo> {
        let connection_string = config.mongodb_connection_string()?.expose_secret();
        let mut options = ClientOptions::parse(connection_string).await.map_err(|_| {
            Error::Config(ConfigError::Setting {
                name: "MONGODB_CONNECTION_STRING",
                // The driver's own words may quote the password.
                what: "is not a connection string such as mongodb+srv://name:password@host/".into(),
            })
        })?;
        options.app_name.get_or_insert_with(|| "telecine".into());
        // What is read decides what is written: a secondary may be behind, whatever the connection string prefers.
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        options.retry_reads = Some(true);
        options.retry_writes = Some(true);
        // The driver's own is 30 s; a wrong address should not take three minutes of attempts to show.
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        let client = Client::with_options(options).map_err(failed("connect"))?;
        let database = client.database(config.mongodb_name());
        database.run_command(doc! { "ping": 1 }).await.map_err(failed("connect"))?;
        Ok(Mongo { database })
    }

    /// Another database of the same servers, for what is not the site's. A write counts once most servers have it.
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

/// Makes of the driver's error ours.
pub fn failed(doing: &str) -> impl FnOnce(mongodb::error::Error) -> Error + '_ {
    move |error| {
        Error::Remote(RemoteError::Database {
            doing: doing.into(),
            is_transient: is_transient(&error),
            source: error.into(),
        })
    }
}

/// "Not primary", "shutting down", "interrupted" and the like, as the drivers' specification of retries lists them, and
/// 64, a majority that has not confirmed in time.
pub const TRANSIENT_CODES: [i32; 14] = [11600, 11602, 10107, 13435, 13436, 189, 91, 7, 6, 89, 9001, 134, 262, 64];

/// Whether the servers may be in order again in a while.
fn is_transient(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR};
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } => true,
        ErrorKind::Command(command) if TRANSIENT_CODES.contains(&command.code) => true,
        _ => error.contains_label(RETRYABLE_WRITE_ERROR),
    }
}

/// Reads until it is read.
pub async fn repeat<T, F>(doing: &str, read: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = mongodb::error::Result<T>>,
{
    insist(|| read().map_err(failed(doing))).await
}

/// Does what is harmless to do twice, until it is done.
///
/// # Errors
/// What goes wrong last.
pub async fn insist<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    let mut backoff = Backoff::new();
    loop {
        // In a box, for the driver's futures are kilobytes large, and so would be all that wait for them.
        match Box::pin(attempt()).await {
            Err(error) if error.disposition().is_retry() && backoff.again().await => {
                tracing::debug!(attempt = backoff.attempts(), chain = ?error.chain(), "trying again");
            }
            outcome => return outcome,
        }
    }
}
