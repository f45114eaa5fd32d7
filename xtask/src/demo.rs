//! `cargo xtask demo`: one citizen's visit, desk to wallet, on real parts. Only the hardware is
//! played: a card on a virtual PC/SC reader, paper in a SANE scanner, frames for the camera, a
//! finger for the sensor.

mod checks;
mod files;
mod screens;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::process::{Background, built};
use crate::{models, packages, process};

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Install missing packages without asking.
    #[arg(long)]
    yes: bool,
    /// Leave verifier, reader, card and finger running afterwards.
    #[arg(long)]
    keep: bool,
    /// Open the desk's screens in a browser instead, for you to play a visit; Enter ends it.
    #[arg(long)]
    screens: bool,
}

/// Builds from a cold start are slow; a program that is built starts in a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// pcscd's well-known socket.
const PCSCD_SOCKET: &str = "/run/pcscd/pcscd.comm";
const CARD_ADDRESS: &str = "127.0.0.1:35963";

/// Where everything of the demo lies.
pub(crate) struct Place {
    root: PathBuf,
    demo: PathBuf,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.demo.join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.demo.join("logs").join(format!("{name}.log"))
    }
}

/// Runs the demo from nothing to the receipt.
///
/// # Errors
/// The first step that does not succeed, by name.
pub(crate) fn run(root: &Path, arguments: &DemoArguments) -> Result<()> {
    let started = Instant::now();
    let place = Place {
        root: root.to_owned(),
        demo: root.join("target/demo"),
    };
    fs::create_dir_all(place.demo.join("logs"))?;
    let mut step = Steps { number: 0, started };

    step.begin("packages");
    for group in [
        packages::MODELS,
        packages::BUILD,
        packages::RUN,
        packages::JUDGES,
    ] {
        packages::install(group, arguments.yes)?;
    }
    step.begin("models, pinned by digest");
    models::fetch(root, |line| println!("      {line}"))?;
    step.begin("build");
    process::cargo(&["build", "--workspace", "--bins"])?;
    step.begin("specimen state: country, keys, card, face, finger, papers");
    files::specimen(&place)?;
    files::keys(&place)?;

    step.begin("verifier on its embedded store");
    let (verifier, address) = verifier(&place)?;
    files::write(&place, &address)?;
    step.begin("pcscd, a card on the virtual reader, a finger for the sensor");
    let mut running = vec![verifier];
    running.extend(devices(&place)?);

    if arguments.screens {
        step.begin("the desk's screens");
        return screens::play(&place, &mut running);
    }
    step.begin("one whole visit");
    let told = visit(&place)?;
    step.begin("what the wallet holds");
    let wallet = checks::wallet(&place, &address, &told)?;
    step.begin("checked by programs that none of us wrote");
    checks::independent(&place, &told)?;

    report(&place, &told, &wallet);
    figures(&place, &told, running.first().map_or(0, Background::pid))?;
    println!("\n  {:.1} s in all", started.elapsed().as_secs_f32());
    if arguments.keep {
        println!("\nleft running (end them with kill PID):");
        for background in running {
            let (name, pid) = background.keep();
            println!("  {pid}  {name}");
        }
        println!("  verifier: {address}");
    }
    Ok(())
}

struct Steps {
    number: u32,
    started: Instant,
}

impl Steps {
    fn begin(&mut self, what: &str) {
        self.number += 1;
        println!(
            "[{}] {what}  ({:.1} s)",
            self.number,
            self.started.elapsed().as_secs_f32()
        );
    }
}

/// Starts the verifier on a free port of this machine only, and waits until it says where.
fn verifier(place: &Place) -> Result<(Background, String)> {
    let ready = place.path("verifier/ready");
    let _ = fs::remove_file(&ready);
    let mut command = built(&place.root, "niem-verifier");
    command
        .arg("serve")
        .arg("--config")
        .arg(place.path("verifier.toml"))
        .arg("--ready-file")
        .arg(&ready);
    let mut verifier = Background::start("verifier", &mut command, &place.log("verifier"))?;
    verifier.wait_until(PATIENCE, || ready.is_file())?;
    let address = fs::read_to_string(&ready)?.trim().to_owned();
    let port = address
        .rsplit(':')
        .next()
        .context("the verifier's address has no port")?;
    Ok((verifier, format!("https://localhost:{port}")))
}

/// pcscd (unless one runs already), the specimen card, and the finger in front of the sensor.
fn devices(place: &Place) -> Result<Vec<Background>> {
    let mut running = Vec::new();
    if !answers() {
        let mut command = if packages::is_root()? {
            Command::new("pcscd")
        } else {
            Command::new("sudo")
        };
        if !packages::is_root()? {
            command.arg("pcscd");
        }
        let mut pcscd = Background::start(
            "pcscd",
            command.args(["--foreground", "--error"]),
            &place.log("pcscd"),
        )?;
        pcscd.wait_until(PATIENCE, answers)?;
        running.push(pcscd);
    }
    let mut card = built(&place.root, "niem-specimen");
    card.arg("card")
        .arg(place.path("state/card.json"))
        .args(["--addr", CARD_ADDRESS]);
    running.push(Background::start("card", &mut card, &place.log("card"))?);
    let mut finger = built(&place.root, "niem-specimen");
    finger
        .arg("finger")
        .arg(place.path("finger.sock"))
        .arg(place.path("state/finger/live.png"));
    running.push(Background::start(
        "finger",
        &mut finger,
        &place.log("finger"),
    )?);
    Ok(running)
}

/// Whether a pcscd answers that knows vpcd's readers.
fn answers() -> bool {
    Path::new(PCSCD_SOCKET).exists()
        && Command::new("opensc-tool")
            .arg("-l")
            .output()
            .is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains("Virtual PCD"))
}

/// Runs the visit; its steps appear as they happen, its answer is one JSON document.
fn visit(place: &Place) -> Result<Value> {
    let _ = fs::remove_dir_all(place.path("bundle"));
    let mut command = built(&place.root, "niem-station");
    command
        .args(["--json", "visit", "run"])
        .arg(place.path("visit.toml"))
        .arg("--config")
        .arg(place.path("station.toml"))
        .arg("--export")
        .arg(place.path("bundle"))
        .env("NIEM_LOG", "info")
        .env("NIEM_LOG_FILE", place.log("station"))
        .stderr(Stdio::inherit());
    let answer = command.output().context("niem-station")?;
    fs::write(place.path("visit.json"), &answer.stdout)?;
    let told: Value =
        serde_json::from_slice(&answer.stdout).context("the station's answer is not JSON")?;
    if !answer.status.success() {
        bail!("the visit ended with {}: {:#}", answer.status, told);
    }
    Ok(told)
}

fn report(place: &Place, told: &Value, wallet: &Value) {
    println!("\nreceipt\n{:#}", told["receipt_read"]);
    println!("\nwallet entry\n{wallet:#}");
    println!("\nfiles");
    println!("  bundle   {}", place.path("bundle").display());
    println!("  PDF/A    {}", place.path("document-1.pdf").display());
    println!("  logs     {}", place.path("logs").display());
    println!(
        "\nto check each yourself\n{}",
        fs::read_to_string(place.path("check.sh")).unwrap_or_default()
    );
}

/// What the visit cost, counted and not estimated.
fn figures(place: &Place, told: &Value, verifier: u32) -> Result<()> {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let steps = told["steps"].as_array().cloned().unwrap_or_default();
    println!("\nfigures");
    for step in &steps {
        match step["step"].as_str() {
            Some("card") => println!(
                "  card      {} APDUs, {} bytes sent, {} received, {} ms",
                step["apdus"], step["bytes_sent"], step["bytes_received"], step["elapsed_ms"]
            ),
            Some("paper") => println!(
                "  paper     {} ms for {} page(s)",
                step["elapsed_ms"], step["pages"]
            ),
            _ => {}
        }
    }
    let status = fs::read_to_string(format!("/proc/{verifier}/status")).unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or_default();
    println!(
        "  memory    station {:.0} MiB at its peak, verifier {:.0} MiB",
        mib(told["peak_memory_bytes"].as_u64().unwrap_or_default()),
        mib(peak * 1024)
    );
    let bundle = place
        .path("bundle")
        .join(told["bundle"].as_str().unwrap_or_default());
    let mut sealed = fs::metadata(bundle.join("outer.dsse.json"))?.len();
    for blob in fs::read_dir(bundle.join("blobs"))? {
        sealed += blob?.metadata()?.len();
    }
    let opened: u64 = fs::read_to_string(place.path("check/plain-bytes.txt"))?
        .trim()
        .parse()?;
    println!(
        "  bundle    {sealed} bytes for {opened} bytes of parts and manifest: {:.2} % more",
        (sealed as f64 / opened as f64 - 1.0) * 100.0
    );
    Ok(())
}
