//! `telecine --version`: the program, the commit that it is built from, and the libraries that make its videos.

use clap::error::{Error, ErrorKind};

use super::report::lines;
use crate::video::{Versions, versions};

/// The version and the commit, as `--version` shows them.
pub const WITH_COMMIT: &str = concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("TELECINE_COMMIT"), ")");

/// Ends a process whose arguments name no work: with help, the version, or what is wrong with them.
pub fn exit(asked: &Error) -> ! {
    let text = asked.to_string();
    // Libraries are named here and not by clap: libx264 tells its version only to those who encode with it.
    if asked.kind() == ErrorKind::DisplayVersion && text.contains(WITH_COMMIT) {
        lines(text.trim_end());
        lines(libraries(&versions()));
        std::process::exit(0);
    }
    asked.exit()
}

fn libraries(versions: &Versions) -> String {
    let x264 = versions.x264.as_deref().unwrap_or("missing");
    format!("FFmpeg {} (libavcodec {})\nlibx264 {x264}", versions.libav, versions.libavcodec)
}
