//! The real services: reads return what is stored, writes arrive once, and failures are distinguished.

mod mongo;
mod pds;
mod sessions;
mod spaces;

use telecine::config::Config;

use crate::stack::Environment;

/// What the program would know in that environment.
fn config(environment: &Environment) -> Config {
    Config::from_sources(|name| environment.get(name).cloned(), None).unwrap()
}

/// The same, but with something else in between.
fn config_with(environment: &Environment, name: &str, value: &str) -> Config {
    let mut environment = environment.clone();
    environment.insert(name.into(), value.into());
    config(&environment)
}

/// Only what may move between threads can be done side by side.
fn is_send<T: Send>(value: T) -> T {
    value
}
