//! Terminal authentication, version 1: the chip is shown certificates and asked to open DG3 and DG4
//! (BSI TR-03110-3 §B.3). Only after chip authentication, whose key is signed along.

use rand_core::CryptoRng;
use thiserror::Error;

use super::reading::{File, Reach};
use super::{ReadError, SecureChip};
use crate::apdu::{Command, Status};
use crate::lds::dg14::{CvcaFile, SecurityInfos};
use crate::proof::cv_certificate::{CvCertificate, Reference, Rights};
use crate::proof::terminal::{Terminal, TerminalKeyError, chain, granted, message};
use crate::tlv;
use crate::transport::Transport;

/// EF.CVCA holds two references at most, padded with zeros (ICAO 9303-10, TR-03110-3 §A.1.2).
const CVCA_OCTETS: usize = 36;

/// The chip has accepted the terminal; until the session ends it opens what the chain grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalAccess {
    /// The authority under which the chain was accepted.
    pub authority: Reference,
    /// What the certificates grant; the chip may still have nothing to give.
    pub rights: Rights,
}

/// Why the chip does not open its fingers to this terminal. The rest can be read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TerminalAuthError {
    /// The chip must have proved itself first; its answer is what the terminal's signature covers.
    #[error("terminal authentication needs chip authentication first")]
    ChipNotAuthenticated,
    #[error("the chip names no authority that it trusts")]
    AuthorityUnnamed,
    /// No chain of ours begins at an authority of the chip's.
    #[error("no certificate of ours leads up to {}", known.first().map_or_else(String::new, ToString::to_string))]
    AuthorityUnknown { known: Vec<Reference> },
    #[error("the chip does not accept the certificate of {holder} ({status})")]
    CertificateRefused { holder: Reference, status: Status },
    #[error("the chip does not accept the terminal's signature ({status})")]
    SignatureRefused { status: Status },
    #[error("the chip refused at {step} ({status})")]
    Refused { step: &'static str, status: Status },
    #[error(transparent)]
    Key(#[from] TerminalKeyError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl TerminalAuthError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChipNotAuthenticated => "terminal.chip_not_authenticated",
            Self::AuthorityUnnamed => "terminal.authority_unnamed",
            Self::AuthorityUnknown { .. } => "terminal.authority_unknown",
            Self::CertificateRefused { .. } => "terminal.certificate_refused",
            Self::SignatureRefused { .. } => "terminal.signature_refused",
            Self::Refused { .. } => "terminal.refused",
            Self::Key(error) => error.code(),
            Self::Read(error) => error.code(),
        }
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`TerminalKeyError`] and
    /// [`ReadError`].
    pub const CODES: &'static [&'static str] = &[
        "terminal.chip_not_authenticated",
        "terminal.authority_unnamed",
        "terminal.authority_unknown",
        "terminal.certificate_refused",
        "terminal.signature_refused",
        "terminal.refused",
    ];
}

impl<T: Transport> SecureChip<T> {
    /// Proves to the chip that this terminal may read DG3 and DG4.
    ///
    /// Chip authentication must have run. Whatever the error, the chip can be read on; one that
    /// ended the session over a refusal is opened again by the next reading. The access is lost with
    /// the session.
    pub fn authenticate_terminal(
        &mut self,
        terminal: &dyn Terminal,
        rng: &mut dyn CryptoRng,
    ) -> Result<TerminalAccess, TerminalAuthError> {
        // A chip that has proved its key within PACE was spared chip authentication until now.
        if let (None, Some(dg14)) = (&self.terminal_key, self.dg14.clone()) {
            let witness = self.run_chip_authentication(&dg14, rng)?;
            self.dg14 = Some(dg14).filter(|_| witness.is_some() || self.mapping.is_some());
        }
        // A chip that ended the session over the reading of EF.CVCA is asked once more.
        self.once_more(rng, |chip| match chip.show_certificates(terminal) {
            Err(TerminalAuthError::Read(lost @ ReadError::SessionLost { .. })) => Err(lost),
            other => Ok(other),
        })?
    }

    fn show_certificates(
        &mut self,
        terminal: &dyn Terminal,
    ) -> Result<TerminalAccess, TerminalAuthError> {
        let own_key = self
            .terminal_key
            .clone()
            .ok_or(TerminalAuthError::ChipNotAuthenticated)?;
        let known = self.authorities()?;
        let chain = chain(terminal.certificates(), &known)
            .ok_or(TerminalAuthError::AuthorityUnknown { known })?;
        for certificate in &chain {
            self.show(certificate)?;
        }
        let (Some(top), Some(last)) = (chain.first(), chain.last()) else {
            return Err(TerminalAuthError::AuthorityUnnamed);
        };
        // MSE:Set AT, TR-03110-3 §B.11.1.
        let select = tlv::encode(0x83, last.holder().as_bytes());
        self.step("MSE:Set AT", Command::new(0, 0x22, 0x81, 0xA4).data(select))?;
        let challenge = self.step("GET CHALLENGE", Command::new(0, 0x84, 0, 0).le(8))?;
        let message = message(&self.identity, &challenge, &own_key);
        let signature = terminal.sign(last, &message)?;
        let answer = self.send(&Command::new(0, 0x82, 0, 0).data(signature))?;
        if !answer.status.is_ok() {
            return Err(TerminalAuthError::SignatureRefused {
                status: answer.status,
            });
        }
        Ok(TerminalAccess {
            authority: top.authority().clone(),
            rights: granted(&chain),
        })
    }

    /// MSE:Set DST and PSO:Verify Certificate, TR-03110-3 §B.11.4 and §B.11.5.
    fn show(&mut self, certificate: &CvCertificate) -> Result<(), TerminalAuthError> {
        let refused = |status| TerminalAuthError::CertificateRefused {
            holder: certificate.holder().clone(),
            status,
        };
        let select = tlv::encode(0x83, certificate.authority().as_bytes());
        let answer = self.send(&Command::new(0, 0x22, 0x81, 0xB6).data(select))?;
        if !answer.status.is_ok() {
            return Err(refused(answer.status));
        }
        let verify = Command::new(0, 0x2A, 0x00, 0xBE).data(certificate.parts());
        let answer = self.send(&verify)?;
        if !answer.status.is_ok() {
            return Err(refused(answer.status));
        }
        Ok(())
    }

    fn step(&mut self, step: &'static str, command: Command) -> Result<Vec<u8>, TerminalAuthError> {
        let wanted = command.le.map_or(0, |le| le as usize);
        let answer = self.send(&command)?;
        if answer.status.is_ok() && answer.data.len() == wanted {
            Ok(answer.data)
        } else {
            Err(TerminalAuthError::Refused {
                step,
                status: answer.status,
            })
        }
    }

    /// The authorities that the chip names in EF.CVCA, the current one first.
    fn authorities(&mut self) -> Result<Vec<Reference>, TerminalAuthError> {
        let file = self.cvca_file();
        let bytes = match self.read_start(File::cvca(file), CVCA_OCTETS, file.sfi.is_none()) {
            Ok(bytes) => bytes,
            Err(
                error @ (ReadError::Transport(_)
                | ReadError::SecureMessaging(_)
                | ReadError::SessionLost { .. }
                | ReadError::TooManyCommands),
            ) => {
                return Err(error.into());
            }
            Err(_) => return Err(TerminalAuthError::AuthorityUnnamed),
        };
        let mut known = Vec::new();
        let mut objects = tlv::Reader::new(&bytes);
        while objects.peek() == Some(0x42) {
            let Ok(Some(object)) = objects.read() else {
                break;
            };
            known.extend(Reference::new(object.value()));
        }
        if known.is_empty() {
            return Err(TerminalAuthError::AuthorityUnnamed);
        }
        Ok(known)
    }

    /// Where DG14 says that EF.CVCA is, or where it usually is.
    fn cvca_file(&self) -> CvcaFile {
        self.dg14
            .as_deref()
            .and_then(|dg14| SecurityInfos::from_dg14(dg14).ok())
            .and_then(|infos| infos.terminal_authentication())
            .unwrap_or_default()
    }
}

impl Reach {
    /// For work on one file that has to be named by SELECT, whatever the others like.
    pub(super) fn with_select(&mut self, select: bool) -> bool {
        let before = self.by_select;
        self.by_select |= select;
        before
    }
}

#[cfg(test)]
mod tests;
