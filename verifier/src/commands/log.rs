//! `log fsck` looks at the store from within, `log monitor` at the log from without.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use verifier::Config;
use verifier::monitor::{self, MonitorError};
use verifier::wallet::Access;

use crate::{Failure, say};

#[derive(Args)]
pub(crate) struct MonitorArgs {
    /// The log's address (what stands before /checkpoint), or a folder with the same files.
    log: String,
    /// The log's verifier key: a file, or the text itself.
    #[arg(long)]
    vkey: String,
    /// What was seen is kept here between two looks; without it every look begins with the first leaf.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The authority of the server's certificate, where the system does not know it.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Look at every leaf again, not only at the new ones.
    #[arg(long)]
    full: bool,
    /// Look again after so many seconds, until there is an alarm.
    #[arg(long)]
    every: Option<u64>,
    /// Read at most so many bytes in one look; the next one goes on from there.
    #[arg(long, default_value_t = MONITOR_BYTES)]
    max_bytes: u64,
}

/// Enough for a log of some five million leaves in one look.
const MONITOR_BYTES: u64 = 1024 * 1024 * 1024;

pub(crate) fn fsck(json: bool, config: &Path) -> Result<ExitCode, Failure> {
    let config = Config::load(config)?;
    let store = verifier::open_store(&config, Access::Inspect)
        .map_err(|error| Failure::temporary(error.code(), &error))?;
    let found = store
        .fsck()
        .map_err(|error| Failure::temporary(error.code(), &error))?;
    if json {
        let document = serde_json::to_string(&found)
            .map_err(|error| Failure::temporary("store.row", error))?;
        println!("{document}");
    } else {
        println!(
            "{} leaves, {} entries, {} papers",
            found.leaves, found.entries, found.documents
        );
        found
            .findings
            .iter()
            .for_each(|finding| println!("{finding}"));
    }
    Ok(if found.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Looks once, or again and again until something is wrong.
pub(crate) fn monitor(json: bool, args: &MonitorArgs) -> Result<ExitCode, Failure> {
    let vkey = match Path::new(&args.vkey) {
        path if path.exists() => verifier::keys::read_text(path)?,
        _ => args.vkey.clone(),
    };
    let broken = |error: std::io::Error| Failure::refusal("monitor.state", error);
    let mut state = match &args.state {
        Some(path) => monitor::State::load(path).map_err(broken)?,
        None => monitor::State::default(),
    };
    if args.full {
        state = state.from_the_beginning();
    }
    loop {
        let looked = monitor::Source::open(&args.log, args.ca.as_deref(), args.max_bytes)
            .map_err(MonitorError::from)
            .and_then(|source| monitor::follow(&source, &vkey, &mut state));
        if let Some(path) = &args.state {
            state
                .save(path)
                .map_err(|error| Failure::temporary("monitor.state", error))?;
        }
        match looked {
            Ok(report) => {
                let line = format!(
                    "{} leaves, {} of them new: {} filed, {} erasures of {}",
                    report.size,
                    report.new,
                    report.counts.filed,
                    report.counts.erasures,
                    report.counts.erased
                );
                let document = serde_json::json!({"outcome": "sound", "report": report});
                say(json, &document, &line);
            }
            // With patience a log that cannot be reached may come back; a wrong one does not become right.
            Err(MonitorError::Source(error)) if args.every.is_some() => {
                eprintln!("  [{}] {error}", error.code());
            }
            Err(MonitorError::Source(error)) => {
                return Err(Failure::temporary(error.code(), error));
            }
            Err(error) => return Err(Failure::refusal(error.code(), error)),
        }
        match args.every {
            Some(seconds) => std::thread::sleep(std::time::Duration::from_secs(seconds.max(1))),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}
