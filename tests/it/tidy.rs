//! What the crate's documentation says that holds, as far as reading the source can tell.

mod imports;
mod pages;
mod proofs;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Crate, circles};

/// The longest a file may be: what one can keep in mind.
const MOST_LINES: usize = 400;

/// A Rust file: where it lies in the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines of code with their numbers, up to the unit tests; comments and texts within quotes left out.
    fn code(&self) -> impl Iterator<Item = (usize, String)> {
        let lines = self.text.lines().take_while(|line| *line != "#[cfg(test)]").enumerate();
        lines.map(|(index, line)| {
            let code = line.split("//").next().unwrap_or_default();
            (index + 1, code.split('"').step_by(2).collect())
        })
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Checks that none of `words` is in the code of those files.
fn nowhere(sources: &[Source], words: &[&str], reason: &str) {
    let mut found = Vec::new();
    for source in sources {
        for (number, code) in source.code() {
            if let Some(word) = words.iter().find(|word| code.contains(**word)) {
                found.push(format!("{}:{number}: {word}", source.path));
            }
        }
    }
    assert!(found.is_empty(), "{reason}\n{}", found.join("\n"));
}

/// The files of the library outside these folders.
fn outside(folders: &[&str]) -> Vec<Source> {
    let mut sources = sources("src");
    sources.retain(|source| !folders.iter().any(|folder| source.path.starts_with(folder)));
    sources
}

#[test]
fn only_the_video_floor_names_libav() {
    nowhere(&outside(&["src/video/"]), &["ffmpeg"], "libav belongs under src/video");
}

#[test]
fn the_library_prints_nothing_and_knows_no_environment() {
    let words =
        ["println!", "eprintln!", "print!(", "dbg!", "std::env", "env::", "std::process", "io::stdout", "io::stderr"];
    let library = outside(&["src/cli/", "src/main.rs", "src/config/"]);
    nowhere(&library, &words, "printing and the process are the command line's, the environment is its and config's");
}

#[test]
fn the_command_line_prints_through_what_makes_strangers_words_plain() {
    let mut own = sources("src/cli");
    own.retain(|source| !matches!(source.path.as_str(), "src/cli/report.rs" | "src/cli/mirror/confirm.rs"));
    nowhere(&own, &["println!", "eprintln!", "print!("], "printing goes through cli/report.rs");
}

#[test]
fn floors_import_only_floors_below_them() {
    let floors = [
        "error",
        "stop",
        "picture",
        "draw",
        "tape",
        "thumbnail",
        "record",
        "video",
        "storyboard",
        "measure",
        "config",
        "remote",
        "sync",
        "admin",
        "serve",
        "cli",
    ];
    let height = |file: &str| {
        let name = file.trim_start_matches("src/").split('/').next().unwrap_or_default().trim_end_matches(".rs");
        floors.iter().position(|floor| *floor == name)
    };
    let files = sources("src");
    let library = Crate::read(files.iter().map(|source| (source.path.as_str(), source.text.as_str())));
    let mut upwards = Vec::new();
    for (from, imports) in library.imports().into_iter().filter(|(from, _)| *from != "src/lib.rs") {
        let from_height = height(from).unwrap_or_else(|| panic!("{from} is on no floor"));
        let above = imports.into_iter().filter(|to| height(to).is_none_or(|height| height > from_height));
        upwards.extend(above.map(|to| format!("{from} -> {to}")));
    }
    assert!(upwards.is_empty(), "a floor imports only floors below it\n{}", upwards.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = sources("src");
    let library = Crate::read(files.iter().map(|source| (source.path.as_str(), source.text.as_str())));
    let imports = library.imports();
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > files.len(), "imports are not seen");
    let circles = circles(&imports);
    let described = circles.into_iter().map(|circle| {
        let ties = circle.iter().map(|from| {
            let to: Vec<_> = imports[from].intersection(&circle).copied().collect();
            format!("  {from} -> {}", to.join(", "))
        });
        ties.collect::<Vec<_>>().join("\n")
    });
    let described: Vec<_> = described.collect();
    assert!(described.is_empty(), "{} circles\n{}", described.len(), described.join("\n\n"));
}

#[test]
fn only_the_outside_edge_is_asynchronous_and_online() {
    let words = ["async fn", ".await", "tokio", "TcpStream", "TcpListener", "UdpSocket", "reqwest"];
    let inside = outside(&["src/cli/", "src/admin/", "src/sync/", "src/remote/", "src/serve/"]);
    nowhere(&inside, &words, "what makes videos and records is synchronous and offline");
}

#[test]
fn each_client_library_has_its_one_place() {
    let places = [
        ("aws_", "src/remote/spaces/"),
        ("atrium_", "src/remote/pds/"),
        ("hickory_", "src/remote/dns.rs"),
        ("axum::", "src/serve/http/"),
    ];
    for (library, place) in places {
        nowhere(&outside(&[place]), &[library], place);
    }
    let databases = ["src/remote/mongo/", "src/serve/store/"];
    nowhere(&outside(&databases), &["mongodb::"], "the site's database, and the service's own");
}

#[test]
fn records_are_made_without_network_database_or_clock() {
    let mut own = sources("src");
    own.retain(|source| source.path.starts_with("src/record/"));
    assert!(!own.is_empty());
    let words = ["async ", "tokio", "reqwest", "mongodb", "aws_", "atrium", "std::fs", "::now()"];
    nowhere(&own, &words, "records depend on nothing but their items and files");
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in ["src", "tests", "benches"].into_iter().filter(|folder| Path::new(folder).exists()).flat_map(sources)
    {
        assert!(source.text.starts_with("//! "), "{} does not open with //!", source.path);
    }
}

#[test]
fn no_file_is_longer_than_one_can_keep_in_mind() {
    for source in sources("src") {
        let lines = source.text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", source.path);
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Written so that this file does not find itself.
    let words = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let ignored = ["ignore", "allow(dead_code"].map(|word| format!("#[{word}"));
    let words: Vec<_> = words.iter().chain(&ignored).map(String::as_str).collect();
    for folder in ["src", "tests"] {
        nowhere(&sources(folder), &words, "what is there is finished, and every test runs");
    }
}

#[test]
fn unsafe_code_is_in_the_video_floor_only_and_each_says_why_it_is_sound() {
    let keyword = ["un", "safe "].concat();
    let word = keyword.as_str();
    nowhere(&outside(&["src/video/"]), &[word], "only calls of libav need it");
    nowhere(&sources("tests"), &[word], "tests do without");
    for source in sources("src/video") {
        let lines: Vec<_> = source.text.lines().collect();
        for (number, code) in source.code().filter(|(_, code)| code.contains(word)) {
            let comments = lines[..number - 1].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
            let explained = comments.into_iter().any(|line| line.contains("SAFETY:"));
            assert!(explained, "{}:{number}: {code} without a SAFETY comment above", source.path);
        }
    }
}
