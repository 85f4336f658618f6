//! One item, as it is named on the command line.

use std::fmt;

use clap::Args;

use crate::error::{Result, SyncError};
use crate::record::Medium;
use crate::remote::mongo::Found;
use crate::sync::{Nuked, Orphans, Policy, Services};
use crate::video::Preset;

use super::network::ServerArguments;
use super::preset::PresetArguments;

/// What becomes of one item: those that were taken back get a record that says so.
pub const POLICY: Policy = Policy { nuked: Nuked::Flag, orphans: Orphans::Report };

/// One item and how its files are made.
#[derive(Debug, Args)]
pub struct ItemArguments {
    /// painting, mood, piece, kidlisp or tape
    medium: Medium,
    /// Its code, or its id in MongoDB
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
    /// Looks it up in MongoDB.
    pub async fn find(&self, services: &Services) -> Result<Found> {
        let found = services.mongo.find(self.medium, &self.name).await?;
        found.ok_or_else(|| SyncError::Missing { subject: "item".into() }.into())
    }

    /// How its files are made, if it is a tape.
    pub fn preset(&self) -> Preset {
        self.preset.preset()
    }
}
