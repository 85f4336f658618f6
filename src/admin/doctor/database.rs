//! Checks of MongoDB: reachable, writable, indexed.

use super::finding::Finding;
use crate::config::Config;
use crate::remote::mongo::Mongo;

/// The findings, and the database if it is reachable.
pub struct Database {
    pub findings: Vec<Finding>,
    pub mongo: Option<Mongo>,
}

const UNREACHABLE: &str = "mongodb cannot be reached";

pub async fn look(config: &Config) -> Database {
    let mongo = match Mongo::connect(config).await {
        Ok(mongo) => mongo,
        Err(error) => {
            let remedy = "set MONGODB_CONNECTION_STRING to a server that this machine can reach";
            let mut findings = vec![Finding::fail("mongodb", error.chain().join(": "), remedy)];
            let skipped = ["mongodb role", "mongodb replica set", "mongodb indexes"];
            findings.extend(skipped.map(|what| Finding::skip(what, UNREACHABLE)));
            return Database { findings, mongo: None };
        }
    };
    let (health, missing) = tokio::join!(mongo.health(), mongo.missing_indexes());
    let mut findings = Vec::new();
    match health {
        Ok(health) => {
            findings.push(Finding::ok("mongodb", format!("release {}", health.version)));
            findings.push(if health.may_write {
                Finding::ok("mongodb role", "can write")
            } else {
                let remedy = "grant readWrite on the database; a dry run does not need it";
                Finding::fail("mongodb role", "cannot write, so keys of records cannot be stored", remedy)
            });
            findings.push(replica_set(health.replica_set.as_deref()));
        }
        Err(error) => {
            let remedy = "check the log of mongod";
            findings.push(Finding::fail("mongodb", error.chain().join(": "), remedy));
        }
    }
    match missing {
        Ok(missing) if missing.is_empty() => findings.push(Finding::ok("mongodb indexes", "all present")),
        Ok(missing) => findings.extend(missing.into_iter().map(|index| {
            let detail = format!("{} has no index on {}, so all of it is read", index.collection, index.field);
            Finding::warn("mongodb indexes", detail, index.command())
        })),
        Err(error) => {
            let remedy = "grant the role listIndexes, which read and readWrite include";
            findings.push(Finding::warn("mongodb indexes", error.chain().join(": "), remedy));
        }
    }
    Database { findings, mongo: Some(mongo) }
}

fn replica_set(name: Option<&str>) -> Finding {
    let what = "mongodb replica set";
    let remedy = "start mongod with --replSet; a sync also works without it";
    name.map_or_else(
        || Finding::warn(what, "no, so a crash of mongod may lose keys", remedy),
        |name| Finding::ok(what, format!("yes, {name}")),
    )
}
