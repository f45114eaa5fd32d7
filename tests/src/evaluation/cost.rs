//! What a piece of work cost: CPU seconds and memory, as the kernel counted them (`proc(5)`).

use std::fmt;
use std::time::Duration;

/// `USER_HZ` of every Linux that Debian builds.
const TICKS_A_SECOND: f64 = 100.0;

/// CPU time of this process so far, all threads, to the nanosecond: for pieces of work too short for the ticks below.
pub fn cpu_clock() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// What many like pieces of work cost.
#[derive(Debug, Default)]
pub struct Costs(Vec<Duration>);

impl Costs {
    /// Does a piece of work and keeps its CPU time.
    pub fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = cpu_clock();
        let done = work();
        self.0.push(cpu_clock().saturating_sub(before));
        done
    }

    /// The smallest cost that so many percent of the pieces do not pass, in milliseconds.
    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted
            .get(rank - 1)
            .map_or(0.0, |cost| cost.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.2}, 95th percentile {:.2} CPU ms ({} times)",
            self.percentile_ms(50),
            self.percentile_ms(95),
            self.0.len()
        )
    }
}

/// CPU seconds of this process so far, all threads.
pub fn own_cpu_seconds() -> f64 {
    cpu_seconds(11)
}

/// CPU seconds of this process' ended children so far.
pub fn children_cpu_seconds() -> f64 {
    cpu_seconds(13)
}

/// The sum of user and system time; `utime` is the 12th field after the command's closing bracket counted from 0
/// at the process number.
fn cpu_seconds(field: usize) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The command may hold spaces and brackets; after its last bracket the fields are plain numbers, state first.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = rest
        .split_whitespace()
        .skip(field)
        .take(2)
        .filter_map(|number| number.parse::<f64>().ok())
        .sum();
    ticks / TICKS_A_SECOND
}

/// The most memory this process ever held, in MiB.
pub fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
        .map_or(0.0, |kib| kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_costs_that_occurred() {
        let costs = Costs((1..=20).rev().map(Duration::from_millis).collect());
        assert_eq!(costs.percentile_ms(50).round(), 10.0);
        assert_eq!(costs.percentile_ms(95).round(), 19.0);
        assert_eq!(Costs::default().percentile_ms(95), 0.0);
        let mut costs = Costs::default();
        let sum: u64 = costs.of(|| (0..1_000_000_u64).map(std::hint::black_box).sum());
        assert!(sum > 0 && costs.percentile_ms(50) > 0.0);
    }

    #[test]
    fn work_costs_something() {
        let before = own_cpu_seconds();
        let begun = std::time::Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed().as_millis() < 200 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(own_cpu_seconds() > before);
        assert!(peak_mib() > 1.0);
    }
}
