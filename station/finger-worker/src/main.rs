//! `niem-finger-worker`: the one process that loads libfprint. It answers its parent over a pipe and
//! keeps pictures of fingers nowhere else than in memory it wipes.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, channel};

use anyhow::Context;
use finger_worker::protocol::{Answer, MAX_LINE, Request};

mod hardening;
mod libfprint;

fn main() -> anyhow::Result<()> {
    hardening::keep_memory_private().context("cannot keep memory private")?;
    let requests = listen();
    // Not `io::stdout()`: its buffer would keep pixels.
    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let sensors = libfprint::Sensors::new().context("libfprint did not start")?;
    for request in requests {
        match request {
            Request::Devices {} => {
                let devices = sensors.list();
                say(&mut out, &Answer::Devices { devices })?;
            }
            Request::Capture { device, timeout_ms } => {
                match sensors.capture(device.as_deref(), timeout_ms) {
                    Ok(image) => {
                        say(&mut out, &image.header())?;
                        out.write_all(image.pixels())?;
                    }
                    Err(failure) => say(&mut out, &Answer::Failed { failure })?,
                }
            }
        }
    }
    Ok(())
}

fn say(out: &mut File, answer: &Answer) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    out.write_all(&line)?;
    Ok(())
}

/// Reads requests on a thread of its own, so that a parent that goes away ends the worker also in the
/// middle of a capture.
fn listen() -> Receiver<Request> {
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = (&mut input)
                .take(MAX_LINE as u64)
                .read_until(b'\n', &mut line);
            let request = match read {
                Ok(n) if n > 0 => serde_json::from_slice(&line).ok(),
                _ => None,
            };
            let sent = request.is_some_and(|request| sender.send(request).is_ok());
            if !sent {
                // The parent is gone, or does not speak our language.
                std::process::exit(0);
            }
        }
    });
    requests
}
