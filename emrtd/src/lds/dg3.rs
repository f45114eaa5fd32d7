//! DG3: the holder's fingers, ISO/IEC 19794-4:2005 or ISO/IEC 39794-4:2019 images inside CBEFF.

use std::fmt;

use zeroize::Zeroizing;

use super::cbeff::{self, FINGER, Fields};
use super::image::{ImageEnd, ImageFacts};
use super::{DataGroup, Encoding, ImageFormat, LdsError, content};
use crate::tlv;

mod iso39794;

const FIELD: &str = "the finger record of DG3";
const MOST_VIEWS: usize = 20;

/// One finger image; wiped when dropped, nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerRecord {
    position: u8,
    width: u16,
    height: u16,
    dpi: u16,
    format: ImageFormat,
    image: Zeroizing<Vec<u8>>,
}

impl FingerRecord {
    /// Position as 19794-4 table 7 counts: 1 right thumb … 5 right little, 6 left thumb … 10.
    pub fn new(
        position: u8,
        (width, height): (u16, u16),
        dpi: u16,
        format: ImageFormat,
        image: Vec<u8>,
    ) -> Self {
        Self {
            position,
            width,
            height,
            dpi,
            format,
            image: Zeroizing::new(image),
        }
    }

    pub fn position(&self) -> u8 {
        self.position
    }

    pub fn width(&self) -> u16 {
        self.width
    }

    pub fn height(&self) -> u16 {
        self.height
    }

    /// Dots an inch; 500 on most documents.
    pub fn dpi(&self) -> u16 {
        self.dpi
    }

    pub fn format(&self) -> ImageFormat {
        self.format
    }

    pub fn image(&self) -> &[u8] {
        &self.image
    }
}

impl fmt::Debug for FingerRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerRecord({:?})", self.format)
    }
}

/// Every finger image of the file; none when the holder could not give any.
pub fn read(file: &[u8]) -> Result<Vec<FingerRecord>, LdsError> {
    let mut fingers = Vec::new();
    for record in cbeff::records(content(file, DataGroup::Dg3)?)? {
        match record.encoding {
            Encoding::Iso19794 => images(record.data, &mut fingers)?,
            Encoding::Iso39794 => iso39794::read(record.data, record.subtype, &mut fingers)?,
        }
    }
    Ok(fingers)
}

fn images(record: &[u8], fingers: &mut Vec<FingerRecord>) -> Result<(), LdsError> {
    const BAD: LdsError = LdsError::Field { field: FIELD };
    let mut fields = Fields::new(record, FIELD);
    // 19794-4:2005 §7.1: general record header, 32 bytes.
    if fields.take(8)? != b"FIR\x00010\x00" {
        return Err(BAD);
    }
    fields.number(6)?;
    fields.take(4)?;
    let count = fields.number(1)?;
    let units = fields.number(1)?;
    fields.take(4)?;
    let resolution = fields.number(2)?;
    fields.number(2)?;
    let depth = fields.number(1)?;
    let compression = fields.number(1)?;
    fields.take(2)?;
    let dpi = match units {
        1 => resolution,
        2 => resolution * 254 / 100,
        _ => return Err(BAD),
    };
    for _ in 0..count {
        // §7.2: finger image header, 14 bytes.
        let block = fields.number(4)?;
        let position = fields.number(1)?;
        fields.take(4)?;
        let width = fields.number(2)?;
        let height = fields.number(2)?;
        fields.take(1)?;
        let image = fields.take(block.checked_sub(14).ok_or(BAD)?)?;
        let (width, height) = (width as u16, height as u16);
        // Bare pixels may begin like any picture: a white and a gray one are the mark of WSQ.
        let bare = compression == 0
            && depth == 8
            && image.len() == usize::from(width) * usize::from(height);
        let format = match ImageFormat::sniff(image) {
            _ if bare => ImageFormat::Raw,
            Some(format) => format,
            None => return Err(BAD),
        };
        let dpi = u16::try_from(dpi).map_err(|_| BAD)?;
        let finger =
            FingerRecord::new(position as u8, (width, height), dpi, format, image.to_vec());
        push(fingers, finger)?;
    }
    Ok(())
}

/// Keeps a finger that a decoder may be given: as large as the record says, and also as large as the
/// picture says, for that is what a decoder gives memory for.
fn push(fingers: &mut Vec<FingerRecord>, finger: FingerRecord) -> Result<(), LdsError> {
    if fingers.len() == MOST_VIEWS {
        return Err(LdsError::TooMany {
            field: "finger images",
            found: MOST_VIEWS + 1,
            limit: MOST_VIEWS,
        });
    }
    ImageFacts {
        format: finger.format,
        width: finger.width.into(),
        height: finger.height.into(),
        end: ImageEnd::Whole,
    }
    .within_caps()?;
    if let Some(facts) = ImageFacts::of(&finger.image) {
        facts.within_caps()?;
    }
    fingers.push(finger);
    Ok(())
}

/// The file for the given fingers: one ISO/IEC 19794-4 record each, as most issuers do.
pub fn write(fingers: &[FingerRecord]) -> Vec<u8> {
    let records: Vec<Vec<u8>> = fingers.iter().map(record).collect();
    file(Encoding::Iso19794, &records)
}

/// The same as ISO/IEC 39794-4 records.
pub fn write_39794(fingers: &[FingerRecord]) -> Vec<u8> {
    let records: Vec<Vec<u8>> = fingers.iter().map(iso39794::write).collect();
    file(Encoding::Iso39794, &records)
}

fn file(encoding: Encoding, records: &[Vec<u8>]) -> Vec<u8> {
    tlv::encode(
        u32::from(DataGroup::Dg3.tag()),
        &cbeff::wrap(FINGER, encoding, records),
    )
}

fn record(finger: &FingerRecord) -> Vec<u8> {
    let block = u32::try_from(14 + finger.image.len()).expect("a finger image is small");
    let compression = match finger.format {
        ImageFormat::Raw => 0,
        ImageFormat::Wsq => 2,
        ImageFormat::Jpeg => 3,
        ImageFormat::Jpeg2000 => 4,
        ImageFormat::Png => 5,
    };
    let mut record = b"FIR\x00010\x00\0\0".to_vec();
    record.extend((block + 32).to_be_bytes());
    // Device unknown, image acquisition level 31 (500 dpi), one finger, pixels an inch.
    record.extend([0, 0, 0, 31, 1, 1]);
    for _ in 0..4 {
        record.extend(finger.dpi.to_be_bytes());
    }
    record.extend([8, compression, 0, 0]);
    record.extend(block.to_be_bytes());
    // Position, one view, the first; quality unknown (100 by 19794-4 §7.2.5), live-scan plain.
    record.extend([finger.position, 1, 1, 100, 0]);
    record.extend(finger.width.to_be_bytes());
    record.extend(finger.height.to_be_bytes());
    record.push(0);
    record.extend(finger.image.iter());
    record
}
