//! The folder of keys a verifier lives by: made once by `keys init`, read at every start.
//!
//! ```text
//! epoch.agekey  epoch-2.agekey …        age identities that open sealed bundles, one an epoch
//! recovery.agekey                       another, which belongs elsewhere (`docs/keys.md`)
//! receipt.key.pem  log.key.pem          Ed25519, PKCS#8: sign receipts and tickets; sign the log
//! citizen.key  master.key               32 bytes in hex: name citizens; wrap each citizen's data key
//! access.secret                         32 bytes in hex: seals access tokens; a folder of earlier days gets it at the first start
//! station-ca.key.pem                    signs certificates of stations and operators
//! export.key.pem                        signs containers (ASiC-E); made with the first of them
//! server-ca.key.pem  server.key.pem  server.pem    the TLS server's certificate and its issuer
//! public/                               may be given to anybody, and is what a station needs:
//!   recipients.txt  receipt.pub.pem  log.pub.pem  log.vkey  station-ca.pem  server-ca.pem
//!   export.pem
//! ```
//!
//! The recovery identity belongs in a safe, not here; the service starts without it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::enroll;

/// The name under which the log signs, when `keys init` is told no other.
pub const LOG_ORIGIN: &str = "niem.example/log";

/// PKCS#8 v1 of an Ed25519 seed: the fixed DER before the 32 bytes.
// RFC 8410 §7; version 1 (no public key inside) because OpenSSL 3.0 reads no other.
const ED25519_PKCS8: &[u8] = &[
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// SubjectPublicKeyInfo of an Ed25519 key: the fixed DER before the 32 bytes.
// RFC 8410 §4
const ED25519_SPKI: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The file of the key that seals access tokens.
const ACCESS_KEY: &str = "access.secret";

/// Key files are small; anything longer is not one.
const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// Why the folder of keys could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    #[error("{path} already holds keys; they are never overwritten")]
    Exists { path: PathBuf },
    #[error("{path} cannot be written")]
    Unwritable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} cannot be read")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} does not hold what its name says")]
    Malformed { path: PathBuf },
    #[error("{name} is no name for a log")]
    LogName { name: String },
    #[error("a key or certificate could not be made")]
    Generate,
    #[error("epoch {number} is the one that desks seal to")]
    EpochInUse { number: u32 },
    #[error("there is no epoch {number} here")]
    NoSuchEpoch { number: u32 },
    #[error("desks may still bring bundles of epoch {number}: {desks:?}")]
    EpochQueued { number: u32, desks: Vec<String> },
}

impl KeysError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "keys.exist_already",
            Self::Unwritable { .. } => "keys.unwritable",
            Self::Unreadable { .. } => "keys.unreadable",
            Self::Malformed { .. } => "keys.malformed",
            Self::LogName { .. } => "keys.log_name",
            Self::Generate => "keys.generate",
            Self::EpochInUse { .. } => "keys.epoch_in_use",
            Self::NoSuchEpoch { .. } => "keys.epoch_unknown",
            Self::EpochQueued { .. } => "keys.epoch_queued",
        }
    }
}

/// A folder laid out as above. It proves nothing about the files in it; each is checked when read.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes a whole new set of keys. `hosts` are the names and addresses the TLS server answers to.
    ///
    /// Refuses a folder that holds a receipt key already: overwriting one would orphan every receipt.
    pub fn init(
        &self,
        log_origin: &str,
        hosts: &[String],
        today: jiff::civil::Date,
    ) -> Result<(), KeysError> {
        if self.path("receipt.key.pem").exists() {
            return Err(KeysError::Exists {
                path: self.0.clone(),
            });
        }
        if log_origin.is_empty() || log_origin.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(KeysError::LogName {
                name: log_origin.to_owned(),
            });
        }
        make_folder(&self.0, 0o700)?;
        make_folder(&self.path("public"), 0o755)?;

        let mut recipients = String::new();
        for (file, purpose) in [
            ("epoch.agekey", "verifier epoch"),
            ("recovery.agekey", "recovery"),
        ] {
            let identity = age::x25519::Identity::generate();
            let public = identity.to_public().to_string();
            let text = Zeroizing::new(format!(
                "# {purpose}\n# public key: {public}\n{}\n",
                identity.to_string().expose_secret()
            ));
            self.write_secret(file, text.as_bytes())?;
            recipients.push_str(&format!("# {purpose}\n{public}\n"));
        }
        self.write_public("recipients.txt", recipients.as_bytes())?;

        self.make_ed25519("receipt")?;
        let log = self.make_ed25519("log")?;
        self.write_public(
            "log.vkey",
            format!("{}\n", crate::log::vkey(log_origin, &log)).as_bytes(),
        )?;

        for file in ["citizen.key", "master.key", ACCESS_KEY] {
            let key = random32()?;
            let text = Zeroizing::new(format!(
                "{}\n",
                Zeroizing::new(hex::encode(key.as_slice())).as_str()
            ));
            self.write_secret(file, text.as_bytes())?;
        }

        let station_ca =
            enroll::Authority::create("Niem station CA", today).map_err(|_| KeysError::Generate)?;
        self.write_secret("station-ca.key.pem", station_ca.key_pem().as_bytes())?;
        self.write_public("station-ca.pem", station_ca.certificate_pem().as_bytes())?;
        let server_ca =
            enroll::Authority::create("Niem server CA", today).map_err(|_| KeysError::Generate)?;
        self.write_secret("server-ca.key.pem", server_ca.key_pem().as_bytes())?;
        self.write_public("server-ca.pem", server_ca.certificate_pem().as_bytes())?;
        let (certificate, key) = server_ca
            .server(hosts, today)
            .map_err(|_| KeysError::Generate)?;
        self.write_secret("server.key.pem", key.as_bytes())?;
        self.write_secret("server.pem", certificate.as_bytes())?;
        sync_folder(&self.path("public"))?;
        sync_folder(&self.0)
    }

    /// The folder that may be given to anybody.
    pub fn public(&self) -> PathBuf {
        self.path("public")
    }

    /// Reads one of the files as text.
    pub(crate) fn text(&self, file: &str) -> Result<Zeroizing<String>, KeysError> {
        read_text(&self.path(file)).map(Zeroizing::new)
    }

    /// Reads a 32-byte key kept in hex.
    pub(crate) fn key32(&self, file: &str) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        let text = self.text(file)?;
        let mut key = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.trim(), &mut *key).map_err(|_| KeysError::Malformed {
            path: self.path(file),
        })?;
        Ok(key)
    }

    /// The key that seals access tokens; made when there is none yet. Losing it costs every client a new token.
    pub(crate) fn access_key(&self) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        let path = self.path(ACCESS_KEY);
        if !path.exists() {
            let text = Zeroizing::new(hex::encode(random32()?.as_slice()));
            let unfinished = self.path(&format!("{ACCESS_KEY}.{}", std::process::id()));
            let _ = fs::remove_file(&unfinished);
            write_new(&unfinished, text.as_bytes(), 0o600)?;
            // Whole or not at all; where another verifier over the same folder was faster, its key stays.
            let linked = fs::hard_link(&unfinished, &path);
            let _ = fs::remove_file(&unfinished);
            match linked {
                Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(KeysError::Unwritable { path, source });
                }
                _ => sync_folder(&self.0)?,
            }
        }
        self.key32(ACCESS_KEY)
    }

    /// Reads the seed of the Ed25519 key kept in a PKCS#8 PEM file.
    pub(crate) fn ed25519_seed(&self, file: &str) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        let malformed = || KeysError::Malformed {
            path: self.path(file),
        };
        let text = self.text(file)?;
        let der = pem_body(&text, "PRIVATE KEY").ok_or_else(malformed)?;
        let seed = der.strip_prefix(ED25519_PKCS8).ok_or_else(malformed)?;
        Ok(Zeroizing::new(seed.try_into().map_err(|_| malformed())?))
    }

    /// The key that signs receipts, tickets and lists for the desks.
    pub fn receipt_key(&self) -> Result<bundle::ReceiptKey, KeysError> {
        let path = self.path("receipt.key.pem");
        bundle::ReceiptKey::load(&path).map_err(|_| KeysError::Malformed { path })
    }

    /// The authority that signs certificates of stations and operators.
    pub fn station_authority(&self) -> Result<enroll::Authority, KeysError> {
        let path = self.path("station-ca.key.pem");
        enroll::Authority::load(
            &self.text("public/station-ca.pem")?,
            &self.text("station-ca.key.pem")?,
        )
        .map_err(|_| KeysError::Malformed { path })
    }

    /// The key that signs containers, made when it is first asked for; its certificate and private half in PEM.
    pub(crate) fn export_key(
        &self,
        today: jiff::civil::Date,
    ) -> Result<(String, Zeroizing<String>), KeysError> {
        let (certificate, key) = ("public/export.pem", "export.key.pem");
        if !self.path(certificate).exists() {
            let made = self.station_authority()?.export(today);
            let (made, secret) = made.map_err(|_| KeysError::Generate)?;
            // The certificate last: with it the pair is whole, and a half-made one is made again.
            match fs::remove_file(self.path(key)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(KeysError::Unwritable {
                        path: self.path(key),
                        source: error,
                    });
                }
                _ => {}
            }
            self.write_secret(key, secret.as_bytes())?;
            sync_folder(&self.0)?;
            self.write_public("export.pem", made.as_bytes())?;
            sync_folder(&self.path("public"))?;
        }
        Ok((self.text(certificate)?.to_string(), self.text(key)?))
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Writes NAME.key.pem and public/NAME.pub.pem; returns the public key's 32 bytes.
    fn make_ed25519(&self, name: &str) -> Result<Vec<u8>, KeysError> {
        let seed = random32()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| KeysError::Generate)?;
        let public = pair.public_key().as_ref().to_vec();
        let der = Zeroizing::new([ED25519_PKCS8, &*seed].concat());
        self.write_secret(
            &format!("{name}.key.pem"),
            pem("PRIVATE KEY", &der).as_bytes(),
        )?;
        let spki = [ED25519_SPKI, &public].concat();
        self.write_public(
            &format!("{name}.pub.pem"),
            pem("PUBLIC KEY", &spki).as_bytes(),
        )?;
        Ok(public)
    }

    fn write_secret(&self, file: &str, content: &[u8]) -> Result<(), KeysError> {
        write_new(&self.path(file), content, 0o600)
    }

    fn write_public(&self, file: &str, content: &[u8]) -> Result<(), KeysError> {
        write_new(&self.path("public").join(file), content, 0o644)
    }
}

/// The certificate files of a folder, in order of their names.
pub(crate) fn certificate_files(folder: &Path) -> Result<Vec<PathBuf>, KeysError> {
    let unreadable = |source| KeysError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| ["pem", "crt", "cer", "der"].contains(&ending)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// 32 bytes from the system's generator.
pub(crate) fn random32() -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    SystemRandom::new()
        .fill(&mut *bytes)
        .map_err(|_| KeysError::Generate)?;
    Ok(bytes)
}

/// Reads a small text file, refusing one too long to be a key or a certificate.
pub fn read_text(path: &Path) -> Result<String, KeysError> {
    let unreadable = |source| KeysError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_KEY_FILE_BYTES {
        return Err(KeysError::Malformed {
            path: path.to_owned(),
        });
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// PEM text of `der`. RFC 7468
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64.encode(der));
    let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for line in body.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The bytes of the first PEM block with this label.
fn pem_body(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body = Zeroizing::new(body.split_whitespace().collect::<String>());
    BASE64.decode(body.as_bytes()).ok().map(Zeroizing::new)
}

fn make_folder(path: &Path, mode: u32) -> Result<(), KeysError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|source| KeysError::Unwritable {
            path: path.to_owned(),
            source,
        })
}

/// Writes a file that must not exist yet, readable as `mode` says from its first byte on.
pub fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), KeysError> {
    let unwritable = |source| KeysError::Unwritable {
        path: path.to_owned(),
        source,
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(unwritable)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(unwritable)
}

pub(crate) fn sync_folder(path: &Path) -> Result<(), KeysError> {
    fs::File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| KeysError::Unwritable {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn today() -> jiff::civil::Date {
        jiff::Zoned::now().date()
    }

    #[test]
    fn a_new_folder_reads_back_and_is_never_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path().join("keys"));
        keys.init(LOG_ORIGIN, &["localhost".to_owned()], today())
            .unwrap();

        keys.ed25519_seed("receipt.key.pem").unwrap();
        keys.key32("citizen.key").unwrap();
        assert_ne!(
            *keys.key32("citizen.key").unwrap(),
            *keys.key32("master.key").unwrap()
        );
        keys.station_authority().unwrap();
        let mode = fs::metadata(keys.path("receipt.key.pem"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        // What is handed to anybody holds no secret.
        for entry in fs::read_dir(keys.public()).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains("PRIVATE") && !text.contains("SECRET"));
        }

        let again = keys
            .init(LOG_ORIGIN, &["localhost".to_owned()], today())
            .unwrap_err();
        assert_eq!(again.code(), "keys.exist_already");
    }

    #[test]
    fn the_public_half_belongs_to_the_private_half() {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path().join("keys"));
        keys.init(LOG_ORIGIN, &["localhost".to_owned()], today())
            .unwrap();
        let pair = Ed25519KeyPair::from_seed_unchecked(&*keys.ed25519_seed("log.key.pem").unwrap())
            .unwrap();
        let public = pem_body(&keys.text("public/log.pub.pem").unwrap(), "PUBLIC KEY").unwrap();
        assert_eq!(&public[ED25519_SPKI.len()..], pair.public_key().as_ref());
        let vkey = keys.text("public/log.vkey").unwrap();
        assert_eq!(
            vkey.trim(),
            crate::log::vkey(LOG_ORIGIN, pair.public_key().as_ref())
        );
    }

    #[test]
    fn a_log_name_with_a_plus_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let error = KeyFolder::new(place.path())
            .init("a+b", &[], today())
            .unwrap_err();
        assert_eq!(error.code(), "keys.log_name");
    }
}
