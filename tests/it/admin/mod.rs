//! The administration of the mirror, against real servers and observed from outside.

mod accounts;
mod doctor;
mod lexicons;
mod nameserver;

use std::process::Command;

use crate::stack::site::Site;
use crate::support::command::{Run, Workshop, run};

/// A site, and the program set up to look after it.
struct Administered {
    site: Site,
    workshop: Workshop,
    /// What the program is told instead of the truth.
    changes: Vec<(&'static str, String)>,
}

impl Administered {
    async fn new() -> Self {
        Administered::of(Site::new().await)
    }

    fn of(site: Site) -> Self {
        Administered { site, workshop: Workshop::new(), changes: Vec::new() }
    }

    /// Has the program see another value.
    fn tell(&mut self, name: &'static str, value: impl Into<String>) {
        self.changes.push((name, value.into()));
    }

    async fn run(&self, arguments: &str) -> Run {
        let mut command: Command = self.workshop.telecine(arguments);
        command.envs(self.site.environment()).envs(self.changes.iter().map(|(name, value)| (*name, value)));
        tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap()
    }
}
