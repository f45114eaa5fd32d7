//! The verifier's word on which encryption key bundles are sealed to from now on.
//!
//! A desk knows the verifier's receipt key and the recovery key from its installation. A signed notice may
//! put a newer key of the verifier beside that recovery key, never an older one and never another recovery
//! key: whoever stole the receipt key could otherwise read everything and shut the recovery out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, EnvelopeError};
use crate::key::{KeyError, ReceiptKey, VerifierPublicKey};
use crate::recipients::Recipients;

/// A notice is half a kilobyte.
const MAX_NOTICE_BYTES: usize = 4096;

const PAYLOAD_TYPE: &str = "application/vnd.niem.epoch.v1+json";

/// Which key the verifier opens bundles with, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Counted from 1; each rotation adds one.
    pub epoch: u32,
    /// The verifier's key, `age1…`.
    pub verifier: String,
    /// The recovery key, `age1…`.
    pub recovery: String,
    /// When this epoch began.
    pub since: Timestamp,
}

/// A notice as the verifier hands it out. Holding one proves nothing until [`SignedEpoch::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedEpoch(Envelope);

/// Why a notice is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EpochError {
    /// Not a notice at all.
    #[error("this is not a notice of a known form")]
    Malformed,
    /// Not signed by this verifier.
    #[error("the notice is not signed by the verifier")]
    SignatureInvalid,
    /// A newer one is known already.
    #[error("the notice is older than the one in use")]
    Older,
    /// It would take the recovery key away.
    #[error("the notice names another recovery key")]
    RecoveryDiffers,
}

impl EpochError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "epoch.malformed",
            Self::SignatureInvalid => "epoch.signature_invalid",
            Self::Older => "epoch.older",
            Self::RecoveryDiffers => "epoch.recovery_differs",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::SignatureInvalid,
        Self::Older,
        Self::RecoveryDiffers,
    ];
}

impl Epoch {
    /// The two keys to seal to.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when one of them is none.
    pub fn recipients(&self) -> Result<Recipients, KeyError> {
        Recipients::new(&self.verifier, &self.recovery)
    }

    /// Whether a desk that holds `known` (and was installed with `installed`) follows this notice.
    ///
    /// # Errors
    /// [`EpochError::Older`], [`EpochError::RecoveryDiffers`].
    pub fn may_follow(
        &self,
        known: Option<&Self>,
        installed: &Recipients,
    ) -> Result<(), EpochError> {
        // The recovery key is any of the installed ones but the verifier's first.
        let installed = installed.names();
        if !installed.iter().skip(1).any(|name| *name == self.recovery) {
            return Err(EpochError::RecoveryDiffers);
        }
        match known {
            Some(known) if self.epoch < known.epoch => Err(EpochError::Older),
            // Two notices of one epoch are the same notice.
            Some(known) if self.epoch == known.epoch && self != known => Err(EpochError::Older),
            _ => Ok(()),
        }
    }
}

impl SignedEpoch {
    /// Signs a notice with the verifier's receipt key.
    #[must_use]
    pub fn issue(epoch: &Epoch, key: &ReceiptKey) -> Self {
        let payload = serde_json::to_vec(epoch).expect("plain fields always serialise");
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, payload);
        key.sign_envelope(&mut envelope);
        Self(envelope)
    }

    /// Reads a notice of bounded length.
    ///
    /// # Errors
    /// [`EpochError::Malformed`].
    pub fn from_json(json: &[u8]) -> Result<Self, EpochError> {
        let envelope =
            Envelope::from_json_within(json, MAX_NOTICE_BYTES).map_err(|error| match error {
                EnvelopeError::TooLarge | EnvelopeError::Malformed => EpochError::Malformed,
            })?;
        Ok(Self(envelope))
    }

    /// The notice as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.0.to_json()
    }

    /// The notice, once the verifier's signature is found good.
    ///
    /// # Errors
    /// [`EpochError::Malformed`], [`EpochError::SignatureInvalid`].
    pub fn verify(&self, key: &VerifierPublicKey) -> Result<Epoch, EpochError> {
        if self.0.payload_type != PAYLOAD_TYPE || self.0.payload.len() > MAX_NOTICE_BYTES {
            return Err(EpochError::Malformed);
        }
        if !key.has_signed(&self.0) {
            return Err(EpochError::SignatureInvalid);
        }
        let epoch: Epoch =
            serde_json::from_slice(&self.0.payload).map_err(|_| EpochError::Malformed)?;
        epoch.recipients().map_err(|_| EpochError::Malformed)?;
        Ok(epoch)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;
    use crate::Identities;

    fn name() -> String {
        Identities::generate().recipients().remove(0)
    }

    #[test]
    fn a_notice_is_followed_only_forwards_and_beside_the_same_recovery_key() {
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let (first, recovery) = (name(), name());
        let installed = Recipients::new(&first, &recovery).unwrap();
        let epoch = |number: u32, recovery: &str| Epoch {
            epoch: number,
            verifier: name(),
            recovery: recovery.to_owned(),
            since: "2026-03-02T00:00:00Z".parse().unwrap(),
        };
        let (two, three) = (epoch(2, &recovery), epoch(3, &recovery));
        let signed = SignedEpoch::from_json(&SignedEpoch::issue(&three, &key).to_json()).unwrap();
        assert_eq!(signed.verify(key.public_key()).unwrap(), three);
        let other = ReceiptKey::generate(&mut OsRng.unwrap_err());
        assert_eq!(
            signed.verify(other.public_key()),
            Err(EpochError::SignatureInvalid)
        );

        assert_eq!(three.may_follow(None, &installed), Ok(()));
        assert_eq!(three.may_follow(Some(&two), &installed), Ok(()));
        assert_eq!(three.may_follow(Some(&three), &installed), Ok(()));
        assert_eq!(
            two.may_follow(Some(&three), &installed),
            Err(EpochError::Older)
        );
        // The same number with another key inside is no rotation.
        let forged = epoch(3, &recovery);
        assert_eq!(
            forged.may_follow(Some(&three), &installed),
            Err(EpochError::Older)
        );
        let thief = epoch(4, &name());
        assert_eq!(
            thief.may_follow(Some(&three), &installed),
            Err(EpochError::RecoveryDiffers)
        );
        // The verifier's own old key is no recovery key.
        assert_eq!(
            epoch(4, &first).may_follow(None, &installed),
            Err(EpochError::RecoveryDiffers)
        );
    }
}
