//! The state of the migration as a page: counts, bars, problems, and some of the pictures. HTML or Markdown.

use std::fmt::Write;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::{Error, Result};
use crate::record::BlobRef;
use crate::sync::{AccountComparison, Services, Tally};

use super::summary::Summary;
use super::text;
use crate::cli::plain::plain;

/// The most pictures on a page.
const MOST_PICTURES: usize = 24;

/// Maximum size of a picture in bytes, whatever its record says. Telecine's own thumbnails are smaller.
const MOST_PICTURE: u64 = 256 << 10;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .5rem;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}progress{width:5rem}li{font-family:ui-monospace,monospace;font-size:13px}
figure{display:inline-block;margin:.3rem;text-align:center;font-size:12px}img{width:96px;height:96px;object-fit:contain;
image-rendering:pixelated}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#333}}";

/// The legend to the list of problems.
const LEGEND: &str = "Lines start with + missing on the PDS, * different, &amp; duplicate, - on the PDS but not in \
    MongoDB, ! file missing or damaged, ? no record can be made";

/// The language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Markdown,
}

fn form(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()? {
        "html" | "htm" => Some(Form::Html),
        "md" | "markdown" => Some(Form::Markdown),
        _ => None,
    }
}

/// Parses the file name of a page, whose extension determines the language.
pub fn file(text: &str) -> std::result::Result<PathBuf, String> {
    let path = PathBuf::from(text);
    form(&path).map(|_| path).ok_or_else(|| "expected a name that ends in .html or .md".into())
}

/// A page under construction.
pub struct Page {
    path: PathBuf,
    form: Form,
    accounts: Vec<(String, Tally)>,
    problems: Vec<String>,
    pictures: Vec<(String, String, BlobRef)>,
}

impl Page {
    /// An empty page for that file. An existing file stays until the new page is complete.
    ///
    /// # Errors
    /// If the file cannot be written; this is checked before hours of comparing rather than after.
    pub fn new(path: &Path) -> Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map_err(Error::write(path))?;
        let form = form(path).unwrap_or(Form::Html);
        Ok(Page { path: path.into(), form, accounts: Vec::new(), problems: Vec::new(), pictures: Vec::new() })
    }

    /// Adds an account.
    pub fn add(&mut self, comparison: &AccountComparison) {
        let mut sum = Tally::default();
        comparison.media.values().for_each(|tally| sum += *tally);
        if sum != Tally::default() {
            self.accounts.push((comparison.account.clone(), sum));
        }
        self.problems.extend(text::lines(comparison));
        let room = MOST_PICTURES.saturating_sub(self.pictures.len());
        if let Some(did) = &comparison.did {
            let pictures = comparison.samples.iter().take(room);
            self.pictures.extend(pictures.map(|sample| (did.clone(), sample.label.clone(), sample.thumbnail.clone())));
        }
    }

    /// Writes the page. A picture that cannot be fetched is left out.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn write(mut self, services: &Services, summary: &Summary) -> Result<()> {
        self.accounts.sort_by(|one, other| one.0.cmp(&other.0));
        self.problems.sort();
        let text = match self.form {
            Form::Html => self.html(services, summary).await,
            Form::Markdown => self.markdown(services, summary),
        };
        std::fs::write(&self.path, text).map_err(Error::write(&self.path))
    }

    async fn html(&self, services: &Services, summary: &Summary) -> String {
        let mut pictures = String::new();
        for (did, label, BlobRef { cid, mime_type, .. }) in &self.pictures {
            let Ok(Some(bytes)) = services.pds.get_blob(did, cid, MOST_PICTURE).await else { continue };
            let (label, bytes) = (escaped(label), BASE64_STANDARD.encode(bytes));
            let source = format!("data:{};base64,{bytes}", escaped(mime_type));
            let _ =
                writeln!(pictures, "<figure><img src=\"{source}\" alt=\"\"><figcaption>{label}</figcaption></figure>");
        }
        let row = |name: &str, tally: &Tally| {
            let cells = tally.columns().map(|(_, count)| format!("<td>{count}</td>")).concat();
            let (name, done, items) = (escaped(name), tally.identical, tally.items);
            format!("<tr><td>{name}</td><td><progress value=\"{done}\" max=\"{items}\"></progress></td>{cells}</tr>\n")
        };
        let columns = Tally::default().columns();
        let head = format!(
            "<tr><th></th><th>done</th>{}</tr>\n",
            columns.map(|(name, _)| format!("<th>{name}</th>")).concat()
        );
        let types: String = summary.media.iter().map(|(medium, tally)| row(medium, tally)).collect();
        let accounts: String = self.accounts.iter().map(|(account, tally)| row(account, tally)).collect();
        let problems = self.problems.iter().map(|line| format!("<li>{}</li>\n", escaped(line)));
        let problems: String = problems.collect();
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Migration status</title>\n\
             <style>{STYLE}</style>\n<h1>Migration status</h1>\n<p>{} on {}</p>\n<p>{}</p>\n\
             <h2>By type</h2>\n<table>\n{head}{types}</table>\n\
             <h2>By account</h2>\n<table>\n{head}{accounts}</table>\n\
             <h2>Problems: {}</h2>\n<p>{LEGEND}</p>\n<ul>\n{problems}</ul>\n<h2>Some of the pictures</h2>\n{pictures}</html>\n",
            now(),
            escaped(services.pds.url()),
            escaped(&text::accounts(summary)),
            self.problems.len(),
        )
    }

    fn markdown(&self, services: &Services, summary: &Summary) -> String {
        let row = |name: &str, tally: &Tally| {
            let cells = tally.columns().map(|(_, count)| format!(" {count} |")).concat();
            format!("| {} | {} |{cells}\n", quoted(name), bar(tally))
        };
        let columns = Tally::default().columns();
        let head = format!(
            "| | done |{}\n|---|---|{}\n",
            columns.map(|(name, _)| format!(" {name} |")).concat(),
            "--:|".repeat(columns.len())
        );
        let types: String = summary.media.iter().map(|(medium, tally)| row(medium, tally)).collect();
        let accounts: String = self.accounts.iter().map(|(account, tally)| row(account, tally)).collect();
        let problems = self.problems.iter().map(|line| format!("* `{}`\n", line.replace('`', "'")));
        let problems: String = problems.collect();
        let url = services.pds.url();
        let picture = |(did, label, BlobRef { cid, .. }): &(String, String, BlobRef)| {
            format!("![{}]({url}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid})\n", quoted(label))
        };
        let pictures: String = self.pictures.iter().map(picture).collect();
        format!(
            "# Migration status\n\n{} on {url}\n\n{}\n\n## By type\n\n{head}{types}\n## By account\n\n{head}{accounts}\n\
             ## Problems: {}\n\n{LEGEND}\n\n{problems}\n## Some of the pictures\n\n{pictures}",
            now(),
            text::accounts(summary),
            self.problems.len(),
        )
    }
}

/// `██████████ 100 %`
pub fn bar(tally: &Tally) -> String {
    const WIDTH: usize = 10;
    let done = if tally.items == 0 { 1.0 } else { tally.identical as f64 / tally.items as f64 };
    // Rounded down: only a complete account has a full bar.
    let full = (done * WIDTH as f64) as usize;
    format!("{}{} {:.0} %", "█".repeat(full), "░".repeat(WIDTH - full), (done * 100.0).floor())
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn escaped(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text escaped for Markdown, including tables.
fn quoted(text: &str) -> String {
    let special = |letter: char| r"\`*_{}[]()<>#+-!|".contains(letter);
    plain(text).chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}
