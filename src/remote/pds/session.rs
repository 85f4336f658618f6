//! Sessions: tokens are refreshed in time, by one task for all that share a session.

use std::fmt;
use std::time::Duration;

use atrium_api::com::atproto::server::{create_session, refresh_session};
use atrium_api::types::Unknown;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use super::client::Pds;
use super::exchange::{Answer, Call, Content, Request};
use crate::error::{Error, RemoteError, Result};

/// How long before its expiry a token is replaced: longer than any request takes.
const MARGIN: Duration = Duration::from_mins(5);

/// The assumed lifetime of a token without an expiry. The reference PDS gives 2 hours.
const UNKNOWN: Duration = Duration::from_hours(1);

/// An account, logged in. Printing it shows no secret.
pub struct Session {
    did: String,
    handle: String,
    service: Option<String>,
    identifier: String,
    password: SecretString,
    /// Locked while tokens are replaced, so that one task does it and the others wait.
    tokens: Mutex<Tokens>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("did", &self.did).finish_non_exhaustive()
    }
}

struct Tokens {
    access: SecretString,
    refresh: SecretString,
    ends: jiff::Timestamp,
    /// The number of replacements. Two tokens from the same second may be equal.
    generation: u32,
}

/// A token and its generation.
#[derive(Debug, Clone)]
struct Token {
    text: SecretString,
    generation: u32,
}

impl Tokens {
    fn new(access: String, refresh: String) -> Tokens {
        let ends = end_of(&access).unwrap_or_else(|| jiff::Timestamp::now() + UNKNOWN);
        Tokens { access: access.into(), refresh: refresh.into(), ends, generation: 0 }
    }

    fn is_good_for(&self, time: Duration) -> bool {
        jiff::Timestamp::now() + time < self.ends
    }
}

/// The expiry in a token. Its signature is not verified here.
fn end_of(token: &str) -> Option<jiff::Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    jiff::Timestamp::from_second(claims.exp).ok()
}

/// The address of the server in a DID document.
fn service(document: &Unknown) -> Option<String> {
    let document = serde_json::to_value(document).ok()?;
    let services = document["service"].as_array()?.iter();
    let is_pds = |service: &&Value| service["type"] == "AtprotoPersonalDataServer";
    services.clone().find(is_pds)?["serviceEndpoint"].as_str().map(str::to_owned)
}

impl Pds {
    /// Logs in. Share the session: a server allows few logins in a day.
    ///
    /// # Errors
    /// If the password is wrong, the account is blocked, or the server does not respond.
    pub async fn login(&self, identifier: &str, password: &SecretString) -> Result<Session> {
        let output = self.create_session(identifier, password).await?;
        Ok(Session {
            did: output.did.to_string(),
            handle: output.handle.to_string(),
            service: output.did_doc.as_ref().and_then(service),
            identifier: identifier.into(),
            password: password.clone(),
            tokens: Mutex::new(Tokens::new(output.access_jwt, output.refresh_jwt)),
        })
    }

    async fn create_session(&self, identifier: &str, password: &SecretString) -> Result<create_session::OutputData> {
        let input = create_session::InputData {
            identifier: identifier.into(),
            password: password.expose_secret().into(),
            allow_takendown: None,
            auth_factor_token: None,
        };
        self.procedure(Call::log_in(create_session::NSID, identifier), None, &input).await
    }

    async fn refresh_session(&self, token: &SecretString) -> Result<Tokens> {
        let call = Call::refresh(refresh_session::NSID);
        let bearer = Some(token.clone());
        let request = Request { call, method: Method::POST, query: String::new(), content: Content::Nothing, bearer };
        let answer = self.exchange(&request).await?;
        let output: refresh_session::OutputData = serde_json::from_slice(&answer.body)
            .map_err(|error| Error::Remote(RemoteError::Answer { call: call.nsid, source: error.into() }))?;
        Ok(Tokens::new(output.access_jwt, output.refresh_jwt))
    }
}

impl Session {
    /// The account's repo.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The account's handle.
    #[must_use]
    pub fn handle(&self) -> &str {
        &self.handle
    }

    /// The address of the server that the account's identity names, if known.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Calls a procedure with the session's token.
    pub(super) async fn procedure<I, O>(&self, pds: &Pds, call: Call<'_>, input: &I) -> Result<O>
    where
        I: Serialize + Sync,
        O: DeserializeOwned + Send + Sync,
    {
        let token = self.token(pds).await?;
        let outcome = pds.procedure(call, Some(token.text), input).await;
        match self.renewed(pds, token.generation, &outcome).await? {
            Some(token) => pds.procedure(call, Some(token.text), input).await,
            None => outcome,
        }
    }

    /// Sends a request with the session's token.
    pub(super) async fn exchange(&self, pds: &Pds, request: Request<'_>) -> Result<Answer> {
        let token = self.token(pds).await?;
        let request = Request { bearer: Some(token.text), ..request };
        let outcome = pds.exchange(&request).await;
        match self.renewed(pds, token.generation, &outcome).await? {
            Some(token) => pds.exchange(&Request { bearer: Some(token.text), ..request }).await,
            None => outcome,
        }
    }

    /// A new token, if the server rejected the one that was sent.
    async fn renewed<T>(&self, pds: &Pds, generation: u32, outcome: &Result<T>) -> Result<Option<Token>> {
        match outcome {
            Err(Error::Remote(RemoteError::Refused { name, .. }))
                if matches!(name.as_str(), "ExpiredToken" | "InvalidToken") =>
            {
                self.renew(pds, generation).await?;
                Ok(Some(self.token(pds).await?))
            }
            _ => Ok(None),
        }
    }

    /// A token that is valid for a while.
    async fn token(&self, pds: &Pds) -> Result<Token> {
        let mut tokens = self.tokens.lock().await;
        if !tokens.is_good_for(MARGIN) {
            match self.replace(pds, &mut tokens).await {
                // The old token may still work; the next request tries again.
                Err(error) if error.disposition().is_retry() && tokens.is_good_for(Duration::ZERO) => {}
                outcome => outcome?,
            }
        }
        Ok(Token { text: tokens.access.clone(), generation: tokens.generation })
    }

    /// Replaces a rejected token, unless another task already has.
    async fn renew(&self, pds: &Pds, refused: u32) -> Result<()> {
        let mut tokens = self.tokens.lock().await;
        if tokens.generation == refused {
            self.replace(pds, &mut tokens).await?;
        }
        Ok(())
    }

    /// Refreshes the tokens, or logs in again if the server rejects the refresh. After any other failure, the tokens
    /// stay: a missing response does not mean that the session has ended.
    async fn replace(&self, pds: &Pds, tokens: &mut Tokens) -> Result<()> {
        // Boxed: these are requests too, and a request may replace the tokens.
        let refreshed = Box::pin(pds.refresh_session(&tokens.refresh)).await;
        let replaced = match refreshed {
            Err(Error::Remote(RemoteError::Refused { .. })) => {
                let output = Box::pin(pds.create_session(&self.identifier, &self.password)).await?;
                if *output.did != *self.did {
                    let (expected, found) = (self.did.clone(), output.did.to_string());
                    return Err(Error::Remote(RemoteError::Identity {
                        account: self.identifier.clone(),
                        expected,
                        found,
                    }));
                }
                Tokens::new(output.access_jwt, output.refresh_jwt)
            }
            refreshed => refreshed?,
        };
        *tokens = Tokens { generation: tokens.generation + 1, ..replaced };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("header.{}.signature", BASE64_URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_tells_its_end() {
        let end = end_of(&token(r#"{"scope":"com.atproto.access","exp":1700000000,"iat":1}"#)).unwrap();
        assert_eq!(end.as_second(), 1_700_000_000);
        for bad in ["", "x", "a.b.c", &token("{}"), &token("[]")] {
            assert_eq!(end_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_is_replaced_before_its_end() {
        let in_seconds = |seconds| jiff::Timestamp::now().as_second() + seconds;
        let ending = |seconds| Tokens::new(token(&format!(r#"{{"exp":{}}}"#, in_seconds(seconds))), "r".into());
        assert!(ending(301).is_good_for(MARGIN));
        assert!(!ending(299).is_good_for(MARGIN));
        assert!(ending(299).is_good_for(Duration::ZERO));
        assert!(!ending(0).is_good_for(Duration::ZERO));
    }

    #[test]
    fn a_session_shows_no_secret() {
        let tokens = Mutex::new(Tokens::new("hunter2".into(), "hunter2".into()));
        let (did, handle) = ("did:plc:x".into(), "a.test".into());
        let (identifier, password) = ("a".into(), "hunter2".into());
        let session = Session { did, handle, service: None, identifier, password, tokens };
        assert_eq!(format!("{session:?}"), r#"Session { did: "did:plc:x", .. }"#);
    }
}
