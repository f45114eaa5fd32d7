//! Was this key made in a genuine TPM 2.0, and can it leave it? Checked from bytes alone, in pure Rust.
//!
//! [`check`] reads what a TPM said about a key ([`Evidence`]) and compares it with the makers' roots and
//! with the request it came with. What it gives back, [`Attested`], proves one thing less than it seems:
//! that endorsement key and attestation key sit in the same TPM is shown only by whoever answers
//! [`Attested::challenge`] with the secret. Numbers and layouts: TPM 2.0 Library, parts 1 and 2.

mod credential;
mod evidence;
mod makers;
mod wire;

pub use credential::{Challenge, make_credential};
pub use evidence::{Attested, Evidence, check};
pub use makers::MakerTrust;
pub use wire::{Attest, Kind, Public};

/// Every code of this crate.
pub const CODES: &[&str] = &[
    "attest.ak_kind",
    "attest.ek_differs",
    "attest.ek_kind",
    "attest.key_imported",
    "attest.key_kind",
    "attest.key_movable",
    "attest.maker_unknown",
    "attest.makers_unreadable",
    "attest.malformed",
    "attest.other_key",
    "attest.other_request",
    "attest.request_key",
    "attest.signature",
];

/// Why a key is not believed to lie in a TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// Not the structure it should be, or longer than any is.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// A makers' certificate cannot be read.
    #[error("the makers' certificates cannot be read")]
    MakersUnreadable,
    /// No maker whom we trust has certified this TPM.
    #[error("no trusted maker has certified this TPM")]
    MakerUnknown,
    /// The certificate is another endorsement key's.
    #[error("the endorsement certificate is of another key")]
    EkDiffers,
    /// Not a key that a TPM would use as endorsement key.
    #[error("the endorsement key is none")]
    EkKind,
    /// A key that would sign what others composed proves nothing.
    #[error("the attestation key is not restricted to what its TPM composes")]
    AkKind,
    /// The attestation key did not sign this.
    #[error("the attestation is not signed by the attestation key")]
    Signature,
    /// It speaks of another key.
    #[error("the attestation speaks of another key")]
    OtherKey,
    /// It was made for another request.
    #[error("the attestation was made for another request")]
    OtherRequest,
    /// The key could be taken to another TPM.
    #[error("the key can be moved out of the TPM")]
    KeyMovable,
    /// The key was made elsewhere and brought in.
    #[error("the key was made outside of the TPM")]
    KeyImported,
    /// Not an unrestricted ECDSA P-256 signing key.
    #[error("the key is no signing key for ECDSA P-256")]
    KeyKind,
    /// The signing request is for another key.
    #[error("the signing request is for another key than the attested one")]
    RequestKey,
}

impl AttestError {
    /// The stable code under which `docs/failures.md` explains this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "attest.malformed",
            Self::MakersUnreadable => "attest.makers_unreadable",
            Self::MakerUnknown => "attest.maker_unknown",
            Self::EkDiffers => "attest.ek_differs",
            Self::EkKind => "attest.ek_kind",
            Self::AkKind => "attest.ak_kind",
            Self::Signature => "attest.signature",
            Self::OtherKey => "attest.other_key",
            Self::OtherRequest => "attest.other_request",
            Self::KeyMovable => "attest.key_movable",
            Self::KeyImported => "attest.key_imported",
            Self::KeyKind => "attest.key_kind",
            Self::RequestKey => "attest.request_key",
        }
    }
}
