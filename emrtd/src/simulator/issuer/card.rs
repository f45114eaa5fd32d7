//! One specimen card: its files, its secret keys, and the ways to spoil it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::security_object::Signature;
use super::{
    CardOptions, IssueError, Layout, SpecimenIssuer, SpecimenPerson, infos, pki, security_object,
    zone,
};
use crate::access::Can;
use crate::base64_text;
use crate::evidence::{Challenge, PersonalId};
use crate::lds::{DataGroup, ImageFormat, com, dg1, dg2, dg3, dg13, dg14, dg15};
use crate::mrz::Sex;
use crate::proof::active::{self, AnswerForm};
use crate::proof::cv_certificate::CvCertificate;
use crate::proof::mapping::SECURITY_OBJECT;
use crate::simulator::applet::TerminalTrust;

/// File identifiers of the application's two other files.
const EF_COM: u16 = 0x011E;
const EF_SOD: u16 = 0x011D;

/// Everything that is on a card, what is readable and what is not. `Debug` prints nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecimenCard {
    /// Files of the travel application by file identifier: EF.COM 011E, EF.SOD 011D, DGn 01nn.
    #[serde(with = "base64_text::map")]
    pub files: BTreeMap<u16, Vec<u8>>,
    /// EF.CardAccess of the master file; without it the chip has no PACE.
    #[serde(with = "base64_text::option", default)]
    pub card_access: Option<Vec<u8>>,
    /// EF.CardSecurity of the master file, for chip authentication mapping.
    #[serde(
        with = "base64_text::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub card_security: Option<Vec<u8>>,
    /// PKCS#8. Without it INTERNAL AUTHENTICATE cannot be answered.
    #[serde(with = "base64_text::option", default)]
    pub active_key: Option<Vec<u8>>,
    #[serde(default)]
    pub active_form: AnswerForm,
    /// PKCS#8, in the order of DG14. Without them chip authentication cannot be done.
    #[serde(with = "base64_text::list", default)]
    pub chip_keys: Vec<Vec<u8>>,
    /// Certificates of the authorities whose terminals may read DG3 and DG4, the current one last.
    #[serde(with = "base64_text::list", default)]
    pub terminal_authorities: Vec<Vec<u8>>,
    /// When the card was made.
    #[serde(default)]
    pub made: Date,
    /// The chip does not open by BAC.
    #[serde(default)]
    pub no_bac: bool,
    /// Six digits.
    pub can: String,
    /// Ninety, seventy-two or eighty-eight characters.
    pub mrz: String,
}

impl std::fmt::Debug for SpecimenCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpecimenCard(..)")
    }
}

impl SpecimenCard {
    /// A file of the travel application.
    pub fn file(&self, id: u16) -> Option<&[u8]> {
        self.files.get(&id).map(Vec::as_slice)
    }

    pub fn group(&self, group: DataGroup) -> Option<&[u8]> {
        self.file(group.file_id())
    }

    pub fn sod(&self) -> &[u8] {
        self.file(EF_SOD).unwrap_or_default()
    }

    /// The chip's answer to INTERNAL AUTHENTICATE; `None` without a key.
    pub fn answer(&self, challenge: &Challenge) -> Option<Vec<u8>> {
        active::answer(&self.active_private_key()?, self.active_form, challenge).ok()
    }

    /// The active authentication key; `None` where the card has none.
    pub fn active_private_key(&self) -> Option<PKey<Private>> {
        PKey::private_key_from_pkcs8(self.active_key.as_ref()?).ok()
    }

    /// The chip authentication keys, in the order of DG14.
    pub fn chip_private_keys(&self) -> Vec<PKey<Private>> {
        self.chip_keys
            .iter()
            .filter_map(|key| PKey::private_key_from_pkcs8(key).ok())
            .collect()
    }

    /// Whose terminals the chip opens DG3 and DG4 to.
    pub fn terminal_trust(&self) -> TerminalTrust {
        let authorities: Vec<CvCertificate> = self
            .terminal_authorities
            .iter()
            .filter_map(|bytes| CvCertificate::parse(bytes).ok())
            .collect();
        TerminalTrust::new(&authorities, self.made)
    }

    /// The lines of the zone.
    pub fn mrz_lines(&self) -> Vec<&str> {
        let width = match self.mrz.len() {
            72 => 36,
            88 => 44,
            _ => 30,
        };
        (0..self.mrz.len().div_ceil(width))
            .filter_map(|line| self.mrz.get(line * width..(line + 1) * width))
            .collect()
    }

    /// What a thief gets who copies every file: the keys stay in the original.
    pub fn clone_without_keys(&self) -> Self {
        Self {
            active_key: None,
            chip_keys: Vec::new(),
            ..self.clone()
        }
    }

    /// The same copy with keys of the thief's own, so that the chip does answer.
    pub fn clone_with_other_keys(&self, rng: &mut dyn CryptoRng) -> Result<Self, IssueError> {
        let mut other = || -> Result<_, ErrorStack> {
            pki::ec_key(Nid::BRAINPOOL_P256R1, false, rng)?.private_key_to_pkcs8()
        };
        Ok(Self {
            active_key: Some(other()?),
            chip_keys: vec![other()?],
            ..self.clone()
        })
    }

    /// The card with one group changed after it was signed, still well formed. A group that the
    /// card does not have stays absent.
    pub fn alter(&self, group: DataGroup) -> Self {
        let mut card = self.clone();
        if let Some(file) = card.files.get_mut(&group.file_id()) {
            // DG1 ends in the thirty characters of the name, which no check digit covers.
            let at = match group {
                DataGroup::Dg1 => file.len().saturating_sub(30),
                _ => file.len().saturating_sub(1),
            };
            if let Some(octet) = file.get_mut(at) {
                *octet = if *octet == b'X' { b'Y' } else { b'X' };
            }
        }
        card
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("maps of numbers and texts always serialize")
    }

    pub fn from_json(json: &str) -> Result<Self, IssueError> {
        Ok(serde_json::from_str(json)?)
    }
}

pub(super) fn personalise(
    issuer: &SpecimenIssuer,
    person: &SpecimenPerson,
    options: &CardOptions,
    rng: &mut dyn CryptoRng,
) -> Result<SpecimenCard, IssueError> {
    let missing = |field| IssueError::Person { field };
    let id = PersonalId::parse(&person.personal_id).ok_or(missing("personal number"))?;
    let can = match &options.can {
        Some(can) => Can::new(can)
            .map(|_| can.clone())
            .map_err(|_| missing("access number"))?,
        // The last six digits of the number, as on the CCCD.
        None => id.expose().chars().skip(6).collect(),
    };
    let mrz = zone::text(issuer, person, options.layout)?;
    let active_key = options.active.make(rng)?;
    let chip_keys: Vec<_> = options
        .chip_keys
        .iter()
        .map(|key| key.make(rng))
        .collect::<Result<_, _>>()?;
    let infos = infos::of(options, &chip_keys)?;

    let mut groups = personal_groups(issuer, person, options.layout, &mrz)?;
    if let Some(key) = &active_key {
        groups.insert(DataGroup::Dg15, dg15::write(&key.public_key_to_der()?));
    }
    if !infos.dg14.is_empty() {
        groups.insert(DataGroup::Dg14, dg14::write(&infos.dg14));
    }
    groups.retain(|group, _| !options.without.contains(group));
    groups.extend(options.further.clone());

    let signature = Signature {
        signer: &issuer.signer,
        key: &issuer.signer_key,
        pss: issuer.pss,
        digest: options.digest,
        at: Some(options.signed_at),
    };
    let sod = security_object::sign(&groups, options.lds_version, &signature)?;
    let card_security = match &infos.card_security {
        Some(content) => Some(security_object::sign_content(
            SECURITY_OBJECT,
            content,
            &signature,
        )?),
        None => None,
    };
    let version = options.lds_version.digits();
    let com = com::write_version(version, groups.keys().copied());
    let mut files = BTreeMap::from([(EF_COM, com), (EF_SOD, sod)]);
    files.extend(
        groups
            .into_iter()
            .map(|(group, file)| (group.file_id(), file)),
    );
    Ok(SpecimenCard {
        files,
        card_access: infos.card_access,
        card_security,
        active_key: active_key
            .map(|key| key.private_key_to_pkcs8())
            .transpose()?,
        active_form: options.active_form,
        chip_keys: chip_keys
            .iter()
            .map(|(key, _)| key.private_key_to_pkcs8())
            .collect::<Result<_, _>>()?,
        terminal_authorities: options
            .terminal_authorities
            .iter()
            .map(CvCertificate::to_bytes)
            .collect(),
        made: person.issued,
        no_bac: !options.bac,
        can,
        mrz,
    })
}

/// What is told about the person: zone, face, fingers, and on the CCCD the print.
fn personal_groups(
    issuer: &SpecimenIssuer,
    person: &SpecimenPerson,
    layout: Layout,
    mrz: &str,
) -> Result<BTreeMap<DataGroup, Vec<u8>>, IssueError> {
    let format =
        ImageFormat::sniff(&person.portrait).ok_or(IssueError::Person { field: "portrait" })?;
    let (width, height) = ImageFormat::size(&person.portrait).unwrap_or_default();
    let mut groups = BTreeMap::from([
        (DataGroup::Dg1, dg1::write(mrz)),
        (
            DataGroup::Dg2,
            dg2::write(&person.portrait, format, width, height),
        ),
    ]);
    if layout == Layout::Cccd {
        groups.insert(DataGroup::Dg13, card_text(issuer, person));
    }
    if !person.fingers.is_empty() {
        groups.insert(DataGroup::Dg3, dg3::write(&person.fingers));
    }
    Ok(groups)
}

/// DG13 with all that a real card has, also what nobody may take from it.
fn card_text(issuer: &SpecimenIssuer, person: &SpecimenPerson) -> Vec<u8> {
    let written = |date: Date| date.strftime("%d/%m/%Y").to_string();
    let (birth, issued) = (written(person.birth), written(person.issued));
    let expiry = person.expiry.map(written);
    let sex = match person.sex {
        Sex::Male => "Nam",
        Sex::Female => "Nữ",
        Sex::Unspecified => "",
    };
    let mut fields: Vec<(u8, Vec<&str>)> = vec![
        (1, vec![&person.personal_id]),
        (2, vec![&person.name_vi]),
        (3, vec![&birth]),
        (4, vec![sex]),
        (5, vec![&issuer.country.name]),
        (6, vec!["Dân tộc mẫu"]),
        (7, vec!["Tôn giáo mẫu"]),
        (8, vec!["Quê quán mẫu"]),
        (9, vec!["Nơi thường trú mẫu"]),
        (10, vec!["Đặc điểm nhận dạng mẫu"]),
        (11, vec![&issued]),
    ];
    if let Some(expiry) = &expiry {
        fields.push((12, vec![expiry]));
    }
    fields.push((13, vec!["Cha Mẫu", "Mẹ Mẫu"]));
    if let Some(old) = &person.old_id_no {
        fields.push((15, vec![old]));
    }
    fields.push((16, vec!["0123456789ABCDEF"]));
    let fields: Vec<(u8, &[&str])> = fields
        .iter()
        .map(|(number, texts)| (*number, texts.as_slice()))
        .collect();
    dg13::write(&fields)
}
