//! `spool list|push|export|receipts`: the sealed bundles on this desk and their way to the verifier.

use std::path::{Path, PathBuf};

use bundle::{BundleDigest, Receipt, Slip};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, FAILED, REFUSED, SUCCESS, Trouble, told};
use station::carry::{self, Carried, CarryError};
use station::config::Config;
use station::courier::{CourierError, Outcome, Round};
use station::spool::{Spool, Standing};

use super::{Told, assemble, enroll};

#[derive(Subcommand)]
pub(crate) enum SpoolCommand {
    /// What waits, and what was refused.
    List(SpoolArguments),
    /// Delivers everything that waits.
    Push(PushArguments),
    /// Copies waiting bundles, still sealed, into a folder (a USB stick).
    Export(FolderArguments),
    /// Takes another desk's bundles off a stick, to deliver them for it.
    Import(FolderArguments),
    /// The verifier's receipts, by stick.
    #[command(subcommand)]
    Receipts(ReceiptsCommand),
}

#[derive(Subcommand)]
pub(crate) enum ReceiptsCommand {
    /// Puts the receipts of a stick's bundles onto it.
    Export(FolderArguments),
    /// Lets go of each bundle whose receipt is on the stick.
    Import(FolderArguments),
    /// The code for the citizen's slip: the receipt in short, as text and as pictures to print.
    Show(ShowArguments),
}

#[derive(Args)]
pub(crate) struct ShowArguments {
    /// The bundle whose receipt it is.
    bundle: BundleDigest,
    /// A folder for the pictures, `slip-1.png` and so on.
    #[arg(long)]
    out: Option<PathBuf>,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

#[derive(Args)]
pub(crate) struct SpoolArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

#[derive(Args)]
pub(crate) struct PushArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
    /// Leaves alone what is to wait longer.
    #[arg(long)]
    due: bool,
}

#[derive(Args)]
pub(crate) struct FolderArguments {
    /// The folder, such as a mounted USB stick.
    folder: PathBuf,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

pub(crate) fn run(command: SpoolCommand, lang: Language) -> Told {
    match command {
        SpoolCommand::List(arguments) => list(&assemble::config(&arguments.config)?),
        SpoolCommand::Push(arguments) => {
            push(&assemble::config(&arguments.config)?, arguments.due, lang)
        }
        SpoolCommand::Export(arguments) => by_hand(&arguments, lang, |config, spool, folder| {
            let station = assemble::station_id(config)?;
            carry::export(spool, &station, folder, Timestamp::now()).map_err(trouble)
        }),
        SpoolCommand::Import(arguments) => by_hand(&arguments, lang, |_, spool, folder| {
            carry::import(spool, folder).map_err(trouble)
        }),
        SpoolCommand::Receipts(ReceiptsCommand::Export(arguments)) => {
            by_hand(&arguments, lang, |_, spool, folder| {
                carry::export_receipts(spool, folder).map_err(trouble)
            })
        }
        SpoolCommand::Receipts(ReceiptsCommand::Show(arguments)) => show(&arguments),
        SpoolCommand::Receipts(ReceiptsCommand::Import(arguments)) => {
            by_hand(&arguments, lang, |config, spool, folder| {
                let verifier = assemble::verifier_key(config)?;
                carry::import_receipts(spool, &verifier, folder).map_err(trouble)
            })
        }
    }
}

fn show(arguments: &ShowArguments) -> Told {
    let config = assemble::config(&arguments.config)?;
    let receipt = assemble::spool(&config)?.receipt(arguments.bundle);
    let receipt =
        receipt.ok_or_else(|| Trouble::new("spool.receipt", "no receipt of this bundle"))?;
    // What is printed was believed by this desk.
    receipt
        .verify_for(&arguments.bundle, &assemble::verifier_key(&config)?)
        .map_err(|error| Trouble::new(error.code(), error))?;
    let slip = Slip::of(&receipt).map_err(|error| Trouble::new(error.code(), error))?;
    let codes = slip.codes();
    let mut pictures = Vec::new();
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(disk)?;
        for (n, code) in (1..).zip(&codes) {
            let path = folder.join(format!("slip-{n}.png"));
            let picture = station::slip::picture(code)
                .ok_or_else(|| Trouble::new("slip.too_long", "a code does not hold it"))?;
            picture.save(&path).map_err(disk)?;
            pictures.push(path);
        }
    }
    Ok(Answer::ok(
        json!({ "bundle": arguments.bundle.to_string(), "codes": codes, "pictures": pictures }),
        codes.join("\n"),
    ))
}

fn disk(error: impl std::fmt::Display) -> Trouble {
    Trouble::new("spool.disk", error)
}

fn trouble(error: CarryError) -> Trouble {
    Trouble::new(error.code(), error)
}

fn list(config: &Config) -> Told {
    let spool = assemble::spool(config)?;
    let told = |digests: Vec<BundleDigest>| -> Vec<Value> {
        digests
            .into_iter()
            .map(|digest| {
                let attempt = spool.schedule().attempt(digest).unwrap_or_default();
                json!({ "bundle": digest.to_string(), "tries": attempt.tries, "due_at": attempt.due_at })
            })
            .collect()
    };
    let waiting = told(spool.waiting().map_err(disk)?);
    let carried = told(spool.carried().map_err(disk)?);
    let refused: Vec<String> = spool
        .refused()
        .map_err(disk)?
        .iter()
        .map(ToString::to_string)
        .collect();
    let words = format!(
        "chờ gửi / waiting: {} · gửi hộ / carried: {} · bị từ chối / refused: {}",
        waiting.len(),
        carried.len(),
        refused.len()
    );
    Ok(Answer::ok(
        json!({ "waiting": waiting, "carried": carried, "refused": refused }),
        words,
    ))
}

fn push(config: &Config, only_due: bool, lang: Language) -> Told {
    let spool = assemble::spool(config)?;
    let verifier = assemble::verifier_key(config)?;
    let courier = assemble::courier(config)?;
    let mut results = Vec::new();
    let mut words = Vec::new();
    let mut exit = SUCCESS;
    let mut round = Round {
        spool: &spool,
        courier: &courier,
        verifier: &verifier,
        now: &Timestamp::now,
        jitter: &mut jitter,
    };
    let ended = assemble::runtime()?.block_on(round.run(only_due, &mut |digest, standing, outcome| {
        let carried = standing == Standing::Carried;
        let (told, line, code) = match outcome {
            Outcome::Filed(receipt, ..) => (
                json!({ "bundle": digest.to_string(), "outcome": "filed", "entry": receipt.entry, "carried": carried }),
                format!("{digest} → {}", receipt.entry),
                SUCCESS,
            ),
            Outcome::Failed(error) => {
                let ending = if error.is_final() { "refused" } else { "waiting" };
                (
                    json!({ "bundle": digest.to_string(), "outcome": ending, "code": error.code(), "carried": carried }),
                    format!("{digest}: {} [{}]", told(error.code(), lang), error.code()),
                    if error.is_final() { REFUSED } else { FAILED },
                )
            }
        };
        results.push(told);
        words.push(line);
        exit = exit.max(code);
    }));
    ended.map_err(|error| Trouble::new(error.code(), error))?;
    // Only after something was answered is the verifier there to be asked; without a word the desk goes on
    // sealing to the key that it has.
    if exit == SUCCESS
        && let Err(trouble) = enroll::follow_epoch(config, &spool)
    {
        tracing::warn!(
            code = trouble.code,
            "the notice of the encryption key was not taken"
        );
    }
    Ok(Answer {
        json: json!({ "pushed": results }),
        words: words.join("\n"),
        exit,
    })
}

/// One of the ways by stick: what was copied, what was there, what was left and why.
fn by_hand(
    arguments: &FolderArguments,
    lang: Language,
    work: impl FnOnce(&Config, &Spool, &Path) -> Result<Vec<Carried>, Trouble>,
) -> Told {
    let config = assemble::config(&arguments.config)?;
    let spool = assemble::spool(&config)?;
    let done = work(&config, &spool, &arguments.folder)?;
    let count = |outcome| done.iter().filter(|one| one.outcome == outcome).count();
    let left: Vec<&Carried> = done.iter().filter(|one| one.code.is_some()).collect();
    let mut words = vec![match lang {
        Language::Vi => format!(
            "đã sao chép {}, đã có sẵn {}, để lại {} · {}",
            count("copied"),
            count("there"),
            left.len(),
            arguments.folder.display()
        ),
        Language::En => format!(
            "copied {}, there already {}, left {} · {}",
            count("copied"),
            count("there"),
            left.len(),
            arguments.folder.display()
        ),
    }];
    for one in &left {
        let code = one.code.unwrap_or_default();
        words.push(format!("{}: {} [{code}]", one.bundle, told(code, lang)));
    }
    Ok(Answer {
        json: json!({ "bundles": done, "folder": arguments.folder }),
        words: words.join("\n"),
        exit: if left.is_empty() { SUCCESS } else { REFUSED },
    })
}

/// Copies one waiting bundle, still sealed, into a folder named by its digest.
pub(super) fn export_one(spool: &Spool, digest: BundleDigest, into: &Path) -> Result<(), Trouble> {
    carry::export_one(spool, digest, into).map_err(trouble)
}

/// A receipt, read and as it was signed.
pub(super) type Delivery = Result<(Receipt, Value), CourierError>;

/// Delivers one waiting bundle and lets go of it against its receipt.
pub(super) fn push_one(config: &Config, spool: &Spool, digest: BundleDigest) -> Delivery {
    let setup = |_: Trouble| CourierError::Setup("configuration");
    let courier = assemble::courier(config).map_err(setup)?;
    let verifier = assemble::verifier_key(config).map_err(setup)?;
    let mut round = Round {
        spool,
        courier: &courier,
        verifier: &verifier,
        now: &Timestamp::now,
        jitter: &mut jitter,
    };
    let runtime = assemble::runtime().map_err(setup)?;
    match runtime.block_on(round.deliver(digest, Standing::Waiting)) {
        Outcome::Filed(receipt, signed, _) => {
            let value = serde_json::from_slice(&signed.to_json()).unwrap_or_default();
            Ok((*receipt, value))
        }
        Outcome::Failed(error) => Err(error),
    }
}

/// Without randomness the desks merely come back together.
fn jitter() -> u8 {
    let mut jitter = [255_u8; 1];
    let _ = SystemRandom::new().fill(&mut jitter);
    jitter[0]
}
