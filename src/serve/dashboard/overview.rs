//! The first page: what runs, what waits and for how long, what failed and why, what is done.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::serve::jobs::{Kind, State};
use crate::serve::store::Queue;
use crate::serve::view::{JobView, span};

use super::layout::{Viewer, page};
use super::parts::{progress, table};

/// What the first page shows.
pub struct Overview {
    /// Bakes that run.
    pub running: Vec<JobView>,
    /// Bakes that are over, the last first.
    pub recent: Vec<JobView>,
    /// How many jobs there are of each kind in each state.
    pub queues: Vec<Queue>,
    /// How many jobs failed with each code and are not done.
    pub causes: Vec<(String, u64)>,
    /// Now.
    pub now: Timestamp,
}

/// The first page.
#[must_use]
pub fn overview(overview: &Overview, viewer: Viewer) -> String {
    let content = html! {
        h1 { "Overview" }
        form.search role="search" action="/jobs" {
            label for="q" { "Code, or id of an item" }
            input #q name="q" type="search" autocomplete="off" spellcheck="false";
            button { "Search" }
        }
        (running(&overview.running))
        (queues(&overview.queues, overview.now))
        (causes(&overview.causes, viewer))
        section aria-labelledby="recent" {
            h2 #recent { "Last bakes" }
            @if overview.recent.is_empty() { p.empty { "Nothing has been baked yet." } }
            @else { (table("Last bakes", &overview.recent, overview.now)) }
        }
    };
    page("Overview", viewer, &content)
}

fn running(jobs: &[JobView]) -> Markup {
    html! {
        section aria-labelledby="running" {
            h2 #running { "Baking now" }
            @if jobs.is_empty() { p.empty { "Nothing is being baked." } }
            ul.cards #cards {
                @for job in jobs {
                    li data-job=(job.id) {
                        a href={ "/jobs/" (job.id) } { (job.label) }
                        div data-field="state" { (progress(job)) }
                    }
                }
            }
        }
    }
}

fn queues(queues: &[Queue], now: Timestamp) -> Markup {
    let states = [State::Running, State::Queued, State::Waiting, State::Parked, State::Done];
    let queue = |kind, state| queues.iter().find(|queue| queue.kind == kind && queue.state == state);
    html! {
        section aria-labelledby="queues" {
            h2 #queues { "What there is to do" }
            .scroll tabindex="0" role="region" aria-label="Jobs by kind and state" {
                table.numbers {
                    caption { "Jobs by kind and state, and for how long the oldest has waited" }
                    thead { tr {
                        th scope="col" { "Kind" }
                        @for state in states { th scope="col" { (state.name()) } }
                        th scope="col" { "oldest" }
                    } }
                    tbody { @for kind in Kind::ALL { tr {
                        th scope="row" { (kind.name()) }
                        @for state in states {
                            td { @match queue(kind, state) {
                                Some(queue) => {
                                    a href={ "/jobs?kind=" (kind.name()) "&state=" (state.name()) } { (queue.jobs) }
                                }
                                None => { "0" }
                            } }
                        }
                        td { (queue(kind, State::Queued).and_then(|queue| queue.oldest).map_or_else(
                            || "–".into(),
                            |oldest| span(now.duration_since(oldest).as_secs().unsigned_abs()),
                        )) }
                    } } }
                }
            }
        }
    }
}

fn causes(causes: &[(String, u64)], viewer: Viewer) -> Markup {
    html! {
        section aria-labelledby="causes" {
            h2 #causes { "Failures by cause" }
            @if causes.is_empty() { p.empty { "Nothing has failed that is not done by now." } }
            ul.causes { @for (code, jobs) in causes { li {
                a.code href={ "/jobs?cause=" (code) } { (code) } " "
                span { (jobs) @if *jobs == 1 { " job" } @else { " jobs" } }
                @if viewer == Viewer::Operator {
                    form method="post" action={ "/retry?cause=" (code) } data-confirm={ "Retry " (jobs) " jobs?" } {
                        button { "Retry all" }
                    }
                }
            } } }
        }
    }
}
