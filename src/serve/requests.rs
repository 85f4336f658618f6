//! Parses untrusted requests. Pure: no I/O.

use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::jobs::{Bake, Kind, State, is_code};
use super::store::Filter;

/// The required fields of a request to bake.
const REQUIRED: [&str; 5] = ["mongoId", "slug", "code", "zipUrl", "callbackUrl"];

/// The default number of jobs per page.
const PAGE: i64 = 50;

/// The most jobs per page.
const MOST: i64 = 500;

/// Why a request is invalid, as text for its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub String);

/// A request to bake, and the secret that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BakeRequest {
    /// The tape to bake.
    pub bake: Bake,
    /// The sender's secret; empty if there is none.
    pub secret: String,
}

/// Reads the body of `POST /bake`. The texts of errors are the oven's.
///
/// # Errors
/// [`Invalid`].
pub fn parse_bake(body: &[u8]) -> Result<BakeRequest, Invalid> {
    let body = parse_object(body)?;
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    if REQUIRED.iter().any(|field| text(field).is_empty()) {
        return Err(Invalid(format!("Missing required fields: {}", REQUIRED.join(", "))));
    }
    let bake = Bake {
        code: text("code").into(),
        slug: text("slug").into(),
        mongo_id: text("mongoId").into(),
        zip_url: Some(text("zipUrl").into()),
        callback_url: text("callbackUrl").into(),
    };
    Ok(BakeRequest { bake, secret: text("callbackSecret").into() })
}

/// Checks that the code in a request is a valid file name.
///
/// # Errors
/// [`Invalid`].
pub fn check_code(bake: &Bake) -> Result<(), Invalid> {
    if is_code(&bake.code) { Ok(()) } else { Err(Invalid("code does not consist of letters and digits".into())) }
}

/// Reads the body of `POST /bake-status` and `POST /bake-complete`; returns the code.
///
/// # Errors
/// [`Invalid`].
pub fn parse_hint(body: &[u8]) -> Result<String, Invalid> {
    let code = parse_object(body)?.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    if code.is_empty() { Err(Invalid("Missing code".into())) } else { Ok(code) }
}

/// The JSON object in a body, whatever its content type.
fn parse_object(body: &[u8]) -> Result<Map<String, Value>, Invalid> {
    serde_json::from_slice(body).map_err(|_| Invalid("Body is not a JSON object".into()))
}

/// The filter of jobs in the query of an address. Empty values count as absent, because forms send them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A kind.
    pub kind: String,
    /// A state.
    pub state: String,
    /// A code of failure.
    pub cause: String,
    /// A code, an id of an item, or an id of a job.
    pub search: String,
    /// The cursor of the previous page.
    pub after: String,
    /// The number of jobs.
    pub limit: String,
}

impl Wanted {
    /// Parses the query of an address. Unknown names are ignored.
    #[must_use]
    pub fn parse(query: &str) -> Wanted {
        let mut wanted = Wanted::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "kind" => &mut wanted.kind,
                "state" => &mut wanted.state,
                "cause" => &mut wanted.cause,
                "q" => &mut wanted.search,
                "after" => &mut wanted.after,
                "limit" => &mut wanted.limit,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        wanted
    }

    /// The filter.
    ///
    /// # Errors
    /// [`Invalid`] for a name that is unknown.
    pub fn filter(&self) -> Result<Filter, Invalid> {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let unknown = |name: &str, value: &str| Invalid(format!("{name} {value:?} is unknown"));
        let kind = said(&self.kind).map(|name| Kind::named(&name).ok_or_else(|| unknown("kind", &name)));
        let state = said(&self.state).map(|name| State::named(&name).ok_or_else(|| unknown("state", &name)));
        Ok(Filter {
            kind: kind.transpose()?,
            states: state.transpose()?.into_iter().collect(),
            code: said(&self.cause),
            search: said(&self.search),
            after: said(&self.after).map(|after| parse_cursor(&after)).transpose()?,
        })
    }

    /// The number of jobs per page.
    ///
    /// # Errors
    /// [`Invalid`] if it is not a number, or too large.
    pub fn limit(&self) -> Result<i64, Invalid> {
        if self.limit.is_empty() {
            return Ok(PAGE);
        }
        let limit = self.limit.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| Invalid(format!("limit is not a number from 1 to {MOST}")))
    }

    /// The query for the page after a cursor.
    #[must_use]
    pub fn after(&self, cursor: &str) -> String {
        let asked = [("kind", &self.kind), ("state", &self.state), ("cause", &self.cause), ("q", &self.search)];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(asked.into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair("after", cursor).finish()
    }
}

/// A cursor for [`Wanted::after`].
#[must_use]
pub fn cursor(changed: Timestamp, id: &str) -> String {
    format!("{}.{id}", changed.as_millisecond())
}

fn parse_cursor(text: &str) -> Result<(Timestamp, String), Invalid> {
    let parsed = text.split_once('.').and_then(|(changed, id)| {
        let changed = Timestamp::from_millisecond(changed.parse().ok()?).ok()?;
        Some((changed, id.to_owned()))
    });
    parsed.ok_or_else(|| Invalid("after is not a cursor of a page".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_is_read_and_the_next_page_asks_for_the_same() {
        let wanted = Wanted::parse("kind=bake&state=parked&q=%20a%26b%20&cause=&unknown=1&limit=7");
        assert_eq!((wanted.limit(), wanted.search.as_str()), (Ok(7), "a&b"));
        let filter = wanted.filter().unwrap();
        assert_eq!((filter.kind, filter.states.as_slice()), (Some(Kind::Bake), [State::Parked].as_slice()));
        assert_eq!(filter.code, None);
        let place = cursor(Timestamp::UNIX_EPOCH, "07");
        let next = Wanted::parse(&wanted.after(&place));
        assert_eq!(next.filter().unwrap().after, Some((Timestamp::UNIX_EPOCH, "07".into())));
        assert_eq!(Wanted { after: String::new(), ..next }, Wanted { limit: String::new(), ..wanted });
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = |query: &str| Wanted::parse(query).filter().unwrap_err().0;
        assert_eq!(told("kind=cake"), "kind \"cake\" is unknown");
        assert_eq!(told("state=tired"), "state \"tired\" is unknown");
        for after in ["x", "1", "x.1", "99999999999999999999.1"] {
            assert_eq!(told(&format!("after={after}")), "after is not a cursor of a page");
        }
        for limit in ["0", "501", "-1", "x"] {
            let told = Wanted::parse(&format!("limit={limit}")).limit().unwrap_err().0;
            assert_eq!(told, "limit is not a number from 1 to 500");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200), query in ".{0,80}") {
            let _ = (parse_bake(&body), parse_hint(&body));
            let wanted = Wanted::parse(&query);
            let _ = (wanted.filter(), wanted.limit());
        }
    }
}
