//! The check itself: from what a TPM said to a key that is known to lie in it.

use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::UnixTime;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode as _, Reader as _, SliceReader};

use crate::AttestError;
use crate::credential::{Challenge, make_credential};
use crate::makers::MakerTrust;
use crate::wire::{Attest, Kind, Public};

/// What a desk sends about its key. It proves nothing before [`check`].
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// X.509, DER.
    pub ek_certificate: &'a [u8],
    /// TPMT_PUBLIC each.
    pub ek_public: &'a [u8],
    pub ak_public: &'a [u8],
    pub key_public: &'a [u8],
    /// TPMS_ATTEST.
    pub certify_info: &'a [u8],
    /// ECDSA over `certify_info`, ASN.1 DER.
    pub certify_signature: &'a [u8],
}

/// A key that an attestation key vouches for, and a genuine endorsement key. That the two sit in one TPM
/// is not shown yet: see [`Attested::challenge`].
#[derive(Debug, Clone)]
pub struct Attested {
    ek: Public,
    ak_name: [u8; 34],
}

/// Checks everything that can be checked without asking the TPM again. `about` is what the attestation
/// must have been made for, `request_point` the key of the signing request.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(
    evidence: &Evidence<'_>,
    makers: &MakerTrust,
    about: &[u8; 32],
    request_point: &[u8],
    at: UnixTime,
) -> Result<Attested, AttestError> {
    let ek = Public::read(evidence.ek_public, "ek_public")?;
    let ak = Public::read(evidence.ak_public, "ak_public")?;
    let key = Public::read(evidence.key_public, "key_public")?;
    let attest = Attest::read(evidence.certify_info)?;

    makers.believes(evidence.ek_certificate, at)?;
    if !is_of(evidence.ek_certificate, &ek.kind)? {
        return Err(AttestError::EkDiffers);
    }
    // EK Credential Profile §B.3: restricted decryption, or it would open challenges for anybody.
    if !(ek.is_fixed() && ek.was_made_here() && ek.is_restricted() && ek.decrypts() && !ek.signs())
    {
        return Err(AttestError::EkKind);
    }
    let Kind::P256 {
        point: ak_point,
        ecdsa_sha256: true,
    } = &ak.kind
    else {
        return Err(AttestError::AkKind);
    };
    // Part 1 §31.2: a restricted key never signs foreign bytes that begin like an attestation.
    if !(ak.is_fixed() && ak.was_made_here() && ak.is_restricted() && ak.signs() && !ak.decrypts())
    {
        return Err(AttestError::AkKind);
    }
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, ak_point)
        .verify(evidence.certify_info, evidence.certify_signature)
        .map_err(|_| AttestError::Signature)?;
    if attest.name != key.name() {
        return Err(AttestError::OtherKey);
    }
    if attest.about != about {
        return Err(AttestError::OtherRequest);
    }
    if !key.is_fixed() {
        return Err(AttestError::KeyMovable);
    }
    if !key.was_made_here() {
        return Err(AttestError::KeyImported);
    }
    let Kind::P256 {
        point,
        ecdsa_sha256: true,
    } = &key.kind
    else {
        return Err(AttestError::KeyKind);
    };
    if !key.signs() || key.decrypts() || key.is_restricted() {
        return Err(AttestError::KeyKind);
    }
    if point != request_point {
        return Err(AttestError::RequestKey);
    }
    Ok(Attested {
        ek,
        ak_name: *ak.name(),
    })
}

impl Attested {
    /// A secret that only the TPM can give back which holds both keys.
    ///
    /// # Errors
    /// [`AttestError::EkKind`] when the endorsement key is of a kind that nothing here encrypts to.
    pub fn challenge(
        &self,
        secret: &[u8; 32],
        random: &dyn SecureRandom,
    ) -> Result<Challenge, AttestError> {
        make_credential(&self.ek, &self.ak_name, secret, random)
    }
}

/// Whether the certificate names this very key.
fn is_of(certificate: &[u8], kind: &Kind) -> Result<bool, AttestError> {
    let malformed = |_| AttestError::Malformed("ek_certificate");
    let parsed = x509_cert::Certificate::from_der(certificate).map_err(malformed)?;
    let named = parsed
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    let named = named.raw_bytes();
    Ok(match kind {
        Kind::P256 { point, .. } => named == point,
        Kind::Rsa {
            modulus, exponent, ..
        } => {
            // RFC 8017 §A.1.1: SEQUENCE { modulus, publicExponent }.
            let mut reader = SliceReader::new(named).map_err(malformed)?;
            let (n, e) = reader
                .sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))
                .map_err(malformed)?;
            let mut wanted = [0_u8; 4];
            let e = e.as_bytes();
            let fits = e.len() <= 4;
            if fits {
                wanted[4 - e.len()..].copy_from_slice(e);
            }
            n.as_bytes() == modulus.as_slice() && fits && u32::from_be_bytes(wanted) == *exponent
        }
        Kind::OtherCurve => false,
    })
}

#[cfg(test)]
mod tests;
