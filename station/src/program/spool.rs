//! `spool list|push|export`: the sealed bundles on this desk and their way to the verifier.

use std::path::{Path, PathBuf};

use bundle::{BundleDigest, Receipt};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, FAILED, REFUSED, SUCCESS, Trouble, told};
use station::config::Config;
use station::courier::{Courier, CourierError};
use station::spool::Spool;

use super::{Told, assemble};

#[derive(Subcommand)]
pub(crate) enum SpoolCommand {
    /// What waits, and what was refused.
    List(SpoolArguments),
    /// Delivers everything that waits.
    Push(SpoolArguments),
    /// Copies waiting bundles, still sealed, into a folder (a USB stick).
    Export(ExportArguments),
}

#[derive(Args)]
pub(crate) struct SpoolArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// The folder to copy into.
    into: PathBuf,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

pub(crate) fn run(command: SpoolCommand, lang: Language) -> Told {
    match command {
        SpoolCommand::List(arguments) => list(&assemble::config(&arguments.config)?),
        SpoolCommand::Push(arguments) => push(&assemble::config(&arguments.config)?, lang),
        SpoolCommand::Export(arguments) => {
            export(&assemble::config(&arguments.config)?, &arguments.into)
        }
    }
}

fn disk(error: impl std::fmt::Display) -> Trouble {
    Trouble::new("spool.disk", error)
}

fn list(config: &Config) -> Told {
    let spool = assemble::spool(config)?;
    let waiting: Vec<Value> = spool
        .waiting()
        .map_err(disk)?
        .into_iter()
        .map(|digest| {
            let attempt = spool.schedule().attempt(digest).unwrap_or_default();
            json!({ "bundle": digest.to_string(), "tries": attempt.tries, "due_at": attempt.due_at })
        })
        .collect();
    let refused: Vec<String> = spool
        .refused()
        .map_err(disk)?
        .iter()
        .map(ToString::to_string)
        .collect();
    let words = format!(
        "chờ gửi / waiting: {} · bị từ chối / refused: {}",
        waiting.len(),
        refused.len()
    );
    Ok(Answer::ok(
        json!({ "waiting": waiting, "refused": refused }),
        words,
    ))
}

fn push(config: &Config, lang: Language) -> Told {
    let spool = assemble::spool(config)?;
    let mut results = Vec::new();
    let mut words = Vec::new();
    let mut exit = SUCCESS;
    for digest in spool.waiting().map_err(disk)? {
        match push_one(config, &spool, digest) {
            Ok((receipt, _)) => {
                results.push(json!({ "bundle": digest.to_string(), "outcome": "filed", "entry": receipt.entry }));
                words.push(format!("{digest} → {}", receipt.entry));
            }
            Err(error) => {
                let outcome = if error.is_final() {
                    "refused"
                } else {
                    "waiting"
                };
                results.push(json!({ "bundle": digest.to_string(), "outcome": outcome, "code": error.code() }));
                words.push(format!(
                    "{digest}: {} [{}]",
                    told(error.code(), lang),
                    error.code()
                ));
                exit = exit.max(if error.is_final() { REFUSED } else { FAILED });
                // The line is down for every bundle alike.
                if matches!(error, CourierError::Unreachable) {
                    break;
                }
            }
        }
    }
    Ok(Answer {
        json: json!({ "pushed": results }),
        words: words.join("\n"),
        exit,
    })
}

fn export(config: &Config, into: &Path) -> Told {
    let spool = assemble::spool(config)?;
    let mut exported = Vec::new();
    for digest in spool.waiting().map_err(disk)? {
        export_one(&spool, digest, into)?;
        exported.push(digest.to_string());
    }
    let words = format!("{} → {}", exported.len(), into.display());
    Ok(Answer::ok(
        json!({ "exported": exported, "into": into }),
        words,
    ))
}

/// Copies one waiting bundle, still sealed, into a folder named by its digest.
pub(super) fn export_one(spool: &Spool, digest: BundleDigest, into: &Path) -> Result<(), Trouble> {
    let Some(from) = spool.path_of(digest) else {
        return Ok(());
    };
    copy_folder(&from, &into.join(digest.to_string())).map_err(disk)
}

fn copy_folder(from: &Path, into: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(into)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = into.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
            std::fs::File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

/// A receipt, read and as it was signed.
pub(super) type Delivery = Result<(Receipt, Value), CourierError>;

/// Delivers one waiting bundle and lets go of it against its receipt.
pub(super) fn push_one(config: &Config, spool: &Spool, digest: BundleDigest) -> Delivery {
    let delivered = deliver(config, spool, digest);
    match &delivered {
        Ok(_) => tracing::info!(bundle = %digest, "filed"),
        Err(CourierError::Refused(refusal)) => {
            tracing::warn!(bundle = %digest, faults = ?refusal.faults, "refused by the verifier");
            if let Err(error) = spool.set_aside(digest, &refusal.document) {
                tracing::error!(
                    code = error.code(),
                    "the refused bundle could not be set aside"
                );
            }
        }
        Err(error) => {
            tracing::warn!(bundle = %digest, code = error.code(), "not delivered, keeps waiting");
            let mut jitter = [0_u8; 1];
            // Without randomness the desks merely come back together.
            let _ = SystemRandom::new().fill(&mut jitter);
            spool
                .schedule()
                .postpone(digest, Timestamp::now(), jitter[0]);
        }
    }
    delivered
}

fn deliver(config: &Config, spool: &Spool, digest: BundleDigest) -> Delivery {
    let setup = |_: Trouble| CourierError::Setup("configuration");
    let courier: Courier = assemble::courier(config).map_err(setup)?;
    let verifier = assemble::verifier_key(config).map_err(setup)?;
    let sealed = spool
        .load(digest)
        .map_err(|error| CourierError::Disk(std::io::Error::other(error)))?;
    let signed = assemble::runtime()
        .map_err(setup)?
        .block_on(courier.deliver(&sealed))?;
    // A receipt under another key, or for another bundle, frees nothing.
    let receipt = spool
        .forget(digest, &signed, &verifier)
        .map_err(|_| CourierError::Answer(200))?;
    let value = serde_json::from_slice(&signed.to_json()).unwrap_or_default();
    Ok((receipt, value))
}
