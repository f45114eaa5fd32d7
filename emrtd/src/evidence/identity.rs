//! Who the document speaks of, once its evidence has been believed.

use std::fmt;

use jiff::civil::Date;
use openssl::sha::sha256;
use zeroize::{Zeroize, Zeroizing};

use super::ChipEvidence;
use crate::lds::dg2::PortraitBytes;
use crate::lds::dg3::FingerRecord;
use crate::lds::{DataGroup, dg2, dg3, dg13};
use crate::mrz::{Mrz, Sex};
use crate::report::{ChipReport, CloneCheck};

/// The twelve-digit number that outlives cards. `Debug` prints nothing; there is no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonalId(String);

impl PersonalId {
    /// Twelve ASCII digits, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 12 && text.bytes().all(|octet| octet.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The digits, for whoever must print or hash them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The century, sex and two-digit year that digits four to six state (Decree 137/2015/NĐ-CP
    /// article 7).
    pub fn birth_year(&self) -> Option<i16> {
        let code = i16::from(self.0.as_bytes().get(3)? - b'0');
        let year: i16 = self.0.get(4..6)?.parse().ok()?;
        Some(1900 + code / 2 * 100 + year)
    }
}

impl Drop for PersonalId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PersonalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalId(..)")
    }
}

/// The holder as the document names them. Wiped when dropped; `Debug` prints nothing.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// From the optional data of DG1; `None` on foreign documents.
    pub personal_id: Option<PersonalId>,
    /// From the machine-readable zone: capitals without marks, family name first.
    pub name: Zeroizing<String>,
    /// With diacritics, from DG13; `None` where DG13 is not part of the evidence.
    pub name_vi: Option<Zeroizing<String>>,
    /// `None` where the document leaves a part unknown.
    pub birth_date: Option<Date>,
    pub sex: Sex,
    /// `None` on documents without an end.
    pub expiry_date: Option<Date>,
    /// From DG13; `None` where it is not part of the evidence or does not say it.
    pub issue_date: Option<Date>,
    pub document_no: Zeroizing<String>,
    /// Three letters, or Germany's one.
    pub issuing_state: String,
    /// The nine-digit number that this card replaced, from DG13.
    pub old_id_no: Option<Zeroizing<String>>,
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(..)")
    }
}

impl Holder {
    pub(super) fn new(mrz: &Mrz, dg13: Option<&dg13::Dg13>, at: Date) -> Self {
        let personal_id = mrz.personal_id().and_then(PersonalId::parse);
        let mut birth_date = mrz.birth_date(at);
        // The number knows the century; the zone does not. They must agree on the year in it.
        if let (Some(id), Some(date)) = (&personal_id, birth_date)
            && let Some(year) = id.birth_year()
            && year.rem_euclid(100) == date.year().rem_euclid(100)
        {
            birth_date = Date::new(year, date.month(), date.day())
                .ok()
                .or(birth_date);
        }
        Self {
            personal_id,
            name: mrz.name(),
            name_vi: dg13.and_then(|dg13| dg13.name.clone()),
            birth_date,
            sex: mrz.sex(),
            expiry_date: mrz.expiry_date(),
            issue_date: dg13.and_then(|dg13| dg13.issue_date),
            document_no: Zeroizing::new(mrz.document_no().to_owned()),
            issuing_state: mrz.issuing_state().to_owned(),
            old_id_no: dg13.and_then(|dg13| dg13.old_id_no.clone()),
        }
    }
}

/// An identity that was checked: the only way to one is [`ChipEvidence::verify`].
///
/// It says that a trusted country signed these facts and, by [`clone_check`](Self::clone_check),
/// who can be sure that the chip was no copy. It does not say that the person at the desk is the
/// holder, nor that the document has not run out (see [`ChipReport::expired`]).
pub struct VerifiedIdentity {
    holder: Holder,
    report: ChipReport,
    portrait: Option<PortraitBytes>,
    fingers: Vec<FingerRecord>,
    sod_digest: [u8; 32],
    dg14_digest: Option<[u8; 32]>,
}

impl fmt::Debug for VerifiedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedIdentity({:?})", self.report.clone_check)
    }
}

impl VerifiedIdentity {
    /// For [`ChipEvidence::verify`] alone, with a report that has no faults.
    pub(super) fn new(evidence: &ChipEvidence, holder: Holder, report: ChipReport) -> Self {
        let file = |group| evidence.groups.get(&group).map(Vec::as_slice);
        Self {
            holder,
            report,
            // Signed, but in a form this crate does not read (ISO/IEC 39794 until it can): the
            // identity is believed all the same, and who wants the picture is told there is none.
            portrait: file(DataGroup::Dg2).and_then(|file| dg2::read(file).ok()),
            fingers: file(DataGroup::Dg3)
                .and_then(|file| dg3::read(file).ok())
                .unwrap_or_default(),
            sod_digest: sha256(&evidence.sod),
            dg14_digest: file(DataGroup::Dg14).map(sha256),
        }
    }

    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    pub fn clone_check(&self) -> CloneCheck {
        self.report.clone_check
    }

    pub fn report(&self) -> &ChipReport {
        &self.report
    }

    /// The face, when DG2 is part of the evidence.
    pub fn portrait(&self) -> Option<PortraitBytes> {
        self.portrait.clone()
    }

    /// The fingers, when DG3 is part of the evidence.
    pub fn fingers(&self) -> Vec<FingerRecord> {
        self.fingers.clone()
    }

    /// SHA-256 of EF.SOD as read: the name of this document for whoever must not know the holder's.
    pub fn sod_digest(&self) -> [u8; 32] {
        self.sod_digest
    }

    /// SHA-256 of DG14, whose key the chip proves itself by; `None` where it has none.
    pub(crate) fn dg14_digest(&self) -> Option<[u8; 32]> {
        self.dg14_digest
    }
}
