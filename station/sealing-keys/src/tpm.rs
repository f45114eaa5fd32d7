//! A signing key in a TPM 2.0: made there, wrapped by it, and used nowhere else.
//!
//! The key is a child of the storage primary, which the TPM derives anew from its own secret each time
//! (TCG TPM v2.0 Provisioning Guidance §7.5.1); on disk lies only the wrapped key, and another TPM cannot
//! open it. Every step opens the TPM, does its work and flushes what it loaded: a TPM has room for three
//! objects, and answers 0x902 (TPM_RC_OBJECT_MEMORY) when something was left behind.

mod attest;
mod template;

use std::fmt;
use std::str::FromStr as _;
use std::sync::{Mutex, PoisonError};

use bundle::KeyError;
use tss_esapi::constants::Tss2ResponseCodeKind;
use tss_esapi::constants::tss::{TPM2_RH_NULL, TPM2_ST_HASHCHECK};
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Digest, EccPoint, HashcheckTicket, Private, Public, Signature, SignatureScheme,
};
use tss_esapi::traits::{Marshall as _, UnMarshall as _};
use tss_esapi::tss2_esys::TPMT_TK_HASHCHECK;
use tss_esapi::{Context, TctiNameConf};

pub use attest::{Attestation, Challenge};

use crate::certified::{BareKey, to_der};
use crate::error::PlaceError;
use crate::record::Wrapped;

/// One conversation with the TPM at a time in this process; between processes the kernel's resource
/// manager (/dev/tpmrm0) keeps order.
static TALKING: Mutex<()> = Mutex::new(());

/// A key in a TPM. It holds the wrapped key only; the TPM is asked anew for every signature.
pub struct TpmKey {
    tcti: String,
    wrapped: Wrapped,
    point: [u8; 65],
}

impl TpmKey {
    /// Makes a key that never leaves this TPM: fixedTPM, fixedParent, sensitiveDataOrigin, sign.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn create(tcti: &str) -> Result<(Self, Wrapped), PlaceError> {
        let wrapped = talk(tcti, |context| {
            let primary = storage_primary(context)?;
            create_under(context, primary, template::signing_key(false)?)
        })?;
        Ok((Self::open(tcti, &wrapped)?, wrapped))
    }

    /// Opens a wrapped key: the TPM loads it once, so that one of another TPM is told here and not at
    /// the first signature.
    ///
    /// # Errors
    /// [`PlaceError::OtherTpm`], [`KeyError::Missing`] where no TPM answers.
    pub fn open(tcti: &str, wrapped: &Wrapped) -> Result<Self, PlaceError> {
        let point = match Public::unmarshall(&wrapped.public).map_err(fault)? {
            Public::Ecc { unique, .. } => point_of(&unique)?,
            _ => return Err(KeyError::Malformed.into()),
        };
        talk(tcti, |context| {
            let key = load(context, wrapped)?;
            context.flush_context(key.into()).map_err(fault)
        })?;
        Ok(Self {
            tcti: tcti.to_owned(),
            wrapped: wrapped.clone(),
            point,
        })
    }

    fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, PlaceError> {
        let digest = Digest::try_from(digest).map_err(fault)?;
        let signature = talk(&self.tcti, |context| {
            let key = load(context, &self.wrapped)?;
            // No ticket: the key is not restricted, so it signs digests that others computed.
            let unhashed = TPMT_TK_HASHCHECK {
                tag: TPM2_ST_HASHCHECK,
                hierarchy: TPM2_RH_NULL,
                digest: Default::default(),
            };
            let unhashed = HashcheckTicket::try_from(unhashed).map_err(fault)?;
            let signed = context.sign(key, digest, SignatureScheme::Null, unhashed);
            context.flush_context(key.into()).map_err(fault)?;
            signed.map_err(fault)
        })?;
        signature_der(&signature)
    }
}

impl BareKey for TpmKey {
    fn point(&self) -> &[u8; 65] {
        &self.point
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = ring::digest::digest(&ring::digest::SHA256, message);
        self.sign_digest(digest.as_ref())
            .map_err(|error| match error {
                PlaceError::Key(KeyError::Missing) => KeyError::Gone,
                PlaceError::Key(error) => error,
                other => KeyError::Refused {
                    detail: other.to_string(),
                },
            })
    }
}

impl fmt::Debug for TpmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TpmKey(..)")
    }
}

/// One conversation with the TPM. What is still loaded at its end is flushed when the context goes.
fn talk<T>(
    tcti: &str,
    work: impl FnOnce(&mut Context) -> Result<T, PlaceError>,
) -> Result<T, PlaceError> {
    let _turn = TALKING.lock().unwrap_or_else(PoisonError::into_inner);
    let place = TctiNameConf::from_str(tcti).map_err(|_| PlaceError::Tpm("tcti".to_owned()))?;
    let mut context = Context::new(place).map_err(|_| KeyError::Missing)?;
    context.set_sessions((Some(AuthSession::Password), None, None));
    work(&mut context)
}

/// The storage primary. It comes out the same each time until the owner clears the TPM.
fn storage_primary(context: &mut Context) -> Result<KeyHandle, PlaceError> {
    let made = context.create_primary(
        Hierarchy::Owner,
        template::storage()?,
        None,
        None,
        None,
        None,
    );
    Ok(made.map_err(fault)?.key_handle)
}

/// Makes an object under the primary, wrapped, and flushes the primary.
fn create_under(
    context: &mut Context,
    primary: KeyHandle,
    public: Public,
) -> Result<Wrapped, PlaceError> {
    let made = context.create(primary, public, None, None, None, None);
    context.flush_context(primary.into()).map_err(fault)?;
    let made = made.map_err(fault)?;
    Ok(Wrapped {
        public: made.out_public.marshall().map_err(fault)?,
        private: made.out_private.to_vec(),
    })
}

/// Loads a wrapped key; the caller flushes it. The primary is flushed here.
fn load(context: &mut Context, wrapped: &Wrapped) -> Result<KeyHandle, PlaceError> {
    let public = Public::unmarshall(&wrapped.public).map_err(fault)?;
    let private = Private::try_from(wrapped.private.as_slice()).map_err(fault)?;
    let primary = storage_primary(context)?;
    let loaded = context.load(primary, private, public);
    context.flush_context(primary.into()).map_err(fault)?;
    loaded.map_err(|error| match &error {
        // TPM 2.0 part 3 §12.2: the wrapping was not made by this TPM's primary, or was altered.
        tss_esapi::Error::Tss2Error(code)
            if code.kind() == Some(Tss2ResponseCodeKind::Integrity) =>
        {
            PlaceError::OtherTpm
        }
        _ => fault(error),
    })
}

/// What the TPM or its library said; it holds no secret.
fn fault(error: tss_esapi::Error) -> PlaceError {
    PlaceError::Tpm(error.to_string())
}

fn point_of(unique: &EccPoint) -> Result<[u8; 65], PlaceError> {
    let mut point = [0_u8; 65];
    point[0] = 4;
    for (number, place) in [(unique.x(), 1), (unique.y(), 33)] {
        let number = number.value();
        let start = 32_usize
            .checked_sub(number.len())
            .ok_or(KeyError::Malformed)?;
        point[place + start..place + 32].copy_from_slice(number);
    }
    Ok(point)
}

fn signature_der(signature: &Signature) -> Result<Vec<u8>, PlaceError> {
    let Signature::EcDsa(pair) = signature else {
        return Err(PlaceError::Tpm("a signature that is no ECDSA".to_owned()));
    };
    Ok(to_der(
        pair.signature_r().value(),
        pair.signature_s().value(),
    ))
}
