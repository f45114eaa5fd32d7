//! Waiting for operator and citizen to look at the result; then everything is ready to seal.

use bundle::{ChipClaim, Claims, Device, FieldState, Grade, PartIndex, PersonalText, Witnessed};

use crate::people::{Review, ReviewedPaper};

use super::await_papers::AwaitPapers;
use super::event::Stop;
use super::for_whom;
use super::gathered::{PaperDocument, Recognised, SealRequest, SetAside};

pub(super) const NOT_APPROVED: &str = "visit.not_approved";

pub struct AwaitApproval {
    pub(super) matched: Recognised,
    /// Sheets that operator and citizen counted, at last.
    pub(super) sheets: u32,
    pub(super) scanner: Device,
    pub(super) documents: Vec<PaperDocument>,
    pub(super) set_aside: Vec<SetAside>,
    /// Which of the documents shows the right to bring them, from 0.
    pub(super) shown_by: Option<u32>,
}

/// The draft has left for the sealing key; only the digest of the sealed bundle may follow.
pub struct Sealing {
    pub(super) _asked: (),
}

/// Part 0 is the manifest; the chip evidence is the first part a desk adds.
const EVIDENCE_PART: u32 = 1;

impl AwaitApproval {
    /// What operator and citizen are shown: of what was read, only what is not certain.
    pub(super) fn review(&self) -> Review {
        let grade = self.grade();
        let papers = self.documents.iter().map(|document| ReviewedPaper {
            kind: document.claim.kind.clone(),
            title: document.claim.title.clone(),
            pages: document.claim.pages.len(),
            grade,
            owner: document.claim.owner,
            to_check: document
                .claim
                .fields
                .iter()
                .filter(|field| field.state == Some(FieldState::Check))
                .map(|field| (field.name.clone(), field.value.clone()))
                .collect(),
        });
        let own = self.matched.holder().personal_id.as_ref();
        let number = match self.matched.subject() {
            Some(subject) => subject.number.as_str(),
            None => own.map_or("", |own| own.expose()),
        };
        let holder = number[number.len().saturating_sub(3)..].to_owned();
        Review {
            holder,
            papers: papers.collect(),
            set_aside: self.set_aside.clone(),
        }
    }

    fn grade(&self) -> Grade {
        match self.matched.grade() {
            rulebook::grades::Grade::G0 => Grade::G0,
            _ => Grade::G1,
        }
    }

    /// Back to the pages; what was made of them is made anew.
    pub(super) fn back(self) -> (AwaitPapers, u32) {
        let Self {
            matched, sheets, ..
        } = self;
        (AwaitPapers { matched }, sheets)
    }

    pub(super) fn answered(self, approved: bool) -> Result<(Sealing, SealRequest), Stop> {
        if approved {
            Ok((Sealing { _asked: () }, self.request()))
        } else {
            Err(Stop::refusal(NOT_APPROVED))
        }
    }

    /// D3: what leaves is DG1, SOD, DG14, DG15 and the chip's answer; name with diacritics and
    /// the old number leave as what the desk says it saw.
    fn request(self) -> SealRequest {
        let grade = self.grade();
        let Recognised {
            consented,
            evidence,
            identity,
            mut devices,
            face,
            finger,
            sightings,
        } = self.matched;
        devices.push(self.scanner);
        let holder = identity.holder();
        let witnessed = Witnessed {
            name: holder
                .name_vi
                .as_ref()
                .map(|name| PersonalText::new(name.as_str())),
            old_id_no: holder
                .old_id_no
                .as_ref()
                .map(|number| PersonalText::new(number.as_str())),
        };
        let chip = ChipClaim {
            evidence: PartIndex(EVIDENCE_PART),
            access: evidence.access.as_str().to_owned(),
            clone_check: identity.clone_check().as_str().to_owned(),
            witnessed,
        };
        let behalf = for_whom::claim(&consented, self.shown_by);
        let evidence = evidence.leaving();
        let opening = consented.opening;
        let mut documents = Vec::new();
        let mut pdfs = Vec::new();
        for (position, document) in (EVIDENCE_PART + 1..).zip(self.documents) {
            let mut claim = document.claim;
            claim.grade = grade;
            claim.pdf = PartIndex(position);
            documents.push(claim);
            pdfs.push(document.pdf);
        }
        let claims = Claims {
            visit: opening.visit,
            station: opening.station,
            ticket: opening.ticket,
            operator: opening.operator,
            role: opening.role,
            practice: opening.practice,
            opened_at: opening.opened_at,
            devices,
            consents: consented.consents,
            behalf,
            chip,
            face,
            finger,
            sightings,
            documents,
        };
        SealRequest {
            claims,
            evidence,
            pdfs,
            grade,
            set_aside: self.set_aside,
        }
    }
}
