//! A worker that is killed, hangs, is told to stop or loses its desk takes nothing with it and leaves nothing behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scanner_drivers::ScanEvent;
use scanner_drivers::wire::{self, Request};

use crate::bench::{Bench, LONG, Wrapped, runs, scan, sheet, signal};

/// The silence after which a worker is held for hung: far above what a loaded machine needs between two signs of life.
const SILENCE: Duration = Duration::from_secs(8);

/// A worker may take five seconds to stow its carriage; the rest is for a loaded machine.
const AT_ONCE: Duration = Duration::from_secs(15);

pub fn a_killed_worker_is_reported_and_the_next_job_works(bench: &dyn Bench) {
    let wrapped = Wrapped::new(&bench.worker());
    let driver = bench.driver(&wrapped.program(), LONG);
    let (device, job) = bench.slow();
    let mut pid = None;
    let outcome = driver.scanner(&device).run(&job, &mut |event| {
        assert!(!matches!(event, ScanEvent::Page(_)), "the job is not slow");
        if pid.is_none() {
            let number = wrapped.pid();
            signal(&number, "-KILL");
            pid = Some(number);
        }
    });
    let pid = pid.expect("the worker gave a sign of life");
    assert_eq!(outcome.unwrap_err().code(), "scan.worker_died");
    assert!(!runs(&pid));
    bench.mend();
    let laid = [sheet(3)];
    let (device, job) = bench.lay(&laid);
    let (pages, outcome) = scan(driver.as_ref(), &device, &job);
    outcome.unwrap();
    assert!(pages.len() == 1 && pages[0].image == laid[0]);
}

pub fn a_hung_worker_is_timed_out_and_buried(bench: &dyn Bench) {
    let wrapped = Wrapped::new(&bench.worker());
    let driver = bench.driver(&wrapped.program(), SILENCE);
    let (device, job) = bench.slow();
    let mut pid = None;
    let outcome = driver.scanner(&device).run(&job, &mut |_| {
        if pid.is_none() {
            let number = wrapped.pid();
            signal(&number, "-STOP");
            pid = Some(number);
        }
    });
    let pid = pid.expect("the worker gave a sign of life");
    assert_eq!(outcome.unwrap_err().code(), "scan.timeout");
    assert!(!runs(&pid), "the frozen worker must not stay behind");
}

pub fn a_cancelled_job_ends_at_once(bench: &dyn Bench) {
    let wrapped = Wrapped::new(&bench.worker());
    let driver = bench.driver(&wrapped.program(), LONG);
    let (device, job) = bench.slow();
    let cancel = job.cancel.clone();
    let mut cancelled = None;
    let outcome = driver.scanner(&device).run(&job, &mut |event| {
        assert!(!matches!(event, ScanEvent::Page(_)), "the job is not slow");
        cancel.raise();
        cancelled.get_or_insert_with(Instant::now);
    });
    let cancelled = cancelled.expect("the worker gave a sign of life");
    assert_eq!(outcome.unwrap_err().code(), "scan.cancelled");
    let took = cancelled.elapsed();
    assert!(took < AT_ONCE, "a cancelled job took {took:?} to end");
    assert!(!runs(&wrapped.pid()));
}

pub fn a_worker_ends_when_its_desk_dies(bench: &dyn Bench) {
    let (device, job) = bench.slow();
    let mut worker = Command::new(bench.worker())
        .envs(bench.env())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = worker.stdin.take().unwrap();
    let settings = bench.settings();
    let request = Request::Scan {
        device,
        settings,
        job,
    };
    wire::write_line(&mut stdin, &request).unwrap();
    drop(stdin);
    let begun = Instant::now();
    while worker.try_wait().unwrap().is_none() {
        if begun.elapsed() > LONG {
            worker.kill().unwrap();
            panic!("a worker without a desk must end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
