//! The account whose repo holds the lexicons, and output that all lexicon commands share.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};

use crate::admin::lexicons::{LexiconDiff, dns_text};
use crate::cli::headings::SELECTION;
use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::record::Change;
use crate::remote::mongo::{Account, Mongo, Owner};

use super::super::network::ServerArguments;

/// The account whose repo holds the lexicons.
#[derive(Debug, Args)]
pub struct PublisherArguments {
    /// Account whose repo holds the lexicons [default: the guest account]
    #[arg(long, value_name = "HANDLE", help_heading = SELECTION)]
    pub account: Option<String>,
    #[command(flatten)]
    pub servers: ServerArguments,
}

impl PublisherArguments {
    /// Looks up the account in MongoDB.
    pub async fn find(&self, config: &Config) -> Result<Account> {
        let mongo = Mongo::connect(config).await?;
        let (subject, account) = match &self.account {
            Some(handle) => (format!("account {handle}"), mongo.account_named(handle).await?),
            None => ("guest account".into(), mongo.account(&Owner::Guest).await?),
        };
        account.ok_or_else(|| SyncError::Missing { subject }.into())
    }
}

/// The DNS names that must point to the authority for the lexicons.
pub fn dns_names(compared: &[LexiconDiff]) -> BTreeSet<String> {
    compared.iter().map(|one| one.schema.dns_name()).collect()
}

/// The line to add to the domain's zone.
pub fn dns_line(name: &str, did: &str) -> String {
    format!("{name} TXT \"{}\"", dns_text(did))
}

pub fn changes_json(changes: &[Change]) -> Vec<Value> {
    let json = |change: &Change| json!({ "text": change.to_string(), "breaking": change.is_breaking() });
    changes.iter().map(json).collect()
}
