//! Tickets in stock: the verifier's signed nonces, fetched ahead so that a desk without network
//! can still open visits for a shift. Each is used once: it leaves the stock before its visit
//! begins.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bundle::{SignedTicket, StationId, VerifierPublicKey};
use jiff::Timestamp;

use crate::durable::{make_folder, sync_folder, write_whole};

pub const CODES: &[&str] = &["ticket.none_left", "ticket.disk"];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TicketStockError {
    #[error("no valid ticket is left")]
    NoneLeft,
    #[error("the ticket stock's disk: {0}")]
    Disk(#[from] io::Error),
}

impl TicketStockError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoneLeft => "ticket.none_left",
            Self::Disk(_) => "ticket.disk",
        }
    }
}

pub struct TicketStock {
    folder: PathBuf,
    station: StationId,
    verifier: VerifierPublicKey,
}

impl TicketStock {
    /// # Errors
    /// [`TicketStockError::Disk`].
    pub fn open(
        folder: &Path,
        station: StationId,
        verifier: VerifierPublicKey,
    ) -> Result<Self, TicketStockError> {
        make_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            station,
            verifier,
        })
    }

    /// Puts tickets in stock; those that are not ours, not genuine or already over are left out.
    /// Returns how many were taken.
    ///
    /// # Errors
    /// [`TicketStockError::Disk`].
    pub fn add(
        &self,
        tickets: Vec<SignedTicket>,
        now: Timestamp,
    ) -> Result<usize, TicketStockError> {
        let mut taken = 0;
        for signed in tickets {
            if let Some(name) = self.usable(&signed, now) {
                write_whole(&self.folder.join(name), &signed.to_json())?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Takes the oldest usable ticket out of the stock.
    ///
    /// # Errors
    /// [`TicketStockError::NoneLeft`] when nothing usable is in stock.
    pub fn take(&self, now: Timestamp) -> Result<SignedTicket, TicketStockError> {
        for path in self.files()? {
            let signed = fs::read(&path)
                .ok()
                .and_then(|bytes| SignedTicket::from_json(&bytes).ok());
            // Gone before it is used: a power cut may cost a ticket, never use one twice.
            fs::remove_file(&path)?;
            sync_folder(&self.folder)?;
            if let Some(signed) = signed
                && self.usable(&signed, now).is_some()
            {
                return Ok(signed);
            }
        }
        Err(TicketStockError::NoneLeft)
    }

    /// # Errors
    /// [`TicketStockError::Disk`].
    pub fn len(&self) -> Result<usize, TicketStockError> {
        Ok(self.files()?.len())
    }

    /// When the newest ticket in stock was signed: it is later than that now.
    #[must_use]
    pub fn last_issued(&self) -> Option<Timestamp> {
        let newest = self.files().ok()?.pop()?;
        let signed = SignedTicket::from_json(&fs::read(newest).ok()?).ok()?;
        Some(signed.verify(&self.verifier).ok()?.issued_at)
    }

    /// # Errors
    /// [`TicketStockError::Disk`].
    pub fn is_empty(&self) -> Result<bool, TicketStockError> {
        Ok(self.len()? == 0)
    }

    /// Ticket files, oldest first: their ids are UUIDv7 and sort by time of issue.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "ticket") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn usable(&self, signed: &SignedTicket, now: Timestamp) -> Option<String> {
        let ticket = signed.verify(&self.verifier).ok()?;
        let usable = ticket.station == self.station && now < ticket.expires_at;
        usable.then(|| format!("{}.ticket", ticket.id))
    }
}
