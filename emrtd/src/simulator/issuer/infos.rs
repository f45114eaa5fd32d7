//! What a specimen card says about its own protocols: EF.CardAccess and DG14
//! (ICAO 9303-11 §9.2; BSI TR-03110-3 appendix A).

use openssl::pkey::{PKey, Private};

use super::{ActiveKeyKind, CardOptions, ChipGroup, IssueError, Layout, PaceMapping, PaceOptions};
use crate::lds::dg14::{write_info, write_number};
use crate::lds::oid;
use crate::tlv;

const PUBLIC_KEY_DH: &str = "0.4.0.127.0.7.2.2.1.1";
const PUBLIC_KEY_ECDH: &str = "0.4.0.127.0.7.2.2.1.2";
const TERMINAL_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.2";
const CHIP_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.3";
const PACE: &str = "0.4.0.127.0.7.2.2.4";
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";

/// The two lists.
pub(super) struct Infos {
    /// The entries of DG14; none, no file.
    pub(super) dg14: Vec<Vec<u8>>,
    /// The whole file.
    pub(super) card_access: Option<Vec<u8>>,
    /// What EF.CardSecurity is to sign, where there is chip authentication mapping.
    pub(super) card_security: Option<Vec<u8>>,
}

pub(super) fn of(
    options: &CardOptions,
    chip_keys: &[(PKey<Private>, Vec<u8>)],
) -> Result<Infos, IssueError> {
    let pace = options
        .pace
        .iter()
        .map(pace)
        .collect::<Result<Vec<_>, _>>()?;
    let terminal = write_info(TERMINAL_AUTHENTICATION, &[&write_number(1)]);
    let mut dg14 = Vec::new();
    let mut protocols = Vec::new();
    for (made, (_, spki)) in options.chip_keys.iter().zip(chip_keys) {
        let (curve, public) = match made.group {
            ChipGroup::Curve(_) => (2, PUBLIC_KEY_ECDH),
            ChipGroup::Field(_) => (1, PUBLIC_KEY_DH),
        };
        let id = made.key_id.map_or_else(Vec::new, write_number);
        dg14.push(write_info(public, &[spki, &id]));
        for cipher in &made.ciphers {
            let protocol = format!("{CHIP_AUTHENTICATION}.{curve}.{cipher}");
            protocols.push(write_info(&protocol, &[&write_number(1), &id]));
        }
    }
    dg14.extend(protocols.clone());
    dg14.extend(pace.clone());
    let mapping = |pace: &PaceOptions| pace.mapping == PaceMapping::ChipAuthentication;
    // ICAO 9303-11 §9.2.11: the keys, and what EF.CardAccess says.
    let card_security = options
        .pace
        .iter()
        .any(mapping)
        .then(|| tlv::encode(0x31, &dg14.concat()));
    if !options.terminal_authorities.is_empty() {
        dg14.push(terminal.clone());
    }
    // By which hash an elliptic chip signs is written nowhere else.
    if matches!(options.active, ActiveKeyKind::Ec { .. }) {
        let algorithm = oid::from_dots(options.active_form.hash.plain_algorithm());
        dg14.push(write_info(
            ACTIVE_AUTHENTICATION,
            &[&write_number(1), &tlv::encode(0x06, &algorithm)],
        ));
    }
    // Byte for byte what CCCDs show; passports name nothing but PACE.
    let card_access = (!pace.is_empty()).then(|| match options.layout {
        Layout::Cccd => {
            let infos = [terminal, protocols.concat(), pace.concat()];
            tlv::encode(0x31, &infos.concat())
        }
        _ => tlv::encode(0x31, &pace.concat()),
    });
    Ok(Infos {
        dg14,
        card_access,
        card_security,
    })
}

fn pace(options: &PaceOptions) -> Result<Vec<u8>, IssueError> {
    let impossible = |what| IssueError::Options { what };
    let (mapping, parameters) = match (options.mapping, options.group) {
        (PaceMapping::Generic, ChipGroup::Field(field)) => (1, Some(field.parameter_id())),
        (PaceMapping::Generic, ChipGroup::Curve(curve)) => (2, curve.parameter_id()),
        (PaceMapping::Integrated, ChipGroup::Field(field)) => (3, Some(field.parameter_id())),
        (PaceMapping::Integrated, ChipGroup::Curve(curve)) => (4, curve.parameter_id()),
        (PaceMapping::ChipAuthentication, ChipGroup::Curve(curve)) => (6, curve.parameter_id()),
        (PaceMapping::ChipAuthentication, ChipGroup::Field(_)) => {
            return Err(impossible("chip authentication mapping over a prime field"));
        }
    };
    let parameters = parameters.ok_or(impossible("PACE over a curve without a number"))?;
    let protocol = format!("{PACE}.{mapping}.{}", options.cipher);
    Ok(write_info(
        &protocol,
        &[&write_number(2), &write_number(u64::from(parameters))],
    ))
}
