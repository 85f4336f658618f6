//! What `scripts/stack` needs from Rust: an S3 server that runs on its own, and the fixtures loaded into running servers.
//! It is made of the tests' own code.
#![allow(dead_code, clippy::unwrap_used, reason = "tests need more of it, and are allowed to panic")]

#[path = "../tests/it/documents/mod.rs"]
mod documents;
#[path = "../tests/it/stack/mod.rs"]
mod stack;
#[path = "../tests/it/support"]
mod support {
    pub mod picture;
    pub mod tape;
    pub mod wav;
}

use std::env;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use stack::site::Site;
use tokio::net::TcpListener;

/// The servers' Rust side; scripts/stack is how to start it.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the objects in a folder; the environment has the key
    S3 {
        #[arg(long)]
        folder: PathBuf,
        #[arg(long)]
        port: u16,
    },
    /// Load fixtures/documents into the servers that the environment names
    Seed,
}

#[tokio::main]
async fn main() {
    match Arguments::parse().command {
        Command::S3 { folder, port } => {
            let [key, secret] = ["ART_SPACES_KEY", "ART_SPACES_SECRET"].map(|name| env::var(name).expect(name));
            let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
            stack::s3::serve(listener, &folder, &key, &secret).await;
        }
        Command::Seed => {
            let site = Site::of(env::vars().collect(), "").await;
            let accounts = documents::load::load(&site).await;
            let line = |(sub, account): (&String, &stack::site::Account)| {
                format!("{} {} {sub}\n", account.handle, account.did())
            };
            print!("{}", accounts.iter().map(line).collect::<Vec<_>>().concat());
        }
    }
}
