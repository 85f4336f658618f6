//! `telecine presets`: lists presets, and compares some of them on a tape.

mod choice;
#[cfg(feature = "mirror")]
mod public;
mod sheet;
mod trial;

use clap::{Args, Subcommand};

use crate::video::{self, Preset, Quality};

use super::headings::OUTPUT;
use super::outcome::Outcome;
use super::report;

pub use choice::{PresetFile, STANDARD, StrictArgument};

/// List presets and try them on tapes
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all presets
    #[command(after_help = "\
Examples:
  telecine presets list
  telecine presets list --preset-file mine.toml --json")]
    List(ListArguments),
    /// Convert tapes with several presets and compare the results; keeps nothing
    #[command(after_help = "\
Examples:
  telecine presets try tape.zip
  telecine presets try tape.zip --presets standard,small --sheet compare.png
  telecine presets try tapes/*.zip --preset-file mine.toml --json")]
    Try(trial::Arguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    file: PresetFile,
    /// Print one JSON object per preset
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
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
