//! The table: what was measured, the machine's limits, and the ratios.

use std::time::Duration;

use crate::drain::Morning;
use crate::limits::Bare;
use crate::split::Split;

pub struct Measured {
    pub cores: usize,
    /// Load averages before and after.
    pub load: (String, String),
    pub file_system: String,
    pub stations: usize,
    /// Mebibytes written and synced a second, before and after: one writer, and as many as there are stations.
    pub disk_one: (f64, f64),
    pub disk_all: (f64, f64),
    pub bare: Bare,
    pub blob_bytes: usize,
    pub morning: Morning,
    /// Bytes a second of the narrow line, and the drain over it.
    pub narrow: Option<(f64, Morning)>,
    pub split: Split,
}

pub fn print(measured: &Measured) {
    let Measured {
        cores,
        bare,
        morning,
        split,
        ..
    } = measured;
    let seconds = morning.took.as_secs_f64();
    let filed = morning.filed as f64;
    let rate = filed / seconds;
    let each = |cpu: f64| cpu * 1e3 / filed;
    let mean = |pair: (f64, f64)| (pair.0 + pair.1) / 2.0;
    let used = |cpu: f64| cpu / seconds;
    let others = (morning.machine_cpu - morning.service_cpu - morning.clients_cpu).max(0.0);
    let left = (*cores as f64 - used(morning.clients_cpu) - used(others)).max(0.0);
    let whole_cpu = *cores as f64 * 1e3 / bare.sum();
    let left_cpu = left * 1e3 / bare.sum();
    let (one, all) = (mean(measured.disk_one), mean(measured.disk_all));

    line(
        "machine",
        &format!("{cores} cores, {}", measured.file_system),
    );
    line(
        "load average (1, 5, 15 min), before / after",
        &format!("{} / {}", measured.load.0, measured.load.1),
    );
    line(
        "backlog",
        &format!(
            "{} bundles from {} stations, blob of {} bytes each",
            morning.backlog.len(),
            measured.stations,
            measured.blob_bytes
        ),
    );
    println!();
    line(
        "filed",
        &format!("{filed:.0} in {seconds:.1} s: {rate:.1} a second"),
    );
    line(
        "backlog, first byte to receipt, p50 / p99",
        &both(&morning.backlog),
    );
    line(
        &format!(
            "walk-ins ({}), first byte to receipt, p50 / p99 / max",
            morning.walk_ins.len()
        ),
        &format!(
            "{} / {:.0} ms",
            both(&morning.walk_ins),
            quantile(&morning.walk_ins, 1.0)
        ),
    );
    line("told to wait (429)", &morning.told_to_wait.to_string());
    line(
        "cores used: service / clients / others",
        &format!(
            "{:.2} / {:.2} / {:.2}",
            used(morning.service_cpu),
            used(morning.clients_cpu),
            used(others)
        ),
    );
    println!();
    line(
        "limit: 1 MiB written + fdatasync, one writer, before / after",
        &format!(
            "{:.0} / {:.0} a second",
            measured.disk_one.0, measured.disk_one.1
        ),
    );
    line(
        &format!("the same, {} writers", measured.stations),
        &format!(
            "{:.0} / {:.0} a second",
            measured.disk_all.0, measured.disk_all.1
        ),
    );
    line(
        "limit: SHA-256 + age + 2 verifications of one blob",
        &format!(
            "{:.2} + {:.2} + 2 x {:.3} = {:.2} ms of one core",
            bare.sha256,
            bare.age,
            bare.verify,
            bare.sum()
        ),
    );
    line(
        "that is, on all cores / on those clients and others leave",
        &format!("{whole_cpu:.0} / {left_cpu:.0} a second"),
    );
    println!();
    ratio(
        "R1  filed / min(one writer, cores left)",
        rate / one.min(left_cpu),
        ">= 0.6",
    );
    ratio(
        "R1  filed / min(one writer, all cores)",
        rate / one.min(whole_cpu),
        "",
    );
    ratio(
        "R1  filed / min(as many writers, cores left)",
        rate / all.min(left_cpu),
        "",
    );
    ratio(
        "R2  service's ms a bundle / bare",
        each(morning.service_cpu) / bare.sum(),
        "<= 1.3",
    );
    ratio(
        "R2  examination's ms / bare",
        split.examine / bare.sum(),
        "",
    );
    if let Some((bytes_a_second, narrow)) = &measured.narrow {
        let moved = narrow.bytes as f64 / narrow.took.as_secs_f64();
        ratio(
            &format!(
                "R6  drain / line of {:.0} Mbit/s",
                bytes_a_second * 8.0 / 1e6
            ),
            moved / bytes_a_second,
            ">= 0.8",
        );
    }
    line(
        "R6  p99 of a walk-in while the backlog drains (< 2 s)",
        &format!("{:.2} s", quantile(&morning.walk_ins, 0.99) / 1e3),
    );
    println!();
    memory(morning);
    println!();
    line(
        "processor, ms a bundle: service",
        &format!("{:.2}", each(morning.service_cpu)),
    );
    line(
        "  examination, in one process, no network",
        &format!("{:.2}", split.examine),
    );
    line(
        "  filing, in one process (on the clock)",
        &format!("{:.2} ({:.2})", split.file, split.file_wall),
    );
    line(
        "  the rest: TLS, HTTP, uploads, their rows and syncs",
        &format!(
            "{:.2}",
            each(morning.service_cpu) - split.examine - split.file
        ),
    );
    line(
        "filing of a small bundle: leaf, head, receipt, commit",
        &format!(
            "{:.2} ms, {:.2} on the clock: {:.0} leaves a second",
            split.small,
            split.small_wall,
            1e3 / split.small_wall
        ),
    );
    println!();
    println!("where the examination's time goes (ms, median):");
    for (step, time) in &split.steps {
        line(&format!("  {step}"), &format!("{time:.3}"));
    }
}

/// Begin, middle and end, and the slope of a line through all samples of the second half.
fn memory(morning: &Morning) {
    let seen = &morning.memory;
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    let at = |share: f64| {
        let place = ((seen.len().saturating_sub(1)) as f64 * share) as usize;
        seen.get(place).copied().unwrap_or_default()
    };
    let (begin, middle, end) = (at(0.1), at(0.5), at(1.0));
    line(
        "memory of its own (anonymous) at 10 % / half / end",
        &format!(
            "{:.1} / {:.1} / {:.1} MiB",
            mebibytes(begin.anonymous),
            mebibytes(middle.anonymous),
            mebibytes(end.anonymous)
        ),
    );
    line(
        "resident at 10 % / half / end, peak",
        &format!(
            "{:.1} / {:.1} / {:.1}, {:.1} MiB",
            mebibytes(begin.resident),
            mebibytes(middle.resident),
            mebibytes(end.resident),
            mebibytes(end.peak)
        ),
    );
    let half: Vec<(f64, f64)> = (0..)
        .zip(seen)
        .skip(seen.len() / 2)
        .map(|(n, memory)| (f64::from(n), mebibytes(memory.anonymous)))
        .collect();
    let per_thousand = slope(&half) * (seen.len() as f64 / morning.filed as f64) * 1e3;
    line(
        "slope over the second half",
        &format!("{per_thousand:+.2} MiB a thousand bundles"),
    );
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let under: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    if under == 0.0 { 0.0 } else { over / under }
}

fn both(times: &[Duration]) -> String {
    format!(
        "{:.0} / {:.0} ms",
        quantile(times, 0.5),
        quantile(times, 0.99)
    )
}

/// In milliseconds; the sample below which this share lies, rounded upwards.
fn quantile(times: &[Duration], share: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let place = (times.len() as f64 * share).ceil() as usize;
    times
        .get(place.saturating_sub(1))
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn line(what: &str, value: &str) {
    println!("{what:<72} {value}");
}

fn ratio(what: &str, value: f64, bar: &str) {
    line(what, format!("{value:.2}  {bar}").trim_end());
}
