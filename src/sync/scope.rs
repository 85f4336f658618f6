//! The selected part of the site: accounts, media, items.

use jiff::Timestamp;
use regex::Regex;

use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Owner, Unusable};

use super::policy::{Guards, Policy};

/// The scope of a sync.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The selected media.
    pub media: Vec<Medium>,
    /// The selected accounts.
    pub accounts: Accounts,
    /// The selected items.
    pub items: Items,
    /// The most items to process per account and medium.
    pub limit: Option<usize>,
    /// The policy on records.
    pub policy: Policy,
    /// The limits on deletions.
    pub guards: Guards,
    /// Whether to look for recordings that old records do not mention.
    pub looks_for_recordings: bool,
    /// The number of accounts to process in parallel.
    pub users_at_once: usize,
}

/// Which accounts.
#[derive(Debug, Clone)]
pub enum Accounts {
    /// All.
    All,
    /// The guest account, which owns items made without an account.
    Guest,
    /// Accounts whose handle matches.
    Matching(Regex),
    /// The account of one owner.
    Of(Owner),
}

impl Accounts {
    /// Whether the account is selected.
    #[must_use]
    pub fn includes(&self, account: &Account) -> bool {
        match self {
            Accounts::All => true,
            Accounts::Guest => account.owner == Owner::Guest,
            Accounts::Matching(pattern) => account.pds_handle.as_deref().is_some_and(|handle| pattern.is_match(handle)),
            Accounts::Of(owner) => account.owner == *owner,
        }
    }
}

/// Which items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    /// All.
    All,
    /// Items with this code.
    Code(String),
    /// One item.
    Id(Id),
    /// Items made before this time: the site may still be working on newer ones.
    MadeBefore(Timestamp),
}

impl Items {
    /// Whether the item is selected.
    #[must_use]
    pub fn includes(&self, item: &Item) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => item.code() == Some(code),
            Items::Id(id) => item.id == *id,
            Items::MadeBefore(then) => item.id.made() < *then,
        }
    }

    /// Whether an invalid item is selected.
    #[must_use]
    pub fn includes_unusable(&self, unusable: &Unusable) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => unusable.code.as_ref() == Some(code),
            Items::Id(id) => unusable.id == id.to_string(),
            Items::MadeBefore(then) => unusable.id.parse::<Id>().is_ok_and(|id| id.made() < *then),
        }
    }
}
