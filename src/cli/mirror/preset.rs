//! How videos are encoded that get into records.

use clap::Args;

use crate::cli::presets::{PresetFile, StrictArgument};
use crate::video::Preset;

/// How videos are encoded that get into records: with the standard preset, unless another is named.
#[derive(Debug, Args)]
pub struct PresetArguments {
    /// How to encode tapes; see `telecine presets list` [default: standard]
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    file: PresetFile,
    #[command(flatten)]
    strict: StrictArgument,
}

impl PresetArguments {
    /// The preset. Ends the process with a usage error if there is none of that name, or the file is wrong.
    pub fn preset(&self) -> Preset {
        self.strict.apply(self.file.public(self.preset.as_deref()))
    }
}
