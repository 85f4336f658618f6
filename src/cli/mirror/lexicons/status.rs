//! `telecine lexicons status`: shows the published lexicons, their account, and whether DNS points to it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use clap::Args;
use serde_json::json;

use super::super::network;
use super::publisher::{PublisherArguments, dns_line, dns_names};
use crate::admin::lexicons::{Authority, LexiconDiff, LexiconStep, authority, compare, embedded};
use crate::cli::headings::{OUTPUT, SERVERS};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, table};
use crate::config::Config;
use crate::error::Result;
use crate::record::Schema;
use crate::remote::Waits;

/// Show which lexicons are published, and whether DNS points to them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine lexicons status
  telecine lexicons status --nameserver 9.9.9.9")]
pub struct Arguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Ask this name server instead of the system's
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = nameserver, help_heading = SERVERS)]
    nameserver: Option<SocketAddr>,
    /// Print one JSON object per lexicon
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

fn nameserver(text: &str) -> Result<SocketAddr, String> {
    /// The port of name servers.
    const DOMAIN: u16 = 53;
    let without_port = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, DOMAIN));
    text.parse().or_else(|_| without_port()).map_err(|_| "expected an address such as 9.9.9.9 or 127.0.0.1:5353".into())
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"lexicons", &arguments.publisher.servers, async |config, waits| work(arguments, &config, waits).await)
}

async fn work(arguments: &Arguments, config: &Config, waits: Waits) -> Result<Outcome> {
    let pds = network::pds(config, waits)?;
    let account = arguments.publisher.find(config).await?;
    let did = account.did.as_deref();
    let compared = compare(&pds, did, embedded()).await?;
    let mut authorities = BTreeMap::new();
    for name in dns_names(&compared) {
        let found = authority(&name, did, arguments.nameserver).await;
        authorities.insert(name, found);
    }
    if arguments.json {
        for one in &compared {
            json(&status_json(one, did, &authorities[&one.schema.dns_name()]));
        }
        return Ok(Outcome::Done);
    }
    let row = |one: &LexiconDiff| [one.schema.nsid().to_owned(), standing(one).to_owned()];
    lines(table(["lexicon", "published"], &compared.iter().map(row).collect::<Vec<_>>()));
    line("");
    line(format!("account  {} {}", account.name(), did.unwrap_or("has no account on the PDS")));
    for (name, found) in &authorities {
        line(format!("dns      {name} {}", said(found)));
        if let (Some(did), Authority::Missing | Authority::Other(_)) = (did, found) {
            line(format!("needed   {}", dns_line(name, did)));
        }
    }
    Ok(Outcome::Done)
}

fn standing(comparison: &LexiconDiff) -> &'static str {
    match comparison.step() {
        LexiconStep::Create => "not published",
        LexiconStep::Keep => "published",
        LexiconStep::Update => "differs",
    }
}

fn said(authority: &Authority) -> String {
    match authority {
        Authority::Verified => "verified".into(),
        Authority::Other(did) => format!("points to another DID: {did}"),
        Authority::Missing => "missing".into(),
        Authority::Unknown(why) => format!("cannot be resolved here: {why}"),
    }
}

fn status_json(comparison: &LexiconDiff, did: Option<&str>, authority: &Authority) -> serde_json::Value {
    let schema = &comparison.schema;
    let uri = comparison.published.as_ref().zip(did);
    let uri = uri.map(|(_, did)| format!("at://{did}/{}/{}", Schema::COLLECTION, schema.nsid()));
    json!({
        "lexicon": schema.nsid(),
        "status": standing(comparison),
        "did": did,
        "uri": uri,
        "cid": comparison.published.as_ref().map(|published| published.cid.to_string()),
        "dns": { "name": schema.dns_name(), "status": said(authority) },
    })
}
