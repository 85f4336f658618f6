//! What can go wrong between a client and a server, one value for each way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the proxy does to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Takes so long before it passes the request on.
    Delay(Duration),
    /// Closes the connection; the server never hears of it.
    DropBefore,
    /// Closes the connection when the server has done its part, so that the client cannot know.
    DropAfter,
    /// Keeps the answer back for so long, when the server has done its part.
    Hold(Duration),
    /// Answers in the server's place.
    Answer(Answer),
    /// Answers with these bytes in the server's place.
    Bytes(Vec<u8>),
    /// Answers something else than the server did, after it did it.
    AnswerAfter(Answer),
    /// Closes the connection after this number of bytes of the response's body.
    Truncate(usize),
    /// Truncates the response's body to this number of bytes, with a matching length in the header.
    Shorten(usize),
}

/// An answer of the proxy's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    /// An answer in the form of XRPC.
    pub fn xrpc(status: u16, error: &str, message: &str) -> Self {
        let body = serde_json::json!({ "error": error, "message": message }).to_string();
        Answer { status, headers: vec![("content-type", "application/json".into())], body }
    }

    /// An answer in the form of S3.
    pub fn s3(status: u16, code: &str) -> Self {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code></Error>");
        Answer { status, headers: vec![("content-type", "application/xml".into())], body }
    }

    /// Too many requests; the headers as the PDS sends them, with whole seconds since 1970.
    pub fn rate_limited(wait: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // Rounded up: who comes at that second is not early.
        let reset = (now + wait).as_secs_f64().ceil() as u64;
        let mut answer = Answer::xrpc(429, "RateLimitExceeded", "Rate Limit Exceeded");
        answer.headers.extend([
            ("ratelimit-limit", "5000".to_owned()),
            ("ratelimit-remaining", "0".into()),
            ("ratelimit-reset", reset.to_string()),
            ("ratelimit-policy", "5000;w=3600".into()),
        ]);
        answer
    }

    /// The response of a proxy that limits its rate: for a number of seconds, or until a date.
    pub fn later(status: u16, when: &str) -> Self {
        let headers = vec![("retry-after", when.to_owned())];
        Answer { status, headers, body: format!("<h1>{status}</h1>") }
    }

    /// What the PDS says of failures it did not expect.
    pub fn internal_error() -> Self {
        Answer::xrpc(500, "InternalServerError", "Internal Server Error")
    }

    /// What a load balancer says when there is no server.
    pub fn bad_gateway() -> Self {
        Answer { status: 502, headers: Vec::new(), body: "<h1>502 Bad Gateway</h1>".into() }
    }

    /// What a load balancer says when the server takes too long.
    pub fn gateway_timeout() -> Self {
        Answer { status: 504, headers: Vec::new(), body: "<h1>504 Gateway Time-out</h1>".into() }
    }

    /// What the PDS says of a session that has come to its end; 400, not 401.
    pub fn expired_token() -> Self {
        Answer::xrpc(400, "ExpiredToken", "Token has expired")
    }

    /// The PDS's response when another client has written to the repo.
    pub fn invalid_swap() -> Self {
        Answer::xrpc(400, "InvalidSwap", "Commit was at another revision")
    }

    /// What the PDS says of a body longer than it takes.
    pub fn too_large() -> Self {
        Answer::xrpc(413, "PayloadTooLargeError", "request entity too large")
    }

    /// What Spaces says of an object one may not read.
    pub fn access_denied() -> Self {
        Answer::s3(403, "AccessDenied")
    }

    /// What Spaces says of an object that is not there.
    pub fn no_such_key() -> Self {
        Answer::s3(404, "NoSuchKey")
    }
}
