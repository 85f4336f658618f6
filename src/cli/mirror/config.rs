//! `telecine config`: what is configured, and where each value came from.

use clap::Args;
use serde_json::{Map, json};

use crate::cli::outcome::Outcome;
use crate::cli::report;
use crate::config::{Config, SettingValue};

/// Show the settings in force, secrets masked, and where each value came from
#[derive(Debug, Args)]
#[command(after_help = "\
The environment wins over the config file, the file over the default. The file is TOML with the same names:
  PDS_URL = \"https://at.aesthetic.computer\"

Examples:
  telecine config
  telecine config --config staging.toml --json")]
pub struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which config file to read.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The config file; without, telecine/config.toml in `$XDG_CONFIG_HOME` or ~/.config, if there is one
    #[arg(long = "config", value_name = "FILE", env = "TELECINE_CONFIG")]
    path: Option<std::path::PathBuf>,
}

impl ConfigFile {
    /// Reads it, and the environment.
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
