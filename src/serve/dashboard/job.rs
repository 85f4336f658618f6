//! One job: where it stands, what it came to, its attempts.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::serve::jobs::{Attempt, Baked, Outcome, State};
use crate::serve::view::JobPage;

use super::layout::{Viewer, page};
use super::parts::{failure, progress, state, time};

/// The page.
#[must_use]
pub fn job(page_of: &JobPage, viewer: Viewer, now: Timestamp) -> String {
    let job = &page_of.job;
    let title = format!("{} {}", job.kind.name(), job.label);
    let content = html! {
        h1 { (title) }
        article data-job=(job.id) {
            p { span data-field="state" { (state(job.state)) " " (progress(job)) } }
            @if let Some(why) = &job.failure { p data-field="why" { (failure(why)) } }
            @if viewer == Viewer::Operator { (actions(&job.id, job.state)) }
            dl {
                dt { "Asked for" } dd { (time(job.created, now)) }
                @if let Some(started) = job.started { dt { "Last attempt" } dd { (time(started, now)) } }
                @if let Some(due) = job.due.filter(|_| job.state != State::Running) { dt { "Next attempt" } dd { (time(due, now)) } }
                @if let Some(finished) = job.finished { dt { "Over" } dd { (time(finished, now)) } }
                @if let Some(worker) = &page_of.worker { dt { "Worker" } dd { (worker) } }
                dt { "Job" } dd { a href={ "/api/jobs/" (job.id) } { (job.id) } }
            }
            @match &page_of.outcome {
                Some(Outcome::Baked(baked)) => { (tape(&job.label, baked)) }
                Some(Outcome::Noted(note)) => { p { (note) } }
                None => {}
            }
        }
        section aria-labelledby="attempts" {
            h2 #attempts { "Attempts" }
            @if page_of.history.is_empty() { p.empty { "No attempt has ended yet." } }
            ol { @for attempt in &page_of.history { (ended(attempt, now)) } }
        }
    };
    page(&title, viewer, &content)
}

fn actions(id: &str, state: State) -> Markup {
    html! {
        .actions {
            @if state != State::Running {
                form method="post" action={ "/jobs/" (id) "/retry" } { button { "Retry" } }
            }
            @if !state.is_over() {
                form method="post" action={ "/jobs/" (id) "/cancel" } data-confirm="Cancel this job?" {
                    button { "Cancel" }
                }
            }
        }
    }
}

/// The video beside what is known of its tape.
fn tape(code: &str, baked: &Baked) -> Markup {
    html! {
        .tape {
            video controls preload="none" poster=[baked.thumbnail_url.as_ref()] src=(baked.mp4_url) {
                a href=(baked.mp4_url) { "The video of " (code) }
            }
            dl {
                dt { "Frames" } dd { (baked.frames) }
                dt { "Duration" } dd { (format!("{:.2} s", baked.seconds)) }
                dt { "ZIP" } dd { a href={ "/media/tapes/" (code) ".zip" } { (baked.zip_bytes) " bytes" } }
                dt { "MP4" } dd { a href=(baked.mp4_url) { (baked.mp4_bytes) " bytes" } }
                dt { "Preset" } dd { (baked.preset) }
                @for warning in &baked.warnings { dt { "Warning" } dd { (warning) } }
            }
        }
    }
}

fn ended(attempt: &Attempt, now: Timestamp) -> Markup {
    let took = attempt.started.map(|started| attempt.ended.duration_since(started).as_millis());
    html! {
        li {
            (state(attempt.state)) " " (time(attempt.ended, now))
            @if let Some(took) = took { ", after " (took) " ms" }
            @if let Some(stage) = attempt.stage { ", " (stage.name()) }
            @if let Some(worker) = &attempt.worker { ", by " (worker) }
            @if let Some(why) = &attempt.failure { ": " (failure(why)) }
        }
    }
}
