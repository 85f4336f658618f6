//! Checks of the PDS: reachable, clock, limits.

use jiff::SignedDuration;

use super::finding::Finding;
use crate::config::Config;
use crate::record::{Medium, Schema};
use crate::remote::Waits;
use crate::remote::pds::{MOST_BLOB, Pds, Server};
use crate::video::Presets;

/// The findings, and the server if it is reachable.
pub struct Found {
    pub findings: Vec<Finding>,
    pub server: Option<(Pds, Server)>,
}

/// A larger difference of the clocks gives a warning: times of records come from one, times of commits from the other.
const MOST_DRIFT: SignedDuration = SignedDuration::from_secs(30);

/// With a larger difference, tokens seem to have expired, or to expire later than they do.
const WORST_DRIFT: SignedDuration = SignedDuration::from_mins(5);

const UNREACHABLE: &str = "the pds cannot be reached";

pub async fn look(config: &Config, waits: &Waits) -> Found {
    let asked = async {
        let pds = Pds::sharing(waits.clone(), &config.pds_url()?, config.pds_bypass_key())?;
        let health = pds.health().await?;
        let server = pds.describe().await?;
        Ok::<_, crate::Error>((pds, health, server))
    };
    let (pds, health, server) = match asked.await {
        Ok(answers) => answers,
        Err(error) => {
            let remedy = "set PDS_URL to a running PDS that this machine can reach";
            let mut findings = vec![Finding::fail("pds", error.chain().join(": "), remedy)];
            let skipped = ["pds clock", "pds blobs", "pds rate limits"];
            findings.extend(skipped.map(|what| Finding::skip(what, UNREACHABLE)));
            return Found { findings, server: None };
        }
    };
    let release = health.version.map_or("release unknown".into(), |version| format!("release {version}"));
    let findings =
        vec![Finding::ok("pds", release), clock(health.ahead), blobs(server.blob_upload_limit), rate_limits(&pds)];
    Found { findings, server: Some((pds, server)) }
}

fn clock(ahead: Option<SignedDuration>) -> Finding {
    let Some(ahead) = ahead else { return Finding::ok("pds clock", "unknown: the server sends no time") };
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    let detail = format!("{} s {side} ours", ahead.abs().as_secs());
    let remedy = "synchronize the clocks of both machines by NTP";
    match ahead.abs() {
        drift if drift > WORST_DRIFT => Finding::fail("pds clock", detail, remedy),
        drift if drift > MOST_DRIFT => Finding::warn("pds clock", detail, remedy),
        _ => Finding::ok("pds clock", detail),
    }
}

fn blobs(limit: Option<u64>) -> Finding {
    let tape = Schema::of(Medium::Tape);
    let wanted = tape.value().pointer("/defs/main/record/properties/video/maxSize").and_then(serde_json::Value::as_u64);
    let wanted = wanted.unwrap_or(u64::MAX);
    let remedy = format!("set PDS_BLOB_UPLOAD_LIMIT of the server to {wanted}");
    match limit {
        Some(limit) if limit >= wanted => {
            Finding::ok("pds blobs", format!("up to {limit} bytes; videos have at most {wanted}"))
        }
        Some(limit) => {
            let presets = match presets_above(limit)[..] {
                [] => String::new(),
                ref names => format!(" and than the limits of presets {}", names.join(", ")),
            };
            let detail = format!(
                "up to {limit} bytes, so long tapes are encoded smaller than the lexicon's limit of {wanted}{presets}"
            );
            Finding::warn("pds blobs", detail, remedy)
        }
        None => {
            let detail = format!("the server announces no limit; {MOST_BLOB} bytes are assumed");
            Finding::warn("pds blobs", detail, remedy)
        }
    }
}

/// The presets whose own limit is higher.
fn presets_above(limit: u64) -> Vec<String> {
    let presets = Presets::built_in();
    let above =
        presets.iter().flat_map(Presets::iter).filter(|preset| preset.size_limit.is_some_and(|own| own > limit));
    above.map(|preset| preset.name.clone()).collect()
}

fn rate_limits(pds: &Pds) -> Finding {
    let limits = pds.pace().limits();
    let shown: Vec<_> =
        limits.iter().map(|limit| format!("{} requests in {} s", limit.points, limit.window.as_secs())).collect();
    match shown[..] {
        [] => Finding::ok("pds rate limits", "none announced"),
        _ => Finding::ok("pds rate limits", shown.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_clock_is_worth_a_word_beyond_30_s_and_wrong_beyond_5_min() {
        let level = |seconds| clock(Some(SignedDuration::from_secs(seconds))).level;
        assert_eq!([0, -30, 31, -31, 300].map(level), [Level::Ok, Level::Ok, Level::Warn, Level::Warn, Level::Warn]);
        assert_eq!([301, -301].map(level), [Level::Fail; 2]);
        assert_eq!(clock(Some(SignedDuration::from_secs(-42))).detail, "42 s behind ours");
    }

    #[test]
    fn videos_want_the_limit_of_their_lexicon() {
        assert_eq!(blobs(Some(52_428_800)).level, Level::Ok);
        let smaller = blobs(Some(52_428_799));
        assert_eq!(smaller.level, Level::Warn);
        let told = "52428800 and than the limits of presets standard, swift, small, crisp, incumbent";
        assert!(smaller.detail.ends_with(told), "{}", smaller.detail);
        let remedy = "set PDS_BLOB_UPLOAD_LIMIT of the server to 52428800";
        assert_eq!([smaller, blobs(None)].map(|finding| finding.remedy.unwrap()), [remedy, remedy]);
    }
}
