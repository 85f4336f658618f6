//! Blobs: pictures and videos that records refer to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use atrium_api::com::atproto::repo::upload_blob;
use atrium_api::com::atproto::sync::{get_blob, list_blobs};
use atrium_api::types::{BlobRef as AtBlobRef, LimitedNonZeroU16, TypedBlobRef};
use bytes::Bytes;
use cid::Cid;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;

use super::client::Pds;
use super::exchange::{Call, Content, MOST_ANSWER, Request};
use super::receive::Sink;
use super::session::Session;
use super::syntax::parse;
use crate::error::{Error, RemoteError, Result};
use crate::record::BlobRef;

/// The default limit on the size of a blob of a PDS, in bytes.
pub const MOST_BLOB: u64 = 5 << 20;

/// The bytes of a blob.
#[derive(Debug, Clone)]
pub enum Body {
    /// In memory.
    Bytes(Bytes),
    /// In a file, which is streamed.
    File {
        /// The file.
        path: PathBuf,
        /// Its length.
        size: u64,
    },
}

impl Body {
    /// The number of bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { size, .. } => *size,
        }
    }
}

impl Pds {
    /// Uploads a blob and returns the reference for a record. The server keeps the blob for about an hour, and
    /// permanently only once a record refers to it. A second upload has no further effect.
    ///
    /// # Errors
    /// [`RemoteError::TooLarge`] if the blob exceeds the server's limit; if the server received something other than
    /// `expected`; if it refuses or does not respond.
    pub async fn upload_blob(
        &self,
        session: &Session,
        body: Body,
        mime_type: &str,
        expected: Option<&Cid>,
    ) -> Result<BlobRef> {
        let call = Call::upload(upload_blob::NSID, session.did());
        let mime_type = mime_type.to_owned();
        let content = match body {
            Body::Bytes(bytes) => Content::Bytes { bytes, mime_type },
            Body::File { path, size } => Content::File { path, size, mime_type },
        };
        let request = Request { call, method: Method::POST, query: String::new(), content, bearer: None };
        let body = session.exchange(self, request).await?.body;
        let wrong = |source| Error::Remote(RemoteError::Answer { call: call.nsid, source });
        let output: upload_blob::OutputData = serde_json::from_slice(&body).map_err(|error| wrong(error.into()))?;
        let AtBlobRef::Typed(TypedBlobRef::Blob(blob)) = output.blob else {
            return Err(wrong("response is a reference in the old form".into()));
        };
        let blob = BlobRef { cid: blob.r#ref.0, mime_type: blob.mime_type, size: blob.size as u64 };
        match expected {
            Some(expected) if *expected != blob.cid => {
                Err(wrong(format!("response is for {}, not for {expected} as sent", blob.cid).into()))
            }
            _ => Ok(blob),
        }
    }

    /// Reads a blob of at most this many bytes, if the server has it and a record refers to it.
    ///
    /// # Errors
    /// If the server does not respond, or the blob is longer or does not match its CID.
    pub async fn get_blob(&self, did: &str, cid: &Cid, most: u64) -> Result<Option<Bytes>> {
        Ok(self.receive_blob(did, cid, Sink::memory(most)).await?.map(|(bytes, _)| bytes))
    }

    /// Reads a blob without keeping it; returns its size in bytes.
    ///
    /// # Errors
    /// As [`Pds::get_blob`].
    pub async fn check_blob(&self, did: &str, cid: &Cid) -> Result<Option<u64>> {
        Ok(self.receive_blob(did, cid, Sink::hash(MOST_ANSWER, None)).await?.map(|(_, size)| size))
    }

    /// Reads a blob into an existing file; returns its size in bytes.
    ///
    /// # Errors
    /// As [`Pds::get_blob`]; if the file cannot be written.
    pub async fn save_blob(&self, did: &str, cid: &Cid, into: &Path) -> Result<Option<u64>> {
        let mut file = tokio::fs::File::options().write(true).open(into).await.map_err(Error::write(into))?;
        let sink = Sink::hash(MOST_ANSWER, Some((into, &mut file)));
        Ok(self.receive_blob(did, cid, sink).await?.map(|(_, size)| size))
    }

    async fn receive_blob(&self, did: &str, cid: &Cid, mut sink: Sink<'_>) -> Result<Option<(Bytes, u64)>> {
        let call = Call::read(get_blob::NSID);
        let query = format!("did={}&cid={cid}", utf8_percent_encode(did, NON_ALPHANUMERIC));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        match self.receive(&request, &mut sink).await {
            Ok(_) => {}
            Err(Error::Remote(RemoteError::Refused { name, message, .. }))
                if name == "BlobNotFound" || message == "Blob not found" =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let size = sink.size();
        let (found, bytes) = sink.into_blob().await?;
        if found != *cid {
            return Err(Error::Remote(RemoteError::Answer {
                call: call.nsid,
                source: format!("blob is not {cid}").into(),
            }));
        }
        Ok(Some((bytes, size)))
    }

    /// Lists the blobs that a repo's records refer to.
    ///
    /// # Errors
    /// If the server does not respond.
    pub async fn list_blobs(&self, did: &str) -> Result<HashSet<Cid>> {
        #[derive(Deserialize)]
        struct Page {
            cursor: Option<String>,
            cids: Vec<String>,
        }
        let call = Call::read(list_blobs::NSID);
        let mut found = HashSet::new();
        let mut cursor = None;
        loop {
            let parameters = list_blobs::ParametersData {
                cursor: cursor.take(),
                did: parse(did, "did")?,
                limit: Some(LimitedNonZeroU16::MAX),
                since: None,
            };
            let page: Page = self.query(call, Some(parameters)).await?;
            let is_last = page.cursor.is_none() || page.cids.is_empty();
            for cid in page.cids {
                let wrong =
                    |error: cid::Error| Error::Remote(RemoteError::Answer { call: call.nsid, source: error.into() });
                found.insert(cid.parse().map_err(wrong)?);
            }
            if is_last {
                return Ok(found);
            }
            cursor = page.cursor;
        }
    }
}
