//! DG1: the machine-readable zone as it is printed on the document (9303-10 §4.7.1).

use super::{DataGroup, LdsError, content};
use crate::mrz::Mrz;
use crate::tlv;

const MRZ: u32 = 0x5F1F;

/// Reads the zone and checks its digits.
pub fn read(file: &[u8]) -> Result<Mrz, LdsError> {
    let text = tlv::only(content(file, DataGroup::Dg1)?, MRZ)?;
    let text = std::str::from_utf8(text).map_err(|_| LdsError::Field {
        field: "the text of DG1",
    })?;
    Ok(Mrz::parse(text)?)
}

/// The file for a zone of 90, 72 or 88 characters without line ends.
pub fn write(mrz: &str) -> Vec<u8> {
    tlv::encode(
        u32::from(DataGroup::Dg1.tag()),
        &tlv::encode(MRZ, mrz.as_bytes()),
    )
}
