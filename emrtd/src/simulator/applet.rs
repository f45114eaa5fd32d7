//! A travel document's chip in software: it answers APDUs as ICAO 9303 tells a chip to.
//!
//! It is one more [`Transport`], so everything that reads a real card reads it too. Its keys and its
//! country are specimens that no real trust list names.

use std::collections::BTreeMap;
use std::time::Duration;

use openssl::pkey::{PKey, Private};
use rand_core::{CryptoRng, OsRng, TryRngCore};

use super::fault::Faults;
use super::issuer::SpecimenCard;
use crate::access::security_info::SecurityInfos;
use crate::access::{AccessKey, Can, LDS1, MrzKey};
use crate::apdu::{Command, Response, Status};
use crate::proof::active::AnswerForm;
use crate::secure_messaging::Session;
use crate::tlv;
use crate::transport::{Transport, TransportError};

mod authentication;
mod handshake;
mod on_card;
mod terminal;

use handshake::{BacChip, PaceChip};
pub use on_card::{CardFinger, CardFingers, FingerComparer, Manner};
pub use terminal::TerminalTrust;

/// EF.ATR/INFO, EF.DIR and EF.CardAccess stand in the master file, everything else in the document.
const MASTER_FILES: [u16; 3] = [0x2F01, 0x2F00, 0x011C];

/// EF.CardSecurity in the master file, EF.SOD in the document.
const CARD_SECURITY: u16 = 0x011D;

/// What is burnt into a chip when it is made.
#[derive(Clone, Default)]
pub struct Memory {
    /// By file identifier: `0x0101` is DG1, `0x011D` EF.SOD, `0x011C` EF.CardAccess.
    pub files: BTreeMap<u16, Vec<u8>>,
    pub can: Option<Can>,
    pub mrz: Option<MrzKey>,
    /// EF.CardSecurity of the master file, whose identifier EF.SOD has in the document.
    pub card_security: Option<Vec<u8>>,
    /// The zone opens the chip by PACE alone.
    pub no_bac: bool,
    /// The private half of DG15: elliptic curve or RSA.
    pub active_key: Option<PKey<Private>>,
    /// How the chip writes its answers to active authentication.
    pub active_form: AnswerForm,
    /// The private halves of the chip authentication keys, in the order of DG14.
    /// With the first one the chip also proves itself in PACE with chip authentication mapping.
    pub chip_keys: Vec<PKey<Private>>,
    /// Whose terminals may read DG3 and DG4.
    pub terminal_trust: TerminalTrust,
    /// The fingers that the card compares; most cards compare none.
    pub fingers: Option<CardFingers>,
}

/// A chip with power on it.
pub struct Applet {
    memory: Memory,
    faults: Faults,
    rng: Box<dyn CryptoRng + Send>,
    commands: u32,
    gone: bool,
    /// Silenced by a command in extended form.
    mute: bool,
    last_answer: Vec<u8>,
    in_document: bool,
    selected: Option<u16>,
    session: Option<Session>,
    /// Keys that hold from the next command on.
    next_session: Option<Session>,
    /// PACE or BAC has succeeded.
    open: bool,
    pace: Option<PaceChip>,
    bac: Option<BacChip>,
    chip_auth: Option<authentication::Chosen>,
    /// The terminal's key of the last chip authentication, compressed.
    terminal_key: Option<Vec<u8>>,
    /// What the chip is called in this session (TR-03110-3 §B.3).
    identity: Vec<u8>,
    terminal: terminal::Terminal,
    /// EF.CVCA as it was last read.
    cvca: Option<Vec<u8>>,
    on_card: on_card::State,
    /// The command being served came in extended form, so that the answer may be long.
    long_answer: bool,
}

/// A refusal, as the status that says so.
type Served = Result<Response, Status>;

impl Memory {
    /// What this specimen was personalised with.
    pub fn of(card: &SpecimenCard) -> Self {
        let mut files = card.files.clone();
        files.extend(card.card_access.clone().map(|file| (0x011C, file)));
        Self {
            files,
            can: Can::new(&card.can).ok(),
            mrz: MrzKey::from_lines(&card.mrz_lines()).ok(),
            card_security: card.card_security.clone(),
            no_bac: card.no_bac,
            active_key: card.active_private_key(),
            active_form: card.active_form,
            chip_keys: card.chip_private_keys(),
            terminal_trust: card.terminal_trust(),
            fingers: None,
        }
    }
}

impl Applet {
    /// The chip of a specimen card, without faults.
    pub fn new(card: &SpecimenCard) -> Self {
        Self::with_faults(card, Faults::default())
    }

    /// The chip of a specimen card, with these faults.
    pub fn with_faults(card: &SpecimenCard, faults: Faults) -> Self {
        Self::with_memory(Memory::of(card), faults)
    }

    /// A chip as it comes out of the factory, with these faults.
    pub fn with_memory(memory: Memory, faults: Faults) -> Self {
        let mut applet = Self {
            memory,
            faults,
            rng: Box::new(OsRng.unwrap_err()),
            commands: 0,
            gone: false,
            mute: false,
            last_answer: Vec::new(),
            in_document: false,
            selected: None,
            session: None,
            next_session: None,
            open: false,
            pace: None,
            bac: None,
            chip_auth: None,
            terminal_key: None,
            identity: Vec::new(),
            terminal: terminal::Terminal::default(),
            cvca: None,
            on_card: on_card::State::default(),
            long_answer: false,
        };
        applet.spoil();
        applet.reset();
        applet
    }

    /// The card compares these fingers too.
    #[must_use]
    pub fn with_fingers(mut self, fingers: CardFingers) -> Self {
        self.memory.fingers = Some(fingers);
        self
    }

    /// Takes its randomness from elsewhere, for tests that must repeat.
    #[must_use]
    pub fn with_rng(mut self, rng: Box<dyn CryptoRng + Send>) -> Self {
        self.rng = rng;
        self
    }

    /// How many commands have come in since the chip was made.
    pub fn commands(&self) -> u32 {
        self.commands
    }

    /// True once the fault script has taken the card away.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// How long the card stays away once the fault script has taken it; `None` for ever.
    pub fn comes_back_after(&self) -> Option<Duration> {
        let milliseconds = self.faults.back_after.filter(|_| self.gone)?;
        Some(Duration::from_millis(milliseconds.into()))
    }

    /// The card that was taken away is laid down again.
    pub fn lay_down_again(&mut self) {
        self.gone = false;
        self.faults.drop_at = None;
        self.reset();
    }

    /// Power off and on: sessions are forgotten.
    pub fn reset(&mut self) {
        self.mute = false;
        self.in_document = self.faults.starts_in_document;
        self.selected = None;
        self.pace = None;
        self.end_session();
    }

    /// Builds the faults that lie in the files and keys.
    fn spoil(&mut self) {
        if self.faults.no_pace {
            self.memory.files.remove(&0x011C);
        }
        if let Some(dg1) = self.memory.files.get_mut(&0x0101) {
            if self.faults.length_bomb {
                *dg1 = [&[0x61, 0x83, 0xFF, 0xFF, 0xFF], &dg1[2..]].concat();
            }
            if self.faults.two_gib {
                *dg1 = [&[0x61, 0x84, 0x80, 0, 0, 0], &dg1[2..]].concat();
            }
            if self.faults.indefinite_length {
                *dg1 = [&[0x61, 0x80], &dg1[2..], &[0, 0]].concat();
            }
            if self.faults.deep_nesting {
                *dg1 = nested(10_000);
            }
            if self.faults.long_dg1 {
                dg1[1] += 9;
            }
        }
        if self.faults.wrong_aa {
            self.memory.active_key = self
                .memory
                .active_key
                .take()
                .map(|key| authentication::other_key(&key));
        }
        if self.faults.wrong_ca {
            for key in &mut self.memory.chip_keys {
                *key = authentication::other_key(key);
            }
        }
    }

    fn end_session(&mut self) {
        self.session = None;
        self.next_session = None;
        self.open = false;
        self.bac = None;
        self.chip_auth = None;
        self.terminal_key = None;
        self.terminal = terminal::Terminal::default();
        self.on_card.end_session();
        self.cvca = self.memory.terminal_trust.file();
    }

    fn answer(&mut self, bytes: &[u8]) -> Response {
        let Ok(command) = Command::parse(bytes) else {
            return Response::status(Status::WRONG_LENGTH);
        };
        self.long_answer = command.extended;
        if command.extended && self.faults.no_extended {
            if self.faults.refusal_ends_session {
                self.end_session();
            }
            return Response::status(Status::WRONG_LENGTH);
        }
        if command.cla & 0x0C == 0x0C {
            return self.answer_sealed(&command);
        }
        if self.session.is_some() {
            // A plain command ends the session (ICAO 9303-11 §9.8.8).
            self.end_session();
        }
        let response = self.serve(&command).unwrap_or_else(Response::status);
        self.session = self.next_session.take().or(self.session.take());
        response
    }

    fn answer_sealed(&mut self, wire: &Command) -> Response {
        let opened = match self
            .session
            .as_mut()
            .map(|session| session.open_command(wire))
        {
            None => return Response::status(Status::SM_OBJECTS_MISSING),
            Some(Err(_)) => {
                self.end_session();
                return Response::status(Status::SM_OBJECTS_INCORRECT);
            }
            Some(Ok(opened)) => opened,
        };
        let response = self.serve(&opened).unwrap_or_else(Response::status);
        let refused = !response.status.brings_data();
        if refused && self.faults.plain_errors
            || response.status == Status::WRONG_LENGTH && self.faults.refusal_ends_session
        {
            self.end_session();
            return response;
        }
        let sealed = self
            .session
            .as_mut()
            .and_then(|session| session.seal_response(&response, opened.is_odd()).ok());
        self.session = self.next_session.take().or(self.session.take());
        if self.faults.bare_at == Some(self.commands) {
            return response;
        }
        let Some(mut sealed) = sealed else {
            return Response::status(Status::SM_OBJECTS_INCORRECT);
        };
        if self.faults.bad_mac_at == Some(self.commands)
            && let Some(last) = sealed.data.last_mut()
        {
            *last ^= 1;
        }
        sealed
    }

    fn serve(&mut self, command: &Command) -> Served {
        match (command.ins, command.p1, command.p2) {
            (0xA4, ..) => self.select(command),
            (0xB0 | 0xB1, ..) => self.read_binary(command),
            (0x22, 0xC1, 0xA4) => self.set_pace(command),
            (0x22, 0x41, 0xA4 | 0xA6) => self.set_chip_authentication(command),
            (0x86, 0, 0) if self.chip_auth.is_some() => self.chip_authentication(command),
            (0x86, 0, 0) => self.pace_step(command),
            (0x22, 0x81, 0xB6) => self.set_issuer(command),
            (0x2A, 0x00, 0xBE) => self.verify_certificate(command),
            (0x22, 0x81, 0xA4) => self.set_terminal(command),
            (0x84, 0, 0) if self.awaits_terminal() => self.terminal_challenge(command),
            (0x82, 0, 0) if self.awaits_terminal() => self.terminal_answer(command),
            (0x84, 0, 0) => self.bac_challenge(command),
            (0x82, 0, 0) => self.bac_answer(command),
            (0x88, 0, 0) => self.internal_authenticate(command),
            (0xCB, 0x3F, 0xFF) | (0xCA, 0x7F, 0x61) => self.finger_templates(command),
            (0x20 | 0x21, 0, _) => self.verify_finger(command),
            _ => Err(Status::INS_NOT_SUPPORTED),
        }
    }

    fn select(&mut self, command: &Command) -> Served {
        if self.enters_on_card(command) {
            return Ok(Response::status(Status::OK));
        }
        match (command.p1, &command.data[..]) {
            (0x04, name) if name == LDS1 => {
                self.in_document = true;
                self.selected = None;
                Ok(Response::status(Status::OK))
            }
            (0x00, [] | [0x3F, 0x00]) => {
                if self.faults.mf_6d00 {
                    return Err(Status::INS_NOT_SUPPORTED);
                }
                self.in_document = false;
                self.selected = None;
                Ok(Response::status(Status::OK))
            }
            (0x00 | 0x02, [hi, lo]) => {
                let id = u16::from_be_bytes([*hi, *lo]);
                self.file(id)?;
                self.selected = Some(id);
                Ok(Response::status(Status::OK))
            }
            _ => Err(Status::FILE_NOT_FOUND),
        }
    }

    /// The file, if it stands where we are and the access rules allow it (ICAO 9303-10 §3.11).
    fn file(&self, id: u16) -> Result<&[u8], Status> {
        // In the document, 011C is not EF.CardAccess but EF.CVCA (ICAO 9303-10 §3.11).
        if let (0x011C, true, true, Some(file)) = (id, self.in_document, self.open, &self.cvca) {
            return Ok(file);
        }
        if id == CARD_SECURITY && !self.in_document {
            // Readable after PACE only (ICAO 9303-10 §3.11.3).
            if !self.open {
                return Err(Status::SECURITY_NOT_SATISFIED);
            }
            let file = self.memory.card_security.as_deref();
            return file.ok_or(Status::FILE_NOT_FOUND);
        }
        let master = MASTER_FILES.contains(&id);
        // Where there is no SELECT of the master file, its files are within reach from everywhere.
        let here = master != self.in_document || master && self.faults.mf_6d00;
        if !here {
            return Err(Status::FILE_NOT_FOUND);
        }
        if !master && !self.open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let file = self.memory.files.get(&id).ok_or(Status::FILE_NOT_FOUND)?;
        // Fingers and irises lie behind terminal authentication.
        let opened = match id {
            0x0103 => self.terminal.rights.fingers,
            0x0104 => self.terminal.rights.irises,
            _ => true,
        };
        if !opened && !self.faults.dg3_open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        Ok(file)
    }

    fn by_short_id(&self, sfi: u8) -> Result<u16, Status> {
        if self.faults.no_sfi {
            return Err(Status::FILE_NOT_FOUND);
        }
        match sfi {
            0x01 if !self.in_document => Ok(0x2F01),
            0x1E if !self.in_document => Ok(0x2F00),
            0x01..=0x10 | 0x1C..=0x1E => Ok(0x0100 | u16::from(sfi)),
            _ => Err(Status::FILE_NOT_FOUND),
        }
    }

    /// READ BINARY, even and odd (ISO/IEC 7816-4 §11.2.3).
    fn read_binary(&mut self, command: &Command) -> Served {
        let named = match (command.is_odd(), command.p1, command.p2) {
            (false, p1, _) if p1 & 0x80 != 0 => Some(self.by_short_id(p1 & 0x1F)?),
            (true, 0, sfi) if sfi != 0 => Some(self.by_short_id(sfi)?),
            _ => None,
        };
        let id = named.or(self.selected).ok_or(Status(0x6986))?;
        let offset = match (command.is_odd(), command.p1) {
            (true, _) => tlv::only(&command.data, 0x54)
                .map_err(|_| Status::WRONG_DATA)?
                .iter()
                .fold(0, |sum: usize, octet| {
                    sum << 8 & 0xFF_FFFF | usize::from(*octet)
                }),
            (false, p1) if p1 & 0x80 != 0 => usize::from(command.p2),
            (false, p1) => usize::from(p1) << 8 | usize::from(command.p2),
        };
        let le = command.le.ok_or(Status::WRONG_LENGTH)? as usize;
        if self.faults.max_le.is_some_and(|most| le > most as usize) {
            return Err(Status::WRONG_LENGTH);
        }
        // A short answer that will be sealed holds less.
        let room = match (&self.session, self.long_answer) {
            (Some(session), long) => session.capacity(if long { 65_535 } else { 256 }),
            (None, _) => 65_536,
        };
        let file = self.file(id)?;
        let rest = file.get(offset..).ok_or(Status::WRONG_OFFSET)?;
        let frame = if command.is_odd() {
            le.min(room)
                - le.min(room)
                    .min(2 + usize::from(le > 127) + usize::from(le > 255))
        } else {
            le.min(room)
        };
        if self.faults.exact_le && frame > rest.len() {
            return Err(Status(0x6C00 | (rest.len() as u16 & 0xFF)));
        }
        let data = &rest[..frame.min(rest.len())];
        let status = if frame > rest.len() {
            Status::END_OF_FILE
        } else {
            Status::OK
        };
        let data = if command.is_odd() {
            tlv::encode(0x53, data)
        } else {
            data.to_vec()
        };
        self.selected = Some(id);
        Ok(Response::new(data, status))
    }

    fn security_infos(&self, file: u16) -> SecurityInfos {
        let bytes = self.memory.files.get(&file).map_or(&[][..], Vec::as_slice);
        let set = tlv::only(bytes, 0x6E).unwrap_or(bytes);
        SecurityInfos::read(set).unwrap_or_default()
    }

    fn password(&self, reference: u8) -> Option<AccessKey> {
        match reference {
            1 => self.memory.mrz.clone().map(AccessKey::Mrz),
            2 => self.memory.can.clone().map(AccessKey::Can),
            _ => None,
        }
    }
}

/// DG1 as so many objects, each inside the one before.
fn nested(depth: usize) -> Vec<u8> {
    let mut file = Vec::new();
    for _ in 1..depth {
        file = tlv::encode(0x70, &file);
    }
    tlv::encode(0x61, &file)
}

impl Transport for Applet {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands += 1;
        let now = |at: Option<u32>| at == Some(self.commands);
        let since = |at: Option<u32>| at.is_some_and(|at| at <= self.commands);
        if now(self.faults.drop_at) {
            self.gone = true;
        }
        if now(self.faults.hang_at) {
            return Err(TransportError::ReaderHung);
        }
        self.mute |= self.faults.mute_on_extended
            && Command::parse(command).is_ok_and(|command| command.extended);
        if self.gone {
            return Err(TransportError::CardLost);
        }
        if self.mute {
            return Err(TransportError::Failed {
                detail: "silent since a command in extended form".to_owned(),
            });
        }
        let answer = if since(self.faults.endless_61_at) {
            vec![0xAA, 0x61, 0x10]
        } else if since(self.faults.endless_6c_at) {
            vec![0x6C, 0x10]
        } else if now(self.faults.replay_at) {
            self.last_answer.clone()
        } else {
            self.answer(command).encode()
        };
        self.last_answer.clone_from(&answer);
        Ok(answer)
    }
}

#[cfg(test)]
pub(crate) mod tests;
