//! Sends the callback of a bake, in the oven's format.

use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::config::Publisher;
use crate::error::{Error, Result, ServeError};
use crate::record::Id;
use crate::remote::mongo::TapeVideo;
use crate::serve::jobs::{BakeEnd, Callback, End, Job, Outcome};
use crate::serve::service::Service;
use crate::serve::webhooks::{Secret, event_id};

/// The body of a callback.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    mongo_id: &'a str,
    slug: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(flatten)]
    end: Told<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    #[serde(rename_all = "camelCase")]
    Done {
        mp4_url: &'a str,
        thumbnail_url: Option<&'a str>,
    },
    Failed {
        error: &'a str,
    },
}

/// Sends the callback.
///
/// # Errors
/// [`ServeError`]; if the database cannot be read.
pub async fn callback(service: &Service, job: &Job, work: &Callback) -> Result<End> {
    let bake = &work.bake;
    let url = service.receivers.accept(&bake.callback_url)?.url;
    let tape = match bake.mongo_id.parse::<Id>() {
        Ok(id) => service.services.mongo.tape_video(id).await?,
        Err(_) => None,
    };
    let end = match &work.end {
        BakeEnd::Done { mp4_url, thumbnail_url } => Told::Done { mp4_url, thumbnail_url: thumbnail_url.as_deref() },
        BakeEnd::Failed { error } => Told::Failed { error },
    };
    let url = match (&work.end, how(service.config.publisher, &url, &work.end, tape.as_ref())) {
        (_, How::NotAtAll) => return Ok(End::Done(Outcome::Noted("the receiver already has the result".into()))),
        (BakeEnd::Done { .. }, How::WithoutRecord) => without_record(url),
        _ => url,
    };
    let receiver = service.receivers.accept(url.as_str())?;
    let secret = service.config.callback_secret.as_ref();
    let told = secret.filter(|_| knows_secret(&service.config.callback_url, &receiver.url));
    let told = told.map(ExposeSecret::expose_secret);
    let body = Body { mongo_id: &bake.mongo_id, slug: &bake.slug, code: &bake.code, secret: told, end };
    let body = serde_json::to_string(&body).expect("texts can be written as JSON");
    let key = secret.map(Secret::of_callbacks);
    let keys: Vec<_> = key.iter().collect();
    match service.receivers.post(&receiver, &event_id(job, "callback"), body, &keys).await {
        Ok(()) => Ok(End::Done(Outcome::Noted("delivered".into()))),
        Err(Error::Serve(ServeError::Declined { status: 410, .. })) => {
            Ok(End::Done(Outcome::Noted("the receiver returned 410".into())))
        }
        Err(error) => Err(error),
    }
}

/// Whether a receiver gets the secret itself: only the site's, as from the oven. Others verify the signature, which
/// reveals nothing.
fn knows_secret(site: &Url, receiver: &Url) -> bool {
    site.host().is_some() && site.host() == receiver.host()
}

/// How to send the callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As the caller requested.
    AsAsked,
    /// So that it creates no record.
    WithoutRecord,
    /// Not needed: the receiver already has the result.
    NotAtAll,
}

/// The site's receiver creates a record for each callback with a video. So it gets one only once; repetitions must not
/// create a record.
fn how(publisher: Publisher, url: &Url, end: &BakeEnd, tape: Option<&TapeVideo>) -> How {
    let BakeEnd::Done { mp4_url, .. } = end else { return How::AsAsked };
    if asks_for_no_record(url) {
        return How::AsAsked;
    }
    match tape {
        Some(tape) if tape.has_record => {
            let knows = tape.url.as_ref() == Some(mp4_url) && tape.status.as_deref() == Some("complete");
            if knows { How::NotAtAll } else { How::WithoutRecord }
        }
        _ if publisher == Publisher::Telecine => How::WithoutRecord,
        _ => How::AsAsked,
    }
}

fn asks_for_no_record(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| name == "previewOnly" && value == "1")
}

fn without_record(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("previewOnly", "1");
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_asked_for_a_record_only_where_none_is_and_none_is_ours_to_write() {
        let plain: Url = "https://a.example/api/oven-complete".parse().unwrap();
        let preview = without_record(plain.clone());
        assert_eq!(preview.as_str(), "https://a.example/api/oven-complete?previewOnly=1");
        let end = BakeEnd::Done { mp4_url: "https://b/tapes/1.mp4".into(), thumbnail_url: None };
        let failed = BakeEnd::Failed { error: "no".into() };
        let tape = |url: &str, status: &str, has_record| TapeVideo {
            url: Some(url.into()),
            status: Some(status.into()),
            has_record,
        };
        let knows = tape("https://b/tapes/1.mp4", "complete", true);
        let pending = tape("https://b/tapes/1.mp4", "pending", true);
        let without = tape("https://b/tapes/1.mp4", "complete", false);
        for (publisher, url, end, tape, expected) in [
            (Publisher::Site, &plain, &end, None, How::AsAsked),
            (Publisher::Site, &plain, &end, Some(&without), How::AsAsked),
            (Publisher::Site, &plain, &end, Some(&knows), How::NotAtAll),
            (Publisher::Site, &plain, &end, Some(&pending), How::WithoutRecord),
            (Publisher::Site, &preview, &end, Some(&knows), How::AsAsked),
            (Publisher::Telecine, &plain, &end, Some(&without), How::WithoutRecord),
            (Publisher::Telecine, &plain, &end, None, How::WithoutRecord),
            (Publisher::Telecine, &plain, &failed, Some(&pending), How::AsAsked),
        ] {
            assert_eq!(how(publisher, url, end, tape), expected, "{publisher:?} {url} {end:?} {tape:?}");
        }
    }

    #[test]
    fn only_the_sites_own_host_is_sent_the_secret() {
        let site: Url = "https://aesthetic.computer/api/oven-complete".parse().unwrap();
        for (receiver, expected) in [
            ("https://aesthetic.computer/api/oven-complete?previewOnly=1", true),
            ("https://AESTHETIC.computer:443/elsewhere", true),
            ("https://www.aesthetic.computer/api/oven-complete", false),
            ("https://other.example/api/oven-complete", false),
            ("data:text/plain,aesthetic.computer", false),
        ] {
            assert_eq!(knows_secret(&site, &receiver.parse().unwrap()), expected, "{receiver}");
        }
    }

    #[test]
    fn the_body_has_the_ovens_fields_and_no_others() {
        let body = |end| Body { mongo_id: "1", slug: "s", code: "c", secret: Some("x"), end };
        let done = body(Told::Done { mp4_url: "m", thumbnail_url: Some("t") });
        assert_eq!(
            serde_json::to_string(&done).unwrap(),
            r#"{"mongoId":"1","slug":"s","code":"c","secret":"x","mp4Url":"m","thumbnailUrl":"t"}"#
        );
        let failed = body(Told::Failed { error: "no frames" });
        assert_eq!(
            serde_json::to_string(&failed).unwrap(),
            r#"{"mongoId":"1","slug":"s","code":"c","secret":"x","error":"no frames"}"#
        );
        let other = Body { secret: None, ..body(Told::Failed { error: "no frames" }) };
        assert_eq!(
            serde_json::to_string(&other).unwrap(),
            r#"{"mongoId":"1","slug":"s","code":"c","error":"no frames"}"#
        );
    }
}
