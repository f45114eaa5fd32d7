//! `/metrics`: counts and times in Prometheus' text format, for a watcher of the settings.
//!
//! Labels are names of doors, statuses and codes: all of them lists that the program ends with, so that nobody
//! outside can make the tables grow, and none of them says anything about a person, a bundle or a station.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::App;

/// The door whose answers are counted as outcomes of bundles.
const BUNDLES: &str = "postBundle";
/// Upper ends of the time buckets, in milliseconds; a walk-in visit must stay under two seconds.
const BUCKETS_MS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 10_000];

/// How long requests of one door took.
#[derive(Default)]
struct Times {
    /// Not cumulative; the last is for everything slower.
    buckets: [u64; BUCKETS_MS.len() + 1],
    sum: Duration,
}

#[derive(Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    times: BTreeMap<&'static str, Times>,
    problems: BTreeMap<&'static str, u64>,
    bundles: BTreeMap<&'static str, u64>,
    faults: BTreeMap<&'static str, u64>,
}

/// Everything that is counted, since the start.
#[derive(Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
    connections: Arc<AtomicUsize>,
}

/// Counts a connection for as long as it lives.
pub(crate) struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn connection(&self) -> Open {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Open(self.connections.clone())
    }

    /// Counts one answer.
    pub(super) fn count(
        &self,
        door: &'static str,
        status: u16,
        code: Option<&'static str>,
        faults: &[&'static str],
        elapsed: Duration,
    ) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.requests.entry((door, status)).or_default() += 1;
        let times = counts.times.entry(door).or_default();
        let slot = BUCKETS_MS
            .iter()
            .position(|end| elapsed <= Duration::from_millis(*end))
            .unwrap_or(BUCKETS_MS.len());
        times.buckets[slot] += 1;
        times.sum = times.sum.saturating_add(elapsed);
        if let Some(code) = code {
            *counts.problems.entry(code).or_default() += 1;
        }
        if door == BUNDLES {
            let outcome = match status {
                201 => "filed",
                200 => "filed_before",
                422 => "refused",
                _ => "not_examined",
            };
            *counts.bundles.entry(outcome).or_default() += 1;
        }
        for fault in faults {
            *counts.faults.entry(fault).or_default() += 1;
        }
    }

    /// Prometheus' text format 0.0.4.
    fn text(&self) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line("# HELP niem_requests_total Answers, by door and status.".to_owned());
        line("# TYPE niem_requests_total counter".to_owned());
        for ((door, status), n) in &counts.requests {
            line(format!(
                "niem_requests_total{{door=\"{door}\",status=\"{status}\"}} {n}"
            ));
        }
        line("# HELP niem_request_seconds Time from a request's headers to its answer.".to_owned());
        line("# TYPE niem_request_seconds histogram".to_owned());
        for (door, times) in &counts.times {
            let mut n = 0;
            for (count, end) in times.buckets.iter().zip(BUCKETS_MS) {
                n += count;
                let end = Duration::from_millis(end).as_secs_f64();
                line(format!(
                    "niem_request_seconds_bucket{{door=\"{door}\",le=\"{end}\"}} {n}"
                ));
            }
            let all: u64 = times.buckets.iter().sum();
            let sum = times.sum.as_secs_f64();
            line(format!(
                "niem_request_seconds_bucket{{door=\"{door}\",le=\"+Inf\"}} {all}"
            ));
            line(format!("niem_request_seconds_sum{{door=\"{door}\"}} {sum}"));
            line(format!(
                "niem_request_seconds_count{{door=\"{door}\"}} {all}"
            ));
        }
        let by_name = [
            (
                "niem_problems_total",
                "Problem documents, by code.",
                "code",
                &counts.problems,
            ),
            (
                "niem_bundles_total",
                "Posted bundles, by outcome.",
                "outcome",
                &counts.bundles,
            ),
            (
                "niem_faults_total",
                "Faults of refused bundles, by code.",
                "code",
                &counts.faults,
            ),
        ];
        for (name, help, label, values) in by_name {
            line(format!("# HELP {name} {help}"));
            line(format!("# TYPE {name} counter"));
            for (value, n) in values {
                line(format!("{name}{{{label}=\"{value}\"}} {n}"));
            }
        }
        let open = self.connections.load(Ordering::Relaxed);
        let _ = write!(
            text,
            "# HELP niem_open_connections Connections open now.\n\
             # TYPE niem_open_connections gauge\nniem_open_connections {open}\n"
        );
        text
    }
}

pub(super) async fn serve(State(app): State<Arc<App>>) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, app.metrics.text()).into_response()
}
