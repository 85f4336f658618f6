//! The state of a whole repo, in one request where the server can.

use atrium_api::com::atproto::{repo::list_records, sync::get_latest_commit, sync::get_repo};
use atrium_api::types::LimitedNonZeroU8;
use bytes::Bytes;
use cid::Cid;
use ipld_core::ipld::Ipld;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::car::Car;
use super::client::Pds;
use super::exchange::{Call, Content, Request};
use super::records::{Existing, Page};
use super::tree::Commit;
use super::{ipld, writes};
use crate::error::{Cause, Error, Result};
use crate::record::Medium;

/// What the collections of all media begin with. What others keep in the repo is not looked at.
const PREFIX: &str = "computer.aesthetic.";

/// A repo's records as of one commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The revision.
    pub rev: String,
    /// The commit, for [`Pds::apply_writes`] to make sure that nothing has changed since.
    pub commit: Cid,
    /// All records under `computer.aesthetic`.
    pub records: Vec<Existing>,
}

impl Pds {
    /// Reads a repo; `None` if the server has none for that DID. What the hashes cover is checked against them; the
    /// commit's signature is not, for it is this very server that we ask for its own state.
    ///
    /// # Errors
    /// When the server does not answer, or has the repo and does not give it out.
    pub async fn repo(&self, did: &str) -> Result<Option<Snapshot>> {
        let error = match self.repo_as_car(did).await {
            Ok(snapshot) => return Ok(Some(snapshot)),
            Err(Error::Refused { name, .. }) if name == "RepoNotFound" => return Ok(None),
            Err(error @ Error::Refused { status, .. }) if !matches!(status, 404 | 501) => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(did, chain = ?error.chain(), "reading the repo record by record");
        self.repo_as_lists(did).await
    }

    async fn repo_as_car(&self, did: &str) -> Result<Snapshot> {
        let call = Call::read_repo(get_repo::NSID);
        let query = format!("did={}", utf8_percent_encode(did, NON_ALPHANUMERIC));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        let body = self.exchange(&request).await?.body;
        let wanted = did.to_owned();
        // Hashing megabytes is no work for a thread that others wait for.
        let read = tokio::task::spawn_blocking(move || snapshot(body, &wanted)).await;
        read.unwrap_or_else(|panic| Err(panic.into())).map_err(|source| Error::Answer { call: call.nsid, source })
    }

    async fn repo_as_lists(&self, did: &str) -> Result<Option<Snapshot>> {
        let did_parameter = writes::parse(did, "did")?;
        let parameters = get_latest_commit::ParametersData { did: did_parameter };
        let call = Call::read(get_latest_commit::NSID);
        // Before the records: what is written meanwhile then shows as a swap that fails, and not at all else.
        let commit: get_latest_commit::OutputData = match self.query(call, Some(parameters)).await {
            Err(Error::Refused { name, .. }) if name == "RepoNotFound" => return Ok(None),
            commit => commit?,
        };
        let mut records = Vec::new();
        for medium in Medium::ALL {
            let mut cursor = None;
            loop {
                let parameters = list_records::ParametersData {
                    collection: writes::parse(medium.collection(), "collection")?,
                    cursor: cursor.take(),
                    limit: Some(LimitedNonZeroU8::MAX),
                    repo: writes::parse(did, "did")?,
                    reverse: Some(true),
                };
                let page: Page = self.query(Call::read(list_records::NSID), Some(parameters)).await?;
                let is_last = page.cursor.is_none() || page.records.is_empty();
                for listed in page.records {
                    records.push(listed.existing(list_records::NSID)?);
                }
                if is_last {
                    break;
                }
                cursor = page.cursor;
            }
        }
        Ok(Some(Snapshot { rev: commit.rev.to_string(), commit: *commit.cid.as_ref(), records }))
    }
}

fn snapshot(body: Bytes, did: &str) -> Result<Snapshot, Cause> {
    let car = Car::read(body)?;
    let commit = Commit::read(&car)?;
    if commit.did != did {
        return Err(format!("it is the repo of {}", commit.did).into());
    }
    let leaves = commit.records(&car, PREFIX)?;
    let records = leaves.into_iter().map(|leaf| {
        let value: Ipld = serde_ipld_dagcbor::from_slice(car.block(&leaf.cid)?)?;
        Ok(Existing { collection: leaf.collection, rkey: leaf.rkey, cid: leaf.cid, value: ipld::to_json(value) })
    });
    Ok(Snapshot { rev: commit.rev.clone(), commit: car.root, records: records.collect::<Result<_, Cause>>()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::encoder::{Records, repo};
    use super::*;

    const DID: &str = "did:plc:abc";

    fn mood(text: &str) -> Ipld {
        Ipld::Map([("mood".to_owned(), Ipld::String(text.into()))].into())
    }

    fn records() -> impl Strategy<Value = Records> {
        let collection = prop_oneof!["computer\\.aesthetic\\.(mood|tape|news)", "app\\.bsky\\.feed\\.post", "com\\.z"];
        let path = (collection, "[a-z2-7]{1,13}").prop_map(|(collection, rkey)| format!("{collection}/{rkey}"));
        prop::collection::btree_map(path, ".{0,40}".prop_map(|text| mood(&text)), 0..120)
    }

    proptest! {
        #[test]
        fn every_record_comes_back_and_no_other(records in records()) {
            let (car, commit) = repo(DID, &records);
            let read = snapshot(car, DID).unwrap();
            prop_assert_eq!((read.commit, read.rev.as_str()), (commit, "3m3aaaaaaaa2a"));
            let got: Vec<_> = read.records.iter().map(|record| {
                (format!("{}/{}", record.collection, record.rkey), record.value.clone())
            }).collect();
            let ours = records.into_iter().filter(|(path, _)| path.starts_with(PREFIX));
            let expected: Vec<_> = ours.map(|(path, value)| (path, ipld::to_json(value))).collect();
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn damage_never_goes_unseen(records in records(), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let (car, _) = repo(DID, &records);
            let intact = snapshot(car.clone(), DID).unwrap();
            let mut damaged = car.to_vec();
            damaged[place.index(car.len())] ^= 1 << bit;
            // A byte that says nothing, such as the order of the header's fields, may be another.
            if let Ok(read) = snapshot(damaged.into(), DID) {
                prop_assert_eq!(read.commit, intact.commit);
                prop_assert_eq!(read.records, intact.records);
            }
            let cut = place.index(car.len());
            prop_assert!(snapshot(car.slice(..cut), DID).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(snapshot(bytes.into(), DID).is_err());
        }
    }

    #[test]
    fn the_repo_of_somebody_else_is_not_taken() {
        let (car, _) = repo("did:plc:other", &Records::new());
        assert_eq!(snapshot(car, DID).unwrap_err().to_string(), "it is the repo of did:plc:other");
    }

    #[test]
    fn links_bytes_and_numbers_have_their_json() {
        let cid = repo(DID, &Records::new()).1;
        let value = Ipld::Map(
            [
                (
                    "blob".to_owned(),
                    Ipld::Map([("ref".to_owned(), Ipld::Link(cid)), ("size".into(), Ipld::Integer(7))].into()),
                ),
                ("list".into(), Ipld::List(vec![Ipld::Bytes(vec![1, 2]), Ipld::Null, Ipld::Bool(true)])),
            ]
            .into(),
        );
        let (car, _) = repo(DID, &[("computer.aesthetic.tape/a".to_owned(), value)].into());
        let expected = json!({
            "blob": { "ref": { "$link": cid.to_string() }, "size": 7 },
            "list": [{ "$bytes": "AQI" }, null, true],
        });
        assert_eq!(snapshot(car, DID).unwrap().records[0].value, expected);
    }
}
