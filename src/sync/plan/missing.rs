//! The files that an item lacks.

use crate::record::{Content, Files, Item, TapeForm};

/// The files that an item lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MissingFiles {
    /// The thumbnail.
    pub thumbnail: bool,
    /// The MP4.
    pub video: bool,
    /// Whether it is still unknown if there is a recording.
    pub recording: bool,
}

impl MissingFiles {
    /// The files that an item lacks if its record has these.
    #[must_use]
    pub fn of(item: &Item, files: &Files) -> Self {
        match &item.content {
            Content::Painting { .. } => MissingFiles {
                thumbnail: files.thumbnail.is_none(),
                video: false,
                recording: !files.has_recording && files.thumbnail.is_none(),
            },
            Content::Tape { form, .. } => MissingFiles {
                // A thumbnail of a posted MP4 would expose libav to an untrusted file.
                thumbnail: files.thumbnail.is_none() && *form == TapeForm::Zip,
                video: files.video.is_none(),
                recording: false,
            },
            _ => MissingFiles::default(),
        }
    }

    /// The fields of a record that refer to them.
    #[must_use]
    pub fn fields(self) -> Vec<&'static str> {
        let fields = [(self.thumbnail, "thumbnail"), (self.video, "video"), (self.recording, "recordingUrl")];
        fields.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, field)| field).collect()
    }

    /// Whether any are missing.
    #[must_use]
    pub fn any(self) -> bool {
        self.thumbnail || self.video || self.recording
    }
}
