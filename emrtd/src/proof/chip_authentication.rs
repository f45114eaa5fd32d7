//! Which ways of chip authentication DG14 offers, and which of them this crate can compute
//! (ICAO 9303-11 §6.2): asked by the reader before, and by whoever checks afterwards.

use crate::access::agreement::Agreement;
use crate::lds::dg14::{self, SecurityInfos};
use crate::secure_messaging::Cipher;

/// One way in which this chip can be asked.
pub(crate) struct Choice {
    pub(crate) protocol: String,
    pub(crate) cipher: Cipher,
    pub(crate) template: Template,
    pub(crate) key_id: Option<u64>,
    pub(crate) group: Agreement,
    /// The chip's key.
    pub(crate) public: Vec<u8>,
}

/// How the question is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    /// MSE:Set KAT, all in one command; with 3DES only (ICAO 9303-11 §6.2.4.1).
    KeyAgreement,
    /// MSE:Set AT, then GENERAL AUTHENTICATE (ICAO 9303-11 §6.2.4.2).
    Authentication,
}

/// Does DG14 offer chip authentication in a form that this crate can compute?
///
/// Desk and verifier ask the same question of the same signed bytes, so that a form unknown here is
/// never taken for a copy.
pub(crate) fn is_spoken(infos: &SecurityInfos) -> bool {
    !choices(infos).is_empty()
}

/// Every protocol with the key that goes with it; AES before 3DES, curves before prime fields.
pub(crate) fn choices(infos: &SecurityInfos) -> Vec<Choice> {
    let mut choices = Vec::new();
    for way in infos.chip_authentications() {
        let Some(cipher) = cipher(&way.protocol) else {
            continue;
        };
        // Chips that name 3DES take either form, or only one of the two.
        let templates: &[Template] = match (cipher, way.named) {
            (Cipher::TripleDes, false) => &[Template::KeyAgreement],
            (Cipher::TripleDes, true) => &[Template::KeyAgreement, Template::Authentication],
            _ => &[Template::Authentication],
        };
        let curve = way.agreement == dg14::Agreement::Ecdh;
        for template in templates {
            let Ok((group, public)) = Agreement::from_spki(way.public_key, curve) else {
                continue;
            };
            choices.push(Choice {
                protocol: way.protocol.clone(),
                cipher,
                template: *template,
                key_id: way.key_id,
                group,
                public,
            });
        }
    }
    choices.sort_by_key(|choice| (choice.cipher == Cipher::TripleDes, !choice.group.is_curve()));
    choices
}

/// By the last arc, TR-03110-3 §A.1.1.1.
pub(crate) fn cipher(protocol: &str) -> Option<Cipher> {
    Cipher::from_arc(protocol.rsplit('.').next()?.parse().ok()?)
}
