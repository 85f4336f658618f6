//! Parts that pages share: states, times, posters, cards and rows of jobs.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::serve::jobs::{Failure, State};
use crate::serve::view::{JobView, ago};

/// A state as a coloured word.
pub fn state(state: State) -> Markup {
    html! { span class={ "state " (state.name()) } { (state.name()) } }
}

/// A time, and how long ago it was.
pub fn time(time: Timestamp, now: Timestamp) -> Markup {
    let exact = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    html! { time datetime=(exact) title=(exact) { (ago(time, now)) } }
}

/// The progress of a running job.
pub fn progress(job: &JobView) -> Markup {
    html! {
        @if let Some(stage) = job.stage {
            span.stage { (stage.name()) }
            @if let Some(percent) = job.percent {
                " " progress max="100" value=(percent) aria-label={ "Encoded of " (job.label) } { (percent) " %" }
                " " span.percent { (percent) " %" }
            }
        }
    }
}

/// Why an attempt failed.
pub fn failure(failure: &Failure) -> Markup {
    html! {
        a.code href={ "/jobs?cause=" (failure.code) } { (failure.code) }
        " " span.text { (failure.text) }
    }
}

/// Bakes as cards with posters. The script finds them by their ids, and moves them from one list to another.
pub fn cards(id: &str, jobs: &[JobView], now: Timestamp, none: &str) -> Markup {
    html! {
        ul.cards id=(id) { @for job in jobs { (card(job, now)) } }
        // The style hides it while there are cards.
        p.empty { (none) }
    }
}

fn card(job: &JobView, now: Timestamp) -> Markup {
    html! {
        li data-job=(job.id) {
            a href={ "/jobs/" (job.id) } {
                span.poster data-field="poster" { @if let Some(url) = &job.poster { (poster(url)) } }
                (job.label)
            }
            div data-field="state" { (state(job.state)) " " (progress(job)) }
            div.when data-field="changed" { (time(job.changed, now)) }
            div data-field="cause" { @if let Some(cause) = &job.failure { (failure(cause)) } }
        }
    }
}

/// A poster; its caption is beside it.
fn poster(url: &str) -> Markup {
    html! { img src=(url) alt="" width="512" height="512" loading="lazy" decoding="async"; }
}

/// Jobs in a table. The script finds rows by their ids.
pub fn table(caption: &str, jobs: &[JobView], now: Timestamp) -> Markup {
    html! {
        .scroll tabindex="0" role="region" aria-label=(caption) {
            table.rows {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Job" } th scope="col" { "Kind" } th scope="col" { "State" }
                    th scope="col" { "Attempt" } th scope="col" { "Updated" } th scope="col" { "Cause" }
                } }
                tbody { @for job in jobs { (row(job, now)) } }
            }
        }
    }
}

fn row(job: &JobView, now: Timestamp) -> Markup {
    html! {
        tr data-job=(job.id) {
            th scope="row" {
                a href={ "/jobs/" (job.id) } {
                    @if let Some(medium) = &job.medium { (medium) " " }
                    (job.label)
                }
            }
            td { (job.kind.name()) }
            td data-field="state" { (state(job.state)) " " (progress(job)) }
            td data-field="attempt" { (job.attempt) }
            td data-field="changed" { (time(job.changed, now)) }
            td data-field="cause" { @if let Some(cause) = &job.failure { (failure(cause)) } }
        }
    }
}
