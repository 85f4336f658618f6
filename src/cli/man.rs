//! `telecine man`: the manual, made from the texts that `--help` prints.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use super::headings::OUTPUT;
use super::outcome::Outcome;
use super::output::drafted;
use super::report::{ended, lines};
use crate::error::{Error, Result};

/// Print the manual page, or write a page for each command to a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine man | man -l -
  telecine man --out-dir ~/.local/share/man/man1")]
pub struct Arguments {
    /// Write telecine.1 and a page for each command to DIR, replacing existing pages
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    out_dir: Option<PathBuf>,
}

/// Writes the manual of a command and its subcommands.
pub fn run(arguments: &Arguments, mut command: Command) -> Outcome {
    // Gives every command its full name and the global options.
    command.build();
    let Some(folder) = &arguments.out_dir else {
        lines(String::from_utf8_lossy(&page(&Man::new(command))).trim_end());
        return Outcome::Done;
    };
    match write_all(&command, folder) {
        Ok(()) => Outcome::Done,
        Err(error) => ended(&"man", &error),
    }
}

/// Writes the pages of a command and all its subcommands.
fn write_all(command: &Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let mut pending = vec![command];
    while let Some(command) = pending.pop() {
        let man = Man::new(command.clone());
        drafted(&folder.join(man.get_filename()), &page(&man), true)?.publish()?;
        // `help` only repeats the other pages.
        pending.extend(command.get_subcommands().filter(|under| under.get_name() != "help" && !under.is_hide_set()));
    }
    Ok(())
}

fn page(man: &Man) -> Vec<u8> {
    let mut page = Vec::new();
    man.render(&mut page).expect("writing to memory cannot fail");
    page
}
