//! Waiting for the person: the face against the chip's portrait, then a finger against the
//! chip's template where one can be read. Three attempts each; the bar is never lowered.

use bundle::{MatchClaim, MatchOutcome};

use super::ask::Ask;
use super::event::Stop;
use super::gathered::{FaceMatched, FaceResult, FingerResult, Identified, Matched};

pub(super) const FACE_NO_MATCH: &str = "person.face_no_match";
pub(super) const FACE_INCONCLUSIVE: &str = "person.face_inconclusive";
pub(super) const PRESENCE_NOT_SHOWN: &str = "person.presence_not_shown";
pub(super) const FINGER_NO_MATCH: &str = "person.finger_no_match";
pub(super) const FINGER_INCONCLUSIVE: &str = "person.finger_inconclusive";

/// Attempts before a person decides instead (`domain.md` §3.1 step 5).
const ATTEMPTS: u32 = 3;

pub struct AwaitFace {
    identified: Identified,
    attempt: u32,
}

/// Done, or the same state with the next ask, or the end.
type Next<Done, State> = Result<Result<Done, (State, Ask)>, Stop>;

impl AwaitFace {
    pub(super) fn new(identified: Identified) -> Self {
        Self {
            identified,
            attempt: 1,
        }
    }

    /// What the desk is to do in this attempt.
    pub(super) fn ask(&self) -> Ask {
        Ask::TakePortrait {
            document: self.identified.portrait(),
            poses: self.identified.consented.poses(self.attempt),
            attempt: self.attempt,
        }
    }

    pub(super) fn compared(mut self, result: FaceResult) -> Next<FaceMatched, Self> {
        let (comparison, presence) = match result {
            FaceResult::Compared {
                comparison,
                presence,
            } => (comparison, presence),
            FaceResult::NotPresent(_) if self.attempt < ATTEMPTS => return Ok(Err(self.again())),
            // Nobody is accused: a person looks.
            FaceResult::NotPresent(_) => return Err(Stop::refusal(PRESENCE_NOT_SHOWN)),
        };
        match comparison.outcome {
            MatchOutcome::Match => {
                let face = comparison.claim("dg2", self.attempt, Some(presence));
                self.identified.devices.push(comparison.device);
                Ok(Ok(FaceMatched {
                    identified: self.identified,
                    face,
                }))
            }
            _ if self.attempt < ATTEMPTS => Ok(Err(self.again())),
            MatchOutcome::NoMatch => Err(Stop::refusal(FACE_NO_MATCH)),
            _ => Err(Stop::refusal(FACE_INCONCLUSIVE)),
        }
    }

    fn again(mut self) -> (Self, Ask) {
        self.attempt += 1;
        let ask = self.ask();
        (self, ask)
    }
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

    pub(super) fn compared(mut self, result: FingerResult) -> Next<Matched, Self> {
        let comparison = match result {
            FingerResult::Compared(comparison) => comparison,
            FingerResult::NotDone(reason) => {
                return Ok(Ok(self.finish(MatchClaim::NotDone {
                    reason: reason.to_owned(),
                })));
            }
        };
        match comparison.outcome {
            MatchOutcome::Match => {
                let finger = comparison.claim("dg3", self.attempt, None);
                self.matched.identified.devices.push(comparison.device);
                Ok(Ok(self.finish(finger)))
            }
            _ if self.attempt < ATTEMPTS => {
                self.attempt += 1;
                let references = self.matched.finger_references();
                let attempt = self.attempt;
                Ok(Err((
                    self,
                    Ask::TakeFinger {
                        references,
                        attempt,
                    },
                )))
            }
            MatchOutcome::NoMatch => Err(Stop::refusal(FINGER_NO_MATCH)),
            _ => Err(Stop::refusal(FINGER_INCONCLUSIVE)),
        }
    }

    fn finish(self, finger: MatchClaim) -> Matched {
        Matched {
            identified: self.matched.identified,
            face: self.matched.face,
            finger,
        }
    }
}
