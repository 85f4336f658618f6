//! The options that name a preset and the file it comes from.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};
use crate::video::{Preset, Presets};

use super::super::headings::ENCODING;
use super::super::outcome::usage_error;

/// The default preset.
pub const STANDARD: &str = "standard";

/// Where presets beyond the built-in ones come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = ENCODING)]
pub struct PresetFile {
    /// TOML file that adds presets or changes built-in ones
    #[arg(long, value_name = "FILE")]
    preset_file: Option<PathBuf>,
}

/// How to treat tapes with flaws.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = ENCODING)]
pub struct StrictArgument {
    /// Treat every warning about a tape as an error
    #[arg(long)]
    pub strict: bool,
}

impl StrictArgument {
    /// The preset, made strict if this or the preset itself asks for it.
    pub fn apply(self, preset: Preset) -> Preset {
        Preset { strict: self.strict || preset.strict, ..preset }
    }
}

impl PresetFile {
    /// All presets. Ends the process with a usage error if the file is invalid.
    pub fn load(&self) -> Presets {
        self.try_load().unwrap_or_else(|error| usage_error(error.chain().join(": ")))
    }

    /// The preset of that name. Ends the process with a usage error if there is none.
    pub fn preset(&self, name: &str) -> Preset {
        self.load().get(name).unwrap_or_else(|error| usage_error(error)).clone()
    }

    fn try_load(&self) -> Result<Presets> {
        let presets = Presets::built_in()?;
        match &self.preset_file {
            Some(path) => presets.extended(path, &std::fs::read_to_string(path).map_err(Error::read(path))?),
            None => Ok(presets),
        }
    }
}
