//! What the demo writes before it starts: the specimen state, keys, certificates, settings and
//! the script of the visit. All of it invented; none of it overwritten by a second run.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Place;
use crate::process::{bin_dir, built, run};

pub(crate) const STATION: &str = "tram-mau-01";
pub(crate) const OPERATOR: &str = "can-bo-mau";
/// The demo's only integrator, and what it looks into wallets for.
pub(crate) const INTEGRATOR: &str = "demo-integrator";
pub(crate) const PURPOSE: &str = "demo";

/// Country, card, face, finger and papers of one invented citizen.
pub(super) fn specimen(place: &Place) -> Result<()> {
    // Takes the one that is complete there.
    run(built(&place.root, "niem-specimen")
        .arg("state")
        .arg(place.path("state")))
}

/// Keys and certificates, through the commands that a real province would use.
pub(super) fn keys(place: &Place) -> Result<()> {
    let keys = place.path("verifier/keys");
    let station = place.path("station/keys");
    if !keys.join("receipt.key.pem").is_file() {
        fs::create_dir_all(place.path("verifier"))?;
        run(quiet(
            built(&place.root, "niem-verifier")
                .args(["keys", "init"])
                .arg(&keys),
        ))?;
    }
    for (name, role) in [(STATION, None), (OPERATOR, Some("clerk"))] {
        if station.join(format!("{name}.cert.pem")).is_file() {
            continue;
        }
        if !station.join(format!("{name}.key.pem")).is_file() {
            run(quiet(
                built(&place.root, "niem-station")
                    .args(["keys", "init", name, "--insecure-file-key", "--dir"])
                    .arg(&station),
            ))?;
        }
        let mut enroll = built(&place.root, "niem-verifier");
        enroll.arg("enroll");
        match role {
            None => enroll.args(["--station", name]),
            Some(role) => enroll.args(["--operator", name, "--role", role]),
        };
        enroll
            .arg("--csr")
            .arg(station.join(format!("{name}.csr.pem")));
        enroll
            .arg("--out")
            .arg(station.join(format!("{name}.cert.pem")));
        enroll.arg("--keys").arg(&keys);
        run(quiet(&mut enroll))?;
    }
    trust(place)?;
    write_verifier_settings(place)?;
    integrator(place)
}

/// An integrator makes its own key and hands over the public half, which a command registers.
fn integrator(place: &Place) -> Result<()> {
    let [key, public] = ["state/integrator.pem", "state/integrator.pub.pem"].map(|n| place.path(n));
    if place
        .path("verifier/data/roster/integrators")
        .join(format!("{INTEGRATOR}.json"))
        .is_file()
        && key.is_file()
    {
        return Ok(());
    }
    let mut make = Command::new("openssl");
    make.args(["genpkey", "-algorithm", "EC", "-pkeyopt"])
        .arg("ec_paramgen_curve:P-256")
        .arg("-out")
        .arg(&key);
    run(quiet(&mut make))?;
    let mut half = Command::new("openssl");
    half.args(["pkey", "-pubout", "-in"]).arg(&key);
    run(quiet(half.arg("-out").arg(&public)))?;
    let mut add = built(&place.root, "niem-verifier");
    add.args([
        "integrators",
        "add",
        INTEGRATOR,
        "--by",
        "demo",
        "--purpose",
        PURPOSE,
    ]);
    add.args(["--scope", "wallets:find", "--scope", "wallets:read"]);
    add.arg("--key").arg(&public);
    run(quiet(add.arg("--config").arg(place.path("verifier.toml"))))
}

/// What anybody needs to check what this verifier and its desks say: its public keys, the
/// country's certificate, and the root under which officials sign.
fn trust(place: &Place) -> Result<()> {
    let trust = place.path("trust");
    for folder in ["csca", "signers"] {
        fs::create_dir_all(trust.join(folder))?;
    }
    let public = place.path("verifier/keys/public");
    for entry in fs::read_dir(&public)? {
        let entry = entry?;
        fs::copy(entry.path(), trust.join(entry.file_name()))?;
    }
    fs::copy(
        public.join("station-ca.pem"),
        trust.join("signers/station-ca.pem"),
    )?;
    for entry in fs::read_dir(place.path("state/csca"))? {
        let entry = entry?;
        fs::copy(entry.path(), trust.join("csca").join(entry.file_name()))?;
    }
    Ok(())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(std::process::Stdio::null())
}

fn write_verifier_settings(place: &Place) -> Result<()> {
    let mut text = String::new();
    writeln!(
        text,
        "# Written by `cargo xtask demo`. Practice: takes specimen people and simulated devices."
    )?;
    writeln!(text, "listen = \"127.0.0.1:0\"")?;
    writeln!(text, "data = {:?}", place.path("verifier/data"))?;
    writeln!(text, "keys = {:?}", place.path("verifier/keys"))?;
    writeln!(text, "csca_trust = {:?}", place.path("trust/csca"))?;
    writeln!(text, "signer_trust = {:?}", place.path("trust/signers"))?;
    writeln!(text, "\n[examination]\naccept_simulated = true")?;
    Ok(fs::write(place.path("verifier.toml"), text)?)
}

/// The station's settings (the verifier's port is known only now) and the script of the visit.
pub(super) fn write(place: &Place, address: &str) -> Result<()> {
    let keys = place.path("station/keys");
    let public = place.path("verifier/keys/public");
    let bin = bin_dir(&place.root);
    let mut text = String::new();
    writeln!(text, "# Written by `cargo xtask demo`.")?;
    writeln!(
        text,
        "station = \"{STATION}\"\npractice = true\nstate_dir = {:?}",
        place.path("station/state")
    )?;
    writeln!(
        text,
        "\n[verifier]\nurl = \"{address}\"\nca = {:?}",
        public.join("server-ca.pem")
    )?;
    writeln!(text, "receipt_key = {:?}", public.join("receipt.pub.pem"))?;
    writeln!(text, "recipients = {:?}", public.join("recipients.txt"))?;
    writeln!(
        text,
        "\n[keys]\ndevice_key = {:?}",
        keys.join(format!("{STATION}.key.pem"))
    )?;
    writeln!(
        text,
        "device_cert = {:?}\ninsecure_file_key = true",
        keys.join(format!("{STATION}.cert.pem"))
    )?;
    writeln!(text, "\n[trust]\ncsca = {:?}", place.path("state/csca"))?;
    writeln!(text, "\n[card]\nreader = \"Virtual PCD\"")?;
    writeln!(
        text,
        "\n[camera]\nsource = {:?}",
        place.path("state/face/live_%03d.jpg")
    )?;
    writeln!(
        text,
        "\n[finger]\nworker = {:?}",
        bin.join("niem-finger-worker")
    )?;
    writeln!(
        text,
        "env = {{ FP_VIRTUAL_IMAGE = {:?} }}",
        place.path("finger.sock")
    )?;
    writeln!(
        text,
        "\n[scanner]\nworker = {:?}\ndevice = \"pnm:0\"",
        bin.join("niem-sane-worker")
    )?;
    writeln!(
        text,
        "env = {{ SANE_CONFIG_DIR = {:?} }}",
        place.path("state/sane.d")
    )?;
    writeln!(text, "\n[models]\ndir = {:?}", place.root.join("models"))?;
    writeln!(
        text,
        "tessdata = {:?}",
        place.root.join("models/cache/tessdata")
    )?;
    fs::write(place.path("station.toml"), text)?;

    let person: Value = serde_json::from_slice(&fs::read(place.path("state/person.json"))?)?;
    let can = person["can"]
        .as_str()
        .context("the specimen has no access number")?;
    let pages = person["pages"]
        .as_array()
        .context("the specimen has no papers")?;
    let mut text = String::new();
    writeln!(
        text,
        "# One visit, as people would play it. Written by `cargo xtask demo`."
    )?;
    writeln!(text, "\n[operator]\nid = \"{OPERATOR}\"\nrole = \"clerk\"")?;
    writeln!(text, "key = {:?}", keys.join(format!("{OPERATOR}.key.pem")))?;
    writeln!(
        text,
        "cert = {:?}",
        keys.join(format!("{OPERATOR}.cert.pem"))
    )?;
    writeln!(text, "\n[consent]\nidentify = true\nfile = true")?;
    writeln!(text, "\n[card]\ncan = \"{can}\"")?;
    writeln!(text, "\n[papers]\nsheets = {}", pages.len())?;
    for page in pages {
        let file = place
            .path("state/papers")
            .join(page.as_str().context("a page has no name")?);
        writeln!(
            text,
            "\n[[papers.scan]]\noptions = {{ filename = {file:?} }}"
        )?;
    }
    Ok(fs::write(place.path("visit.toml"), text)?)
}
