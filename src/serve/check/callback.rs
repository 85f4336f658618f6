//! Checks the receiver of callbacks: allowed and reachable. Sends no callback.

use crate::admin::doctor::Finding;
use crate::config::ServiceConfig;
use crate::serve::outbox::{Client, Receivers};

const WHAT: &str = "callback";

pub async fn look(service: &ServiceConfig) -> Vec<Finding> {
    let receivers = Receivers::of(service);
    let url = service.callback_url.as_str();
    let receiver = match receivers.listed(url) {
        Ok(receiver) => receiver,
        Err(error) => {
            let remedy = "add its host to TELECINE_CALLBACK_HOSTS, or set TELECINE_CALLBACK_URL to another address";
            return vec![Finding::fail(WHAT, error.to_string(), remedy)];
        }
    };
    let status = match Client::new(receivers) {
        Ok(client) => client.options(&receiver).await,
        Err(error) => Err(error),
    };
    vec![match status {
        Ok(status @ (404 | 410)) => {
            let remedy = "set TELECINE_CALLBACK_URL to the site's oven-complete";
            Finding::fail(WHAT, format!("{url} returns {status}"), remedy)
        }
        Ok(status @ 500..) => Finding::warn(WHAT, format!("{url} returns {status}"), "check the state of the site"),
        Ok(_) => Finding::ok(WHAT, format!("{url} can be reached")),
        Err(error) => {
            let remedy = "check that the site runs, and that its name has a public address";
            Finding::fail(WHAT, error.chain().join(": "), remedy)
        }
    }]
}
