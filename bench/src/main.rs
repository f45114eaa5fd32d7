//! What people wait for, measured: ours beside a peer, in one run, over the same simulated air.
//!
//! `cargo xtask bench` prints the tables.

mod chip;
mod table;

fn main() {
    match std::env::args().nth(1).as_deref() {
        None | Some("chip") => chip::run(),
        Some(other) => {
            eprintln!("{other} is no bench; known are: chip");
            std::process::exit(2);
        }
    }
}
