//! `niem-witness`: cosigns the heads of logs for somebody who does not run them: another province, a ministry, a
//! university.
//!
//! 0 done, 1 a refusal, 2 bad usage, 3 a failure that may be tried again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use verifier::witness::{Witness, WitnessError, serve};

#[derive(Parser)]
#[command(
    name = "niem-witness",
    version,
    about = "Cosigns the heads of transparency logs that only grow"
)]
struct Cli {
    /// Answer with one JSON document on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the folder of a new witness, with its key.
    Init {
        dir: PathBuf,
        /// Its name, an address without scheme, such as witness.example/w1.
        #[arg(long)]
        name: String,
    },
    /// Take on a log, from its beginning.
    Follow {
        dir: PathBuf,
        /// The log's `log.vkey`.
        #[arg(long)]
        vkey: PathBuf,
    },
    /// Answer to logs.
    Serve {
        dir: PathBuf,
        #[arg(long, default_value = "127.0.0.1:8444")]
        listen: SocketAddr,
        /// Written, with the address, once the service listens.
        #[arg(long)]
        ready_file: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Init { dir, name } => Witness::init(dir, name).map(|cosigner| {
            let vkey = cosigner.vkey();
            (serde_json::json!({"outcome": "made", "vkey": vkey}), vkey)
        }),
        Command::Follow { dir, vkey } => follow(dir, vkey).map(|origin| {
            let line = format!("{origin} is followed from now on");
            (
                serde_json::json!({"outcome": "followed", "origin": origin}),
                line,
            )
        }),
        Command::Serve {
            dir,
            listen,
            ready_file,
        } => run(dir, *listen, ready_file.as_deref()).map(|()| {
            let ended = "ended".to_owned();
            (serde_json::json!({"outcome": "ended"}), ended)
        }),
    };
    match done {
        Ok((document, line)) => {
            if cli.json {
                println!("{document}");
            } else {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            if cli.json {
                let document = serde_json::json!({
                    "outcome": "failed", "code": error.code(), "detail": error.to_string()});
                println!("{document}");
            }
            if let Some(text) = rulebook::failures::text(error.code()) {
                let language = rulebook::Language::Vi;
                eprintln!("{} {}", text.cause(language), text.remedy(language));
            }
            eprintln!("  [{}] {error}", error.code());
            ExitCode::from(match error {
                WitnessError::File { .. } | WitnessError::Listen(_) | WitnessError::InUse => 3,
                _ => 1,
            })
        }
    }
}

fn follow(dir: &Path, vkey: &Path) -> Result<String, WitnessError> {
    Witness::follow(dir, &verifier::keys::read_text(vkey)?)
}

fn run(dir: &Path, listen: SocketAddr, ready_file: Option<&Path>) -> Result<(), WitnessError> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let witness = Witness::open(dir)?;
    tracing::info!(
        name = witness.cosigner().name(),
        logs = witness.logs(),
        "witness"
    );
    let running = serve(witness, listen)?;
    if let Some(path) = ready_file {
        let temporary = path.with_extension("tmp");
        std::fs::write(&temporary, format!("{}\n", running.addr()))
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|source| WitnessError::File {
                path: path.to_owned(),
                source,
            })?;
    }
    running.wait();
    Ok(())
}
