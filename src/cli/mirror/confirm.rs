//! Whether somebody really means it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::atomic::Ordering;

use clap::Args;

use crate::cli::outcome::usage_error;
use crate::cli::plain::plain;
use crate::cli::progress::IDLE;
use crate::cli::report::say;

/// The flags of commands that destroy.
#[derive(Debug, Args)]
pub struct LiveArguments {
    /// Really do it; without, only say what would be done
    #[arg(long)]
    pub live: bool,
    /// Do not ask; needed where nobody can be asked
    #[arg(long, requires = "live")]
    pub yes: bool,
}

impl LiveArguments {
    /// Ends the process with a usage error where nobody can be asked and nothing was said.
    pub fn check(&self) {
        if self.live && !self.yes && !io::stdin().is_terminal() {
            usage_error("--live asks on a terminal, and this is none; --yes does without");
        }
    }

    /// Says what will be done and asks for a word to be typed, unless `--yes` was said.
    pub fn confirm(&self, what: &str, word: &str) -> bool {
        if self.yes {
            return true;
        }
        eprint!("{}\nType {} to go on: ", plain(what), plain(word));
        let _ = io::stderr().flush();
        let mut answer = String::new();
        IDLE.store(true, Ordering::Relaxed);
        let is_read = io::stdin().lock().read_line(&mut answer).is_ok();
        IDLE.store(false, Ordering::Relaxed);
        let is_confirmed = is_read && answer.trim() == word;
        if !is_confirmed {
            say(format!("error: that is not {word}; nothing was changed"));
        }
        is_confirmed
    }
}
