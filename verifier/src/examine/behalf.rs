//! For whom the papers were brought: the person they are about has a number that can be, is another than the card's holder,
//! and one of the papers shows that the holder may act for them.

use bundle::{Behalf, DocumentClaim, FieldState, Manifest, PersonalText};
use jiff::Timestamp;
use rulebook::behalf::{self, Acting, BehalfFault, Both, Read};

use super::checklist::{Fault, Report};
use super::chip::{Holder, day_of};

const CHECK: &str = "visit.behalf";

/// Whose wallet the papers go to: never the helper's, and the representative's only with their own papers.
pub(super) fn wallet_of<'a>(manifest: &'a Manifest, holder: &'a Holder) -> &'a str {
    match manifest.behalf.as_ref().and_then(Behalf::subject) {
        Some(subject) => subject.number.as_str(),
        None => &holder.personal_id,
    }
}

/// Everything at once, so that the desk hears all that speaks against it.
pub(super) fn check(manifest: &Manifest, holder: Option<&Holder>, report: &mut Report) {
    let (acting, subject, shown_by) = match &manifest.behalf {
        None | Some(Behalf::HelperPresent {}) => {
            report.checked(CHECK, Vec::new());
            return;
        }
        Some(Behalf::LegalRepresentative {
            subject, shown_by, ..
        }) => (Acting::LegalRepresentative, subject, *shown_by),
        Some(Behalf::Proxy { subject, shown_by }) => (Acting::Proxy, subject, *shown_by),
    };
    // Only the chip says who acts.
    let Some(holder) = holder else {
        report.not_checkable(&[CHECK]);
        return;
    };
    let (number, day) = (subject.number.as_str(), day_of(manifest));
    let mut faults = behalf::subject_faults(acting, number, subject.born, day);
    if number == holder.personal_id.as_str() {
        faults.push(BehalfFault::Holder);
    }
    if behalf::is_asked(acting, subject.born, day) && !asked(manifest) {
        faults.push(BehalfFault::ChildNotAsked);
    }
    let paper = usize::try_from(shown_by)
        .ok()
        .and_then(|at| manifest.documents.get(at));
    match paper {
        Some(paper) => {
            let names = names(manifest, holder);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let both = Both {
                subject: number,
                holder: &holder.personal_id,
                names: &names,
            };
            faults.extend(behalf::paper_faults(
                acting,
                &paper.kind,
                &read(paper),
                both,
            ));
        }
        None => faults.push(BehalfFault::PaperMissing),
    }
    let faults = faults.iter().map(|fault| match fault {
        BehalfFault::PaperKind | BehalfFault::PaperNamesOthers => Fault::at(
            fault.code(),
            format!("paper {}", shown_by.saturating_add(1)),
        ),
        _ => Fault::new(fault.code()),
    });
    report.checked(CHECK, faults.collect());
}

/// The child's own touch lies in the visit.
fn asked(manifest: &Manifest) -> bool {
    let within = |at: &Timestamp| (manifest.opened_at..=manifest.sealed_at).contains(at);
    matches!(
        &manifest.behalf,
        Some(Behalf::LegalRepresentative { subject_agreed_at: Some(at), .. }) if within(at)
    )
}

/// The zone's spelling, and the one that the desk saw.
fn names(manifest: &Manifest, holder: &Holder) -> Vec<String> {
    let seen = manifest.chip.witnessed.name.as_ref();
    let seen = seen.map(|name| PersonalText::as_str(name).to_owned());
    let mut names = vec![holder.name.as_str().to_owned()];
    names.extend(seen);
    names
}

fn read(paper: &DocumentClaim) -> Vec<Read<'_>> {
    let fields = paper.fields.iter().map(|field| Read {
        field: &field.name,
        value: field.value.as_str(),
        // A desk that does not tell is held to what it wrote.
        sure: field
            .state
            .is_none_or(|state| state == FieldState::Accepted),
    });
    fields.collect()
}
