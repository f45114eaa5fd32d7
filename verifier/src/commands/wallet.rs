//! `wallet erase` and `wallet export`: what a citizen or a court has asked for, done and written down.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use verifier::export::{ExportKey, export as container};
use verifier::wallet::{Access, Act, View};
use verifier::{Config, KeyFolder};

use crate::{Failure, say};

#[derive(Args)]
pub(crate) struct EraseArgs {
    #[arg(long)]
    config: PathBuf,
    /// Which wallet. Without it the personal number is read from standard input, where no list of processes
    /// shows it.
    #[arg(long)]
    wallet: Option<uuid::Uuid>,
    /// The official on whose word it is done.
    #[arg(long)]
    by: String,
    /// The decision or request by its number; it may name no person.
    #[arg(long)]
    basis: String,
}

pub(crate) fn erase(json: bool, args: &EraseArgs) -> Result<ExitCode, Failure> {
    if !plain(&args.by) || !plain(&args.basis) {
        let detail = "--by and --basis are 1 to 100 characters each";
        return Err(Failure {
            exit: 2,
            ..Failure::refusal("wallet.act", detail)
        });
    }
    let config = Config::load(&args.config)?;
    let failed = |error: verifier::wallet::StoreFailure| Failure::temporary(error.code(), error);
    let store = verifier::open_store(&config, Access::Inspect)
        .map_err(|error| Failure::temporary(error.code(), &error))?;
    let now = jiff::Timestamp::now();
    let wallet = match args.wallet {
        Some(wallet) => Some(wallet),
        None => {
            let mut line = zeroize::Zeroizing::new(String::new());
            std::io::stdin()
                .read_line(&mut line)
                .map_err(|error| Failure::temporary("wallet.act", error))?;
            store
                .lookup(line.trim(), &args.by, &args.basis, now)
                .map_err(failed)?
        }
    };
    let act = Act {
        by: &args.by,
        basis: &args.basis,
    };
    let erased = match wallet {
        Some(wallet) => store.erase(wallet, act, now).map_err(failed)?,
        None => None,
    };
    let Some(erased) = erased else {
        return Err(Failure::refusal(
            "wallet.unknown",
            "there is no such wallet",
        ));
    };
    let line = format!(
        "{} entries with {} papers erased; leaf {} says so{}",
        erased.entries,
        erased.documents,
        erased.leaf,
        if erased.scrubbed {
            ""
        } else {
            "; traces in the database's log go with the next sweep"
        }
    );
    let document = serde_json::json!({"outcome": "erased", "erased": erased});
    say(json, &document, &line);
    Ok(ExitCode::SUCCESS)
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    wallet: uuid::Uuid,
    /// Which entry of the wallet.
    #[arg(long)]
    entry: bundle::EntryId,
    /// Which paper of the entry, from 0.
    #[arg(long, default_value_t = 0)]
    document: u32,
    /// The container to write; must not exist yet.
    #[arg(long)]
    out: PathBuf,
    /// Who looks; it stands in the wallet's journal.
    #[arg(long)]
    by: String,
    /// What for; likewise.
    #[arg(long)]
    purpose: String,
}

pub(crate) fn export(json: bool, args: &ExportArgs) -> Result<ExitCode, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;

    if !plain(&args.by) || !plain(&args.purpose) {
        let detail = "--by and --purpose are 1 to 100 characters each";
        return Err(Failure {
            exit: 2,
            ..Failure::refusal("wallet.act", detail)
        });
    }
    let config = Config::load(&args.config)?;
    let key = ExportKey::load(&KeyFolder::new(&config.keys), jiff::Zoned::now().date())?;
    let store = verifier::open_store(&config, Access::Inspect)
        .map_err(|error| Failure::temporary(error.code(), &error))?;
    let unwritable = |error: std::io::Error| Failure::temporary("asic.write", error);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .map_err(unwritable)?;
    let view = View {
        reader: &args.by,
        purpose: &args.purpose,
        wallet: args.wallet,
        entry: Some(args.entry),
        document: Some(args.document),
    };
    let now = jiff::Timestamp::now();
    let written = container(&store, view, &key, file, now)
        .map_err(|error| Failure::temporary(error.code(), &error))
        .and_then(|file| {
            file.ok_or_else(|| Failure::refusal("wallet.unknown", "there is no such paper"))
        })
        .and_then(|file| file.sync_all().map_err(unwritable));
    if let Err(failure) = written {
        // Half a container is none.
        let _ = std::fs::remove_file(&args.out);
        return Err(failure);
    }
    let document = serde_json::json!({"outcome": "exported", "container": args.out});
    say(
        json,
        &document,
        &format!("written to {}", args.out.display()),
    );
    Ok(ExitCode::SUCCESS)
}

fn plain(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control)
}
