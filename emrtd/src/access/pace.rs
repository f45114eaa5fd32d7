//! PACE with generic mapping: a short password becomes strong keys (ICAO 9303-11 §4.4).

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::agreement::{Agreement, AgreementError};
use super::security_info::{Mapping, PaceInfo};
use super::{AccessError, AccessKey};
use crate::apdu::{Command, Status};
use crate::secure_messaging::{Cipher, Session};
use crate::tlv;
use crate::transport::Transport;
use crate::wire::Wire;

const SELECT: &str = "MSE:Set AT";
const NONCE: &str = "PACE nonce";
const MAP: &str = "PACE mapping";
const AGREE: &str = "PACE key agreement";
const PROVE: &str = "PACE token";

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

/// Runs PACE in the best way that the chip offers and this crate speaks.
pub(super) fn run<T: Transport>(
    wire: &mut Wire<T>,
    offers: &[PaceInfo],
    key: &AccessKey,
    rng: &mut dyn CryptoRng,
) -> Result<Session, AccessError> {
    let mut refusal = AccessError::PaceUnsupported;
    for (offer, parameters) in choices(offers) {
        let Ok(group) = Agreement::standard(parameters) else {
            continue;
        };
        match set_template(wire, offer, parameters, key)? {
            Ok(()) => return agree(wire, offer, group, key, rng),
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

/// Curves before prime fields, AES before 3DES, plain generic mapping before that with CAM.
fn choices(offers: &[PaceInfo]) -> Vec<(&PaceInfo, u8)> {
    let mut choices: Vec<_> = offers
        .iter()
        .filter(|offer| !matches!(offer.mapping, Mapping::DhIntegrated | Mapping::EcIntegrated))
        .filter_map(|offer| Some((offer, offer.parameters?)))
        .collect();
    choices.sort_by_key(|(offer, _)| {
        let mapping = match offer.mapping {
            Mapping::EcGeneric => 0,
            Mapping::EcChipAuthentication => 1,
            _ => 2,
        };
        (mapping, offer.cipher == Cipher::TripleDes)
    });
    choices
}

/// MSE:Set AT, with the parameter number first and, if that is refused, without it.
///
/// It is needed only where a chip has several, but some want it always; none should mind.
fn set_template<T: Transport>(
    wire: &mut Wire<T>,
    offer: &PaceInfo,
    parameters: u8,
    key: &AccessKey,
) -> Result<Result<(), Status>, AccessError> {
    let mut refused = None;
    for with_parameters in [true, false] {
        let mut data = tlv::encode(0x80, &offer.oid);
        tlv::append(&mut data, 0x83, &[key.reference()]);
        if with_parameters {
            tlv::append(&mut data, 0x84, &[parameters]);
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
    group: Agreement,
    key: &AccessKey,
    rng: &mut dyn CryptoRng,
) -> Result<Session, AccessError> {
    let cipher = offer.cipher;
    // 1. The nonce, encrypted with the password.
    let sealed = authenticate(wire, NONCE, true, None, 0x80)?;
    if sealed.is_empty() || sealed.len() > 64 {
        return Err(AccessError::Malformed { step: NONCE });
    }
    let password = key.password_key(cipher);
    let nonce = cipher
        .decrypt(&password, &vec![0; cipher.block()], &sealed)
        .map(Zeroizing::new)
        .ok_or(AccessError::Malformed { step: NONCE })?;
    // 2. A generator that only those who know the nonce can compute.
    let own = group.key_pair(rng).map_err(|error| fault(error, MAP))?;
    let theirs = authenticate(wire, MAP, true, Some((0x81, &own.public)), 0x82)?;
    let mapped = group
        .mapped(&nonce, &own, &theirs)
        .map_err(|error| fault(error, MAP))?;
    // 3. Key agreement with that generator.
    let own = mapped.key_pair(rng).map_err(|error| fault(error, AGREE))?;
    let theirs = authenticate(wire, AGREE, true, Some((0x83, &own.public)), 0x84)?;
    let secret = mapped
        .shared(&own, &theirs)
        .map_err(|error| fault(error, AGREE))?;
    // 4. Each proves to have come to the same keys, with the other's public key.
    let mac = cipher.derive(&secret, 2);
    let tag = mapped.public_tag();
    let ours = cipher.token_mac(&mac, &token_input(&offer.oid, tag, &theirs));
    let expected = cipher.token_mac(&mac, &token_input(&offer.oid, tag, &own.public));
    let token = match authenticate(wire, PROVE, false, Some((0x85, &ours)), 0x86) {
        Err(AccessError::Refused { status, .. })
            if status.0 >> 8 == 0x63 || matches!(status.0, 0x6982 | 0x6983 | 0x6988 | 0x6A80) =>
        {
            return Err(key.wrong(status));
        }
        other => other?,
    };
    if !bool::from(token.as_slice().ct_eq(&expected)) {
        return Err(AccessError::ChipUnproven);
    }
    Ok(Session::derive(cipher, &secret))
}

/// The public key template over which a token is computed, ICAO 9303-11 §4.4.3.4.
pub(crate) fn token_input(oid: &[u8], tag: u32, public: &[u8]) -> Vec<u8> {
    tlv::encode_all(
        0x7F49,
        &[&tlv::encode(0x06, oid), &tlv::encode(tag, public)],
    )
}

/// One GENERAL AUTHENTICATE; the object `wanted` out of the dynamic authentication data.
fn authenticate<T: Transport>(
    wire: &mut Wire<T>,
    step: &'static str,
    chained: bool,
    object: Option<(u32, &[u8])>,
    wanted: u32,
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
    let malformed = |_| AccessError::Malformed { step };
    let inner = tlv::only(&response.data, 0x7C).map_err(malformed)?;
    Ok(tlv::require(inner, wanted).map_err(malformed)?.to_vec())
}

fn fault(error: AgreementError, step: &'static str) -> AccessError {
    match error {
        AgreementError::UnknownGroup => AccessError::PaceUnsupported,
        AgreementError::BadKey | AgreementError::Arithmetic => AccessError::Malformed { step },
    }
}
