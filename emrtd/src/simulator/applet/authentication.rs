//! The chip's half of chip authentication and of active authentication.

use openssl::bn::BigNum;
use openssl::ec::EcKey;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::{Applet, Served};
use crate::access::agreement::{Agreement, KeyPair};
use crate::apdu::{Command, Response, Status};
use crate::evidence::Challenge;
use crate::proof::active::{self, Hash};
use crate::secure_messaging::{Cipher, Session};
use crate::tlv;

/// The protocol that MSE:Set AT has chosen.
pub(super) struct Chosen {
    cipher: Cipher,
}

impl Applet {
    /// MSE:Set AT chooses the protocol; MSE:Set KAT does all of it at once, with 3DES.
    pub(super) fn set_chip_authentication(&mut self, command: &Command) -> Served {
        let bad = |_| Status::WRONG_DATA;
        if !self.open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if self.faults.refuse_ca || self.memory.chip_key.is_none() {
            return Err(Status::WRONG_DATA);
        }
        let infos = self.security_infos(0x010E);
        let id = tlv::find(&command.data, 0x84).map_err(bad)?;
        if !infos
            .chip_auth_keys
            .iter()
            .any(|key| key.key_id.as_deref() == id)
        {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        if command.p2 == 0xA6 {
            let theirs = tlv::require(&command.data, 0x91).map_err(bad)?;
            self.change_keys(theirs, Cipher::TripleDes)?;
            return Ok(Response::status(Status::OK));
        }
        let oid = tlv::require(&command.data, 0x80).map_err(bad)?;
        let info = infos.chip_auth.iter().find(|info| info.oid == oid);
        let info = info.ok_or(Status::WRONG_DATA)?;
        self.chip_auth = Some(Chosen {
            cipher: info.cipher,
        });
        Ok(Response::status(Status::OK))
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
        self.change_keys(theirs, chosen.cipher)?;
        Ok(Response::new(tlv::encode(0x7C, &[]), Status::OK))
    }

    fn change_keys(&mut self, theirs: &[u8], cipher: Cipher) -> Result<(), Status> {
        let broken = |_| Status::WRONG_DATA;
        let key = self.memory.chip_key.as_ref().ok_or(Status::WRONG_DATA)?;
        let key = key.ec_key().map_err(|_| Status::WRONG_DATA)?;
        let spki = PKey::from_ec_key(key.clone())
            .and_then(|key| key.public_key_to_der())
            .map_err(|_| Status::WRONG_DATA)?;
        let (group, public) = Agreement::from_spki(&spki, true).map_err(broken)?;
        let secret = key
            .private_key()
            .to_owned()
            .map_err(|_| Status::WRONG_DATA)?;
        let own = KeyPair::from_parts(secret, public);
        let secret = group.shared(&own, theirs).map_err(broken)?;
        self.next_session = Some(Session::derive(cipher, &secret));
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
        let signature = active::answer(key, Hash::Sha256, &Challenge::new(challenge))
            .map_err(|_| Status(0x6F00))?;
        let le = command.le.unwrap_or(0) as usize;
        let session = self.session.as_ref();
        let room = session.map_or(256, |session| session.capacity(256));
        if le < signature.len() || !self.long_answer && signature.len() > room {
            return Err(Status::WRONG_LENGTH);
        }
        Ok(Response::new(signature, Status::OK))
    }
}

/// A fresh key of the same kind: what a copier has instead of the real one.
pub(super) fn other_key(key: &PKey<Private>) -> PKey<Private> {
    const SAME: &str = "a key like the one at hand can be made";
    if let Ok(curve) = key.ec_key() {
        let other = EcKey::generate(curve.group()).expect(SAME);
        return PKey::from_ec_key(other).expect(SAME);
    }
    let exponent = BigNum::from_u32(65_537).expect(SAME);
    let other = Rsa::generate_with_e(key.bits(), &exponent).expect(SAME);
    PKey::from_rsa(other).expect(SAME)
}
