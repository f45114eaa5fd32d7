//! PACE: a short password becomes strong keys (ICAO 9303-11 §4.4).
//!
//! Of what a chip offers, this is taken first: chip authentication mapping over curves, for it proves
//! the chip itself in the same exchanges; then generic mapping over curves, which nearly every chip
//! speaks best; then integrated mapping over curves; then prime fields, which cost the chip more time
//! for less strength. AES goes before 3DES whatever the mapping. A longer AES key costs nothing on
//! the wire and goes before a shorter one; a larger curve does cost time, so among equals the chip's
//! own order stays.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::agreement::mapping::{nonce_length, terminal_nonce_length};
use super::agreement::{Agreement, AgreementError};
use super::security_info::{Mapping, PaceInfo, dotted};
use super::{AccessError, AccessKey};
use crate::apdu::{Command, Status};
use crate::evidence::MappingWitness;
use crate::secure_messaging::cipher::unpad;
use crate::secure_messaging::{Cipher, Session};
use crate::tlv;
use crate::transport::Transport;
use crate::wire::Wire;

const SELECT: &str = "MSE:Set AT";
const NONCE: &str = "PACE nonce";
const MAP: &str = "PACE mapping";
const AGREE: &str = "PACE key agreement";
const PROVE: &str = "PACE token";

/// The longest nonce. The standard wants whole blocks and says no more (ICAO 9303-11 §4.4.3.3).
const LONGEST_NONCE: usize = 64;
/// The longest encrypted chip authentication data: a number modulo the order of P-521, padded.
const LONGEST_DATA: usize = 80;

impl AccessKey {
    /// The password's number, ICAO 9303-11 §4.4.4.1 DO'83'.
    fn reference(&self) -> u8 {
        match self {
            Self::Mrz(_) => 1,
            Self::Can(_) => 2,
        }
    }

    /// K_π = KDF(f(π), 3), ICAO 9303-11 §9.7.3.
    pub(crate) fn password_key(&self, cipher: Cipher) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Can(can) => cipher.derive(can.digits().as_bytes(), 3),
            Self::Mrz(mrz) => cipher.derive(&*mrz.digest(), 3),
        }
    }

    pub(super) fn wrong(&self, status: Status) -> AccessError {
        match self {
            Self::Can(_) => AccessError::WrongCan { status },
            Self::Mrz(_) => AccessError::WrongMrz { status },
        }
    }
}

/// What a run of PACE brought.
pub(super) struct Agreed {
    pub(super) session: Session,
    /// The chip's ephemeral key, compressed: what the chip is called in terminal authentication
    /// (TR-03110-3 §B.3).
    pub(super) identity: Vec<u8>,
    /// What the chip said to prove that it holds its own key; not checked yet.
    pub(super) mapping: Option<MappingWitness>,
}

/// Runs PACE in the best way that the chip offers and this crate speaks.
pub(super) fn run<T: Transport>(
    wire: &mut Wire<T>,
    offers: &[PaceInfo],
    key: &AccessKey,
    rng: &mut dyn CryptoRng,
) -> Result<Agreed, AccessError> {
    let mut refusal = AccessError::PaceUnsupported;
    for (offer, group) in choices(offers) {
        match set_template(wire, offer, key)? {
            Ok(()) => return agree(wire, offer, &group, key, rng),
            Err(status) => {
                refusal = AccessError::Refused {
                    step: SELECT,
                    status,
                };
            }
        }
    }
    Err(refusal)
}

/// The offers that can be taken up, in the order that this file's head gives.
fn choices(offers: &[PaceInfo]) -> Vec<(&PaceInfo, Agreement)> {
    let mut choices: Vec<_> = offers
        .iter()
        .filter_map(|offer| Some((offer, offer.group().ok()?)))
        .collect();
    choices.sort_by_key(|(offer, _)| {
        let mapping = match offer.mapping {
            Mapping::EcChipAuthentication => 0,
            Mapping::EcGeneric => 1,
            Mapping::EcIntegrated => 2,
            Mapping::DhGeneric => 3,
            Mapping::DhIntegrated => 4,
        };
        let cipher = match offer.cipher {
            Cipher::Aes256 => 0,
            Cipher::Aes192 => 1,
            Cipher::Aes128 => 2,
            Cipher::TripleDes => 3,
        };
        (offer.cipher == Cipher::TripleDes, mapping, cipher)
    });
    choices
}

/// MSE:Set AT, with the parameter number first and, if that is refused, without it.
///
/// It is needed only where a chip has several, but some want it always; none should mind.
fn set_template<T: Transport>(
    wire: &mut Wire<T>,
    offer: &PaceInfo,
    key: &AccessKey,
) -> Result<Result<(), Status>, AccessError> {
    let mut refused = None;
    let numbers = [offer.parameters, None];
    for parameters in &numbers[usize::from(offer.parameters.is_none())..] {
        let mut data = tlv::encode(0x80, &offer.oid);
        tlv::append(&mut data, 0x83, &[key.reference()]);
        if let Some(number) = parameters {
            tlv::append(&mut data, 0x84, &[*number]);
        }
        let command = Command::new(0x00, 0x22, 0xC1, 0xA4).data(data);
        let status = wire.send(&command)?.response.status;
        // 63Cx warns how many tries are left.
        if status.is_ok() || matches!(status.0 >> 8, 0x62 | 0x63) {
            return Ok(Ok(()));
        }
        refused.get_or_insert(status);
    }
    Ok(Err(refused.unwrap_or(Status::WRONG_DATA)))
}

fn agree<T: Transport>(
    wire: &mut Wire<T>,
    offer: &PaceInfo,
    group: &Agreement,
    key: &AccessKey,
    rng: &mut dyn CryptoRng,
) -> Result<Agreed, AccessError> {
    let cipher = offer.cipher;
    // 1. The nonce, encrypted with the password.
    let nonce = nonce(wire, offer, key)?;
    // 2. A generator that only those who know the nonce can compute.
    let (mapped, mapping_key) = map(wire, offer, group, &nonce, rng)?;
    // 3. Key agreement with that generator.
    let own = mapped.key_pair(rng).map_err(|error| fault(error, AGREE))?;
    let answer = authenticate(wire, AGREE, true, Some((0x83, &own.public)))?;
    let theirs = wanted(&answer, 0x84, AGREE)?;
    let secret = mapped
        .shared(&own, theirs)
        .map_err(|error| fault(error, AGREE))?;
    // 4. Each proves to have come to the same keys, with the other's public key.
    let mac = cipher.derive(&secret, 2);
    let tag = mapped.public_tag();
    let ours = cipher.token_mac(&mac, &token_input(&offer.oid, tag, theirs));
    let expected = cipher.token_mac(&mac, &token_input(&offer.oid, tag, &own.public));
    let answer = match authenticate(wire, PROVE, false, Some((0x85, &ours))) {
        Err(AccessError::Refused { status, .. })
            if status.0 >> 8 == 0x63 || matches!(status.0, 0x6982 | 0x6983 | 0x6988 | 0x6A80) =>
        {
            return Err(key.wrong(status));
        }
        other => other?,
    };
    let token = wanted(&answer, 0x86, PROVE)?;
    if !bool::from(token.ct_eq(&expected)) {
        return Err(AccessError::ChipUnproven);
    }
    // 5. With chip authentication mapping, what ties the chip's own key to its mapping key.
    let mapping = match (offer.mapping, mapping_key) {
        (Mapping::EcChipAuthentication, Some(public_key)) => Some(MappingWitness {
            protocol: dotted(&offer.oid),
            parameter_id: group.id(),
            public_key,
            data: chip_data(&answer, cipher, &secret)?,
        }),
        _ => None,
    };
    Ok(Agreed {
        session: Session::derive(cipher, &secret),
        identity: mapped.compressed(theirs),
        mapping,
    })
}

/// Asks for the nonce and decrypts it (ICAO 9303-11 §4.4.3.3); with a wrong password it comes out
/// wrong, and nobody can tell yet.
fn nonce<T: Transport>(
    wire: &mut Wire<T>,
    offer: &PaceInfo,
    key: &AccessKey,
) -> Result<Zeroizing<Vec<u8>>, AccessError> {
    let malformed = AccessError::Malformed { step: NONCE };
    let answer = authenticate(wire, NONCE, true, None)?;
    let sealed = wanted(&answer, 0x80, NONCE)?;
    let fits = match offer.mapping {
        Mapping::DhIntegrated | Mapping::EcIntegrated => sealed.len() == nonce_length(offer.cipher),
        _ => (offer.cipher.block()..=LONGEST_NONCE).contains(&sealed.len()),
    };
    if !fits {
        return Err(malformed);
    }
    let password = key.password_key(offer.cipher);
    let nonce = offer
        .cipher
        .decrypt(&password, &vec![0; offer.cipher.block()], sealed)
        .map(Zeroizing::new)
        .ok_or(malformed.clone())?;
    // Nothing random comes out as zero; the generator would be the chip's alone.
    if nonce.iter().all(|octet| *octet == 0) {
        return Err(malformed);
    }
    Ok(nonce)
}

/// The mapped generator and, where the chip sent one, its mapping key.
fn map<T: Transport>(
    wire: &mut Wire<T>,
    offer: &PaceInfo,
    group: &Agreement,
    nonce: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<(Agreement, Option<Vec<u8>>), AccessError> {
    let unfit = |error| fault(error, MAP);
    if matches!(offer.mapping, Mapping::DhIntegrated | Mapping::EcIntegrated) {
        let mut own = Zeroizing::new(vec![0; terminal_nonce_length(offer.cipher)]);
        rng.fill_bytes(&mut own);
        // The chip has nothing to add: its answer is empty (ICAO 9303-11 §4.4.5.2.2).
        authenticate(wire, MAP, true, Some((0x81, &own)))?;
        let mapped = group.integrated(offer.cipher, nonce, &own).map_err(unfit)?;
        return Ok((mapped, None));
    }
    let own = group.key_pair(rng).map_err(unfit)?;
    let answer = authenticate(wire, MAP, true, Some((0x81, &own.public)))?;
    let theirs = wanted(&answer, 0x82, MAP)?;
    let mapped = group.mapped(nonce, &own, theirs).map_err(unfit)?;
    Ok((mapped, Some(theirs.to_vec())))
}

/// CA_IC out of DO'8A', ICAO 9303-11 §4.4.3.5. A chip that chose this mapping and sends nothing
/// has not proved what it promised.
fn chip_data(answer: &[u8], cipher: Cipher, secret: &[u8]) -> Result<Vec<u8>, AccessError> {
    let sealed = tlv::find(answer, 0x8A)
        .map_err(|_| AccessError::Malformed { step: PROVE })?
        .ok_or(AccessError::MappingUnproven)?;
    if sealed.len() > LONGEST_DATA {
        return Err(AccessError::MappingUnproven);
    }
    let enc = cipher.derive(secret, 1);
    cipher
        .decrypt(&enc, &chip_data_iv(cipher, &enc), sealed)
        .and_then(unpad)
        .filter(|data| !data.is_empty())
        .ok_or(AccessError::MappingUnproven)
}

/// E(KS_enc, −1), ICAO 9303-11 §4.4.3.5.
pub(crate) fn chip_data_iv(cipher: Cipher, enc: &[u8]) -> Vec<u8> {
    let block = cipher.block();
    cipher.encrypt(enc, &vec![0; block], &vec![0xFF; block])
}

/// The public key template over which a token is computed, ICAO 9303-11 §4.4.3.4.
pub(crate) fn token_input(oid: &[u8], tag: u32, public: &[u8]) -> Vec<u8> {
    tlv::encode_all(
        0x7F49,
        &[&tlv::encode(0x06, oid), &tlv::encode(tag, public)],
    )
}

/// One GENERAL AUTHENTICATE; what stands in the dynamic authentication data.
fn authenticate<T: Transport>(
    wire: &mut Wire<T>,
    step: &'static str,
    chained: bool,
    object: Option<(u32, &[u8])>,
) -> Result<Vec<u8>, AccessError> {
    let object = object.map_or_else(Vec::new, |(tag, value)| tlv::encode(tag, value));
    let data = tlv::encode(0x7C, &object);
    // A 2048-bit group does not fit a short APDU.
    let le = if data.len() > 250 { 65_536 } else { 256 };
    let class = if chained { 0x10 } else { 0x00 };
    let command = Command::new(class, 0x86, 0, 0).data(data).le(le);
    let response = wire.send(&command)?.response;
    if !response.status.is_ok() {
        return Err(AccessError::Refused {
            step,
            status: response.status,
        });
    }
    // Where the chip has nothing to say, some leave out the empty object too.
    if response.data.is_empty() {
        return Ok(Vec::new());
    }
    tlv::only(&response.data, 0x7C)
        .map(<[u8]>::to_vec)
        .map_err(|_| AccessError::Malformed { step })
}

fn wanted<'a>(answer: &'a [u8], tag: u32, step: &'static str) -> Result<&'a [u8], AccessError> {
    tlv::require(answer, tag).map_err(|_| AccessError::Malformed { step })
}

fn fault(error: AgreementError, step: &'static str) -> AccessError {
    match error {
        AgreementError::UnknownGroup => AccessError::PaceUnsupported,
        AgreementError::BadKey => AccessError::KeyUnfit { step },
        AgreementError::Arithmetic => AccessError::Malformed { step },
    }
}
