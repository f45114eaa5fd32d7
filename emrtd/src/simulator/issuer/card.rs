//! One specimen card: its files, its secret keys, and the ways to spoil it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    ActiveKeyKind, CardOptions, IssueError, SpecimenIssuer, SpecimenPerson, pki, security_object,
};
use crate::base64_text;
use crate::evidence::{Challenge, PersonalId};
use crate::lds::{DataGroup, ImageFormat, com, dg1, dg2, dg3, dg13, dg14, dg15};
use crate::mrz::{Sex, Td1, check_digit};
use crate::proof::active::{self, Hash};
use crate::proof::mapping::SECURITY_OBJECT;
use crate::tlv;

/// File identifiers of the application's two other files.
const EF_COM: u16 = 0x011E;
const EF_SOD: u16 = 0x011D;

// As DG14 and EF.CardAccess name them; BSI TR-03110-3 appendix A.
const TERMINAL_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.2";
const CA_ECDH_AES_128: &str = "0.4.0.127.0.7.2.2.3.2.2";
const CA_PUBLIC_KEY_ECDH: &str = "0.4.0.127.0.7.2.2.1.2";
const PACE_ECDH_GM_AES_128: &str = "0.4.0.127.0.7.2.2.4.2.2";
const PACE_ECDH_CAM_AES_128: &str = "0.4.0.127.0.7.2.2.4.6.2";
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";
/// brainpoolP256r1 among the standardized domain parameters (ICAO 9303-11 §9.5.1).
const BRAINPOOL_P256R1: u8 = 13;

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
    /// PKCS#8. Without it chip authentication cannot be done.
    #[serde(with = "base64_text::option", default)]
    pub chip_key: Option<Vec<u8>>,
    /// Six digits.
    pub can: String,
    /// Ninety characters.
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
        let key = PKey::private_key_from_pkcs8(self.active_key.as_ref()?).ok()?;
        active::answer(&key, Hash::Sha256, challenge).ok()
    }

    /// The chip authentication key; `None` where the card has none.
    pub fn chip_private_key(&self) -> Option<PKey<Private>> {
        PKey::private_key_from_pkcs8(self.chip_key.as_ref()?).ok()
    }

    /// What a thief gets who copies every file: the keys stay in the original.
    pub fn clone_without_keys(&self) -> Self {
        Self {
            active_key: None,
            chip_key: None,
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
            chip_key: Some(other()?),
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
    let mrz = zone(issuer, person)?;
    let format = ImageFormat::sniff(&person.portrait).ok_or(missing("portrait"))?;
    let (width, height) = ImageFormat::size(&person.portrait).unwrap_or_default();

    let mut groups = BTreeMap::from([
        (DataGroup::Dg1, dg1::write(&mrz)),
        (
            DataGroup::Dg2,
            dg2::write(&person.portrait, format, width, height),
        ),
        (DataGroup::Dg13, card_text(issuer, person)),
    ]);
    if !person.fingers.is_empty() {
        groups.insert(DataGroup::Dg3, dg3::write(&person.fingers));
    }

    let active_key = match options.active {
        ActiveKeyKind::Brainpool256 => Some(pki::ec_key(Nid::BRAINPOOL_P256R1, false, rng)?),
        ActiveKeyKind::Rsa2048 => Some(PKey::from_rsa(Rsa::generate(2048)?)?),
        ActiveKeyKind::None => None,
    };
    if let Some(key) = &active_key {
        groups.insert(DataGroup::Dg15, dg15::write(&key.public_key_to_der()?));
    }
    let chip_key = if options.chip_authentication {
        Some(pki::ec_key(Nid::BRAINPOOL_P256R1, false, rng)?)
    } else {
        None
    };
    let infos = security_infos(options, chip_key.as_ref())?;
    if !infos.is_empty() {
        groups.insert(DataGroup::Dg14, dg14::write(&infos));
    }

    let sod = security_object::sign(
        &groups,
        &issuer.signer,
        &issuer.signer_key,
        issuer.pss,
        options.signed_at,
    )?;
    // ICAO 9303-11 §9.2.11: what EF.CardAccess says, and the key.
    let card_security = match &chip_key {
        Some(key) if options.pace && options.chip_authentication_mapping => {
            let infos = [chip_infos(options, key)?, pace_infos(options)];
            let content = tlv::encode(0x31, &infos.concat());
            Some(security_object::sign_content(
                SECURITY_OBJECT,
                &content,
                &issuer.signer,
                &issuer.signer_key,
                issuer.pss,
                Some(options.signed_at),
            )?)
        }
        _ => None,
    };
    let mut files = BTreeMap::from([(EF_COM, com::write(groups.keys().copied())), (EF_SOD, sod)]);
    files.extend(
        groups
            .into_iter()
            .map(|(group, file)| (group.file_id(), file)),
    );
    Ok(SpecimenCard {
        files,
        card_access: options.pace.then(|| card_access(options)),
        card_security,
        active_key: active_key
            .map(|key| key.private_key_to_pkcs8())
            .transpose()?,
        chip_key: chip_key.map(|key| key.private_key_to_pkcs8()).transpose()?,
        // The last six digits of the number, as on the CCCD.
        can: id.expose().chars().skip(6).collect(),
        mrz,
    })
}

/// TD1 as on the CCCD: the document number is the end of the personal one, which stands whole in
/// the optional data with a check digit of its own.
fn zone(issuer: &SpecimenIssuer, person: &SpecimenPerson) -> Result<String, IssueError> {
    let digit = check_digit(&person.personal_id).ok_or(IssueError::Person {
        field: "personal number",
    })?;
    let six = |date: Date| date.strftime("%y%m%d").to_string();
    // A card without an end has the furthest date that two digits can say.
    let expiry = person.expiry.map_or_else(|| "991231".to_owned(), six);
    let name = person.name();
    if name.is_empty() {
        return Err(IssueError::Person { field: "name" });
    }
    Ok(Td1 {
        code: "ID",
        issuing_state: &issuer.country.alpha_3,
        nationality: &issuer.country.alpha_3,
        document_no: &person.document_no,
        optional: &format!("{}<<{digit}", person.personal_id),
        birth: &six(person.birth),
        sex: person.sex,
        expiry: &expiry,
        name: &name,
    }
    .text())
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

fn security_infos(
    options: &CardOptions,
    chip_key: Option<&PKey<Private>>,
) -> Result<Vec<Vec<u8>>, ErrorStack> {
    let mut infos = Vec::new();
    if let Some(key) = chip_key {
        infos.push(chip_infos(options, key)?);
    }
    if options.pace {
        infos.push(pace_infos(options));
    }
    if options.active == ActiveKeyKind::Brainpool256 {
        let algorithm = crate::lds::oid::from_dots(Hash::Sha256.plain_algorithm());
        infos.push(dg14::write_info(
            ACTIVE_AUTHENTICATION,
            &[&number(1), &tlv::encode(0x06, &algorithm)],
        ));
    }
    Ok(infos)
}

/// Byte for byte what CCCDs show.
fn card_access(options: &CardOptions) -> Vec<u8> {
    tlv::encode_all(
        0x31,
        &[
            &dg14::write_info(TERMINAL_AUTHENTICATION, &[&number(1)]),
            &dg14::write_info(CA_ECDH_AES_128, &[&number(1)]),
            &pace_infos(options),
        ],
    )
}

/// The chip's key and what it is for. For chip authentication mapping the key has the number of the
/// parameters (ICAO 9303-11 §9.2.1).
fn chip_infos(options: &CardOptions, key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
    let id = if options.chip_authentication_mapping {
        number(BRAINPOOL_P256R1)
    } else {
        Vec::new()
    };
    let public = dg14::write_info(CA_PUBLIC_KEY_ECDH, &[&key.public_key_to_der()?, &id]);
    let info = dg14::write_info(CA_ECDH_AES_128, &[&number(1), &id]);
    Ok([public, info].concat())
}

fn pace_infos(options: &CardOptions) -> Vec<u8> {
    let info = |protocol| dg14::write_info(protocol, &[&number(2), &number(BRAINPOOL_P256R1)]);
    let mut infos = info(PACE_ECDH_GM_AES_128);
    if options.chip_authentication_mapping {
        infos.extend(info(PACE_ECDH_CAM_AES_128));
    }
    infos
}

fn number(value: u8) -> Vec<u8> {
    tlv::encode(0x02, &[value])
}
