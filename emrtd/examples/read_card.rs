//! Reads the card on a PC/SC reader and says how it went: files, sizes, traffic; no personal data.
//!
//! `read_card (--can 123456 | --mrz LINE1 LINE2 [LINE3]) [--reader NAME] [--allow-bac] [--short] [--dg3] [--out EVIDENCE.json]`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use emrtd::transport::pcsc::Readers;
use emrtd::{AccessKey, AccessPolicy, Can, Challenge, Chip, Collection, DataGroup, Habits, MrzKey};
use rand_core::{OsRng, RngCore as _, TryRngCore as _};

const USAGE: &str = "read_card (--can DIGITS | --mrz LINE…) [--reader NAME] [--allow-bac] [--short] [--dg3] [--out FILE]";
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut key, mut reader, mut out) = (None, None, None);
    let mut policy = AccessPolicy::default();
    let mut short = false;
    let mut wanted = vec![
        DataGroup::Dg2,
        DataGroup::Dg11,
        DataGroup::Dg12,
        DataGroup::Dg13,
    ];
    let mut words = std::env::args().skip(1).peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--can" => {
                let can =
                    Can::new(&words.next().ok_or(USAGE)?).map_err(|error| error.to_string())?;
                key = Some(AccessKey::Can(can));
            }
            "--mrz" => {
                let mut lines = Vec::new();
                while let Some(line) = words.next_if(|word| !word.starts_with("--")) {
                    lines.push(line);
                }
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                let mrz = MrzKey::from_lines(&lines).map_err(|error| error.to_string())?;
                key = Some(AccessKey::Mrz(mrz));
            }
            "--reader" => reader = words.next(),
            "--out" => out = words.next(),
            "--short" => short = true,
            "--allow-bac" => policy.allow_bac = true,
            "--dg3" => wanted.push(DataGroup::Dg3),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let key = key.ok_or(USAGE)?;
    let said = |code: &str, error: &dyn std::error::Error| format!("{code}: {error}");

    let readers = Readers::new().map_err(|error| said(error.code(), &error))?;
    let name = readers
        .wait_for_card(reader.as_deref(), PATIENCE)
        .map_err(|error| said(error.code(), &error))?;
    let start = Instant::now();
    let card = readers
        .connect(&name)
        .map_err(|error| said(error.code(), &error))?;
    let mut rng = OsRng.unwrap_err();
    let mut challenge = [0; 8];
    rng.fill_bytes(&mut challenge);
    let mut chip = Chip::new(card);
    if short {
        chip = chip.with_habits(Habits::short_answers());
    }
    let mut chip = chip
        .open(&key, policy, &mut rng)
        .map_err(|(chip, error)| format!("{} {:?}", said(error.code(), &error), chip.traffic()))?;
    let opened = start.elapsed();
    let evidence = chip
        .collect(
            &mut Collection::new(&wanted, Challenge::new(challenge)),
            &mut rng,
            &mut |_| {},
        )
        .map_err(|error| format!("{} {:?}", said(error.code(), &error), chip.traffic()))?;
    println!(
        "{name}: opened by {} in {opened:?}, read in {:?}",
        evidence.access.as_str(),
        start.elapsed()
    );
    println!("{evidence:?} locked {:?}", evidence.locked);
    println!(
        "chip authentication {}, active authentication {}",
        evidence
            .chip_auth
            .as_ref()
            .map_or("no", |witness| witness.protocol.as_str()),
        evidence
            .active
            .as_ref()
            .map_or("no".to_owned(), |answer| format!(
                "{} bytes",
                answer.signature.len()
            ))
    );
    println!("{:?}", chip.traffic());
    if let Some(out) = out {
        let json = serde_json::to_string(&evidence).map_err(|error| error.to_string())?;
        std::fs::write(&out, json).map_err(|error| format!("{out}: {error}"))?;
    }
    Ok(())
}
