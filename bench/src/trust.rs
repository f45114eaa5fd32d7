//! Loading master lists: what a desk does each time it starts.

use std::path::Path;
use std::time::{Duration, Instant};

use emrtd::CscaTrust;

use crate::table;

const LOADS: usize = 11;

/// `lists`: a folder of country certificates and master lists.
pub(crate) fn run(lists: &Path) {
    let mut times: Vec<Duration> = (0..LOADS)
        .map(|_| {
            let begun = Instant::now();
            CscaTrust::load_dir(lists).expect("the folder holds country certificates");
            begun.elapsed()
        })
        .collect();
    times.sort();
    let trust = CscaTrust::load_dir(lists).expect("the folder holds country certificates");
    table::print(
        &["folder", "certificates", "countries", "median of 11"],
        &[vec![
            lists.display().to_string(),
            trust.len().to_string(),
            trust.countries().len().to_string(),
            format!("{:.1} ms", times[LOADS / 2].as_secs_f64() * 1e3),
        ]],
    );
}
