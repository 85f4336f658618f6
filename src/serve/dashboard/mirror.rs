//! The state of the mirror: changes read, the last plan, the PDS's limits, postponed accounts.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use crate::config::Role;
use crate::serve::fleet::Member;
use crate::serve::jobs::{Planned, State};
use crate::serve::mirror_state::MirrorState;
use crate::serve::store::{Budget, Process, Reading};
use crate::serve::view::{span, took};

use super::parts::{state, time};

/// The shortest oplog window without a warning: the service may be down for a night.
const ADVISED: Duration = Duration::from_hours(24);

/// The section.
pub fn mirror(mirror: &MirrorState, members: &[Member], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="mirror" data-fresh="mirror" {
            h2 #mirror { "Mirror" }
            dl {
                dt { "Changes in MongoDB" } dd { (reading(mirror.reading.as_ref())) }
                dt { "Oplog" } dd { (oplog(mirror.oplog)) }
                dt { "Last full plan" } dd { (plan(mirror, now)) }
                dt { "Next full plan" } dd { (time(mirror.next_plan, now)) }
                dt { "Postponed accounts" } dd { (postponed(mirror, members, now)) }
                dt { "Processes" } dd { (fleet(members, now)) }
            }
            (budgets(members, now))
        }
    }
}

fn reading(reading: Option<&Reading>) -> Markup {
    html! {
        @match reading {
            None => { span.wrong { "No process has read any changes yet." } }
            Some(Reading { reader: None, age, .. }) => {
                span.wrong { "No process reads changes." }
                @if let Some(age) = age { " The position was stored " (span(age.as_secs())) " ago." }
            }
            Some(Reading { reader: Some(reader), lag: None, .. }) => { (reader) " has started to read changes." }
            Some(Reading { reader: Some(reader), lag: Some(lag), .. }) => {
                (reader) " reads them, " (span(lag.as_secs())) " behind."
            }
        }
    }
}

fn oplog(window: Option<Duration>) -> Markup {
    html! {
        @match window {
            None => { "Unknown: the MongoDB user cannot read local.oplog.rs." }
            Some(window) => {
                "MongoDB remembers the last " (span(window.as_secs())) " of changes."
                @if window < ADVISED { " " span.wrong { "At least " (span(ADVISED.as_secs())) " is advised." } }
            }
        }
    }
}

fn plan(mirror: &MirrorState, now: Timestamp) -> Markup {
    let Some(job) = &mirror.plan else { return html! { "None yet." } };
    html! {
        @if job.state != State::Done { a href={ "/jobs/" (job.id) } { (state(job.state)) } ". " }
        @if let Some((attempt, planned)) = mirror.last_plan() {
            (time(attempt.ended, now))
            @if let Some(started) = attempt.started { ", took " (took(length(started, attempt.ended))) }
            ": " (planned.text()) ". "
        }
        a href={ "/jobs/" (job.id) } { "Details" }
    }
}

/// The numbers of a plan.
pub fn planned(planned: &Planned, now: Timestamp) -> Markup {
    html! {
        dl {
            dt { "Accounts" } dd { (planned.accounts) ", " (planned.accounts_with_failures) " with failures" }
            dt { "Records created" } dd { (planned.created) }
            dt { "Records updated" } dd { (planned.updated) }
            dt { "Records adopted" } dd { (planned.adopted) }
            dt { "Records deleted" } dd { (planned.withdrawn) }
            dt { "Items in step" } dd { (planned.unchanged) }
            dt { "Items failed" } dd { (planned.failed) }
            dt { "Items blocked" } dd { (planned.blocked) }
            dt { "Bakes requested" } dd { (planned.bakes) }
            dt { "Uploaded" } dd { (planned.uploaded) " bytes" }
            dt { "Accounts postponed" } dd { (planned.accounts_postponed) }
            @for later in &planned.postponed {
                dt { (later.account) } dd { "until " (time(later.until, now)) ": " (later.reason) }
            }
        }
    }
}

fn postponed(mirror: &MirrorState, members: &[Member], now: Timestamp) -> Markup {
    let (items, next) = mirror.throttled;
    let accounts = mirror.postponed(now);
    let waits = members.iter().flat_map(|member| &member.process.waits).filter(|wait| wait.account.is_some());
    let waits: Vec<_> = waits.collect();
    html! {
        @if items == 0 && accounts.is_empty() && waits.is_empty() { "None." }
        @if items > 0 {
            p {
                a href="/jobs?state=waiting&cause=pds.throttled" { (items) @if items == 1 { " item" } @else { " items" } }
                " waiting for a limit of the PDS"
                @if let Some(next) = next { "; the next attempt is " (time(next, now)) }
                "."
            }
        }
        @if !accounts.is_empty() || !waits.is_empty() {
            ul.plain {
                @for later in accounts { li { (later.account) ", until " (time(later.until, now)) ": " (later.reason) } }
                @for wait in waits {
                    li { (wait.account.as_deref().unwrap_or_default()) ", until " (time(wait.until, now)) ": " (wait.kind) }
                }
            }
        }
    }
}

fn fleet(members: &[Member], now: Timestamp) -> Markup {
    html! {
        @if members.is_empty() { "None." }
        ul.plain { @for Member { process, jobs } in members {
            li {
                (process.worker)
                @if !process.host.is_empty() { " on " (process.host) }
                ", " (does(process.role)) ", release " (process.version)
                @if !process.recipe.is_empty() { ", " (process.recipe) }
                ", started " (time(process.started, now))
                @if !jobs.is_empty() { ": " @for (index, job) in jobs.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ "/jobs/" (job.id) } { (job.kind.name()) " " (job.label) }
                } }
            }
        } }
    }
}

fn does(role: Role) -> &'static str {
    match role {
        Role::All => "all roles",
        Role::Front => "front",
        Role::Worker => "worker",
    }
}

fn budgets(members: &[Member], now: Timestamp) -> Markup {
    let budgets: Vec<(&Process, &Budget)> = members
        .iter()
        .map(|member| &member.process)
        .flat_map(|process| process.budgets.iter().map(move |budget| (process, budget)))
        .collect();
    html! {
        h3 { "PDS rate limits" }
        @if budgets.is_empty() { p.empty { "The PDS has announced no limits to a running process, or all of them are unused." } }
        @else {
            .scroll tabindex="0" role="region" aria-label="PDS rate limits" {
                table.numbers {
                    caption { "Limits of the PDS, as last seen by each process" }
                    thead { tr {
                        th scope="col" { "Limit" } th scope="col" { "Account" } th scope="col" { "Left" }
                        th scope="col" { "Of" } th scope="col" { "Per" } th scope="col" { "Resets" }
                        th scope="col" { "Process" }
                    } }
                    tbody { @for (process, budget) in budgets { tr {
                        th scope="row" { (budget.kind) }
                        td { (budget.account.as_deref().unwrap_or("all")) }
                        td { (budget.remaining) }
                        td { (budget.points) }
                        td { (span(budget.window)) }
                        td { (time(budget.resets, now)) }
                        td { (process.worker) }
                    } } }
                }
            }
        }
    }
}

fn length(started: Timestamp, ended: Timestamp) -> u64 {
    ended.duration_since(started).as_millis().max(0).unsigned_abs() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_in_words_whether_changes_are_read() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let read = |reader: Option<&str>, age, lag| Reading { reader: reader.map(str::to_owned), age, lag };
        for (state, text) in [
            (None, "No process has read any changes yet."),
            (Some(read(Some("w1"), None, None)), "w1 has started to read changes."),
            (Some(read(Some("w1"), seconds(1), seconds(7))), "w1 reads them, 7 s behind."),
            (Some(read(None, seconds(90), seconds(95))), "No process reads changes. The position was stored 90 s ago."),
            (Some(read(None, None, None)), "No process reads changes."),
        ] {
            let shown = reading(state.as_ref()).into_string();
            let shown = shown.replace("<span class=\"wrong\">", "").replace("</span>", "");
            assert_eq!(shown, text);
        }
    }

    #[test]
    fn a_short_memory_of_the_database_is_pointed_out() {
        let shown = |hours: Option<u64>| oplog(hours.map(Duration::from_hours)).into_string();
        assert_eq!(shown(Some(30)), "MongoDB remembers the last 30 h of changes.");
        assert!(shown(Some(3)).contains("<span class=\"wrong\">At least 24 h is advised.</span>"));
        assert!(shown(None).starts_with("Unknown: "));
    }
}
