//! `telecine fleet`: lists the processes of the service on all machines.

use clap::Args;
use jiff::Timestamp;

use crate::config::Config;
use crate::remote::mongo::Mongo;
use crate::serve::{JobView, Member, MemberView, Store, ago};

use super::network::{self, ServerArguments};
use crate::cli::headings::OUTPUT;
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, lines, table};

/// Show the processes of the service and their current jobs
#[derive(Debug, Args)]
#[command(after_help = "\
Processes that have not reported for 45 seconds are not shown. The exit status
is 3 if there are none.

Examples:
  telecine fleet
  telecine fleet --json | jq -r .recipe | sort | uniq -c")]
pub struct Arguments {
    /// Print JSON: one object per process
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"fleet", &arguments.servers, async |config: Config, _| {
        let store = Store::at(&Mongo::connect(&config).await?, &config.service()?.database);
        let members = Member::all(&store).await?;
        if arguments.json {
            members.iter().map(MemberView::from).for_each(|member| json(&member));
        } else if !members.is_empty() {
            let now = Timestamp::now();
            let rows: Vec<_> = members.iter().map(|member| row(member, now)).collect();
            lines(table(["process", "host", "role", "release", "recipe", "started", "jobs"], &rows));
        }
        Ok(if members.is_empty() { Outcome::NothingToDo } else { Outcome::Done })
    })
}

fn row(member: &Member, now: Timestamp) -> [String; 7] {
    let process = &member.process;
    let jobs: Vec<_> = member.jobs.iter().map(job).collect();
    [
        process.worker.clone(),
        process.host.clone(),
        process.role.name().into(),
        process.version.clone(),
        process.recipe.clone(),
        ago(process.started, now),
        if jobs.is_empty() { "none".into() } else { jobs.join(", ") },
    ]
}

/// A job in a few words: `bake 9Yo processing 40 %`.
fn job(job: &JobView) -> String {
    format!("{} {}{}", job.kind.name(), job.label, job.progress())
}
