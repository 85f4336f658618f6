//! Parses the header `Retry-After`, in seconds or as a date.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The shortest pause, also for a date in the past or a wrong clock.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest time that is taken from a response, to avoid overflows. Longer ones make no difference.
pub const LONGEST: Duration = Duration::from_hours(24 * 366);

/// The pause that the headers of a response request; `None` if there is none, or it is unreadable.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 => Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST),
        Ok(_) => return None,
        Err(_) => {
            let until = date(text)?;
            // By the server's clock, because ours may be wrong.
            let now = headers.get(DATE).and_then(|text| date(text.to_str().ok()?)).unwrap_or_else(Timestamp::now);
            Duration::try_from(until.duration_since(now)).unwrap_or_default()
        }
    };
    Some(pause.clamp(SHORTEST, LONGEST))
}

/// A date in one of HTTP's three formats.
fn date(text: &str) -> Option<Timestamp> {
    let now = || Some(rfc2822::parse(text).ok()?.timestamp());
    let old = |form: &str| {
        let civil = strtime::parse(form, text).ok()?.to_datetime().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    now().or_else(|| old("%A, %d-%b-%y %H:%M:%S GMT")).or_else(|| old("%a %b %e %H:%M:%S %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Tue, 14 Nov 2023 22:13:20 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn seconds_and_dates_are_understood_by_the_servers_clock() {
        let seconds = |text| asked(text).map(|pause| pause.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 7 "), Some(7));
        assert_eq!(seconds("2.5"), Some(2));
        assert_eq!(seconds("Tue, 14 Nov 2023 22:14:20 GMT"), Some(60));
        assert_eq!(seconds("Tuesday, 14-Nov-23 22:14:20 GMT"), Some(60));
        assert_eq!(seconds("Tue Nov 14 22:14:20 2023"), Some(60));
    }

    #[test]
    fn what_has_passed_is_a_second_and_what_never_comes_a_year() {
        assert_eq!(asked("0"), Some(SHORTEST));
        assert_eq!(asked("Tue, 14 Nov 2023 22:00:00 GMT"), Some(SHORTEST));
        assert_eq!(asked("1e300"), Some(LONGEST));
        assert_eq!(asked("99999999999999999999"), Some(LONGEST));
    }

    #[test]
    fn what_makes_no_sense_asks_for_nothing() {
        for text in ["", "soon", "-1", "NaN", "Tue, 99 Nov 2023 22:00:00 GMT"] {
            assert_eq!(asked(text), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
