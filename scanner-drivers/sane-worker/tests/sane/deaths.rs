//! A worker that dies, hangs, lies or is told to stop takes nothing with it and leaves no process behind.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use scanner_drivers::{CancelFlag, ScanJob, Source};

use crate::rig::{Rig, WORKER, options, runs, scan};

/// A feeder job that would take minutes, so that there is time to kill it.
fn slow_job() -> ScanJob {
    let slow = options(&[
        ("read-delay", "yes"),
        ("read-delay-duration", "200000"),
        ("read-limit", "yes"),
        ("read-limit-size", "2000"),
    ]);
    ScanJob {
        dpi: 150,
        source: Source::Feeder,
        options: slow,
        ..ScanJob::default()
    }
}

/// Waits until the scan has really begun: the worker wrote its number and its scanner process is busy.
fn wait_for_pid(rig: &Rig) -> String {
    let begun = Instant::now();
    loop {
        if let Ok(pid) = fs::read_to_string(rig.path("pid")) {
            std::thread::sleep(Duration::from_millis(700));
            return pid.trim().to_owned();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the worker never started"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

const PIDFILE_THEN_WORK: &str = "echo $$ > $HERE/pid.tmp\nmv $HERE/pid.tmp $HERE/pid\nexec $WORKER";

fn signal(pid: &str, name: &str) {
    assert!(
        Command::new("kill")
            .args([name, pid])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_worker_killed_in_mid_scan_is_reported_dead() {
    let rig = Rig::new();
    let driver = rig.driver_by(rig.script(PIDFILE_THEN_WORK));
    std::thread::scope(|scope| {
        let scanning = scope.spawn(|| scan(&driver, "test:0", &slow_job()));
        let pid = wait_for_pid(&rig);
        signal(&pid, "-KILL");
        let (pages, outcome) = scanning.join().unwrap();
        assert_eq!(outcome.unwrap_err().code(), "scan.worker_died");
        assert!(pages.is_empty());
    });
    // The next scan finds a fresh worker and works.
    let job = ScanJob {
        dpi: 75,
        ..ScanJob::default()
    };
    assert_eq!(scan(&rig.driver(), "test:0", &job).0.len(), 1);
}

#[test]
fn a_worker_frozen_in_mid_scan_is_timed_out_and_killed() {
    let rig = Rig::new();
    let driver = rig
        .driver_by(rig.script(PIDFILE_THEN_WORK))
        .silence_limit(Duration::from_secs(2));
    std::thread::scope(|scope| {
        let scanning = scope.spawn(|| scan(&driver, "test:0", &slow_job()));
        let pid = wait_for_pid(&rig);
        signal(&pid, "-STOP");
        assert_eq!(
            scanning.join().unwrap().1.unwrap_err().code(),
            "scan.timeout"
        );
        assert!(!runs(&pid), "the frozen worker must not stay behind");
    });
}

#[test]
fn a_slow_scanner_that_gives_signs_of_life_is_not_timed_out() {
    let rig = Rig::new();
    let slow = options(&[("read-delay", "yes"), ("read-delay-duration", "200000")]);
    let driver = rig.driver().silence_limit(Duration::from_millis(1500));
    let begun = Instant::now();
    let (pages, outcome) = scan(
        &driver,
        "test:0",
        &ScanJob {
            dpi: 90,
            options: slow,
            ..ScanJob::default()
        },
    );
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(2),
        "a scan of {took:?} proves nothing under that limit"
    );
}

#[test]
fn a_cancelled_scan_ends_at_once_and_leaves_no_worker() {
    let rig = Rig::new();
    let driver = rig.driver_by(rig.script(PIDFILE_THEN_WORK));
    let cancel = CancelFlag::default();
    let job = ScanJob {
        cancel: cancel.clone(),
        ..slow_job()
    };
    std::thread::scope(|scope| {
        let scanning = scope.spawn(|| scan(&driver, "test:0", &job));
        let pid = wait_for_pid(&rig);
        cancel.raise();
        assert_eq!(
            scanning.join().unwrap().1.unwrap_err().code(),
            "scan.cancelled"
        );
        assert!(!runs(&pid));
    });
}

#[test]
fn a_mute_or_lying_worker_is_found_out() {
    let rig = Rig::new();
    let job = ScanJob::default();
    let outcome = |lines: &str| {
        let driver = rig
            .driver_by(rig.script(lines))
            .silence_limit(Duration::from_secs(1));
        scan(&driver, "test:0", &job).1.unwrap_err().code()
    };
    assert_eq!(outcome("exec sleep 600"), "scan.timeout");
    assert_eq!(
        outcome("read line; echo this is no message"),
        "scan.bad_answer"
    );
    assert_eq!(
        outcome(
            "read line; echo '{\"page\":{\"width\":4000000000,\"height\":4000000000,\"channels\":3,\"dpi\":300}}'"
        ),
        "scan.bad_answer"
    );
    assert_eq!(
        outcome(
            "read line; echo '{\"page\":{\"width\":4,\"height\":4,\"channels\":3,\"dpi\":300}}'; printf xyz"
        ),
        "scan.worker_died"
    );
    assert_eq!(outcome("exit 3"), "scan.worker_died");
}

/// SANE's own `test` backend hangs in `sane_cancel` about once in a hundred refusals: its reader thread is told to stop
/// before it has begun.
#[test]
fn a_worker_that_hangs_while_it_stows_has_told_its_trouble_before() {
    let rig = Rig::new();
    let driver = rig
        .driver_by(rig.script("read line; echo '{\"failed\":\"jam\"}'; exec sleep 600"))
        .silence_limit(Duration::from_secs(1));
    let outcome = scan(&driver, "test:0", &ScanJob::default()).1;
    assert_eq!(outcome.unwrap_err().code(), "scan.jam");
}

#[test]
fn a_missing_worker_is_said_to_be_missing() {
    let rig = Rig::new();
    let outcome = scan(
        &rig.driver_by(rig.path("nowhere")),
        "test:0",
        &ScanJob::default(),
    )
    .1;
    assert_eq!(outcome.unwrap_err().code(), "scan.worker_missing");
}

#[test]
fn a_worker_ends_when_the_desk_dies() {
    let mut worker = Command::new(WORKER)
        .env("SANE_CONFIG_DIR", Rig::new().dir.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(worker.stdin.take());
    let begun = Instant::now();
    while worker.try_wait().unwrap().is_none() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "a worker without a desk must end"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
