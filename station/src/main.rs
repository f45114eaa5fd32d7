//! `niem-station`: puts the desk together from its configuration and runs one command.

mod program;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // Tesseract's own threads cost more than they bring; pages are the unit of parallel work.
    // Set before any thread exists.
    program::quiet_tesseract();
    program::log();
    match program::Arguments::try_parse() {
        Ok(arguments) => program::run(arguments),
        Err(error) => {
            let shown = error.print();
            drop(shown);
            // `--help` and `--version` come this way too and are no mistake.
            ExitCode::from(if error.use_stderr() { station::answer::USAGE } else { station::answer::SUCCESS })
        }
    }
}
