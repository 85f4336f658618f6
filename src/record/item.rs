//! The items that people make, as stored in MongoDB.

use std::fmt;
use std::str::FromStr;

use cid::Cid;
use jiff::Timestamp;

/// One of the five types of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Medium {
    /// A picture.
    Painting,
    /// A line of text.
    Mood,
    /// A program in JavaScript.
    Piece,
    /// A program in KidLisp.
    Kidlisp,
    /// A recording.
    Tape,
}

impl Medium {
    /// All media in processing order, the quick ones first.
    pub const ALL: [Medium; 5] = [Medium::Mood, Medium::Piece, Medium::Kidlisp, Medium::Painting, Medium::Tape];

    /// Its name in the singular: `painting`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Medium::Painting => "painting",
            Medium::Mood => "mood",
            Medium::Piece => "piece",
            Medium::Kidlisp => "kidlisp",
            Medium::Tape => "tape",
        }
    }

    /// Its name in the plural, which is also the name of its collection in MongoDB: `paintings`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Medium::Painting => "paintings",
            Medium::Mood => "moods",
            Medium::Piece => "pieces",
            Medium::Kidlisp => "kidlisp",
            Medium::Tape => "tapes",
        }
    }

    /// Its collection in a repo, which is also the id of its lexicon: `computer.aesthetic.painting`.
    #[must_use]
    pub fn collection(self) -> &'static str {
        match self {
            Medium::Painting => "computer.aesthetic.painting",
            Medium::Mood => "computer.aesthetic.mood",
            Medium::Piece => "computer.aesthetic.piece",
            Medium::Kidlisp => "computer.aesthetic.kidlisp",
            Medium::Tape => "computer.aesthetic.tape",
        }
    }

    /// The medium whose records are in that collection.
    #[must_use]
    pub fn of_collection(collection: &str) -> Option<Medium> {
        Medium::ALL.into_iter().find(|medium| medium.collection() == collection)
    }

    /// Whether items can be made without an account.
    #[must_use]
    pub fn has_anonymous(self) -> bool {
        self != Medium::Mood
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Accepts both names, singular and plural.
impl FromStr for Medium {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_named = |medium: &Medium| text == medium.name() || text == medium.plural();
        Medium::ALL
            .into_iter()
            .find(is_named)
            .ok_or_else(|| format!("{text:?} is not one of paintings, moods, pieces, kidlisp and tapes"))
    }
}

/// The `_id` of an item in MongoDB, which is the `ref` in records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub [u8; 12]);

impl Id {
    /// The time at which the id was generated, to the second: an id starts with it.
    #[must_use]
    pub fn made(self) -> Timestamp {
        let [a, b, c, d, ..] = self.0;
        // 32 bits of seconds end in 2106, which is in range.
        Timestamp::from_second(u32::from_be_bytes([a, b, c, d]).into()).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not an id of 24 hexadecimal digits");
        if text.len() != 24 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut id = Id([0; 12]);
        for (index, byte) in id.0.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
        }
        Ok(id)
    }
}

/// The keys of an item's record in MongoDB. Tapes store the key in two places, and old tools know only one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredKeys {
    /// `atproto.rkey`; all media.
    pub atproto: Option<String>,
    /// `at.rkey`; tapes only.
    pub at: Option<String>,
    /// `at.preset`, `at.video` and `at.warnings`, for tapes whose video Telecine made.
    pub video: Option<StoredVideo>,
}

/// How a video was made, as stored in MongoDB. It applies only to the video with this CID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVideo {
    /// The preset with its version, and the codec that it chose: `archive@3/av1`. Older entries have no codec.
    pub preset: String,
    /// The video's own hash.
    pub cid: Cid,
    /// Warnings about the tape.
    pub warnings: Vec<String>,
}

impl StoredVideo {
    /// Whether it was made with that preset in that version: `archive@3`.
    #[must_use]
    pub fn is_of(&self, preset: &str) -> bool {
        self.preset == preset || self.preset.rsplit_once('/').is_some_and(|(name, _)| name == preset)
    }
}

/// An item that a user made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its identity on both sides.
    pub id: Id,
    /// When it was made, in milliseconds since 1970.
    pub when: i64,
    /// The keys of its record, according to MongoDB.
    pub keys: StoredKeys,
    /// Whether its maker or a moderator took it back: `nuked`, or `deleted` for moods.
    pub nuked: bool,
    /// Its content.
    pub content: Content,
}

/// The content of an item, by medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A picture.
    Painting {
        /// The name of its file; `image:recording` for anonymous paintings with a recording.
        slug: String,
        /// Its short code.
        code: String,
        /// The bucket of its file, if MongoDB names it.
        bucket: Option<String>,
    },
    /// A line of text.
    Mood {
        /// The text.
        text: String,
    },
    /// A program in JavaScript.
    Piece {
        /// The name of its file.
        slug: String,
    },
    /// A program in KidLisp.
    Kidlisp {
        /// Its short code.
        code: String,
        /// The program.
        source: String,
    },
    /// A recording.
    Tape {
        /// The name of its file.
        slug: String,
        /// Its short code.
        code: String,
        /// The bucket of its file, if MongoDB names it.
        bucket: Option<String>,
        /// The form of its file.
        form: TapeForm,
        /// `mp4Status`: the state of its video according to MongoDB.
        status: Option<String>,
    },
}

/// The form of a tape's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeForm {
    /// A ZIP of frames.
    Zip,
    /// A finished MP4, posted as such.
    Mp4 {
        /// Its address, if MongoDB names it.
        url: Option<String>,
    },
}

impl Item {
    /// Its medium.
    #[must_use]
    pub fn medium(&self) -> Medium {
        match self.content {
            Content::Painting { .. } => Medium::Painting,
            Content::Mood { .. } => Medium::Mood,
            Content::Piece { .. } => Medium::Piece,
            Content::Kidlisp { .. } => Medium::Kidlisp,
            Content::Tape { .. } => Medium::Tape,
        }
    }

    /// Its short code, if its medium has one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.content {
            Content::Painting { code, .. } | Content::Kidlisp { code, .. } | Content::Tape { code, .. } => Some(code),
            Content::Mood { .. } | Content::Piece { .. } => None,
        }
    }

    /// Its label: its code, otherwise its slug, otherwise its id.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.content {
            Content::Painting { code, .. } | Content::Kidlisp { code, .. } | Content::Tape { code, .. }
                if !code.is_empty() =>
            {
                code.clone()
            }
            Content::Painting { slug, .. } | Content::Piece { slug } | Content::Tape { slug, .. } => slug.clone(),
            Content::Mood { .. } | Content::Kidlisp { .. } => self.id.to_string(),
        }
    }
}
