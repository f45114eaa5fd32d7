//! Chip authentication, version 1: only a chip that holds the key of DG14 can talk on afterwards
//! (ICAO 9303-11 §6.2).

use rand_core::CryptoRng;

use super::{ReadError, SecureChip};
use crate::access::agreement::KeyPair;
use crate::apdu::Command;
use crate::evidence::ChipAuthWitness;
use crate::lds::dg14::SecurityInfos;
use crate::lds::oid;
use crate::proof::chip_authentication::{Choice, Template, choices};
use crate::proof::mapping;
use crate::secure_messaging::Session;
use crate::tlv;
use crate::transport::Transport;

/// What came of asking.
struct Authenticated {
    witness: ChipAuthWitness,
    /// Our key of this run, as terminal authentication signs it.
    terminal_key: Vec<u8>,
}

impl<T: Transport> SecureChip<T> {
    /// Runs chip authentication when DG14 offers it in a form known here and the chip goes along.
    ///
    /// A chip that refuses is read on without a witness; what to think of that is for the checker.
    /// One that has proved the same key within PACE is spared: it would prove nothing new, and the
    /// keys of the session are fresh as they are.
    pub(super) fn authenticate_chip(
        &mut self,
        dg14: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<ChipAuthWitness>, ReadError> {
        if let Some(witness) = &self.mapping
            && mapping::proves_key_of(witness, dg14)
        {
            self.dg14 = Some(dg14.to_vec());
            return Ok(None);
        }
        self.run_chip_authentication(dg14, rng)
    }

    pub(super) fn run_chip_authentication(
        &mut self,
        dg14: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<ChipAuthWitness>, ReadError> {
        let done = run(self, dg14, rng)?;
        let (witness, terminal_key) = done.map(|done| (done.witness, done.terminal_key)).unzip();
        self.terminal_key = terminal_key;
        self.newly_keyed = witness.is_some();
        self.dg14 = witness.is_some().then(|| dg14.to_vec());
        Ok(witness)
    }
}

/// Changes the keys of the session to ones that only the holder of the DG14 key can know.
///
/// `None` when DG14 offers nothing that can be done here, or when the chip refused it.
fn run<T: Transport>(
    chip: &mut SecureChip<T>,
    dg14: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Option<Authenticated>, ReadError> {
    let Ok(infos) = SecurityInfos::from_dg14(dg14) else {
        // For the checker to complain about; the file itself is evidence.
        return Ok(None);
    };
    for choice in choices(&infos) {
        let Ok(own) = choice.group.key_pair(rng) else {
            continue;
        };
        let Ok(secret) = choice.group.shared(&own, &choice.public) else {
            continue;
        };
        let asked = match chip.once_more(rng, |chip| ask(chip, &choice, &own)) {
            Err(ReadError::SessionLost { .. }) => false,
            other => other?,
        };
        if asked {
            chip.wire.begin(Session::derive(choice.cipher, &secret));
            return Ok(Some(Authenticated {
                witness: ChipAuthWitness {
                    protocol: choice.protocol,
                    key_id: choice.key_id,
                },
                terminal_key: choice.group.compressed(&own.public),
            }));
        }
    }
    Ok(None)
}

/// Sends our public key; true when the chip accepted it and will use the new keys.
///
/// A public key of a prime field does not fit a short command; the extended form is then used of
/// itself.
fn ask<T: Transport>(
    chip: &mut SecureChip<T>,
    choice: &Choice,
    own: &KeyPair,
) -> Result<bool, ReadError> {
    let key_id = choice.key_id.map(reference);
    if choice.template == Template::KeyAgreement {
        let mut data = tlv::encode(0x91, &own.public);
        if let Some(id) = key_id {
            tlv::append(&mut data, 0x84, &id);
        }
        let command = Command::new(0, 0x22, 0x41, 0xA6).data(data);
        return Ok(chip.send(&command)?.status.is_ok());
    }
    let mut data = tlv::encode(0x80, &oid::from_dots(&choice.protocol));
    if let Some(id) = key_id {
        tlv::append(&mut data, 0x84, &id);
    }
    let command = Command::new(0, 0x22, 0x41, 0xA4).data(data);
    if !chip.send(&command)?.status.is_ok() {
        return Ok(false);
    }
    let data = tlv::encode(0x7C, &tlv::encode(0x80, &own.public));
    let command = Command::new(0, 0x86, 0, 0).data(data).le(256);
    Ok(chip.send(&command)?.status.is_ok())
}

/// The number of a key as DO'84' carries it: unsigned, without leading zeros.
fn reference(id: u64) -> Vec<u8> {
    let octets = id.to_be_bytes();
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(7);
    octets[start..].to_vec()
}

#[cfg(test)]
mod tests;
