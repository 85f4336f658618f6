//! Options that select the preset for published videos.

use clap::Args;

use crate::cli::headings::ENCODING;
use crate::cli::presets::{PresetFile, StrictArgument};
use crate::video::Preset;

/// The preset for published videos: the standard preset, unless another is named.
#[derive(Debug, Args)]
pub struct PresetArguments {
    /// Preset to encode tapes with; see `telecine presets list` [default: standard]
    #[arg(long, value_name = "NAME", help_heading = ENCODING)]
    preset: Option<String>,
    #[command(flatten)]
    file: PresetFile,
    #[command(flatten)]
    strict: StrictArgument,
}

impl PresetArguments {
    /// The preset. Ends the process with a usage error if no preset has that name, or the file is invalid.
    pub fn preset(&self) -> Preset {
        self.strict.apply(self.file.public(self.preset.as_deref()))
    }
}
