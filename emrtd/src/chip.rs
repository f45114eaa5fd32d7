//! The chip as the desk sees it: closed ([`Chip`]), then open ([`SecureChip`]), then read.
//!
//! The files are read in an order that loses least: what proves most comes first, what may cost the
//! session (a locked DG3) comes last. What comes out is [`ChipEvidence`](crate::ChipEvidence), which proves nothing yet.

use rand_core::CryptoRng;
use thiserror::Error;

use crate::access::{self, AccessError, AccessKey, AccessPolicy, AccessProtocol, AnswerLength};
use crate::apdu::{Command, Status};
use crate::evidence::{ActiveAnswer, Challenge, MappingWitness};
use crate::secure_messaging::SecureMessagingError;
use crate::transport::{Transport, TransportError};
use crate::wire::{Wire, WireError};

pub(crate) mod chip_authentication;
mod collecting;
mod collection;
mod habits;
mod on_card;
mod reading;
mod terminal_authentication;

pub use crate::wire::{MAX_COMMANDS, Traffic};
pub use collection::Collection;
use habits::Announced;
pub use habits::Habits;
use reading::Reach;
pub use terminal_authentication::{TerminalAccess, TerminalAuthError};

/// Sessions are opened again at most this often in one collection.
const MAX_REOPENINGS: u32 = 24;

/// The most that all files together may hold.
const MAX_TOTAL: usize = 1024 * 1024;

/// A chip whose lock is closed.
pub struct Chip<T> {
    wire: Wire<T>,
    habits: Option<Habits>,
    announced: Option<Announced>,
}

impl<T: Transport> Chip<T> {
    pub fn new(transport: T) -> Self {
        Self {
            wire: Wire::new(transport),
            habits: None,
            announced: None,
        }
    }

    /// The answer to reset, which may say what the chip can bear.
    #[must_use]
    pub fn with_atr(mut self, atr: &[u8]) -> Self {
        self.announced = Announced::in_atr(atr);
        self
    }

    /// What is known of cards with this ATR; nothing is tried that they cannot bear.
    #[must_use]
    pub fn with_habits(mut self, habits: Habits) -> Self {
        self.habits = Some(habits);
        self
    }

    /// What has gone over the wire so far.
    pub fn traffic(&self) -> Traffic {
        self.wire.traffic()
    }

    /// The transport back, without a word to the chip.
    pub fn into_transport(self) -> T {
        self.wire.into_transport()
    }

    /// Opens the chip by PACE, or by BAC where `policy` allows it and the chip offers no PACE.
    ///
    /// On failure the chip comes back, to be tried with another key.
    #[expect(
        clippy::result_large_err,
        reason = "the error hands the chip back; it is built once a visit"
    )]
    pub fn open(
        mut self,
        key: &AccessKey,
        policy: AccessPolicy,
        rng: &mut dyn CryptoRng,
    ) -> Result<SecureChip<T>, (Self, AccessError)> {
        // Habits are better than announcements, and trying is as cheap as asking.
        let length = match (&self.habits, self.announced) {
            (Some(habits), _) => habits.answer_length(),
            (None, Some(Announced::InAtrInfo)) => AnswerLength::AskAtrInfo,
            (None, _) => AnswerLength::Unknown,
        };
        match access::open(&mut self.wire, key, policy, length, rng) {
            Ok(opened) => Ok(SecureChip {
                wire: self.wire,
                key: key.clone(),
                policy,
                protocol: opened.protocol,
                card_access: opened.card_access,
                identity: opened.identity,
                terminal_key: None,
                terminal_accepted: false,
                reach: Reach::new(
                    &match (self.habits, self.announced) {
                        (Some(habits), _) => habits,
                        (None, Some(Announced::ShortAnswers)) => Habits::short_answers(),
                        (None, _) => Habits::default(),
                    },
                    opened.longest_answer,
                ),
                shaken: false,
                mapping: opened.mapping,
                card_security: opened.card_security,
                dg14: None,
                newly_keyed: false,
            }),
            Err(error) => {
                self.wire.end();
                Err((self, error))
            }
        }
    }
}

/// How far a collection has come, for the citizen's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// "sod", "dg1" to "dg16".
    pub file: &'static str,
    pub bytes_read: usize,
    pub bytes_total: usize,
}

/// Why the evidence could not be collected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    SecureMessaging(#[from] SecureMessagingError),
    /// A file that every travel document has is not on this chip.
    #[error("the chip has no {file}")]
    Missing { file: &'static str },
    #[error("the chip does not give {file} ({status})")]
    Refused { file: &'static str, status: Status },
    #[error("{file} is not the file it should be")]
    Malformed { file: &'static str },
    #[error("{file} is longer than such a file may be")]
    TooLong { file: &'static str },
    /// After chip authentication the chip did not know the new keys: it does not hold the key it shows.
    #[error("the chip does not hold the key of its chip authentication")]
    ChipAuthentication,
    /// The chip ended the session, and opening it again did not help.
    #[error("the chip ended the session ({status})")]
    SessionLost { status: Status },
    #[error("the chip could not be opened again: {0}")]
    Reopen(AccessError),
    #[error("the chip wanted too many commands")]
    TooManyCommands,
    /// Not the card that the reading was begun with.
    #[error("this is not the card that was being read")]
    OtherCard,
}

impl ReadError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::SecureMessaging(_) => "card.secure_messaging",
            Self::Missing { .. } => "card.file_missing",
            Self::Refused { .. } => "card.read_refused",
            Self::Malformed { .. } => "card.file_malformed",
            Self::TooLong { .. } => "card.file_too_long",
            Self::ChipAuthentication => "card.chip_authentication",
            Self::SessionLost { .. } => "card.session_lost",
            // The chip that opened a moment ago does not do so any more: whatever it says to that now,
            // it is not that it lacks PACE or that the number is wrong.
            Self::Reopen(error) => match error {
                AccessError::ChipUnproven | AccessError::Transport(_) => error.code(),
                _ => "card.session_lost",
            },
            Self::TooManyCommands => "card.too_many_commands",
            Self::OtherCard => "card.other_card",
        }
    }

    /// The card or its reader went away, or the chip ended the session: the same collection can be
    /// gone on with once the chip is open again.
    pub fn can_go_on(&self) -> bool {
        matches!(
            self,
            Self::Transport(_) | Self::SessionLost { .. } | Self::Reopen(_)
        )
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`AccessError`] and
    /// [`TransportError`].
    pub const CODES: &'static [&'static str] = &[
        "card.secure_messaging",
        "card.file_missing",
        "card.read_refused",
        "card.file_malformed",
        "card.file_too_long",
        "card.chip_authentication",
        "card.session_lost",
        "card.too_many_commands",
        "card.other_card",
    ];
}

impl From<WireError> for ReadError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Transport(error) => Self::Transport(error),
            WireError::SecureMessaging(error) => Self::SecureMessaging(error),
            WireError::TooManyCommands => Self::TooManyCommands,
            WireError::TooLong => Self::TooLong { file: "answer" },
        }
    }
}

/// A chip that has let us in; every command and answer is sealed.
pub struct SecureChip<T> {
    wire: Wire<T>,
    /// Kept to open the chip again when it ends the session over a refused command.
    key: AccessKey,
    policy: AccessPolicy,
    protocol: AccessProtocol,
    card_access: Option<Vec<u8>>,
    /// What the chip is called in this session, for the terminal's signature.
    identity: Vec<u8>,
    /// Our key of the last chip authentication, compressed.
    terminal_key: Option<Vec<u8>>,
    /// The chip has accepted a terminal in this session.
    terminal_accepted: bool,
    reach: Reach,
    /// The last answer was a bare error status: the chip may have dropped the session.
    shaken: bool,
    /// What the chip said of itself within PACE, in this session.
    mapping: Option<MappingWitness>,
    card_security: Option<Vec<u8>>,
    /// DG14, once the chip has proved in this session that it holds a key of it.
    dg14: Option<Vec<u8>>,
    /// Chip authentication has just set new keys that no answer has come under yet.
    newly_keyed: bool,
}

impl<T: Transport> SecureChip<T> {
    /// How the chip was opened.
    pub fn access(&self) -> AccessProtocol {
        self.protocol
    }

    /// What has gone over the wire since [`Chip::new`].
    pub fn traffic(&self) -> Traffic {
        self.wire.traffic()
    }

    /// The transport back; the keys of the session are forgotten.
    pub fn into_transport(self) -> T {
        self.wire.into_transport()
    }

    /// What the chip has shown it can bear so far.
    pub fn habits(&self) -> Habits {
        self.reach.habits()
    }

    /// The chip was last heard of before its first question for a long answer. When that happens
    /// twice, or the card is still there, it was the question: go on with
    /// [`Habits::short_answers`].
    pub fn fell_silent_at_long_answer(&self) -> bool {
        self.reach.dared()
    }

    /// Does `work`; when the chip has ended the session over something it did not like, opens the
    /// chip again and goes on with the work.
    fn steadily<R>(
        &mut self,
        rng: &mut dyn CryptoRng,
        work: impl FnMut(&mut Self) -> Result<R, ReadError>,
    ) -> Result<R, ReadError> {
        self.tries(MAX_REOPENINGS, rng, work)
    }

    /// The same for work that is not worth more than one new session.
    fn once_more<R>(
        &mut self,
        rng: &mut dyn CryptoRng,
        work: impl FnMut(&mut Self) -> Result<R, ReadError>,
    ) -> Result<R, ReadError> {
        self.tries(1, rng, work)
    }

    fn tries<R>(
        &mut self,
        mut left: u32,
        rng: &mut dyn CryptoRng,
        mut work: impl FnMut(&mut Self) -> Result<R, ReadError>,
    ) -> Result<R, ReadError> {
        loop {
            match work(self) {
                Err(ReadError::SessionLost { .. })
                    if left > 0 && self.reach.reopened < MAX_REOPENINGS =>
                {
                    left -= 1;
                    self.reach.reopened += 1;
                    self.reopen(rng)?;
                }
                other => return other,
            }
        }
    }

    fn reopen(&mut self, rng: &mut dyn CryptoRng) -> Result<(), ReadError> {
        self.shaken = false;
        let length = self.habits().answer_length();
        let opened =
            access::open(&mut self.wire, &self.key, self.policy, length, rng).map_err(|error| {
                match error {
                    AccessError::Transport(error) => ReadError::Transport(error),
                    AccessError::TooManyCommands => ReadError::TooManyCommands,
                    other => ReadError::Reopen(other),
                }
            })?;
        // The lock may not have become weaker meanwhile.
        if opened.protocol != self.protocol || opened.card_access != self.card_access {
            return Err(ReadError::Reopen(AccessError::ChipUnproven));
        }
        self.identity = opened.identity;
        self.terminal_key = None;
        self.terminal_accepted = false;
        self.mapping = opened.mapping;
        // And the chip must prove its key as it did before.
        if let Some(dg14) = self.dg14.take() {
            self.authenticate_chip(&dg14, rng)?;
            if self.dg14.is_none() {
                return Err(ReadError::ChipAuthentication);
            }
        }
        Ok(())
    }

    /// INTERNAL AUTHENTICATE, ICAO 9303-11 §6.1; `None` when the chip gives no answer.
    fn active(
        &mut self,
        challenge: &Challenge,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<ActiveAnswer>, ReadError> {
        let ask = Command::new(0, 0x88, 0, 0).data(challenge.as_bytes().to_vec());
        // A signature by a long RSA key does not fit a short sealed answer.
        let room = self.reach.room();
        let long = (room > 256).then(|| ask.clone().le(self.most(room) as u32));
        let mut ways: Vec<Command> = [ask.clone().le(256)].into_iter().chain(long).collect();
        if !self.reach.is_extended() {
            ways.reverse();
        }
        let mut corrected = false;
        while let Some(way) = ways.pop() {
            match self.once_more(rng, |chip| chip.send(&way)) {
                Ok(response) if response.status.is_ok() && !response.data.is_empty() => {
                    return Ok(Some(ActiveAnswer {
                        challenge: *challenge,
                        signature: response.data,
                    }));
                }
                // ISO 7816-4 §5.3.4: the second octet tells the length that fits, once.
                Ok(response) if (0x6C01..=0x6CFF).contains(&response.status.0) && !corrected => {
                    corrected = true;
                    ways.push(ask.clone().le(u32::from(response.status.0 & 0xFF)));
                }
                // Refused, or refused with the end of the session: what to think of that is for the
                // checker.
                Ok(_) | Err(ReadError::SessionLost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// One sealed exchange. An error status without a seal is believed once; a second one in a row,
    /// or one that says so, means that the chip has dropped the session.
    fn send(&mut self, command: &Command) -> Result<crate::apdu::Response, ReadError> {
        let answer = match self.wire.send(command) {
            Err(WireError::SecureMessaging(_)) if self.newly_keyed => {
                return Err(ReadError::ChipAuthentication);
            }
            other => other?,
        };
        if answer.sealed {
            self.shaken = false;
            self.newly_keyed = false;
            return Ok(answer.response);
        }
        let status = answer.response.status;
        let lost = matches!(
            status,
            Status::SM_OBJECTS_MISSING | Status::SM_OBJECTS_INCORRECT
        );
        if self.newly_keyed && lost {
            return Err(ReadError::ChipAuthentication);
        }
        if self.shaken || lost || self.wire.session().is_none() {
            return Err(ReadError::SessionLost { status });
        }
        // The session may be gone for this refusal alone, whatever keys the chip has.
        self.newly_keyed = false;
        self.shaken = true;
        Ok(answer.response)
    }

    /// How many plain bytes an answer brings whose data field holds `room` bytes.
    fn most(&self, room: usize) -> usize {
        let holds = self
            .wire
            .session()
            .map_or(room, |session| session.capacity(room));
        self.reach.at_most(holds)
    }
}

#[cfg(test)]
mod tests;
