//! The verifier's encryption key, epoch by epoch: a new one is made, announced, and the old one destroyed.
//!
//! `epoch.agekey` is the first, `epoch-2.agekey` the second, and so on; the highest number is the one that
//! bundles are sealed to. All that lie here open bundles. The service announces an epoch when it starts, so
//! that no desk is ever told of a key that the running service cannot open with.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use bundle::{Epoch, Identities, ReceiptKey, Recipients, SignedEpoch};
use jiff::Timestamp;

use crate::keys::{KeyFolder, KeysError, sync_folder, write_new};

/// More than this many rotations would be one a week for twenty years.
const MAX_EPOCHS: u32 = 1_000;

/// One epoch that can still open bundles.
#[derive(Debug, Clone)]
pub struct OpenEpoch {
    pub number: u32,
    pub identities: Identities,
    pub since: Timestamp,
}

fn path(keys: &KeyFolder, number: u32) -> PathBuf {
    match number {
        1 => keys.path("epoch.agekey"),
        number => keys.path(&format!("epoch-{number}.agekey")),
    }
}

/// Every epoch whose private half lies here, the oldest first; never none.
pub fn load(keys: &KeyFolder) -> Result<Vec<OpenEpoch>, KeysError> {
    let mut epochs = Vec::new();
    for number in 1..=MAX_EPOCHS {
        let path = path(keys, number);
        if !path.exists() {
            continue;
        }
        let malformed = || KeysError::Malformed { path: path.clone() };
        let text = keys.text(&path.file_name().unwrap_or_default().to_string_lossy())?;
        let identities = Identities::from_lines(&text).map_err(|_| malformed())?;
        let since = text
            .lines()
            .find_map(|line| line.strip_prefix("# created: "))
            .and_then(|since| since.trim().parse().ok())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        epochs.push(OpenEpoch {
            number,
            identities,
            since,
        });
    }
    if epochs.is_empty() {
        return Err(KeysError::Unreadable {
            path: path(keys, 1),
            source: std::io::ErrorKind::NotFound.into(),
        });
    }
    Ok(epochs)
}

/// All of them together, to open bundles with.
pub fn identities(keys: &KeyFolder) -> Result<Identities, KeysError> {
    let mut epochs = load(keys)?.into_iter().map(|epoch| epoch.identities);
    let first = epochs.next().expect("load gives at least one");
    Ok(epochs.fold(first, Identities::with))
}

/// The key of every epoch but the first, and since when it is there; the first is as old as the verifier.
pub fn later(keys: &KeyFolder) -> Result<Vec<(String, Timestamp)>, KeysError> {
    let epochs = load(keys)?.into_iter().filter(|epoch| epoch.number > 1);
    let named = |epoch: OpenEpoch| {
        let names = epoch.identities.recipients().into_iter();
        names.map(move |name| (name, epoch.since))
    };
    Ok(epochs.flat_map(named).collect())
}

/// Makes the next epoch. It is announced when the service starts the next time. Returns its number.
pub fn rotate(keys: &KeyFolder, now: Timestamp) -> Result<u32, KeysError> {
    let newest = load(keys)?.pop().expect("load gives at least one");
    let number = newest.number + 1;
    let text = Identities::generate().to_lines(now);
    write_new(&path(keys, number), text.as_bytes(), 0o600)?;
    sync_folder(&keys.path("."))?;
    Ok(number)
}

/// Signs the notice of the newest epoch and hands out its recipients. The recovery key stays what it is.
pub fn announce(keys: &KeyFolder, receipts: &ReceiptKey) -> Result<SignedEpoch, KeysError> {
    let newest = load(keys)?.pop().expect("load gives at least one");
    let public = keys.path("public/recipients.txt");
    let malformed = || KeysError::Malformed {
        path: public.clone(),
    };
    let handed_out = Recipients::load(&public).map_err(|_| malformed())?.names();
    let recovery = handed_out.get(1).ok_or_else(malformed)?.clone();
    let verifier = newest.identities.recipients().remove(0);
    if handed_out[0] != verifier {
        let text = format!(
            "# verifier epoch {}\n{verifier}\n# recovery\n{recovery}\n",
            newest.number
        );
        let unfinished = public.with_extension("part");
        let _ = fs::remove_file(&unfinished);
        write_new(&unfinished, text.as_bytes(), 0o644)?;
        fs::rename(&unfinished, &public).map_err(|source| KeysError::Unwritable {
            path: public.clone(),
            source,
        })?;
        sync_folder(&keys.public())?;
    }
    let epoch = Epoch {
        epoch: newest.number,
        verifier,
        recovery,
        since: newest.since,
    };
    Ok(SignedEpoch::issue(&epoch, receipts))
}

/// Destroys the private half of an epoch that is not the newest: overwritten, then removed. What was sealed
/// to it opens only with the recovery key from now on. On flash memory a copy may live on in spare blocks:
/// the disk under the key folder must be encrypted (`docs/keys.md`).
pub fn destroy(keys: &KeyFolder, number: u32) -> Result<(), KeysError> {
    let epochs = load(keys)?;
    let newest = epochs.last().map_or(0, |epoch| epoch.number);
    if number == newest {
        return Err(KeysError::EpochInUse { number });
    }
    if !epochs.iter().any(|epoch| epoch.number == number) {
        return Err(KeysError::NoSuchEpoch { number });
    }
    let path = path(keys, number);
    let destroyed = (|| {
        let length = fs::metadata(&path)?.len();
        let mut file = fs::OpenOptions::new().write(true).open(&path)?;
        let nothing = vec![0; usize::try_from(length).unwrap_or(0)];
        file.write_all(&nothing)?;
        file.sync_all()?;
        fs::remove_file(&path)
    })();
    destroyed.map_err(|source| KeysError::Unwritable {
        path: path.clone(),
        source,
    })?;
    sync_folder(&keys.path("."))
}
