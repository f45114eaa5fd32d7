//! What lies on the readers, as the card service tells it: nobody is asked again and again, and no card is touched.

use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::{TransportError, fault};

/// How it stands with a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No reader of that name is plugged in.
    NoReader,
    Empty,
    /// A card lies there; which one, nobody looked.
    Card,
    /// A card lies there and does not answer to reset: it lies askew, or upside down.
    Mute,
}

/// Follows the readers whose name contains a text. No card is opened, so that a reading under way is not disturbed.
pub struct Watcher {
    context: Context,
    wanted: String,
    states: Vec<ReaderState>,
}

impl Watcher {
    /// `wanted`: a part of the reader's name; empty for any.
    ///
    /// # Errors
    /// [`TransportError::ServiceMissing`] when the card service does not run.
    pub fn new(wanted: &str) -> Result<Self, TransportError> {
        Ok(Self {
            context: Context::establish(Scope::User).map_err(fault)?,
            wanted: wanted.to_owned(),
            // A reader of this name tells of readers that come and go.
            states: vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)],
        })
    }

    /// How it stands once something has changed, or after `patience`; the first time at once.
    ///
    /// # Errors
    /// When the card service ended; a new watcher finds it again.
    pub fn look(&mut self, patience: Duration) -> Result<Standing, TransportError> {
        let dead = |state: &ReaderState| {
            state
                .event_state()
                .intersects(State::UNKNOWN | State::IGNORE)
        };
        self.states.retain(|state| !dead(state));
        let names = match self.context.list_readers_owned() {
            Err(Error::NoReadersAvailable) => Vec::new(),
            names => names.map_err(fault)?,
        };
        for name in names {
            let ours = name.to_string_lossy().contains(&self.wanted);
            if ours && !self.states.iter().any(|state| state.name() == &*name) {
                self.states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        for state in &mut self.states {
            state.sync_current_state();
        }
        match self.context.get_status_change(patience, &mut self.states) {
            Ok(()) | Err(Error::Timeout | Error::UnknownReader | Error::ReaderUnavailable) => {}
            Err(error) => return Err(fault(error)),
        }
        Ok(self.standing())
    }

    fn standing(&self) -> Standing {
        let gone = State::UNKNOWN | State::IGNORE | State::UNAVAILABLE;
        self.states
            .iter()
            .filter(|state| state.name() != PNP_NOTIFICATION())
            .map(ReaderState::event_state)
            .filter(|state| !state.intersects(gone))
            .fold(Standing::NoReader, |so_far, state| {
                match (so_far, state.contains(State::PRESENT)) {
                    (Standing::Card, _) => Standing::Card,
                    (_, true) if state.contains(State::MUTE) => Standing::Mute,
                    (_, true) => Standing::Card,
                    (Standing::Mute, false) => Standing::Mute,
                    (_, false) => Standing::Empty,
                }
            })
    }
}
