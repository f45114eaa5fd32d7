//! A scanner at another machine: `saned` serves it, SANE's `net` backend fetches it. Both live in a network of their own
//! that is born and dies with the worker, so that no port of this machine is taken.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use promises::{gray_sheet, sheet};
use scanner_drivers::{SaneDriver, ScanJob, ScannerDriver as _, Source};

use crate::rig::{Rig, WORKER, options, scan};

/// Whether `saned` and networks of one's own are here; where judges are required, their absence is a failure.
fn judge_is_here() -> bool {
    let answers = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let here = PathBuf::from("/usr/sbin/saned").exists()
        && answers(
            "unshare",
            &["--map-root-user", "--net", "ip", "link", "show", "lo"],
        );
    assert!(
        here || std::env::var_os("NIEM_JUDGES").is_none(),
        "not to be had here: saned (sane-utils), unshare (util-linux), ip (iproute2)"
    );
    here
}

/// The worker in a network where `saned` serves the `pnm` and `test` backends on the usual port.
fn elsewhere(rig: &Rig) -> SaneDriver {
    let served = rig.path("served.d");
    fs::create_dir_all(&served).unwrap();
    fs::write(served.join("dll.conf"), "pnm\ntest\n").unwrap();
    fs::write(served.join("test.conf"), "number_of_devices 1\n").unwrap();
    fs::write(served.join("saned.conf"), "127.0.0.1\n").unwrap();
    fs::write(rig.path("dll.conf"), "net\n").unwrap();
    fs::write(rig.path("net.conf"), "connect_timeout = 10\n127.0.0.1\n").unwrap();
    // 19A6 is port 6566 as /proc/net/tcp writes it; 0A is "listening".
    let inside = rig.path("inside.sh");
    fs::write(
        &inside,
        format!(
            "ip link set lo up\n\
             SANE_CONFIG_DIR={served} /usr/sbin/saned -l -b 127.0.0.1 -p 6566 -e </dev/null >/dev/null 2>&1 &\n\
             tries=0\n\
             until grep -q ':19A6 .* 0A ' /proc/net/tcp; do\n\
             tries=$((tries + 1)); [ $tries -lt 300 ] || exit 9; sleep 0.1\n\
             done\n\
             exec {WORKER}\n",
            served = served.display()
        ),
    )
    .unwrap();
    rig.driver_by(rig.script(&format!(
        "exec unshare --map-root-user --net --pid --fork --kill-child sh {}",
        inside.display()
    )))
    .with_network()
    .silence_limit(Duration::from_secs(60))
}

#[test]
fn a_scanner_at_another_machine_is_found_and_gives_its_very_pixels() {
    if !judge_is_here() {
        return;
    }
    let rig = Rig::new();
    let driver = elsewhere(&rig);
    let found = driver.discover().unwrap();
    let mut ids: Vec<_> = found
        .iter()
        .map(|scanner| scanner.id().to_owned())
        .collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "net:127.0.0.1:pnm:0",
            "net:127.0.0.1:pnm:1",
            "net:127.0.0.1:test:0"
        ]
    );
    assert!(
        found.iter().all(|scanner| scanner.capabilities().simulated),
        "make-believe stays make-believe behind a network"
    );
    for page in [sheet(1), gray_sheet(2)] {
        rig.save("page.pnm", &page);
        let job = ScanJob {
            options: options(&[("filename", rig.path("page.pnm").to_str().unwrap())]),
            ..ScanJob::default()
        };
        let (pages, outcome) = scan(&driver, "net:127.0.0.1:pnm:0", &job);
        outcome.unwrap();
        assert!(pages.len() == 1 && pages[0].image == page);
    }
}

#[test]
fn a_feeder_at_another_machine_and_its_troubles_are_as_near_as_our_own() {
    if !judge_is_here() {
        return;
    }
    let rig = Rig::new();
    let driver = elsewhere(&rig);
    let job = ScanJob {
        dpi: 75,
        source: Source::Feeder,
        options: options(&[("br-x", "50"), ("br-y", "30")]),
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&driver, "net:127.0.0.1:test:0", &job);
    outcome.unwrap();
    assert_eq!(pages.len(), 10);
    for (status, code) in [
        ("SANE_STATUS_JAMMED", "scan.jam"),
        ("SANE_STATUS_COVER_OPEN", "scan.cover_open"),
        ("SANE_STATUS_NO_DOCS", "scan.no_paper"),
    ] {
        let job = ScanJob {
            dpi: 75,
            options: options(&[("read-return-value", status)]),
            ..ScanJob::default()
        };
        let (pages, outcome) = scan(&driver, "net:127.0.0.1:test:0", &job);
        assert_eq!(outcome.unwrap_err().code(), code);
        assert!(pages.is_empty());
    }
}
