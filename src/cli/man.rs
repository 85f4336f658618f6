//! `telecine man`: the manual, made of the very texts that `--help` prints.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use super::outcome::Outcome;
use super::output::drafted;
use super::report::{ended, lines};
use crate::error::{Error, Result};

/// Write the manual page to standard output, or one for each command into a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine man | man -l -
  telecine man --out-dir ~/.local/share/man/man1")]
pub struct Arguments {
    /// Write telecine.1 and a page for each command into this folder, in place of those that are there
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
}

/// Writes the manual of that command and those under it.
pub fn run(arguments: &Arguments, mut command: Command) -> Outcome {
    // Gives every command its full name and the options that hold everywhere.
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

/// Writes the page of a command and those of all under it.
fn write_all(command: &Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let mut pending = vec![command];
    while let Some(command) = pending.pop() {
        let man = Man::new(command.clone());
        drafted(&folder.join(man.get_filename()), &page(&man), true)?.publish()?;
        // `help` only repeats what the others say.
        pending.extend(command.get_subcommands().filter(|under| under.get_name() != "help" && !under.is_hide_set()));
    }
    Ok(())
}

fn page(man: &Man) -> Vec<u8> {
    let mut page = Vec::new();
    man.render(&mut page).expect("memory takes what is written");
    page
}
