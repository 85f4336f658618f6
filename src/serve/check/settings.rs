//! Checks of the service's settings: missing or weak secrets, and settings that are only for tests.

use secrecy::{ExposeSecret, SecretString};

use crate::admin::doctor::Finding;
use crate::config::{Config, Publisher, ServiceConfig};

/// A shorter secret can be guessed by persistent requests.
const SHORTEST_SECRET: usize = 16;

/// The token allows actions that cannot be undone.
const SHORTEST_TOKEN: usize = 32;

pub fn look(config: &Config, service: &ServiceConfig) -> Vec<Finding> {
    let publisher = match service.publisher {
        Publisher::Site => "the site publishes new items, the service those that are missing",
        Publisher::Telecine => "the service publishes all items",
    };
    let mut findings = vec![
        Finding::ok("service settings", publisher),
        callback_secret(service.callback_secret.as_ref()),
        admin_token(service.admin_token.as_ref()),
        videos(config),
    ];
    if service.allows_loopback {
        let remedy = "set it to no outside of tests";
        let detail = "callbacks may go to this machine, and the operator's cookie is sent without TLS";
        findings.push(Finding::warn("TELECINE_ALLOW_LOOPBACK", detail, remedy));
    }
    findings
}

fn callback_secret(secret: Option<&SecretString>) -> Finding {
    let what = "CALLBACK_SECRET";
    match secret {
        None => {
            Finding::fail(what, "not set, so /bake refuses all requests", "set it to the secret that the site sends")
        }
        Some(secret) if is_short(secret, SHORTEST_SECRET) => {
            let remedy = "set a longer one here and on the site";
            Finding::warn(what, format!("has fewer than {SHORTEST_SECRET} characters"), remedy)
        }
        Some(_) => Finding::ok(what, "set"),
    }
}

fn admin_token(token: Option<&SecretString>) -> Finding {
    let what = "TELECINE_ADMIN_TOKEN";
    let remedy = format!("set it to {SHORTEST_TOKEN} random characters or more");
    match token {
        None => Finding::warn(what, "not set, so nobody can retry jobs or read /metrics", remedy),
        Some(token) if is_short(token, SHORTEST_TOKEN) => {
            Finding::warn(what, format!("has fewer than {SHORTEST_TOKEN} characters"), remedy)
        }
        Some(_) => Finding::ok(what, "set"),
    }
}

/// Only storing a video proves that it works; without keys, it cannot.
fn videos(config: &Config) -> Finding {
    let what = "storing videos";
    match config.spaces_keys() {
        Ok(Some(_)) => Finding::ok(what, format!("with the keys, in bucket {}", config.blobs_bucket())),
        Ok(None) => {
            let remedy = "set ART_SPACES_KEY and ART_SPACES_SECRET to keys that can write to the bucket of videos";
            Finding::fail(what, "not possible without keys", remedy)
        }
        Err(error) => Finding::fail(what, error.to_string(), "set both, or neither"),
    }
}

fn is_short(secret: &SecretString, shortest: usize) -> bool {
    secret.expose_secret().chars().count() < shortest
}
