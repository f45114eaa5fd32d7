//! The service in a process of its own, and what the system says of it: memory and processor time.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::rig::Rig;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of Linux: ticks a second in /proc (`getconf CLK_TCK`).
const TICKS: f64 = 100.0;

pub struct Service {
    child: Child,
    pub addr: SocketAddr,
}

impl Service {
    /// Starts over an empty store.
    pub fn start(rig: &Rig) -> Self {
        let data = rig.path("data");
        let _ = fs::remove_dir_all(&data);
        let (settings, ready) = (rig.path("verifier.toml"), rig.path("ready"));
        let text = "listen = '127.0.0.1:0'\ndata = 'data'\nkeys = 'keys'\ncsca_trust = 'csca'\n";
        fs::write(&settings, text).unwrap();
        let _ = fs::remove_file(&ready);
        let log = fs::File::create(rig.path("verifier.log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .args(["serve", "--config"])
            .arg(settings)
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let began = Instant::now();
        while !ready.is_file() {
            assert!(began.elapsed() < PATIENCE, "the verifier does not come up");
            std::thread::sleep(Duration::from_millis(10));
        }
        let addr = fs::read_to_string(&ready).unwrap().trim().parse().unwrap();
        Self { child, addr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// What it holds of its own, without files that are mapped.
    pub anonymous: u64,
    pub resident: u64,
    pub peak: u64,
}

pub fn memory(pid: u32) -> Memory {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_default()
    };
    Memory {
        anonymous: of("RssAnon:"),
        resident: of("VmRSS:"),
        peak: of("VmHWM:"),
    }
}

/// Processor seconds that a process has used.
pub fn cpu(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold spaces; user and system time are fields 14 and 15.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |n: usize| {
        rest.split_whitespace()
            .nth(n)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or_default()
    };
    (field(11) + field(12)) / TICKS
}

/// Processor seconds that anybody on this machine has used, and those that were idle or waited for a disk.
pub fn machine_cpu() -> (f64, f64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<f64> = text
        .lines()
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|field| field.parse().ok())
        .collect();
    let idle = fields.get(3).unwrap_or(&0.0) + fields.get(4).unwrap_or(&0.0);
    let all: f64 = fields.iter().sum();
    ((all - idle) / TICKS, idle / TICKS)
}

/// Processor time of this thread alone.
pub fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What lies under a folder, as the system calls it.
pub fn file_system(folder: &std::path::Path) -> String {
    let answer = Command::new("df")
        .args(["--output=fstype,source"])
        .arg(folder)
        .output();
    answer.map_or_else(
        |_| "unknown".to_owned(),
        |answer| {
            let text = String::from_utf8_lossy(&answer.stdout).into_owned();
            text.lines()
                .last()
                .unwrap_or("")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" on ")
        },
    )
}
