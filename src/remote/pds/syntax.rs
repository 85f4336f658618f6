//! Texts and records in the protocol's types.

use std::str::FromStr;

use atrium_api::types::Unknown;
use serde_json::Value;

use crate::error::{Error, Result};

/// A text that must be of a form of the protocol's.
pub(super) fn parse<T: FromStr>(text: &str, what: &'static str) -> Result<T> {
    let wrong =
        |_| Error::Document { subject: format!("{what} {text:?}"), what: "is none that the protocol allows".into() };
    text.parse().map_err(wrong)
}

/// A record as atrium wants it.
pub(super) fn unknown(value: &Value) -> Result<Unknown> {
    let wrong = |error: serde_json::Error| Error::Document {
        subject: "record".into(),
        what: format!("cannot be sent: {error}"),
    };
    serde_json::from_value(value.clone()).map_err(wrong)
}
