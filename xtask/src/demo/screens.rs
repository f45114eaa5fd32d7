//! `cargo xtask demo --screens`: the whole desk open in a browser, with everything a newcomer needs to play a visit.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::files::OPERATOR;
use super::{PATIENCE, Place};
use crate::process::{Background, built};

/// Of the demo's clerk; everybody may know it.
const PIN: &str = "246810";

/// Starts the desk, opens both windows, and waits until somebody has played enough.
pub(super) fn play(place: &Place, running: &mut Vec<Background>) -> Result<()> {
    let (operator, citizen) = start(place, running)?;
    println!("\n  operator's page    {operator}");
    println!("  citizen's display  {citizen}");
    println!("  sign in as Cán bộ Mẫu with PIN {PIN}; the page says the card's six digits");
    // Each window is a profile of its own: in a ward they are two screens.
    for (name, address) in [("operator", &operator), ("citizen", &citizen)] {
        match browser(place, name, address) {
            Ok(window) => running.push(window),
            Err(_) => {
                println!("  (no browser could be opened here; open the {name}'s link yourself)")
            }
        }
    }
    print!("\nEnter ends the demo: ");
    std::io::stdout().flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

/// The desk behind its screens; returns the two links.
pub(super) fn start(place: &Place, running: &mut Vec<Background>) -> Result<(String, String)> {
    settings(place)?;
    let ready = place.path("screens.ready");
    let _ = fs::remove_file(&ready);
    let mut command = built(&place.root, "niem-station");
    command
        .arg("serve")
        .arg("--config")
        .arg(place.path("desk.toml"))
        .arg("--ready-file")
        .arg(&ready)
        .env("NIEM_LOG", "info")
        .env("NIEM_LOG_FILE", place.log("desk"));
    let mut desk = Background::start("desk", &mut command, &place.log("desk-output"))?;
    desk.wait_until(PATIENCE * 2, || ready.is_file())?;
    running.push(desk);
    let links = fs::read_to_string(&ready)?;
    let mut links = links.lines().map(str::to_owned);
    let operator = links.next().context("no link for the operator")?;
    Ok((operator, links.next().context("no link for the citizen")?))
}

/// The demo's settings with screens: who may sign in, and what lies on the played scanner's glass.
fn settings(place: &Place) -> Result<()> {
    let keys = place.path("station/keys");
    let people = place.path("station/people.toml");
    fs::write(
        &people,
        format!(
            "[[people]]\nid = \"{OPERATOR}\"\nname = \"Cán bộ Mẫu\"\nrole = \"clerk\"\npin = \"{}\"\n",
            hashed(place)?
        ),
    )?;
    let duty = place.path("station/duty.json");
    let signed = built(&place.root, "niem-verifier")
        .args(["duty", "sign"])
        .arg(&people)
        .arg("--keys")
        .arg(place.path("verifier/keys"))
        .arg("--out")
        .arg(&duty)
        .stdout(Stdio::null())
        .status()?;
    if !signed.success() {
        bail!("the list of people on duty was not signed");
    }
    let person: Value = serde_json::from_slice(&fs::read(place.path("state/person.json"))?)?;
    let can = person["can"]
        .as_str()
        .context("the specimen has no access number")?;
    let pages = person["pages"]
        .as_array()
        .context("the specimen has no papers")?;
    let pages: Vec<_> = pages
        .iter()
        .filter_map(Value::as_str)
        .map(|page| place.path("state/papers").join(page))
        .collect();
    let mut text = fs::read_to_string(place.path("station.toml"))?;
    writeln!(
        text,
        "\n[screens]\ncentre = \"Trung tâm Phục vụ hành chính công phường Mẫu\""
    )?;
    writeln!(text, "hotline = \"1900 0000\"\nport = 0\nduty = {duty:?}")?;
    writeln!(text, "\n[[screens.operators]]\nid = \"{OPERATOR}\"")?;
    writeln!(text, "key = {:?}", keys.join(format!("{OPERATOR}.key.pem")))?;
    writeln!(
        text,
        "cert = {:?}",
        keys.join(format!("{OPERATOR}.cert.pem"))
    )?;
    writeln!(
        text,
        "\n[screens.lesson]\ncan = \"{can}\"\npages = {pages:?}"
    )?;
    Ok(fs::write(place.path("desk.toml"), text)?)
}

fn hashed(place: &Place) -> Result<String> {
    let mut child = built(&place.root, "niem-verifier")
        .args(["duty", "pin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut pin) = child.stdin.take() {
        writeln!(pin, "{PIN}")?;
    }
    let answer = child.wait_with_output()?;
    if !answer.status.success() {
        bail!("the PIN was not hashed");
    }
    Ok(String::from_utf8(answer.stdout)?.trim().to_owned())
}

/// A window of its own, where there is a display and a browser.
fn browser(place: &Place, name: &str, address: &str) -> Result<Background> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        bail!("no display");
    }
    let mut command = Command::new("chromium");
    command
        .arg(format!("--app={address}"))
        .arg(format!(
            "--user-data-dir={}",
            place.path(&format!("browser-{name}")).display()
        ))
        .args([
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
        ]);
    Background::start(
        "chromium",
        &mut command,
        &place.log(&format!("browser-{name}")),
    )
}
