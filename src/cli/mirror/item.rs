//! One item as named on the command line.

use std::fmt;

use clap::Args;

use crate::error::{Result, SyncError};
use crate::record::Medium;
use crate::remote::mongo::Found;
use crate::sync::{Nuked, Orphans, Policy, Services};
use crate::video::Preset;

use super::network::ServerArguments;
use super::preset::PresetArguments;

/// The policy for single items: a nuked item gets a record that is marked as nuked.
pub const POLICY: Policy = Policy { nuked: Nuked::Flag, orphans: Orphans::Report };

/// One item and how its files are made.
#[derive(Debug, Args)]
pub struct ItemArguments {
    /// Type of the item: painting, mood, piece, kidlisp or tape
    #[arg(value_name = "TYPE")]
    medium: Medium,
    /// Code of the item, or its id in MongoDB
    #[arg(value_name = "CODE|ID")]
    name: String,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    pub servers: ServerArguments,
}

impl fmt::Display for ItemArguments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.medium, self.name)
    }
}

impl ItemArguments {
    /// Looks up the item in MongoDB.
    pub async fn find(&self, services: &Services) -> Result<Found> {
        let found = services.mongo.find(self.medium, &self.name).await?;
        found.ok_or_else(|| SyncError::Missing { subject: "item".into() }.into())
    }

    /// The preset for the item's video, if it is a tape.
    pub fn preset(&self) -> Preset {
        self.preset.preset()
    }
}
