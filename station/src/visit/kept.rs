//! A visit past the person's comparison, as it is kept against a power cut, and the way back onto the road. No portrait, no
//! finger and no template is in it: what was compared is a claim by now.

use bundle::{
    Consent, Device, MatchClaim, OperatorId, Role, SignedSighting, SignedTicket, StationId, VisitId,
};
use emrtd::{ChipEvidence, CscaTrust};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::await_papers::AwaitPapers;
use super::event::Stop;
use super::for_whom::ForWhom;
use super::gathered::{Consented, Opening, Plan, Recognised};
use super::{Ask, Visit};
use crate::kept::TOO_LATE;

/// The person has gone home by then, and their papers with them. Well within the time in which a verifier takes a visit.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// What is needed to go on at the papers. Personal data: no Debug.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRoad {
    pub visit: VisitId,
    ticket: SignedTicket,
    station: StationId,
    /// Who was signed in.
    pub operator: OperatorId,
    pub role: Role,
    practice: bool,
    pub opened_at: Timestamp,
    pub lang: String,
    whom: ForWhom,
    child_agreed_at: Option<Timestamp>,
    consents: Vec<Consent>,
    evidence: ChipEvidence,
    devices: Vec<Device>,
    face: MatchClaim,
    finger: MatchClaim,
    sightings: Vec<SignedSighting>,
}

impl Visit {
    /// What of this visit can be kept now; none before the person was compared, and none when it goes to be sealed.
    #[must_use]
    pub fn keepable(&self) -> Option<KeptRoad> {
        match self {
            Self::AwaitSheets(matched) => Some(KeptRoad::of(matched)),
            _ => None,
        }
    }
}

impl KeptRoad {
    fn of(matched: &Recognised) -> Self {
        let opening = &matched.consented.opening;
        Self {
            visit: opening.visit,
            ticket: opening.ticket.clone(),
            station: opening.station.clone(),
            operator: opening.operator.clone(),
            role: opening.role,
            practice: opening.practice,
            opened_at: opening.opened_at,
            lang: opening.plan.lang.clone(),
            whom: opening.plan.whom.clone(),
            child_agreed_at: matched.consented.child_agreed_at,
            consents: matched.consented.consents.clone(),
            evidence: matched.evidence.clone(),
            devices: matched.devices.clone(),
            face: matched.face.clone(),
            finger: matched.finger.clone(),
            sightings: matched.sightings.clone(),
        }
    }

    /// Whether it is too late to go on.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> bool {
        // A clock that went backwards tells nothing about how long it was.
        !(SignedDuration::ZERO..LONGEST).contains(&now.duration_since(self.opened_at))
    }

    /// Whether this person may go on with it: who began it, or any official.
    #[must_use]
    pub fn may_go_on(&self, operator: &str, role: Role) -> bool {
        self.operator.as_str() == operator || role != Role::Volunteer
    }

    /// Back onto the road at the papers, with the same visit and the same ticket; whoever goes on with it signs it. The
    /// card's evidence is believed anew, by whatever is trusted now.
    ///
    /// # Errors
    /// [`Stop`] where it is too late, or the evidence is not believed any more.
    pub fn go_on(
        self,
        operator: (OperatorId, Role),
        sheets: u32,
        trust: &CscaTrust,
        now: Timestamp,
    ) -> Result<(Visit, Vec<Ask>), Stop> {
        if self.over(now) {
            return Err(Stop::of(TOO_LATE));
        }
        let (operator, role) = operator;
        let opening = Opening {
            visit: self.visit,
            ticket: self.ticket,
            station: self.station,
            operator,
            role,
            practice: self.practice,
            opened_at: self.opened_at,
            plan: Plan {
                lang: self.lang,
                whom: self.whom,
                card_tries: 0,
            },
        };
        let consented = Consented {
            opening,
            consents: self.consents,
            child_agreed_at: self.child_agreed_at,
        };
        let day = now.to_zoned(crate::clock::vietnam()).date();
        let identity = self
            .evidence
            .verify(trust, &consented.challenge(), day)
            .map_err(|error| Stop::of(error.code()))?;
        let matched = Recognised {
            consented,
            evidence: self.evidence,
            identity,
            devices: self.devices,
            face: self.face,
            finger: self.finger,
            sightings: self.sightings,
        };
        Ok(match sheets {
            0 => (
                Visit::AwaitSheets(Box::new(matched)),
                vec![Ask::CountSheets],
            ),
            sheets => (
                Visit::AwaitPapers(Box::new(AwaitPapers { matched })),
                vec![Ask::ScanPapers { sheets }],
            ),
        })
    }
}
