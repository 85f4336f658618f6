//! A PDS as a stranger's program sees it: plain XRPC, none of our code.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use serde_json::{Value, json};

/// Names the operator's key.
const BYPASS: HeaderName = HeaderName::from_static("x-ratelimit-bypass");

/// A client of one PDS. A request that is refused fails the test with what the server said.
#[derive(Debug, Clone)]
pub struct Pds {
    url: String,
    http: reqwest::Client,
}

/// A logged-in user.
#[derive(Debug, Clone)]
pub struct Session {
    pub did: String,
    token: String,
}

impl Session {
    /// The header that says who asks.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

/// A record as it lies in a repo.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub rkey: String,
    pub cid: String,
    pub value: Value,
}

fn session(answer: &Value) -> Session {
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Session { did: text("did"), token: text("accessJwt") }
}

impl Pds {
    /// A client of the PDS at that address. Its rate limits do not count one with the operator's key.
    pub fn new(url: &str, bypass_key: Option<&str>) -> Self {
        let key = |key| (BYPASS, HeaderValue::from_str(key).unwrap());
        let headers = HeaderMap::from_iter(bypass_key.map(key));
        let http = telecine::remote::http_client().default_headers(headers).build().unwrap();
        Pds { url: url.into(), http }
    }

    /// Creates an account, or logs in to it if there is one.
    pub async fn account(&self, handle: &str, password: &str) -> Session {
        let email = format!("{}@telecine.test", handle.replace('.', "-"));
        let body = json!({ "handle": handle, "password": password, "email": email });
        let answer = self.send(self.json("com.atproto.server.createAccount", &body)).await;
        if answer.status().is_success() {
            return session(&accepted(answer).await);
        }
        let refusal = answer.text().await.unwrap();
        assert!(refusal.contains("already taken"), "{handle}: {refusal}");
        self.login(handle, password).await
    }

    /// Logs in to an account.
    pub async fn login(&self, handle: &str, password: &str) -> Session {
        let body = json!({ "identifier": handle, "password": password });
        session(&accepted(self.send(self.json("com.atproto.server.createSession", &body)).await).await)
    }

    /// Asks without logging in.
    pub async fn get(&self, method: &str, parameters: &[(&str, &str)]) -> Value {
        accepted(self.send(self.http.get(self.address(method, parameters))).await).await
    }

    /// Asks for bytes without logging in.
    pub async fn get_bytes(&self, method: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
        let answer = self.send(self.http.get(self.address(method, parameters))).await;
        assert!(answer.status().is_success(), "{method}: {}", answer.text().await.unwrap());
        answer.bytes().await.unwrap().into()
    }

    /// Sends a request as a user.
    pub async fn post(&self, session: &Session, method: &str, body: &Value) -> Value {
        accepted(self.send(self.json(method, body).header("authorization", session.authorization())).await).await
    }

    /// Does something as the operator.
    pub async fn administer(&self, password: &str, method: &str, body: &Value) -> Value {
        accepted(self.send(self.json(method, body).basic_auth("admin", Some(password))).await).await
    }

    /// Writes a record whatever its lexicon says, in place of the one with that key if there is one.
    pub async fn put_record(&self, session: &Session, collection: &str, rkey: &str, value: &Value) {
        let body = json!({
            "repo": session.did, "collection": collection, "rkey": rkey, "record": value, "validate": false
        });
        self.post(session, "com.atproto.repo.putRecord", &body).await;
    }

    /// Uploads a blob; what a record refers to it by.
    pub async fn upload_blob(&self, session: &Session, mime_type: &str, bytes: Vec<u8>) -> Value {
        let request = self.http.post(self.address("com.atproto.repo.uploadBlob", &[]));
        let request = request.header("authorization", session.authorization()).header("content-type", mime_type);
        accepted(self.send(request.body(bytes)).await).await["blob"].take()
    }

    /// All records of a collection, in the order of their keys.
    pub async fn records(&self, did: &str, collection: &str) -> Vec<Record> {
        let mut records = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut parameters = vec![("repo", did), ("collection", collection), ("limit", "100"), ("reverse", "true")];
            if !cursor.is_empty() {
                parameters.push(("cursor", &cursor));
            }
            let page = self.get("com.atproto.repo.listRecords", &parameters).await;
            records.extend(page["records"].as_array().unwrap().iter().map(Record::of));
            match page["cursor"].as_str() {
                Some(next) => cursor = next.into(),
                None => return records,
            }
        }
    }

    /// The bytes of a blob that a record refers to.
    pub async fn blob(&self, did: &str, cid: &str) -> Vec<u8> {
        self.get_bytes("com.atproto.sync.getBlob", &[("did", did), ("cid", cid)]).await
    }

    fn address(&self, method: &str, parameters: &[(&str, &str)]) -> Url {
        Url::parse_with_params(&format!("{}/xrpc/{method}", self.url), parameters).unwrap()
    }

    fn json(&self, method: &str, body: &Value) -> RequestBuilder {
        let request = self.http.post(self.address(method, &[])).header("content-type", "application/json");
        request.body(body.to_string())
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        request.send().await.unwrap()
    }
}

impl Record {
    fn of(listed: &Value) -> Self {
        let rkey = listed["uri"].as_str().unwrap().rsplit('/').next().unwrap().into();
        Record { rkey, cid: listed["cid"].as_str().unwrap().into(), value: listed["value"].clone() }
    }
}

async fn accepted(answer: Response) -> Value {
    let (status, address) = (answer.status(), answer.url().clone());
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{address}: {status} {text}");
    // Some methods answer with nothing at all.
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}
