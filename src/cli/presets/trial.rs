//! `telecine presets try`: measures every tape with every preset.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use crate::draw::{self, Area};
use crate::error::{Error, Result};
use crate::measure::{self, Measurement};
use crate::picture::{self, Picture};
use crate::tape::Tape;
use crate::video::{self, Preset};

use super::super::headings::{ENCODING, OUTPUT};
use super::super::limits::LimitArguments;
use super::super::outcome::{Outcome, usage_error};
use super::super::output::{self, Destination, Draft};
use super::super::progress::{Progress, interrupted, stop_on_interrupt};
use super::super::report;
use super::super::source::TapeSource;
use super::choice::PresetFile;
use super::sheet::{self, Cell, Row};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Tapes to convert; - reads standard input
    #[arg(required = true, value_name = "TAPE")]
    tapes: Vec<TapeSource>,
    /// Presets to try, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = ENCODING)]
    presets: Vec<String>,
    /// Draw a contact sheet to FILE, a PNG: a detail of each tape as each preset renders it
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    sheet: Option<PathBuf>,
    /// Overwrite an existing sheet
    #[arg(long, help_heading = OUTPUT)]
    force: bool,
    #[command(flatten)]
    preset_file: PresetFile,
    /// Print one JSON object per tape and preset
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = ENCODING)]
    jobs: Option<u32>,
    #[command(flatten)]
    limits: LimitArguments,
}

/// One preset on one tape.
#[derive(Debug, Serialize)]
struct Trial {
    tape: String,
    preset: String,
    preset_version: u32,
    /// How long the conversion took, without the measurement.
    encode_seconds: f64,
    #[serde(flatten)]
    measurement: Measurement,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let presets = chosen(arguments);
    let pool = ThreadPoolBuilder::new()
        .num_threads(arguments.jobs.unwrap_or(0) as usize)
        .build()
        .unwrap_or_else(|error| usage_error(error));
    if let Some(path) = &arguments.sheet
        && let Err(error) = Destination::from(path.clone()).check(arguments.force)
    {
        return report::ended(&path.display(), &error);
    }
    stop_on_interrupt();
    let (mut trials, mut rows, mut outcome) = (Vec::new(), Vec::new(), Outcome::Done);
    let progress = Progress::new(arguments.tapes.len() * presets.len());
    let mut fail = |subject: &str, error: &Error| {
        outcome = Outcome::of(error);
        if !interrupted() {
            progress.say(&report::error_text(&subject, error));
        }
    };
    for source in &arguments.tapes {
        match Bench::open(source, arguments) {
            Ok(mut bench) => {
                for preset in &presets {
                    let name = format!("{source} with {}", preset.name);
                    match bench.try_preset(preset, &pool, &progress.tape(&name).monitor()) {
                        Ok(trial) => trials.push(trial),
                        Err(error) => fail(&name, &error),
                    }
                }
                rows.push(bench.row);
            }
            Err(error) => fail(&source.to_string(), &error),
        }
    }
    drop(progress);
    if interrupted() {
        report::say("error: interrupted");
        return Outcome::Interrupted;
    }
    print(arguments, &trials);
    if let Some(path) = &arguments.sheet
        && let Err(error) =
            output::drafted(path, &draw::png(&sheet::sheet(&rows)), arguments.force).and_then(Draft::publish)
    {
        outcome = report::ended(&path.display(), &error);
    }
    outcome
}

fn chosen(arguments: &Arguments) -> Vec<Preset> {
    let presets = arguments.preset_file.load();
    if arguments.presets.is_empty() {
        return presets.iter().cloned().collect();
    }
    let get = |name: &String| presets.get(name).unwrap_or_else(|error| usage_error(error)).clone();
    arguments.presets.iter().map(get).collect()
}

/// A tape to try presets on.
struct Bench {
    name: String,
    tape: Tape,
    /// The frame shown on the sheet, and the part of it.
    shown: (usize, Area),
    row: Row,
}

impl Bench {
    fn open(source: &TapeSource, arguments: &Arguments) -> Result<Self> {
        let tape = source.open(&arguments.limits.limits())?;
        let (name, middle) = (source.to_string(), tape.frame_count() / 2);
        let mut picture = Picture::default();
        tape.reel().picture(middle, &mut picture::Decoder::default(), &mut picture)?;
        let area = sheet::busiest(&picture);
        let title = format!("{name}, {}x{}, frame {middle}", tape.width, tape.height);
        let source = Cell { part: draw::crop(&picture, area), labels: vec!["tape".into()] };
        Ok(Bench { name, tape, shown: (middle, area), row: Row { title, cells: vec![source] } })
    }

    /// Converts the tape to an unnamed file and measures it.
    fn try_preset(&mut self, preset: &Preset, pool: &ThreadPool, monitor: &video::Monitor) -> Result<Trial> {
        let mut file = tempfile::tempfile().map_err(Error::write(&std::env::temp_dir()))?;
        let started = Instant::now();
        video::transcode(&self.tape, preset, video::Options::default(), pool, monitor, &mut file)?;
        let encode_seconds = started.elapsed().as_secs_f64();
        let path = Path::new("the video");
        let mut measurement = pool.install(|| measure::measure(&self.tape, &file, path, monitor))?;

        let (middle, area) = self.shown;
        let on_show = measurement.series.partition_point(|frame| frame.frame <= middle).saturating_sub(1);
        let picture = measure::frame(&self.tape, &file, path, on_show, monitor)?;
        let labels = vec![
            preset.name.clone(),
            report::bytes(measurement.facts.bytes),
            report::decibels(measurement.psnr),
            format!("worst {}", report::decibels(measurement.psnr_worst.value)),
            format!("flat {} off", levels(measurement.flat_error)),
            format!("blocks {}", levels(measurement.blockiness)),
            report::seconds(encode_seconds),
        ];
        self.row.cells.push(Cell { part: draw::crop(&picture, area), labels });
        // `measure` reports single frames.
        measurement.series.clear();
        let (tape, preset_version) = (self.name.clone(), preset.version);
        Ok(Trial { tape, preset: preset.name.clone(), preset_version, encode_seconds, measurement })
    }
}

/// Levels of 255; a dash if there is nothing to measure.
fn levels(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.2}"))
}

fn print(arguments: &Arguments, trials: &[Trial]) {
    if arguments.json {
        trials.iter().for_each(report::json);
        return;
    }
    let row = |trial: &Trial| {
        let measurement = &trial.measurement;
        [
            trial.tape.clone(),
            trial.preset.clone(),
            format!("×{}", measurement.scale),
            report::bytes(measurement.facts.bytes),
            report::seconds(trial.encode_seconds),
            report::decibels(measurement.psnr),
            report::decibels(measurement.psnr_worst.value),
            levels(measurement.flat_error),
            levels(measurement.blockiness),
            format!("{:.5}", measurement.ssim),
            format!("{:+.1} ms", measurement.time_error.ms),
        ]
    };
    let header = ["tape", "preset", "scale", "size", "time", "psnr", "worst", "flat", "blocks", "ssim", "late"];
    let rows: Vec<_> = trials.iter().map(row).collect();
    if !rows.is_empty() {
        report::lines(report::table(header, &rows));
    }
}
