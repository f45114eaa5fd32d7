//! Card readers: PC/SC, and the chip simulator as one more driver.

mod guard;
mod habit_book;

use std::time::Duration;

use bundle::{Device, DeviceKind};
use emrtd::Habits;
use emrtd::simulator::Applet;
use emrtd::transport::TransportError;
use emrtd::transport::pcsc::is_simulated;

use super::{CardReader, LaidCard, device};

pub use guard::EXCHANGE_PATIENCE;
pub use habit_book::HabitBook;

/// A reader behind pcscd, chosen by a part of its name, or the first that has a travel document.
///
/// Every word to pcscd is said on a thread of its own: a driver that does not come back costs that
/// thread, and the desk goes on.
pub struct PcscReader {
    wanted: String,
    wait: Duration,
    exchange_patience: Duration,
    used: String,
    book: HabitBook,
}

impl PcscReader {
    /// `wanted`: a part of the reader's name that stays the same when it is plugged in again (the
    /// numbers at its end do not); empty for any. `wait`: how long a card is waited for.
    #[must_use]
    pub fn new(wanted: &str, wait: Duration) -> Self {
        Self {
            wanted: wanted.to_owned(),
            wait,
            exchange_patience: EXCHANGE_PATIENCE,
            used: wanted.to_owned(),
            book: HabitBook::default(),
        }
    }

    /// Keeps what kinds of cards can bear in this book.
    #[must_use]
    pub fn with_book(mut self, book: HabitBook) -> Self {
        self.book = book;
        self
    }

    /// How long one exchange may take before the driver counts as hung.
    #[must_use]
    pub fn with_exchange_patience(mut self, patience: Duration) -> Self {
        self.exchange_patience = patience;
        self
    }
}

impl CardReader for PcscReader {
    fn connect(&mut self) -> Result<LaidCard, TransportError> {
        let wanted = (!self.wanted.is_empty()).then(|| self.wanted.clone());
        let laid = guard::connect(wanted, self.wait, self.exchange_patience)?;
        self.used = laid.reader;
        Ok(LaidCard {
            transport: Box::new(laid.card),
            atr: laid.atr,
        })
    }

    fn habits(&self, atr: &[u8]) -> Option<Habits> {
        self.book.of(atr)
    }

    fn remember(&mut self, atr: &[u8], habits: &Habits) {
        self.book.remember(atr, habits);
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
    fn connect(&mut self) -> Result<LaidCard, TransportError> {
        match (self.cards)() {
            Some(applet) => Ok(LaidCard {
                transport: Box::new(applet),
                atr: Vec::new(),
            }),
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
