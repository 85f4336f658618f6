//! Which accounts and media a command is about, and what is to be of them.

use clap::{Args, ValueEnum};
use regex::{Regex, RegexBuilder};

use crate::error::{Result, SyncError};
use crate::record::Medium;
use crate::remote::mongo::{Account, Mongo};
use crate::sync::{Accounts, Nuked};

use crate::cli::outcome::usage_error;

/// Which media; all of them if nothing is said.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that the site's own script has")]
pub struct MediaArguments {
    /// Only these types, separated by commas
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<Medium>,
    #[arg(long, conflicts_with = "types", help = "Short for --types paintings")]
    paintings_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types moods")]
    moods_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types pieces")]
    pieces_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types kidlisp")]
    kidlisp_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types tapes")]
    tapes_only: bool,
}

impl MediaArguments {
    /// The chosen media, in the order in which they are worked on.
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

/// What becomes of items that were taken back.
#[derive(Debug, Args)]
pub struct NukedArguments {
    /// What becomes of items that were taken back: a record that says so, or none
    #[arg(long, value_enum, default_value_t = NukedArgument::Flag)]
    nuked: NukedArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NukedArgument {
    Flag,
    Withhold,
}

impl NukedArguments {
    /// What they say.
    pub fn nuked(&self) -> Nuked {
        match self.nuked {
            NukedArgument::Flag => Nuked::Flag,
            NukedArgument::Withhold => Nuked::Withhold,
        }
    }
}

/// What `--user` says, whatever the case. Ends the process with a usage error if it is no regular expression.
pub fn pattern(user: &str) -> Regex {
    let pattern = RegexBuilder::new(user).case_insensitive(true).build();
    pattern.unwrap_or_else(|error| usage_error(format!("--user is not a regular expression: {error}")))
}

/// One account, by its handle.
#[derive(Debug, Args)]
pub struct AccountArgument {
    /// Whose: the handle on the PDS, or the one on the site
    #[arg(value_name = "HANDLE")]
    pub handle: String,
}

impl AccountArgument {
    /// Looks it up.
    pub async fn find(&self, mongo: &Mongo) -> Result<Account> {
        find(mongo, &self.handle).await
    }
}

/// One account, that of the guests, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountsArguments {
    /// Whose: the handle on the PDS, or the one on the site
    #[arg(value_name = "HANDLE")]
    handle: Option<String>,
    /// What was made without an account
    #[arg(long)]
    anonymous: bool,
    /// All accounts
    #[arg(long)]
    all: bool,
}

impl AccountsArguments {
    /// Looks them up.
    pub async fn find(&self, mongo: &Mongo) -> Result<Accounts> {
        Ok(match &self.handle {
            Some(handle) => Accounts::Of(find(mongo, handle).await?.owner),
            None if self.anonymous => Accounts::Guest,
            None => Accounts::All,
        })
    }
}

/// How many accounts are worked on side by side.
#[derive(Debug, Args)]
pub struct AtOnceArgument {
    /// Work on so many accounts at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    users_at_once: u16,
}

impl AtOnceArgument {
    /// What it says.
    pub fn users(&self) -> usize {
        self.users_at_once.into()
    }
}

async fn find(mongo: &Mongo, handle: &str) -> Result<Account> {
    let missing = || SyncError::Missing { subject: format!("account {handle}") }.into();
    mongo.account_named(handle).await?.ok_or_else(missing)
}
