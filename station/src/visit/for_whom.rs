//! For whom the person with the card is here, as it is said before the visit is opened: whose papers they are, whether a
//! child is asked too, and which paper shows the right to bring them.

use bundle::{Behalf, Consent, FieldState, OwnerClaim, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use rulebook::behalf::{self, Acting, BehalfFault, Both, Read};

use super::await_papers::OTHER_OWNER;
use super::event::Stop;
use super::gathered::{Consented, Identified, Opening, PaperDocument, Recognised, SetAside};

pub(super) const REFUSED: &str = "consent.refused_by_child";

/// For whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ForWhom {
    /// The card's holder, for themselves.
    #[default]
    Holder,
    /// The same with somebody who helps them; nothing is kept of the helper.
    HelperPresent,
    /// A child.
    Child(Subject),
    /// Somebody who gave written authority.
    Proxy(Subject),
}

impl ForWhom {
    /// The person whose papers they are, where it is not the card's holder.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Holder | Self::HelperPresent => None,
            Self::Child(subject) | Self::Proxy(subject) => Some(subject),
        }
    }

    fn acting(&self) -> Option<(Acting, &Subject)> {
        match self {
            Self::Holder | Self::HelperPresent => None,
            Self::Child(subject) => Some((Acting::LegalRepresentative, subject)),
            Self::Proxy(subject) => Some((Acting::Proxy, subject)),
        }
    }

    /// What speaks against these papers being brought at all, before any card is read: the first of it, as a stable code.
    #[must_use]
    pub fn fault(&self, day: Date) -> Option<&'static str> {
        let (acting, subject) = self.acting()?;
        let faults = behalf::subject_faults(acting, subject.number.as_str(), subject.born, day);
        faults.first().map(|fault| fault.code())
    }

    /// A child of seven and more agrees too (Law 91/2025/QH15 Art. 24).
    #[must_use]
    pub fn asks_the_child(&self, day: Date) -> bool {
        self.acting()
            .is_some_and(|(acting, subject)| behalf::is_asked(acting, subject.born, day))
    }
}

/// The citizen agreed; the child whose papers they are has not been asked yet.
pub struct AwaitChild {
    opening: Opening,
    consents: Vec<Consent>,
}

impl AwaitChild {
    pub(super) fn new(consented: Consented) -> Self {
        Self {
            opening: consented.opening,
            consents: consented.consents,
        }
    }

    pub(super) fn answered(self, agreed_at: Option<Timestamp>) -> Result<Consented, Stop> {
        let Some(at) = agreed_at else {
            return Err(Stop::refusal(REFUSED));
        };
        Ok(Consented {
            opening: self.opening,
            consents: self.consents,
            child_agreed_at: Some(at),
        })
    }
}

/// Nobody acts for themselves by proxy, and nobody for who is no child.
pub(super) fn check(identified: &Identified) -> Result<(), Stop> {
    let whom = &identified.consented.opening.plan.whom;
    if let Some(code) = whom.fault(identified.day()) {
        return Err(Stop::refusal(code));
    }
    let own = identified.holder().personal_id.as_ref();
    let itself = |subject: &Subject| own.is_some_and(|own| own.expose() == subject.number.as_str());
    match whom.subject().is_some_and(itself) {
        true => Err(Stop::refusal(BehalfFault::Holder.code())),
        false => Ok(()),
    }
}

/// Which of the papers shows the right, from 0; none where nobody is represented.
///
/// # Errors
/// With the gravest that was found: a paper that names others, or none at all.
pub(super) fn shown_by(
    matched: &Recognised,
    documents: &[PaperDocument],
    set_aside: &[SetAside],
) -> Result<Option<u32>, Stop> {
    let Some((acting, subject)) = matched.consented.opening.plan.whom.acting() else {
        return Ok(None);
    };
    // One that was set aside for it names others.
    let others = |aside: &SetAside| aside.code == OTHER_OWNER && behalf::shows(acting, &aside.kind);
    let mut why = match set_aside.iter().any(others) {
        true => BehalfFault::PaperNamesOthers,
        false => BehalfFault::PaperMissing,
    };
    for (at, document) in (0..).zip(documents) {
        if !behalf::shows(acting, &document.claim.kind) {
            continue;
        }
        match faults(matched, acting, subject, document).first() {
            None => return Ok(Some(at)),
            Some(fault) => why = *fault,
        }
    }
    Err(Stop::refusal(why.code()))
}

/// A paper that shows the right names both, and is nobody else's for that.
pub(super) fn owner(
    matched: &Recognised,
    document: &PaperDocument,
    hinted: OwnerClaim,
) -> OwnerClaim {
    let whom = &matched.consented.opening.plan.whom;
    let shows = whom.acting().is_some_and(|(acting, subject)| {
        behalf::shows(acting, &document.claim.kind)
            && faults(matched, acting, subject, document).is_empty()
    });
    match hinted {
        OwnerClaim::Other if shows => OwnerClaim::Unknown,
        hinted => hinted,
    }
}

/// The same test that the verifier makes again.
fn faults(
    matched: &Recognised,
    acting: Acting,
    subject: &Subject,
    document: &PaperDocument,
) -> Vec<BehalfFault> {
    let holder = matched.holder();
    let own = holder.personal_id.as_ref().map_or("", |own| own.expose());
    let mut names = vec![holder.name.to_string()];
    names.extend(holder.name_vi.as_ref().map(|name| name.as_str().to_owned()));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let read: Vec<Read<'_>> = document
        .claim
        .fields
        .iter()
        .map(|field| Read {
            field: &field.name,
            value: field.value.as_str(),
            sure: field
                .state
                .is_none_or(|state| state == FieldState::Accepted),
        })
        .collect();
    let both = Both {
        subject: subject.number.as_str(),
        holder: own,
        names: &names,
    };
    behalf::paper_faults(acting, &document.claim.kind, &read, both)
}

/// What the manifest says.
pub(super) fn claim(consented: &Consented, shown_by: Option<u32>) -> Option<Behalf> {
    match (&consented.opening.plan.whom, shown_by) {
        (ForWhom::HelperPresent, _) => Some(Behalf::HelperPresent {}),
        (ForWhom::Child(subject), Some(shown_by)) => Some(Behalf::LegalRepresentative {
            subject: subject.clone(),
            shown_by,
            subject_agreed_at: consented.child_agreed_at,
        }),
        (ForWhom::Proxy(subject), Some(shown_by)) => Some(Behalf::Proxy {
            subject: subject.clone(),
            shown_by,
        }),
        _ => None,
    }
}
