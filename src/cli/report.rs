//! What is printed: lines for people, JSON for machines, errors with their causes.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::error::{Error, FileError};
use crate::measure::BEST_PSNR;

use super::outcome::Outcome;
use super::plain::{indented, plain, plain_json};
use super::remedy::remedy;

/// How many characters of a name or value are shown.
#[cfg(feature = "mirror")]
const LONGEST_TEXT: usize = 32;

/// Prints a line to standard output. A reader that has gone away, as `head` does, ends the program quietly.
#[cfg(feature = "mirror")]
pub fn line(text: impl Display) {
    print(&plain(&text.to_string()));
}

/// Prints several lines, which hold no words of strangers but those that are [`plain`].
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

/// Prints a value as JSON that people read.
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

/// Prints to standard error, as [`lines`] does to standard output.
pub fn say_lines(text: impl Display) {
    for line in text.to_string().split('\n') {
        eprintln!("{}", plain(line));
    }
}

/// An error as text: what, and why.
pub fn error_text(subject: &impl Display, error: &Error) -> String {
    let (subject, chain) = (subject.to_string(), error.chain());
    // Where the text is about that very file, to name it once is enough.
    let is_named = matches!(error, Error::File(FileError::Read { path, .. }) if path.display().to_string() == subject);
    let subject = if is_named { String::new() } else { format!("{}: ", plain(&subject)) };
    let causes = chain[1..].iter().map(|cause| format!("\n  because: {}", indented(cause)));
    format!("error: {subject}{}{}{}", indented(&chain[0]), remedy(error), causes.collect::<String>())
}

/// Reports an error that ends something; what that comes to.
pub fn ended(subject: &impl Display, error: &Error) -> Outcome {
    say_lines(error_text(subject, error));
    Outcome::of(error)
}

/// Columns of names and sentences.
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

/// A table without rules, as `ls -l` has it: names and sentences left, numbers right.
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

/// Text of a stranger that may be long, cut to a length that a line has room for.
#[cfg(feature = "mirror")]
pub fn shortened(text: &str) -> String {
    let text = &*plain(text);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A word of a command that can be copied to a shell.
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
