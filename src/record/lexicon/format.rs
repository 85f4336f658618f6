//! The string formats of lexicons, as narrow as the narrowest of the implementations that read records.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::DateTime;
use regex::Regex;
use serde::Deserialize;

/// Maximum length of a datetime in bytes, as in the reference implementation.
const MAX_DATETIME_BYTES: usize = 64;

/// Maximum length of a URI in bytes, by the specification of lexicons.
const MAX_URI_BYTES: usize = 8192;

/// RFC 3339 where it agrees with ISO 8601: capital T and Z, seconds and zone required.
static DATETIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$",
    )
    .expect("the pattern is a constant")
});

/// A scheme as in indigo, only visible ASCII, and no third slash, which the reference implementation rejects.
static URI: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z][a-z.-]{0,80}:(?://)?[!-.0-~][!-~]*$").expect("the pattern is a constant"));

/// A format that a lexicon can require of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A point in time.
    Datetime,
    /// An address.
    Uri,
}

impl Format {
    /// Whether a text has this format.
    pub fn matches(self, text: &str) -> bool {
        match self {
            Format::Datetime => is_datetime(text),
            Format::Uri => text.len() <= MAX_URI_BYTES && URI.is_match(text),
        }
    }

    /// An example for messages.
    pub fn example(self) -> &'static str {
        match self {
            Format::Datetime => "a datetime like 2025-10-17T09:05:03.012Z",
            Format::Uri => "a uri like https://aesthetic.computer/prompt",
        }
    }
}

fn is_datetime(text: &str) -> bool {
    if text.len() > MAX_DATETIME_BYTES || text.ends_with("-00:00") {
        return false;
    }
    let Some(parts) = DATETIME.captures(text) else { return false };
    let number = |index: usize| parts.get(index).map_or(Ok(0), |part| part.as_str().parse::<i64>());
    let (Ok(hours), Ok(minutes)) = (number(3), number(4)) else { return false };
    // Not every reader accepts leap seconds.
    if hours > 23 || minutes > 59 || parts[1].ends_with(":60") {
        return false;
    }
    let ahead = if parts.get(2).is_some_and(|sign| sign.as_str() == "-") { -1 } else { 1 };
    let Ok(local) = parts[1].parse::<DateTime>() else { return false };
    // There is no year 0, and the year must have four digits in UTC as well.
    let utc = local.checked_sub((ahead * (60 * hours + minutes)).minutes());
    local.year() > 0 && utc.is_ok_and(|utc| utc.year() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_of_the_specification_are_taken() {
        for text in [
            "1985-04-12T23:20:50.123Z",
            "1985-04-12T23:20:50.000Z",
            "2000-01-01T00:00:00.000Z",
            "1985-04-12T23:20:50.1235678912345Z",
            "1985-04-12T23:20:50Z",
            "1985-04-12T23:20:50.0Z",
            "1985-04-12T23:20:50.123+00:00",
            "1985-04-12T23:20:50.123-07:00",
            "1985-04-12T23:20:50.123+01:45",
            "0985-04-12T23:20:50.123-07:00",
            "0123-01-01T00:00:00.000Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2024-02-29T12:00:00Z",
        ] {
            assert!(Format::Datetime.matches(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_datetime_is_refused() {
        let long = format!("1985-04-12T23:20:50.{}Z", "1".repeat(44));
        for text in [
            "",
            "1985-04-12",
            "1985-04-12T23:20:50.123z",
            "1985-04-12t23:20:50.123Z",
            "1985-04-12 23:20:50.123Z",
            "1985-04-12_23:20:50.123Z",
            "01985-04-12T23:20:50.123Z",
            "985-04-12T23:20:50.123Z",
            "+001985-04-12T23:20:50.123Z",
            "-000001-12-31T23:00:00.000Z",
            "1985-04-12T23:20:50.Z",
            "1985-04-32T23;20:50.123Z",
            "1985—04-12T23:20:50.123Z",
            " 1985-04-12T23:20:50.123Z",
            "1985-04-12T23:20:50.123Z ",
            "1985-04-12T23:20:50.123Z\n",
            "1985-4-12T23:20:50.123Z",
            "1985-04-12T3:20:50.123Z",
            "1985-04-12T23:20Z",
            "1985-04-12T23:20:50",
            "1985-04-12T23:20:50.123",
            "1985-04-12T23:20:50.123-00:00",
            "1985-04-12T23:20:50.123+00",
            "1985-04-12T23:20:50.123+0000",
            "1985-04-12T23:20:50.123+0:00",
            "1985-00-12T23:20:50.123Z",
            "1985-13-12T23:20:50.123Z",
            "1985-04-00T23:20:50.123Z",
            "1985-04-31T23:20:50.123Z",
            "1985-02-29T23:20:50.123Z",
            "1985-04-12T24:00:00Z",
            "1985-04-12T25:20:50.123Z",
            "1985-04-12T23:99:50.123Z",
            "1985-04-12T23:20:61.123Z",
            "1985-04-12T23:20:60Z",
            "1985-04-12T23:20:50+24:00",
            "1985-04-12T23:20:50+01:60",
            "0000-12-31T23:20:50Z",
            "0000-12-31T23:20:50-23:00",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "١٩٨٥-04-12T23:20:50Z",
            &long,
        ] {
            assert!(!Format::Datetime.matches(text), "{text}");
        }
    }

    #[test]
    fn uris_have_a_scheme_and_something_behind_it() {
        let longest = format!("https://example.com/{}", "x".repeat(MAX_URI_BYTES - 20));
        for text in [
            "https://aesthetic.computer/#a3b",
            "https://aesthetic.computer/$cow",
            "https://aesthetic.computer/!9Yo",
            "https://example.com/path?q=blah&yes=true#frag.123",
            "dns:example.com",
            "at://handle.example.com/nsid/rkey",
            "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N",
            "content-type:text/plan",
            "microsoft.windows.camera:thing",
            "go://?Mercedes%20Benz",
            &longest,
        ] {
            assert!(Format::Uri.matches(text), "{text}");
        }
        let too_long = format!("{longest}x");
        for text in [
            "",
            "example.com",
            "://example.com",
            "//example.com",
            "http:",
            "http://",
            "https:///path",
            ".http://example.com",
            "-http://example.com",
            "12345",
            "127.0.0.1",
            "https://example.com/path gap",
            " https://example.com/path",
            "https://example.com/trailing ",
            "https://example.com/\n",
            "https://example.com/ü",
            &too_long,
        ] {
            assert!(!Format::Uri.matches(text), "{text}");
        }
    }
}
