//! The page of one job: its state, advice, result and attempts.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::serve::jobs::{Attempt, Baked, Outcome, State};
use crate::serve::view::{JobPage, took};
use crate::tape::Facts;

use super::advice::advice;
use super::layout::{Viewer, page};
use super::mirror::planned;
use super::parts::{failure, progress, state, time};

/// The record of an item on the PDS.
pub struct RecordLink {
    /// Its `at://` address.
    pub uri: String,
    /// Its public address.
    pub url: String,
}

/// The page.
#[must_use]
pub fn job(page_of: &JobPage, record: Option<&RecordLink>, viewer: Viewer, now: Timestamp) -> String {
    let job = &page_of.job;
    let title = format!("{} {}", job.kind.name(), job.label);
    let content = html! {
        h1 { (title) }
        article data-job=(job.id) {
            p { span data-field="state" { (state(job.state)) " " (progress(job)) } }
            @if let Some(cause) = &job.failure {
                p data-field="cause" { (failure(cause)) }
                @if job.state == State::Parked { p.advice { strong { "What to do: " } (advice(&cause.code)) } }
            }
            @if viewer == Viewer::Operator { (actions(&job.id, job.state)) }
            dl {
                dt { "Requested" } dd { (time(job.created, now)) }
                @if let Some(started) = job.started { dt { "Last attempt" } dd { (time(started, now)) } }
                @if let Some(due) = job.due.filter(|_| job.state != State::Running) { dt { "Next attempt" } dd { (time(due, now)) } }
                @if let Some(finished) = job.finished { dt { "Finished" } dd { (time(finished, now)) } }
                @if let Some(worker) = &page_of.worker { dt { "Process" } dd { (worker) } }
                @if let Some(record) = record { dt { "Record" } dd { a href=(record.url) { (record.uri) } } }
                dt { "As JSON" } dd { a href={ "/api/jobs/" (job.id) } { (job.id) } }
            }
            @match &page_of.outcome {
                Some(Outcome::Baked(baked)) => { (tape(&job.label, baked)) }
                Some(Outcome::Planned(outcome)) => { (planned(outcome, now)) }
                Some(Outcome::Noted(note)) => { p { (note) } }
                None => {}
            }
        }
        section aria-labelledby="attempts" {
            h2 #attempts { "Attempts" }
            @if page_of.history.is_empty() { p.empty { "No attempt has ended yet." } }
            @else { ol.timeline { @for attempt in &page_of.history { (ended(attempt, now)) } } }
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

/// The video beside facts about its tape.
fn tape(code: &str, baked: &Baked) -> Markup {
    html! {
        .tape {
            video controls preload="none" poster=[baked.thumbnail_url.as_ref()] src=(baked.mp4_url)
                aria-label={ "The video of " (code) } {
                a href=(baked.mp4_url) { "The video of " (code) }
            }
            dl {
                dt { "MP4" } dd { a href=(baked.mp4_url) { (bytes(baked.mp4_bytes)) } }
                dt { "Preset" } dd { (baked.preset) }
                dt { "ZIP" } dd { a href={ "/media/tapes/" (code) ".zip" } { (bytes(baked.zip_bytes)) } }
                @match &baked.tape {
                    Some(facts) => { (holds(facts)) }
                    None => {
                        dt { "Frames" } dd { (baked.frames) }
                        dt { "Duration" } dd { (format!("{:.3} s", baked.seconds)) }
                    }
                }
                @for warning in &baked.warnings { dt { "Warning" } dd { (warning) } }
            }
        }
    }
}

/// Facts about the ZIP, as in `telecine inspect`.
fn holds(facts: &Facts) -> Markup {
    html! {
        dt { "Files" } dd { (facts.entries) }
        dt { "Pictures" } dd { (facts.width) "×" (facts.height) }
        dt { "Frames" } dd { (facts.frames) ", " (facts.duplicates) " of them duplicates" }
        dt { "Duration" } dd { (format!("{:.3} s", facts.seconds)) }
        dt { "Longest" } dd { (format!("{:.3} s", facts.longest_hold.seconds)) " (frame " (facts.longest_hold.frame) ")" }
        dt { "Sound" } dd { @match &facts.sound {
            Some(sound) => {
                (format!("{:.3} s", sound.seconds)) ", " (sound.rate) " Hz, " (sound.layout())
                (format!("; {:+.3} s against the pictures", sound.surplus_seconds))
            }
            None => { "none" }
        } }
        @if !facts.extra.is_empty() { dt { "Ignored" } dd { (facts.extra.join(", ")) } }
    }
}

fn ended(attempt: &Attempt, now: Timestamp) -> Markup {
    let length = attempt.started.map(|started| attempt.ended.duration_since(started).as_millis());
    html! {
        li {
            (state(attempt.state)) " " (time(attempt.ended, now))
            @if let Some(length) = length { ", took " (took(length.max(0).unsigned_abs() as u64)) }
            @if let (State::Waiting | State::Parked, Some(stage)) = (attempt.state, attempt.stage) { ", failed while " (stage.name()) }
            @if let Some(worker) = &attempt.worker { span.by { " by " (worker) } }
            @if let Some(cause) = &attempt.failure { div { (failure(cause)) } }
        }
    }
}

/// Bytes for people: `180.2 kB`.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
