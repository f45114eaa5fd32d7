//! Waiting for a card that proves itself.

use emrtd::Sex;
use jiff::civil::Date;
use rulebook::personal_id::{self, PersonalIdFault};

use super::ask::Ask;
use super::event::{Stop, StopKind};
use super::for_whom;
use super::gathered::{CardSeen, Consented, Identified};

pub(super) const NO_PORTRAIT: &str = "chip.no_portrait";
pub(super) const NO_PERSONAL_ID: &str = "chip.no_personal_id";
pub(super) const NUMBER_DISAGREES: &str = "chip.number_disagrees";
pub(super) const EXPIRED: &str = "card.expired";

pub struct AwaitCard {
    consented: Consented,
    tries: u32,
}

impl AwaitCard {
    pub(super) fn new(consented: Consented) -> Self {
        Self {
            consented,
            tries: 1,
        }
    }

    /// A genuine card still has to name a holder that a wallet can be kept for.
    pub(super) fn read(self, seen: CardSeen) -> Result<Identified, Stop> {
        let holder = seen.identity.holder();
        let Some(number) = holder.personal_id.as_ref() else {
            return Err(Stop::refusal(NO_PERSONAL_ID));
        };
        let opened_on = self
            .consented
            .opening
            .opened_at
            .to_zoned(crate::clock::vietnam())
            .date();
        if holder.expiry_date.is_some_and(|expiry| expiry < opened_on) {
            return Err(Stop::refusal(EXPIRED));
        }
        let sex = match holder.sex {
            Sex::Female => Some(personal_id::Sex::Female),
            Sex::Male => Some(personal_id::Sex::Male),
            Sex::Unspecified => None,
        };
        // Many elders know only the year they were born in, and their cards say so; whether that year
        // is the number's is among the reading's own cross-checks.
        let year_alone = || Date::new(number.birth_year()?, 1, 1).ok();
        let Some(birth) = holder.birth_date.or_else(year_alone) else {
            return Err(Stop::refusal(NUMBER_DISAGREES));
        };
        // The place code is the one of registration and may be older than any list of ours.
        let wrong = |fault: &PersonalIdFault| !matches!(fault, PersonalIdFault::Place);
        if personal_id::faults(number.expose(), birth, sex)
            .iter()
            .any(wrong)
        {
            return Err(Stop::refusal(NUMBER_DISAGREES));
        }
        let Some(portrait) = seen.identity.portrait() else {
            return Err(Stop::refusal(NO_PORTRAIT));
        };
        let identified = Identified {
            consented: self.consented,
            evidence: seen.evidence,
            identity: seen.identity,
            portrait,
            devices: vec![seen.device],
        };
        for_whom::check(&identified)?;
        Ok(identified)
    }

    /// A failure may be tried again; a refusal (a copied chip, an altered file) never.
    pub(super) fn try_again(mut self, stop: Stop) -> Result<(Self, Ask), Stop> {
        if stop.kind == StopKind::Refusal || self.tries >= self.consented.opening.plan.card_tries {
            return Err(stop);
        }
        self.tries += 1;
        let challenge = self.consented.challenge();
        let failed = Some(stop.code);
        Ok((self, Ask::ReadCard { challenge, failed }))
    }
}
