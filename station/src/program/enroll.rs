//! `enroll`: this desk's key gets its certificate against a one-time code; `keys rotate` and `keys epoch`.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bundle::{KeyError, SealingKey};
use clap::Args;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use ring::digest::{Context, SHA256};
use sealing_keys::{
    BareKey, KeyRecord, PlaceError, TokenPlace, TpmKey, TpmPlace, signing_request, tls,
};
use serde_json::json;
use station::answer::{Answer, Trouble};
use station::config::{Config, DevicePlace};
use station::door::{Door, Step, Wish};
use station::epoch;
use station::spool::Spool;

use super::assemble::{self, key_trouble};
use super::{Told, read_file};

#[derive(Args)]
pub(crate) struct EnrollArguments {
    /// The code that the verifier's director gave; asked for on the terminal when left out.
    #[arg(long)]
    code: Option<String>,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

/// By what right.
enum Right<'a> {
    Code(&'a str),
    /// The key in use, which is being replaced.
    Replaced(std::sync::Arc<dyn SealingKey>),
}

pub(crate) fn run(arguments: EnrollArguments) -> Told {
    let config = assemble::config(&arguments.config)?;
    let code = match arguments.code {
        Some(code) => code,
        None => asked()?,
    };
    match place(&config)? {
        DevicePlace::Tpm(tpm) => {
            let (key, record) = made_or_found(tpm.create(), || tpm.bare())?;
            let record = record.map_or_else(|| KeyRecord::load(&tpm.record), Ok);
            let mut record = record.map_err(key_trouble)?;
            record.certificate = Some(certified(&config, &Right::Code(&code), &key, Some(&key))?);
            record.replace(&tpm.record).map_err(key_trouble)?;
            told(&tpm.record)
        }
        DevicePlace::Token(token) => {
            let path = record_of(token)?;
            let (key, record) = made_or_found(token.create(&config.station), || token.bare())?;
            let record = record.map_or_else(|| KeyRecord::load(path), Ok);
            let mut record = record.map_err(key_trouble)?;
            record.certificate = Some(certified(&config, &Right::Code(&code), &key, None)?);
            record.replace(path).map_err(key_trouble)?;
            told(path)
        }
        DevicePlace::File { key, certificate } => {
            if !config.keys.insecure_file_key {
                return Err(key_trouble(PlaceError::FileNotAllowed));
            }
            let bare = FileBare::make_or_read(key)?;
            let pem = certified(&config, &Right::Code(&code), &bare, None)?;
            std::fs::write(certificate, pem).map_err(disk)?;
            told(certificate)
        }
    }
}

/// A new key takes the place of the one in use. The old record is replaced by one rename once the new
/// key has its certificate; a run that broke off goes on with the key it had made.
pub(super) fn rotate(config: &Config) -> Told {
    let old = assemble::device_key(config)?;
    match place(config)? {
        DevicePlace::Tpm(tpm) => {
            let next = TpmPlace {
                tcti: tpm.tcti.clone(),
                record: beside(&tpm.record),
            };
            let (key, _) = made_or_found(next.create(), || next.bare())?;
            let mut record = KeyRecord::load(&next.record).map_err(key_trouble)?;
            record.certificate = Some(certified(config, &Right::Replaced(old), &key, Some(&key))?);
            record.replace(&next.record).map_err(key_trouble)?;
            std::fs::rename(&next.record, &tpm.record).map_err(disk)?;
            told(&tpm.record)
        }
        DevicePlace::Token(token) => {
            let path = record_of(token)?;
            let next = TokenPlace {
                record: Some(beside(path)),
                ..token.clone()
            };
            let (key, _) = made_or_found(next.create(&config.station), || next.bare())?;
            let mut record = KeyRecord::load(&beside(path)).map_err(key_trouble)?;
            record.certificate = Some(certified(config, &Right::Replaced(old), &key, None)?);
            record.replace(&beside(path)).map_err(key_trouble)?;
            std::fs::rename(beside(path), path).map_err(disk)?;
            told(path)
        }
        // Two files cannot be replaced by one rename; whoever practises enrols again.
        DevicePlace::File { .. } => Err(Trouble::new("usage.invalid", "keys.tpm, keys.token")),
    }
}

/// Asks which key to seal to, takes the verifier's word if it leads forwards, and says when nothing that
/// waits here needs an earlier one.
pub(super) fn follow_epoch(config: &Config, spool: &Spool) -> Told {
    let door = door(config, Some(assemble::device_key(config)?))?;
    let runtime = assemble::runtime()?;
    let of = |error: station::door::DoorError| Trouble::new(error.code(), error);
    let notice = runtime.block_on(door.epoch()).map_err(of)?;
    let verifier = assemble::verifier_key(config)?;
    let installed = assemble::installed_recipients(config)?;
    let epoch = epoch::follow(&config.state_dir, &notice, &verifier, &installed)
        .map_err(|error| Trouble::new(error.code(), error))?;
    let spool_trouble = |error: station::spool::SpoolError| Trouble::new(error.code(), error);
    let mut passed = true;
    for digest in spool.waiting().map_err(spool_trouble)? {
        let sealed = spool.load(digest).map_err(spool_trouble)?;
        passed &= epoch::is_of(sealed.envelope_json(), &epoch);
    }
    if passed {
        runtime.block_on(door.passed(epoch.epoch)).map_err(of)?;
    }
    let words = format!("epoch {} · {}", epoch.epoch, epoch.verifier);
    Ok(Answer::ok(
        json!({ "epoch": epoch.epoch, "verifier": epoch.verifier, "queue_passed": passed }),
        words,
    ))
}

fn place(config: &Config) -> Result<DevicePlace<'_>, Trouble> {
    let place = config.keys.device();
    place.ok_or_else(|| Trouble::new("config.invalid", "keys: tpm, token or device_key"))
}

fn record_of(token: &TokenPlace) -> Result<&Path, Trouble> {
    let record = token.record.as_deref();
    record.ok_or_else(|| Trouble::new("config.invalid", "keys.token.record"))
}

fn beside(record: &Path) -> PathBuf {
    record.with_extension("next.json")
}

fn made_or_found<K>(
    made: Result<K, PlaceError>,
    find: impl FnOnce() -> Result<(K, KeyRecord), PlaceError>,
) -> Result<(K, Option<KeyRecord>), Trouble> {
    match made {
        Ok(key) => Ok((key, None)),
        // An earlier run came so far.
        Err(PlaceError::Exists(_)) => {
            let (key, record) = find().map_err(key_trouble)?;
            Ok((key, Some(record)))
        }
        Err(error) => Err(key_trouble(error)),
    }
}

fn door(config: &Config, key: Option<std::sync::Arc<dyn SealingKey>>) -> Result<Door, Trouble> {
    let ca = read_file(&config.verifier.ca)?;
    let tls = tls::client_config(&ca, key).map_err(key_trouble)?;
    Door::new(&config.verifier.url, tls).map_err(|error| Trouble::new(error.code(), error))
}

/// The certificate for this key, PEM.
fn certified(
    config: &Config,
    right: &Right<'_>,
    key: &dyn BareKey,
    tpm: Option<&TpmKey>,
) -> Result<String, Trouble> {
    let id = assemble::station_id(config)?;
    let csr = signing_request(key, id.as_str()).map_err(key_trouble)?;
    let told = match tpm {
        Some(tpm) => Some(
            tpm.attest(&about("station", id.as_str(), &csr))
                .map_err(key_trouble)?,
        ),
        None => None,
    };
    let storage = match place(config)? {
        DevicePlace::Tpm(_) => "tpm",
        DevicePlace::Token(_) => "token",
        DevicePlace::File { .. } => "file",
    };
    let (code, shown) = match right {
        Right::Code(code) => (Some(*code), None),
        Right::Replaced(old) => (None, Some(old.clone())),
    };
    let door = door(config, shown)?;
    let wish = Wish {
        kind: "station",
        id: id.as_str(),
        code,
        csr: &csr,
        storage,
        attestation: told.as_ref().map(|(attestation, _)| attestation),
    };
    let of = |error: station::door::DoorError| Trouble::new(error.code(), error);
    let runtime = assemble::runtime()?;
    match runtime.block_on(door.enrol(&wish)).map_err(of)? {
        Step::Enrolled(certificate) => Ok(certificate),
        Step::Challenged { id, challenge } => {
            let (Some(tpm), Some((_, ak))) = (tpm, &told) else {
                return Err(Trouble::new("door.answer", "a challenge for no TPM"));
            };
            let found = tpm.activate(ak, &challenge).map_err(key_trouble)?;
            runtime.block_on(door.prove(&id, &found)).map_err(of)
        }
    }
}

/// What the TPM must speak of (`docs/keys.md`): the same bytes as the verifier's.
fn about(kind: &str, id: &str, csr: &str) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    for part in ["niem-enrol-v1", kind, id, csr] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    let digest = hash.finish();
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn asked() -> Result<String, Trouble> {
    eprint!("Mã ghi danh / code: ");
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| Trouble::new("usage.invalid", error))?;
    Ok(line.trim().to_owned())
}

fn disk(error: std::io::Error) -> Trouble {
    Trouble::new("key.unwritable", error)
}

fn told(path: &Path) -> Told {
    Ok(Answer::ok(
        json!({ "outcome": "enrolled", "record": path }),
        path.display().to_string(),
    ))
}

/// The key in a file, for practice.
struct FileBare {
    pair: KeyPair,
    point: [u8; 65],
}

impl FileBare {
    fn make_or_read(path: &Path) -> Result<Self, Trouble> {
        let malformed = |error: rcgen::Error| Trouble::new("key.malformed", error);
        let pair = if path.exists() {
            let pem = String::from_utf8(read_file(path)?);
            let pem = pem.map_err(|error| Trouble::new("key.malformed", error))?;
            KeyPair::from_pem(&pem).map_err(malformed)?
        } else {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(malformed)?;
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .map_err(disk)?;
            file.write_all(pair.serialize_pem().as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(disk)?;
            pair
        };
        let point = pair.public_key_raw().try_into();
        let point = point.map_err(|_| Trouble::new("key.malformed", "P-256"))?;
        Ok(Self { pair, point })
    }
}

impl BareKey for FileBare {
    fn point(&self) -> &[u8; 65] {
        &self.point
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        rcgen::SigningKey::sign(&self.pair, message).map_err(|_| KeyError::Malformed)
    }
}
