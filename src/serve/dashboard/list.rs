//! The list of jobs, filtered by the address: kind, state, cause, search term.

use jiff::Timestamp;
use maud::html;

use crate::serve::jobs::{Kind, State};
use crate::serve::view::JobView;

use super::layout::{Viewer, page};
use super::parts::table;

/// The contents and filters of the page.
pub struct List<'a> {
    /// The jobs.
    pub jobs: &'a [JobView],
    /// The requested kind, or empty.
    pub kind: &'a str,
    /// The requested state, or empty.
    pub state: &'a str,
    /// The requested cause, or empty.
    pub cause: &'a str,
    /// The search term, or empty.
    pub search: &'a str,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// The page.
#[must_use]
pub fn list(list: &List<'_>, viewer: Viewer) -> String {
    let content = html! {
        h1 { "Jobs" }
        form.filters role="search" action="/jobs" {
            p { label for="kind" { "Kind" } select #kind name="kind" {
                option value="" { "any" }
                @for kind in Kind::ALL {
                    option value=(kind.name()) selected[list.kind == kind.name()] { (kind.name()) }
                }
            } }
            p { label for="state" { "State" } select #state name="state" {
                option value="" { "any" }
                @for state in State::ALL {
                    option value=(state.name()) selected[list.state == state.name()] { (state.name()) }
                }
            } }
            p { label for="cause" { "Cause" } input #cause name="cause" value=(list.cause) spellcheck="false"; }
            p { label for="q" { "Code, item id or job id" } input #q name="q" type="search" value=(list.search) spellcheck="false"; }
            p { button { "Filter" } }
        }
        @if list.jobs.is_empty() { p.empty { "No matching jobs." } }
        @else { (table("Jobs, the latest update first", list.jobs, list.now)) }
        @if let Some(next) = &list.next { p { a rel="next" href=(next) { "Older jobs" } } }
    };
    page("Jobs", viewer, &content)
}
