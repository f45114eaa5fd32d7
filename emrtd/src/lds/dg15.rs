//! DG15: the public key of active authentication.

use super::{DataGroup, LdsError, content};
use crate::tlv;

/// The SubjectPublicKeyInfo, DER as read.
pub fn read(file: &[u8]) -> Result<&[u8], LdsError> {
    let key = content(file, DataGroup::Dg15)?;
    tlv::only(key, 0x30)?;
    Ok(key)
}

/// The file for a SubjectPublicKeyInfo.
pub fn write(public_key: &[u8]) -> Vec<u8> {
    tlv::encode(u32::from(DataGroup::Dg15.tag()), public_key)
}
