//! The chip's half of comparing a finger: it keeps count of the tries, and really compares, through whatever it was
//! given to compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Applet, Served};
use crate::apdu::{Command, Response, Status};
use crate::on_card::{InformationTemplate, read_presented};
use crate::tlv;

/// The longest VERIFY that the chip has room for, in a chain or in one command.
const ROOM: usize = 2_048;

/// Compares minutiae with those of one enrolled finger. This crate knows nothing of fingers: tests and practice desks
/// bring the comparison.
pub trait FingerComparer: Send + Sync {
    /// Whether these minutiae, in the card's form, are of the enrolled finger; `None` when they are not in that form, or
    /// too few to say.
    fn same_finger(&self, minutiae: &[u8]) -> Option<bool>;
}

impl<F: Fn(&[u8]) -> Option<bool> + Send + Sync> FingerComparer for F {
    fn same_finger(&self, minutiae: &[u8]) -> Option<bool> {
        self(minutiae)
    }
}

/// One enrolled finger.
#[derive(Clone)]
pub struct CardFinger {
    pub template: InformationTemplate,
    pub comparer: Arc<dyn FingerComparer>,
}

/// Everything that the card compares.
#[derive(Clone)]
pub struct CardFingers {
    /// The application in which it compares; without one the travel document itself.
    pub application: Option<Vec<u8>>,
    pub fingers: Vec<CardFinger>,
    /// How often each finger may be refused before it is blocked; at most 15, as 63Cx can say.
    pub tries: u8,
    pub manner: Manner,
}

/// How the card behaves when a finger is to be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Honest,
    /// Answers 9000 to every VERIFY.
    SaysYes,
    /// Answers honestly until minutiae come, and 9000 to any of them.
    SaysYesToMinutiae,
    /// Its reference data cannot be used (6984).
    Unusable,
    /// Likes no minutiae (6A80).
    RefusesData,
    /// Knows no command chaining (6884).
    NoChaining,
    /// Knows VERIFY by its even instruction only.
    EvenOnly,
    /// Says 6300 instead of 63Cx.
    HidesTries,
}

/// What changes while the card is used.
#[derive(Debug, Default)]
pub(super) struct State {
    selected: bool,
    /// The data of a chained command so far.
    chain: Vec<u8>,
    /// Tries that are left, by reference, where some were spent. Survives the loss of power.
    left: BTreeMap<u8, u8>,
    verified: BTreeSet<u8>,
}

impl State {
    pub(super) fn end_session(&mut self) {
        self.selected = false;
        self.chain.clear();
        self.verified.clear();
    }
}

impl Applet {
    /// True when this SELECT names the application that compares; any other leaves it.
    pub(super) fn enters_on_card(&mut self, command: &Command) -> bool {
        self.on_card.chain.clear();
        let named = self.memory.fingers.as_ref().is_some_and(|fingers| {
            command.p1 == 0x04 && fingers.application.as_deref() == Some(&command.data[..])
        });
        if command.p1 == 0x04 || command.p1 == 0 {
            self.on_card.selected = named;
        }
        if named {
            self.in_document = false;
            self.selected = None;
        }
        named
    }

    /// The fingers, where they can be reached from here.
    fn fingers_here(&self) -> Result<&CardFingers, Status> {
        let fingers = self.memory.fingers.as_ref();
        let fingers = fingers.ok_or(Status::INS_NOT_SUPPORTED)?;
        if !self.open {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let here = match fingers.application {
            Some(_) => self.on_card.selected,
            None => self.in_document,
        };
        here.then_some(fingers).ok_or(Status::REFERENCE_NOT_FOUND)
    }

    /// GET DATA of DO'7F61'.
    pub(super) fn finger_templates(&mut self, command: &Command) -> Served {
        let fingers = self.fingers_here()?;
        if command.is_odd() && tlv::only(&command.data, 0x5C) != Ok(&[0x7F, 0x61]) {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        let templates: Vec<_> = fingers
            .fingers
            .iter()
            .map(|one| one.template.clone())
            .collect();
        Ok(Response::new(
            InformationTemplate::write(&templates),
            Status::OK,
        ))
    }

    /// VERIFY (ISO/IEC 7816-4 §11.5.6).
    pub(super) fn verify_finger(&mut self, command: &Command) -> Served {
        let fingers = self.fingers_here()?.clone();
        let ok = Ok(Response::status(Status::OK));
        match fingers.manner {
            Manner::SaysYes => return ok,
            Manner::EvenOnly if command.is_odd() => return Err(Status::INS_NOT_SUPPORTED),
            _ => {}
        }
        let chained = command.cla & 0x10 != 0;
        if chained && fingers.manner == Manner::NoChaining {
            return Err(Status(0x6884));
        }
        let mut data = std::mem::take(&mut self.on_card.chain);
        data.extend_from_slice(&command.data);
        if data.len() > ROOM {
            return Err(Status::WRONG_LENGTH);
        }
        if chained {
            self.on_card.chain = data;
            return ok;
        }
        let reference = command.p2;
        let finger = fingers
            .fingers
            .iter()
            .find(|one| one.template.reference == reference);
        let finger = finger.ok_or(Status::REFERENCE_NOT_FOUND)?;
        if fingers.manner == Manner::Unusable {
            return Err(Status(0x6984));
        }
        let state = &mut self.on_card;
        let left = state.left.get(&reference).copied().unwrap_or(fingers.tries);
        if left == 0 {
            return Err(Status(0x6983));
        }
        let refusal = |left: u8| match fingers.manner {
            Manner::HidesTries => Status::AUTHENTICATION_FAILED,
            _ => Status(0x63C0 | u16::from(left.min(15))),
        };
        if data.is_empty() {
            let open = state.verified.contains(&reference);
            return if open { ok } else { Err(refusal(left)) };
        }
        if fingers.manner == Manner::SaysYesToMinutiae {
            return ok;
        }
        let minutiae = read_presented(&data).filter(|_| fingers.manner != Manner::RefusesData);
        let same = minutiae.and_then(|minutiae| finger.comparer.same_finger(minutiae));
        if same.ok_or(Status::WRONG_DATA)? {
            state.left.remove(&reference);
            state.verified.insert(reference);
            return ok;
        }
        state.left.insert(reference, left - 1);
        state.verified.remove(&reference);
        Err(refusal(left - 1))
    }
}
