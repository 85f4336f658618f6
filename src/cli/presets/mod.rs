//! `telecine presets`: list what there is; try some on a tape and compare.

mod sheet;
mod trial;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::error::{Error, Result};
use crate::video::{self, Player, Preset, Presets, Quality};

use super::{Outcome, limits, output, palette, plot, progress, report, source, usage_error};

/// The preset where none is named.
pub const STANDARD: &str = "standard";

/// List presets, and try them on tapes
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the presets there are
    #[command(after_help = "\
Examples:
  telecine presets list
  telecine presets list --preset-file mine.toml --json")]
    List(ListArguments),
    /// Convert tapes with several presets and compare the results; nothing is kept
    #[command(after_help = "\
Examples:
  telecine presets try tape.zip
  telecine presets try tape.zip --presets standard,small,incumbent --sheet compare.png
  telecine presets try tapes/*.zip --preset-file mine.toml --presets standard,mine --json")]
    Try(trial::Arguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    file: PresetFile,
    /// Print one JSON object for each preset
    #[arg(long)]
    json: bool,
}

/// Where presets beyond the built-in ones come from.
#[derive(Debug, Clone, Args)]
pub struct PresetFile {
    /// TOML file with presets to add, or keys of known ones to change
    #[arg(long, value_name = "FILE")]
    preset_file: Option<PathBuf>,
}

/// What to do about tapes with flaws.
#[derive(Debug, Clone, Copy, Args)]
pub struct StrictArgument {
    /// Take every warning about a tape for an error
    #[arg(long)]
    pub strict: bool,
}

impl StrictArgument {
    /// A preset that is as strict as this, or as itself.
    pub fn apply(self, preset: Preset) -> Preset {
        Preset { strict: self.strict || preset.strict, ..preset }
    }
}

impl PresetFile {
    /// All presets there are. Ends the process with a usage error if the file is wrong.
    pub fn load(&self) -> Presets {
        self.try_load().unwrap_or_else(|error| usage_error(error.chain().join(": ")))
    }

    /// The preset of that name. Ends the process with a usage error if there is none.
    pub fn preset(&self, name: &str) -> Preset {
        self.load().get(name).unwrap_or_else(|error| usage_error(error)).clone()
    }

    /// The preset for videos that records point to, and so for everybody: `named`, or the standard one. One that Safari
    /// does not play must be named; then that is only said. Ends the process with a usage error if there is none.
    pub fn public(&self, named: Option<&str>) -> Preset {
        let preset = self.preset(named.unwrap_or(STANDARD));
        if !preset.plays_in(Player::Safari) {
            let players: Vec<_> = preset.plays_in.iter().map(|player| player.name()).collect();
            let what = format!("preset {} does not play in Safari, only in {}", preset.name, players.join(" and "));
            if named.is_none() {
                usage_error(format!("{what}; name it with --preset if records may have such videos"));
            }
            report::say(format!("warning: {what}; on iPhones and most Macs, tapes will show nothing"));
        }
        preset
    }

    fn try_load(&self) -> Result<Presets> {
        let presets = Presets::built_in()?;
        match &self.preset_file {
            Some(path) => presets.extended(path, &std::fs::read_to_string(path).map_err(Error::read(path))?),
            None => Ok(presets),
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::List(arguments) => {
            list(arguments);
            Outcome::Done
        }
        Command::Try(arguments) => trial::run(arguments),
    }
}

fn list(arguments: &ListArguments) {
    let presets = arguments.file.load();
    if arguments.json {
        presets.iter().for_each(report::json);
        return;
    }
    let rows: Vec<_> = presets.iter().flat_map(|preset| rows(preset, video::has_encoder)).collect();
    report::lines(report::table(["preset", "version", "codec", "scale", "quality", "summary"], &rows));
}

/// A line for a preset, or one for each of its encodings.
fn rows(preset: &Preset, has_encoder: impl Fn(&str) -> bool) -> impl Iterator<Item = [String; 6]> {
    preset.encodings.iter().enumerate().map(move |(index, encoding)| {
        let quality = match encoding.quality {
            Quality::Crf(crf) => format!("crf {crf}"),
            Quality::Qp(qp) => format!("qp {qp}"),
            Quality::Adaptive(middle) => format!("adaptive {middle}"),
            Quality::Floor(floor) => format!("{} dB", floor.psnr),
            Quality::Lossless => "lossless".into(),
        };
        let (name, version, summary) = match index {
            0 => (preset.name.clone(), preset.version.to_string(), preset.summary.clone()),
            _ => (String::new(), String::new(), encoding.variant.clone().unwrap_or_default()),
        };
        let summary = match encoding.encoder() {
            encoder if has_encoder(encoder) => summary,
            encoder => format!("{summary} (not on this machine: libav has no {encoder})").trim_start().into(),
        };
        [name, version, encoding.codec.name().into(), format!("×{}", encoding.scale), quality, summary]
    })
}
