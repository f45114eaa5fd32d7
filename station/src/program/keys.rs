//! `keys init`: makes a signing key in a file and the request that the verifier's enrolment
//! signs. For practice and the demo; a real desk keeps its key in a TPM or token (D5).

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use station::answer::{Answer, Trouble};

use super::{Told, assemble, enroll};

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Makes NAME.key.pem (PKCS#8, ECDSA P-256) and NAME.csr.pem in a folder.
    Init(InitArguments),
    /// Puts a new key of the station in the place of the one in use.
    Rotate(SettingsArguments),
    /// Asks the verifier which key to seal to; done by itself after every delivery.
    Epoch(SettingsArguments),
}

#[derive(Args)]
pub(crate) struct SettingsArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

#[derive(Args)]
pub(crate) struct InitArguments {
    /// Station or operator id: the subject's common name.
    name: String,
    /// The folder to write into.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Confirms that the private key may lie in a file.
    #[arg(long)]
    insecure_file_key: bool,
}

pub(crate) fn run(command: KeysCommand) -> Told {
    match command {
        KeysCommand::Init(arguments) => init(&arguments),
        KeysCommand::Rotate(arguments) => enroll::rotate(&assemble::config(&arguments.config)?),
        KeysCommand::Epoch(arguments) => {
            let config = assemble::config(&arguments.config)?;
            enroll::follow_epoch(&config, &assemble::spool(&config)?)
        }
    }
}

fn init(arguments: &InitArguments) -> Told {
    if !arguments.insecure_file_key {
        return Err(Trouble::new("key.file_not_allowed", "--insecure-file-key"));
    }
    let setup = assemble::trouble::<rcgen::Error>("usage.invalid");
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(&setup)?;
    let mut request = CertificateParams::default();
    request
        .distinguished_name
        .push(DnType::CommonName, arguments.name.as_str());
    let csr = request
        .serialize_request(&key)
        .and_then(|csr| csr.pem())
        .map_err(&setup)?;
    let key_path = arguments.dir.join(format!("{}.key.pem", arguments.name));
    let csr_path = arguments.dir.join(format!("{}.csr.pem", arguments.name));
    let disk = |error: std::io::Error| Trouble::new("file.unreadable", error);
    std::fs::create_dir_all(&arguments.dir).map_err(disk)?;
    write_secret(&key_path, key.serialize_pem().as_bytes()).map_err(disk)?;
    std::fs::write(&csr_path, csr).map_err(disk)?;
    let words = format!("{}\n{}", key_path.display(), csr_path.display());
    Ok(Answer::ok(
        json!({ "key": key_path, "csr": csr_path }),
        words,
    ))
}

/// Never over an existing key: losing it would orphan the station's bundles.
fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(bytes)
}
