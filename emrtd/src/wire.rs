//! The wire to one chip: counts what goes over it, and seals it once there is a session.

use thiserror::Error;
use zeroize::Zeroize;

use crate::apdu::{Command, MAX_EXTENDED, Response, Status};
use crate::secure_messaging::{SecureMessagingError, Session, Unsealed};
use crate::transport::{Transport, TransportError};

/// A whole read takes 20 to 400 commands; more than this is a chip that leads us round in circles.
pub const MAX_COMMANDS: u32 = 2_000;

/// What has gone over the wire so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub apdus: u32,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

/// Why one exchange brought nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum WireError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    SecureMessaging(#[from] SecureMessagingError),
    #[error("the chip wanted more than {MAX_COMMANDS} commands")]
    TooManyCommands,
    #[error("the answer is longer than any answer may be")]
    TooLong,
}

/// An answer, and whether the chip's seal was on it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) sealed: bool,
}

pub(crate) struct Wire<T> {
    transport: T,
    traffic: Traffic,
    session: Option<Session>,
}

impl<T: Transport> Wire<T> {
    pub(crate) fn new(transport: T) -> Self {
        Self {
            transport,
            traffic: Traffic::default(),
            session: None,
        }
    }

    pub(crate) fn into_transport(self) -> T {
        self.transport
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// From here on everything is sealed with these keys.
    pub(crate) fn begin(&mut self, session: Session) {
        self.session = Some(session);
    }

    /// Forgets the keys; from here on everything is plain.
    pub(crate) fn end(&mut self) {
        self.session = None;
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// One command and its answer.
    ///
    /// A plain error status under a session is passed on with `sealed: false`; anything else that
    /// lacks its seal is an error.
    pub(crate) fn send(&mut self, command: &Command) -> Result<Answer, WireError> {
        let Some(session) = self.session.as_mut() else {
            let response = self.exchange(&command.encode())?;
            return Ok(Answer {
                response,
                sealed: false,
            });
        };
        let bytes = session.protect(command)?;
        let answer = self.exchange(&bytes)?;
        let session = self
            .session
            .as_mut()
            .expect("the session above is still there");
        match session.unprotect(&answer) {
            Ok(Unsealed::Sealed(response)) => Ok(Answer {
                response,
                sealed: true,
            }),
            Ok(Unsealed::Plain(status)) => Ok(Answer {
                response: Response::status(status),
                sealed: false,
            }),
            Err(error) => {
                // No second try on the same keys.
                self.session = None;
                Err(error.into())
            }
        }
    }

    /// Bytes out, bytes in; `61xx` is followed by GET RESPONSE (ISO/IEC 7816-4 §5.3.4, T=0 readers).
    fn exchange(&mut self, command: &[u8]) -> Result<Response, WireError> {
        let mut whole = self.once(command)?;
        while whole.status.0 >> 8 == 0x61 {
            let more = Command::new(0, 0xC0, 0, 0).le(match whole.status.0 & 0xFF {
                0 => 256,
                count => u32::from(count),
            });
            let next = self.once(&more.encode())?;
            if next.data.is_empty() && next.status.0 >> 8 == 0x61 {
                return Err(WireError::TooLong);
            }
            if whole.data.len() + next.data.len() > MAX_EXTENDED {
                return Err(WireError::TooLong);
            }
            whole.data.extend_from_slice(&next.data);
            whole.status = next.status;
        }
        Ok(whole)
    }

    fn once(&mut self, command: &[u8]) -> Result<Response, WireError> {
        if self.traffic.apdus >= MAX_COMMANDS {
            return Err(WireError::TooManyCommands);
        }
        self.traffic.apdus += 1;
        self.traffic.bytes_sent += command.len() as u64;
        let mut answer = self.transport.transmit(command)?;
        self.traffic.bytes_received += answer.len() as u64;
        if answer.len() < 2 {
            // PC/SC gives an empty answer when the card leaves during an exchange.
            answer.zeroize();
            return Err(TransportError::CardLost.into());
        }
        Response::parse(answer).map_err(|_| WireError::TooLong)
    }
}

/// Statuses that mean "no such file" or "not here".
pub(crate) fn says_absent(status: Status) -> bool {
    matches!(status.0, 0x6A82 | 0x6A83 | 0x6A88)
}
