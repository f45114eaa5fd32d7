//! The one narrow door to a chip: bytes in, bytes out, whoever carries them.

use thiserror::Error;

#[cfg(feature = "pcsc")]
pub mod pcsc;

/// Carries command APDUs to a chip and brings back its answers, SW1 SW2 last.
///
/// A transport adds nothing and hides nothing; an answer of fewer than two bytes is the card gone.
pub trait Transport {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

/// Why no answer came back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    #[error("the card was taken away")]
    CardLost,
    #[error("the card reader is gone")]
    ReaderLost,
    #[error("no card reader is connected")]
    NoReader,
    #[error("no card was presented in time")]
    NoCard,
    #[error("another program is using the card")]
    Busy,
    #[error("the card service does not answer")]
    ServiceMissing,
    /// Cards lie on several readers, and nothing tells which one is meant.
    #[error("cards lie on several readers")]
    Several,
    /// The reader's driver does not come back from a command.
    #[error("the card reader's driver does not come back")]
    ReaderHung,
    /// The reading as a whole has taken longer than any honest card needs.
    #[error("the card is too slow")]
    OutOfTime,
    /// The reader or its driver refused this one exchange.
    #[error("the exchange failed: {detail}")]
    Failed { detail: String },
}

impl TransportError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CardLost => "card.removed",
            Self::ReaderLost => "card.reader_lost",
            Self::NoReader => "card.no_reader",
            Self::NoCard => "card.none",
            Self::Busy => "card.busy",
            Self::ServiceMissing => "card.service_missing",
            Self::Several => "card.several",
            Self::ReaderHung => "card.reader_hung",
            Self::OutOfTime => "card.too_slow",
            Self::Failed { .. } => "card.silent",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "card.removed",
        "card.reader_lost",
        "card.no_reader",
        "card.none",
        "card.busy",
        "card.service_missing",
        "card.several",
        "card.reader_hung",
        "card.too_slow",
        "card.silent",
    ];
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}
