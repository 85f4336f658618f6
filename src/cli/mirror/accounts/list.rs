//! `telecine accounts list`: prints a line per account while it reads MongoDB.

use std::fmt::Display;

use clap::Args;
use futures_util::TryStreamExt;
use serde_json::json;

use super::super::network::{self, ServerArguments};
use crate::admin::accounts::{Blocked, Listed, list};
use crate::cli::headings::{OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line};
use crate::config::Config;
use crate::error::Result;
use crate::record::Medium;
use crate::remote::mongo::{Mongo, Owner};

/// List all accounts, the number of their items, and why they cannot be synced
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine accounts list
  telecine accounts list --blocked
  telecine accounts list --json | jq 'select(.items.tapes > 0) | .account'")]
pub struct Arguments {
    /// Select accounts that have items but cannot be synced
    #[arg(long, help_heading = SELECTION)]
    blocked: bool,
    /// Print one JSON object per account
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"accounts", &arguments.servers, async |config, _| work(arguments, &config).await)
}

async fn work(arguments: &Arguments, config: &Config) -> Result<Outcome> {
    let mongo = Mongo::connect(config).await?;
    let mut listed = std::pin::pin!(list(&mongo).await?);
    let (mut is_first, mut has_nobody) = (true, false);
    while let Some(one) = listed.try_next().await? {
        let blocked = one.blocked();
        has_nobody |= matches!(one.account.owner, Owner::Nobody(_));
        if arguments.blocked && !blocked.as_ref().is_some_and(Blocked::is_trouble) {
            continue;
        }
        if arguments.json {
            json(&listed_json(&one, blocked.as_ref()));
        } else {
            if is_first {
                line(header());
            }
            line(row(&one, blocked.as_ref()));
        }
        is_first = false;
    }
    // An item without an owner needs its document repaired, not an account.
    Ok(Outcome::of_work(has_nobody, !is_first))
}

/// The widths of the text columns, enough for nearly all handles and every `did:plc`. Rows are printed as they are
/// read, so the widths cannot depend on the longest.
const HANDLE: usize = 20;
const PDS_HANDLE: usize = 32;
const DID: usize = 32;

fn header() -> String {
    let texts = format!("{:HANDLE$}  {:PDS_HANDLE$}  {:DID$}", "account", "handle", "did");
    format!("{texts}{}  blocked", numbers(Medium::plural))
}

fn row(listed: &Listed, blocked: Option<&Blocked>) -> String {
    let account = &listed.account;
    let name = account.handle.clone().unwrap_or_else(|| account.owner.to_string());
    let dash = |text: &Option<String>| text.clone().unwrap_or("-".into());
    let texts = format!("{name:HANDLE$}  {:PDS_HANDLE$}  {:DID$}", dash(&account.pds_handle), dash(&account.did));
    let numbers = numbers(|medium| listed.items.get(&medium).copied().unwrap_or_default());
    let blocked = blocked.map(|blocked| format!("  {blocked}")).unwrap_or_default();
    format!("{texts}{numbers}{blocked}")
}

/// A column per medium.
fn numbers<T: Display>(of: impl Fn(Medium) -> T) -> String {
    let columns: Vec<_> = Medium::ALL.into_iter().map(|medium| format!("  {:>9}", of(medium))).collect();
    columns.concat()
}

fn listed_json(listed: &Listed, blocked: Option<&Blocked>) -> serde_json::Value {
    let account = &listed.account;
    let items: serde_json::Map<_, _> =
        listed.items.iter().map(|(medium, count)| (medium.plural().to_owned(), (*count).into())).collect();
    json!({
        "user": account.owner.to_string(),
        "account": account.handle,
        "handle": account.pds_handle,
        "did": account.did,
        "items": items,
        "blocked": blocked.map(ToString::to_string),
    })
}
