//! Calling two officials where the machine cannot tell: each looks at person, portrait and card, and signs.

use std::sync::Arc;

use bundle::{
    MatchOutcome, Occasion, OperatorId, Role, SealingKey, Seen, SightingReason, SignedSighting,
};
use emrtd::lds::dg2::PortraitBytes;

use crate::people::{Called, People};
use crate::visit::{Event, Stop};

use super::{Desk, Step};

/// An official who came, and what they found when they looked. The key is theirs.
#[derive(Clone)]
pub struct Official {
    pub id: OperatorId,
    pub role: Role,
    pub key: Arc<dyn SealingKey>,
    pub finds: MatchOutcome,
    pub reason: SightingReason,
}

impl Desk<'_> {
    /// Everybody who comes looks, and what they say is signed at once. Whether they are two, and who they are, is for the
    /// road to judge.
    pub(super) fn officials(
        &mut self,
        portrait: &PortraitBytes,
        occasion: &Occasion,
        code: &'static str,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        watch(Step::OfficialsCalled { code });
        let mut sightings = Vec::new();
        let now = self.now;
        let booth = &mut self.devices.booth;
        let mut called = Called {
            code,
            portrait,
            camera: &mut |open| match open {
                true => booth.show(),
                false => booth.rest(),
            },
        };
        let mut looked = |official: &Official| {
            let seen = Seen {
                official: official.id.clone(),
                role: official.role,
                outcome: official.finds,
                reason: official.reason,
                at: now(),
            };
            let signed = SignedSighting::sign(occasion.clone(), seen, official.key.as_ref())
                .map_err(|error| Stop::failure(error.code()))?;
            sightings.push(signed);
            watch(Step::OfficialLooked {
                outcome: official.finds,
                reason: official.reason,
            });
            Ok(())
        };
        let came = people.officials(&mut called, &mut looked);
        self.devices.booth.rest();
        match came {
            Ok(()) => Event::OfficialsLooked(sightings),
            Err(stop) => Event::Stopped(stop),
        }
    }
}
