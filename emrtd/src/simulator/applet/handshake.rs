//! The chip's half of PACE and of BAC.

use openssl::bn::BigNum;
use zeroize::Zeroizing;

use super::{Applet, Served};
use crate::access::AccessKey;
use crate::access::agreement::mapping::nonce_length;
use crate::access::agreement::{Agreement, KeyPair};
use crate::access::bac::{self, DocumentKeys};
use crate::access::pace::{chip_data_iv, token_input};
use crate::access::security_info::{Mapping, PaceInfo};
use crate::apdu::{Command, Response, Status};
use crate::secure_messaging::cipher::pad;
use crate::secure_messaging::{Cipher, Session};
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
    /// The mapped group and, where one was sent, the chip's mapping key.
    Agree(Agreement, Option<KeyPair>),
    Prove {
        group: Agreement,
        mapping: Option<KeyPair>,
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
            })
            .ok_or(Status::WRONG_DATA)?;
        let [reference] = reference else {
            return Err(Status::WRONG_DATA);
        };
        let key = self
            .password(*reference)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        let group = info.group().map_err(|_| Status::WRONG_DATA)?;
        if info.mapping == Mapping::EcChipAuthentication {
            // Only over the group of the chip's own key.
            let (own, _) = self.chip_secret().ok_or(Status::WRONG_DATA)?;
            if own.id() != group.id() {
                return Err(Status::WRONG_DATA);
            }
        }
        self.pace = Some(PaceChip {
            step: Step::Nonce(group),
            info,
            key,
        });
        Ok(Response::status(Status::OK))
    }

    /// The chip's own elliptic-curve key: its group and its secret.
    fn chip_secret(&self) -> Option<(Agreement, BigNum)> {
        let key = self.memory.chip_keys.first()?;
        let spki = key.public_key_to_der().ok()?;
        let (group, _) = Agreement::from_spki(&spki, true).ok()?;
        Some((group, key.ec_key().ok()?.private_key().to_owned().ok()?))
    }

    /// GENERAL AUTHENTICATE, one step of ICAO 9303-11 §4.4.4.2.
    pub(super) fn pace_step(&mut self, command: &Command) -> Served {
        let PaceChip { info, key, step } =
            self.pace.take().ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let bad = |_| Status::WRONG_DATA;
        let unfit = |_| Status::WRONG_DATA;
        let chained = command.cla & 0x10 != 0;
        let inner = tlv::only(&command.data, 0x7C).map_err(bad)?;
        let cipher = info.cipher;
        let integrated = matches!(info.mapping, Mapping::DhIntegrated | Mapping::EcIntegrated);
        let (step, answer) = match step {
            Step::Nonce(group) if chained => {
                let length = if integrated { nonce_length(cipher) } else { 16 };
                let mut nonce = Zeroizing::new(vec![0; length]);
                if !self.faults.pace_zero_nonce {
                    self.rng.fill_bytes(&mut nonce);
                }
                let mut sealed =
                    cipher.encrypt(&key.password_key(cipher), &vec![0; cipher.block()], &nonce);
                if self.faults.pace_short_nonce {
                    sealed.truncate(cipher.block() / 2);
                }
                (Step::Map(group, nonce), tlv::encode(0x80, &sealed))
            }
            Step::Map(group, nonce) if chained && integrated => {
                let theirs = tlv::require(inner, 0x81).map_err(bad)?;
                let mapped = group.integrated(cipher, &nonce, theirs).map_err(unfit)?;
                (Step::Agree(mapped, None), tlv::encode(0x82, &[]))
            }
            Step::Map(group, nonce) if chained => {
                let theirs = tlv::require(inner, 0x81).map_err(bad)?;
                let own = group.key_pair(&mut *self.rng).map_err(unfit)?;
                let mapped = group.mapped(&nonce, &own, theirs).map_err(unfit)?;
                let sent = self.spoilt_mapping_key(&group, &own.public, theirs);
                (Step::Agree(mapped, Some(own)), tlv::encode(0x82, &sent))
            }
            Step::Agree(group, mapping) if chained => {
                let theirs = tlv::require(inner, 0x83).map_err(bad)?.to_vec();
                let own = group.key_pair(&mut *self.rng).map_err(unfit)?;
                let secret = group.shared(&own, &theirs).map_err(unfit)?;
                let sent = self.spoilt_key(&group, &own.public, &theirs);
                let answer = tlv::encode(0x84, &sent);
                (
                    Step::Prove {
                        group,
                        mapping,
                        own,
                        theirs,
                        secret,
                    },
                    answer,
                )
            }
            Step::Prove {
                group,
                mapping,
                own,
                theirs,
                secret,
            } if !chained => {
                let mac = cipher.derive(&secret, 2);
                let tag = group.public_tag();
                let expected = cipher.token_mac(&mac, &token_input(&info.oid, tag, &own.public));
                let shown = tlv::require(inner, 0x85).map_err(bad)?;
                if shown != expected {
                    return Err(Status::AUTHENTICATION_FAILED);
                }
                let mut token = cipher.token_mac(&mac, &token_input(&info.oid, tag, &theirs));
                if self.faults.pace_wrong_token {
                    token[0] ^= 1;
                }
                if self.faults.pace_echo_token {
                    token = expected;
                }
                let mut answer = tlv::encode(0x86, &token);
                if info.mapping == Mapping::EcChipAuthentication {
                    answer.extend(self.chip_data(&group, mapping.as_ref(), cipher, &secret)?);
                }
                self.next_session = Some(Session::derive(cipher, &secret));
                self.open = true;
                self.identity = group.compressed(&own.public);
                return Ok(Response::new(tlv::encode(0x7C, &answer), Status::OK));
            }
            _ => return Err(Status::CONDITIONS_NOT_SATISFIED),
        };
        self.pace = Some(PaceChip { info, key, step });
        let mut answer = tlv::encode(0x7C, &answer);
        if self.faults.pace_malformed {
            answer.pop();
        }
        Ok(Response::new(answer, Status::OK))
    }

    /// DO'8A': what ties the chip's own key to its mapping key, ICAO 9303-11 §4.4.3.5.
    fn chip_data(
        &self,
        group: &Agreement,
        mapping: Option<&KeyPair>,
        cipher: Cipher,
        secret: &[u8],
    ) -> Result<Vec<u8>, Status> {
        if self.faults.cam_missing {
            return Ok(Vec::new());
        }
        let (Some(mapping), Some((_, own))) = (mapping, self.chip_secret()) else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        let mut data = group
            .chip_data(mapping, &own)
            .map_err(|_| Status::WRONG_DATA)?;
        if self.faults.cam_wrong
            && let Some(last) = data.last_mut()
        {
            *last ^= 1;
        }
        let enc = cipher.derive(secret, 1);
        let mut sealed = cipher.encrypt(
            &enc,
            &chip_data_iv(cipher, &enc),
            &pad(&data, cipher.block()),
        );
        if self.faults.cam_garbled {
            sealed.pop();
        }
        Ok(tlv::encode(0x8A, &sealed))
    }

    fn spoilt_mapping_key(&self, group: &Agreement, own: &[u8], theirs: &[u8]) -> Vec<u8> {
        let faults = &self.faults;
        if faults.pace_echo {
            return theirs.to_vec();
        }
        if faults.pace_short_key {
            return own[..own.len() - 1].to_vec();
        }
        if faults.pace_small_subgroup {
            // A curve of prime order has no such element: a form of point that does not exist.
            return group.last_element().unwrap_or_else(|_| {
                let mut key = own.to_vec();
                key[0] = 5;
                key
            });
        }
        spoilt(group, own, faults.pace_off_curve, faults.pace_infinity)
    }

    fn spoilt_key(&self, group: &Agreement, own: &[u8], theirs: &[u8]) -> Vec<u8> {
        let faults = &self.faults;
        if faults.pace_echo_key {
            return theirs.to_vec();
        }
        spoilt(
            group,
            own,
            faults.pace_off_curve_key,
            faults.pace_infinity_key,
        )
    }

    /// GET CHALLENGE, ICAO 9303-11 §4.3.4.1.
    pub(super) fn bac_challenge(&mut self, command: &Command) -> Served {
        if !self.in_document
            || self.faults.no_bac
            || self.memory.no_bac
            || self.memory.mrz.is_none()
        {
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
        self.identity = mrz.document_number().to_vec();
        self.open = true;
        Ok(Response::new(answer, Status::OK))
    }
}

/// A key that is no element, or the neutral one.
fn spoilt(group: &Agreement, own: &[u8], off: bool, neutral: bool) -> Vec<u8> {
    if neutral {
        // One byte says infinity; as a number, one.
        return vec![u8::from(!group.is_curve())];
    }
    let mut key = own.to_vec();
    if off && let Some(last) = key.last_mut() {
        *last ^= 1;
    }
    key
}
