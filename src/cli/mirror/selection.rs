//! Options that select accounts and types of items.

use clap::{Args, ValueEnum};
use regex::{Regex, RegexBuilder};

use crate::error::{Result, SyncError};
use crate::record::Medium;
use crate::remote::mongo::{Account, Mongo};
use crate::sync::{Accounts, Nuked};

use crate::cli::headings::{SELECTION, SERVERS};
use crate::cli::outcome::usage_error;

/// The selected media: all by default.
#[derive(Debug, Args)]
#[command(next_help_heading = SELECTION)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that the site's own script has")]
pub struct MediaArguments {
    /// Select types, separated by commas: paintings, moods, pieces, kidlisp, tapes [default: all]
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<Medium>,
    #[arg(long, hide = true, conflicts_with = "types", help = "Short for --types paintings")]
    paintings_only: bool,
    #[arg(long, hide = true, conflicts_with = "types", help = "Short for --types moods")]
    moods_only: bool,
    #[arg(long, hide = true, conflicts_with = "types", help = "Short for --types pieces")]
    pieces_only: bool,
    #[arg(long, hide = true, conflicts_with = "types", help = "Short for --types kidlisp")]
    kidlisp_only: bool,
    #[arg(long, hide = true, conflicts_with = "types", help = "Short for --types tapes")]
    tapes_only: bool,
}

impl MediaArguments {
    /// The selected media, in processing order.
    pub fn media(&self) -> Vec<Medium> {
        let only = [
            (self.paintings_only, Medium::Painting),
            (self.moods_only, Medium::Mood),
            (self.pieces_only, Medium::Piece),
            (self.kidlisp_only, Medium::Kidlisp),
            (self.tapes_only, Medium::Tape),
        ];
        let chosen: Vec<_> = only.into_iter().filter(|(only, _)| *only).map(|(_, medium)| medium).collect();
        let is_chosen = |medium: &Medium| self.types.contains(medium) || chosen.contains(medium);
        if self.types.is_empty() && chosen.is_empty() {
            return Medium::ALL.to_vec();
        }
        Medium::ALL.into_iter().filter(is_chosen).collect()
    }
}

/// The treatment of nuked items.
#[derive(Debug, Args)]
#[command(next_help_heading = SELECTION)]
pub struct NukedArguments {
    /// Treatment of items that were nuked on the site
    #[arg(long, value_enum, default_value_t = NukedArgument::Flag)]
    nuked: NukedArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NukedArgument {
    /// Publish a record that is marked as nuked
    Flag,
    /// Publish no record
    Withhold,
}

impl NukedArguments {
    /// The policy.
    pub fn nuked(&self) -> Nuked {
        match self.nuked {
            NukedArgument::Flag => Nuked::Flag,
            NukedArgument::Withhold => Nuked::Withhold,
        }
    }
}

/// The pattern of `--user`, case-insensitive. Ends the process with a usage error if it is no regular expression.
pub fn pattern(user: &str) -> Regex {
    let pattern = RegexBuilder::new(user).case_insensitive(true).build();
    pattern.unwrap_or_else(|error| usage_error(format!("--user is not a regular expression: {error}")))
}

/// One account, by handle.
#[derive(Debug, Args)]
pub struct AccountArgument {
    /// Handle of the account, on the PDS or on the site
    #[arg(value_name = "HANDLE")]
    pub handle: String,
}

impl AccountArgument {
    /// Looks up the account.
    pub async fn find(&self, mongo: &Mongo) -> Result<Account> {
        find(mongo, &self.handle).await
    }
}

/// One account, the guest account, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountsArguments {
    /// Handle of the account, on the PDS or on the site
    #[arg(value_name = "HANDLE")]
    handle: Option<String>,
    /// Select items made without an account
    #[arg(long, help_heading = SELECTION)]
    anonymous: bool,
    /// Select all accounts
    #[arg(long, help_heading = SELECTION)]
    all: bool,
}

impl AccountsArguments {
    /// Looks up the accounts.
    pub async fn find(&self, mongo: &Mongo) -> Result<Accounts> {
        Ok(match &self.handle {
            Some(handle) => Accounts::Of(find(mongo, handle).await?.owner),
            None if self.anonymous => Accounts::Guest,
            None => Accounts::All,
        })
    }
}

/// The number of accounts to process in parallel.
#[derive(Debug, Args)]
#[command(next_help_heading = SERVERS)]
pub struct AtOnceArgument {
    /// Process up to N accounts at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    users_at_once: u16,
}

impl AtOnceArgument {
    /// The number.
    pub fn users(&self) -> usize {
        self.users_at_once.into()
    }
}

async fn find(mongo: &Mongo, handle: &str) -> Result<Account> {
    let missing = || SyncError::Missing { subject: format!("account {handle}") }.into();
    mongo.account_named(handle).await?.ok_or_else(missing)
}
