//! The configuration: the only code that reads the environment and the config file.
//!
//! A setting has the same name in the environment and in the file. The environment overrides the file, and the file
//! overrides the default. A setting with an empty value is not set.

mod origin;
#[cfg(feature = "service")]
mod service;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::{ConfigError, Error, Result};

pub use origin::Origin;
#[cfg(feature = "service")]
pub use service::{Publisher, Role, ServiceConfig};

/// A setting: its name, whether it is secret, and its default.
struct Setting {
    name: &'static str,
    is_secret: bool,
    default: Option<&'static str>,
}

const fn setting(name: &'static str, default: &'static str) -> Setting {
    Setting { name, is_secret: false, default: Some(default) }
}

const fn secret(name: &'static str) -> Setting {
    Setting { name, is_secret: true, default: None }
}

/// All settings, in the order in which they are shown. Names and defaults are those of aesthetic.computer's own tools.
const SETTINGS: &[Setting] = &[
    // A connection string carries a password.
    secret("MONGODB_CONNECTION_STRING"),
    setting("MONGODB_NAME", "aesthetic"),
    setting("PDS_URL", "https://at.aesthetic.computer"),
    secret("PDS_ADMIN_PASSWORD"),
    secret("PDS_RATE_LIMIT_BYPASS_KEY"),
    secret("ART_SPACES_KEY"),
    secret("ART_SPACES_SECRET"),
    setting("ART_SPACES_ENDPOINT", "https://sfo3.digitaloceanspaces.com"),
    // Spaces ignores the region, but requests are signed with one.
    setting("ART_SPACES_REGION", "us-east-1"),
    setting("ART_SPACES_BUCKET", "art-aesthetic-computer"),
    setting("USER_SPACES_BUCKET", "user-aesthetic-computer"),
    setting("AT_BLOBS_SPACES_BUCKET", "at-blobs-aesthetic-computer"),
    // Settings of the service. The secret has the same name as in the oven's environment.
    secret("CALLBACK_SECRET"),
    secret("TELECINE_ADMIN_TOKEN"),
    setting("TELECINE_ALLOW_LOOPBACK", "no"),
    setting("TELECINE_CALLBACK_HOSTS", "aesthetic.computer,www.aesthetic.computer"),
    setting("TELECINE_CALLBACK_URL", "https://aesthetic.computer/api/oven-complete"),
    setting("TELECINE_DATABASE", "telecine"),
    setting("TELECINE_LISTEN", "127.0.0.1:3002"),
    setting("TELECINE_PLAN_AT", "04:00"),
    setting("TELECINE_PUBLISH", "site"),
    // Addresses may contain passwords.
    secret("TELECINE_QUEUE"),
    setting("TELECINE_ROLE", "all"),
    setting("TELECINE_SETTLE", "30s"),
];

/// A setting for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingValue {
    /// Its name.
    pub name: &'static str,
    /// Its value, `***` for a secret; `None` if not set.
    pub value: Option<String>,
    /// The source of the value; `None` if not set.
    pub origin: Option<Origin>,
}

/// The current settings. Printing them shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    values: BTreeMap<&'static str, (SecretString, Origin)>,
}

/// A pair of keys for Spaces.
#[derive(Debug, Clone)]
pub struct SpacesKeys {
    /// The access key.
    pub key: SecretString,
    /// The secret key.
    pub secret: SecretString,
}

impl Config {
    /// Reads the environment and `file`, or by default `telecine/config.toml` in the user's config folder, if it
    /// exists.
    ///
    /// # Errors
    ///
    /// If a given file cannot be read or is not a config file.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        let environment = |name: &str| std::env::var(name).ok();
        let usual = usual_file(environment).filter(|path| path.exists());
        Config::from_sources(environment, file.or(usual.as_deref()))
    }

    /// As [`Config::load`], with a given environment.
    ///
    /// # Errors
    ///
    /// If a given file cannot be read or is not a config file.
    pub fn from_sources(environment: impl Fn(&str) -> Option<String>, file: Option<&Path>) -> Result<Config> {
        let mut config = Config { values: BTreeMap::new() };
        for setting in SETTINGS {
            if let Some(value) = setting.default {
                config.set(setting.name, value.into(), Origin::Default);
            }
        }
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
            config
                .set_from(path, &text)
                .map_err(|source| Error::Config(ConfigError::ConfigFile { path: path.into(), source }))?;
        }
        for Setting { name, .. } in SETTINGS {
            if let Some(value) = environment(name) {
                config.set(name, value, Origin::Environment);
            }
        }
        Ok(config)
    }

    /// The same with a setting overridden by a command's argument, if given.
    ///
    /// # Panics
    /// If there is no such setting.
    #[must_use]
    pub fn with_argument(mut self, name: &str, value: Option<String>) -> Config {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).expect("commands know the settings");
        if let Some(value) = value {
            self.set(setting.name, value, Origin::Argument);
        }
        self
    }

    fn set(&mut self, name: &'static str, value: String, origin: Origin) {
        if !value.trim().is_empty() {
            self.values.insert(name, (value.into(), origin));
        }
    }

    fn set_from(&mut self, path: &Path, text: &str) -> Result<(), crate::error::Cause> {
        // The parser's own error quotes the line, which may contain a secret.
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| match error.span() {
            Some(span) => {
                let line = 1 + text[..span.start.min(text.len())].matches('\n').count();
                format!("line {line}: {}", error.message())
            }
            None => error.message().to_owned(),
        })?;
        for (name, value) in table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
                return Err(format!("{name} is unknown; the settings are those of `telecine config`").into());
            };
            let toml::Value::String(value) = value else {
                return Err(format!("{name} is not a string").into());
            };
            self.set(setting.name, value, Origin::File(path.into()));
        }
        Ok(())
    }

    /// All settings for display.
    #[must_use]
    pub fn shown(&self) -> Vec<SettingValue> {
        let show = |setting: &Setting| {
            let (value, origin) = self.values.get(setting.name).cloned().unzip();
            let value = value.map(|value| if setting.is_secret { "***".into() } else { value.expose_secret().into() });
            SettingValue { name: setting.name, value, origin }
        };
        SETTINGS.iter().map(show).collect()
    }

    fn optional(&self, name: &'static str) -> Option<&SecretString> {
        self.values.get(name).map(|(value, _)| value)
    }

    fn required(&self, name: &'static str) -> Result<&SecretString> {
        self.optional(name).ok_or(Error::Config(ConfigError::Unset { name }))
    }

    fn defaulted(&self, name: &'static str) -> &str {
        let value = self.optional(name).expect("a default is set first and never removed");
        value.expose_secret()
    }

    fn url(&self, name: &'static str) -> Result<Url> {
        let text = self.defaulted(name);
        let what = || format!("is {text:?}; expected an address such as https://example.com");
        let url = Url::parse(text).map_err(|_| Error::Config(ConfigError::Setting { name, what: what() }))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(Error::Config(ConfigError::Setting { name, what: what() }));
        }
        Ok(url)
    }

    /// The address of `MongoDB`, including the password.
    ///
    /// # Errors
    ///
    /// If it is not set.
    pub fn mongodb_connection_string(&self) -> Result<&SecretString> {
        self.required("MONGODB_CONNECTION_STRING")
    }

    /// The database's name.
    #[must_use]
    pub fn mongodb_name(&self) -> &str {
        self.defaulted("MONGODB_NAME")
    }

    /// The address of the PDS.
    ///
    /// # Errors
    ///
    /// If its value is not the address of a server.
    pub fn pds_url(&self) -> Result<Url> {
        self.url("PDS_URL")
    }

    /// The password of the PDS's operator.
    ///
    /// # Errors
    ///
    /// If it is not set.
    pub fn pds_admin_password(&self) -> Result<&SecretString> {
        self.required("PDS_ADMIN_PASSWORD")
    }

    /// The key that exempts from the PDS's rate limits.
    #[must_use]
    pub fn pds_bypass_key(&self) -> Option<&SecretString> {
        self.optional("PDS_RATE_LIMIT_BYPASS_KEY")
    }

    /// The keys for Spaces; without them, only public files can be read.
    ///
    /// # Errors
    ///
    /// If only one of the two is set.
    pub fn spaces_keys(&self) -> Result<Option<SpacesKeys>> {
        match (self.required("ART_SPACES_KEY"), self.required("ART_SPACES_SECRET")) {
            (Ok(key), Ok(secret)) => Ok(Some(SpacesKeys { key: key.clone(), secret: secret.clone() })),
            (Err(_), Err(_)) => Ok(None),
            (Err(missing), _) | (_, Err(missing)) => Err(missing),
        }
    }

    /// The address of Spaces.
    ///
    /// # Errors
    ///
    /// If its value is not the address of a server.
    pub fn spaces_endpoint(&self) -> Result<Url> {
        self.url("ART_SPACES_ENDPOINT")
    }

    /// The region that requests to Spaces are signed for.
    #[must_use]
    pub fn spaces_region(&self) -> &str {
        self.defaulted("ART_SPACES_REGION")
    }

    /// The bucket for items made without an account.
    #[must_use]
    pub fn art_bucket(&self) -> &str {
        self.defaulted("ART_SPACES_BUCKET")
    }

    /// The bucket for items made with an account.
    #[must_use]
    pub fn user_bucket(&self) -> &str {
        self.defaulted("USER_SPACES_BUCKET")
    }

    /// The bucket for finished videos.
    #[must_use]
    pub fn blobs_bucket(&self) -> &str {
        self.defaulted("AT_BLOBS_SPACES_BUCKET")
    }
}

/// The default path of the config file.
fn usual_file(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("telecine").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn shown(config: &Config, name: &str) -> (Option<String>, Option<Origin>) {
        let shown = config.shown().into_iter().find(|shown| shown.name == name).unwrap();
        (shown.value, shown.origin)
    }

    #[test]
    fn environment_wins_over_file_and_file_over_default() {
        let file = file("MONGODB_NAME = 'from-file'\nPDS_URL = 'http://file.example'\n");
        let config =
            Config::from_sources(environment(&[("PDS_URL", "http://environment.example")]), Some(file.path())).unwrap();
        let from_file = Origin::File(file.path().into());
        assert_eq!(shown(&config, "MONGODB_NAME"), (Some("from-file".into()), Some(from_file)));
        assert_eq!(shown(&config, "PDS_URL"), (Some("http://environment.example".into()), Some(Origin::Environment)));
        let default = Some("art-aesthetic-computer".into());
        assert_eq!(shown(&config, "ART_SPACES_BUCKET"), (default, Some(Origin::Default)));
        assert_eq!(shown(&config, "PDS_ADMIN_PASSWORD"), (None, None));
    }

    #[test]
    fn empty_values_are_no_values() {
        let config = Config::from_sources(environment(&[("PDS_URL", ""), ("ART_SPACES_KEY", " ")]), None).unwrap();
        assert_eq!(config.pds_url().unwrap().as_str(), "https://at.aesthetic.computer/");
        assert!(config.spaces_keys().unwrap().is_none());
    }

    #[test]
    fn a_missing_value_is_named() {
        let config = Config::from_sources(environment(&[("ART_SPACES_KEY", "k")]), None).unwrap();
        let text = "MONGODB_CONNECTION_STRING is not set";
        assert_eq!(config.mongodb_connection_string().unwrap_err().to_string(), text);
        assert!(config.spaces_keys().unwrap_err().to_string().starts_with("ART_SPACES_SECRET is not set"));
    }

    #[test]
    fn no_secret_is_shown() {
        let secrets = SETTINGS.iter().filter(|setting| setting.is_secret).map(|setting| setting.name);
        let text = secrets.map(|name| format!("{name} = 'hunter2'")).collect::<Vec<_>>().join("\n");
        let config = Config::from_sources(environment(&[]), Some(file(&text).path())).unwrap();
        assert!(!format!("{config:?} {:?} {:?}", config.shown(), config.spaces_keys()).contains("hunter2"));
        assert_eq!(shown(&config, "MONGODB_CONNECTION_STRING").0.as_deref(), Some("***"));
        let broken = file("PDS_ADMIN_PASSWORD = hunter2");
        let error = Config::from_sources(environment(&[]), Some(broken.path())).unwrap_err();
        assert!(!format!("{error:?} {:?}", error.chain()).contains("hunter2"), "{:?}", error.chain());
    }

    #[test]
    fn mistakes_in_the_file_are_told() {
        for (text, told) in [
            ("PDS_ULR = 'x'", "PDS_ULR is unknown; the settings are those of `telecine config`"),
            ("PDS_URL = 1", "PDS_URL is not a string"),
            ("PDS_URL = 'x'\nPDS_URL = 'y'", "line 2: "),
        ] {
            let error = Config::from_sources(environment(&[]), Some(file(text).path())).unwrap_err();
            assert!(error.chain()[1].starts_with(told), "{:?}", error.chain());
        }
        let config = Config::from_sources(environment(&[("PDS_URL", "at.example")]), None).unwrap();
        let text = "PDS_URL is \"at.example\"; expected an address such as https://example.com";
        assert_eq!(config.pds_url().unwrap_err().to_string(), text);
    }

    #[test]
    fn the_usual_file_is_in_the_config_folder() {
        let here = environment(&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")]);
        assert_eq!(usual_file(here).unwrap(), Path::new("/x/telecine/config.toml"));
        assert_eq!(usual_file(environment(&[("HOME", "/h")])).unwrap(), Path::new("/h/.config/telecine/config.toml"));
        assert_eq!(usual_file(environment(&[])), None);
    }
}
