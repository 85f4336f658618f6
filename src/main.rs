//! The `telecine` command: parse, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    telecine::cli::main()
}
