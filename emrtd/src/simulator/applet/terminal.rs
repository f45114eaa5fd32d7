//! The chip's half of terminal authentication (BSI TR-03110-3 §2.2 and §B.3): whom it trusts, what day
//! it believes it is, and what it opens.

use jiff::civil::Date;

use super::{Applet, Served};
use crate::apdu::{Command, Response, Status};
use crate::proof::cv_certificate::{CvCertificate, Reference, Rights, Role, VerifyingKey};
use crate::proof::terminal::message;
use crate::tlv;

/// What a chip that knows terminal authentication is made with, and what it learns.
#[derive(Debug, Clone, Default)]
pub struct TerminalTrust {
    /// The authority's certificates, the current one last.
    trusted: Vec<Holder>,
    /// The latest day that a believed certificate began on; a chip has no clock.
    today: Option<Date>,
}

impl TerminalTrust {
    /// Trusts these authorities; `today` is the day the chip was made.
    pub fn new(authorities: &[CvCertificate], today: Date) -> Self {
        let mut trust = Self {
            trusted: Vec::new(),
            today: Some(today),
        };
        for authority in authorities {
            let issuer = trust.trusted.last().map(|last| last.key.clone());
            if let Some(key) = authority.verifying_key(issuer.as_ref()) {
                trust.trusted.push(Holder::of(authority, key, Rights::ALL));
            }
        }
        trust
    }

    /// EF.CVCA: the current authority and the one before it (TR-03110-3 §A.1.2).
    pub(super) fn file(&self) -> Option<Vec<u8>> {
        if self.trusted.is_empty() {
            return None;
        }
        let mut file = Vec::new();
        for holder in self.trusted.iter().rev().take(2) {
            tlv::append(&mut file, 0x42, holder.name.as_bytes());
        }
        file.resize(36, 0);
        Some(file)
    }

    /// The day the chip believes it is.
    pub fn today(&self) -> Option<Date> {
        self.today
    }
}

/// The key of somebody whose certificate was believed.
#[derive(Debug, Clone)]
struct Holder {
    name: Reference,
    role: Role,
    rights: Rights,
    expiry: Date,
    key: VerifyingKey,
}

impl Holder {
    fn of(certificate: &CvCertificate, key: VerifyingKey, so_far: Rights) -> Self {
        Self {
            name: certificate.holder().clone(),
            role: certificate.role(),
            rights: so_far.and(certificate.rights()),
            expiry: certificate.expiry(),
            key,
        }
    }
}

/// How far a terminal has come in this session.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    /// Chosen by MSE:Set DST, to check the next certificate.
    issuer: Option<Holder>,
    /// Believed in this session.
    shown: Vec<Holder>,
    /// Chosen by MSE:Set AT, and the question put to it.
    asked: Option<(Holder, Option<[u8; 8]>)>,
    /// What has been opened.
    pub(super) rights: Rights,
}

impl Applet {
    /// MSE:Set DST: whose key the next certificate is checked with.
    pub(super) fn set_issuer(&mut self, command: &Command) -> Served {
        self.terminal.issuer = None;
        let holder = self.named(command)?;
        self.terminal.issuer = Some(holder);
        Ok(Response::status(Status::OK))
    }

    /// The holder that DO'83' names, if we believe in such a one.
    fn named(&self, command: &Command) -> Result<Holder, Status> {
        // Chip authentication comes first (TR-03110-3 §2.1.1).
        if self.terminal_key.is_none() || self.faults.refuse_ta {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        let name = tlv::only(&command.data, 0x83).map_err(|_| Status::WRONG_DATA)?;
        let trusted = self.memory.terminal_trust.trusted.iter();
        trusted
            .chain(&self.terminal.shown)
            .find(|holder| holder.name.as_bytes() == name)
            .cloned()
            .ok_or(Status::REFERENCE_NOT_FOUND)
    }

    /// PSO:Verify Certificate.
    pub(super) fn verify_certificate(&mut self, command: &Command) -> Served {
        let issuer = self.terminal.issuer.take();
        let issuer = issuer.ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let certificate =
            CvCertificate::from_parts(&command.data).map_err(|_| Status::WRONG_DATA)?;
        if *certificate.authority() != issuer.name {
            return Err(Status::WRONG_DATA);
        }
        let link = certificate.role() == Role::Authority;
        let trust = &mut self.memory.terminal_trust;
        let today = trust.today.unwrap_or(Date::MIN);
        // A link is believed even when it has run out: the chip may have slept (TR-03110-3 §2.2.4).
        let lasts = link || certificate.expiry() >= today && issuer.expiry >= today;
        let may = issuer.role.may_issue(certificate.role());
        if !may || !lasts || !certificate.verify(&issuer.key) {
            return Err(Status::AUTHENTICATION_FAILED);
        }
        let key = certificate.verifying_key(Some(&issuer.key));
        let key = key.ok_or(Status::WRONG_DATA)?;
        let holder = Holder::of(&certificate, key, issuer.rights);
        // Foreigners may not tell the chip what day it is.
        let domestic = match certificate.role() {
            Role::Authority | Role::DomesticVerifier => true,
            Role::ForeignVerifier => false,
            Role::Terminal => issuer.role == Role::DomesticVerifier,
        };
        if domestic && certificate.effective() > today {
            trust.today = Some(certificate.effective());
        }
        if link {
            trust.trusted.retain(|known| known.name != holder.name);
            // An authority's own rights do not shrink by the link.
            trust.trusted.push(holder);
        } else {
            self.terminal.shown.push(holder);
        }
        Ok(Response::status(Status::OK))
    }

    /// MSE:Set AT: which terminal will sign.
    pub(super) fn set_terminal(&mut self, command: &Command) -> Served {
        self.terminal.asked = None;
        let holder = self.named(command)?;
        if holder.role != Role::Terminal {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        self.terminal.asked = Some((holder, None));
        Ok(Response::status(Status::OK))
    }

    /// A terminal has been chosen: GET CHALLENGE and EXTERNAL AUTHENTICATE are its.
    pub(super) fn awaits_terminal(&self) -> bool {
        self.terminal.asked.is_some()
    }

    /// GET CHALLENGE.
    pub(super) fn terminal_challenge(&mut self, command: &Command) -> Served {
        if command.le != Some(8) {
            return Err(Status::WRONG_LENGTH);
        }
        let mut random = [0; 8];
        self.rng.fill_bytes(&mut random);
        let Some((_, challenge)) = &mut self.terminal.asked else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        *challenge = Some(random);
        Ok(Response::new(random.to_vec(), Status::OK))
    }

    /// EXTERNAL AUTHENTICATE.
    pub(super) fn terminal_answer(&mut self, command: &Command) -> Served {
        let Some((holder, Some(challenge))) = self.terminal.asked.take() else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        let key = self.terminal_key.as_deref();
        let key = key.ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let message = message(&self.identity, &challenge, key);
        if !holder.key.verify(&message, &command.data) {
            return Err(Status::AUTHENTICATION_FAILED);
        }
        self.terminal.rights = holder.rights;
        Ok(Response::status(Status::OK))
    }
}
