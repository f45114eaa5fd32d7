//! `niem-person-worker`: the one process in which samples of the person present live. `niem-station` starts it and asks it
//! through a pipe.

use std::process::ExitCode;

fn main() -> ExitCode {
    match station::booth::worker::serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The desk sees the end of the pipe; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}
