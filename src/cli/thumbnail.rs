//! `telecine thumbnail`: makes thumbnails of paintings.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::thumbnail::{self, MAX_FILE_BYTES, Thumbnail};

use super::headings::OUTPUT;
use super::outcome::{Outcome, usage_error};
use super::output::{Destination, is_same_file};
use super::progress::{interrupted, stop_on_interrupt};
use super::report;

/// Make thumbnails of paintings, as they are published
#[derive(Debug, Args)]
#[command(
    long_about = "\
Make thumbnails of paintings, as they are published

Each painting is fitted into a square of 512×512 pixels. The thumbnail is a PNG, a JPEG over black if the PNG exceeds \
100 KiB, or a smaller JPEG if that exceeds it, too.",
    after_help = "\
Examples:
  telecine thumbnail painting.png          writes painting-thumbnail.png
  telecine thumbnail paintings/*.png --out-dir small
  telecine thumbnail painting.png -o - | file -"
)]
pub struct Arguments {
    /// Paintings: PNG, JPEG or WebP
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Write the thumbnail to FILE; - is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "out_dir", help_heading = OUTPUT)]
    output: Option<PathBuf>,
    /// Write all thumbnails to DIR, named after the paintings
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    out_dir: Option<PathBuf>,
    /// Print one JSON object per painting
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    /// Overwrite existing files
    #[arg(long, help_heading = OUTPUT)]
    force: bool,
}

/// One painting and where its thumbnail goes.
struct Job {
    image: PathBuf,
    target: Target,
}

/// Where a thumbnail goes.
enum Target {
    Given(Destination),
    /// A path whose extension depends on the thumbnail's format.
    Named(PathBuf),
}

/// The report on a thumbnail.
struct MadeThumbnail {
    destination: Destination,
    thumbnail: Thumbnail,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let jobs = jobs(arguments);
    if let Some(directory) = &arguments.out_dir
        && let Err(error) = std::fs::create_dir_all(directory)
    {
        return report::ended(&directory.display(), &Error::write(directory)(error));
    }
    stop_on_interrupt();
    let results: Vec<_> = jobs.par_iter().map(|job| make(job, arguments.force)).collect();
    if interrupted() {
        report::say("error: interrupted; unfinished files were removed");
        return Outcome::Interrupted;
    }
    summarize(arguments, &jobs, &results);
    Outcome::of_all(&results)
}

/// Works out where everything goes, before anything is done.
fn jobs(arguments: &Arguments) -> Vec<Job> {
    if arguments.images.len() > 1 && arguments.output.is_some() {
        usage_error("-o takes one image; use --out-dir for many");
    }
    if arguments.json && arguments.output.as_deref() == Some(Path::new("-")) {
        usage_error("-o - takes all of standard output; leave out --json");
    }
    let mut taken = HashSet::new();
    let job = |image: &PathBuf| {
        let target = match (&arguments.output, &arguments.out_dir) {
            (Some(output), _) => Target::Given(Destination::from(output.clone())),
            (None, Some(directory)) => Target::Named(directory.join(name(image))),
            (None, None) => Target::Named(image.with_file_name(name(image))),
        };
        match &target {
            Target::Given(Destination::File(path)) if is_same_file(image, path) => {
                usage_error(format!("{} would replace the image it is made from", path.display()))
            }
            Target::Named(path) if !taken.insert(path.clone()) => {
                usage_error(format!("{} would be written twice; rename an image", path.display()))
            }
            _ => Job { image: image.clone(), target },
        }
    };
    arguments.images.iter().map(job).collect()
}

/// The name of an image's thumbnail, without its extension.
fn name(image: &Path) -> OsString {
    let mut name = image.file_stem().unwrap_or("image".as_ref()).to_os_string();
    name.push("-thumbnail");
    name
}

fn make(job: &Job, replace: bool) -> Result<MadeThumbnail> {
    if interrupted() {
        return Err(Error::Interrupted);
    }
    let thumbnail = thumbnail::painting(Cursor::new(read(&job.image)?))?;
    let destination = match &job.target {
        Target::Given(destination) => destination.clone(),
        Target::Named(path) => {
            let mut path = path.clone().into_os_string();
            path.push(if thumbnail.mime_type == "image/png" { ".png" } else { ".jpg" });
            Destination::File(path.into())
        }
    };
    let mut draft = destination.draft(replace)?;
    std::io::Write::write_all(draft.file(), &thumbnail.bytes).map_err(|error| Error::write(draft.path())(error))?;
    draft.publish()?;
    Ok(MadeThumbnail { destination, thumbnail })
}

/// Reads a file, and one byte beyond the limit so that the excess is noticed.
fn read(image: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(image).map_err(Error::read(image))?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Error::read(image))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let limit = format!("{MAX_FILE_BYTES} bytes");
        return Err(Error::Limit { what: "image has".into(), value: "too many bytes".into(), limit, bound: None });
    }
    Ok(bytes)
}

fn summarize(arguments: &Arguments, jobs: &[Job], results: &[Result<MadeThumbnail>]) {
    let mut rows = Vec::new();
    for (Job { image, .. }, result) in jobs.iter().zip(results) {
        match result {
            Ok(made) => rows.push(row(image, made)),
            Err(error) => report::say_lines(report::error_text(&image.display(), error)),
        }
        if arguments.json {
            report::json(&json_line(image, result));
        }
    }
    let table = report::table(["image", "output", "type", "side", "size"], &rows);
    // Standard output may be the thumbnail itself.
    match arguments.output.as_deref() == Some(Path::new("-")) {
        _ if rows.is_empty() || arguments.json => {}
        true => report::say_lines(table),
        false => report::lines(table),
    }
    let failed = results.len() - rows.len();
    if failed > 0 && results.len() > 1 {
        report::say(format!("error: {failed} of {} images failed", results.len()));
    }
}

fn row(image: &Path, MadeThumbnail { destination, thumbnail }: &MadeThumbnail) -> [String; 5] {
    let output = match destination {
        Destination::Stdout => "-".into(),
        Destination::File(path) => path.display().to_string(),
    };
    let (form, side) = (thumbnail.mime_type.trim_start_matches("image/"), thumbnail.width);
    [image.display().to_string(), output, form.into(), side.to_string(), report::bytes(thumbnail.bytes.len() as u64)]
}

fn json_line(image: &Path, result: &Result<MadeThumbnail>) -> Value {
    let mut line = match result {
        Ok(MadeThumbnail { thumbnail, .. }) => json!({
            "mime_type": thumbnail.mime_type,
            "width": thumbnail.width,
            "height": thumbnail.height,
            "bytes": thumbnail.bytes.len(),
        }),
        Err(error) => json!({ "error": error.to_string(), "causes": error.chain()[1..] }),
    };
    line["image"] = image.display().to_string().into();
    if let Ok(MadeThumbnail { destination: Destination::File(path), .. }) = result {
        line["output"] = path.display().to_string().into();
    }
    line
}
