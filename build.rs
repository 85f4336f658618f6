//! Tells the program which commit it is built from: `TELECINE_COMMIT`, which packages set, or else what git says.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TELECINE_COMMIT");
    // A debug build would be compiled again after each commit, only to name it.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let given = env::var("TELECINE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| is_release.then(head).flatten());
    println!("cargo::rustc-env=TELECINE_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// The commit of this checkout. `None` without git, and for sources inside another repository.
fn head() -> Option<String> {
    if !git("rev-parse --show-prefix")?.is_empty() {
        return None;
    }
    // HEAD names a branch, and the log of HEAD grows with every commit on it. Cargo takes a missing file for a changed one.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&format!("rev-parse --git-path {file}"))?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git("rev-parse --short=12 HEAD")
}

fn git(arguments: &str) -> Option<String> {
    let output = Command::new("git").args(arguments.split(' ')).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
