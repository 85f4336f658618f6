//! Lexicons beside what is published of them, and publishing what differs.

use std::net::SocketAddr;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::error::Result;
use crate::record::{Change, Medium, Schema};
use crate::remote::dns::{self, Answer};
use crate::remote::pds::{Existing, Pds, Session, Swap, Written};

/// Records read at once; there are five.
const AT_ONCE: usize = 5;

/// What DNS says before the DID.
const PREFIX: &str = "did=";

/// The lexicons of all media.
#[must_use]
pub fn embedded() -> Vec<Schema> {
    Medium::ALL.into_iter().map(Schema::of).collect()
}

/// A lexicon, and what is published under its name.
#[derive(Debug, Clone)]
pub struct LexiconDiff {
    /// The lexicon as it is here.
    pub schema: Schema,
    /// The record that is there.
    pub published: Option<Existing>,
    /// What is different; nothing where nothing is published.
    pub changes: Vec<Change>,
}

/// What publishing a lexicon would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexiconStep {
    /// Nothing is there yet.
    Create,
    /// Something else is there.
    Update,
    /// It is there.
    Keep,
}

impl LexiconDiff {
    fn new(schema: Schema, published: Option<Existing>) -> Self {
        let changes = published.as_ref().map(|published| schema.changes_since(&published.value)).unwrap_or_default();
        LexiconDiff { schema, published, changes }
    }

    /// What publishing it would come to.
    #[must_use]
    pub fn step(&self) -> LexiconStep {
        match &self.published {
            None => LexiconStep::Create,
            // Descriptions count here, though they are no changes to worry about.
            Some(published) if published.value == *self.schema.value() => LexiconStep::Keep,
            Some(_) => LexiconStep::Update,
        }
    }

    /// The changes that the protocol forbids.
    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_breaking())
    }
}

/// Compares lexicons with what an account has published of them. Without an account, nothing is published.
///
/// # Errors
/// What the server says.
pub async fn compare(pds: &Pds, did: Option<&str>, schemas: Vec<Schema>) -> Result<Vec<LexiconDiff>> {
    let compared = stream::iter(schemas).map(|schema| async move {
        let published = match did {
            Some(did) => pds.get_record(did, Schema::COLLECTION, schema.nsid()).await?,
            None => None,
        };
        Ok(LexiconDiff::new(schema, published))
    });
    compared.buffered(AT_ONCE).try_collect().await
}

/// Publishes a lexicon, if what is there is still what it was compared with.
///
/// # Errors
/// When it is not, or the server declines, or nobody knows whether it has happened.
pub async fn publish(pds: &Pds, session: &Session, comparison: &LexiconDiff) -> Result<Written> {
    let swap = comparison.published.as_ref().map_or(Swap::Missing, |published| Swap::Is(published.cid));
    pds.put_schema(session, &comparison.schema, swap).await
}

/// Whose word on lexicons counts, by DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// That of this account.
    Verified,
    /// That of another.
    Other(String),
    /// Nobody's.
    Missing,
    /// It cannot be found out from here.
    Unknown(String),
}

/// Asks DNS whether an account's word counts on the lexicons under a name such as `_lexicon.aesthetic.computer`.
pub async fn authority(name: &str, did: Option<&str>, server: Option<SocketAddr>) -> Authority {
    let texts = match dns::texts(name, server).await {
        Answer::Texts(texts) => texts,
        Answer::Nothing => return Authority::Missing,
        Answer::Silence(why) => return Authority::Unknown(why),
    };
    let dids: Vec<_> = texts.iter().filter_map(|text| text.strip_prefix(PREFIX)).collect();
    match dids[..] {
        [] => Authority::Missing,
        [found] if Some(found) == did => Authority::Verified,
        [found] => Authority::Other(found.into()),
        // Readers take none of several.
        _ => Authority::Other(dids.join(" and ")),
    }
}

/// The text that DNS has to hold for an account's word to count.
#[must_use]
pub fn dns_text(did: &str) -> String {
    format!("{PREFIX}{did}")
}
