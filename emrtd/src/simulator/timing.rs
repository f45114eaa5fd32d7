//! How long a reading would take over the air: a price for each exchange and one for each byte.
//!
//! Nothing here waits or looks at a clock, so that two readers can be compared on a busy machine:
//! the same exchanges cost the same, every time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::transport::{Transport, TransportError};

/// What the air between reader and chip costs.
///
/// Written as milliseconds an exchange and kilobits a second: `10,424`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For each command with its answer: the chip's own work and the reader's.
    pub exchange: Duration,
    /// Line rate, both ways: 106, 212, 424 or 848 (ISO/IEC 14443-4 §5.2).
    pub kbit_s: u32,
}

/// A timing is two numbers with a comma between.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a timing is milliseconds an exchange and kilobits a second, as in 10,424")]
pub struct UnknownTiming;

impl Timing {
    /// What this many exchanges and bytes, both ways, take at least.
    pub fn of(&self, exchanges: u32, bytes: u64) -> Duration {
        let bits = bytes.saturating_mul(8);
        let line =
            Duration::from_micros(bits.saturating_mul(1_000) / u64::from(self.kbit_s.max(1)));
        self.exchange * exchanges + line
    }
}

impl FromStr for Timing {
    type Err = UnknownTiming;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (milliseconds, rate) = text.split_once(',').ok_or(UnknownTiming)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| UnknownTiming);
        let kbit_s = number(rate)?;
        if kbit_s == 0 {
            return Err(UnknownTiming);
        }
        Ok(Self {
            exchange: Duration::from_millis(number(milliseconds)?.into()),
            kbit_s,
        })
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.exchange.as_millis(), self.kbit_s)
    }
}

/// Adds up what the exchanges would have taken.
pub struct Timed<T> {
    inner: T,
    timing: Timing,
    modelled: Duration,
}

impl<T> Timed<T> {
    pub fn new(inner: T, timing: Timing) -> Self {
        Self {
            inner,
            timing,
            modelled: Duration::ZERO,
        }
    }

    /// The time over the air so far.
    pub fn modelled(&self) -> Duration {
        self.modelled
    }
}

impl<T: Transport> Transport for Timed<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command)?;
        self.modelled += self.timing.of(1, (command.len() + answer.len()) as u64);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_exchanges_have_their_price() {
        let timing: Timing = "10,106".parse().unwrap();
        assert_eq!(timing.to_string(), "10,106");
        assert_eq!(timing.of(1, 0), Duration::from_millis(10));
        assert_eq!(timing.of(2, 106), Duration::from_millis(28));
        for wrong in ["", "10", "10,0", "a,b", "10,424,1", "-1,424"] {
            assert_eq!(wrong.parse::<Timing>(), Err(UnknownTiming), "{wrong}");
        }
    }
}
