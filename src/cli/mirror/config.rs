//! `telecine config`: shows the settings and where each value comes from.

use clap::Args;
use serde_json::{Map, json};

use crate::cli::headings::{OUTPUT, SERVERS};
use crate::cli::outcome::Outcome;
use crate::cli::report;
use crate::config::{Config, SettingValue};

/// Show the current settings, with secrets masked, and the source of each value
#[derive(Debug, Args)]
#[command(after_help = "\
The environment overrides the config file, and the file overrides the defaults. The file is TOML with the same names:
  PDS_URL = \"https://at.aesthetic.computer\"

Examples:
  telecine config
  telecine config --config staging.toml --json")]
pub struct Arguments {
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

/// The config file to read.
#[derive(Debug, Args)]
#[command(next_help_heading = SERVERS)]
pub struct ConfigFile {
    /// Config file [default: telecine/config.toml in `$XDG_CONFIG_HOME` or ~/.config, if it exists]
    #[arg(long = "config", value_name = "FILE", env = "TELECINE_CONFIG")]
    path: Option<std::path::PathBuf>,
}

impl ConfigFile {
    /// Reads the file and the environment.
    pub fn load(&self) -> crate::Result<Config> {
        Config::load(self.path.as_deref())
    }
}

pub fn run(arguments: &Arguments) -> Outcome {
    let config = match arguments.file.load() {
        Ok(config) => config,
        Err(error) => return report::ended(&"config", &error),
    };
    let shown = config.shown();
    if arguments.json {
        let json: Map<_, _> = shown.into_iter().map(json_of).collect();
        report::json(&json);
    } else {
        let rows: Vec<_> = shown.into_iter().map(row_of).collect();
        report::lines(report::table(["setting", "value", "from"], &rows));
    }
    Outcome::Done
}

fn json_of(shown: SettingValue) -> (String, serde_json::Value) {
    let origin = shown.origin.map(|origin| origin.to_string());
    (shown.name.into(), json!({ "value": shown.value, "from": origin }))
}

fn row_of(shown: SettingValue) -> [String; 3] {
    let origin = shown.origin.map(|origin| origin.to_string());
    [shown.name.into(), shown.value.unwrap_or("not set".into()), origin.unwrap_or_default()]
}
