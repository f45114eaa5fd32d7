//! The chip's half of chip authentication and of active authentication.

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::{Applet, Served};
use crate::access::agreement::{Agreement, KeyPair};
use crate::apdu::{Command, Response, Status};
use crate::evidence::Challenge;
use crate::lds::dg14::{self, SecurityInfos};
use crate::lds::oid;
use crate::proof::active;
use crate::proof::chip_authentication::cipher;
use crate::secure_messaging::{Cipher, Session};
use crate::tlv;

/// The protocol and the key that MSE:Set AT has chosen.
pub(super) struct Chosen {
    cipher: Cipher,
    key: usize,
}

impl Applet {
    /// MSE:Set AT chooses the protocol; MSE:Set KAT does all of it at once, with 3DES.
    pub(super) fn set_chip_authentication(&mut self, command: &Command) -> Served {
        let bad = |_| Status::WRONG_DATA;
        if !self.open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if self.faults.refuse_ca || self.memory.chip_keys.is_empty() {
            return Err(Status::WRONG_DATA);
        }
        let id = tlv::find(&command.data, 0x84).map_err(bad)?;
        let id = id.map(unsigned).transpose()?;
        let protocol = match command.p2 {
            0xA6 => None,
            _ => Some(tlv::require(&command.data, 0x80).map_err(bad)?),
        };
        let chosen = self.offered(protocol, id)?;
        if command.p2 == 0xA6 {
            let theirs = tlv::require(&command.data, 0x91).map_err(bad)?.to_vec();
            self.change_keys(&theirs, &chosen)?;
        } else {
            self.chip_auth = Some(chosen);
        }
        Ok(Response::status(Status::OK))
    }

    /// What DG14 offers under this protocol (none named: 3DES) by the key of this number.
    fn offered(&self, protocol: Option<&[u8]>, id: Option<u64>) -> Result<Chosen, Status> {
        let infos = self.dg14();
        let mut ways = infos.chip_authentications();
        match id {
            Some(_) => ways.retain(|way| way.key_id == id),
            // Which of several keys is meant must be said.
            None if ways.iter().any(|way| way.place != ways[0].place) => ways.clear(),
            None => {}
        }
        if ways.is_empty() {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        ways.iter()
            .find_map(|way| {
                let cipher = cipher(&way.protocol)?;
                let meant = match protocol {
                    Some(wanted) => way.named && oid::from_dots(&way.protocol) == wanted,
                    None => cipher == Cipher::TripleDes,
                };
                let key = way.place;
                meant.then_some(Chosen { cipher, key })
            })
            .ok_or(Status::WRONG_DATA)
    }

    fn dg14(&self) -> SecurityInfos {
        let file = self.memory.files.get(&0x010E);
        file.and_then(|file| SecurityInfos::from_dg14(file).ok())
            .unwrap_or_default()
    }

    /// GENERAL AUTHENTICATE, ICAO 9303-11 §6.2.4.2.
    pub(super) fn chip_authentication(&mut self, command: &Command) -> Served {
        let chosen = self
            .chip_auth
            .take()
            .ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let theirs = tlv::only(&command.data, 0x7C)
            .and_then(|inner| tlv::require(inner, 0x80))
            .map_err(|_| Status::WRONG_DATA)?;
        self.change_keys(theirs, &chosen)?;
        Ok(Response::new(tlv::encode(0x7C, &[]), Status::OK))
    }

    fn change_keys(&mut self, theirs: &[u8], chosen: &Chosen) -> Result<(), Status> {
        let infos = self.dg14();
        let ways = infos.chip_authentications();
        let way = ways.iter().find(|way| way.place == chosen.key);
        let way = way.ok_or(Status::WRONG_DATA)?;
        let private = self.memory.chip_keys.get(chosen.key);
        let secret = private.and_then(|key| secret(key).ok());
        let secret = secret.ok_or(Status::WRONG_DATA)?;
        let broken = |_| Status::WRONG_DATA;
        let curve = way.agreement == dg14::Agreement::Ecdh;
        let (group, public) = Agreement::from_spki(way.public_key, curve).map_err(broken)?;
        let own = KeyPair::from_parts(secret, public);
        let secret = group.shared(&own, theirs).map_err(broken)?;
        self.next_session = Some(Session::derive(chosen.cipher, &secret));
        self.terminal_key = Some(group.compressed(theirs));
        Ok(())
    }

    /// INTERNAL AUTHENTICATE, ICAO 9303-11 §6.1.4.
    pub(super) fn internal_authenticate(&mut self, command: &Command) -> Served {
        if !self.open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let (Some(key), Ok(challenge)) = (
            &self.memory.active_key,
            <[u8; 8]>::try_from(&command.data[..]),
        ) else {
            return Err(Status::INS_NOT_SUPPORTED);
        };
        if self.faults.refuse_aa {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        let form = self.memory.active_form;
        let signature =
            active::answer(key, form, &Challenge::new(challenge)).map_err(|_| Status(0x6F00))?;
        let le = command.le.unwrap_or(0) as usize;
        let session = self.session.as_ref();
        let room = session.map_or(256, |session| session.capacity(256));
        if le < signature.len() || !self.long_answer && signature.len() > room {
            return Err(Status::WRONG_LENGTH);
        }
        Ok(Response::new(signature, Status::OK))
    }
}

/// The private number of an elliptic curve or Diffie-Hellman key.
fn secret(key: &PKey<Private>) -> Result<BigNum, ErrorStack> {
    match key.ec_key() {
        Ok(key) => key.private_key().to_owned(),
        Err(_) => key.dh()?.private_key().to_owned(),
    }
}

fn unsigned(octets: &[u8]) -> Result<u64, Status> {
    if octets.len() > 8 {
        return Err(Status::REFERENCE_NOT_FOUND);
    }
    Ok(octets
        .iter()
        .fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
}

/// A fresh key of the same kind: what a copier has instead of the real one.
pub(super) fn other_key(key: &PKey<Private>) -> PKey<Private> {
    const SAME: &str = "a key like the one at hand can be made";
    if let Ok(curve) = key.ec_key() {
        let other = EcKey::generate(curve.group()).expect(SAME);
        return PKey::from_ec_key(other).expect(SAME);
    }
    if let Ok(field) = key.dh() {
        let number = |number: Option<&openssl::bn::BigNumRef>| {
            number.map(|number| number.to_owned().expect(SAME))
        };
        let (p, q, g) = (
            number(Some(field.prime_p())).expect(SAME),
            number(field.prime_q()),
            number(Some(field.generator())).expect(SAME),
        );
        let other = Dh::from_pqg(p, q, g).and_then(Dh::generate_key);
        return PKey::from_dh(other.expect(SAME)).expect(SAME);
    }
    let exponent = BigNum::from_u32(65_537).expect(SAME);
    let other = Rsa::generate_with_e(key.bits(), &exponent).expect(SAME);
    PKey::from_rsa(other).expect(SAME)
}
