//! Blobs: pictures and videos that records refer to.

use std::collections::HashSet;
use std::path::PathBuf;

use atrium_api::com::atproto::repo::upload_blob;
use atrium_api::com::atproto::sync::{get_blob, list_blobs};
use atrium_api::types::{BlobRef as AtBlobRef, TypedBlobRef};
use bytes::Bytes;
use cid::Cid;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;

use super::client::Pds;
use super::exchange::{Call, Content, Request};
use super::session::Session;
use super::writes::parse;
use crate::error::{Error, Result};
use crate::record::BlobRef;

/// How large a blob every PDS takes whose operator has not said otherwise, in bytes.
pub const MOST_BLOB: u64 = 5 << 20;

/// The bytes of a blob.
#[derive(Debug, Clone)]
pub enum Body {
    /// In memory.
    Bytes(Bytes),
    /// In a file, sent as it is read.
    File {
        /// The file.
        path: PathBuf,
        /// Its length.
        size: u64,
    },
}

impl Body {
    /// How many bytes they are.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { size, .. } => *size,
        }
    }
}

impl Pds {
    /// Uploads a blob and says what a record has to call it. The server keeps it for an hour or so, for good only once
    /// a record refers to it. Uploading it twice is the same as once.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the server does not take that much; when what it has got is not `expected`; when it
    /// declines or does not answer.
    pub async fn upload_blob(
        &self,
        session: &Session,
        body: Body,
        mime_type: &str,
        expected: Option<&Cid>,
    ) -> Result<BlobRef> {
        let call = Call::upload(upload_blob::NSID, session);
        let mime_type = mime_type.to_owned();
        let content = match body {
            Body::Bytes(bytes) => Content::Bytes { bytes, mime_type },
            Body::File { path, size } => Content::File { path, size, mime_type },
        };
        let request = Request { call, method: Method::POST, query: String::new(), content, bearer: None };
        let body = self.exchange(&request).await?.body;
        let wrong = |source| Error::Answer { call: call.nsid, source };
        let output: upload_blob::OutputData = serde_json::from_slice(&body).map_err(|error| wrong(error.into()))?;
        let AtBlobRef::Typed(TypedBlobRef::Blob(blob)) = output.blob else {
            return Err(wrong("it is a reference of the old form".into()));
        };
        let blob = BlobRef { cid: blob.r#ref.0, mime_type: blob.mime_type, size: blob.size as u64 };
        match expected {
            Some(expected) if *expected != blob.cid => {
                Err(wrong(format!("it is for {}, not for {expected} as sent", blob.cid).into()))
            }
            _ => Ok(blob),
        }
    }

    /// Reads a blob, if the server has it and a record refers to it.
    ///
    /// # Errors
    /// When the server does not answer, or what it gives is not what the CID stands for.
    pub async fn get_blob(&self, did: &str, cid: &Cid) -> Result<Option<Bytes>> {
        let call = Call::read(get_blob::NSID);
        let query = format!("did={}&cid={cid}", utf8_percent_encode(did, NON_ALPHANUMERIC));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        let bytes = match self.exchange(&request).await {
            Ok(answer) => answer.body,
            Err(Error::Refused { name, message, .. }) if name == "BlobNotFound" || message == "Blob not found" => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if BlobRef::of(&bytes, "").cid != *cid {
            return Err(Error::Answer { call: call.nsid, source: format!("it is not {cid}").into() });
        }
        Ok(Some(bytes))
    }

    /// The blobs that a repo's records refer to.
    ///
    /// # Errors
    /// When the server does not answer.
    ///
    /// # Panics
    /// Never.
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
                limit: Some(1000.try_into().expect("1 to 1000 are allowed")),
                since: None,
            };
            let page: Page = self.query(call, Some(parameters)).await?;
            let is_last = page.cursor.is_none() || page.cids.is_empty();
            for cid in page.cids {
                let wrong = |error: cid::Error| Error::Answer { call: call.nsid, source: error.into() };
                found.insert(cid.parse().map_err(wrong)?);
            }
            if is_last {
                return Ok(found);
            }
            cursor = page.cursor;
        }
    }
}
