//! `integrators`: which programs of others may ask, by which key, for what; in force with the next request.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use access_tokens::PublicKey;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;
use verifier::Config;
use verifier::access::Scope;
use verifier::roster::{Integrator, Roster, Suspension};

use crate::{Failure, say};

#[derive(Subcommand)]
pub(crate) enum IntegratorsCommand {
    /// Register an integrator; one that is known is not overwritten.
    Add(AddArgs),
    /// Who is registered, with scopes and purposes.
    List {
        #[arg(long)]
        config: PathBuf,
    },
    /// Take an integrator's tokens away, at once.
    Suspend {
        name: String,
        #[arg(long)]
        by: String,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        config: PathBuf,
    },
    /// Let a suspended integrator ask again.
    Restore {
        name: String,
        #[arg(long)]
        config: PathBuf,
    },
    /// Give an integrator another key; tokens that the old one got end at once.
    Rekey {
        name: String,
        /// The public key: PEM or JWK.
        #[arg(long)]
        key: PathBuf,
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct AddArgs {
    /// 3 to 40 letters a-z, digits or hyphens; the client_id.
    name: String,
    /// The public key, P-256 or Ed25519: PEM (`openssl pkey -pubout`) or JWK.
    #[arg(long)]
    key: PathBuf,
    /// wallets:find, wallets:read, documents:read, journal:read or events:read; may be given several times.
    #[arg(long = "scope", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// What it may look for; each look names one of them. May be given several times.
    #[arg(long = "purpose", required = true)]
    purposes: Vec<String>,
    /// Who decides.
    #[arg(long)]
    by: String,
    #[arg(long)]
    config: PathBuf,
}

fn scope(name: &str) -> Result<Scope, String> {
    let names = || Scope::ALL.map(Scope::as_str).join(", ");
    Scope::from_name(name).ok_or_else(|| format!("one of {}", names()))
}

pub(crate) fn run(json: bool, command: IntegratorsCommand) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let (outcome, integrator) = match command {
        IntegratorsCommand::List { config } => return list(json, &config),
        IntegratorsCommand::Add(args) => {
            let (key, scopes) = (public_key(&args.key)?, args.scopes);
            let wanted = Integrator::new(&args.name, &key, scopes, args.purposes, &args.by, now)?;
            roster(&args.config)?.add_integrator(&wanted)?;
            ("registered", wanted)
        }
        IntegratorsCommand::Suspend {
            name,
            by,
            reason,
            config,
        } => {
            let suspension = Suspension {
                at: now,
                by,
                reason,
            };
            let change = |known: &mut Integrator| known.suspended = Some(suspension);
            (
                "suspended",
                roster(&config)?.change_integrator(&name, change)?,
            )
        }
        IntegratorsCommand::Restore { name, config } => {
            let change = |known: &mut Integrator| known.suspended = None;
            (
                "restored",
                roster(&config)?.change_integrator(&name, change)?,
            )
        }
        IntegratorsCommand::Rekey { name, key, config } => {
            let serde_json::Value::Object(key) = public_key(&key)?.to_jwk() else {
                unreachable!("a key is an object");
            };
            let change = |known: &mut Integrator| known.key = key;
            (
                "rekeyed",
                roster(&config)?.change_integrator(&name, change)?,
            )
        }
    };
    let document = json!({"outcome": outcome, "integrator": integrator});
    say(json, &document, &format!("{} {outcome}", integrator.name));
    Ok(ExitCode::SUCCESS)
}

fn list(json: bool, config: &Path) -> Result<ExitCode, Failure> {
    let all = roster(config)?.all_integrators()?;
    if json {
        println!("{}", json!({"integrators": all}));
        return Ok(ExitCode::SUCCESS);
    }
    for one in &all {
        let scopes: Vec<&str> = one.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = if one.suspended.is_some() {
            "suspended"
        } else {
            "in service"
        };
        println!(
            "{:<40} {state:<10} {} ({})",
            one.name,
            scopes.join(" "),
            one.purposes.join("; ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn roster(config: &Path) -> Result<Roster, Failure> {
    Ok(Roster::open(&Config::load(config)?.data)?)
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let text = verifier::keys::read_text(path)?;
    PublicKey::from_text(&text).map_err(|error| Failure::refusal(error.code(), error))
}
