//! Compares lexicons with the published ones, and publishes differences.

use std::net::SocketAddr;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::error::Result;
use crate::record::{Change, Medium, Schema};
use crate::remote::dns::{self, Answer};
use crate::remote::pds::{Existing, Pds, Session, Swap, Written};

/// Records read at once; there are five.
const AT_ONCE: usize = 5;

/// The prefix of the DID in DNS.
const PREFIX: &str = "did=";

/// The lexicons of all media.
#[must_use]
pub fn embedded() -> Vec<Schema> {
    Medium::ALL.into_iter().map(Schema::of).collect()
}

/// A lexicon and the published record of the same name.
#[derive(Debug, Clone)]
pub struct LexiconDiff {
    /// The local lexicon.
    pub schema: Schema,
    /// The published record, if any.
    pub published: Option<Existing>,
    /// The differences; empty if nothing is published.
    pub changes: Vec<Change>,
}

/// The step that publishes a lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexiconStep {
    /// Nothing is published yet.
    Create,
    /// A different lexicon is published.
    Update,
    /// The same lexicon is published.
    Keep,
}

impl LexiconDiff {
    fn new(schema: Schema, published: Option<Existing>) -> Self {
        let changes = published.as_ref().map(|published| schema.changes_since(&published.value)).unwrap_or_default();
        LexiconDiff { schema, published, changes }
    }

    /// The step that publishes it.
    #[must_use]
    pub fn step(&self) -> LexiconStep {
        match &self.published {
            None => LexiconStep::Create,
            // Descriptions count here, although they are not listed as changes.
            Some(published) if published.value == *self.schema.value() => LexiconStep::Keep,
            Some(_) => LexiconStep::Update,
        }
    }

    /// The changes that the protocol forbids.
    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_breaking())
    }
}

/// Compares lexicons with those that an account has published. Without an account, nothing is published.
///
/// # Errors
/// Those of the server.
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

/// Publishes a lexicon, if the published record has not changed since the comparison.
///
/// # Errors
/// If the record has changed, the server refuses, or the outcome is uncertain.
pub async fn publish(pds: &Pds, session: &Session, comparison: &LexiconDiff) -> Result<Written> {
    let swap = comparison.published.as_ref().map_or(Swap::Missing, |published| Swap::Is(published.cid));
    pds.put_schema(session, &comparison.schema, swap).await
}

/// The authority for lexicons according to DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// This account.
    Verified,
    /// Another account.
    Other(String),
    /// None.
    Missing,
    /// DNS cannot be queried from here.
    Unknown(String),
}

/// Asks DNS whether an account is the authority for the lexicons under a name such as `_lexicon.aesthetic.computer`.
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
        // Readers accept none of several.
        _ => Authority::Other(dids.join(" and ")),
    }
}

/// The DNS text that makes an account the authority.
#[must_use]
pub fn dns_text(did: &str) -> String {
    format!("{PREFIX}{did}")
}
