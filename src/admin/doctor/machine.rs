//! Checks of this machine: libav with its encoders, and disk space for tapes.

use std::io;
use std::path::PathBuf;

use super::finding::Finding;
use crate::sync::items;
use crate::tape::Limits;
use crate::video::{Installed, installed};

/// The disk space for tapes in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The folder for temporary files.
    pub folder: PathBuf,
    /// Bytes that are free there.
    pub bytes: u64,
}

pub async fn look() -> Vec<Finding> {
    let room = tokio::task::spawn_blocking(room).await;
    let Installed { version, missing } = installed();
    let encoders = if missing.is_empty() {
        Finding::ok("encoders", "libx264 for pictures, aac for sound")
    } else {
        Finding::fail(
            "encoders",
            format!("libav has no {}", missing.join(" and no ")),
            "install an FFmpeg with libx264",
        )
    };
    let room = match room.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
        Ok(room) => weigh(&room, items(threads()) as u64),
        Err(error) => Finding::fail("disk", error.to_string(), "set TMPDIR to a folder with space for tapes"),
    };
    vec![Finding::ok("libav", format!("libavcodec {version}")), encoders, room]
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Measures the space for tapes by creating a file.
///
/// # Errors
/// If no file can be created.
pub fn room() -> io::Result<Room> {
    let probe = tempfile::NamedTempFile::new()?;
    let system = rustix::fs::fstatvfs(probe.as_file())?;
    let folder = probe.path().parent().unwrap_or(probe.path()).to_owned();
    Ok(Room { folder, bytes: system.f_bavail * system.f_frsize })
}

/// Rates the space for this many tapes of the maximum size at once.
fn weigh(room: &Room, tapes: u64) -> Finding {
    let tape = Limits::default().bytes;
    let detail = format!("{} MB free in {}", room.bytes / 1_000_000, room.folder.display());
    let remedy =
        format!("free space for {tapes} tapes of {} MB, or set TMPDIR to a folder with enough", tape / 1_000_000);
    match room.bytes / tape {
        0 => Finding::fail("disk", detail, remedy),
        fit if fit < tapes => Finding::warn("disk", detail, remedy),
        _ => Finding::ok("disk", detail),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn there_has_to_be_room_for_the_largest_tape_of_every_item_in_work() {
        let level = |bytes| weigh(&Room { folder: "/tmp".into(), bytes }, 2).level;
        assert_eq!([0, (1 << 30) - 1].map(level), [Level::Fail; 2]);
        assert_eq!([1 << 30, (2 << 30) - 1].map(level), [Level::Warn; 2]);
        assert_eq!(level(2 << 30), Level::Ok);
    }

    #[test]
    fn the_folder_of_this_machine_has_a_size() {
        assert!(room().unwrap().bytes > 0);
    }
}
