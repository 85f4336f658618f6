//! `telecine inspect`: shows the contents of a tape without converting it.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::tape::{Facts, Limits, TICKS_PER_SECOND, Warning};
use crate::video::{self, Encoding, Look, Options, Preset};

use super::headings::{ENCODING, OUTPUT};
use super::limits::LimitArguments;
use super::plain::plain;
use super::presets::{PresetFile, STANDARD, StrictArgument};
use super::progress::{interrupted, stop_on_interrupt};
use super::source::TapeSource;
use super::{Outcome, report};

/// Common frame rates of displays and pieces; each gap between frames counts towards the nearest.
const RATES: [u32; 14] = [1, 5, 10, 12, 15, 20, 24, 30, 50, 60, 75, 90, 120, 144];

/// Width of the longest bar of the histogram.
const BAR: usize = 30;

/// Show the contents of tapes, how they would be encoded, and all warnings
///
/// All frames and all sound are decoded, so that a conversion gives no further warnings. Nothing is encoded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine inspect tape.zip
  telecine inspect tapes/*.zip --json | jq -r 'select(.warnings != []) | .tape'")]
pub struct Arguments {
    /// Tapes to inspect; - reads standard input
    #[arg(required = true, value_name = "TAPE")]
    tapes: Vec<TapeSource>,
    /// Preset to report on; see `telecine presets list`
    #[arg(long, value_name = "NAME", default_value = STANDARD, help_heading = ENCODING)]
    preset: String,
    #[command(flatten)]
    preset_file: PresetFile,
    /// Print one JSON object per tape
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    strict: StrictArgument,
    #[command(flatten)]
    limits: LimitArguments,
}

/// Everything that is known about a tape.
#[derive(Debug, Serialize)]
struct Inspection {
    #[serde(flatten)]
    facts: Facts,
    /// Numbers of gaps between frames, by the nearest common rate in frames per second.
    rates: BTreeMap<u32, usize>,
    look: Look,
    /// Why the tape was classified as it was.
    why: String,
    encoding: Choice,
    warnings: Vec<Warning>,
}

/// How the tape would be encoded.
#[derive(Debug, Serialize)]
struct Choice {
    preset: String,
    preset_version: u32,
    /// The encoding that would be used, or the candidates of which the smallest would be kept.
    variants: Vec<Variant>,
}

#[derive(Debug, Serialize)]
struct Variant {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    codec: video::Codec,
    scale: u32,
}

impl Choice {
    /// `standard 2, sharp: H.264 ×4`, or `archive 2: the smallest of …`.
    fn text(&self) -> String {
        let name = |variant: &Variant| variant.name.clone().unwrap_or_else(|| variant.codec.name().into());
        match self.variants.as_slice() {
            [only] => {
                let variant = only.name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
                let (codec, scale) = (only.codec.name(), only.scale);
                format!("{} {}{variant}: {codec} ×{scale}", self.preset, self.preset_version)
            }
            several => {
                let names: Vec<_> = several.iter().map(name).collect();
                format!("{} {}: the smallest of {}", self.preset, self.preset_version, names.join(", "))
            }
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    stop_on_interrupt();
    let preset = arguments.preset_file.preset(&arguments.preset);
    let mut outcome = Outcome::Done;
    for tape in &arguments.tapes {
        let inspected = inspect(tape, &arguments.limits.limits(), &preset);
        // A tape that `--strict` refuses for its warnings still has facts to show.
        let (inspection, error) = match inspected {
            Ok(inspection) if arguments.strict.strict => {
                let error = Error::strict(&inspection.warnings).err();
                (Some(inspection), error)
            }
            Ok(inspection) => (Some(inspection), None),
            Err(error) if Outcome::of(&error) == Outcome::Interrupted => return Outcome::Interrupted,
            Err(error) => (None, Some(error)),
        };
        let told = inspection.as_ref().map(|inspection| serde_json::json!(inspection));
        if let (Some(inspection), false) = (&inspection, arguments.json) {
            report::lines(text(tape, inspection));
        }
        let mut told = told.unwrap_or_else(|| serde_json::json!({}));
        if let Some(error) = error {
            outcome = report::ended(tape, &error);
            told["error"] = error.to_string().into();
            told["causes"] = error.chain()[1..].into();
        }
        if arguments.json {
            report::json(&with_name(tape, told));
        }
    }
    outcome
}

fn with_name(tape: &TapeSource, mut value: serde_json::Value) -> serde_json::Value {
    value["tape"] = tape.to_string().into();
    value
}

fn inspect(source: &TapeSource, limits: &Limits, preset: &Preset) -> Result<Inspection> {
    let tape = source.open(limits)?;
    tape.look_through(interrupted)?;
    let mut rates = BTreeMap::new();
    for shown in tape.timeline.shown().take(tape.timeline.len() - 1) {
        *rates.entry(nearest_rate(shown.duration as f64 / TICKS_PER_SECOND as f64)).or_default() += 1;
    }
    let video::Choice { encodings, look } = video::choice(&tape, preset, Options::default())?;
    Ok(Inspection {
        facts: tape.facts()?,
        rates,
        look,
        why: look.why(),
        encoding: Choice {
            preset: preset.name.clone(),
            preset_version: preset.version,
            variants: encodings.into_iter().map(variant).collect(),
        },
        warnings: tape.warnings(),
    })
}

fn variant(encoding: &Encoding) -> Variant {
    Variant { name: encoding.variant.clone(), codec: encoding.codec, scale: encoding.scale }
}

fn nearest_rate(gap: f64) -> u32 {
    let distance = |rate: u32| (f64::from(rate).ln() + gap.ln()).abs();
    RATES.into_iter().min_by(|&one, &other| distance(one).total_cmp(&distance(other))).unwrap_or(1)
}

fn text(tape: &TapeSource, inspection: &Inspection) -> String {
    let facts = &inspection.facts;
    let mut lines = vec![plain(&tape.to_string()).into_owned()];
    let mut field = |name: &str, value: String| lines.push(format!("  {name:<10} {}", plain(&value)));
    field("archive", format!("{} in {} files", report::bytes(facts.bytes), facts.entries));
    field("pictures", format!("{}x{}", facts.width, facts.height));
    field("frames", format!("{}, {} of them duplicates", facts.frames, facts.duplicates));
    field("duration", format!("{:.3} s", facts.seconds));
    let hold = &facts.longest_hold;
    field("longest", format!("{:.3} s (frame {})", hold.seconds, hold.frame));
    match &facts.sound {
        Some(sound) => field(
            "sound",
            format!(
                "{:.3} s, {} Hz, {}; {:+.3} s against the pictures",
                sound.seconds,
                sound.rate,
                sound.layout(),
                sound.surplus_seconds
            ),
        ),
        None => field("sound", "none".into()),
    }
    field("look", format!("{}: {}", inspection.look.kind.name(), inspection.why));
    field("encoding", inspection.encoding.text());
    if !facts.extra.is_empty() {
        field("ignored", facts.extra.join(", "));
    }
    let most = inspection.rates.values().copied().max().unwrap_or(1);
    for (rate, count) in inspection.rates.iter().rev() {
        let bar = "█".repeat((count * BAR).div_ceil(most));
        field(&format!("{rate} fps"), format!("{bar} {count}"));
    }
    lines.extend(inspection.warnings.iter().map(|warning| format!("  warning: {}", plain(&warning.to_string()))));
    lines.join("\n")
}
