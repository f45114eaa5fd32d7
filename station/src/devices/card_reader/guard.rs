//! PC/SC on a thread of its own, so that a driver that hangs does not hang the desk.
//!
//! PC/SC offers no way to take an exchange back. A thread that does not return is left behind with
//! its card; it ends by itself when the driver does come back, or when the reader is unplugged.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use emrtd::transport::pcsc::{PcscCard, Readers};
use emrtd::transport::{Transport, TransportError};
use zeroize::Zeroizing;

/// The longest that one exchange may take. A contactless chip may ask for more time every five
/// seconds (ISO/IEC 14443-4 §7.2); the slowest that is known signs with RSA in two.
pub const EXCHANGE_PATIENCE: Duration = Duration::from_secs(10);

/// How much longer than the wait for a card pcscd may take to answer.
const SERVICE_PATIENCE: Duration = Duration::from_secs(5);

/// How long letting go of a card may take: half a second to see that it left, and a reset.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// How often a service or a reader that is not there is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

type Answer = Result<Zeroizing<Vec<u8>>, TransportError>;

/// A card that was found, and the reader it lies on.
pub(super) struct Laid {
    pub(super) reader: String,
    pub(super) atr: Vec<u8>,
    pub(super) card: GuardedCard,
}

/// A card reached through its thread.
pub(super) struct GuardedCard {
    commands: Option<Sender<Zeroizing<Vec<u8>>>>,
    answers: Receiver<Answer>,
    released: Receiver<()>,
    patience: Duration,
    hung: bool,
}

/// Waits for a card on a reader whose name contains `wanted`, and takes it.
pub(super) fn connect(
    wanted: Option<String>,
    wait: Duration,
    patience: Duration,
) -> Result<Laid, TransportError> {
    let (found_here, found) = mpsc::channel();
    let (commands, commands_there) = mpsc::channel::<Zeroizing<Vec<u8>>>();
    let (answers_there, answers) = mpsc::channel();
    let (released_there, released) = mpsc::channel();
    thread::spawn(move || {
        // Dropped last, when the card has been let go.
        let _released: Sender<()> = released_there;
        let taken = take(wanted.as_deref(), wait);
        let mut card = match taken {
            Ok((reader, card)) => {
                if found_here.send(Ok((reader, card.atr()))).is_err() {
                    return;
                }
                card
            }
            Err(error) => {
                // Nobody may be listening any more.
                let _ = found_here.send(Err(error));
                return;
            }
        };
        while let Ok(command) = commands_there.recv() {
            let answer = card.transmit(&command).map(Zeroizing::new);
            if answers_there.send(answer).is_err() {
                return;
            }
        }
    });
    match found.recv_timeout(wait + SERVICE_PATIENCE) {
        Ok(Ok((reader, atr))) => Ok(Laid {
            reader,
            atr,
            card: GuardedCard {
                commands: Some(commands),
                answers,
                released,
                patience,
                hung: false,
            },
        }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(TransportError::ReaderHung),
    }
}

/// Waits through a service that restarts and a reader that is plugged in again, too.
fn take(wanted: Option<&str>, wait: Duration) -> Result<(String, PcscCard), TransportError> {
    let end = Instant::now() + wait;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let taken = Readers::new().and_then(|readers| {
            let reader = readers.wait_for_document(wanted, left)?;
            let card = readers.connect(&reader)?;
            Ok((reader, card))
        });
        match taken {
            Err(
                TransportError::ServiceMissing
                | TransportError::ReaderLost
                | TransportError::NoReader
                | TransportError::NoCard,
            ) if Instant::now() + LOOK_AGAIN < end => thread::sleep(LOOK_AGAIN),
            taken => return taken,
        }
    }
}

impl Transport for GuardedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let sent = self
            .commands
            .as_ref()
            .filter(|_| !self.hung)
            .is_some_and(|commands| commands.send(Zeroizing::new(command.to_vec())).is_ok());
        if !sent {
            return Err(TransportError::ReaderHung);
        }
        match self.answers.recv_timeout(self.patience) {
            Ok(answer) => answer.map(|mut bytes| std::mem::take(&mut *bytes)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                self.hung = true;
                Err(TransportError::ReaderHung)
            }
        }
    }
}

impl Drop for GuardedCard {
    fn drop(&mut self) {
        self.commands = None;
        if !self.hung {
            // So that the next to connect finds the card free; disconnecting ends the wait.
            let _ = self.released.recv_timeout(RELEASE_PATIENCE);
        }
    }
}
