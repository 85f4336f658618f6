//! Output: lines for people, JSON for programs, errors with their causes.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::error::{Error, FileError};
use crate::measure::BEST_PSNR;

use super::outcome::Outcome;
use super::plain::{indented, plain, plain_json};
use super::remedy::remedy;

/// The most characters of a name or value that are shown.
#[cfg(feature = "mirror")]
const LONGEST_TEXT: usize = 32;

/// Prints a line to standard output. If the reader has closed the pipe, as `head` does, the program ends quietly.
#[cfg(feature = "mirror")]
pub fn line(text: impl Display) {
    print(&plain(&text.to_string()));
}

/// Prints several lines. Untrusted text in them must be [`plain`] already.
pub fn lines(text: impl Display) {
    for line in text.to_string().split('\n') {
        print(&plain(line));
    }
}

/// Prints a value as one line of JSON.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => print(&plain_json(&text)),
        Err(error) => say(format!("error: cannot write JSON: {error}")),
    }
}

/// Prints a value as indented JSON.
#[cfg(feature = "mirror")]
pub fn pretty_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&plain_json(&text)),
        Err(error) => say(format!("error: cannot write JSON: {error}")),
    }
}

fn print(text: &str) {
    if let Err(error) = writeln!(io::stdout().lock(), "{text}") {
        let gone = error.kind() == io::ErrorKind::BrokenPipe;
        std::process::exit(i32::from(!gone));
    }
}

/// Prints a line to standard error.
pub fn say(text: impl Display) {
    eprintln!("{}", plain(&text.to_string()));
}

/// Prints several lines to standard error; see [`lines`].
pub fn say_lines(text: impl Display) {
    for line in text.to_string().split('\n') {
        eprintln!("{}", plain(line));
    }
}

/// An error and its causes as text.
pub fn error_text(subject: &impl Display, error: &Error) -> String {
    let (subject, chain) = (subject.to_string(), error.chain());
    // If the text already names the file, it is not named twice.
    let is_named = matches!(error, Error::File(FileError::Read { path, .. }) if path.display().to_string() == subject);
    let subject = if is_named { String::new() } else { format!("{}: ", plain(&subject)) };
    let causes = chain[1..].iter().map(|cause| format!("\n  because: {}", indented(cause)));
    format!("error: {subject}{}{}{}", indented(&chain[0]), remedy(error), causes.collect::<String>())
}

/// Reports an error that ends a command, and returns the outcome.
pub fn ended(subject: &impl Display, error: &Error) -> Outcome {
    say_lines(error_text(subject, error));
    Outcome::of(error)
}

/// Columns that hold text.
const TEXTS: [&str; 20] = [
    "codec",
    "tape",
    "done",
    "preset",
    "was",
    "summary",
    "image",
    "output",
    "account",
    "type",
    "setting",
    "value",
    "from",
    "lexicon",
    "language",
    "published",
    "action",
    "endpoint",
    "url",
    "events",
];

/// A table without rules, as in `ls -l`: text left-aligned, numbers right-aligned.
pub fn table<const COLUMNS: usize>(header: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows.iter().map(|row| row.each_ref().map(|cell| plain(cell).into_owned())));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        let is_text = TEXTS.contains(&header[index]);
        column.set_cell_alignment(if is_text { CellAlignment::Left } else { CellAlignment::Right });
    }
    table.trim_fmt()
}

/// Untrusted text, cut to a length that fits a line.
#[cfg(feature = "mirror")]
pub fn shortened(text: &str) -> String {
    let text = &*plain(text);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A word quoted so that the command can be pasted into a shell.
#[cfg(feature = "mirror")]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%".contains(letter);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Bytes for people: `180.2 kB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// PSNR for people.
pub fn decibels(psnr: f64) -> String {
    if psnr >= BEST_PSNR { "exact".into() } else { format!("{psnr:.2} dB") }
}

/// Seconds for people.
pub fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}
