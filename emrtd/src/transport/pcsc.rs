//! Real card readers, by PC/SC: list them, wait for a card, take it for ourselves alone.

use std::ffi::CString;
use std::thread;
use std::time::{Duration, Instant};

use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};

use super::{Transport, TransportError};
use crate::access::LDS1;
use crate::apdu::Command;

/// The longest answer that PC/SC carries.
const BUFFER: usize = pcsc::MAX_BUFFER_SIZE_EXTENDED;

/// How often readers that come and go are looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// pcscd sees a card leave within 400 ms; longer than that and it is still there.
const LEAVING: Duration = Duration::from_millis(500);

/// The readers of this machine.
pub struct Readers {
    context: Context,
}

impl Readers {
    /// Connects to the card service.
    pub fn new() -> Result<Self, TransportError> {
        let context = Context::establish(Scope::User).map_err(fault)?;
        Ok(Self { context })
    }

    /// The names of the connected readers.
    pub fn names(&self) -> Result<Vec<String>, TransportError> {
        let names = match self.context.list_readers_owned() {
            Err(Error::NoReadersAvailable) => Vec::new(),
            other => other.map_err(fault)?,
        };
        Ok(names
            .into_iter()
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }

    /// True when a card lies on this reader.
    pub fn has_card(&self, reader: &str) -> Result<bool, TransportError> {
        let mut states = [ReaderState::new(name(reader)?, State::UNAWARE)];
        match self.context.get_status_change(Duration::ZERO, &mut states) {
            Ok(()) | Err(Error::Timeout) => Ok(states[0].event_state().contains(State::PRESENT)),
            Err(error) => Err(fault(error)),
        }
    }

    /// Waits until a card lies on a reader whose name contains `reader` (any, when `None`); the name.
    pub fn wait_for_card(
        &self,
        reader: Option<&str>,
        patience: Duration,
    ) -> Result<String, TransportError> {
        let end = Instant::now() + patience;
        loop {
            let names: Vec<String> = self
                .names()?
                .into_iter()
                .filter(|name| reader.is_none_or(|wanted| name.contains(wanted)))
                .collect();
            for name in &names {
                if self.has_card(name)? {
                    return Ok(name.clone());
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(if names.is_empty() {
                    TransportError::NoReader
                } else {
                    TransportError::NoCard
                });
            }
            self.watch(&names, left.min(LOOK_AGAIN))?;
        }
    }

    /// Waits as [`wait_for_card`](Self::wait_for_card) does, and where cards lie on several readers
    /// finds the one that is a travel document: a desk has signing tokens plugged in as well.
    ///
    /// # Errors
    /// [`TransportError::Several`] when there is more than one.
    pub fn wait_for_document(
        &self,
        reader: Option<&str>,
        patience: Duration,
    ) -> Result<String, TransportError> {
        let first = self.wait_for_card(reader, patience)?;
        let mut laid = Vec::new();
        for name in self.names()? {
            if reader.is_none_or(|wanted| name.contains(wanted)) && self.has_card(&name)? {
                laid.push(name);
            }
        }
        if laid.len() < 2 {
            return Ok(first);
        }
        let mut documents = laid.into_iter().filter(|name| self.is_document(name));
        match (documents.next(), documents.next()) {
            (None, _) => Ok(first),
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(TransportError::Several),
        }
    }

    /// Does the card on this reader know the eMRTD application? It is reset afterwards.
    fn is_document(&self, reader: &str) -> bool {
        let select = Command::new(0, 0xA4, 0x04, 0x0C).data(LDS1.to_vec());
        self.connect(reader)
            .and_then(|mut card| card.transmit(&select.encode()))
            .is_ok_and(|answer| answer.ends_with(&[0x90, 0x00]))
    }

    /// Returns when something changes on these readers, or after a while.
    fn watch(&self, names: &[String], patience: Duration) -> Result<(), TransportError> {
        if names.is_empty() {
            thread::sleep(patience);
            return Ok(());
        }
        let mut states = Vec::with_capacity(names.len());
        for reader in names {
            states.push(ReaderState::new(name(reader)?, State::EMPTY));
        }
        match self.context.get_status_change(patience, &mut states) {
            Ok(()) | Err(Error::Timeout | Error::UnknownReader | Error::ReaderUnavailable) => {
                Ok(())
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Takes the card on this reader; no other program can use it until it is let go.
    pub fn connect(&self, reader: &str) -> Result<PcscCard, TransportError> {
        let card = self
            .context
            .connect(&name(reader)?, ShareMode::Exclusive, Protocols::ANY)
            .map_err(|error| match error {
                Error::NoSmartcard | Error::RemovedCard => TransportError::NoCard,
                other => fault(other),
            })?;
        Ok(PcscCard {
            card: Some(card),
            buffer: vec![0; BUFFER],
            lost: false,
        })
    }
}

/// A reader made of software, which proves nothing about a card; vsmartcard's readers call
/// themselves "Virtual PCD".
pub fn is_simulated(reader: &str) -> bool {
    reader.contains("Virtual PCD")
}

/// A card held exclusively. When dropped, it is reset: no session outlives the visit.
pub struct PcscCard {
    card: Option<Card>,
    buffer: Vec<u8>,
    lost: bool,
}

impl PcscCard {
    /// The answer to reset; empty where the reader does not tell.
    pub fn atr(&self) -> Vec<u8> {
        self.card
            .as_ref()
            .and_then(|card| card.status2_owned().ok())
            .map(|status| status.atr().to_vec())
            .unwrap_or_default()
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let card = self.card.as_ref().ok_or(TransportError::CardLost)?;
        let silence = match card.transmit(command, &mut self.buffer) {
            Ok(answer) if answer.len() >= 2 => return Ok(answer.to_vec()),
            // An empty answer is how some drivers say that the card has just left.
            Ok(_) => "an empty answer".to_owned(),
            Err(error @ (Error::NotTransacted | Error::CommError | Error::UnresponsiveCard)) => {
                error.to_string()
            }
            Err(error) => return Err(fault(error)),
        };
        // The card left, or it fell silent, or the reader cannot carry this command: only time tells.
        thread::sleep(LEAVING);
        match card.status2_owned() {
            Ok(status) if status.status().contains(pcsc::Status::PRESENT) => {
                Err(TransportError::Failed { detail: silence })
            }
            _ => Err(TransportError::CardLost),
        }
    }
}

impl Transport for PcscCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.lost {
            return Err(TransportError::CardLost);
        }
        let answer = self.exchange(command);
        self.lost = matches!(
            answer,
            Err(TransportError::CardLost | TransportError::ReaderLost)
        );
        answer
    }
}

impl Drop for PcscCard {
    fn drop(&mut self) {
        self.buffer.fill(0);
        if let Some(card) = self.card.take() {
            // Nobody is there to be reset; some drivers would miss the next card if it were tried.
            let after = if self.lost {
                Disposition::LeaveCard
            } else {
                Disposition::ResetCard
            };
            // The card may be leaving just now; then it is as good as reset.
            let _ = card.disconnect(after);
        }
    }
}

fn name(reader: &str) -> Result<CString, TransportError> {
    CString::new(reader).map_err(|_| TransportError::NoReader)
}

fn fault(error: Error) -> TransportError {
    match error {
        Error::RemovedCard | Error::ResetCard | Error::NoSmartcard => TransportError::CardLost,
        Error::UnknownReader | Error::ReaderUnavailable => TransportError::ReaderLost,
        Error::NoReadersAvailable => TransportError::NoReader,
        Error::SharingViolation => TransportError::Busy,
        // The last two are what is said of a service that ended under a living connection.
        Error::NoService
        | Error::ServiceStopped
        | Error::Shutdown
        | Error::CommError
        | Error::InvalidHandle => TransportError::ServiceMissing,
        Error::Timeout => TransportError::NoCard,
        other => TransportError::Failed {
            detail: other.to_string(),
        },
    }
}

mod watcher;

pub use watcher::{Standing, Watcher};

#[cfg(test)]
mod tests;
