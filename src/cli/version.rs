//! `telecine --version`: the program, the commit that it is built from, and the libraries that make its videos.

use clap::error::{Error, ErrorKind};

use super::report::lines;
use crate::video::{Versions, versions};

/// The version and the commit, as `--version` shows them.
pub const WITH_COMMIT: &str = concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("TELECINE_COMMIT"), ")");

/// Ends a process whose arguments name no work: prints help, the version, or a usage error.
pub fn exit(asked: &Error) -> ! {
    let text = asked.to_string();
    // Not by clap, because libx264 tells its version only while it encodes.
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
