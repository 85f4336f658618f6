//! `telecine measure`: the quality of a tape's MP4, made by any converter.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;

use crate::draw;
use crate::error::{Error, Result};
use crate::measure::{self, Measurement, Worst};
use crate::tape::{Limits, Tape};

use super::headings::OUTPUT;
use super::limits::LimitArguments;
use super::outcome::Outcome;
use super::output::{self, Destination};
use super::plain::plain;
use super::progress::{Progress, interrupted, stop_on_interrupt};
use super::source::TapeSource;
use super::{plot, report};

/// Measure an MP4 against the tape it was made from
#[derive(Debug, Args)]
#[command(after_help = "\
The MP4 may come from any converter that enlarges the tape by a whole number.

Examples:
  telecine measure tape.zip tape.mp4
  telecine measure tape.zip tape.mp4 --plot tape.png
  telecine measure tape.zip tape.mp4 --json | jq '.psnr, .dropped'")]
pub struct Arguments {
    /// The tape; - reads standard input
    #[arg(value_name = "TAPE")]
    tape: TapeSource,
    /// The video made from it
    #[arg(value_name = "MP4")]
    video: PathBuf,
    /// Print a JSON object that includes every frame
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Plot quality and size over time to FILE, a PNG
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    plot: Option<PathBuf>,
    /// Overwrite an existing plot
    #[arg(long, help_heading = OUTPUT)]
    force: bool,
    #[command(flatten)]
    limits: LimitArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    stop_on_interrupt();
    match measure_and_plot(arguments, &arguments.limits.limits()) {
        Ok((_, measurement)) if arguments.json => report::json(&with_names(arguments, serde_json::json!(measurement))),
        Ok((tape, measurement)) => report::lines(text(arguments, &tape, &measurement)),
        Err(_) if interrupted() => {
            report::say("error: interrupted");
            return Outcome::Interrupted;
        }
        Err(error) => {
            let outcome = report::ended(&arguments.video.display(), &error);
            if arguments.json {
                let (error, causes) = (error.to_string(), &error.chain()[1..]);
                report::json(&with_names(arguments, serde_json::json!({ "error": error, "causes": causes })));
            }
            return outcome;
        }
    }
    Outcome::Done
}

fn with_names(arguments: &Arguments, mut value: serde_json::Value) -> serde_json::Value {
    value["tape"] = arguments.tape.to_string().into();
    value["video"] = arguments.video.display().to_string().into();
    value
}

fn measure_and_plot(arguments: &Arguments, limits: &Limits) -> Result<(Tape, Measurement)> {
    let path = &arguments.video;
    if let Some(plot) = &arguments.plot {
        Destination::from(plot.clone()).check(arguments.force)?;
    }
    let file = File::open(path).map_err(Error::read(path))?;
    let tape = arguments.tape.open(limits)?;
    let progress = Progress::new(1);
    let measurement = measure::measure(&tape, &file, path, &progress.tape(&path.display().to_string()).monitor())?;
    if let Some(plot) = &arguments.plot {
        let title = path.file_name().unwrap_or_default().to_string_lossy();
        output::drafted(plot, &draw::png(&plot::plot(&measurement, &title)), arguments.force)?.publish()?;
    }
    Ok((tape, measurement))
}

fn text(arguments: &Arguments, tape: &Tape, measurement: &Measurement) -> String {
    let name = format!("{} of {}", arguments.video.display(), arguments.tape);
    let mut lines = vec![plain(&name).into_owned()];
    let mut field = |name: &str, value: String| lines.push(format!("  {name:<10} {}", plain(&value)));
    let facts = &measurement.facts;
    let colors = [
        facts.matrix.map(|matrix| format!(", {matrix:?}").to_lowercase()),
        facts.range.map(|range| format!(", {range:?} range").to_lowercase()),
    ];
    let colors: String = colors.into_iter().flatten().collect();
    let (width, height, scale) = (facts.width, facts.height, measurement.scale);
    field("pictures", format!("{width}x{height}, ×{scale} of {}x{}", tape.width, tape.height));
    field("coding", format!("{}, {}{colors}", facts.codec, facts.pixel_format));
    field(
        "frames",
        format!("{}; {} dropped, {} doubled", measurement.frames, measurement.dropped, measurement.doubled),
    );
    let rate = measurement.bit_rate / 1000.0;
    field("size", format!("{}, {rate:.1} kbit/s", report::bytes(facts.bytes)));
    let worst_text =
        |value: String, worst: &Worst| format!("; worst {value} (frame {} at {:.3} s)", worst.frame, worst.seconds);
    let (psnr, ssim) = (&measurement.psnr_worst, &measurement.ssim_worst);
    field("psnr", report::decibels(measurement.psnr) + &worst_text(report::decibels(psnr.value), psnr));
    field("", format!("{} as the mean of the frames", report::decibels(measurement.psnr_of_frames)));
    field("ssim", format!("{:.5}", measurement.ssim) + &worst_text(format!("{:.5}", ssim.value), ssim));
    field("exact", format!("{:.3} % of the pixels", measurement.exact * 100.0));
    if let Some((error, worst)) = measurement.flat_error.zip(measurement.flat_error_worst.as_ref()) {
        let share = measurement.flat * 100.0;
        let worst_value = format!("{:.2}", worst.value);
        field("flat", format!("{error:.2} levels off on {share:.1} % of the pixels") + &worst_text(worst_value, worst));
    }
    if let Some(levels) = measurement.blockiness {
        field("blocks", format!("{levels:.2} levels at the edges of blocks"));
    }
    let late = &measurement.time_error;
    field("time", format!("{} at most (frame {})", signed(late.ms), late.frame));
    field("duration", format!("{:.3} s, {}", measurement.seconds, signed(measurement.duration_error_ms)));
    let sound = match (measurement.sound_offset_ms, tape.soundtrack(), facts.sound) {
        (Some(offset), ..) => signed(offset),
        (None, None, false) => "none".into(),
        (None, None, true) => "present, but the tape has none".into(),
        (None, Some(_), false) => "missing".into(),
        (None, Some(_), true) => "silent, or not that of the tape".into(),
    };
    field("sound", sound);
    lines.join("\n")
}

/// Milliseconds with their sign; a value that rounds to zero has none.
fn signed(milliseconds: f64) -> String {
    if milliseconds.abs() < 0.005 { "0 ms".into() } else { format!("{milliseconds:+.2} ms") }
}
