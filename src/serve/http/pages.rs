//! The dashboard's pages, and the actions of its buttons.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::record::Medium;
use crate::serve::dashboard::{self, List, Overview, RecordLink, Viewer};
use crate::serve::fleet::Member;
use crate::serve::jobs::{State as JobState, Work};
use crate::serve::mirror_state::MirrorState;
use crate::serve::requests::{Wanted, cursor};
use crate::serve::service::Service;
use crate::serve::store::{Filter, Place};
use crate::serve::view::{JobPage, JobView};

use super::error::Problem;
use super::secret::knows;

/// The cookie of a logged-in operator.
const COOKIE_NAME: &str = "telecine_operator";

/// The number of bakes on the first page.
const RECENT: i64 = 20;

/// The most jobs that a button retries.
const MOST_RETRIES: i64 = 1_000;

/// An error shown as a page.
pub struct PageProblem(Problem);

impl<E: Into<Problem>> From<E> for PageProblem {
    fn from(problem: E) -> Self {
        PageProblem(problem.into())
    }
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let (title, text) = match &self.0 {
            Problem::Invalid(text) => ("Bad request", text.clone()),
            Problem::NotFound => ("Not found", "There is no page at this address.".into()),
            Problem::Token | Problem::Secret => ("Not allowed", "Log in with the operator's token first.".into()),
            Problem::Gone => ("Gone", "Its maker took it back.".into()),
            Problem::Failed(error) => {
                ("Failed", format!("The service could not do this ({}). Try again later.", error.code()))
            }
        };
        let status = self.0.into_response().status();
        (status, Html(dashboard::problem(title, &text))).into_response()
    }
}

type Page = Result<Html<String>, PageProblem>;

/// The first page.
pub async fn overview(State(service): State<Arc<Service>>, headers: HeaderMap) -> Page {
    let bakes = async |states: &[JobState]| {
        let jobs = service.store.bakes(states, RECENT).await;
        jobs.map(|jobs| jobs.iter().map(JobView::from).collect::<Vec<_>>())
    };
    let now = Timestamp::now();
    let shown = Overview {
        running: bakes(&[JobState::Running]).await?,
        recent: bakes(&[JobState::Done, JobState::Parked, JobState::Cancelled]).await?,
        queues: service.store.queues().await?,
        causes: service.store.causes().await?,
        mirror: MirrorState::read(&service, now).await?,
        members: Member::all(&service.store).await?,
        now,
    };
    Ok(Html(dashboard::overview(&shown, viewer(&service, &headers))))
}

/// Jobs, filtered by the address.
pub async fn jobs(State(service): State<Arc<Service>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Page {
    let wanted = Wanted::parse(&query.unwrap_or_default());
    let limit = wanted.limit()?;
    let found = service.store.list(&wanted.filter()?, limit).await?;
    let end = found.last().filter(|_| found.len() as i64 == limit);
    let next = end.map(|last| format!("/jobs?{}", wanted.after(&cursor(last.changed, &last.id))));
    let jobs: Vec<_> = found.iter().map(JobView::from).collect();
    let list = List {
        jobs: &jobs,
        kind: &wanted.kind,
        state: &wanted.state,
        cause: &wanted.cause,
        search: &wanted.search,
        next,
        now: Timestamp::now(),
    };
    Ok(Html(dashboard::list(&list, viewer(&service, &headers))))
}

/// One job.
pub async fn job(State(service): State<Arc<Service>>, headers: HeaderMap, Path(id): Path<String>) -> Page {
    let job = service.store.job(&id).await?.ok_or(Problem::NotFound)?;
    let record = record(&service, &job.work).await?;
    Ok(Html(dashboard::job(&JobPage::from(job), record.as_ref(), viewer(&service, &headers), Timestamp::now())))
}

/// The record of a job's item, if known.
async fn record(service: &Service, work: &Work) -> Result<Option<RecordLink>, Problem> {
    let item = match work {
        Work::Bake(bake) => bake.mongo_id.parse().ok().map(|id| (Medium::Tape, id)),
        Work::Mirror(subject) => subject.item(),
        _ => None,
    };
    let Some((medium, id)) = item else { return Ok(None) };
    let Some(Place { did, rkey, .. }) = service.store.place(medium, id).await? else { return Ok(None) };
    let collection = medium.collection();
    let pairs = [("repo", did.as_str()), ("collection", collection), ("rkey", rkey.as_str())];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let url = format!("{}/xrpc/com.atproto.repo.getRecord?{query}", service.services.pds.url());
    Ok(Some(RecordLink { uri: format!("at://{did}/{collection}/{rkey}"), url }))
}

/// Retries a job.
pub async fn retry(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    only_operator(&service, &headers)?;
    service.retry(&id).await?.ok_or(Problem::NotFound)?;
    Ok(see(&format!("/jobs/{id}")))
}

/// Cancels a job.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    only_operator(&service, &headers)?;
    service.store.cancel(&id).await?.ok_or(Problem::NotFound)?;
    Ok(see(&format!("/jobs/{id}")))
}

/// Retries all jobs that failed with a code.
pub async fn retry_all(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageProblem> {
    only_operator(&service, &headers)?;
    let cause = Wanted::parse(&query.unwrap_or_default()).cause;
    for job in service.store.list(&Filter::failed(cause), MOST_RETRIES).await? {
        service.retry(&job.id).await?;
    }
    Ok(see("/"))
}

/// The login page.
pub async fn login_page() -> Html<String> {
    Html(dashboard::login(false))
}

/// Checks the token.
pub async fn login(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let given = form_urlencoded::parse(&body).find(|(name, _)| name == "token").map(|(_, value)| value.into_owned());
    let token = service.config.admin_token.as_ref();
    match token.filter(|token| knows(&given.unwrap_or_default(), Some(token))) {
        Some(token) => {
            let secure = if service.config.allows_loopback { "" } else { "; Secure" };
            let cookie =
                format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}", session(token));
            ([(SET_COOKIE, cookie)], see("/")).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, Html(dashboard::login(true))).into_response(),
    }
}

/// Logs out.
pub async fn logout() -> Response {
    let cookie = format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    ([(SET_COOKIE, cookie)], see("/")).into_response()
}

/// The style sheet.
pub async fn style() -> Response {
    asset("text/css; charset=utf-8", dashboard::STYLE)
}

/// The script.
pub async fn script() -> Response {
    asset("text/javascript; charset=utf-8", dashboard::SCRIPT)
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], text).into_response()
}

/// Restricts what a browser may do with a page: load its own style and script, show files of the bucket of videos, and
/// nothing else.
pub async fn guarded(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let files = service.services.spaces.public_url(&service.services.buckets.videos, "");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {files} data:; media-src 'self' {files}; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn viewer(service: &Service, headers: &HeaderMap) -> Viewer {
    let Some(token) = &service.config.admin_token else { return Viewer::ReadOnly };
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split("; ")).filter_map(|pair| pair.split_once('='));
    let given = pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value);
    let expected = SecretString::from(session(token));
    if given.is_some_and(|given| knows(given, Some(&expected))) { Viewer::Operator } else { Viewer::Visitor }
}

fn only_operator(service: &Service, headers: &HeaderMap) -> Result<(), Problem> {
    if viewer(service, headers) == Viewer::Operator { Ok(()) } else { Err(Problem::Token) }
}

/// The value of the cookie: the token cannot be derived from it, and it is invalid once the token changes.
fn session(token: &SecretString) -> String {
    let mut hash = Sha256::new_with_prefix("telecine operator session\0");
    hash.update(token.expose_secret());
    hash.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn see(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, address.to_owned())]).into_response()
}
