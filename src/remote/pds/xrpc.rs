//! The protocol's methods with atrium's types, over our own exchange.

use std::error::Error as StdError;

use atrium_xrpc::http::{self, Method, header::CONTENT_TYPE};
use atrium_xrpc::{HttpClient, InputDataOrBytes, OutputDataOrBytes, XrpcClient, XrpcRequest};
use bytes::Bytes;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::Pds;
use super::exchange::{Call, Content, Request};
use crate::error::{Cause, Error, RemoteError, Result};

const JSON: &str = "application/json";

/// One call, as an HTTP client for atrium.
struct Channel<'a> {
    pds: &'a Pds,
    call: Call<'a>,
    bearer: Option<SecretString>,
}

impl HttpClient for Channel<'_> {
    async fn send_http(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, Box<dyn StdError + Send + Sync + 'static>> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let content = match head.method {
            Method::POST if !body.is_empty() => Content::Bytes { bytes: Bytes::from(body), mime_type: JSON.into() },
            _ => Content::Nothing,
        };
        let request = Request { call: self.call, method: head.method, query, content, bearer: self.bearer.clone() };
        // Failures are classified before atrium sees them, because it would merge them.
        let answer = self.pds.exchange(&request).await?;
        let mut response = http::Response::new(Vec::from(answer.body));
        if let Some(content_type) = answer.headers.get(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, content_type.clone());
        }
        Ok(response)
    }
}

impl XrpcClient for Channel<'_> {
    fn base_uri(&self) -> String {
        self.pds.url().to_owned()
    }
}

impl Pds {
    /// Calls a query.
    pub(super) async fn query<P, O>(&self, call: Call<'_>, parameters: Option<P>) -> Result<O>
    where
        P: Serialize + Send + Sync,
        O: DeserializeOwned + Send + Sync,
    {
        let nsid = call.nsid.into();
        let request = XrpcRequest { method: Method::GET, nsid, parameters, input: None, encoding: None };
        self.call::<P, (), O>(call, None, request).await
    }

    /// Calls a procedure, with a session's token if `bearer` is given.
    pub(super) async fn procedure<I, O>(&self, call: Call<'_>, bearer: Option<SecretString>, input: &I) -> Result<O>
    where
        I: Serialize + Sync,
        O: DeserializeOwned + Send + Sync,
    {
        let input = Some(InputDataOrBytes::Data(input));
        let (nsid, encoding) = (call.nsid.into(), Some(JSON.into()));
        let request = XrpcRequest { method: Method::POST, nsid, parameters: None, input, encoding };
        self.call::<(), &I, O>(call, bearer, request).await
    }

    async fn call<P, I, O>(&self, call: Call<'_>, bearer: Option<SecretString>, request: XrpcRequest<P, I>) -> Result<O>
    where
        P: Serialize + Send + Sync,
        I: Serialize + Send + Sync,
        O: DeserializeOwned + Send + Sync,
    {
        let nsid = call.nsid;
        let misunderstood = |source: Cause| Error::Remote(RemoteError::Answer { call: nsid, source });
        let channel = Channel { pds: self, call, bearer };
        // Boxed; otherwise every caller's future would be kilobytes larger.
        match Box::pin(channel.send_xrpc::<P, I, O, serde_json::Value>(&request)).await {
            Ok(OutputDataOrBytes::Data(output)) => Ok(output),
            Ok(OutputDataOrBytes::Bytes(_)) => Err(misunderstood("response is not JSON".into())),
            Err(atrium_xrpc::Error::HttpClient(error)) => match error.downcast::<Error>() {
                Ok(error) => Err(*error),
                Err(error) => Err(misunderstood(error)),
            },
            Err(error) => Err(misunderstood(error.to_string().into())),
        }
    }
}
