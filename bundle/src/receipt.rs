//! A receipt: the verifier's signed word that a bundle is filed and stands in the log.
//!
//! The station may forget a bundle when it holds one, and not before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, EnvelopeError, EnvelopeSignature};
use crate::ids::{BundleDigest, EntryId, Sha256Digest, StationId, VisitId};
use crate::key::{ReceiptKey, VerifierPublicKey};

/// A signed receipt longer than this is refused before it is parsed.
const MAX_RECEIPT_BYTES: usize = 64 * 1024;

/// A log of 2^64 leaves needs 64 hashes (RFC 9162 §2.1.3).
pub(crate) const MAX_INCLUSION: usize = 64;

const PAYLOAD_TYPE: &str = "application/vnd.niem.receipt.v1+json";

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Which bundle was filed.
    pub bundle: BundleDigest,
    /// The wallet entry made from it.
    pub entry: EntryId,
    /// The desk that sent it.
    pub station: StationId,
    /// The visit it came from.
    pub visit: VisitId,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Where it stands in the log.
    pub log: LogProof,
}

/// The proof that a leaf is in the log (C2SP tlog-tiles). Checking the hashes against the
/// checkpoint is the business of whoever knows the log's key; this crate only carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogProof {
    /// The leaf's number, from 0.
    pub index: u64,
    /// How many leaves the tree had.
    pub tree_size: u64,
    /// The hashes from the leaf to the root.
    pub inclusion: Vec<Sha256Digest>,
    /// The signed note that names the root.
    pub checkpoint: String,
}

/// A receipt as it travels. Holding one proves nothing until [`SignedReceipt::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedReceipt(Envelope);

/// Why a receipt is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not a receipt at all.
    #[error("this is not a receipt of a known form")]
    Malformed,
    /// Not signed by this verifier.
    #[error("the receipt is not signed by the verifier")]
    SignatureInvalid,
    /// A good receipt for something else.
    #[error("the receipt is for another bundle")]
    OtherBundle,
}

impl ReceiptError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "receipt.malformed",
            Self::SignatureInvalid => "receipt.signature_invalid",
            Self::OtherBundle => "receipt.other_bundle",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] =
        &[Self::Malformed, Self::SignatureInvalid, Self::OtherBundle];
}

impl SignedReceipt {
    /// Signs a receipt with the verifier's key.
    #[must_use]
    pub fn issue(receipt: &Receipt, key: &ReceiptKey) -> Self {
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, Self::payload_of(receipt));
        key.sign_envelope(&mut envelope);
        Self(envelope)
    }

    /// The one form in which a receipt is signed.
    pub(crate) fn payload_of(receipt: &Receipt) -> Vec<u8> {
        serde_json::to_vec(receipt).expect("plain fields always serialise")
    }

    /// A receipt that was taken apart; whether the signature is good is still to be seen.
    pub(crate) fn put_together(receipt: &Receipt, keyid: String, sig: Vec<u8>) -> Self {
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, Self::payload_of(receipt));
        envelope.signatures.push(EnvelopeSignature { keyid, sig });
        Self(envelope)
    }

    /// Reads a receipt of at most 64 KiB.
    pub fn from_json(json: &[u8]) -> Result<Self, ReceiptError> {
        let envelope =
            Envelope::from_json_within(json, MAX_RECEIPT_BYTES).map_err(|error| match error {
                EnvelopeError::TooLarge | EnvelopeError::Malformed => ReceiptError::Malformed,
            })?;
        Ok(Self(envelope))
    }

    /// The receipt as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.0.to_json()
    }

    /// The receipt, once the verifier's signature is found good.
    pub fn verify(&self, key: &VerifierPublicKey) -> Result<Receipt, ReceiptError> {
        if self.0.payload_type != PAYLOAD_TYPE || self.0.payload.len() > MAX_RECEIPT_BYTES {
            return Err(ReceiptError::Malformed);
        }
        if !key.has_signed(&self.0) {
            return Err(ReceiptError::SignatureInvalid);
        }
        let receipt: Receipt =
            serde_json::from_slice(&self.0.payload).map_err(|_| ReceiptError::Malformed)?;
        let log = &receipt.log;
        if log.index >= log.tree_size || log.inclusion.len() > MAX_INCLUSION {
            return Err(ReceiptError::Malformed);
        }
        Ok(receipt)
    }

    /// As [`SignedReceipt::verify`], and it must be the receipt of `bundle`: what a spool asks
    /// before it forgets.
    pub fn verify_for(
        &self,
        bundle: &BundleDigest,
        key: &VerifierPublicKey,
    ) -> Result<Receipt, ReceiptError> {
        let receipt = self.verify(key)?;
        if receipt.bundle == *bundle {
            Ok(receipt)
        } else {
            Err(ReceiptError::OtherBundle)
        }
    }

    /// The envelope underneath.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;

    fn receipt() -> Receipt {
        let at: Timestamp = "2026-03-02T08:20:00Z".parse().unwrap();
        Receipt {
            bundle: BundleDigest::of(b"bundle"),
            entry: EntryId::at(at),
            station: StationId::new("hn-0101").unwrap(),
            visit: VisitId::at(at),
            filed_at: at,
            log: LogProof {
                index: 2,
                tree_size: 3,
                inclusion: vec![Sha256Digest::of(b"left")],
                checkpoint: "niem.example/log\n3\nroot\n\n— niem.example/log sig\n".into(),
            },
        }
    }

    #[test]
    fn a_receipt_is_for_one_bundle_and_from_one_verifier() {
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let other = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let receipt = receipt();
        let signed =
            SignedReceipt::from_json(&SignedReceipt::issue(&receipt, &key).to_json()).unwrap();
        assert_eq!(
            signed.verify_for(&receipt.bundle, key.public_key()),
            Ok(receipt.clone())
        );
        assert_eq!(
            signed.verify(other.public_key()),
            Err(ReceiptError::SignatureInvalid)
        );
        let elsewhere = BundleDigest::of(b"another");
        assert_eq!(
            signed.verify_for(&elsewhere, key.public_key()),
            Err(ReceiptError::OtherBundle)
        );
    }

    #[test]
    fn a_leaf_outside_its_tree_is_no_proof() {
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let mut beyond = receipt();
        beyond.log.index = beyond.log.tree_size;
        let signed = SignedReceipt::issue(&beyond, &key);
        assert_eq!(
            signed.verify(key.public_key()),
            Err(ReceiptError::Malformed)
        );
        let mut long = receipt();
        long.log.inclusion = vec![Sha256Digest::of(b""); MAX_INCLUSION + 1];
        assert_eq!(
            SignedReceipt::issue(&long, &key).verify(key.public_key()),
            Err(ReceiptError::Malformed)
        );
    }
}
