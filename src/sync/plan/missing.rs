//! The files that an item should have and does not.

use crate::record::{Content, Files, Item, TapeForm};

/// Which files an item should have and does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MissingFiles {
    /// The small picture.
    pub thumbnail: bool,
    /// The MP4.
    pub video: bool,
    /// Whether anybody knows if there is a recording.
    pub recording: bool,
}

impl MissingFiles {
    /// What an item lacks whose record has these.
    #[must_use]
    pub fn of(item: &Item, files: &Files) -> Self {
        match &item.content {
            Content::Painting { .. } => MissingFiles {
                thumbnail: files.thumbnail.is_none(),
                video: false,
                recording: !files.has_recording && files.thumbnail.is_none(),
            },
            Content::Tape { form, .. } => MissingFiles {
                // Making one of a posted MP4 would mean to give a stranger's file to libav.
                thumbnail: files.thumbnail.is_none() && *form == TapeForm::Zip,
                video: files.video.is_none(),
                recording: false,
            },
            _ => MissingFiles::default(),
        }
    }

    /// The fields of a record that they would be named in.
    #[must_use]
    pub fn fields(self) -> Vec<&'static str> {
        let fields = [(self.thumbnail, "thumbnail"), (self.video, "video"), (self.recording, "recordingUrl")];
        fields.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, field)| field).collect()
    }

    /// Whether there are any.
    #[must_use]
    pub fn any(self) -> bool {
        self.thumbnail || self.video || self.recording
    }
}
