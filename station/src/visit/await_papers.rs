//! Waiting for the papers: counted, read, and sorted into those to keep and those to hand back.

use bundle::OwnerClaim;
use paper::obstacles::{self, Suggestion};
use paper::owner::Owner;
use rulebook::kinds;

use super::await_approval::AwaitApproval;
use super::event::Stop;
use super::for_whom;
use super::gathered::{PaperDocument, Papers, Recognised, SetAside};

pub(crate) const COUNT_MISMATCH: &str = "paper.count_mismatch";
pub(super) const NOTHING_TO_FILE: &str = "paper.nothing_to_file";

/// Notices that go with a paper that is handed back unstored.
pub(super) const OTHER_OWNER: &str = "paper.other_owner";
pub(super) const NOT_TO_BE_DIGITISED: &str = "paper.not_to_be_digitised";

pub struct AwaitPapers {
    pub(super) matched: Recognised,
}

impl AwaitPapers {
    /// TT 01/2023/TT-VPCP Art. 8(2): images = physical pages, of the visit and of each paper that was counted. A paper of another person, or one
    /// that Art. 4 forbids to digitise, is set aside and never stored.
    pub(super) fn read(self, papers: Papers) -> Result<AwaitApproval, Stop> {
        let short = |document: &PaperDocument| {
            let pages = u32::try_from(document.claim.pages.len()).unwrap_or(u32::MAX);
            pages < document.claim.sheets_declared
        };
        if papers.sheets < papers.counted.max(1) || papers.documents.iter().any(short) {
            return Err(Stop::failure(COUNT_MISMATCH));
        }
        let (grade, day) = (self.matched.grade(), self.matched.day());
        let mut kept = Vec::new();
        let mut set_aside = papers.set_aside;
        for mut document in papers.documents {
            let hinted = owner(&self.matched, &document);
            document.claim.owner = for_whom::owner(&self.matched, &document, hinted);
            let forbidden = kinds::find(&document.claim.kind).and_then(|kind| {
                // What is only supposed is told to the operator and decides nothing.
                let sure: Vec<Suggestion> = document
                    .suggestions
                    .iter()
                    .filter(|told| told.sure)
                    .cloned()
                    .collect();
                kinds::objections(kind, &obstacles::paper(&sure), grade, day)
                    .into_iter()
                    .find(|objection| objection.blocks)
            });
            if let Some(objection) = forbidden {
                let rule = Some(objection.rule.id.clone());
                set_aside.push(SetAside {
                    kind: document.claim.kind,
                    code: NOT_TO_BE_DIGITISED,
                    rule,
                });
            } else if document.claim.owner == OwnerClaim::Other {
                set_aside.push(SetAside {
                    kind: document.claim.kind,
                    code: OTHER_OWNER,
                    rule: None,
                });
            } else {
                kept.push(document);
            }
        }
        // What shows the right is asked for first: without it nothing may be filed, whatever else there is.
        let shown_by = for_whom::shown_by(&self.matched, &kept, &set_aside)?;
        if kept.is_empty() {
            return Err(Stop::refusal(NOTHING_TO_FILE));
        }
        Ok(AwaitApproval {
            matched: self.matched,
            sheets: papers.counted,
            scanner: papers.device,
            documents: kept,
            set_aside,
            shown_by,
        })
    }
}

/// Numbers first, the old nine-digit one included; then name and birth date (`paper::owner`). Papers that are brought for
/// another are that other's: of them number and birth date are known.
fn owner(matched: &Recognised, document: &PaperDocument) -> OwnerClaim {
    let holder = match matched.subject() {
        Some(subject) => paper::owner::Holder {
            personal_id: Some(subject.number.as_str().to_owned()),
            birth_date: Some(subject.born),
            ..paper::owner::Holder::default()
        },
        None => {
            let holder = matched.holder();
            let name = holder.name_vi.as_ref().unwrap_or(&holder.name);
            paper::owner::Holder {
                personal_id: holder.personal_id.as_ref().map(|id| id.expose().to_owned()),
                old_id_no: holder.old_id_no.as_ref().map(|number| number.to_string()),
                name: name.to_string(),
                birth_date: holder.birth_date,
            }
        }
    };
    match paper::owner::hint(&document.subjects, &document.fields, &holder).owner {
        Owner::Match => OwnerClaim::Match,
        Owner::Other => OwnerClaim::Other,
        Owner::Unknown => OwnerClaim::Unknown,
    }
}
