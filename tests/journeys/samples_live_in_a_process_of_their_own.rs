//! The person is looked at in a process whose memory nobody can read out, and which may die without ending the visit.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bundle::Role;
use station::booth::{Booth, WorkerBooth};
use station::desk::Step;
use station::visit::Closed;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::programs::{built, root};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

/// The worker of this rig's bench, started.
fn worker() -> (Bench, WorkerBooth) {
    let bench = Bench::set_up(&STATE, "live", card("card"));
    let mut booth = WorkerBooth::new(built("niem-person-worker"), bench.setup().clone());
    booth.start().unwrap();
    (bench, booth)
}

#[test]
fn no_core_dump_shows_a_face() {
    let (_bench, booth) = worker();
    let process = booth.process_id().unwrap();
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let values: Vec<&str> = core.unwrap().split_whitespace().skip(4).collect();
    assert_eq!(values[..2], ["0", "0"]);
    // What the kernel keeps from everybody but root it also keeps out of core dumps and from debuggers: prctl(2),
    // PR_SET_DUMPABLE. An account's own process would be theirs.
    let memory = fs::metadata(format!("/proc/{process}/mem")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&memory), 0);
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&environment).contains("HOME="));
    drop(booth);
    assert!(!fs::exists(format!("/proc/{process}/limits")).unwrap());
}

#[test]
fn a_worker_that_is_killed_costs_an_attempt_and_not_the_visit() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let (mut bench, booth) = worker();
    let mut first = booth.process_id();
    bench.devices.booth = Box::new(booth);
    let mut told = Vec::new();
    let end = desk.watched_visit(&mut bench.devices, &both_pages(), &mut |step| match step {
        Step::Look { .. } => {
            if let Some(process) = first.take() {
                let killed = Command::new("kill")
                    .args(["-9", &process.to_string()])
                    .status();
                assert!(killed.unwrap().success());
            }
        }
        Step::NotPresent { code, .. } => told.push(code.to_owned()),
        Step::Face { attempt, .. } => told.push(format!("attempt {attempt}")),
        _ => {}
    });
    assert_eq!(told, ["presence.interrupted", "attempt 2"]);
    assert!(matches!(end.closed, Closed::Sealed(_)), "{:?}", end.closed);
}

#[test]
fn a_desk_that_is_gone_leaves_nobody_looking() {
    let bench = Bench::set_up(&STATE, "live", card("card"));
    let folder = tempfile::tempdir().unwrap();
    // A driver that hangs: whoever opens this waits for a writer that never comes.
    let hanging = folder.path().join("camera.y4m");
    let made = Command::new("mkfifo").arg(&hanging).status();
    assert!(made.unwrap().success());
    let mut setup = bench.setup().clone();
    setup.camera.sources = vec![hanging.to_str().unwrap().to_owned()];
    let mut worker = Command::new(built("niem-person-worker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = worker.stdin.take().unwrap();
    let mut told = BufReader::new(worker.stdout.take().unwrap());
    let mut first = serde_json::to_value(&setup).unwrap();
    first["ask"] = "setup".into();
    writeln!(pipe, "{first}").unwrap();
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("ready"), "{line}");
    let portrait = fs::read(root().join("specimen/faces/astronaut.jpg")).unwrap();
    let ask = serde_json::json!({
        "ask": "face", "portrait": portrait.len(), "poses": ["left", "right", "left"], "attempt": 1, "notices": [],
    });
    writeln!(pipe, "{ask}").unwrap();
    pipe.write_all(&portrait).unwrap();
    thread::sleep(Duration::from_secs(1));
    assert!(worker.try_wait().unwrap().is_none(), "it is looking");
    // What the worker sees of a desk that is killed.
    drop(pipe);
    let gone = Instant::now();
    while worker.try_wait().unwrap().is_none() {
        // The camera alone would be waited for twice as long (`devices/camera/feed.rs`).
        if gone.elapsed() > Duration::from_secs(4) {
            worker.kill().unwrap();
            worker.wait().unwrap();
            panic!("still looking");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_screen_sees_small_pictures_while_somebody_is_looked_at() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let (mut bench, mut booth) = worker();
    let preview = booth.preview().unwrap();
    bench.devices.booth = Box::new(booth);
    let mut seen = 0;
    let mut shown = 0;
    desk.watched_visit(&mut bench.devices, &both_pages(), &mut |step| {
        if let Step::Look { .. } = step
            && let Some(shot) = preview.after(seen, Duration::from_secs(5))
        {
            assert!(shot.number > seen);
            let picture = models::Portrait::decode(shot.jpeg()).unwrap();
            assert!(picture.width().max(picture.height()) <= 320);
            (seen, shown) = (shot.number, shown + 1);
        }
    });
    assert!(shown > 0);
    // Nobody is looked at any more.
    assert!(preview.after(0, Duration::ZERO).is_none());
}
