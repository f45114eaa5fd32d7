//! What the camera costs: the share of one core that reading it and showing it to the screens takes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use station::devices::Camera as _;
use station::devices::camera::OpenCvCamera;

use super::cost::own_cpu_seconds;

/// Pictures a second, as webcams give them.
const RATE: u32 = 30;

/// Shares of one core, and what was shown.
#[derive(Clone, Copy, Debug)]
pub struct LiveCost {
    pub width: u32,
    pub height: u32,
    /// Reading the film alone, the pictures unpacked and handed to the desk.
    pub read: f64,
    /// The same with so many screens looking.
    pub shown: f64,
    pub readers: usize,
    pub shots: usize,
    pub bytes_a_shot: usize,
    pub seconds: f64,
}

/// Plays a film at a webcam's rate for so long, first with nobody and then with `readers` looking at the preview.
///
/// # Errors
/// When the film cannot be played.
pub fn measure(film: &Path, seconds: u32, readers: usize) -> Result<LiveCost> {
    let source = film.to_str().context("the path is not UTF-8")?;
    let mut cost = LiveCost {
        width: 0,
        height: 0,
        read: 0.0,
        shown: 0.0,
        readers,
        shots: 0,
        bytes_a_shot: 0,
        seconds: f64::from(seconds),
    };
    cost.read = play(source, seconds, 0, &mut cost)?;
    cost.shown = play(source, seconds, readers, &mut cost)?;
    Ok(cost)
}

fn play(source: &str, seconds: u32, readers: usize, cost: &mut LiveCost) -> Result<f64> {
    let mut camera = OpenCvCamera::new(source);
    // Opening is no part of it.
    let first = camera.frame()?;
    (cost.width, cost.height) = (first.width(), first.height());
    let preview = camera.preview().context("no preview")?;
    let stop = Arc::new(AtomicBool::new(false));
    let screens: Vec<_> = (0..readers)
        .map(|_| {
            let (preview, stop) = (preview.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let (mut seen, mut shots, mut bytes) = (0, 0, 0);
                while !stop.load(Ordering::Relaxed) {
                    if let Some(shot) = preview.after(seen, Duration::from_millis(300)) {
                        seen = shot.number;
                        shots += 1;
                        bytes += shot.jpeg().len();
                    }
                }
                (shots, bytes)
            })
        })
        .collect();
    let (begun, before) = (Instant::now(), own_cpu_seconds());
    for number in 1..=seconds * RATE {
        camera.frame()?;
        let due = begun + Duration::from_secs(1) * number / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let (spent, passed) = (own_cpu_seconds() - before, begun.elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    for screen in screens {
        let (shots, bytes): (usize, usize) = screen.join().expect("a screen only looks");
        cost.shots = cost.shots.max(shots);
        cost.bytes_a_shot = bytes / shots.max(1);
    }
    Ok(spent / passed)
}

impl std::fmt::Display for LiveCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "camera: {} x {} at {RATE} pictures a second for {} s, CPU time of all threads",
            self.width, self.height, self.seconds
        )?;
        writeln!(
            f,
            "    reading              {:>6.1} % of one core",
            100.0 * self.read
        )?;
        writeln!(
            f,
            "    and {} screens       {:>6.1} % of one core, {:.1} pictures a second of {} bytes each",
            self.readers,
            100.0 * self.shown,
            self.shots as f64 / self.seconds,
            self.bytes_a_shot
        )?;
        writeln!(
            f,
            "    the preview alone    {:>6.1} % of one core",
            100.0 * (self.shown - self.read).max(0.0)
        )
    }
}
