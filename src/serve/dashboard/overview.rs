//! The first page: running and recent bakes, failures by cause, queues, and the state of the mirror.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::serve::fleet::Member;
use crate::serve::jobs::{Kind, State};
use crate::serve::mirror_state::MirrorState;
use crate::serve::store::Tally;
use crate::serve::view::{JobView, span};

use super::layout::{Viewer, page};
use super::mirror::mirror;
use super::parts::cards;

/// The data of the first page.
pub struct Overview {
    /// Running bakes.
    pub running: Vec<JobView>,
    /// Finished bakes, latest first.
    pub recent: Vec<JobView>,
    /// The number of jobs by kind and state.
    pub queues: Vec<Tally>,
    /// The number of failed, unfinished jobs by code.
    pub causes: Vec<(String, u64)>,
    /// The state of the mirror.
    pub mirror: MirrorState,
    /// The processes of the service.
    pub members: Vec<Member>,
    /// The present time.
    pub now: Timestamp,
}

/// The first page.
#[must_use]
pub fn overview(overview: &Overview, viewer: Viewer) -> String {
    let content = html! {
        h1 { "Overview" }
        form.search role="search" action="/jobs" {
            label for="q" { "Tape code or item id" }
            input #q name="q" type="search" autocomplete="off" spellcheck="false";
            button { "Search" }
        }
        section aria-labelledby="baking" {
            h2 #baking { "Baking now" }
            (cards("running", &overview.running, overview.now, "No tape is being baked."))
        }
        (causes(&overview.causes, viewer))
        section aria-labelledby="finished" {
            h2 #finished { "Recent bakes" }
            (cards("recent", &overview.recent, overview.now, "No tape has been baked yet."))
        }
        (mirror(&overview.mirror, &overview.members, overview.now))
        (queues(&overview.queues, overview.now))
    };
    page("Overview", viewer, &content)
}

fn queues(queues: &[Tally], now: Timestamp) -> Markup {
    let states = [State::Running, State::Queued, State::Waiting, State::Parked, State::Done];
    let queue = |kind, state| queues.iter().find(|queue| queue.kind == kind && queue.state == state);
    html! {
        section aria-labelledby="queues" data-fresh="queues" {
            h2 #queues { "Queues" }
            .scroll tabindex="0" role="region" aria-label="Jobs by kind and state" {
                table.numbers {
                    caption { "Number of jobs by kind and state" }
                    thead { tr {
                        th scope="col" { "Kind" }
                        @for state in states { th scope="col" { (state.name()) } }
                        th scope="col" { "longest in queue" }
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
        section aria-labelledby="causes" data-fresh="causes" {
            h2 #causes { "Failures by cause" }
            @if causes.is_empty() { p.empty { "No failures." } }
            @else {
                ul.causes { @for (code, jobs) in causes { li {
                    a.code href={ "/jobs?cause=" (code) } { (code) } " "
                    span { (jobs) @if *jobs == 1 { " job" } @else { " jobs" } }
                    @if viewer == Viewer::Operator {
                        form method="post" action={ "/retry?cause=" (code) } data-confirm={ "Retry " (jobs) " jobs?" } {
                            button aria-label={ "Retry all that failed with " (code) } { "Retry all" }
                        }
                    }
                } } }
            }
        }
    }
}
