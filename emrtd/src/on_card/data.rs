//! The biometric data template in which minutiae travel to the card: DO'7F2E' (ISO/IEC 7816-11, ISO/IEC 19794-2).

use zeroize::Zeroizing;

use crate::tlv;

/// 255 minutiae (their count is one byte) of five bytes, the larger of both card formats.
pub const MAX_MINUTIAE_BYTES: usize = 255 * 5;

const DATA_TEMPLATE: u32 = 0x7F2E;
/// Data in the standard's own form, nothing but minutiae.
const PRIMITIVE: u32 = 0x81;
/// The same with further objects beside the minutiae.
const CONSTRUCTED: u32 = 0xA1;
/// Within [`CONSTRUCTED`]: the minutiae.
const MINUTIAE: u32 = 0x90;

/// The data field of VERIFY for minutiae in the card's form; `None` for none or too many.
pub fn presented(minutiae: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let fits = (1..=MAX_MINUTIAE_BYTES).contains(&minutiae.len());
    fits.then(|| {
        let data = Zeroizing::new(tlv::encode(PRIMITIVE, minutiae));
        Zeroizing::new(tlv::encode(DATA_TEMPLATE, &data))
    })
}

/// Reads such a field as a card does; `None` when it is none.
pub fn read_presented(field: &[u8]) -> Option<&[u8]> {
    let data = tlv::only(field, DATA_TEMPLATE).ok()?;
    let minutiae = match tlv::find(data, PRIMITIVE).ok()? {
        Some(minutiae) => minutiae,
        None => tlv::require(tlv::require(data, CONSTRUCTED).ok()?, MINUTIAE).ok()?,
    };
    (1..=MAX_MINUTIAE_BYTES)
        .contains(&minutiae.len())
        .then_some(minutiae)
}
