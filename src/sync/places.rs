//! Where the files of items may lie in Spaces. Pure.
//!
//! The site has changed its mind about keys more than once, so there are several candidates for each file, the most
//! likely first. Keys are plain text here; who makes a URL of one encodes it.

use crate::record::{Content, Item, TapeForm};
use crate::remote::mongo::Owner;

/// One place to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// The key in it.
    pub key: String,
}

/// The buckets that are used where an item does not name one.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Of people with an account.
    pub users: String,
    /// Of everybody else.
    pub guests: String,
    /// Of videos that the site made.
    pub videos: String,
}

/// Where a tape's file may lie: its ZIP, or its MP4 if that is what was posted.
#[must_use]
pub fn tape(owner: &Owner, item: &Item, buckets: &Buckets) -> Vec<Place> {
    let Content::Tape { slug, code, bucket, form, .. } = &item.content else { return Vec::new() };
    let extension = match form {
        TapeForm::Zip => "zip",
        TapeForm::Mp4 { .. } => "mp4",
    };
    let mut places = under(owner, bucket.as_deref(), buckets, "video", &format!("{}.{extension}", bare(slug)));
    if *form == TapeForm::Zip {
        let bucket = places[0].bucket.clone();
        places.push(Place { bucket, key: format!("tapes/{code}.zip") });
    } else {
        places.push(Place { bucket: buckets.videos.clone(), key: format!("tapes/{code}.mp4") });
    }
    places
}

/// Where a painting may lie.
#[must_use]
pub fn painting(owner: &Owner, item: &Item, buckets: &Buckets) -> Vec<Place> {
    let Content::Painting { slug, bucket, .. } = &item.content else { return Vec::new() };
    let image = slug.split(':').next().unwrap_or_default();
    under(owner, bucket.as_deref(), buckets, "painting", &format!("{}.png", bare(image)))
}

/// Where the recording of a painting may lie.
#[must_use]
pub fn recording(owner: &Owner, item: &Item, buckets: &Buckets) -> Vec<Place> {
    let Content::Painting { slug, bucket, .. } = &item.content else { return Vec::new() };
    let recording = slug.split(':').next_back().unwrap_or_default();
    under(owner, bucket.as_deref(), buckets, "painting", &format!("{}.zip", bare(recording)))
}

/// A slug without the extension that some were stored with.
fn bare(slug: &str) -> &str {
    ["png", "zip", "mp4"].iter().find_map(|extension| slug.strip_suffix(extension)?.strip_suffix('.')).unwrap_or(slug)
}

/// Keys of people begin with their id, and may have a folder after it; some slugs hold both already. Anonymous files
/// lie at the top.
fn under(owner: &Owner, bucket: Option<&str>, buckets: &Buckets, folder: &str, name: &str) -> Vec<Place> {
    let (bucket, keys) = match owner {
        Owner::Guest => (bucket.unwrap_or(&buckets.guests), vec![name.to_owned()]),
        Owner::User(id) => {
            let keys = if name.starts_with(&format!("{id}/")) {
                vec![name.to_owned()]
            } else {
                vec![format!("{id}/{name}"), format!("{id}/{folder}/{name}")]
            };
            (bucket.unwrap_or(&buckets.users), keys)
        }
    };
    keys.into_iter().map(|key| Place { bucket: bucket.to_owned(), key }).collect()
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

    fn paths(places: Vec<Place>) -> Vec<String> {
        places.into_iter().map(|place| format!("{} {}", place.bucket, place.key)).collect()
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
        let item = tape_of("OJZDQoBh", Some("art"), TapeForm::Zip);
        assert_eq!(paths(tape(&Owner::Guest, &item, &buckets())), ["art OJZDQoBh.zip", "art tapes/9Yo.zip"]);
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
}
