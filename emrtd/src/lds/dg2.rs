//! DG2: the holder's face, ISO/IEC 19794-5:2005 inside CBEFF.

use std::fmt;

use zeroize::Zeroizing;

use super::cbeff::{self, Fields};
use super::{DataGroup, ImageFormat, LdsError, content};
use crate::tlv;

const FIELD: &str = "the face record of DG2";
/// JPEG 2000 portraits are some 15 KB; more than this is no portrait.
const MOST_BYTES: usize = 128 * 1024;

/// A compressed portrait as the chip holds it; wiped when dropped, nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PortraitBytes {
    format: ImageFormat,
    bytes: Zeroizing<Vec<u8>>,
}

impl PortraitBytes {
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for PortraitBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortraitBytes({:?})", self.format)
    }
}

/// The first face of the file.
pub fn read(file: &[u8]) -> Result<PortraitBytes, LdsError> {
    let records = cbeff::records(content(file, DataGroup::Dg2)?)?;
    let record = records.first().ok_or(LdsError::Field { field: FIELD })?;
    let mut fields = Fields::new(record, FIELD);
    // 19794-5:2005 §5.4: facial record header, 14 bytes.
    if fields.take(8)? != b"FAC\x00010\x00" {
        return Err(LdsError::Field { field: FIELD });
    }
    fields.number(4)?;
    fields.number(2)?;
    // §5.5: facial information block, 20 bytes, then eight for each feature point.
    let block = fields.number(4)?;
    let points = fields.number(2)?;
    fields.take(14)?;
    fields.take(
        points
            .checked_mul(8)
            .ok_or(LdsError::Field { field: FIELD })?,
    )?;
    // §5.7: image information, 12 bytes.
    fields.take(12)?;
    let bytes = block
        .checked_sub(32 + points * 8)
        .filter(|&bytes| bytes <= MOST_BYTES)
        .ok_or(LdsError::Field { field: FIELD })?;
    let bytes = fields.take(bytes)?;
    let format = ImageFormat::sniff(bytes).ok_or(LdsError::Field { field: FIELD })?;
    Ok(PortraitBytes {
        format,
        bytes: Zeroizing::new(bytes.to_vec()),
    })
}

/// The file for one compressed portrait of the given size.
pub fn write(image: &[u8], format: ImageFormat, width: u16, height: u16) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).expect("a portrait is small");
    let mut record = b"FAC\x00010\x00".to_vec();
    record.extend(number(46 + image.len()).to_be_bytes());
    record.extend(1u16.to_be_bytes());
    record.extend(number(32 + image.len()).to_be_bytes());
    record.extend([0; 16]);
    // Full frontal; JPEG 0, JPEG 2000 1.
    record.extend([0x01, u8::from(format == ImageFormat::Jpeg2000)]);
    record.extend(width.to_be_bytes());
    record.extend(height.to_be_bytes());
    // sRGB, source unspecified, device and quality unknown.
    record.extend([0x01, 0x00, 0, 0, 0, 0]);
    record.extend(image);
    tlv::encode(
        u32::from(DataGroup::Dg2.tag()),
        &cbeff::wrap(0x02, 0x08, &[record]),
    )
}
