//! Waiting for two officials who look where the machine could not tell: the third road.
//!
//! It is open where the machine is undecided, never where it said no: ADR 9 says why. The finger of a person whom they have
//! seen is asked for all the same.

use bundle::{MatchOutcome, Occasion, SightingError, SignedSighting, agreed};
use jiff::Timestamp;

use super::ask::Ask;
use super::event::Stop;
use super::gathered::{FaceMatched, Identified, Matched};

/// What the machine left undecided.
enum Left {
    Face(Box<FaceMatched>),
    Finger(Box<Matched>),
}

pub struct AwaitOfficials {
    left: Left,
    /// With what the visit ends when nobody comes.
    why: &'static str,
}

/// Where the road goes on.
pub(super) enum Known {
    Face(Box<FaceMatched>),
    Person(Box<Matched>),
}

impl AwaitOfficials {
    /// The face was not compared, or not with a clear answer.
    pub(super) fn for_face(undecided: FaceMatched, why: &'static str) -> Self {
        let left = Left::Face(Box::new(undecided));
        Self { left, why }
    }

    /// The finger was compared without a clear answer.
    pub(super) fn for_finger(undecided: Box<Matched>, why: &'static str) -> Self {
        let left = Left::Finger(undecided);
        Self { left, why }
    }

    pub(super) fn ask(&self) -> Ask {
        Ask::CallOfficials {
            portrait: self.identified().portrait(),
            occasion: self.occasion(),
            why: self.why,
        }
    }

    /// The same test that the verifier makes again (`bundle::agreed`), as far as a desk without roots can make it.
    pub(super) fn looked(self, sightings: Vec<SignedSighting>) -> Result<Known, Stop> {
        if sightings.is_empty() {
            return Err(Stop::refusal(self.why));
        }
        let read: Result<Vec<_>, _> = sightings.iter().map(SignedSighting::read).collect();
        let opened_at = self.identified().consented.opening.opened_at;
        read.map_err(|error| vec![error])
            .and_then(|read| {
                // After a word against it no second official is called, and that is not what it ends for.
                if read.iter().any(|seen| seen.outcome != MatchOutcome::Match) {
                    return Err(vec![SightingError::NotConfirmed]);
                }
                agreed(&read, &self.occasion(), opened_at, Timestamp::MAX)
            })
            .map_err(|faults| {
                Stop::refusal(faults.first().map_or(self.why, |fault| fault.code()))
            })?;
        Ok(match self.left {
            Left::Face(mut face) => {
                face.sightings = sightings;
                Known::Face(face)
            }
            Left::Finger(mut person) => {
                person.sightings = sightings;
                Known::Person(person)
            }
        })
    }

    fn identified(&self) -> &Identified {
        match &self.left {
            Left::Face(face) => &face.identified,
            Left::Finger(person) => &person.identified,
        }
    }

    fn occasion(&self) -> Occasion {
        let identified = self.identified();
        let opening = &identified.consented.opening;
        Occasion::new(
            &opening.ticket,
            opening.visit,
            opening.station.clone(),
            &identified.evidence.sod,
        )
    }
}
