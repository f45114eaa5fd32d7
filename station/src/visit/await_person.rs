//! Waiting for the person: the face against the chip's portrait, then a finger against the
//! chip's template where one can be read. Three attempts each; the bar is never lowered.

use bundle::{MatchClaim, MatchOutcome, Presence};

use super::ask::Ask;
use super::await_officials::AwaitOfficials;
use super::event::Stop;
use super::gathered::{Comparison, FaceMatched, FaceResult, FingerResult, Identified, Matched};
use super::portrait_age;

pub(super) const FACE_NO_MATCH: &str = "person.face_no_match";
pub(super) const FACE_INCONCLUSIVE: &str = "person.face_inconclusive";
pub(super) const PRESENCE_NOT_SHOWN: &str = "person.presence_not_shown";
pub(super) const LIVENESS_UNCLEAR: &str = "person.liveness_unclear";
pub(super) const FINGER_NO_MATCH: &str = "person.finger_no_match";
pub(super) const FINGER_INCONCLUSIVE: &str = "person.finger_inconclusive";

/// Why no face is compared where the person did not turn the head as asked. The verifier knows this word.
const NOT_SHOWN: &str = "presence_not_shown";

/// Attempts before a person decides instead (`domain.md` §3.1 step 5).
const ATTEMPTS: u32 = 3;

/// Where the road goes on from here; the end is an error.
pub(super) enum Next<Done, State> {
    Done(Done),
    /// The same again, with the next ask.
    Again(State, Ask),
    /// The machine cannot tell.
    Undecided(AwaitOfficials),
}

pub struct AwaitFace {
    identified: Identified,
    attempt: u32,
    /// Of the attempts in which the machine could not tell, the one in which it came nearest.
    nearest: Option<Nearest>,
    /// In some attempt the machine said that it is another person.
    denied: bool,
}

struct Nearest {
    comparison: Comparison,
    presence: Presence,
    attempt: u32,
}

impl AwaitFace {
    pub(super) fn new(identified: Identified) -> Self {
        Self {
            identified,
            attempt: 1,
            nearest: None,
            denied: false,
        }
    }

    /// What the desk is to do in this attempt.
    pub(super) fn ask(&self) -> Ask {
        Ask::TakePortrait {
            document: self.identified.portrait(),
            poses: self.identified.consented.poses(self.attempt),
            attempt: self.attempt,
            notices: portrait_age::notices(self.identified.holder(), self.identified.day()),
        }
    }

    pub(super) fn compared(mut self, result: FaceResult) -> Result<Next<FaceMatched, Self>, Stop> {
        if let FaceResult::Compared {
            comparison,
            presence,
        } = result
        {
            match comparison.outcome {
                // Nets that doubt refer to people; better light may help before that.
                MatchOutcome::Match if doubted(&presence) => self.keep(comparison, presence),
                MatchOutcome::Match => {
                    let face = comparison.claim("dg2", self.attempt, Some(presence));
                    return Ok(Next::Done(self.finish(face, Some(comparison))));
                }
                MatchOutcome::Inconclusive => self.keep(comparison, presence),
                MatchOutcome::NoMatch => self.denied = true,
            }
        }
        if self.attempt < ATTEMPTS {
            let (state, ask) = self.again();
            return Ok(Next::Again(state, ask));
        }
        self.refer()
    }

    /// The best attempt counts. One that came near leaves it to people; where none did and the machine said no, it is no.
    fn refer(mut self) -> Result<Next<FaceMatched, Self>, Stop> {
        let (face, comparison, why) = match self.nearest.take() {
            Some(nearest) => {
                let Nearest {
                    comparison,
                    presence,
                    attempt,
                } = nearest;
                let why = match doubted(&presence) {
                    true => LIVENESS_UNCLEAR,
                    false => FACE_INCONCLUSIVE,
                };
                let face = comparison.claim("dg2", attempt, Some(presence));
                (face, Some(comparison), why)
            }
            None if self.denied => return Err(Stop::refusal(FACE_NO_MATCH)),
            // Nobody is accused: people look.
            None => {
                let reason = NOT_SHOWN.to_owned();
                (MatchClaim::NotDone { reason }, None, PRESENCE_NOT_SHOWN)
            }
        };
        let undecided = self.finish(face, comparison);
        Ok(Next::Undecided(AwaitOfficials::for_face(undecided, why)))
    }

    fn keep(&mut self, comparison: Comparison, presence: Presence) {
        let nearer = |kept: &Nearest| comparison.score > kept.comparison.score;
        if self.nearest.as_ref().is_none_or(nearer) {
            let attempt = self.attempt;
            self.nearest = Some(Nearest {
                comparison,
                presence,
                attempt,
            });
        }
    }

    fn finish(mut self, face: MatchClaim, comparison: Option<Comparison>) -> FaceMatched {
        let camera = comparison.map(|comparison| comparison.device);
        self.identified.devices.extend(camera);
        FaceMatched {
            identified: self.identified,
            face,
            sightings: Vec::new(),
        }
    }

    fn again(mut self) -> (Self, Ask) {
        self.attempt += 1;
        let ask = self.ask();
        (self, ask)
    }
}

/// Whether nets asked for a person to look.
fn doubted(presence: &Presence) -> bool {
    let liveness = presence.liveness.as_ref();
    liveness.is_some_and(|nets| nets.refer)
}

pub struct AwaitFinger {
    matched: FaceMatched,
    attempt: u32,
}

impl AwaitFinger {
    pub(super) fn new(matched: FaceMatched) -> Self {
        Self {
            matched,
            attempt: 1,
        }
    }

    pub(super) fn compared(mut self, result: FingerResult) -> Result<Next<Matched, Self>, Stop> {
        let comparison = match result {
            FingerResult::Compared(comparison) => comparison,
            FingerResult::NotDone(reason) => {
                return Ok(Next::Done(self.finish(MatchClaim::NotDone {
                    reason: reason.to_owned(),
                })));
            }
        };
        match comparison.outcome {
            MatchOutcome::Match => {
                let finger = comparison.claim("dg3", self.attempt, None);
                self.matched.identified.devices.push(comparison.device);
                Ok(Next::Done(self.finish(finger)))
            }
            _ if self.attempt < ATTEMPTS => {
                self.attempt += 1;
                let references = self.matched.finger_references();
                let attempt = self.attempt;
                let ask = Ask::TakeFinger {
                    references,
                    attempt,
                };
                Ok(Next::Again(self, ask))
            }
            MatchOutcome::NoMatch => Err(Stop::refusal(FINGER_NO_MATCH)),
            MatchOutcome::Inconclusive => {
                let finger = comparison.claim("dg3", self.attempt, None);
                self.matched.identified.devices.push(comparison.device);
                let seen = !self.matched.sightings.is_empty();
                let person = self.finish(finger);
                // Two officials who already looked need not look again.
                Ok(match seen {
                    true => Next::Done(person),
                    false => {
                        Next::Undecided(AwaitOfficials::for_finger(person, FINGER_INCONCLUSIVE))
                    }
                })
            }
        }
    }

    fn finish(self, finger: MatchClaim) -> Matched {
        Matched {
            identified: self.matched.identified,
            face: self.matched.face,
            finger,
            sightings: self.matched.sightings,
        }
    }
}
