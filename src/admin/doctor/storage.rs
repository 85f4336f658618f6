//! Checks of Spaces: reachable, and access to each bucket.

use futures_util::{StreamExt, stream};

use super::finding::Finding;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::remote::Waits;
use crate::remote::spaces::{Access, Spaces};

const UNREACHABLE: &str = "spaces cannot be reached";

pub async fn look(config: &Config, waits: &Waits) -> Vec<Finding> {
    let buckets = [config.art_bucket(), config.user_bucket(), config.blobs_bucket()];
    let spaces = match reached(config, waits).await {
        Ok(spaces) => spaces,
        Err(error) => {
            let remedy = "set ART_SPACES_ENDPOINT to a server that this machine can reach";
            let mut findings = vec![Finding::fail("spaces", error.chain().join(": "), remedy)];
            findings.extend(buckets.map(|bucket| Finding::skip(format!("bucket {bucket}"), UNREACHABLE)));
            return findings;
        }
    };
    let endpoint = config.spaces_endpoint().map_or(String::new(), |url| url.to_string());
    let mut findings = vec![Finding::ok("spaces", endpoint)];
    let looks = buckets.map(|bucket| async { finding(bucket, spaces.access(bucket).await) });
    let looks = stream::iter(looks).buffered(buckets.len()).collect::<Vec<_>>();
    // Boxed because the SDK's futures are large.
    findings.extend(Box::pin(looks).await);
    findings
}

async fn reached(config: &Config, waits: &Waits) -> Result<Spaces, Error> {
    let spaces = Spaces::sharing(waits.clone(), config)?;
    spaces.reach().await?;
    Ok(spaces)
}

fn finding(bucket: &str, access: Result<Access, Error>) -> Finding {
    let what = format!("bucket {bucket}");
    match access {
        Ok(Access::Public) => Finding::ok(what, "public"),
        Ok(Access::Signed) => Finding::ok(what, "readable with the keys"),
        Ok(Access::Empty) => Finding::ok(what, "readable, but empty"),
        Ok(Access::Unlisted) => {
            let remedy = "make sure that ART_SPACES_KEY and ART_SPACES_SECRET can read it";
            Finding::warn(what, "the keys cannot list it, and possibly cannot read it", remedy)
        }
        Ok(Access::Missing) => Finding::fail(what, "does not exist", "telecine config shows which setting names it"),
        Ok(Access::Unknown) => {
            let remedy = "set ART_SPACES_KEY and ART_SPACES_SECRET if it is not";
            Finding::warn(what, "without keys, it must be public", remedy)
        }
        Err(error) => Finding::fail(what, error.chain().join(": "), "check the state of the server"),
    }
}
