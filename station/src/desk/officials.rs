//! Calling two officials where the machine cannot tell: each looks at person, portrait and card, and signs.

use bundle::{
    MatchOutcome, Occasion, OperatorId, Role, SealingKey, Seen, SightingReason, SignedSighting,
};

use crate::visit::{Event, Stop};

use super::{Desk, Step};

/// An official who can be called, and what they find when they look. The script plays their eyes; the key is theirs.
pub struct Official {
    pub id: OperatorId,
    pub role: Role,
    pub key: Box<dyn SealingKey>,
    pub finds: MatchOutcome,
    pub reason: SightingReason,
}

impl Desk<'_> {
    /// Everybody who can be called looks. Whether they are two, and who they are, is for the road to judge.
    pub(super) fn officials(
        &mut self,
        occasion: &Occasion,
        code: &'static str,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        watch(Step::OfficialsCalled { code });
        let mut sightings = Vec::new();
        for official in self.officials {
            let seen = Seen {
                official: official.id.clone(),
                role: official.role,
                outcome: official.finds,
                reason: official.reason,
                at: (self.now)(),
            };
            match SignedSighting::sign(occasion.clone(), seen, official.key.as_ref()) {
                Ok(signed) => sightings.push(signed),
                Err(error) => return Event::Stopped(Stop::failure(error.code())),
            }
            watch(Step::OfficialLooked {
                outcome: official.finds,
                reason: official.reason,
            });
        }
        Event::OfficialsLooked(sightings)
    }
}
