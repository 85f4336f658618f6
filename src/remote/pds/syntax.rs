//! Converts texts and records to the protocol's types.

use std::str::FromStr;

use atrium_api::types::Unknown;
use serde_json::Value;

use crate::error::{RemoteError, Result};

/// Parses a text with a syntax of the protocol.
pub(super) fn parse<T: FromStr>(text: &str, kind: &'static str) -> Result<T> {
    text.parse().map_err(|_| RemoteError::Malformed { kind, text: text.into() }.into())
}

/// A record in atrium's type.
pub(super) fn unknown(value: &Value) -> Result<Unknown> {
    let wrong = |error: serde_json::Error| RemoteError::Unsendable { source: error.into() };
    Ok(serde_json::from_value(value.clone()).map_err(wrong)?)
}
