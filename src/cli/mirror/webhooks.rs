//! `telecine webhooks`: manages the endpoints that receive the service's events.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json as object};

use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::serve::{Endpoint, EventType, Reason, Subscriptions, ago};

use super::network::{self, ServerArguments};
use crate::cli::headings::{OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, table};

/// Manage the endpoints that receive the service's events
#[derive(Debug, Args)]
#[command(after_help = "\
The service signs its requests according to Standard Webhooks. docs/webhooks.md explains how a receiver verifies them.

Examples:
  telecine webhooks add https://example.com/hook --events tape.baked
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
    /// Add a public https endpoint, and print its secret, which is shown only now
    Add {
        /// URL of the endpoint
        url: String,
        /// Send only these events, separated by commas: tape.baked, tape.failed, item.published, item.withdrawn,
        /// item.failed [default: all]
        #[arg(long, value_delimiter = ',', value_parser = event, help_heading = SELECTION)]
        events: Vec<EventType>,
        /// Print JSON
        #[arg(long, help_heading = OUTPUT)]
        json: bool,
    },
    /// List endpoints, oldest first
    List {
        /// Print JSON: one object per endpoint
        #[arg(long, help_heading = OUTPUT)]
        json: bool,
    },
    /// Send a webhook.test event to an endpoint, and report whether it is accepted
    Test(Which),
    /// Give an endpoint a new secret, and print it; the old secret also signs for another day
    Rotate(Which),
    /// Enable an endpoint that was disabled
    Enable(Which),
    /// Remove an endpoint; it receives nothing more
    Remove(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// Id of the endpoint
    id: String,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

fn event(text: &str) -> std::result::Result<EventType, String> {
    EventType::named(text).ok_or_else(|| format!("expected one of {}", EventType::ALL.map(EventType::name).join(", ")))
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

/// Whether to show the secret: only just after it was made.
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
