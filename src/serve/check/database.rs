//! Checks of MongoDB for the service: change stream, oplog, and its own database.

use std::time::Duration;

use crate::admin::doctor::Finding;
use crate::config::{Config, ServiceConfig};
use crate::error::Error;
use crate::remote::Mongo;
use crate::serve::store::{Reading, Store};
use crate::serve::view::span;

/// With a shorter window, a service that is stopped for a night needs a full plan.
const ADVISED: Duration = Duration::from_hours(24);

const STREAM: &str = "change stream";
const POSITION: &str = "stream position";
const OPLOG: &str = "oplog";
const DATABASE: &str = "service database";

pub async fn look(config: &Config, service: &ServiceConfig) -> Vec<Finding> {
    let Ok(mongo) = Mongo::connect(config).await else {
        return [STREAM, OPLOG, POSITION, DATABASE].map(|what| Finding::skip(what, "mongodb cannot be reached")).into();
    };
    let store = Store::at(&mongo, &service.database);
    let (changes, window, reading, may_write) =
        tokio::join!(mongo.changes(None), mongo.oplog_window(), store.reading(), mongo.may_write(&service.database));
    let stream = match changes {
        Ok(_) => Finding::ok(STREAM, "can be opened"),
        Err(error) => {
            let remedy = "start mongod with --replSet, and grant the user the role read on the site's database";
            Finding::fail(STREAM, text(&error), remedy)
        }
    };
    let known = window.as_ref().ok().copied().flatten();
    let oplog = match window {
        Ok(window) => oplog(window),
        Err(error) => Finding::warn(OPLOG, text(&error), "check the log of mongod"),
    };
    let position = match reading {
        Ok(reading) => position(reading.as_ref(), known),
        Err(error) => Finding::fail(POSITION, text(&error), grant(service)),
    };
    let database = match may_write {
        Ok(true) => Finding::ok(DATABASE, format!("{} is writable", service.database)),
        Ok(false) => Finding::fail(DATABASE, format!("{} is not writable", service.database), grant(service)),
        Err(error) => Finding::fail(DATABASE, text(&error), "check the log of mongod"),
    };
    vec![stream, oplog, position, database]
}

fn grant(service: &ServiceConfig) -> String {
    format!("grant the user the role readWrite on the database {}", service.database)
}

fn oplog(window: Option<Duration>) -> Finding {
    let Some(window) = window else {
        let remedy = "grant the user the role read on the database local";
        return Finding::warn(OPLOG, "not readable for this user, so its window is unknown", remedy);
    };
    let detail = format!("holds the last {} of changes", span(window.as_secs()));
    if window < ADVISED {
        let remedy = "run db.adminCommand({ replSetResizeOplog: 1, minRetentionHours: 24 }) on the primary";
        Finding::warn(OPLOG, detail, remedy)
    } else {
        Finding::ok(OPLOG, detail)
    }
}

fn position(reading: Option<&Reading>, window: Option<Duration>) -> Finding {
    let Some(lag) = reading.and_then(|reading| reading.lag) else {
        return Finding::ok(POSITION, "none yet: the first start plans everything");
    };
    let reader = reading.and_then(|reading| reading.reader.as_ref());
    let who = reader.map_or_else(|| "no process reads now".into(), |reader| format!("{reader} reads now"));
    let detail = format!("{} behind; {who}", span(lag.as_secs()));
    if window.is_some_and(|window| lag > window) {
        let remedy = "start the service: it resumes from now, with a full plan";
        Finding::warn(POSITION, format!("{detail}; mongodb no longer holds the changes after it"), remedy)
    } else {
        Finding::ok(POSITION, detail)
    }
}

fn text(error: &Error) -> String {
    error.chain().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::doctor::Level;

    #[test]
    fn less_than_a_day_of_changes_is_worth_a_word() {
        let hours = |hours| oplog(Some(Duration::from_hours(hours)));
        assert_eq!([hours(24).level, hours(23).level, oplog(None).level], [Level::Ok, Level::Warn, Level::Warn]);
        assert_eq!(hours(3).detail, "holds the last 3 h of changes");
    }

    #[test]
    fn a_position_that_is_forgotten_is_worth_a_word() {
        let reading = |lag: u64| Reading { reader: None, age: None, lag: Some(Duration::from_secs(lag)) };
        let window = Some(Duration::from_hours(1));
        assert_eq!(position(None, window).level, Level::Ok);
        assert_eq!(position(Some(&reading(60)), window).detail, "60 s behind; no process reads now");
        assert_eq!(position(Some(&reading(7_200)), window).level, Level::Warn);
        assert_eq!(position(Some(&reading(7_200)), None).level, Level::Ok);
    }
}
