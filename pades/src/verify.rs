//! One signature over one message: from an X.509 public key and an algorithm identifier to ring.

use der::asn1::ObjectIdentifier;
use der::{Any, Sequence};
use ring::digest::{self, Digest};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::oids;

/// Why a signature was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// An algorithm or key that is too weak, or that we do not know.
    Unsupported,
    /// It does not verify.
    Wrong,
}

/// A hash by its identifier; SHA-1 and MD5 are not among them.
pub(crate) fn hash(
    algorithm: &AlgorithmIdentifierOwned,
) -> Result<&'static digest::Algorithm, SignatureFault> {
    match algorithm.oid {
        oids::SHA256 => Ok(&digest::SHA256),
        oids::SHA384 => Ok(&digest::SHA384),
        oids::SHA512 => Ok(&digest::SHA512),
        _ => Err(SignatureFault::Unsupported),
    }
}

/// The hash of several pieces, one after the other.
pub(crate) fn digest_of(algorithm: &'static digest::Algorithm, pieces: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(algorithm);
    for piece in pieces {
        context.update(piece);
    }
    context.finish()
}

/// Checks `signature` over `message`. `digest_algorithm` is what the signer named beside it, used where
/// the signature algorithm itself names no hash (RFC 5652 §5.3, rsaEncryption).
pub(crate) fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest_algorithm: Option<&AlgorithmIdentifierOwned>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let ring_algorithm: &dyn VerificationAlgorithm = match key.algorithm.oid {
        oids::RSA => rsa(algorithm, digest_algorithm)?,
        oids::EC_KEY => ecdsa(key, algorithm)?,
        _ => return Err(SignatureFault::Unsupported),
    };
    let bytes = key
        .subject_public_key
        .as_bytes()
        .ok_or(SignatureFault::Unsupported)?;
    UnparsedPublicKey::new(ring_algorithm, bytes)
        .verify(message, signature)
        .map_err(|_| SignatureFault::Wrong)
}

fn rsa(
    algorithm: &AlgorithmIdentifierOwned,
    digest_algorithm: Option<&AlgorithmIdentifierOwned>,
) -> Result<&'static signature::RsaParameters, SignatureFault> {
    let hash_oid = match algorithm.oid {
        oids::RSA_SHA256 => oids::SHA256,
        oids::RSA_SHA384 => oids::SHA384,
        oids::RSA_SHA512 => oids::SHA512,
        oids::RSA => digest_algorithm.ok_or(SignatureFault::Unsupported)?.oid,
        oids::RSA_PSS => {
            return match pss_hash(algorithm)? {
                oids::SHA256 => Ok(&signature::RSA_PSS_2048_8192_SHA256),
                oids::SHA384 => Ok(&signature::RSA_PSS_2048_8192_SHA384),
                oids::SHA512 => Ok(&signature::RSA_PSS_2048_8192_SHA512),
                _ => Err(SignatureFault::Unsupported),
            };
        }
        _ => return Err(SignatureFault::Unsupported),
    };
    match hash_oid {
        oids::SHA256 => Ok(&signature::RSA_PKCS1_2048_8192_SHA256),
        oids::SHA384 => Ok(&signature::RSA_PKCS1_2048_8192_SHA384),
        oids::SHA512 => Ok(&signature::RSA_PKCS1_2048_8192_SHA512),
        _ => Err(SignatureFault::Unsupported),
    }
}

// RFC 8017 appendix A.2.3. The defaults (SHA-1) are never acceptable, so all fields must stand there.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    salt_length: u32,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

/// The hash of PSS parameters that ring can check: MGF1 with the same hash, salt as long as the hash.
fn pss_hash(algorithm: &AlgorithmIdentifierOwned) -> Result<ObjectIdentifier, SignatureFault> {
    let unsupported = SignatureFault::Unsupported;
    let parameters = algorithm.parameters.as_ref().ok_or(unsupported)?;
    let parameters: PssParameters = parameters.decode_as().map_err(|_| unsupported)?;
    let mask_hash: AlgorithmIdentifierOwned = parameters
        .mask
        .parameters
        .as_ref()
        .ok_or(unsupported)?
        .decode_as()
        .map_err(|_| unsupported)?;
    let length = hash(&parameters.hash)?.output_len();
    let fits = parameters.mask.oid == oids::MGF1
        && mask_hash.oid == parameters.hash.oid
        && usize::try_from(parameters.salt_length) == Ok(length)
        && parameters.trailer.is_none_or(|trailer| trailer == 1);
    fits.then_some(parameters.hash.oid).ok_or(unsupported)
}

fn ecdsa(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
) -> Result<&'static signature::EcdsaVerificationAlgorithm, SignatureFault> {
    let curve = key
        .algorithm
        .parameters
        .as_ref()
        .and_then(|any: &Any| any.decode_as().ok());
    match (curve, algorithm.oid) {
        (Some(oids::P256), oids::ECDSA_SHA256) => Ok(&signature::ECDSA_P256_SHA256_ASN1),
        (Some(oids::P256), oids::ECDSA_SHA384) => Ok(&signature::ECDSA_P256_SHA384_ASN1),
        (Some(oids::P384), oids::ECDSA_SHA256) => Ok(&signature::ECDSA_P384_SHA256_ASN1),
        (Some(oids::P384), oids::ECDSA_SHA384) => Ok(&signature::ECDSA_P384_SHA384_ASN1),
        _ => Err(SignatureFault::Unsupported),
    }
}
