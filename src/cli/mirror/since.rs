//! Parses times as people write them: a day or an instant.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Milliseconds since 1970 of an RFC 3339 time, or of the start of a day in UTC.
pub fn parse(text: &str) -> Result<i64, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    let moment = if text.contains('T') { text.parse::<Timestamp>().ok() } else { day().map(|day| day.timestamp()) };
    let moment = moment.ok_or("expected a day such as 2025-10-01 or a time such as 2025-10-01T12:00:00Z")?;
    Ok(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_moment_is_where_its_zone_says() {
        let day = 1_759_276_800_000;
        for (text, expected) in
            [("2025-10-01", day), ("2025-10-01T00:00:00Z", day), ("2025-10-01T02:00:00.5+02:00", day + 500)]
        {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_may_be_meant_otherwise_is_refused() {
        for text in ["", "yesterday", "2025-13-01", "1759276800", "01.10.2025", "2025-10-01T12:00:00", "2025-10"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
