//! `telecine config`, and what is said when something is not set.

use std::process::Command;

use insta::assert_snapshot;

use crate::support::command::{Run, Workshop, run};

/// The program with nothing set but this.
fn telecine(workshop: &Workshop, arguments: &str, set: &[(&str, &str)]) -> Run {
    let mut command: Command = workshop.telecine(arguments);
    command.env_clear().envs(set.iter().copied());
    run(&mut command)
}

#[test]
fn settings_are_shown_with_their_origin_and_without_their_secrets() {
    let workshop = Workshop::new();
    workshop.put("staging.toml", "MONGODB_NAME = 'staging'\nPDS_ADMIN_PASSWORD = 'hunter2'\n");
    let set = [
        ("MONGODB_CONNECTION_STRING", "mongodb://reader:hunter2@db.example"),
        ("PDS_URL", "https://pds.example"),
        ("ART_SPACES_KEY", "hunter2"),
    ];
    let run_shown = telecine(&workshop, "config --config staging.toml", &set).succeeds();
    let lines: Vec<_> = run_shown.stdout().lines().map(str::trim_end).collect();
    assert_snapshot!(lines.join("\n"), @r"
    setting                    value                                         from
    MONGODB_CONNECTION_STRING  ***                                           environment
    MONGODB_NAME               staging                                       staging.toml
    PDS_URL                    https://pds.example                           environment
    PDS_ADMIN_PASSWORD         ***                                           staging.toml
    PDS_RATE_LIMIT_BYPASS_KEY  not set
    ART_SPACES_KEY             ***                                           environment
    ART_SPACES_SECRET          not set
    ART_SPACES_ENDPOINT        https://sfo3.digitaloceanspaces.com           default
    ART_SPACES_REGION          us-east-1                                     default
    ART_SPACES_BUCKET          art-aesthetic-computer                        default
    USER_SPACES_BUCKET         user-aesthetic-computer                       default
    AT_BLOBS_SPACES_BUCKET     at-blobs-aesthetic-computer                   default
    CALLBACK_SECRET            not set
    TELECINE_ADMIN_TOKEN       not set
    TELECINE_ALLOW_LOOPBACK    no                                            default
    TELECINE_CALLBACK_HOSTS    aesthetic.computer,www.aesthetic.computer     default
    TELECINE_CALLBACK_URL      https://aesthetic.computer/api/oven-complete  default
    TELECINE_DATABASE          telecine                                      default
    TELECINE_LISTEN            127.0.0.1:3002                                default
    TELECINE_PLAN_AT           04:00                                         default
    TELECINE_PUBLISH           site                                          default
    TELECINE_QUEUE             not set
    TELECINE_ROLE              all                                           default
    TELECINE_SETTLE            30s                                           default
    ");
    let json = telecine(&workshop, "config --config staging.toml --json", &set).succeeds();
    assert!(!json.stdout().contains("hunter2"));
    assert_eq!(json.json()[0]["MONGODB_NAME"], serde_json::json!({ "value": "staging", "from": "staging.toml" }));
}

#[test]
fn a_setting_that_is_needed_and_missing_is_named() {
    let workshop = Workshop::new();
    workshop.put("wrong.toml", "PDS_URL = 'at.example'\n");
    let run = telecine(&workshop, "sync --config wrong.toml", &[]);
    run.fails(1, "error: sync: PDS_URL is \"at.example\"; expected an address such as https://example.com");
    let run = telecine(&workshop, "sync --config gone.toml", &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("cannot read gone.toml"), "{}", run.stderr);
    let url = crate::stack::stack().pds_url();
    let run = telecine(&workshop, "sync", &[("PDS_URL", url)]);
    run.fails(1, "error: sync: MONGODB_CONNECTION_STRING is not set; set it in the environment or the config file");
}

#[test]
fn a_machine_without_certificates_is_told_what_to_install() {
    let workshop = Workshop::new();
    workshop.put("none.pem", "");
    // As in a container without ca-certificates.
    let set = [("PDS_URL", "https://pds.example"), ("SSL_CERT_FILE", "none.pem"), ("SSL_CERT_DIR", "/nowhere")];
    for command in ["sync", "doctor"] {
        let run = telecine(&workshop, command, &set);
        let said = format!("{}{}", run.stdout(), run.stderr);
        assert_eq!(run.code, Some(1), "{command}: {said}");
        assert!(said.contains("https cannot be used") && said.contains("certificates"), "{command}: {said}");
    }
    let run = telecine(&workshop, "sync", &set);
    assert!(run.stderr.starts_with("error: sync: https cannot be used; install ca-certificates\n"), "{}", run.stderr);
}

#[test]
fn the_file_that_packages_install_names_every_setting_with_its_default() {
    const PACKAGED: &str = include_str!("../../packaging/config.toml");
    let workshop = Workshop::new();
    let shown = |file: &str, text: &str| {
        workshop.put(file, text);
        let arguments = format!("config --json --config {file}");
        telecine(&workshop, &arguments, &[]).succeeds().json().remove(0)
    };
    let defaults = shown("packaged.toml", PACKAGED);
    let is_setting = |line: &&str| line.starts_with(|first: char| first.is_ascii_uppercase());
    let settings: Vec<_> = PACKAGED.lines().filter_map(|line| line.strip_prefix('#')).filter(is_setting).collect();
    let uncommented = shown("uncommented.toml", &settings.join("\n"));
    for (name, default) in defaults.as_object().unwrap() {
        assert!(settings.iter().any(|line| line.split(' ').next() == Some(name)), "{name} is not in the file");
        // Where MongoDB is has no default; the file shows the form.
        if name != "MONGODB_CONNECTION_STRING" {
            assert_eq!(uncommented[name]["value"], default["value"], "{name}");
        }
    }
}
