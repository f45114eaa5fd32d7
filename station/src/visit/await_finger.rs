//! Waiting for a finger: at most two that the card records, each laid down at most three times; the best counts.
//!
//! A print that is too poor to be compared is nobody's fault and says nothing against anybody. Where no presentation gave
//! a usable one, the fingers are worn: the visit goes on with what is known of the face, and the record says so.

use bundle::{MatchClaim, MatchOutcome, Presentation, PresentationResult};
use emrtd::lds::dg3::FingerRecord;

use super::ask::Ask;
use super::await_officials::AwaitOfficials;
use super::await_person::Next;
use super::event::Stop;
use super::gathered::{Comparison, FaceMatched, FingerResult, Matched};

pub(super) const FINGER_NO_MATCH: &str = "person.finger_no_match";
pub(super) const FINGER_INCONCLUSIVE: &str = "person.finger_inconclusive";

/// Fingers asked for, one after the other (US-VISIT's two fingers; `domain.md` §3.6: "other fingers, 3 tries").
const FINGERS: usize = 2;

/// How often each is laid down.
const PRESENTATIONS: u32 = 3;

/// Why no finger was compared where none gave a usable print. The verifier knows this word.
const WORN: &str = "worn";

pub struct AwaitFinger {
    matched: FaceMatched,
    /// Which fingers are asked for, in the card's order.
    fingers: Vec<u8>,
    presentation: u32,
    presented: Vec<Presentation>,
    /// Of those that were compared, the one that came nearest.
    nearest: Option<Comparison>,
}

impl AwaitFinger {
    pub(super) fn new(matched: FaceMatched) -> Self {
        let mut fingers = Vec::new();
        for record in matched.finger_references() {
            if fingers.len() < FINGERS && !fingers.contains(&record.position()) {
                fingers.push(record.position());
            }
        }
        // The first is asked for; the list is turned so that it is taken from the end.
        fingers.reverse();
        Self {
            matched,
            fingers,
            presentation: 1,
            presented: Vec::new(),
            nearest: None,
        }
    }

    /// What the desk is to do now. Without any record it says why nothing can be done.
    pub(super) fn ask(&self) -> Ask {
        let finger = self.finger();
        let same = |record: &FingerRecord| record.position() == finger;
        let mut references = self.matched.finger_references();
        references.retain(same);
        Ask::TakeFinger {
            references,
            finger,
            presentation: self.presentation,
        }
    }

    fn finger(&self) -> u8 {
        self.fingers.last().copied().unwrap_or_default()
    }

    pub(super) fn compared(mut self, result: FingerResult) -> Result<Next<Matched, Self>, Stop> {
        match result {
            // This finger cannot be asked for; what others showed, or will show, stands.
            FingerResult::NotDone(reason) => {
                self.presentation = PRESENTATIONS;
                let last = self.fingers.len() <= 1;
                if last && self.presented.is_empty() {
                    return Ok(Next::Done(self.finish(MatchClaim::not_done(reason))));
                }
            }
            FingerResult::Unusable {
                code,
                quality,
                device,
            } => {
                let unusable = PresentationResult::Unusable;
                self.note(unusable, quality, Some(code.to_owned()), device);
            }
            FingerResult::Compared {
                comparison,
                quality,
            } => {
                let result = match comparison.outcome {
                    MatchOutcome::Match => PresentationResult::Match,
                    MatchOutcome::NoMatch => PresentationResult::NoMatch,
                    MatchOutcome::Inconclusive => PresentationResult::Inconclusive,
                };
                self.note(result, Some(quality), None, comparison.device.clone());
                if comparison.outcome == MatchOutcome::Match {
                    let finger = comparison.finger(std::mem::take(&mut self.presented));
                    return Ok(Next::Done(self.finish(finger)));
                }
                let nearer = |kept: &Comparison| comparison.score > kept.score;
                if self.nearest.as_ref().is_none_or(nearer) {
                    self.nearest = Some(comparison);
                }
            }
        }
        if self.next() {
            let ask = self.ask();
            return Ok(Next::Again(self, ask));
        }
        self.judge()
    }

    /// The same finger again, or the other; `false` when all were laid down as often as they may be.
    fn next(&mut self) -> bool {
        if self.presentation < PRESENTATIONS {
            self.presentation += 1;
            return true;
        }
        self.fingers.pop();
        self.presentation = 1;
        !self.fingers.is_empty()
    }

    fn judge(mut self) -> Result<Next<Matched, Self>, Stop> {
        let presentations = std::mem::take(&mut self.presented);
        let Some(nearest) = self.nearest.take() else {
            let reason = WORN.to_owned();
            return Ok(Next::Done(self.finish(MatchClaim::NotDone {
                reason,
                presentations,
            })));
        };
        if nearest.outcome == MatchOutcome::NoMatch {
            return Err(Stop::refusal(FINGER_NO_MATCH));
        }
        // Two officials who already looked need not look again.
        let seen = !self.matched.sightings.is_empty();
        let person = self.finish(nearest.finger(presentations));
        Ok(match seen {
            true => Next::Done(person),
            false => Next::Undecided(Box::new(AwaitOfficials::for_finger(
                person,
                FINGER_INCONCLUSIVE,
            ))),
        })
    }

    fn note(
        &mut self,
        result: PresentationResult,
        quality: Option<u8>,
        reason: Option<String>,
        device: bundle::Device,
    ) {
        self.presented.push(Presentation {
            finger: self.finger(),
            result,
            quality,
            reason,
        });
        let devices = &mut self.matched.identified.devices;
        if !devices.contains(&device) {
            devices.push(device);
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
