//! Which part of the site is looked at: accounts, media, items.

use jiff::Timestamp;
use regex::Regex;

use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Owner, Unusable};

use super::policy::{Guards, Policy};

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Which media.
    pub media: Vec<Medium>,
    /// Which accounts.
    pub accounts: Accounts,
    /// Which items.
    pub items: Items,
    /// How many items of each account and medium are worked on at most.
    pub limit: Option<usize>,
    /// Which of them should have records.
    pub policy: Policy,
    /// How much may be deleted.
    pub guards: Guards,
    /// Whether Spaces is asked for recordings that records of old do not tell of.
    pub looks_for_recordings: bool,
    /// How many accounts are worked on at the same time.
    pub users_at_once: usize,
}

/// Which accounts.
#[derive(Debug, Clone)]
pub enum Accounts {
    /// All of them.
    All,
    /// That of what was made without an account.
    Guest,
    /// Those whose handle matches.
    Matching(Regex),
    /// That of one owner.
    Of(Owner),
}

impl Accounts {
    /// Whether the account is one of them.
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
    /// All of them.
    All,
    /// Those with that code.
    Code(String),
    /// One.
    Id(Id),
    /// Those that were made before then: somebody else may still be working on younger ones.
    MadeBefore(Timestamp),
}

impl Items {
    /// Whether the item is one of them.
    #[must_use]
    pub fn includes(&self, item: &Item) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => item.code() == Some(code),
            Items::Id(id) => item.id == *id,
            Items::MadeBefore(then) => item.id.made() < *then,
        }
    }

    /// Whether what may be an item is one of them.
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
