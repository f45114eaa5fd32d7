//! Card readers: PC/SC, and the chip simulator as one more driver.

use std::time::Duration;

use bundle::{Device, DeviceKind};
use emrtd::simulator::Applet;
use emrtd::transport::pcsc::{Readers, is_simulated};
use emrtd::transport::{Transport, TransportError};

use super::{CardReader, device};

/// A reader behind pcscd, chosen by a part of its name, or the first that has a card.
pub struct PcscReader {
    wanted: String,
    wait: Duration,
    used: String,
}

impl PcscReader {
    #[must_use]
    pub fn new(wanted: &str, wait: Duration) -> Self {
        Self {
            wanted: wanted.to_owned(),
            wait,
            used: wanted.to_owned(),
        }
    }
}

impl CardReader for PcscReader {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        let wanted = (!self.wanted.is_empty()).then_some(self.wanted.as_str());
        let readers = Readers::new()?;
        self.used = readers.wait_for_card(wanted, self.wait)?;
        Ok(Box::new(readers.connect(&self.used)?))
    }

    fn device(&self) -> Device {
        device(
            DeviceKind::CardReader,
            &self.used,
            "pcsc",
            is_simulated(&self.used),
        )
    }
}

/// The chip simulator without a reader between: for practice, and for tests that move the card.
pub struct SimulatedReader {
    cards: Box<dyn FnMut() -> Option<Applet> + Send>,
}

impl SimulatedReader {
    /// `cards` is asked each time a card should be on the reader.
    #[must_use]
    pub fn new(cards: impl FnMut() -> Option<Applet> + Send + 'static) -> Self {
        Self {
            cards: Box::new(cards),
        }
    }
}

impl CardReader for SimulatedReader {
    fn connect(&mut self) -> Result<Box<dyn Transport>, TransportError> {
        match (self.cards)() {
            Some(applet) => Ok(Box::new(applet)),
            None => Err(TransportError::NoCard),
        }
    }

    fn device(&self) -> Device {
        device(
            DeviceKind::CardReader,
            "simulated reader",
            "simulator",
            true,
        )
    }
}
