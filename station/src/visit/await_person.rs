//! Waiting for the face: against the chip's portrait, three attempts; the bar is never lowered.

use bundle::{MatchClaim, MatchOutcome, Presence};

use super::ask::Ask;
use super::await_officials::AwaitOfficials;
use super::event::Stop;
use super::gathered::{Comparison, FaceMatched, FaceResult, Identified};
use super::portrait_age;

pub(super) const FACE_NO_MATCH: &str = "person.face_no_match";
pub(super) const FACE_INCONCLUSIVE: &str = "person.face_inconclusive";
pub(super) const PRESENCE_NOT_SHOWN: &str = "person.presence_not_shown";
pub(super) const LIVENESS_UNCLEAR: &str = "person.liveness_unclear";

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
    Undecided(Box<AwaitOfficials>),
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
                    let face = comparison.face(self.attempt, presence);
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
                let face = comparison.face(attempt, presence);
                (face, Some(comparison), why)
            }
            None if self.denied => return Err(Stop::refusal(FACE_NO_MATCH)),
            // Nobody is accused: people look.
            None => (MatchClaim::not_done(NOT_SHOWN), None, PRESENCE_NOT_SHOWN),
        };
        let undecided = self.finish(face, comparison);
        Ok(Next::Undecided(Box::new(AwaitOfficials::for_face(
            undecided, why,
        ))))
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
