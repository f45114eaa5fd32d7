//! A witness: it cosigns the head of a log once it has seen that the log only grew.
//!
//! C2SP tlog-witness. What it last cosigned lies on disk before anybody hears of it, so that no power cut makes
//! it sign two histories. A witness whose folder is lost must be retired, not begun again under its old name:
//! a log it knows has a file, and where that file is missing it does not start.

mod serve;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use signed_note::Note;
use tlog_tiles::{EMPTY_HASH, Hash, check_tree};
use zeroize::Zeroizing;

use crate::keys::{KeysError, random32, read_text, write_new};
use crate::log::{Cosigner, CosigningKey, LogError, read_checkpoint};
use crate::wallet::cas::sync_folder;

pub use serve::{RunningWitness, serve};

/// A request holds at most 63 hashes and a checkpoint of a few signatures.
pub(crate) const MAX_REQUEST_BYTES: usize = 64 * 1024;
/// C2SP tlog-witness §"add-checkpoint"
const MAX_PROOF: usize = 63;
/// What stands in the file of a log of which nothing was cosigned yet.
const NOTHING_YET: &[u8] = b"nothing cosigned yet\n";
/// Contradicting heads that are kept as evidence, for each log.
const MAX_EVIDENCE: usize = 16;

/// Why a witness does not start, or does not take on a log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("the key or name cannot be used")]
    Key(#[from] LogError),
    #[error("{path} cannot be read or written")]
    File { path: PathBuf, source: io::Error },
    #[error("what was last cosigned of {origin} cannot be read back")]
    State { origin: String },
    #[error("this witness follows {origin} already")]
    KnownLog { origin: String },
    #[error("another process works in this folder")]
    InUse,
    #[error("the listener cannot be opened")]
    Listen(#[source] io::Error),
}

impl WitnessError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::File { .. } => "witness.file",
            Self::State { .. } => "witness.state",
            Self::KnownLog { .. } => "witness.known_log",
            Self::InUse => "witness.in_use",
            Self::Listen(_) => "witness.listen",
        }
    }
}

/// One log that is followed.
struct Followed {
    origin: String,
    vkey: String,
    folder: PathBuf,
    last: Mutex<Last>,
}

/// The head that was cosigned last; the empty tree before the first.
#[derive(Clone, Copy)]
struct Last {
    size: u64,
    root: Hash,
}

/// A witness with its key and its memory.
pub struct Witness {
    key: CosigningKey,
    logs: Vec<Followed>,
    _lock: File,
}

/// What is answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Answer {
    fn plain(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: body.into(),
        }
    }

    fn conflict(size: u64) -> Self {
        Self {
            status: 409,
            content_type: "text/x.tlog.size",
            body: format!("{size}\n"),
        }
    }
}

impl Witness {
    /// Makes the folder of a new witness; returns how others know it.
    pub fn init(folder: &Path, name: &str) -> Result<Cosigner, WitnessError> {
        let seed = random32()?;
        let key = CosigningKey::new(name, &seed)?;
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).map_err(|source| WitnessError::File { path: logs, source })?;
        let text = Zeroizing::new(format!(
            "{}\n",
            Zeroizing::new(hex::encode(seed.as_slice())).as_str()
        ));
        write_new(&folder.join("witness.key"), text.as_bytes(), 0o600)?;
        let vkey = format!("{}\n", key.cosigner().vkey());
        write_new(&folder.join("witness.vkey"), vkey.as_bytes(), 0o644)?;
        sync(folder)?;
        Ok(key.cosigner().clone())
    }

    /// Takes on a log, from its beginning. `vkey` is the text of its `log.vkey`. Returns its name.
    pub fn follow(folder: &Path, vkey: &str) -> Result<String, WitnessError> {
        let vkey = vkey.trim();
        signed_note::StandardVerifier::new(vkey).map_err(|_| LogError::Key)?;
        let origin = origin_of(vkey)?;
        let place = log_folder(folder, &origin);
        if place.exists() {
            return Err(WitnessError::KnownLog { origin });
        }
        // The folder gets its name when all is in it: half a log must not look like a lost one.
        let making = place.with_extension("new");
        let _ = fs::remove_dir_all(&making);
        fs::create_dir_all(&making).map_err(|source| WitnessError::File {
            path: making.clone(),
            source,
        })?;
        write_new(&making.join("vkey"), format!("{vkey}\n").as_bytes(), 0o644)?;
        write_new(&making.join("last"), NOTHING_YET, 0o644)?;
        sync(&making)?;
        fs::rename(&making, &place).map_err(|source| WitnessError::File {
            path: place.clone(),
            source,
        })?;
        sync(&folder.join("logs"))?;
        Ok(origin)
    }

    /// Opens a witness's folder. Alone with it: two processes could cosign two histories between them.
    pub fn open(folder: &Path) -> Result<Self, WitnessError> {
        let file = |path: PathBuf| move |source| WitnessError::File { path, source };
        let path = folder.join("witness.lock");
        let lock = File::create(&path).map_err(file(path))?;
        lock.try_lock().map_err(|_| WitnessError::InUse)?;
        let malformed = |name: &str| KeysError::Malformed {
            path: folder.join(name),
        };
        let text = Zeroizing::new(read_text(&folder.join("witness.key"))?);
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), &mut *seed).map_err(|_| malformed("witness.key"))?;
        let vkey = read_text(&folder.join("witness.vkey"))?;
        let public = Cosigner::parse(&vkey)?;
        let key = CosigningKey::new(public.name(), &seed)?;
        if *key.cosigner() != public {
            return Err(malformed("witness.vkey").into());
        }
        let mut logs = Vec::new();
        let list = folder.join("logs");
        for entry in fs::read_dir(&list).map_err(file(list.clone()))? {
            let place = entry.map_err(file(list.clone()))?.path();
            if place.extension().is_none() {
                logs.push(Followed::open(place)?);
            }
        }
        Ok(Self {
            key,
            logs,
            _lock: lock,
        })
    }

    /// How others know this witness.
    pub fn cosigner(&self) -> &Cosigner {
        self.key.cosigner()
    }

    /// How many logs it follows.
    pub fn logs(&self) -> usize {
        self.logs.len()
    }

    /// The whole protocol: old size, proof, checkpoint in; a cosignature or a refusal out. `at` in seconds
    /// since 1970.
    pub fn add_checkpoint(&self, body: &[u8], at: u64) -> Answer {
        let Some(request) = Request::parse(body) else {
            return Answer::plain(400, "not an add-checkpoint request\n");
        };
        let Some(log) = self.logs.iter().find(|log| log.origin == request.origin) else {
            return Answer::plain(404, "this log is not followed here\n");
        };
        let Ok(head) = read_checkpoint(request.note, &log.vkey) else {
            return Answer::plain(403, "not signed by this log\n");
        };
        if request.old > head.size() {
            return Answer::plain(400, "the old size is the greater one\n");
        }
        // Held until the new head is on disk: looking and writing are one step.
        let mut last = log.last.lock().unwrap_or_else(PoisonError::into_inner);
        if request.old != last.size {
            return Answer::conflict(last.size);
        }
        if head.size() == last.size && *head.hash() != last.root {
            log.keep_evidence(request.note);
            tracing::error!(
                origin = log.origin,
                size = last.size,
                "two trees of one size"
            );
            return Answer::conflict(last.size);
        }
        let consistent = if request.old == 0 {
            request.proof.is_empty() && (head.size() > 0 || *head.hash() == EMPTY_HASH)
        } else {
            check_tree(
                &request.proof,
                head.size(),
                *head.hash(),
                last.size,
                last.root,
            )
            .is_ok()
        };
        if !consistent {
            log.keep_evidence(request.note);
            tracing::warn!(
                origin = log.origin,
                old = last.size,
                new = head.size(),
                "not consistent"
            );
            return Answer::plain(
                422,
                "the proof does not lead from the old tree to the new one\n",
            );
        }
        if let Err(error) = write_whole(&log.folder.join("last"), request.note) {
            tracing::error!(origin = log.origin, %error, "the head could not be written");
            return Answer::plain(500, "not written; try again\n");
        }
        *last = Last {
            size: head.size(),
            root: *head.hash(),
        };
        Answer::plain(200, self.key.cosign(request.text.as_bytes(), at))
    }
}

impl Followed {
    fn open(folder: PathBuf) -> Result<Self, WitnessError> {
        let vkey = read_text(&folder.join("vkey"))?.trim().to_owned();
        let origin = origin_of(&vkey)?;
        let broken = || WitnessError::State {
            origin: origin.clone(),
        };
        // Never "nothing yet" because a file is missing or broken.
        let note = read_bounded(&folder.join("last")).map_err(|_| broken())?;
        let last = if note == NOTHING_YET {
            Last {
                size: 0,
                root: EMPTY_HASH,
            }
        } else {
            let head = read_checkpoint(&note, &vkey).map_err(|_| broken())?;
            Last {
                size: head.size(),
                root: *head.hash(),
            }
        };
        Ok(Self {
            origin,
            vkey,
            folder,
            last: Mutex::new(last),
        })
    }

    /// Keeps a signed head that contradicts what was seen. What cannot be kept is at least logged.
    fn keep_evidence(&self, note: &[u8]) {
        let folder = self.folder.join("evidence");
        let kept = fs::create_dir_all(&folder)
            .and_then(|()| Ok(fs::read_dir(&folder)?.count()))
            .and_then(|count| {
                let name = hex::encode(ring::digest::digest(&ring::digest::SHA256, note));
                if count >= MAX_EVIDENCE {
                    return Ok(());
                }
                fs::write(folder.join(name), note)
            });
        if let Err(error) = kept {
            tracing::warn!(origin = self.origin, %error, "evidence could not be kept");
        }
    }
}

/// A request taken apart; nothing in it is believed yet.
struct Request<'a> {
    old: u64,
    proof: Vec<Hash>,
    note: &'a [u8],
    text: String,
    origin: String,
}

impl<'a> Request<'a> {
    fn parse(body: &'a [u8]) -> Option<Self> {
        if body.len() > MAX_REQUEST_BYTES {
            return None;
        }
        let text = std::str::from_utf8(body).ok()?;
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof: Vec<Hash> = lines
            .map(|line| {
                // 32 bytes in base64; without this bound a line could be as long as the request.
                (line.len() == 44).then_some(())?;
                Some(Hash(BASE64.decode(line).ok()?.try_into().ok()?))
            })
            .collect::<Option<_>>()?;
        if proof.len() > MAX_PROOF {
            return None;
        }
        let note = note.as_bytes();
        let text = String::from_utf8(Note::from_bytes(note).ok()?.text().to_vec()).ok()?;
        let origin = text.split('\n').next()?.to_owned();
        Some(Self {
            old,
            proof,
            note,
            text,
            origin,
        })
    }
}

/// A number as C2SP writes it: no sign, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

fn origin_of(vkey: &str) -> Result<String, LogError> {
    let (origin, _) = vkey.split_once('+').ok_or(LogError::Key)?;
    Ok(origin.to_owned())
}

fn log_folder(folder: &Path, origin: &str) -> PathBuf {
    let name = ring::digest::digest(&ring::digest::SHA256, origin.as_bytes());
    folder.join("logs").join(hex::encode(name))
}

fn sync(folder: &Path) -> Result<(), WitnessError> {
    sync_folder(folder).map_err(|source| WitnessError::File {
        path: folder.to_owned(),
        source,
    })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut content = Vec::new();
    File::open(path)?
        .take(MAX_REQUEST_BYTES as u64)
        .read_to_end(&mut content)?;
    Ok(content)
}

/// Writes a file whole or not at all; when this returns, a power cut cannot bring the old one back.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_data()?;
    fs::rename(&temporary, path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests;
