//! Confirmation of destructive commands.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::atomic::Ordering;

use clap::Args;

use crate::cli::headings::SAFETY;
use crate::cli::outcome::usage_error;
use crate::cli::plain::plain;
use crate::cli::progress::IDLE;
use crate::cli::report::say;

/// The options of destructive commands.
#[derive(Debug, Args)]
#[command(next_help_heading = SAFETY)]
pub struct LiveArguments {
    /// Carry out the plan instead of only printing it
    #[arg(long)]
    pub live: bool,
    /// Skip the confirmation; required if standard input is not a terminal
    #[arg(long, requires = "live")]
    pub yes: bool,
}

impl LiveArguments {
    /// Ends the process with a usage error if a confirmation is needed and standard input is not a terminal.
    pub fn check(&self) {
        if self.live && !self.yes && !io::stdin().is_terminal() {
            usage_error("--live needs a terminal; pass --yes");
        }
    }

    /// Prints the consequences and asks for a word to be typed, unless `--yes` is given.
    pub fn confirm(&self, what: &str, word: &str) -> bool {
        if self.yes {
            return true;
        }
        eprint!("{}\nType {} to continue: ", plain(what), plain(word));
        let _ = io::stderr().flush();
        let mut answer = String::new();
        IDLE.store(true, Ordering::Relaxed);
        let is_read = io::stdin().lock().read_line(&mut answer).is_ok();
        IDLE.store(false, Ordering::Relaxed);
        let is_confirmed = is_read && answer.trim() == word;
        if !is_confirmed {
            say(format!("error: not confirmed with {word}; nothing was changed"));
        }
        is_confirmed
    }
}
