//! `niem-verifier`: puts the service and its tools together; every command answers `--json` and by exit code.
//!
//! 0 done, 1 a refusal or mismatch, 2 bad usage, 3 a failure that may be tried again.

#[path = "main/duty.rs"]
mod duty;
#[path = "main/roster.rs"]
mod roster;

mod commands;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use verifier::config::ConfigError;
use verifier::enroll::{EnrollError, Subject};
use verifier::examine::State;
use verifier::keys::{KeyFolder, KeysError, LOG_ORIGIN};
use verifier::roster::RosterError;
use verifier::{CheckError, CheckOptions, Config, ServeError};

#[derive(Parser)]
#[command(
    name = "niem-verifier",
    version,
    about = "Opens, examines and files sealed visits"
)]
struct Cli {
    /// Answer with one JSON document on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// The language of causes and remedies: vi or en.
    #[arg(long, global = true, default_value = "vi")]
    lang: Lang,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    Vi,
    En,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve {
        #[arg(long)]
        config: PathBuf,
        /// Written, with the address, once the service listens.
        #[arg(long)]
        ready_file: Option<PathBuf>,
    },
    /// Check a bundle's folder, a PDF, a container or a receipt, offline, and say of every check how it ended.
    Check(CheckArgs),
    /// Examine and file the bundles of a USB stick, and put the receipts onto it.
    Import {
        /// The folder that a desk's `spool export` wrote.
        folder: PathBuf,
        #[arg(long)]
        config: PathBuf,
    },
    /// Look after the log.
    #[command(subcommand)]
    Log(LogCommand),
    /// Look after wallets.
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Make the verifier's keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Sign a certificate for a station's or an operator's key, or make the code that enrols one.
    Enroll(Enroll),
    /// Take back what a station, an operator or one key says; in force at once.
    Revoke(roster::Revoke),
    /// Who may sign in at the desks.
    #[command(subcommand)]
    Duty(duty::DutyCommand),
    /// Which programs of others may ask, and for what.
    #[command(subcommand)]
    Integrators(commands::integrators::IntegratorsCommand),
    /// Ask a running service as an integrator or official, with the client's key.
    Ask(commands::ask::AskArgs),
    /// Who was enrolled, and who was revoked.
    Roster {
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make a whole new set of keys in DIR; never overwrites.
    Init {
        dir: PathBuf,
        /// The log's name, as it stands in every checkpoint.
        #[arg(long, default_value = LOG_ORIGIN)]
        log_origin: String,
        /// A name or address the server answers to; may be given several times.
        #[arg(long = "host", default_values = ["localhost", "127.0.0.1"])]
        hosts: Vec<String>,
    },
    /// Make the next epoch's encryption key; the service announces it when it starts again.
    RotateEpoch {
        /// The folder made by `keys init`.
        #[arg(long)]
        keys: PathBuf,
    },
    /// Destroy the encryption key of a past epoch, once no desk has a bundle for it.
    RetireEpoch {
        number: u32,
        #[arg(long)]
        config: PathBuf,
        /// Also while desks may still bring such bundles; only the recovery key will open those.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Subcommand)]
enum LogCommand {
    /// Read the whole store back: leaves, entries, receipts, papers.
    Fsck {
        #[arg(long)]
        config: PathBuf,
    },
    /// Follow a log as a stranger does, and raise the alarm when it is not what it was.
    Monitor(commands::log::MonitorArgs),
}

#[derive(Subcommand)]
enum WalletCommand {
    /// Destroy a citizen's data key, entries and papers. The log will say that a wallet was erased.
    Erase(commands::wallet::EraseArgs),
    /// Write one paper, with the receipt that proves its filing, as a signed container (ASiC-E).
    Export(commands::wallet::ExportArgs),
}

#[derive(Args)]
struct CheckArgs {
    /// A bundle's folder, a PDF, a container (ASiC-E), a receipt, the text of a slip's code or a picture of it; `-` reads from standard input.
    path: PathBuf,
    /// The folder of what is trusted: `public/` of the verifier's keys with csca/ and signers/ beside.
    #[arg(long)]
    trust: PathBuf,
    /// The verifier's key folder, to open the bundle; without it the inner checks cannot be made.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The receipt to check with the bundle; receipt.json in its folder is found by itself.
    #[arg(long)]
    receipt: Option<PathBuf>,
    /// Let simulated devices and practice visits pass.
    #[arg(long)]
    accept_simulated: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Enroll {
    #[command(subcommand)]
    code: Option<EnrollCommand>,
    #[command(flatten)]
    who: Who,
    /// The operator's role: volunteer, clerk, certifier, director, auditor or data-officer.
    #[arg(long, requires = "operator", required_unless_present = "station")]
    role: Option<String>,
    /// The signing request (PKCS#10, PEM).
    #[arg(long, required = true)]
    csr: Option<PathBuf>,
    /// Where the certificate goes; must not exist yet.
    #[arg(long, required = true)]
    out: Option<PathBuf>,
    /// The folder made by `keys init`.
    #[arg(long, required = true)]
    keys: Option<PathBuf>,
}

#[derive(Subcommand)]
enum EnrollCommand {
    /// Make a one-time code; whoever says it over the network enrols one key.
    Code(roster::NewCode),
    /// Make an official known whose certificate was signed by hand; from then on their key gets tokens.
    Note(roster::Note),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Who {
    #[arg(long)]
    station: Option<String>,
    #[arg(long)]
    operator: Option<String>,
}

impl Who {
    fn subject(self, role: Option<String>) -> Option<Subject> {
        match (self.station, self.operator) {
            (Some(id), _) => Some(Subject::Station { id }),
            (None, Some(id)) => Some(Subject::Operator {
                id,
                role: role.unwrap_or_default(),
            }),
            (None, None) => None,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve { config, ready_file } => run_serve(&config, ready_file.as_deref()),
        Command::Import { folder, config } => run_import(cli.json, cli.lang, &folder, &config),
        Command::Check(args) => run_check(cli.json, cli.lang, args),
        Command::Log(LogCommand::Fsck { config }) => commands::log::fsck(cli.json, &config),
        Command::Log(LogCommand::Monitor(args)) => commands::log::monitor(cli.json, &args),
        Command::Wallet(WalletCommand::Erase(args)) => commands::wallet::erase(cli.json, &args),
        Command::Wallet(WalletCommand::Export(args)) => commands::wallet::export(cli.json, &args),
        Command::Keys(KeysCommand::Init {
            dir,
            log_origin,
            hosts,
        }) => keys_init(cli.json, dir, &log_origin, &hosts),
        Command::Keys(KeysCommand::RotateEpoch { keys }) => roster::rotate_epoch(cli.json, keys),
        Command::Keys(KeysCommand::RetireEpoch {
            number,
            config,
            force,
        }) => roster::retire_epoch(cli.json, number, &config, force),
        Command::Enroll(enroll) => run_enroll(cli.json, enroll),
        Command::Revoke(revoke) => roster::revoke(cli.json, revoke),
        Command::Duty(command) => duty::run(cli.json, command),
        Command::Integrators(command) => commands::integrators::run(cli.json, command),
        Command::Ask(args) => commands::ask::run(&args),
        Command::Roster { config } => roster::list(cli.json, &config),
    };
    outcome.unwrap_or_else(|failure| {
        if cli.json {
            let text = serde_json::json!({"outcome": "failed", "code": failure.code, "detail": failure.detail});
            println!("{text}");
        }
        let language = match cli.lang {
            Lang::Vi => rulebook::Language::Vi,
            Lang::En => rulebook::Language::En,
        };
        if let Some(text) = rulebook::failures::text(failure.code) {
            eprintln!("{} {}", text.cause(language), text.remedy(language));
        }
        eprintln!("  [{}] {}", failure.code, failure.detail);
        ExitCode::from(failure.exit)
    })
}

/// What the command could not do, told by code.
struct Failure {
    code: &'static str,
    detail: String,
    exit: u8,
}

impl Failure {
    /// The request cannot be granted; asking again will not help.
    fn refusal(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self {
            code,
            detail: detail.to_string(),
            exit: 1,
        }
    }

    /// Something around us failed; it may work later.
    fn temporary(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self {
            code,
            detail: detail.to_string(),
            exit: 3,
        }
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Exists { .. }
            | KeysError::Malformed { .. }
            | KeysError::EpochInUse { .. }
            | KeysError::NoSuchEpoch { .. }
            | KeysError::EpochQueued { .. } => Self::refusal(error.code(), &error),
            KeysError::LogName { .. } => Self {
                exit: 2,
                ..Self::refusal(error.code(), &error)
            },
            _ => Self::temporary(error.code(), &error),
        }
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        if error.is_failure() {
            Self::temporary(error.code(), &error)
        } else {
            Self::refusal(error.code(), &error)
        }
    }
}

impl From<EnrollError> for Failure {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Name | EnrollError::Role => Self {
                exit: 2,
                ..Self::refusal(error.code(), &error)
            },
            _ => Self::refusal(error.code(), &error),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Unreadable { .. } => Self::temporary(error.code(), &error),
            _ => Self {
                exit: 2,
                ..Self::refusal(error.code(), &error)
            },
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::temporary(error.code(), &error)
    }
}

impl From<verifier::ImportError> for Failure {
    fn from(error: verifier::ImportError) -> Self {
        Self::temporary(error.code(), &error)
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Unreadable { .. } | CheckError::TrustEmpty => Self {
                exit: 2,
                ..Self::refusal(error.code(), &error)
            },
            _ => Self::temporary(error.code(), &error),
        }
    }
}

/// Prints one line for people or one document for programs.
fn say(json: bool, document: &serde_json::Value, line: &str) {
    if json {
        println!("{document}");
    } else {
        println!("{line}");
    }
}

fn keys_init(
    json: bool,
    dir: PathBuf,
    log_origin: &str,
    hosts: &[String],
) -> Result<ExitCode, Failure> {
    let keys = KeyFolder::new(&dir);
    keys.init(log_origin, hosts, jiff::Zoned::now().date())?;
    let document = serde_json::json!({"outcome": "made", "keys": dir, "public": keys.public()});
    say(
        json,
        &document,
        &format!(
            "keys made in {}; hand out {}",
            dir.display(),
            keys.public().display()
        ),
    );
    Ok(ExitCode::SUCCESS)
}

fn run_enroll(json: bool, enroll: Enroll) -> Result<ExitCode, Failure> {
    match enroll.code {
        Some(EnrollCommand::Code(code)) => return roster::make_code(json, code),
        Some(EnrollCommand::Note(note)) => return roster::note(json, &note),
        None => {}
    }
    let subject = enroll.who.subject(enroll.role);
    let (Some(subject), Some(csr), Some(out), Some(keys)) =
        (subject, enroll.csr, enroll.out, enroll.keys)
    else {
        unreachable!("clap demands all of them");
    };
    let authority = KeyFolder::new(keys).station_authority()?;
    let csr = verifier::keys::read_text(&csr)?;
    let certificate = authority.enroll(&subject, &csr, jiff::Zoned::now().date())?;
    verifier::keys::write_new(&out, certificate.as_bytes(), 0o644)?;
    let document = serde_json::json!({"outcome": "enrolled", "certificate": out});
    say(
        json,
        &document,
        &format!("certificate written to {}", out.display()),
    );
    Ok(ExitCode::SUCCESS)
}

fn run_serve(config: &Path, ready_file: Option<&Path>) -> Result<ExitCode, Failure> {
    verifier::memory::keep_at_hand();
    // Logs go to standard error; standard output belongs to answers.
    let filter = tracing_subscriber::EnvFilter::try_from_env("NIEM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    if std::env::var("NIEM_LOG_FORMAT").is_ok_and(|format| format == "json") {
        logs.json().init();
    } else {
        logs.init();
    }

    let running = verifier::serve(Config::load(config)?)?;
    if let Some(path) = ready_file {
        write_ready(path, running.addr())
            .map_err(|error| Failure::temporary("verifier.ready_file", error))?;
    }
    wait_for_signal().map_err(|error| Failure::temporary("verifier.runtime", error))?;
    running.shutdown();
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: whoever waits for the file must not read half an address.
fn write_ready(path: &Path, addr: std::net::SocketAddr) -> std::io::Result<()> {
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, format!("{addr}\n"))?;
    std::fs::rename(temporary, path)
}

fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

fn run_check(json: bool, lang: Lang, args: CheckArgs) -> Result<ExitCode, Failure> {
    let options = CheckOptions {
        trust: args.trust,
        keys: args.keys,
        receipt: args.receipt,
        accept_simulated: args.accept_simulated,
    };
    let now = jiff::Timestamp::now();
    let checked = if args.path == Path::new("-") {
        verifier::check_content(&from_stdin()?, &options, now)?
    } else {
        verifier::check(&args.path, &options, now)?
    };
    if json {
        let document = serde_json::to_string(&checked)
            .map_err(|error| Failure::temporary("check.unreadable", error))?;
        println!("{document}");
    } else {
        for check in &checked.report.checks {
            let state = match check.state {
                State::Pass => "pass",
                State::Fail => "fail",
                State::NotCheckable => "not-checkable",
            };
            println!("{state:<14} {}", check.name);
            for fault in &check.faults {
                let place = fault
                    .place
                    .as_deref()
                    .map(|place| format!(" ({place})"))
                    .unwrap_or_default();
                println!(
                    "{:<14}   {}{place}: {}",
                    "",
                    fault.code,
                    cause(fault.code, lang)
                );
            }
        }
        println!("{}", checked.outcome);
    }
    Ok(if checked.report.any_failed() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// What a scanner of codes types is short.
fn from_stdin() -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    const LIMIT: u64 = 1 << 20;
    let mut content = Vec::new();
    std::io::stdin()
        .take(LIMIT)
        .read_to_end(&mut content)
        .map_err(|error| Failure::temporary("check.unreadable", error))?;
    Ok(content)
}

fn run_import(json: bool, lang: Lang, folder: &Path, config: &Path) -> Result<ExitCode, Failure> {
    let done = verifier::import(folder, &Config::load(config)?, &jiff::Timestamp::now)?;
    if json {
        println!("{}", serde_json::json!({ "bundles": done }));
    } else {
        for one in &done {
            println!("{:<14} {}", one.outcome, one.bundle);
            for code in &one.codes {
                println!("{:<14}   {code}: {}", "", cause(code, lang));
            }
        }
    }
    let any = |outcome| done.iter().any(|one| one.outcome == outcome);
    Ok(ExitCode::from(match (any("left"), any("refused")) {
        (true, _) => 3,
        (false, true) => 1,
        (false, false) => 0,
    }))
}

fn cause(code: &str, lang: Lang) -> &'static str {
    let language = if lang == Lang::En {
        rulebook::Language::En
    } else {
        rulebook::Language::Vi
    };
    rulebook::failures::text(code).map_or("", |text| text.cause(language))
}
