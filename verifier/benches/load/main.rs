//! The load bench: the real `niem-verifier` in a process of its own takes a backlog from several stations over TLS
//! while people walk in at another, beside what this machine can do at best, measured in the same run.
//!
//! `cargo xtask bench load` prints the table; `-- --bundles 300` is a quick look. `docs/load.md` says how to read it.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod backlog;
mod client;
#[path = "../../tests/http/desk.rs"]
#[allow(dead_code)]
mod desk;
mod drain;
mod limits;
mod report;
mod rig;
mod service;
mod split;

use std::fs;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

use backlog::Wanted;
use client::Narrow;
use drain::Plan;
use rig::Rig;
use service::Service;

/// Drains a backlog into a real verifier and holds it against the machine's limits.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// Bundles in the backlog, of all stations together.
    #[arg(long, default_value_t = 3_000)]
    bundles: usize,
    /// Stations with a backlog; each sends one bundle after the other.
    #[arg(long, default_value_t = 6)]
    stations: usize,
    /// Size of the one paper in a bundle.
    #[arg(long, default_value_t = 1 << 20)]
    paper_bytes: usize,
    /// Somebody walks in every so many milliseconds.
    #[arg(long, default_value_t = 250)]
    walk_in_ms: u64,
    /// The line that all stations share when the drain over a narrow line is measured; 0 leaves that out.
    #[arg(long, default_value_t = 100)]
    line_mbit: u32,
    /// Where keys and sealed bundles are kept from run to run, and the store lies while it runs.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// `cargo bench` says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    // As the service does, for what is taken apart in this process.
    verifier::memory::keep_at_hand();
    let place = arguments.folder.clone().unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{}", arguments.paper_bytes))
    });
    backlog::discard_old(&place);
    fs::create_dir_all(&place).unwrap();
    let mut rig = Rig::open(&place);
    let wanted = Wanted {
        stations: arguments.stations,
        bundles: arguments.bundles,
        paper_bytes: arguments.paper_bytes,
    };
    eprintln!(
        "preparing {} bundles in {}",
        wanted.bundles,
        place.display()
    );
    let backlogs = backlog::backlog(&rig, wanted);

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load_before = service::load_average();
    eprintln!("measuring the machine");
    let identity = identity(&rig);
    let one = backlog::load(&backlogs[0][0]);
    let largest = one.blobs().iter().max_by_key(|blob| blob.size).unwrap();
    let blob = fs::read(one.blob_path(&largest.digest)).unwrap();
    let limits = || {
        (
            limits::synced_mebibytes(&place, 1),
            limits::synced_mebibytes(&place, arguments.stations),
            limits::bare(&blob, &identity),
        )
    };
    let first = limits();

    eprintln!("draining the backlog");
    let service = Service::start(&rig);
    rig.addr = service.addr;
    let morning = drain::morning(&Plan {
        rig: &rig,
        pid: service.pid(),
        backlogs: &backlogs,
        paper_bytes: arguments.paper_bytes,
        walk_in_every: Some(Duration::from_millis(arguments.walk_in_ms.max(1))),
        narrow: None,
    });
    drop(service);
    let second = limits();
    let bare = first.2.mean(second.2);

    let narrow = (arguments.line_mbit > 0).then(|| {
        eprintln!("draining over a narrow line");
        let bytes_a_second = f64::from(arguments.line_mbit) * 1e6 / 8.0;
        let service = Service::start(&rig);
        rig.addr = service.addr;
        let few: Vec<Vec<PathBuf>> = backlogs
            .iter()
            .map(|folders| {
                folders
                    .iter()
                    .take(folders.len().min(50))
                    .cloned()
                    .collect()
            })
            .collect();
        let morning = drain::morning(&Plan {
            rig: &rig,
            pid: service.pid(),
            backlogs: &few,
            paper_bytes: arguments.paper_bytes,
            walk_in_every: None,
            narrow: Some(Arc::new(Narrow::new(bytes_a_second))),
        });
        (bytes_a_second, morning)
    });

    eprintln!("taking one bundle apart");
    let some: Vec<_> = backlogs[0].iter().take(100).map(backlog::load).collect();
    let small = backlog::small(&rig, 100);
    let split = split::split(&rig, &some, &small, bare);
    let _ = fs::remove_dir_all(rig.path("data"));
    let _ = fs::remove_dir_all(rig.path("spool"));

    report::print(&report::Measured {
        cores,
        load: (load_before, service::load_average()),
        file_system: service::file_system(&place),
        stations: arguments.stations,
        disk_one: (first.0, second.0),
        disk_all: (first.1, second.1),
        bare,
        blob_bytes: blob.len(),
        morning,
        narrow,
        split,
    });
}

/// The epoch key, as the age library reads it.
fn identity(rig: &Rig) -> age::x25519::Identity {
    let text = fs::read_to_string(rig.path("keys/epoch.agekey")).unwrap();
    let secret = text
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-"))
        .unwrap();
    age::x25519::Identity::from_str(secret).unwrap()
}
