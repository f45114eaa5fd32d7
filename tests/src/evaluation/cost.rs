//! What a piece of work cost: CPU seconds and memory, as the kernel counted them (`proc(5)`).

/// `USER_HZ` of every Linux that Debian builds.
const TICKS_A_SECOND: f64 = 100.0;

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
