//! Texts and records in the protocol's types.

use std::str::FromStr;

use atrium_api::types::Unknown;
use serde_json::Value;

use crate::error::{RemoteError, Result};

/// A text that must be of a form of the protocol's.
pub(super) fn parse<T: FromStr>(text: &str, kind: &'static str) -> Result<T> {
    text.parse().map_err(|_| RemoteError::Malformed { kind, text: text.into() }.into())
}

/// A record as atrium wants it.
pub(super) fn unknown(value: &Value) -> Result<Unknown> {
    let wrong = |error: serde_json::Error| RemoteError::Unsendable { source: error.into() };
    Ok(serde_json::from_value(value.clone()).map_err(wrong)?)
}
