//! How a TPM proves to a stranger that a key was made in it and cannot leave it.
//!
//! Three things are shown: the endorsement certificate, by which the maker says "this is a TPM of ours";
//! an attestation key's signature over the signing key's name and attributes (TPM2_Certify); and that
//! endorsement key and attestation key sit in one TPM, by opening what only that pair can open
//! (TPM2_ActivateCredential). TPM 2.0 part 1 §24, part 3 §12.5 and §18.2.

use tss_esapi::Context;
use tss_esapi::abstraction::{AsymmetricAlgorithmSelection, ek};
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{AuthHandle, KeyHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{
    Data, EncryptedSecret, IdObject, Nonce, SignatureScheme, SymmetricDefinition,
};
use tss_esapi::traits::Marshall as _;
use zeroize::Zeroizing;

use super::{TpmKey, create_under, fault, load, signature_der, storage_primary, talk, template};
use crate::error::PlaceError;
use crate::record::Wrapped;

/// The endorsement keys that makers certify, the commonest first (EK Credential Profile 2.5 §2.2.1.4).
const KINDS: [AsymmetricAlgorithmSelection; 2] = [
    AsymmetricAlgorithmSelection::Rsa(RsaKeyBits::Rsa2048),
    AsymmetricAlgorithmSelection::Ecc(EccCurve::NistP256),
];

/// What a TPM says about one of its keys. It proves nothing before somebody has checked it.
#[derive(Debug, Clone)]
pub struct Attestation {
    /// The maker's X.509 certificate of the endorsement key, DER.
    pub ek_certificate: Vec<u8>,
    /// TPMT_PUBLIC of the endorsement key.
    pub ek_public: Vec<u8>,
    /// TPMT_PUBLIC of the attestation key.
    pub ak_public: Vec<u8>,
    /// TPMT_PUBLIC of the signing key.
    pub key_public: Vec<u8>,
    /// TPMS_ATTEST of the signing key.
    pub certify_info: Vec<u8>,
    /// The attestation key's ECDSA signature over `certify_info`, ASN.1 DER.
    pub certify_signature: Vec<u8>,
}

/// What the other side made for this TPM alone (TPM2_MakeCredential).
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The content of TPM2B_ID_OBJECT.
    pub credential: Vec<u8>,
    /// The content of TPM2B_ENCRYPTED_SECRET.
    pub secret: Vec<u8>,
}

impl TpmKey {
    /// Lets the TPM tell about this key; `about` binds the telling to one request. The attestation key
    /// is made for the occasion and returned wrapped, for [`TpmKey::activate`].
    ///
    /// # Errors
    /// See [`PlaceError`]; a TPM without a maker's certificate cannot attest.
    pub fn attest(&self, about: &[u8; 32]) -> Result<(Attestation, Wrapped), PlaceError> {
        talk(&self.tcti, |context| {
            let (kind, ek_certificate) = maker_certificate(context)?;
            let public = ek::create_ek_public_from_default_template_2(kind, None).map_err(fault)?;
            let made = context
                .create_primary(Hierarchy::Endorsement, public, None, None, None, None)
                .map_err(fault)?;
            context
                .flush_context(made.key_handle.into())
                .map_err(fault)?;
            let ek_public = made.out_public.marshall().map_err(fault)?;

            let primary = storage_primary(context)?;
            let ak = create_under(context, primary, template::signing_key(true)?)?;
            let ak_handle = load(context, &ak)?;
            let key_handle = load(context, &self.wrapped)?;
            let about = Data::try_from(about.as_slice()).map_err(fault)?;
            let both = (
                Some(AuthSession::Password),
                Some(AuthSession::Password),
                None,
            );
            let told = context.execute_with_sessions(both, |context| {
                context.certify(key_handle.into(), ak_handle, about, SignatureScheme::Null)
            });
            for handle in [key_handle, ak_handle] {
                context.flush_context(handle.into()).map_err(fault)?;
            }
            let (info, signature) = told.map_err(fault)?;
            let attestation = Attestation {
                ek_certificate,
                ek_public,
                ak_public: ak.public.clone(),
                key_public: self.wrapped.public.clone(),
                certify_info: info.marshall().map_err(fault)?,
                certify_signature: signature_der(&signature)?,
            };
            Ok((attestation, ak))
        })
    }

    /// Opens a challenge, which only the TPM that holds both the endorsement and this attestation key can.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn activate(
        &self,
        ak: &Wrapped,
        challenge: &Challenge,
    ) -> Result<Zeroizing<Vec<u8>>, PlaceError> {
        let credential = IdObject::try_from(challenge.credential.as_slice()).map_err(fault)?;
        let secret = EncryptedSecret::try_from(challenge.secret.as_slice()).map_err(fault)?;
        talk(&self.tcti, |context| {
            let (kind, _) = maker_certificate(context)?;
            let ak_handle = load(context, ak)?;
            let ek_handle = context
                .execute_without_session(|context| ek::create_ek_object_2(context, kind, None))
                .map_err(fault)?;
            let policy = endorsement_session(context)?;
            let sessions = (
                Some(AuthSession::Password),
                Some(AuthSession::PolicySession(policy)),
                None,
            );
            let opened = context.execute_with_sessions(sessions, |context| {
                context.activate_credential(ak_handle, ek_handle, credential, secret)
            });
            for handle in [ek_handle, ak_handle] {
                context.flush_context(handle.into()).map_err(fault)?;
            }
            let session = SessionHandle::from(policy);
            context.flush_context(session.into()).map_err(fault)?;
            Ok(Zeroizing::new(opened.map_err(fault)?.value().to_vec()))
        })
    }
}

/// The maker's certificate out of the TPM's own memory, and of which kind of endorsement key it is.
fn maker_certificate(
    context: &mut Context,
) -> Result<(AsymmetricAlgorithmSelection, Vec<u8>), PlaceError> {
    for kind in KINDS {
        let read =
            context.execute_without_session(|context| ek::retrieve_ek_pubcert(context, kind));
        if let Ok(certificate) = read {
            return Ok((kind, whole_der(certificate)));
        }
    }
    Err(PlaceError::Tpm(
        "there is no maker's certificate in the TPM".to_owned(),
    ))
}

/// Some makers fill the rest of the memory with 0xff or 0x00; a certificate says itself how long it is.
fn whole_der(mut content: Vec<u8>) -> Vec<u8> {
    if let [0x30, 0x82, high, low, ..] = content.as_slice() {
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        content.truncate(length);
    }
    content
}

/// The endorsement key is used under PolicySecret of its hierarchy (EK Credential Profile 2.5 §B.6.2).
fn endorsement_session(context: &mut Context) -> Result<PolicySession, PlaceError> {
    let session = context
        .execute_without_session(|context| {
            context.start_auth_session(
                None::<KeyHandle>,
                None,
                None,
                SessionType::Policy,
                SymmetricDefinition::AES_128_CFB,
                HashingAlgorithm::Sha256,
            )
        })
        .map_err(fault)?
        .ok_or_else(|| PlaceError::Tpm("no session".to_owned()))?;
    let policy = PolicySession::try_from(session).map_err(fault)?;
    context
        .policy_secret(
            policy,
            AuthHandle::Endorsement,
            Nonce::default(),
            Default::default(),
            Nonce::default(),
            None,
        )
        .map_err(fault)?;
    Ok(policy)
}
