//! Officials called to the screens: each signs in there with their own PIN, looks, and touches what they found.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bundle::{MatchOutcome, OperatorId, SealingKey, SightingReason};
use models::Portrait;
use screens::{Credentials, Finding, OfficialsView, Person, Place, Refused, Touch, Why};

use crate::desk::Official;
use crate::people::Called;
use crate::visit::Stop;

use super::AtScreens;

/// The chip's portrait as it is shown: some 400 by 500 pixels at most.
const PORTRAIT_SIDE: u32 = 500;
const PORTRAIT_QUALITY: u8 = 85;

/// Said to whoever has looked already, or may not.
const SAME: &str = "person.officials_same";
const NO_OFFICIAL: &str = "person.official_role";

/// Who can be called to the screens, and lets them in.
pub trait Reception {
    /// Everybody who may say who a citizen is: never a volunteer.
    fn officials(&self) -> Vec<Person>;

    /// Lets one of them in whose PIN is right.
    ///
    /// # Errors
    /// [`Refused`], as it is shown.
    fn enter(&mut self, credentials: &Credentials) -> Result<Came, Refused>;

    /// After how long without a touch somebody has to sign in again.
    fn patience(&self) -> Duration;
}

/// An official who was let in, with the key that signs for them.
pub struct Came {
    pub person: Person,
    pub id: OperatorId,
    pub role: bundle::Role,
    pub key: Arc<dyn SealingKey>,
}

/// What an official who was let in did.
enum Did {
    Said(Finding, Why),
    /// Went away, or nothing for too long.
    Left,
}

impl AtScreens<'_> {
    pub(super) fn call(
        &mut self,
        called: &mut Called<'_>,
        looked: &mut dyn FnMut(&Official) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        // One that cannot be drawn is on the card in the hand.
        let portrait = Portrait::decode(called.portrait.bytes())
            .and_then(|portrait| {
                portrait
                    .shrunk(PORTRAIT_SIDE)
                    .unwrap_or(portrait)
                    .to_jpeg(PORTRAIT_QUALITY)
            })
            .ok();
        let pictures = &self.floor.screens.pictures;
        pictures.set_portrait(portrait);
        let ended = self.call_two(called, looked);
        pictures.set_portrait(None);
        (called.camera)(false);
        ended
    }

    fn call_two(
        &mut self,
        called: &mut Called<'_>,
        looked: &mut dyn FnMut(&Official) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut before: Vec<OperatorId> = Vec::new();
        while before.len() < bundle::OFFICIALS {
            let Some(came) = self.let_in(called.code, &before)? else {
                return Ok(());
            };
            (called.camera)(true);
            let did = self.look(called.code, &before, &came)?;
            (called.camera)(false);
            let Did::Said(finding, why) = did else {
                continue;
            };
            let finds = outcome(finding);
            looked(&Official {
                id: came.id.clone(),
                role: came.role,
                key: came.key,
                finds,
                reason: reason(why),
            })?;
            before.push(came.id);
            // Nobody is asked until somebody says yes: a word against it stands.
            if finds != MatchOutcome::Match {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for an official at the operator's page; none when two do not come.
    fn let_in(&mut self, code: &'static str, before: &[OperatorId]) -> Result<Option<Came>, Stop> {
        let mut refused = None;
        loop {
            let seen = |id: &str| before.iter().any(|other| other.as_str() == id);
            let people: Vec<Person> = self
                .reception
                .officials()
                .into_iter()
                .filter(|person| !seen(&person.id))
                .collect();
            let turn = self.go(Place::Officials(OfficialsView {
                code,
                number: before.len() + 1,
                people: people.clone(),
                refused,
                looking: None,
                portrait: false,
                likely: likely(code),
            }));
            let credentials = self.floor.answer(turn, &mut || (), |touch| match touch {
                Touch::OfficialComes(credentials) => Some(Some(credentials)),
                Touch::NobodyComes => Some(None),
                _ => None,
            })?;
            let Some(credentials) = credentials else {
                return Ok(None);
            };
            let not_them = |code| Some(Refused { code, minutes: 0 });
            if seen(&credentials.id) {
                refused = not_them(SAME);
                continue;
            }
            if !people.iter().any(|person| person.id == credentials.id) {
                refused = not_them(NO_OFFICIAL);
                continue;
            }
            match self.reception.enter(&credentials) {
                Ok(came) => return Ok(Some(came)),
                Err(why) => refused = Some(why),
            }
        }
    }

    /// Shows portrait and camera to the official who was let in, and to nobody for longer.
    fn look(&self, code: &'static str, before: &[OperatorId], came: &Came) -> Result<Did, Stop> {
        let turn = self.go(Place::Officials(OfficialsView {
            code,
            number: before.len() + 1,
            people: Vec::new(),
            refused: None,
            looking: Some(came.person.clone()),
            portrait: self.floor.screens.pictures.portrait().is_some(),
            likely: likely(code),
        }));
        let end = Instant::now() + self.reception.patience();
        let did = self
            .floor
            .answer_until(turn, Some(end), &mut || (), |touch| match touch {
                Touch::Sighting { found, why } => Some(Did::Said(found, why)),
                Touch::Back => Some(Did::Left),
                _ => None,
            })?;
        Ok(did.unwrap_or(Did::Left))
    }
}

/// What the machine could not tell says something of why.
fn likely(code: &str) -> Why {
    match code {
        "person.presence_not_shown" => Why::CannotTurn,
        "person.finger_inconclusive" => Why::WornFingers,
        _ => Why::Unclear,
    }
}

fn outcome(finding: Finding) -> MatchOutcome {
    match finding {
        Finding::Same => MatchOutcome::Match,
        Finding::Other => MatchOutcome::NoMatch,
        Finding::Unclear => MatchOutcome::Inconclusive,
    }
}

fn reason(why: Why) -> SightingReason {
    match why {
        Why::AgedPortrait => SightingReason::AgedPortrait,
        Why::ChangedLooks => SightingReason::ChangedLooks,
        Why::CannotTurn => SightingReason::CannotTurn,
        Why::PoorPicture => SightingReason::PoorPicture,
        Why::WornFingers => SightingReason::WornFingers,
        Why::Unclear => SightingReason::Unclear,
    }
}

#[cfg(test)]
mod tests;
