//! The possible locations of items' files in Spaces. Pure.
//!
//! The site has changed its keys more than once, so each file has several candidates, the most likely first. Keys are
//! plain text here and are encoded when a URL is built.

use crate::error::{Error, Result, SyncError};
use crate::record::{Content, Item, Medium, TapeForm};
use crate::remote::mongo::Owner;

/// A possible location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The key in it.
    pub key: String,
}

/// The site's buckets, the only sources of files.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// For users with an account.
    pub users: String,
    /// For anonymous items.
    pub guests: String,
    /// For videos that the site made.
    pub videos: String,
}

impl Buckets {
    fn include(&self, bucket: &str) -> bool {
        [&self.users, &self.guests, &self.videos].iter().any(|own| *own == bucket)
    }
}

/// The possible locations of a tape's file: its ZIP, or its MP4 if one was posted.
///
/// # Errors
/// [`SyncError::Bucket`] for a bucket that is not the site's, [`SyncError::Key`] for an invalid file name.
pub fn tape(owner: &Owner, item: &Item, buckets: &Buckets) -> Result<Vec<Location>> {
    let Content::Tape { slug, code, bucket, form, .. } = &item.content else { return Ok(Vec::new()) };
    let extension = match form {
        TapeForm::Zip => "zip",
        TapeForm::Mp4 { .. } => "mp4",
    };
    let mut locations = under(owner, bucket.as_deref(), buckets, "video", &format!("{}.{extension}", bare(slug)))?;
    let bucket = match form {
        TapeForm::Zip => locations[0].bucket.clone(),
        TapeForm::Mp4 { .. } => buckets.videos.clone(),
    };
    locations.push(location(&bucket, format!("tapes/{code}.{extension}"))?);
    Ok(locations)
}

/// The possible locations of a painting.
///
/// # Errors
/// As [`tape`].
pub fn painting(owner: &Owner, item: &Item, buckets: &Buckets) -> Result<Vec<Location>> {
    let Content::Painting { slug, bucket, .. } = &item.content else { return Ok(Vec::new()) };
    let image = slug.split(':').next().unwrap_or_default();
    under(owner, bucket.as_deref(), buckets, "painting", &format!("{}.png", bare(image)))
}

/// The possible locations of a painting's recording.
///
/// # Errors
/// As [`tape`].
pub fn recording(owner: &Owner, item: &Item, buckets: &Buckets) -> Result<Vec<Location>> {
    let Content::Painting { slug, bucket, .. } = &item.content else { return Ok(Vec::new()) };
    let recording = slug.split(':').next_back().unwrap_or_default();
    under(owner, bucket.as_deref(), buckets, "painting", &format!("{}.zip", bare(recording)))
}

/// The possible locations of the file from which an item's record is made.
///
/// # Errors
/// As [`tape`].
pub fn of(owner: &Owner, item: &Item, buckets: &Buckets) -> Result<Vec<Location>> {
    match item.medium() {
        Medium::Tape => tape(owner, item, buckets),
        _ => painting(owner, item, buckets),
    }
}

/// A slug without its extension, which some have.
fn bare(slug: &str) -> &str {
    ["png", "zip", "mp4"].iter().find_map(|extension| slug.strip_suffix(extension)?.strip_suffix('.')).unwrap_or(slug)
}

/// Keys of users start with their id, optionally followed by a folder; some slugs include both already. Anonymous files
/// are at the top.
fn under(owner: &Owner, bucket: Option<&str>, buckets: &Buckets, folder: &str, name: &str) -> Result<Vec<Location>> {
    let bucket = match (bucket, owner) {
        (Some(bucket), _) if buckets.include(bucket) => bucket,
        (Some(bucket), _) => return Err(Error::Sync(SyncError::Bucket { bucket: bucket.into() })),
        // A file without an owner can only be in a bucket whose keys contain no user id.
        (None, Owner::Guest | Owner::Nobody(_)) => &buckets.guests,
        (None, Owner::User(_)) => &buckets.users,
    };
    let keys = match owner {
        // A folder would belong to a user.
        Owner::Guest | Owner::Nobody(_) if name.contains('/') => return Err(Error::Sync(SyncError::Key)),
        Owner::Guest | Owner::Nobody(_) => vec![name.to_owned()],
        Owner::User(id) if name.starts_with(&format!("{id}/")) => vec![name.to_owned()],
        Owner::User(id) => vec![format!("{id}/{name}"), format!("{id}/{folder}/{name}")],
    };
    keys.into_iter().map(|key| location(bucket, key)).collect()
}

/// A location whose key is unambiguous when it is split at slashes.
fn location(bucket: &str, key: String) -> Result<Location> {
    let is_name = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(char::is_control);
    if key.split('/').all(is_name) {
        Ok(Location { bucket: bucket.into(), key })
    } else {
        Err(Error::Sync(SyncError::Key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Id, StoredKeys};

    fn buckets() -> Buckets {
        Buckets { users: "users".into(), guests: "guests".into(), videos: "videos".into() }
    }

    fn item(content: Content) -> Item {
        Item { id: Id([1; 12]), when: 0, keys: StoredKeys::default(), nuked: false, content }
    }

    fn tape_of(slug: &str, bucket: Option<&str>, form: TapeForm) -> Item {
        let bucket = bucket.map(Into::into);
        item(Content::Tape { slug: slug.into(), code: "9Yo".into(), bucket, form, status: None })
    }

    fn painting_of(slug: &str) -> Item {
        item(Content::Painting { slug: slug.into(), code: "abc".into(), bucket: None })
    }

    fn paths(locations: Result<Vec<Location>>) -> Vec<String> {
        locations.unwrap().into_iter().map(|location| format!("{} {}", location.bucket, location.key)).collect()
    }

    #[test]
    fn a_tape_of_a_user_is_looked_for_where_it_was_put_in_each_epoch() {
        let user = Owner::User("auth0|1".into());
        let item = tape_of("2025.10.17.1.2.3.004", None, TapeForm::Zip);
        assert_eq!(
            paths(tape(&user, &item, &buckets())),
            [
                "users auth0|1/2025.10.17.1.2.3.004.zip",
                "users auth0|1/video/2025.10.17.1.2.3.004.zip",
                "users tapes/9Yo.zip"
            ]
        );
    }

    #[test]
    fn an_anonymous_tape_lies_at_the_top_of_the_bucket_it_names() {
        let item = tape_of("OJZDQoBh", Some("users"), TapeForm::Zip);
        assert_eq!(paths(tape(&Owner::Guest, &item, &buckets())), ["users OJZDQoBh.zip", "users tapes/9Yo.zip"]);
        let item = tape_of("OJZDQoBh", None, TapeForm::Mp4 { url: None });
        assert_eq!(paths(tape(&Owner::Guest, &item, &buckets())), ["guests OJZDQoBh.mp4", "videos tapes/9Yo.mp4"]);
    }

    #[test]
    fn the_picture_of_a_combined_slug_comes_first_and_its_recording_second() {
        let item = painting_of("aaaaaaaa:bbbbbbbb");
        assert_eq!(paths(painting(&Owner::Guest, &item, &buckets())), ["guests aaaaaaaa.png"]);
        assert_eq!(paths(recording(&Owner::Guest, &item, &buckets())), ["guests bbbbbbbb.zip"]);
    }

    #[test]
    fn a_slug_that_holds_the_folder_already_is_taken_as_it_is() {
        let user = Owner::User("auth0|1".into());
        let item = painting_of("auth0|1/painting/2023.8.24.png");
        assert_eq!(paths(painting(&user, &item, &buckets())), ["users auth0|1/painting/2023.8.24.png"]);
        let item = painting_of("2023.8.24.16.21.09.123");
        assert_eq!(
            paths(recording(&user, &item, &buckets())),
            ["users auth0|1/2023.8.24.16.21.09.123.zip", "users auth0|1/painting/2023.8.24.16.21.09.123.zip"]
        );
    }

    #[test]
    fn no_document_leads_out_of_the_buckets_or_to_files_of_others() {
        let user = Owner::User("auth0|1".into());
        for bucket in ["private", "", "users/..", "127.0.0.1:80/x?", "u:p@host/#", "USERS"] {
            let found = tape(&user, &tape_of("s", Some(bucket), TapeForm::Zip), &buckets());
            assert!(matches!(found, Err(Error::Sync(SyncError::Bucket { .. }))), "{bucket}: {found:?}");
        }
        for slug in ["../auth0|2/s", "auth0|1/../auth0|2/s", "a//b", "/a", "./a", "a\nb", "a\u{1b}", "auth0|1/.."] {
            let found = [
                tape(&user, &tape_of(slug, None, TapeForm::Zip), &buckets()),
                painting(&user, &painting_of(slug), &buckets()),
            ];
            let led_out = |found: &Result<Vec<Location>>| match found {
                // Three dots and an extension are a name.
                Ok(locations) => locations
                    .iter()
                    .any(|location| !location.key.starts_with("auth0|1/") && !location.key.starts_with("tapes/")),
                Err(error) => !matches!(error, Error::Sync(SyncError::Key)),
            };
            assert!(!found.iter().any(led_out), "{slug}: {found:?}");
        }
        for slug in ["auth0|2/s", "tapes/x", "../s"] {
            let found = tape(&Owner::Guest, &tape_of(slug, Some("users"), TapeForm::Zip), &buckets());
            assert!(matches!(found, Err(Error::Sync(SyncError::Key))), "{slug}: {found:?}");
        }
        let strange = Owner::User("../auth0|2".into());
        assert!(matches!(painting(&strange, &painting_of("s"), &buckets()), Err(Error::Sync(SyncError::Key))));
    }
}
