//! The chip's half of PACE and of BAC.

use zeroize::Zeroizing;

use super::{Applet, Served};
use crate::access::AccessKey;
use crate::access::agreement::{Agreement, KeyPair};
use crate::access::bac::{self, DocumentKeys};
use crate::access::pace::token_input;
use crate::access::security_info::{Mapping, PaceInfo};
use crate::apdu::{Command, Response, Status};
use crate::secure_messaging::Session;
use crate::tlv;

/// How far PACE has come; each step holds what the next one needs.
pub(super) struct PaceChip {
    info: PaceInfo,
    key: AccessKey,
    step: Step,
}

enum Step {
    Nonce(Agreement),
    Map(Agreement, Zeroizing<Vec<u8>>),
    Agree(Agreement),
    Prove {
        group: Agreement,
        own: KeyPair,
        theirs: Vec<u8>,
        secret: Zeroizing<Vec<u8>>,
    },
}

/// A challenge of BAC that waits for its answer.
pub(super) struct BacChip {
    random: [u8; 8],
}

impl Applet {
    /// MSE:Set AT, ICAO 9303-11 §4.4.4.1.
    pub(super) fn set_pace(&mut self, command: &Command) -> Served {
        self.pace = None;
        self.chip_auth = None;
        if self.faults.refuse_pace {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        let bad = |_| Status::WRONG_DATA;
        let oid = tlv::require(&command.data, 0x80).map_err(bad)?;
        let reference = tlv::require(&command.data, 0x83).map_err(bad)?;
        let parameters = tlv::find(&command.data, 0x84).map_err(bad)?;
        if parameters.is_none() && self.faults.wants_parameter_id
            || parameters.is_some() && self.faults.hates_parameter_id
        {
            return Err(Status::WRONG_DATA);
        }
        let info = self
            .security_infos(0x011C)
            .pace
            .into_iter()
            .find(|info| {
                info.oid == oid
                    && parameters
                        .is_none_or(|wanted| info.parameters.is_some_and(|id| wanted == [id]))
                    && matches!(info.mapping, Mapping::EcGeneric | Mapping::DhGeneric)
            })
            .ok_or(Status::WRONG_DATA)?;
        let [reference] = reference else {
            return Err(Status::WRONG_DATA);
        };
        let key = self
            .password(*reference)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        let group = info.parameters.and_then(|id| Agreement::standard(id).ok());
        self.pace = Some(PaceChip {
            step: Step::Nonce(group.ok_or(Status::WRONG_DATA)?),
            info,
            key,
        });
        Ok(Response::status(Status::OK))
    }

    /// GENERAL AUTHENTICATE, one step of ICAO 9303-11 §4.4.4.2.
    pub(super) fn pace_step(&mut self, command: &Command) -> Served {
        let PaceChip { info, key, step } =
            self.pace.take().ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let bad = |_| Status::WRONG_DATA;
        let chained = command.cla & 0x10 != 0;
        let inner = tlv::only(&command.data, 0x7C).map_err(bad)?;
        let cipher = info.cipher;
        let (step, answer) = match step {
            Step::Nonce(group) if chained => {
                let mut nonce = Zeroizing::new(vec![0; 16]);
                self.rng.fill_bytes(&mut nonce);
                let sealed =
                    cipher.encrypt(&key.password_key(cipher), &vec![0; cipher.block()], &nonce);
                (Step::Map(group, nonce), tlv::encode(0x80, &sealed))
            }
            Step::Map(group, nonce) if chained => {
                let theirs = tlv::require(inner, 0x81).map_err(bad)?;
                let own = group
                    .key_pair(&mut *self.rng)
                    .map_err(|_| Status::WRONG_DATA)?;
                let mapped = group
                    .mapped(&nonce, &own, theirs)
                    .map_err(|_| Status::WRONG_DATA)?;
                (Step::Agree(mapped), tlv::encode(0x82, &own.public))
            }
            Step::Agree(group) if chained => {
                let theirs = tlv::require(inner, 0x83).map_err(bad)?.to_vec();
                let own = group
                    .key_pair(&mut *self.rng)
                    .map_err(|_| Status::WRONG_DATA)?;
                let secret = group
                    .shared(&own, &theirs)
                    .map_err(|_| Status::WRONG_DATA)?;
                let answer = tlv::encode(0x84, &own.public);
                (
                    Step::Prove {
                        group,
                        own,
                        theirs,
                        secret,
                    },
                    answer,
                )
            }
            Step::Prove {
                group,
                own,
                theirs,
                secret,
            } if !chained => {
                let mac = cipher.derive(&secret, 2);
                let tag = group.public_tag();
                let expected = cipher.token_mac(&mac, &token_input(&info.oid, tag, &own.public));
                if tlv::require(inner, 0x85).map_err(bad)? != expected {
                    return Err(Status::AUTHENTICATION_FAILED);
                }
                let token = cipher.token_mac(&mac, &token_input(&info.oid, tag, &theirs));
                self.next_session = Some(Session::derive(cipher, &secret));
                self.open = true;
                let answer = tlv::encode(0x7C, &tlv::encode(0x86, &token));
                return Ok(Response::new(answer, Status::OK));
            }
            _ => return Err(Status::CONDITIONS_NOT_SATISFIED),
        };
        self.pace = Some(PaceChip { info, key, step });
        Ok(Response::new(tlv::encode(0x7C, &answer), Status::OK))
    }

    /// GET CHALLENGE, ICAO 9303-11 §4.3.4.1.
    pub(super) fn bac_challenge(&mut self, command: &Command) -> Served {
        if !self.in_document || self.faults.no_bac || self.memory.mrz.is_none() {
            return Err(Status::INS_NOT_SUPPORTED);
        }
        if command.le != Some(8) {
            return Err(Status::WRONG_LENGTH);
        }
        let mut random = [0; 8];
        self.rng.fill_bytes(&mut random);
        self.bac = Some(BacChip { random });
        Ok(Response::new(random.to_vec(), Status::OK))
    }

    /// EXTERNAL AUTHENTICATE, ICAO 9303-11 §4.3.4.2.
    pub(super) fn bac_answer(&mut self, command: &Command) -> Served {
        let chip = self.bac.take().ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let mrz = self
            .memory
            .mrz
            .as_ref()
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        let keys = DocumentKeys::of(mrz);
        let question = keys
            .open(&command.data)
            .ok_or(Status::AUTHENTICATION_FAILED)?;
        let (theirs, rest) = question.split_at(8);
        let (ours, their_key) = rest.split_at(8);
        if ours != chip.random {
            return Err(Status::AUTHENTICATION_FAILED);
        }
        let mut own_key = Zeroizing::new([0; 16]);
        self.rng.fill_bytes(&mut *own_key);
        let answer = keys.seal(&Zeroizing::new(
            [&chip.random[..], theirs, &*own_key].concat(),
        ));
        let theirs: [u8; 8] = theirs.try_into().map_err(|_| Status::WRONG_DATA)?;
        self.next_session = Some(bac::session(&own_key[..], their_key, chip.random, theirs));
        self.open = true;
        Ok(Response::new(answer, Status::OK))
    }
}
