//! Uploads the files of an item to the PDS.

use std::collections::HashSet;

use cid::Cid;

use crate::error::Result;
use crate::record::Files;
use crate::remote::pds::{Body, Session};
use crate::sync::services::Services;

use super::item::LocalFiles;

/// Uploads new files, except those that the account already has; returns the files for the record, and the number of
/// bytes uploaded.
///
/// # Errors
/// Errors of the PDS.
pub async fn upload(
    services: &Services,
    session: &Session,
    listed: &HashSet<Cid>,
    mut made: LocalFiles,
    before: &Files,
) -> Result<(Files, u64)> {
    let mut uploaded = 0;
    for blob in made.thumbnail.iter_mut().chain(&mut made.video) {
        let reference = &blob.reference;
        if listed.contains(&reference.cid) {
            continue;
        }
        uploaded += reference.size;
        let body = Body::File { path: blob.file.path().into(), size: reference.size };
        // The server sniffs the type, which may differ; the record must repeat it.
        blob.reference = services.pds.upload_blob(session, body, &reference.mime_type, Some(&reference.cid)).await?;
    }
    Ok((made.files(before), uploaded))
}
