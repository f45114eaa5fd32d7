//! The newer finger record, ISO/IEC 39794-4:2019.

use super::{FIELD, FingerRecord, LdsError, push};
use crate::lds::finger_subtype;
use crate::lds::image::{ImageFacts, ImageFormat};
use crate::lds::iso39794::{
    block, code_at, leaf, node, number_at, representations, write_block, write_number,
};
use crate::tlv;

/// FingerImageDataBlock ::= [APPLICATION 4].
const FINGER_IMAGE: u32 = 0x64;
/// What nearly every scanner gives, and what is taken where the record does not tell.
const USUAL_DPI: u16 = 500;
const BAD: LdsError = LdsError::Field { field: FIELD };

/// `subtype` is CBEFF's word for the finger, which is used where the record's own is missing.
pub(super) fn read(
    record: &[u8],
    subtype: Option<u8>,
    fingers: &mut Vec<FingerRecord>,
) -> Result<(), LdsError> {
    let block = block(record, FINGER_IMAGE)?;
    tlv::require(block, node(0))?;
    for representation in representations(block)? {
        let position = match code_at(representation, 0)? {
            Some(position) => u8::try_from(position).map_err(|_| BAD)?,
            None => subtype.map_or(0, finger_subtype::position),
        };
        let image = tlv::require(representation, leaf(3))?;
        let dpi = match tlv::find(representation, node(7))? {
            Some(rate) => dots(rate)?,
            None => USUAL_DPI,
        };
        let (format, (width, height), image) = match ImageFacts::of(image) {
            Some(facts) => {
                let side = |side: u32| u16::try_from(side).map_err(|_| BAD);
                (
                    facts.format,
                    (side(facts.width)?, side(facts.height)?),
                    image,
                )
            }
            None => {
                let (size, pixels) = portable_gray_map(image).ok_or(BAD)?;
                (ImageFormat::Raw, size, pixels)
            }
        };
        push(
            fingers,
            FingerRecord::new(position, (width, height), dpi, format, image.to_vec()),
        )?;
    }
    Ok(())
}

/// SpatialSamplingRateBlock: samples for each inch (0) or centimetre (1).
fn dots(rate: &[u8]) -> Result<u16, LdsError> {
    let samples = number_at(rate, 0)?.ok_or(BAD)?;
    let dots = match number_at(rate, 1)? {
        Some(0) | None => samples,
        Some(1) => samples.saturating_mul(254) / 100,
        Some(_) => return Err(BAD),
    };
    u16::try_from(dots).map_err(|_| BAD)
}

/// A binary PGM of eight bits: how this standard carries bare pixels.
fn portable_gray_map(image: &[u8]) -> Option<((u16, u16), &[u8])> {
    let mut rest = image.strip_prefix(b"P5")?;
    let mut numbers = [0u16; 3];
    for number in &mut numbers {
        let start = rest.iter().position(|octet| !octet.is_ascii_whitespace())?;
        let end = start + rest[start..].iter().position(u8::is_ascii_whitespace)?;
        *number = std::str::from_utf8(&rest[start..end]).ok()?.parse().ok()?;
        rest = &rest[end..];
    }
    let pixels = rest.get(1..)?;
    let [width, height, most] = numbers;
    let fits = pixels.len() == usize::from(width) * usize::from(height);
    (most == 255 && fits).then_some(((width, height), pixels))
}

/// One record with one finger.
pub(super) fn write(finger: &FingerRecord) -> Vec<u8> {
    let code = |at, code| tlv::encode(node(at), &write_number(0, code));
    let (format, header) = match finger.format {
        ImageFormat::Raw => (0, format!("P5\n{} {}\n255\n", finger.width, finger.height)),
        ImageFormat::Wsq => (1, String::new()),
        ImageFormat::Jpeg2000 => (2, String::new()),
        _ => (4, String::new()),
    };
    let image = [header.as_bytes(), &finger.image[..]].concat();
    let rate = [write_number(0, u64::from(finger.dpi)), write_number(1, 0)].concat();
    let block = [
        code(0, u64::from(finger.position)),
        // Plain contact.
        code(1, 0),
        code(2, format),
        tlv::encode(leaf(3), &image),
        tlv::encode(node(7), &rate),
    ]
    .concat();
    write_block(FINGER_IMAGE, &[block])
}
