//! One item, as it is named on the command line.

use std::fmt;

use clap::Args;

use crate::error::{Error, Result};
use crate::record::{Item, Medium};
use crate::remote::mongo::Owner;
use crate::sync::{Accounts, Guards, Items, Nuked, Orphans, Policy, Scope, Services};
use crate::video::Preset;

use super::network::ServerArguments;
use super::presets::{PresetFile, StrictArgument};

/// One item and how its files are made.
#[derive(Debug, Args)]
pub struct ItemArguments {
    /// painting, mood, piece, kidlisp or tape
    medium: Medium,
    /// Its code, or its id in MongoDB
    #[arg(value_name = "CODE|ID")]
    name: String,
    /// How to encode a tape; see `telecine presets list` [default: standard]
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    preset_file: PresetFile,
    #[command(flatten)]
    strict: StrictArgument,
    #[command(flatten)]
    pub servers: ServerArguments,
}

impl fmt::Display for ItemArguments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.medium, self.name)
    }
}

impl ItemArguments {
    /// Looks it up in MongoDB; answers with whose it is and with a scope that holds it alone.
    pub async fn find(&self, services: &Services) -> Result<(Owner, Item, Scope)> {
        let found = services.mongo.find(self.medium, &self.name).await?;
        let missing = || Error::Document { subject: "item".into(), what: "is not in MongoDB".into() };
        let (owner, item) = found.ok_or_else(missing)?;
        let scope = Scope {
            media: vec![self.medium],
            accounts: Accounts::Of(owner.clone()),
            items: Items::Id(item.id),
            limit: None,
            policy: Policy { nuked: Nuked::Flag, orphans: Orphans::Report },
            guards: Guards::default(),
            looks_for_recordings: true,
            users_at_once: 1,
        };
        Ok((owner, item, scope))
    }

    /// How its files are made, if it is a tape.
    pub fn preset(&self) -> Preset {
        self.strict.apply(self.preset_file.public(self.preset.as_deref()))
    }
}
