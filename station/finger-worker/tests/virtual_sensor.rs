//! A picture fed to libfprint's virtual image device comes out of the worker; what goes wrong on the
//! way has its own code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use finger_worker::protocol::{Fault, Retry};
use finger_worker::{FingerPixels, SensorError, SensorWorker, virtual_image};

const PATIENCE: Duration = Duration::from_secs(30);

struct Rig {
    worker: SensorWorker,
    socket: PathBuf,
    folder: tempfile::TempDir,
}

fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("finger.sock");
    let variable = virtual_image::VARIABLE.to_owned();
    let env = [(variable, socket.to_str().unwrap().to_owned())];
    let worker = Path::new(env!("CARGO_BIN_EXE_niem-finger-worker"));
    Rig {
        worker: SensorWorker::spawn(worker, &env).unwrap(),
        socket,
        folder,
    }
}

/// The socket is there from the moment a capture has opened the device.
fn wait_for(socket: &Path) {
    let start = Instant::now();
    while !socket.exists() && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(socket.exists(), "the capture never began");
}

fn specimen() -> (u32, u32, Vec<u8>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specimen/fingers/p1_1.png");
    let gray = image::open(file).unwrap().into_luma8();
    (gray.width(), gray.height(), gray.into_raw())
}

#[test]
fn the_sensor_is_listed_as_simulated() {
    let mut rig = rig();
    let devices = rig.worker.devices().unwrap();
    let [device] = &devices[..] else {
        panic!("{devices:?}");
    };
    assert_eq!(device.driver, "virtual_image");
    assert!(device.captures && device.simulated);
}

#[test]
fn a_fed_picture_comes_out_pixel_for_pixel() {
    let mut rig = rig();
    let (width, height, pixels) = specimen();
    let finger = FingerPixels::new(width, height, pixels.clone()).unwrap();
    let socket = rig.socket.clone();
    let feeder = thread::spawn(move || virtual_image::feed(&socket, &finger));
    let captured = rig.worker.capture(PATIENCE).unwrap();
    feeder.join().unwrap().unwrap();
    assert_eq!((captured.width, captured.height), (width, height));
    assert!(*captured.pixels == pixels, "pixels differ");
    assert_eq!(captured.driver, "virtual_image");
    assert!(captured.simulated);
    assert_eq!(captured.dpi, None);
    // Nothing but the socket was left behind.
    let left: Vec<_> = std::fs::read_dir(rig.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| *path != rig.socket)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn one_worker_captures_again_after_a_retry_and_a_fault() {
    let mut rig = rig();
    for (reason, code) in [
        (Retry::CenterFinger, "sensor.not_centred"),
        (Retry::TooShort, "sensor.too_short"),
    ] {
        let socket = rig.socket.clone();
        let feeder = thread::spawn(move || virtual_image::feed_retry(&socket, reason));
        let error = rig.worker.capture(PATIENCE).err().unwrap();
        feeder.join().unwrap().unwrap();
        assert_eq!(error, SensorError::Retry { reason });
        assert_eq!(error.code(), code);
    }
    let socket = rig.socket.clone();
    let feeder = thread::spawn(move || virtual_image::feed_fault(&socket));
    let error = rig.worker.capture(PATIENCE).err().unwrap();
    feeder.join().unwrap().unwrap();
    let fault = Fault::General;
    assert_eq!(error, SensorError::Device { fault });

    let (width, height, pixels) = specimen();
    let finger = FingerPixels::new(width, height, pixels.clone()).unwrap();
    let socket = rig.socket.clone();
    let feeder = thread::spawn(move || virtual_image::feed(&socket, &finger));
    let captured = rig.worker.capture(PATIENCE).unwrap();
    feeder.join().unwrap().unwrap();
    assert!(*captured.pixels == pixels, "pixels differ");
}

#[test]
fn nobody_places_a_finger() {
    let mut rig = rig();
    let start = Instant::now();
    let error = rig
        .worker
        .capture(Duration::from_millis(300))
        .err()
        .unwrap();
    assert_eq!(error, SensorError::Timeout);
    assert!(start.elapsed() >= Duration::from_millis(300));
    // The worker lives on.
    assert_eq!(rig.worker.devices().unwrap().len(), 1);
}

#[test]
fn a_worker_killed_in_the_middle_is_reported_dead() {
    let mut rig = rig();
    let id = rig.worker.process_id().to_string();
    let socket = rig.socket.clone();
    let killer = thread::spawn(move || {
        wait_for(&socket);
        let killed = Command::new("kill").args(["-9", &id]).status();
        assert!(killed.unwrap().success());
    });
    let error = rig.worker.capture(PATIENCE).err().unwrap();
    killer.join().unwrap();
    assert_eq!(error, SensorError::WorkerDied);
    assert_eq!(rig.worker.devices().err(), Some(SensorError::WorkerDied));
}

#[test]
fn without_the_variable_there_is_no_virtual_sensor() {
    let worker = Path::new(env!("CARGO_BIN_EXE_niem-finger-worker"));
    let mut worker = SensorWorker::spawn(worker, &[]).unwrap();
    let devices = worker.devices().unwrap();
    assert!(devices.iter().all(|d| !d.simulated), "{devices:?}");
    if devices.is_empty() {
        let error = worker.capture(PATIENCE).err().unwrap();
        assert_eq!(error, SensorError::NotFound);
    }
}

#[test]
fn a_missing_program_is_not_a_dead_one() {
    let error = SensorWorker::spawn(Path::new("/nowhere/niem-finger-worker"), &[]).err();
    assert_eq!(error, Some(SensorError::WorkerMissing));
}

#[test]
fn the_worker_ends_when_its_parent_hangs_up_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("finger.sock");
    let mut worker = Command::new(env!("CARGO_BIN_EXE_niem-finger-worker"))
        .env(virtual_image::VARIABLE, &socket)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = worker.stdin.take().unwrap();
    pipe.write_all(b"{\"ask\":\"capture\",\"device\":null,\"timeout_ms\":600000}\n")
        .unwrap();
    wait_for(&socket);
    drop(pipe);
    assert!(worker.wait().unwrap().success());
}

#[test]
fn the_worker_can_neither_dump_core_nor_write_files() {
    let mut rig = rig();
    rig.worker.devices().unwrap();
    let process = PathBuf::from(format!("/proc/{}", rig.worker.process_id()));
    let limits = std::fs::read_to_string(process.join("limits")).unwrap();
    for limit in ["Max core file size", "Max file size"] {
        let line = limits.lines().find(|l| l.starts_with(limit)).unwrap();
        let soft_and_hard: Vec<_> = line[limit.len()..].split_whitespace().take(2).collect();
        assert_eq!(soft_and_hard, ["0", "0"], "{line}");
    }
    drop(rig);
    assert!(!process.exists(), "dropping the client ends the worker");
}
