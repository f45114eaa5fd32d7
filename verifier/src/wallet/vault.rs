//! Each citizen's data key: what a wallet holds is encrypted under it, so that destroying the key is erasure.
//!
//! The data key lies wrapped under the verifier's master key. A citizen is known by an HMAC of the personal
//! number, so that the store alone cannot be searched for a person.

use std::sync::Arc;

use bundle::EntryId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::keys::{KeyFolder, KeysError};

/// The name of a citizen in the store: HMAC-SHA256 of the personal number under the verifier's key (D6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CitizenKey([u8; 32]);

impl CitizenKey {
    /// A citizen key as it was read back from the store.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A key under which one citizen's things are encrypted. No Debug; wiped when dropped.
pub(crate) struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
}

/// What a ciphertext is for; it opens as nothing else.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Record(EntryId),
    Document(EntryId, u32),
}

impl Purpose {
    fn label(self) -> Vec<u8> {
        match self {
            Self::Record(entry) => [b"niem-record-v1".as_slice(), entry.as_bytes()].concat(),
            Self::Document(entry, n) => [
                b"niem-document-v1".as_slice(),
                entry.as_bytes(),
                &n.to_be_bytes(),
            ]
            .concat(),
        }
    }
}

/// The ciphertext was altered, or it was made for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored ciphertext does not open")]
pub struct VaultError;

/// The two keys that belong to the verifier itself.
pub(crate) struct Vault {
    citizen: hmac::Key,
    master: LessSafeKey,
    sums: Arc<SumKeys>,
}

/// The keys under which a store keeps sums over its rows; derived from the master key.
pub(crate) struct SumKeys {
    row: hmac::Key,
    sums: LessSafeKey,
}

impl SumKeys {
    fn derive(master: &[u8; 32]) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let derived = |label: &[u8]| {
            let tag = hmac::sign(&master, label);
            let key: Zeroizing<[u8; 32]> =
                Zeroizing::new(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"));
            key
        };
        Self {
            row: hmac::Key::new(hmac::HMAC_SHA256, &*derived(b"niem-row-v1")),
            sums: aes(&derived(b"niem-sums-v1")),
        }
    }

    /// The tag of one row; nobody without the key can say it, so nobody can make up for a change.
    pub(crate) fn row(&self, row: &[u8]) -> [u8; 32] {
        hmac::sign(&self.row, row)
            .as_ref()
            .try_into()
            .expect("HMAC-SHA256 has 32 bytes")
    }

    pub(crate) fn seal(&self, sums: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.sums, b"niem-sums-v1", sums)
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        decrypt(&self.sums, b"niem-sums-v1", sealed)
    }
}

impl Vault {
    pub(crate) fn load(keys: &KeyFolder) -> Result<Self, KeysError> {
        let citizen = keys.key32("citizen.key")?;
        let master = keys.key32("master.key")?;
        Ok(Self {
            citizen: hmac::Key::new(hmac::HMAC_SHA256, &*citizen),
            master: aes(&master),
            sums: Arc::new(SumKeys::derive(&master)),
        })
    }

    pub(crate) fn sums(&self) -> Arc<SumKeys> {
        self.sums.clone()
    }

    pub(crate) fn citizen(&self, personal_id: &str) -> CitizenKey {
        let tag = hmac::sign(&self.citizen, personal_id.as_bytes());
        CitizenKey(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }

    pub(crate) fn new_data_key(&self) -> Result<DataKey, VaultError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        SystemRandom::new()
            .fill(&mut *bytes)
            .map_err(|_| VaultError)?;
        Ok(DataKey { bytes })
    }

    pub(crate) fn wrap(&self, key: &DataKey, citizen: &CitizenKey) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.master, &wrap_label(citizen), &*key.bytes)
    }

    pub(crate) fn unwrap(
        &self,
        wrapped: &[u8],
        citizen: &CitizenKey,
    ) -> Result<DataKey, VaultError> {
        let plain = decrypt(&self.master, &wrap_label(citizen), wrapped)?;
        let bytes = Zeroizing::new(plain.as_slice().try_into().map_err(|_| VaultError)?);
        Ok(DataKey { bytes })
    }
}

impl DataKey {
    pub(crate) fn encrypt(&self, purpose: Purpose, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&aes(&self.bytes), &purpose.label(), plain)
    }

    pub(crate) fn decrypt(
        &self,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        decrypt(&aes(&self.bytes), &purpose.label(), sealed)
    }
}

fn wrap_label(citizen: &CitizenKey) -> Vec<u8> {
    [b"niem-data-key-v1".as_slice(), &citizen.0].concat()
}

fn aes(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes"))
}

/// nonce ‖ ciphertext ‖ tag. NIST SP 800-38D §8.2.2: a random 96-bit nonce; a citizen's key never comes
/// near the 2^32 uses at which two of them might meet.
fn encrypt(key: &LessSafeKey, label: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0_u8; NONCE_LEN];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| VaultError)?;
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(plain);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(label), &mut out[NONCE_LEN..])
        .map_err(|_| VaultError)?;
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

fn decrypt(
    key: &LessSafeKey,
    label: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError)?;
    let mut buffer = Zeroizing::new(rest.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(label), &mut buffer)
        .map_err(|_| VaultError)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path());
        keys.init(
            "t",
            &["localhost".to_owned()],
            jiff::civil::date(2026, 1, 1),
        )
        .unwrap();
        Vault::load(&keys).unwrap()
    }

    #[test]
    fn a_ciphertext_opens_for_its_own_purpose_and_citizen_only() {
        let vault = vault();
        let (one, other) = (vault.citizen("001099000001"), vault.citizen("001099000002"));
        assert!(one != other && one == vault.citizen("001099000001"));
        let key = vault.new_data_key().unwrap();
        let wrapped = vault.wrap(&key, &one).unwrap();
        assert!(vault.unwrap(&wrapped, &other).is_err());
        let key = vault.unwrap(&wrapped, &one).unwrap();

        let entry = EntryId::at(jiff::Timestamp::now());
        let sealed = key.encrypt(Purpose::Document(entry, 0), b"paper").unwrap();
        assert_eq!(
            &**key.decrypt(Purpose::Document(entry, 0), &sealed).unwrap(),
            b"paper"
        );
        assert!(key.decrypt(Purpose::Document(entry, 1), &sealed).is_err());
        assert!(key.decrypt(Purpose::Record(entry), &sealed).is_err());
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert!(key.decrypt(Purpose::Document(entry, 0), &altered).is_err());
        assert!(
            key.decrypt(Purpose::Document(entry, 0), &sealed[..5])
                .is_err()
        );
    }
}
