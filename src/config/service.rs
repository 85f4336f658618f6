//! The settings of the service.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::civil::Time;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Config;
use crate::error::{ConfigError, Error, Result};

/// The program that creates the records of new items on the PDS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publisher {
    /// The site, seconds after the insert; the service creates those that are missing.
    Site,
    /// The service alone.
    Telecine,
}

/// The part of the work that a process of the service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// Answers requests, reads changes and requests plans, but runs no jobs.
    Front,
    /// Runs jobs; answers only requests about itself.
    Worker,
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Role> {
        [Role::All, Role::Front, Role::Worker].into_iter().find(|role| role.name() == name)
    }

    /// Its name: `worker`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::All => "all",
            Role::Front => "front",
            Role::Worker => "worker",
        }
    }

    /// Whether it answers requests, reads changes and requests plans.
    #[must_use]
    pub fn is_front(self) -> bool {
        self != Role::Worker
    }

    /// Whether it runs jobs.
    #[must_use]
    pub fn works(self) -> bool {
        self != Role::Front
    }
}

/// The settings of the service, checked.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// The database of the service's own state.
    pub database: String,
    /// The part of the work that this process does.
    pub role: Role,
    /// The addresses of the NATS servers that distribute jobs to workers; `None` if workers poll the database.
    pub queue: Option<SecretString>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The program that creates records.
    pub publisher: Publisher,
    /// The time of day of the full plan, in UTC.
    pub plan_at: Time,
    /// How long the service leaves a new item to the site.
    pub settle: Duration,
    /// The secret shared with callers of `/bake` and the receiver of callbacks; without it, `/bake` is closed.
    pub callback_secret: Option<SecretString>,
    /// The address that gets a callback for tapes baked without a request to `/bake`.
    pub callback_url: Url,
    /// The hosts that callbacks may go to.
    pub callback_hosts: Vec<String>,
    /// Whether callbacks may go to this machine, without TLS.
    pub allows_loopback: bool,
    /// The token for actions of the dashboard and the API; without it, they are closed.
    pub admin_token: Option<SecretString>,
}

impl Config {
    /// The settings of the service.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] for an invalid value.
    pub fn service(&self) -> Result<ServiceConfig> {
        let listen = self.defaulted("TELECINE_LISTEN");
        let publisher = self.defaulted("TELECINE_PUBLISH");
        let loopback = self.defaulted("TELECINE_ALLOW_LOOPBACK");
        let plan_at = self.defaulted("TELECINE_PLAN_AT");
        let hosts = self.defaulted("TELECINE_CALLBACK_HOSTS");
        let role = self.defaulted("TELECINE_ROLE");
        Ok(ServiceConfig {
            database: self.defaulted("TELECINE_DATABASE").into(),
            role: Role::named(role).ok_or_else(|| wrong("TELECINE_ROLE", role, "all, front or worker"))?,
            queue: self.optional("TELECINE_QUEUE").cloned(),
            listen: listen
                .parse()
                .map_err(|_| wrong("TELECINE_LISTEN", listen, "an address such as 127.0.0.1:3002"))?,
            publisher: match publisher {
                "site" => Publisher::Site,
                "telecine" => Publisher::Telecine,
                other => return Err(wrong("TELECINE_PUBLISH", other, "site or telecine")),
            },
            plan_at: plan_at.parse().map_err(|_| wrong("TELECINE_PLAN_AT", plan_at, "a time of day such as 04:00"))?,
            settle: self.seconds("TELECINE_SETTLE")?,
            callback_secret: self.optional("CALLBACK_SECRET").cloned(),
            callback_url: self.url("TELECINE_CALLBACK_URL")?,
            callback_hosts: hosts.split(',').map(|host| host.trim().to_ascii_lowercase()).collect(),
            allows_loopback: match loopback {
                "yes" => true,
                "no" => false,
                other => return Err(wrong("TELECINE_ALLOW_LOOPBACK", other, "yes or no")),
            },
            admin_token: self.optional("TELECINE_ADMIN_TOKEN").cloned(),
        })
    }

    /// A setting in seconds: `30s`.
    fn seconds(&self, name: &'static str) -> Result<Duration> {
        let text = self.defaulted(name);
        let seconds = text.strip_suffix('s').and_then(|number| number.parse().ok());
        seconds.map(Duration::from_secs).ok_or_else(|| wrong(name, text, "a number of seconds such as 30s"))
    }
}

fn wrong(name: &'static str, value: &str, expected: &str) -> Error {
    Error::Config(ConfigError::Setting { name, what: format!("is {value:?}; expected {expected}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(pairs: &'static [(&str, &str)]) -> Result<ServiceConfig> {
        let environment =
            |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::from_sources(environment, None)?.service()
    }

    #[test]
    fn without_settings_the_service_listens_here_and_leaves_publishing_to_the_site() {
        let config = service(&[]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!((config.publisher, config.settle), (Publisher::Site, Duration::from_secs(30)));
        assert_eq!(config.callback_hosts, ["aesthetic.computer", "www.aesthetic.computer"]);
        assert!(!config.allows_loopback && config.callback_secret.is_none() && config.admin_token.is_none());
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused_by_name() {
        let told = |pairs| service(pairs).unwrap_err().to_string();
        let expected = "expected an address such as 127.0.0.1:3002";
        assert_eq!(told(&[("TELECINE_LISTEN", "3002")]), format!("TELECINE_LISTEN is \"3002\"; {expected}"));
        assert_eq!(told(&[("TELECINE_PUBLISH", "both")]), "TELECINE_PUBLISH is \"both\"; expected site or telecine");
        assert_eq!(told(&[("TELECINE_ROLE", "both")]), "TELECINE_ROLE is \"both\"; expected all, front or worker");
        assert!(told(&[("TELECINE_PLAN_AT", "at night")]).ends_with("expected a time of day such as 04:00"));
        assert!(told(&[("TELECINE_SETTLE", "30")]).ends_with("expected a number of seconds such as 30s"));
        assert!(told(&[("TELECINE_ALLOW_LOOPBACK", "true")]).ends_with("expected yes or no"));
    }
}
