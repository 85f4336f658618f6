//! `telecine convert`: tapes to MP4s and thumbnails, many at once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use crate::error::{Error, FileError, Result};
use crate::storyboard;
use crate::tape::{Limits, Tape};
use crate::thumbnail;
use crate::video::{self, Preset, Transcoded};

use super::headings::{ENCODING, OUTPUT};
use super::limits::LimitArguments;
use super::outcome::{Outcome, usage_error};
use super::output::{self, Destination, Draft, is_same_file};
use super::plain::plain;
use super::presets::{PresetFile, StrictArgument};
use super::progress::{Progress, interrupted, stop_on_interrupt};
use super::report;
use super::source::TapeSource;

/// Characters to escape in an address: all but these could end the name or the line.
const NOT_IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Convert tapes to MP4s with thumbnails
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine convert tape.zip                       writes tape.mp4 and tape.jpg
  telecine convert tapes/*.zip --out-dir videos   converts all, on all cores
  telecine convert tape.zip -o small.mp4 --preset small
  telecine convert tape.zip --storyboard tape.webp
  curl -s https://example.org/tape.zip | telecine convert - > tape.mp4")]
pub struct Arguments {
    /// Tapes to convert; - reads standard input
    #[arg(required = true, value_name = "TAPE")]
    tapes: Vec<TapeSource>,
    /// Write the MP4 to FILE; - is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "out_dir", help_heading = OUTPUT)]
    output: Option<PathBuf>,
    /// Write all files to DIR, named after the tapes
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    out_dir: Option<PathBuf>,
    /// Preset to encode with; see `telecine presets list`
    #[arg(long, value_name = "NAME", default_value = "standard", help_heading = ENCODING)]
    preset: String,
    #[command(flatten)]
    preset_file: PresetFile,
    #[command(flatten)]
    strict: StrictArgument,
    /// Snap frames to a grid of FPS frames per second, for services that require a fixed rate
    #[arg(long, value_name = "FPS", value_parser = clap::value_parser!(u32).range(1..=240), help_heading = ENCODING)]
    snap: Option<u32>,
    /// Write the thumbnail to FILE instead of beside the MP4
    #[arg(long, value_name = "FILE", conflicts_with = "no_thumbnail", help_heading = OUTPUT)]
    thumbnail: Option<PathBuf>,
    /// Write no thumbnail
    #[arg(long, help_heading = OUTPUT)]
    no_thumbnail: bool,
    /// Write a storyboard to FILE: six frames in one WebP, and a .vtt beside it that lists when each is shown
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    storyboard: Option<PathBuf>,
    /// Print one JSON object per tape
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = ENCODING)]
    jobs: Option<u32>,
    /// Overwrite existing files
    #[arg(long, help_heading = OUTPUT)]
    force: bool,
    #[command(flatten)]
    limits: LimitArguments,
}

/// The settings that all tapes share.
struct Settings {
    preset: Preset,
    options: video::Options,
    limits: Limits,
    force: bool,
    pool: ThreadPool,
}

/// One tape and where its results go.
struct Job {
    tape: TapeSource,
    video: Destination,
    thumbnail: Option<PathBuf>,
    storyboard: Option<PathBuf>,
}

/// The report on a converted tape.
#[derive(Serialize)]
struct Converted {
    #[serde(flatten)]
    video: Transcoded,
    /// Why the tape was classified as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    preset: String,
    preset_version: u32,
    elapsed_seconds: f64,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let jobs = jobs(arguments);
    let settings = settings(arguments);
    if let Some(directory) = &arguments.out_dir
        && let Err(error) = std::fs::create_dir_all(directory)
    {
        return report::ended(&directory.display(), &Error::write(directory)(error));
    }
    stop_on_interrupt();
    let results = convert_all(&jobs, &settings);
    if interrupted() {
        report::say("error: interrupted; unfinished files were removed");
        return Outcome::Interrupted;
    }
    summarize(arguments, &jobs, &results);
    Outcome::of_all(&results)
}

fn settings(arguments: &Arguments) -> Settings {
    let pool = ThreadPoolBuilder::new()
        .num_threads(arguments.jobs.unwrap_or(0) as usize)
        .build()
        .unwrap_or_else(|error| usage_error(error));
    Settings {
        preset: arguments.strict.apply(arguments.preset_file.preset(&arguments.preset)),
        options: video::Options { snap: arguments.snap },
        limits: arguments.limits.limits(),
        force: arguments.force,
        pool,
    }
}

/// Works out where everything goes, before anything is done.
fn jobs(arguments: &Arguments) -> Vec<Job> {
    if arguments.tapes.len() > 1 && arguments.output.is_some() {
        usage_error("-o takes one tape; use --out-dir for many");
    }
    if arguments.tapes.len() > 1 && arguments.thumbnail.is_some() {
        usage_error("--thumbnail takes one tape; with several, thumbnails go beside their MP4s");
    }
    if arguments.tapes.len() > 1 && arguments.storyboard.is_some() {
        usage_error("--storyboard takes one tape");
    }
    if arguments.tapes.iter().filter(|tape| **tape == TapeSource::Stdin).count() > 1 {
        usage_error("- can be given once");
    }
    let mut taken = HashSet::new();
    let mut jobs = Vec::new();
    for tape in &arguments.tapes {
        let video = match (&arguments.output, &arguments.out_dir, tape) {
            (Some(output), _, _) => Destination::from(output.clone()),
            (None, Some(directory), tape) => Destination::File(directory.join(file_name(tape))),
            (None, None, TapeSource::Stdin) => Destination::Stdout,
            (None, None, TapeSource::File(path)) => Destination::File(path.with_extension("mp4")),
        };
        let thumbnail = match (&arguments.thumbnail, &video) {
            (Some(path), _) => Some(path.clone()),
            (None, Destination::File(path)) if !arguments.no_thumbnail && !video.is_special() => {
                Some(path.with_extension("jpg"))
            }
            _ => None,
        };
        let storyboard = arguments.storyboard.clone();
        let list = storyboard.as_deref().map(list_of);
        let files = [video.file(), thumbnail.as_deref(), storyboard.as_deref(), list.as_deref()];
        for path in files.into_iter().flatten() {
            if matches!(tape, TapeSource::File(tape) if is_same_file(tape, path)) {
                usage_error(format!("{} would replace the tape it is made from", path.display()));
            }
            if !taken.insert(path.to_path_buf()) {
                usage_error(format!("{} would be written twice; rename a tape", path.display()));
            }
        }
        jobs.push(Job { tape: tape.clone(), video, thumbnail, storyboard });
    }
    jobs
}

/// The path of a storyboard's list.
fn list_of(storyboard: &Path) -> PathBuf {
    storyboard.with_extension("vtt")
}

/// The storyboard of a tape and its list, each in a temporary file beside its destination.
fn storyboard_drafts(tape: &Tape, path: &Path, replace: bool) -> Result<[Draft; 2]> {
    let storyboard = storyboard::storyboard(tape)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let list = storyboard.vtt(&utf8_percent_encode(&name, NOT_IN_A_PATH).to_string());
    Ok([output::drafted(path, &storyboard.webp, replace)?, output::drafted(&list_of(path), list.as_bytes(), replace)?])
}

fn file_name(tape: &TapeSource) -> PathBuf {
    match tape {
        TapeSource::Stdin => "tape.mp4".into(),
        TapeSource::File(path) => Path::new(path.file_name().unwrap_or("tape".as_ref())).with_extension("mp4"),
    }
}

/// Converts every tape; one that fails does not stop the others. Returns the results in the order of the jobs.
///
/// A few threads each handle one tape, and all encoding runs in one pool: with one tape or a hundred, every core has a
/// chunk to encode, and no more tapes are open than there are cores.
fn convert_all(jobs: &[Job], settings: &Settings) -> Vec<Result<Converted>> {
    let progress = Progress::new(jobs.len());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..settings.pool.current_num_threads().min(jobs.len()) {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result =
                        if interrupted() { Err(Error::Interrupted) } else { convert(job, settings, &progress) };
                    match &result {
                        Ok(converted) => converted
                            .video
                            .warnings
                            .iter()
                            .for_each(|warning| progress.say(&plain(&format!("warning: {}: {warning}", job.tape)))),
                        Err(Error::Interrupted) => {}
                        Err(error) => progress.say(&report::error_text(&job.tape, error)),
                    }
                    let index = jobs.iter().position(|other| std::ptr::eq(other, job));
                    results.lock().expect("no thread panics while it holds the lock").push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics while it holds the lock");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn convert(job: &Job, settings: &Settings, progress: &Progress) -> Result<Converted> {
    let started = Instant::now();
    job.video.check(settings.force)?;
    let list = job.storyboard.as_deref().map(list_of);
    for path in [&job.thumbnail, &job.storyboard, &list].into_iter().flatten() {
        Destination::from(path.clone()).check(settings.force)?;
    }
    let tape = job.tape.open(&settings.limits)?;
    let mut draft = job.video.draft(settings.force)?;
    let bar = progress.tape(&job.tape.to_string());
    let transcoded =
        video::transcode(&tape, &settings.preset, settings.options, &settings.pool, &bar.monitor(), draft.file());
    let video = transcoded.map_err(|error| match error {
        Error::File(FileError::Output { source }) => Error::write(draft.path())(source),
        other => other,
    })?;
    // All files are complete before any of them appears.
    let thumbnail = match &job.thumbnail {
        Some(path) => Some(output::drafted(path, &thumbnail::tape(&tape)?.bytes, settings.force)?),
        None => None,
    };
    let storyboard = match &job.storyboard {
        Some(path) => Some(storyboard_drafts(&tape, path, settings.force)?),
        None => None,
    };
    draft.publish()?;
    thumbnail.into_iter().chain(storyboard.into_iter().flatten()).try_for_each(Draft::publish)?;
    Ok(Converted {
        why: video.look.map(|look| look.why()),
        video,
        preset: settings.preset.name.clone(),
        preset_version: settings.preset.version,
        elapsed_seconds: started.elapsed().as_secs_f64(),
    })
}

fn summarize(arguments: &Arguments, jobs: &[Job], results: &[Result<Converted>]) {
    if arguments.json {
        for (job, result) in jobs.iter().zip(results) {
            report::json(&json_line(job, result));
        }
        return;
    }
    let rows: Vec<_> = jobs
        .iter()
        .zip(results)
        .filter_map(|(job, result)| result.as_ref().ok().map(|converted| row(job, converted)))
        .collect();
    let table = report::table(["tape", "frames", "kept", "duration", "size", "scale", "time"], &rows);
    // Standard output may be the video itself.
    match jobs.iter().any(|job| job.video == Destination::Stdout) {
        _ if rows.is_empty() => {}
        true => report::say_lines(table),
        false => report::lines(table),
    }
    let failed = results.len() - rows.len();
    if failed > 0 && results.len() > 1 {
        report::say(format!("error: {failed} of {} tapes failed", results.len()));
    }
}

fn row(job: &Job, converted: &Converted) -> [String; 7] {
    let video = &converted.video;
    [
        job.tape.to_string(),
        video.frames.to_string(),
        video.kept.to_string(),
        report::seconds(video.duration.as_secs_f64()),
        report::bytes(video.bytes),
        format!("×{}", video.scale),
        report::seconds(converted.elapsed_seconds),
    ]
}

fn json_line(job: &Job, result: &Result<Converted>) -> serde_json::Value {
    let mut line = match result {
        Ok(converted) => serde_json::json!(converted),
        Err(error) => serde_json::json!({ "error": error.to_string(), "causes": error.chain()[1..] }),
    };
    line["tape"] = job.tape.to_string().into();
    if let Destination::File(path) = &job.video {
        line["output"] = path.display().to_string().into();
    }
    if let Some(path) = job.thumbnail.as_ref().filter(|_| result.is_ok()) {
        line["thumbnail"] = path.display().to_string().into();
    }
    if let Some(path) = job.storyboard.as_ref().filter(|_| result.is_ok()) {
        line["storyboard"] = path.display().to_string().into();
    }
    line
}
