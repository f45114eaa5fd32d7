//! Chip authentication, version 1: only a chip that holds the key of DG14 can talk on afterwards
//! (ICAO 9303-11 §6.2).

use rand_core::CryptoRng;

use super::{ReadError, SecureChip};
use crate::access::agreement::{Agreement, KeyPair};
use crate::access::security_info::{ChipAuthKey, SecurityInfos, dotted};
use crate::apdu::Command;
use crate::evidence::ChipAuthWitness;
use crate::secure_messaging::{Cipher, Session};
use crate::tlv;
use crate::transport::Transport;

/// One way in which this chip can be asked.
struct Choice<'a> {
    oid: Vec<u8>,
    cipher: Cipher,
    key: &'a ChipAuthKey,
}

/// Changes the keys of the session to ones that only the holder of the DG14 key can know.
///
/// `None` when DG14 offers nothing that can be done here, or when the chip refused it.
pub(super) fn run<T: Transport>(
    chip: &mut SecureChip<T>,
    dg14: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Option<ChipAuthWitness>, ReadError> {
    let Ok(infos) = tlv::only(dg14, 0x6E).and_then(SecurityInfos::read) else {
        // For the checker to complain about; the file itself is evidence.
        return Ok(None);
    };
    for choice in choices(&infos) {
        let Ok((group, public)) = Agreement::from_spki(&choice.key.spki, choice.key.curve) else {
            continue;
        };
        let Ok(own) = group.key_pair(rng) else {
            continue;
        };
        let Ok(secret) = group.shared(&own, &public) else {
            continue;
        };
        let asked = match chip.once_more(rng, |chip| ask(chip, &choice, &own)) {
            Err(ReadError::SessionLost { .. }) => false,
            other => other?,
        };
        if asked {
            chip.wire.begin(Session::derive(choice.cipher, &secret));
            return Ok(Some(ChipAuthWitness {
                protocol: dotted(&choice.oid),
                key_id: choice.key.key_id.as_deref().and_then(number),
            }));
        }
    }
    Ok(None)
}

/// Every protocol with the key that goes with it; AES before 3DES.
fn choices(infos: &SecurityInfos) -> Vec<Choice<'_>> {
    let mut choices = Vec::new();
    for key in &infos.chip_auth_keys {
        let mut named = false;
        for info in &infos.chip_auth {
            if info.curve == key.curve && (info.key_id == key.key_id || info.key_id.is_none()) {
                named = true;
                choices.push(Choice {
                    oid: info.oid.clone(),
                    cipher: info.cipher,
                    key,
                });
            }
        }
        if !named {
            // A key alone means 3DES (ICAO 9303-11 §9.2.6).
            let group = if key.curve { 2 } else { 1 };
            choices.push(Choice {
                oid: vec![0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, group, 1],
                cipher: Cipher::TripleDes,
                key,
            });
        }
    }
    choices.sort_by_key(|choice| (choice.cipher == Cipher::TripleDes, !choice.key.curve));
    choices
}

/// Sends our public key; true when the chip accepted it and will use the new keys.
fn ask<T: Transport>(
    chip: &mut SecureChip<T>,
    choice: &Choice<'_>,
    own: &KeyPair,
) -> Result<bool, ReadError> {
    let key_id = choice.key.key_id.as_deref();
    if choice.cipher == Cipher::TripleDes {
        // MSE:Set KAT, ICAO 9303-11 §6.2.4.1.
        let mut data = tlv::encode(0x91, &own.public);
        if let Some(id) = key_id {
            tlv::append(&mut data, 0x84, id);
        }
        let command = Command::new(0, 0x22, 0x41, 0xA6).data(data);
        return Ok(chip.send(&command)?.status.is_ok());
    }
    // MSE:Set AT and GENERAL AUTHENTICATE, ICAO 9303-11 §6.2.4.2.
    let mut data = tlv::encode(0x80, &choice.oid);
    if let Some(id) = key_id {
        tlv::append(&mut data, 0x84, id);
    }
    let command = Command::new(0, 0x22, 0x41, 0xA4).data(data);
    if !chip.send(&command)?.status.is_ok() {
        return Ok(false);
    }
    let data = tlv::encode(0x7C, &tlv::encode(0x80, &own.public));
    let command = Command::new(0, 0x86, 0, 0).data(data).le(256);
    Ok(chip.send(&command)?.status.is_ok())
}

fn number(id: &[u8]) -> Option<u64> {
    if id.len() > 8 {
        return None;
    }
    Some(id.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
}
