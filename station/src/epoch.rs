//! To which key of the verifier this desk seals: the installed one, or a newer one by signed notice.

use std::fs;
use std::io;
use std::path::Path;

use bundle::{Epoch, EpochError, Recipients, SignedEpoch, VerifierPublicKey};

use crate::durable::write_whole;

const FILE: &str = "epoch.json";

pub const CODES: &[&str] = &["epoch.disk"];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    #[error(transparent)]
    Notice(#[from] EpochError),
    #[error("the notice's disk: {0}")]
    Disk(#[from] io::Error),
}

impl FollowError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Notice(error) => error.code(),
            Self::Disk(_) => "epoch.disk",
        }
    }
}

/// The newest notice that was taken, checked again. A file that somebody put there is no notice.
///
/// # Errors
/// See [`FollowError`].
pub fn known(
    state: &Path,
    verifier: &VerifierPublicKey,
    installed: &Recipients,
) -> Result<Option<Epoch>, FollowError> {
    let json = match fs::read(state.join(FILE)) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let epoch = SignedEpoch::from_json(&json)?.verify(verifier)?;
    epoch.may_follow(None, installed)?;
    Ok(Some(epoch))
}

/// To whom to seal now.
///
/// # Errors
/// See [`FollowError`].
pub fn recipients(
    state: &Path,
    verifier: &VerifierPublicKey,
    installed: Recipients,
) -> Result<Recipients, FollowError> {
    match known(state, verifier, &installed)? {
        Some(epoch) => Ok(epoch.recipients().map_err(|_| EpochError::Malformed)?),
        None => Ok(installed),
    }
}

/// Takes a notice, if it is the verifier's and leads forwards. The next seal follows it.
///
/// # Errors
/// See [`FollowError`].
pub fn follow(
    state: &Path,
    notice: &SignedEpoch,
    verifier: &VerifierPublicKey,
    installed: &Recipients,
) -> Result<Epoch, FollowError> {
    let epoch = notice.verify(verifier)?;
    let known = known(state, verifier, installed)?;
    epoch.may_follow(known.as_ref(), installed)?;
    if known.as_ref() != Some(&epoch) {
        write_whole(&state.join(FILE), &notice.to_json())?;
    }
    Ok(epoch)
}

/// Whether everything in this bundle's statement is sealed to this epoch. The envelope is our own.
#[must_use]
pub fn is_of(envelope: &[u8], epoch: &Epoch) -> bool {
    let recipients = bundle::Envelope::from_json(envelope)
        .ok()
        .and_then(|envelope| {
            let statement: serde_json::Value = serde_json::from_slice(&envelope.payload).ok()?;
            Some(statement["predicate"]["recipients"].clone())
        });
    recipients
        .as_ref()
        .and_then(serde_json::Value::as_array)
        .is_some_and(|all| all.iter().any(|name| *name == epoch.verifier.as_str()))
}

#[cfg(test)]
mod tests {
    use bundle::{Identities, ReceiptKey};
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;

    #[test]
    fn a_desk_follows_its_verifier_forwards_and_nobody_else() {
        let state = tempfile::tempdir().unwrap();
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let name = || Identities::generate().recipients().remove(0);
        let (first, recovery) = (name(), name());
        let installed = Recipients::new(&first, &recovery).unwrap();
        let notice = |number: u32, key: &ReceiptKey| {
            let epoch = Epoch {
                epoch: number,
                verifier: name(),
                recovery: recovery.clone(),
                since: "2026-03-02T00:00:00Z".parse().unwrap(),
            };
            (SignedEpoch::issue(&epoch, key), epoch)
        };
        let now = |verifier: &ReceiptKey| {
            recipients(state.path(), verifier.public_key(), installed.clone())
        };
        let take =
            |signed: &SignedEpoch| follow(state.path(), signed, key.public_key(), &installed);
        assert_eq!(now(&key).unwrap().names(), installed.names());

        let (third, told) = notice(3, &key);
        take(&third).unwrap();
        assert_eq!(
            now(&key).unwrap().names(),
            [told.verifier, recovery.clone()]
        );
        take(&third).unwrap();
        assert_eq!(take(&notice(2, &key).0).unwrap_err().code(), "epoch.older");
        let thief = ReceiptKey::generate(&mut OsRng.unwrap_err());
        assert_eq!(
            take(&notice(9, &thief).0).unwrap_err().code(),
            "epoch.signature_invalid"
        );
        // Nor does a file that somebody laid there change anything but that the desk stops.
        fs::write(state.path().join(FILE), notice(9, &thief).0.to_json()).unwrap();
        assert_eq!(now(&key).unwrap_err().code(), "epoch.signature_invalid");
    }
}
