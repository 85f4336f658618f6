//! `telecine webhooks`: who is told of what the service does.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json as object};

use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::serve::{Endpoint, EventType, Reason, Subscriptions, ago};

use super::network::{self, ServerArguments};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, table};

/// Subscribe addresses to what the service does, and look after them
#[derive(Debug, Args)]
#[command(after_help = "\
The service signs what it sends as Standard Webhooks has it: docs/webhooks.md says how a receiver verifies that.

Examples:
  telecine webhooks add https://example.com/hooks/telecine --events tape.baked,tape.failed
  telecine webhooks list
  telecine webhooks test ep_56b47995d5414da9ed170f93
  telecine jobs retry --cause webhook.disabled")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    servers: ServerArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Subscribe a public https address, and print its secret, this once
    Add {
        /// The address
        url: String,
        /// Only these events, separated by commas: tape.baked, tape.failed, item.published, item.withdrawn, item.failed
        #[arg(long, value_delimiter = ',', value_parser = event)]
        events: Vec<EventType>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List endpoints, the oldest first
    List {
        /// Print JSON, an object for each endpoint
        #[arg(long)]
        json: bool,
    },
    /// Send an event of the type webhook.test to an endpoint, and say whether it takes that
    Test(Which),
    /// Give an endpoint a new secret, and print it, this once; the old one goes on signing for a day
    Rotate(Which),
    /// Send events again to an endpoint that was disabled
    Enable(Which),
    /// Forget an endpoint; it gets nothing more
    Remove(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// The id of the endpoint
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn event(text: &str) -> std::result::Result<EventType, String> {
    EventType::named(text).ok_or_else(|| format!("there are {}", EventType::ALL.map(EventType::name).join(", ")))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"webhooks", &arguments.servers, async |config: Config, _| {
        let subscriptions = Subscriptions::open(&config).await?;
        match &arguments.command {
            Command::Add { url, events, json } => {
                told(&subscriptions.add(url, events).await?, Shown::WithSecret, "subscribed", *json);
            }
            Command::List { json } => return Ok(list(&subscriptions.list().await?, *json)),
            Command::Test(which) => {
                some(which, subscriptions.test(&which.id).await?)?;
                done(which, "delivered");
            }
            Command::Rotate(which) => {
                let endpoint = some(which, subscriptions.rotate(&which.id).await?)?;
                told(&endpoint, Shown::WithSecret, "has a new secret", which.json);
            }
            Command::Enable(which) => {
                let endpoint = some(which, subscriptions.enable(&which.id).await?)?;
                told(&endpoint, Shown::WithoutSecret, "enabled", which.json);
            }
            Command::Remove(which) => {
                some(which, subscriptions.remove(&which.id).await?)?;
                done(which, "removed");
            }
        }
        Ok(Outcome::Done)
    })
}

fn some<T>(which: &Which, found: Option<T>) -> Result<T> {
    found.ok_or_else(|| SyncError::Missing { subject: format!("endpoint {}", which.id) }.into())
}

fn done(which: &Which, what: &str) {
    if which.json {
        json(&object!({ "id": which.id, what: true }));
    } else {
        line(format!("{} {what}", which.id));
    }
}

/// Whether the secret is shown: to the one who has just got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    WithSecret,
    WithoutSecret,
}

fn told(endpoint: &Endpoint, shown: Shown, what: &str, as_json: bool) {
    let secret = (shown == Shown::WithSecret).then(|| endpoint.secret.expose());
    if as_json {
        let mut value = value(endpoint);
        if let Some(secret) = secret {
            value["secret"] = secret.into();
        }
        json(&value);
        return;
    }
    line(format!("{} {what}", endpoint.id));
    if let Some(secret) = secret {
        line(format!("secret {secret}"));
    }
}

fn list(endpoints: &[Endpoint], as_json: bool) -> Outcome {
    if as_json {
        for endpoint in endpoints {
            json(&value(endpoint));
        }
    } else if !endpoints.is_empty() {
        let rows: Vec<_> = endpoints.iter().map(row).collect();
        lines(table(["endpoint", "url", "events", "state", "added"], &rows));
    }
    if endpoints.is_empty() { Outcome::NothingToDo } else { Outcome::Done }
}

fn row(endpoint: &Endpoint) -> [String; 5] {
    let now = Timestamp::now();
    [
        endpoint.id.clone(),
        endpoint.url.clone(),
        if endpoint.events.is_empty() { "all".into() } else { names(endpoint).join(",") },
        match (&endpoint.disabled, endpoint.failing_since) {
            (Some(disabled), _) => format!("disabled {}: {}", ago(disabled.since, now), reason(disabled.reason)),
            (None, Some(since)) => format!("failing since {}", ago(since, now)),
            (None, None) => "enabled".into(),
        },
        ago(endpoint.created, now),
    ]
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Gone => "it returned 410",
        Reason::Failing => "it failed for five days",
    }
}

fn names(endpoint: &Endpoint) -> Vec<&'static str> {
    endpoint.events.iter().map(|event| event.name()).collect()
}

fn value(endpoint: &Endpoint) -> Value {
    object!({
        "id": endpoint.id,
        "url": endpoint.url,
        "events": names(endpoint),
        "created": endpoint.created,
        "failingSince": endpoint.failing_since,
        "disabledSince": endpoint.disabled.map(|disabled| disabled.since),
        "disabledReason": endpoint.disabled.map(|disabled| disabled.reason),
        "oldSecretUntil": endpoint.old_secret.as_ref().map(|old| old.until),
    })
}
