//! `wallet erase`: what a citizen or a court has asked for, done and written into the log.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use verifier::Config;
use verifier::wallet::{Access, Act};

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
    let plain =
        |text: &str| (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control);
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
