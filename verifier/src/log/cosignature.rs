//! Cosignatures: a witness's word that it saw this head, and that it was consistent with all it saw before.
//!
//! C2SP tlog-cosignature, the Ed25519 form `cosignature/v1`. The newer ML-DSA form is not spoken here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use signed_note::{Note, Signature, Verifier, VerifierList, is_key_name_valid, key_id};

use super::LogError;

/// Signature type of an Ed25519 cosignature. C2SP tlog-cosignature §"Format"
const ALG_COSIGNATURE: u8 = 4;
/// timestamped_signature: eight bytes of time, then the signature.
const TIMESTAMPED: usize = 8 + 64;

/// A witness as others know it: its name and public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    name: String,
    id: u32,
    public: [u8; 32],
}

impl Cosigner {
    /// Reads a witness's vkey: `name+id+base64(04 ‖ public key)`.
    pub fn parse(vkey: &str) -> Result<Self, LogError> {
        let (name, rest) = vkey.trim().split_once('+').ok_or(LogError::Key)?;
        let (id, key) = rest.split_once('+').ok_or(LogError::Key)?;
        let key = BASE64.decode(key).map_err(|_| LogError::Key)?;
        let [ALG_COSIGNATURE, public @ ..] = key.as_slice() else {
            return Err(LogError::Key);
        };
        let cosigner = Self::new(name, public.try_into().map_err(|_| LogError::Key)?)?;
        if id.len() == 8 && id == format!("{:08x}", cosigner.id) {
            Ok(cosigner)
        } else {
            Err(LogError::Key)
        }
    }

    pub(crate) fn new(name: &str, public: [u8; 32]) -> Result<Self, LogError> {
        if !is_key_name_valid(name) || name.contains(char::is_control) {
            return Err(LogError::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            id: key_id(name, &key_bytes(&public)),
            public,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text by which this witness is made known.
    pub fn vkey(&self) -> String {
        format!(
            "{}+{:08x}+{}",
            self.name,
            self.id,
            BASE64.encode(key_bytes(&self.public))
        )
    }

    /// The line with which this witness cosigned a note, and when, in seconds since 1970. `None` when it did not.
    pub fn cosigned(&self, note: &[u8]) -> Option<(String, u64)> {
        let note = Note::from_bytes(note).ok()?;
        let known = VerifierList::new(vec![Box::new(self.clone())]);
        let (good, _) = note.verify(&known).ok()?;
        let signature = good.first()?;
        let line = String::from_utf8(signature.to_bytes()).ok()?;
        Some((line, time(signature.signature())?))
    }

    /// Two vkeys of one key are one witness, whatever their names.
    pub(crate) fn same_key(&self, other: &Self) -> bool {
        self.public == other.public
    }
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some(at) = time(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(&message(at, text), &signature[8..])
            .is_ok()
    }
}

/// The hand of a witness.
pub(crate) struct CosigningKey {
    pair: Ed25519KeyPair,
    public: Cosigner,
}

impl CosigningKey {
    pub(crate) fn new(name: &str, seed: &[u8; 32]) -> Result<Self, LogError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| LogError::Key)?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| LogError::Key)?;
        Ok(Self {
            public: Cosigner::new(name, public)?,
            pair,
        })
    }

    pub(crate) fn cosigner(&self) -> &Cosigner {
        &self.public
    }

    /// One signature line over a note's text. `at` is in seconds since 1970.
    pub(crate) fn cosign(&self, text: &[u8], at: u64) -> String {
        let signature = self.pair.sign(&message(at, text));
        let stamped = [&at.to_be_bytes(), signature.as_ref()].concat();
        let line = Signature::new(self.public.name.clone(), self.public.id, stamped)
            .expect("the name was checked when the key was read");
        String::from_utf8(line.to_bytes()).expect("a signature line is text")
    }
}

fn key_bytes(public: &[u8; 32]) -> Vec<u8> {
    [&[ALG_COSIGNATURE], public.as_slice()].concat()
}

fn message(at: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {at}\n").as_bytes(), text].concat()
}

fn time(signature: &[u8]) -> Option<u64> {
    if signature.len() != TIMESTAMPED {
        return None;
    }
    let at = u64::from_be_bytes(signature[..8].try_into().ok()?);
    // It MUST NOT exceed 2^63 - 1. C2SP tlog-cosignature §"Format"
    (at <= i64::MAX as u64).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8032 §7.1 test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    fn key(name: &str) -> CosigningKey {
        let seed: [u8; 32] = hex::decode(SEED).unwrap().try_into().unwrap();
        CosigningKey::new(name, &seed).unwrap()
    }

    #[test]
    fn a_cosignature_is_over_time_and_text_and_by_one_key() {
        let key = key("witness.example/w1");
        let text = "niem.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let line = key.cosign(text.as_bytes(), 1_679_315_147);
        let note = format!("{text}\n{line}");
        let cosigner = Cosigner::parse(&key.cosigner().vkey()).unwrap();
        assert_eq!(
            cosigner.cosigned(note.as_bytes()),
            Some((line.clone(), 1_679_315_147))
        );
        // What was signed, put together by hand from the specification.
        let bytes = BASE64
            .decode(line.trim_end().rsplit(' ').next().unwrap())
            .unwrap();
        assert_eq!(bytes.len(), 4 + 8 + 64);
        assert_eq!(bytes[4..12], 1_679_315_147_u64.to_be_bytes());
        let signed = format!("cosignature/v1\ntime 1679315147\n{text}");
        let public =
            hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
                .unwrap();
        UnparsedPublicKey::new(&ED25519, public)
            .verify(signed.as_bytes(), &bytes[12..])
            .unwrap();

        for spoilt in [
            note.replacen("\n0\n", "\n1\n", 1),
            note.replace("w1", "w2"),
            text.to_owned() + "\n",
        ] {
            assert_eq!(cosigner.cosigned(spoilt.as_bytes()), None, "{spoilt}");
        }
        // Another time under the same signature.
        let mut moved = bytes;
        moved[11] ^= 1;
        let moved = format!("{text}\n— witness.example/w1 {}\n", BASE64.encode(moved));
        assert_eq!(cosigner.cosigned(moved.as_bytes()), None);
    }

    #[test]
    fn a_log_key_or_a_broken_key_is_no_witness() {
        let vkey = key("w").cosigner().vkey();
        assert!(Cosigner::parse(&vkey).is_ok());
        let log = crate::log::vkey("w", &[7; 32]);
        for wrong in [log.as_str(), "", "w", "w+00000000", &vkey[..vkey.len() - 4]] {
            assert_eq!(Cosigner::parse(wrong), Err(LogError::Key), "{wrong}");
        }
        let other_name = vkey.replacen('w', "v", 1);
        assert_eq!(Cosigner::parse(&other_name), Err(LogError::Key));
    }
}
