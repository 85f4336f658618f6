//! `telecine accounts check`: logs in to every account.

use std::collections::BTreeMap;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use regex::Regex;
use serde_json::json;
use url::Url;

use super::super::network::{self, ServerArguments};
use super::super::selection::{self, AtOnceArgument};
use crate::admin::accounts::{Blocked, Listed, check, list};
use crate::cli::headings::{OUTPUT, SELECTION, SERVERS};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, say};
use crate::config::Config;
use crate::error::Result;
use crate::remote::Waits;
use crate::remote::mongo::{Mongo, Owner};
use crate::remote::pds::{Pds, RepoStatus};

/// Log in to every account, and report those that cannot be synced
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine accounts check
  telecine accounts check --user jeffrey
  telecine accounts check --relay https://bsky.network")]
pub struct Arguments {
    /// Select accounts whose handle matches this regular expression
    #[arg(long, value_name = "PATTERN", conflicts_with = "anonymous", help_heading = SELECTION)]
    user: Option<String>,
    /// Select the guest account, which owns items made without an account
    #[arg(long, help_heading = SELECTION)]
    anonymous: bool,
    /// Print one JSON object per account
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Also ask this relay whether it forwards the accounts; relays limit servers with many accounts
    #[arg(long, value_name = "URL", help_heading = SERVERS)]
    relay: Option<Url>,
    #[command(flatten)]
    at_once: AtOnceArgument,
    #[command(flatten)]
    servers: ServerArguments,
}

/// The result for one account.
struct Checked {
    listed: Listed,
    blocked: Option<Blocked>,
    /// The relay's answer, if it was asked.
    relay: Option<Relayed>,
}

/// How a relay treats an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relayed {
    PassedOn,
    Throttled,
    HeldBack,
    Unknown,
    Unanswered,
}

impl Relayed {
    fn word(self) -> &'static str {
        match self {
            Relayed::PassedOn => "passed on",
            Relayed::Throttled => "throttled",
            Relayed::HeldBack => "held back",
            Relayed::Unknown => "unknown",
            Relayed::Unanswered => "not answered for",
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let pattern = arguments.user.as_deref().map(selection::pattern);
    network::ask(&"accounts", &arguments.servers, async |config, waits| {
        work(arguments, pattern.as_ref(), &config, &waits).await
    })
}

async fn work(arguments: &Arguments, pattern: Option<&Regex>, config: &Config, waits: &Waits) -> Result<Outcome> {
    let pds = network::pds(config, waits.clone())?;
    let server = pds.describe().await?;
    let relay = arguments.relay.as_ref().map(|url| Pds::sharing(waits.clone(), url, None)).transpose()?;
    let mongo = Mongo::connect(config).await?;
    let wanted = |listed: &Listed| match pattern {
        Some(pattern) => pattern.is_match(&listed.account.name()),
        None => !arguments.anonymous || listed.account.owner == Owner::Guest,
    };
    let listed = list(&mongo).await?.try_filter(|listed| std::future::ready(wanted(listed)));
    // Read to the end before the first login: logins are paced, and the server drops a cursor that waits for long.
    let listed: Vec<_> = listed.try_collect().await?;
    let checks = stream::iter(listed).map(|listed| async {
        let blocked = check(&pds, &server, &listed).await;
        let relay = match (&relay, &listed.account.did) {
            (Some(relay), Some(did)) => Some(ask(relay, did).await),
            _ => None,
        };
        Checked { listed, blocked, relay }
    });
    let mut checks = std::pin::pin!(checks.buffer_unordered(arguments.at_once.users()));
    let mut sums = Sums::default();
    while let Some(checked) = checks.next().await {
        sums.add(&checked);
        if arguments.json {
            json(&checked_json(&checked));
        } else if checked.blocked != Some(Blocked::Idle) {
            line(checked_line(&checked));
        }
    }
    if !arguments.json {
        sums.print();
    }
    sums.warn();
    Ok(sums.outcome())
}

async fn ask(relay: &Pds, did: &str) -> Relayed {
    match relay.repo_status(did).await {
        Ok(RepoStatus::Active) => Relayed::PassedOn,
        Ok(RepoStatus::Inactive(Some(status))) if status == "throttled" => Relayed::Throttled,
        Ok(RepoStatus::Inactive(_)) => Relayed::HeldBack,
        Ok(RepoStatus::Missing) => Relayed::Unknown,
        Err(error) => {
            tracing::debug!(did, chain = ?error.chain(), "relay");
            Relayed::Unanswered
        }
    }
}

fn checked_line(checked: &Checked) -> String {
    let name = checked.listed.account.name();
    let relay = checked.relay.filter(|relay| *relay != Relayed::PassedOn);
    let relay = relay.map(|relay| format!("; {} by the relay", relay.word())).unwrap_or_default();
    match &checked.blocked {
        Some(blocked) => format!("blocked  {name}: {blocked}{relay}"),
        None => format!("ok       {name}{relay}"),
    }
}

fn checked_json(checked: &Checked) -> serde_json::Value {
    let account = &checked.listed.account;
    json!({
        "user": account.owner.to_string(),
        "account": account.name(),
        "did": account.did,
        "blocked": checked.blocked.as_ref().map(ToString::to_string),
        "trouble": checked.blocked.as_ref().is_some_and(Blocked::is_trouble),
        "relay": checked.relay.map(Relayed::word),
    })
}

/// The number of accounts by result.
#[derive(Default)]
struct Sums {
    good: usize,
    blocked: usize,
    idle: usize,
    relay: BTreeMap<Relayed, usize>,
}

impl Sums {
    fn add(&mut self, checked: &Checked) {
        match &checked.blocked {
            None => self.good += 1,
            Some(Blocked::Idle) => self.idle += 1,
            Some(_) => self.blocked += 1,
        }
        if let Some(relay) = checked.relay {
            *self.relay.entry(relay).or_default() += 1;
        }
    }

    fn print(&self) {
        line("");
        line(format!("{} ok, {} blocked, {} without items", self.good, self.blocked, self.idle));
    }

    fn warn(&self) {
        let all: usize = self.relay.values().sum();
        for (relay, count) in self.relay.iter().filter(|(relay, _)| **relay != Relayed::PassedOn) {
            say(format!("warning: {count} of {all} accounts are {} by the relay", relay.word()));
        }
    }

    fn outcome(&self) -> Outcome {
        Outcome::of_work(self.blocked > 0, self.good + self.idle > 0)
    }
}
