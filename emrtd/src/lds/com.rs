//! EF.COM: which groups the chip says it has. Unsigned, so a hint to the reader and nothing more.

use super::{DataGroup, LdsError};
use crate::tlv;

const COM: u32 = 0x60;
const LDS_VERSION: u32 = 0x5F01;
const UNICODE_VERSION: u32 = 0x5F36;
const TAG_LIST: u32 = 0x5C;

/// The groups listed; tags that name no group are left out.
pub fn read(file: &[u8]) -> Result<Vec<DataGroup>, LdsError> {
    let list = tlv::require(tlv::only(file, COM)?, TAG_LIST)?;
    Ok(list
        .iter()
        .filter_map(|&tag| DataGroup::from_tag(tag))
        .collect())
}

/// The file for LDS 1.7, Unicode 4.0.0.
pub fn write(groups: impl IntoIterator<Item = DataGroup>) -> Vec<u8> {
    write_version("0107", groups)
}

/// The file for another version of the LDS: "0108".
pub(crate) fn write_version(version: &str, groups: impl IntoIterator<Item = DataGroup>) -> Vec<u8> {
    let tags: Vec<u8> = groups.into_iter().map(DataGroup::tag).collect();
    tlv::encode_all(
        COM,
        &[
            &tlv::encode(LDS_VERSION, version.as_bytes()),
            &tlv::encode(UNICODE_VERSION, b"040000"),
            &tlv::encode(TAG_LIST, &tags),
        ],
    )
}
