//! What the TPM is asked to make: the storage primary, the signing key, the attestation key.

use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::structures::{
    EccParameter, EccPoint, EccScheme, HashScheme, KeyDerivationFunctionScheme, Public,
    PublicBuilder, PublicEccParametersBuilder, SymmetricDefinitionObject,
};

use super::fault;
use crate::error::PlaceError;

/// The storage root key of ECC P-256 (TCG TPM v2.0 Provisioning Guidance §7.5.1, EK Credential Profile
/// template of the low range): restricted, decrypt only.
pub(super) fn storage() -> Result<Public, PlaceError> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .with_restricted(true)
        .with_decrypt(true)
        .build()
        .map_err(fault)?;
    let parameters = PublicEccParametersBuilder::new_restricted_decryption_key(
        SymmetricDefinitionObject::AES_128_CFB,
        EccCurve::NistP256,
    );
    let zeroes = || EccParameter::try_from(vec![0_u8; 32]).map_err(fault);
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters.build().map_err(fault)?)
        .with_ecc_unique_identifier(EccPoint::new(zeroes()?, zeroes()?))
        .build()
        .map_err(fault)
}

/// ECDSA P-256 with SHA-256, made in this TPM and never to leave it. A restricted one signs only what
/// the TPM itself composed: that is an attestation key.
pub(super) fn signing_key(restricted: bool) -> Result<Public, PlaceError> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_restricted(restricted)
        .with_sign_encrypt(true)
        .build()
        .map_err(fault)?;
    let scheme = EccScheme::EcDsa(HashScheme::new(HashingAlgorithm::Sha256));
    let parameters = PublicEccParametersBuilder::new()
        .with_ecc_scheme(scheme)
        .with_curve(EccCurve::NistP256)
        .with_key_derivation_function_scheme(KeyDerivationFunctionScheme::Null)
        .with_symmetric(SymmetricDefinitionObject::Null)
        .with_is_signing_key(true)
        .with_restricted(restricted)
        .build()
        .map_err(fault)?;
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters)
        .with_ecc_unique_identifier(EccPoint::default())
        .build()
        .map_err(fault)
}
