//! Checks of the database for a sync: write access and indexes.

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::client::{Mongo, failed};
use crate::error::Result;
use crate::record::Medium;

/// The state of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The server's release.
    pub version: String,
    /// Its replica set, if any.
    pub replica_set: Option<String>,
    /// Whether our role allows updates.
    pub may_write: bool,
}

/// A missing index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingIndex {
    /// The collection.
    pub collection: &'static str,
    /// The field to index.
    pub field: &'static str,
}

impl MissingIndex {
    /// The command of `MongoDB`'s shell that creates it.
    #[must_use]
    pub fn command(&self) -> String {
        format!("db.getCollection(\"{}\").createIndex({{ \"{}\": 1 }})", self.collection, self.field)
    }
}

/// The number of items of a medium from which reading all of them for every owner is slow.
const MANY: u64 = 10_000;

/// `MongoDB`'s error code for a missing collection.
const NAMESPACE_NOT_FOUND: i32 = 26;

impl Mongo {
    /// Queries the state of the database.
    ///
    /// # Errors
    /// If it does not respond.
    pub async fn health(&self) -> Result<Health> {
        let ask =
            async |command: Document| self.database.run_command(command).await.map_err(failed("report its state"));
        let (build, hello) = (ask(doc! { "buildInfo": 1 }).await?, ask(doc! { "hello": 1 }).await?);
        let login = self.login().await?;
        Ok(Health {
            version: build.get_str("version").unwrap_or_default().into(),
            replica_set: hello.get_str("setName").ok().map(str::to_owned),
            may_write: may_update(&login, self.database.name()),
        })
    }

    /// Whether our role allows updates in another database on the same servers.
    ///
    /// # Errors
    /// If the database does not respond.
    pub async fn may_write(&self, database: &str) -> Result<bool> {
        Ok(may_update(&self.login().await?, database))
    }

    async fn login(&self) -> Result<Document> {
        let ask = doc! { "connectionStatus": 1, "showPrivileges": true };
        let connection = self.database.run_command(ask).await.map_err(failed("report its state"))?;
        Ok(connection.get_document("authInfo").cloned().unwrap_or_default())
    }

    /// The missing indexes for look-ups of items and accounts. A missing collection needs none.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn missing_indexes(&self) -> Result<Vec<MissingIndex>> {
        let mut missing = Vec::new();
        for (collection, fields) in wanted() {
            let found = match self.database.collection::<Document>(collection).list_indexes().await {
                Ok(found) => found.try_collect::<Vec<_>>().await.map_err(failed("list the indexes"))?,
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(failed("list the indexes")(error)),
            };
            let serves =
                |field: &str| found.iter().any(|index| index.keys.keys().next().is_some_and(|key| key == field));
            missing.extend(
                fields.into_iter().filter(|field| !serves(field)).map(|field| MissingIndex { collection, field }),
            );
        }
        Ok(missing)
    }
}

impl Mongo {
    /// The media with many items but no index on the owner, so that all items are read for every owner.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn slow_media(&self, media: &[Medium]) -> Result<Vec<Medium>> {
        let missing = self.missing_indexes().await?;
        let mut slow = Vec::new();
        for &medium in media {
            let lacks = missing.iter().any(|index| index.collection == medium.plural() && index.field == "user");
            let count = async || self.items_of(medium).estimated_document_count().await.map_err(failed("count"));
            if lacks && count().await? >= MANY {
                slow.push(medium);
            }
        }
        Ok(slow)
    }
}

/// The fields used in look-ups: the items of a user, an item by its code, and accounts by their handles.
fn wanted() -> Vec<(&'static str, Vec<&'static str>)> {
    let fields = |medium: Medium| match medium {
        Medium::Mood => vec!["user"],
        Medium::Piece => vec!["user", "slug"],
        Medium::Painting | Medium::Kidlisp | Medium::Tape => vec!["user", "code"],
    };
    let mut wanted: Vec<_> = Medium::ALL.into_iter().map(|medium| (medium.plural(), fields(medium))).collect();
    wanted.extend([("users", vec!["atproto.handle"]), ("@handles", vec!["handle"])]);
    wanted
}

/// Whether a login allows updates in a database. Without access control, nobody is logged in, and everything is
/// allowed.
fn may_update(login: &Document, database: &str) -> bool {
    let list = |name: &str| login.get_array(name).cloned().unwrap_or_default();
    if list("authenticatedUsers").is_empty() {
        return true;
    }
    list("authenticatedUserPrivileges").iter().filter_map(|privilege| privilege.as_document()).any(|privilege| {
        let resource = privilege.get_document("resource").cloned().unwrap_or_default();
        let is_here = resource.get_bool("anyResource").unwrap_or_default()
            || resource.get_str("db").is_ok_and(|name| name.is_empty() || name == database);
        let actions = privilege.get_array("actions").cloned().unwrap_or_default();
        is_here && actions.iter().any(|action| action.as_str() == Some("update"))
    })
}

fn is_missing(error: &mongodb::error::Error) -> bool {
    use mongodb::error::ErrorKind;
    matches!(error.kind.as_ref(), ErrorKind::Command(command) if command.code == NAMESPACE_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_role_that_updates_here_may_write() {
        let login = |resource: Document, actions: &[&str]| {
            let privilege = doc! { "resource": resource, "actions": actions };
            doc! { "authenticatedUsers": [{ "user": "u" }], "authenticatedUserPrivileges": [privilege] }
        };
        assert!(may_update(&doc! { "authenticatedUsers": [] }, "site"));
        assert!(may_update(&login(doc! { "db": "site", "collection": "" }, &["find", "update"]), "site"));
        assert!(may_update(&login(doc! { "db": "", "collection": "" }, &["update"]), "site"));
        assert!(may_update(&login(doc! { "anyResource": true }, &["update"]), "site"));
        assert!(!may_update(&login(doc! { "db": "site", "collection": "" }, &["find"]), "site"));
        assert!(!may_update(&login(doc! { "db": "other", "collection": "" }, &["update"]), "site"));
        assert!(!may_update(&login(doc! { "cluster": true }, &["update"]), "site"));
    }
}
