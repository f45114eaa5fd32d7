//! `niem-station`: puts the desk together from its configuration and runs one command.

mod program;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    program::without_openmp_threads();
    program::log();
    match program::Arguments::try_parse() {
        Ok(arguments) => program::run(arguments),
        Err(error) => {
            let shown = error.print();
            drop(shown);
            // `--help` and `--version` come this way too and are no mistake.
            ExitCode::from(if error.use_stderr() {
                station::answer::USAGE
            } else {
                station::answer::SUCCESS
            })
        }
    }
}
