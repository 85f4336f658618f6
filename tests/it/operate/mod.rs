//! What the maintainer does besides syncing, against real servers.

mod compare;
mod owners;
mod sums;
mod wipe;

use serde_json::Value;

use crate::stack::site::Account;
use crate::sync::Syncing;

const APPLY: &str = "com.atproto.repo.applyWrites";

/// The revision of an account's repo: another after every write.
async fn revision(syncing: &Syncing, account: &Account) -> Value {
    let latest = syncing.site.pds().get("com.atproto.sync.getLatestCommit", &[("did", account.did())]).await;
    latest["rev"].clone()
}
