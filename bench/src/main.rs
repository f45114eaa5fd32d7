//! What people wait for, measured: ours beside a peer, in one run, over the same simulated air.
//!
//! `cargo xtask bench` prints the tables.

mod chip;
mod table;
mod trust;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["chip"] => chip::run(),
        ["trust", lists] => trust::run(std::path::Path::new(lists)),
        _ => {
            eprintln!("bench chip | bench trust FOLDER");
            std::process::exit(2);
        }
    }
}
