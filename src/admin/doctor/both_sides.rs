//! Checks that need both MongoDB and the PDS: the guest account, and the duration of a full sync.

use std::time::Duration;

use super::finding::Finding;
use crate::admin::accounts::{Blocked, Listed, check};
use crate::error::Result;
use crate::record::Medium;
use crate::remote::mongo::{Mongo, Owner};
use crate::remote::pds::{Pds, Server};
use crate::sync::{AccountReport, Counts, Report, expected_time};

const GUEST: &str = "guest account";
const WORK: &str = "planned work";

/// A longer sync deserves a warning.
const LONG: Duration = Duration::from_hours(24);

pub async fn look(mongo: Option<&Mongo>, server: Option<&(Pds, Server)>) -> Vec<Finding> {
    let (mongo, (pds, server)) = match (mongo, server) {
        (Some(mongo), Some(server)) => (mongo, server),
        (None, _) => return [GUEST, WORK].map(|what| Finding::skip(what, "mongodb cannot be reached")).into(),
        (_, None) => return [GUEST, WORK].map(|what| Finding::skip(what, "the pds cannot be reached")).into(),
    };
    let (guest, work) = tokio::join!(guest(mongo, pds, server), work(mongo, pds, server));
    let failed = |what: &'static str| {
        move |error: crate::Error| Finding::fail(what, error.chain().join(": "), "check the state of mongod")
    };
    vec![guest.unwrap_or_else(failed(GUEST)), work.unwrap_or_else(failed(WORK))]
}

async fn guest(mongo: &Mongo, pds: &Pds, server: &Server) -> Result<Finding> {
    let create = "telecine accounts create --guest --email ADDRESS --live";
    let Some(account) = mongo.account(&Owner::Guest).await? else {
        return Ok(Finding::fail(GUEST, "not in MongoDB, so anonymous items cannot be synced", create));
    };
    let (name, has_repo) = (account.name(), account.did.is_some());
    Ok(match check(pds, server, &Listed { account, items: [(Medium::Tape, 1)].into() }).await {
        None => Finding::ok(GUEST, format!("{name}, login works")),
        Some(Blocked::Lacking(what)) if has_repo => {
            let remedy = "store it in atproto.password of users._id \"art-guest\" in MongoDB";
            Finding::fail(GUEST, format!("{name}: {what}"), remedy)
        }
        Some(Blocked::Lacking(what)) => Finding::fail(GUEST, what, create),
        Some(blocked) => {
            let remedy = "fix users._id \"art-guest\" in MongoDB, or the account on the PDS";
            Finding::fail(GUEST, format!("{name}: {blocked}"), remedy)
        }
    })
}

/// All items, as if none were on the PDS: the longest possible sync.
async fn work(mongo: &Mongo, pds: &Pds, server: &Server) -> Result<Finding> {
    let owners = mongo.owners_with_items(&Medium::ALL).await?;
    let mut report = Report::default();
    let mut items = 0;
    for (owner, counts) in &owners {
        items += counts.values().sum::<u64>();
        let create = |count: u64| Counts { create: count as usize, ..Counts::default() };
        let planned = counts.iter().map(|(medium, count)| (medium.plural(), create(*count))).collect();
        report.add(AccountReport { account: owner.to_string(), planned, ..AccountReport::default() });
    }
    if items == 0 {
        let remedy = "check that MONGODB_NAME names the site's database; telecine config shows it";
        return Ok(Finding::warn(WORK, "mongodb holds no items", remedy));
    }
    let time = expected_time(&report, server, &pds.pace().limits());
    let detail = format!(
        "{} of {}; a full sync takes {}",
        count(items, "item"),
        count(owners.len() as u64, "owner"),
        text(time)
    );
    Ok(if time > LONG && server.announces_limits {
        let remedy = "set PDS_RATE_LIMIT_BYPASS_KEY to the server's value, or sync in parts";
        Finding::warn(WORK, detail, remedy)
    } else {
        Finding::ok(WORK, detail)
    })
}

/// `1 item`, `2 items`
fn count(number: u64, name: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {name}{plural}")
}

/// `about 5 min`, `about 48 h`
fn text(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..3_600 => format!("about {} min", ((seconds + 30) / 60).max(1)),
        seconds => format!("about {} h", (seconds + 1_800) / 3_600),
    }
}
