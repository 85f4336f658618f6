//! `telecine jobs`: lists the service's jobs, and acts on them from outside.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::remote::mongo::Mongo;
use crate::serve::{Filter, Job, JobPage, JobView, Kind, Outcome as Ended, State, Store, ago, open_queue, rebuild};

use super::network::{self, ServerArguments};
use crate::cli::headings::{OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, say, table};

/// List the service's jobs, and retry, cancel or park them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine jobs list --state parked
  telecine jobs show 56b47995d5414da9ed170f93
  telecine jobs retry --cause tape.damaged")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    servers: ServerArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List jobs, most recently changed first
    List(ListArguments),
    /// Show a job and its attempts
    Show {
        /// Id of the job
        id: String,
        /// Print JSON
        #[arg(long, help_heading = OUTPUT)]
        json: bool,
    },
    /// Retry jobs from the start
    Retry(Which),
    /// Cancel jobs: waiting ones at once, running ones as soon as their worker notices
    Cancel(Which),
    /// Park jobs that are not running, until they are retried or requested again
    Park(Which),
    /// Announce all due jobs to the queue again, for example after NATS lost its data
    Rebuild,
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    filter: FilterArguments,
    /// List at most N jobs
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(i64).range(1..),
        help_heading = SELECTION
    )]
    limit: i64,
    /// Print JSON: one object per job
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = SELECTION)]
struct FilterArguments {
    /// Select jobs of this kind: bake, mirror, callback, webhook or plan
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Select jobs in this state: queued, running, waiting, done, parked or cancelled
    #[arg(long, value_parser = state)]
    state: Option<State>,
    /// Select jobs whose last failure has this code
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
    /// Select jobs of the tape with this code, or of the item with this id
    #[arg(long, value_name = "CODE|ID")]
    of: Option<String>,
}

/// Jobs by id, or all with the same cause of failure.
#[derive(Debug, Args)]
struct Which {
    /// Ids of the jobs
    #[arg(required_unless_present = "cause", conflicts_with = "cause")]
    ids: Vec<String>,
    /// Select all unfinished jobs whose last failure has this code
    #[arg(long, value_name = "CODE", help_heading = SELECTION)]
    cause: Option<String>,
}

/// The most jobs that one command acts on.
const MOST: i64 = 10_000;

fn kind(text: &str) -> std::result::Result<Kind, String> {
    Kind::named(text).ok_or_else(|| format!("expected one of {}", Kind::ALL.map(Kind::name).join(", ")))
}

fn state(text: &str) -> std::result::Result<State, String> {
    State::named(text).ok_or_else(|| format!("expected one of {}", State::ALL.map(State::name).join(", ")))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"jobs", &arguments.servers, async |config: Config, _| {
        let settings = config.service()?;
        let store = Store::open(&Mongo::connect(&config).await?, &settings.database).await?;
        // Only for what changes when jobs are due: the others work without the queue.
        let queue = async || open_queue(&settings, &store, &network::stop()).await;
        match &arguments.command {
            Command::List(arguments) => list(&store, arguments).await,
            Command::Show { id, json } => show(&store, id, *json).await,
            Command::Retry(which) => {
                let queue = queue().await?;
                let outcome = act(&store, which, "retried", async |id| store.retry(id).await).await;
                if let Err(error) = queue.rebuild(&[]).await {
                    say(format!("warning: {}; workers will notice later", error.chain().join(": ")));
                }
                outcome
            }
            Command::Cancel(which) => act(&store, which, "cancelled", async |id| store.cancel(id).await).await,
            Command::Park(which) => act(&store, which, "parked", async |id| store.park(id).await).await,
            Command::Rebuild => {
                let jobs = rebuild(&store, queue().await?.as_ref()).await?;
                if jobs > 0 {
                    line(format!("{jobs} jobs were missing from the queue"));
                }
                Ok(Outcome::of_work(false, jobs > 0))
            }
        }
    })
}

async fn list(store: &Store, arguments: &ListArguments) -> Result<Outcome> {
    let FilterArguments { kind, state, cause, of } = &arguments.filter;
    let filter = Filter {
        kind: *kind,
        states: state.iter().copied().collect(),
        code: cause.clone(),
        search: of.clone(),
        after: None,
    };
    let jobs: Vec<_> = store.list(&filter, arguments.limit).await?.iter().map(JobView::from).collect();
    if arguments.json {
        for job in &jobs {
            json(job);
        }
    } else if !jobs.is_empty() {
        let rows: Vec<_> = jobs.iter().map(row).collect();
        lines(table(["job", "kind", "of", "state", "attempt", "changed", "why"], &rows));
    }
    Ok(if jobs.is_empty() { Outcome::NothingToDo } else { Outcome::Done })
}

fn row(job: &JobView) -> [String; 7] {
    let of = job.medium.as_ref().map_or_else(|| job.label.clone(), |medium| format!("{medium} {}", job.label));
    [
        job.id.clone(),
        job.kind.name().into(),
        of,
        format!("{}{}", job.state.name(), job.progress()),
        job.attempt.to_string(),
        ago(job.changed, Timestamp::now()),
        job.failure.as_ref().map_or_else(String::new, |failure| failure.code.clone()),
    ]
}

async fn show(store: &Store, id: &str, as_json: bool) -> Result<Outcome> {
    let job = store.job(id).await?;
    let job = job.ok_or_else(|| SyncError::Missing { subject: format!("job {id}") })?;
    let page = JobPage::from(job);
    if as_json {
        json(&page);
        return Ok(Outcome::Done);
    }
    let job = &page.job;
    line(format!("{} {}: {}", job.kind.name(), job.label, job.state.name()));
    if let Some(failure) = &job.failure {
        line(format!("  {}: {}", failure.code, failure.text));
    }
    match &page.outcome {
        Some(Ended::Baked(baked)) => line(format!("  {}, {} bytes, {}", baked.mp4_url, baked.mp4_bytes, baked.preset)),
        Some(Ended::Planned(planned)) => line(format!("  {}", planned.text())),
        Some(Ended::Noted(note)) => line(format!("  {note}")),
        None => {}
    }
    for attempt in &page.history {
        let why = attempt.failure.as_ref().map_or_else(String::new, |failure| format!(": {}", failure.code));
        let worker = attempt.worker.as_deref().unwrap_or("no worker");
        line(format!("  {} {} by {worker}{why}", ago(attempt.ended, Timestamp::now()), attempt.state.name()));
    }
    Ok(Outcome::Done)
}

async fn act(
    store: &Store,
    which: &Which,
    done: &str,
    act: impl AsyncFn(&str) -> Result<Option<Job>>,
) -> Result<Outcome> {
    let ids = match &which.cause {
        Some(cause) => {
            let failed = store.list(&Filter::failed(cause.clone()), MOST).await?;
            failed.into_iter().map(|job| job.id).collect()
        }
        None => which.ids.clone(),
    };
    let (mut acted, mut has_failed) = (0, false);
    for id in &ids {
        match act(id).await? {
            Some(_) => acted += 1,
            None if which.cause.is_none() => {
                has_failed = true;
                say(format!("error: job {id} cannot be {done}: it does not exist, or is in another state"));
            }
            // The job has changed meanwhile.
            None => {}
        }
    }
    if acted > 0 {
        line(format!("{acted} {done}"));
    }
    Ok(Outcome::of_work(has_failed, acted > 0))
}
