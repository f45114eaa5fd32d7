//! Keys that are read wrong would sign wrong: what is accepted, and what is not.
#![expect(clippy::unwrap_used, reason = "tests")]

use rand_core::{OsRng, TryRngCore as _};

use super::*;

/// RFC 8032 §7.1, test 2.
const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

#[test]
fn ed25519_is_that_of_the_standard() {
    let seed: [u8; 32] = hex::decode(SEED).unwrap().try_into().unwrap();
    let key = ReceiptKey::from_seed(Zeroizing::new(seed)).unwrap();
    assert_eq!(hex::encode(key.public_key().as_bytes()), PUBLIC);
    assert_eq!(hex::encode(key.sign(&[0x72])), SIGNATURE);
    assert!(
        key.public_key()
            .verify(&[0x72], &hex::decode(SIGNATURE).unwrap())
    );
    assert!(
        !key.public_key()
            .verify(&[0x73], &hex::decode(SIGNATURE).unwrap())
    );
    assert!(!key.public_key().verify(&[0x72], &[]));
}

#[test]
fn keys_survive_their_own_pem() {
    let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
    let again = ReceiptKey::from_pem(key.to_pem().as_bytes()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    let public = VerifierPublicKey::from_pem(key.public_key().to_pem().as_bytes()).unwrap();
    assert_eq!(public, *key.public_key());
}

#[test]
fn other_things_are_not_keys() {
    let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
    let (secret, public) = (key.to_pem(), key.public_key().to_pem());
    let p256 = rcgen::KeyPair::generate().unwrap();
    let long = "x".repeat(MAX_KEY_FILE_BYTES as usize + 1);
    for wrong in ["", "hello", &public, &p256.serialize_pem(), &long] {
        assert!(matches!(
            ReceiptKey::from_pem(wrong.as_bytes()),
            Err(KeyError::Malformed)
        ));
    }
    for wrong in ["", "hello", &**secret, &p256.public_key_pem(), &long] {
        assert!(matches!(
            VerifierPublicKey::from_pem(wrong.as_bytes()),
            Err(KeyError::Malformed)
        ));
    }
    for wrong in [secret.as_str(), &long] {
        assert!(matches!(
            FileKey::from_pem(wrong.as_bytes(), b""),
            Err(KeyError::Malformed)
        ));
    }
    // An Ed25519 key one byte too long.
    let der = [&PKCS8_ED25519[..], &[7; 33]].concat();
    assert!(matches!(
        ReceiptKey::from_pem(pem("PRIVATE KEY", &der).as_bytes()),
        Err(KeyError::Malformed)
    ));
}

#[test]
fn a_key_prints_nothing() {
    let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
    assert_eq!(format!("{key:?}"), "ReceiptKey(..)");
}
