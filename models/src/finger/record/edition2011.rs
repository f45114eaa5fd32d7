//! The record of ISO/IEC 19794-2:2011 (clause 8): every view says when, with what and how well it was taken.

use zeroize::Zeroizing;

use super::bytes::{Reader, Writer, count8};
use super::{FingerRecordError, FingerView, ImageSize, MAGIC, MAX_VIEWS};

/// Bytes of the general header.
const HEADER: usize = 15;
/// Bytes of a view that has no blocks, minutiae or extended data, without the count of certifications.
const VIEW: usize = 4 + 9 + 1 + 2 + 2 + 1 + 1 + 1 + 2 + 2 + 1 + 2 + 2 + 1 + 1 + 2;
const QUALITY_BLOCK: usize = 5;
const CERTIFICATION: usize = 3;
/// A minutia's quality where the record has no room for it: 254, "not reported".
const QUALITY_UNTOLD: u8 = 254;

/// A record with one or more finger views.
#[derive(Clone, PartialEq, Eq)]
pub struct Record2011 {
    /// Whether views carry certification blocks at all (device certification block flag).
    pub certified: bool,
    /// 1 to [`MAX_VIEWS`].
    pub views: Vec<View2011>,
}

/// One finger view, "representation" in the standard.
#[derive(Clone, PartialEq, Eq)]
pub struct View2011 {
    /// When it was taken.
    pub captured: CaptureTime,
    /// With what.
    pub device: Device,
    /// How good it is, by whose measure.
    pub qualities: Vec<QualityBlock>,
    /// Empty where the record is not `certified`.
    pub certifications: Vec<Certification>,
    /// Of this view.
    pub size: ImageSize,
    /// Low four bits: 0 endings lie where the valley forks, 1 where the skeleton of the ridge ends.
    pub ending: u8,
    /// Whether minutiae carry their quality.
    pub field: MinutiaField,
    /// What every edition says.
    pub view: FingerView,
}

/// How many bytes a minutia takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinutiaField {
    /// Five: without quality.
    Five,
    /// Six: with quality.
    Six,
}

impl MinutiaField {
    const fn bytes(self) -> usize {
        match self {
            Self::Five => 5,
            Self::Six => 6,
        }
    }
}

/// A moment in UTC as the record gives it; all bits set where a part is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureTime {
    /// 0xFFFF when not known.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999.
    pub millisecond: u16,
}

impl CaptureTime {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        year: 0xFFFF,
        month: 0xFF,
        day: 0xFF,
        hour: 0xFF,
        minute: 0xFF,
        second: 0xFF,
        millisecond: 0xFFFF,
    };
}

/// The sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// 0 unknown, 1 to 20: how it senses.
    pub technology: u8,
    /// As the registry of biometric organisations numbers them; 0 unknown.
    pub vendor: u16,
    /// As the vendor numbers it; 0 unknown.
    pub model: u16,
}

/// One opinion on the quality of a print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityBlock {
    /// 0 to 100; 255 when it could not be computed.
    pub value: u8,
    /// Whose measure.
    pub vendor: u16,
    /// Which measure.
    pub algorithm: u16,
}

/// Who certified the sensor, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certification {
    /// The authority.
    pub authority: u16,
    /// 1 to 3: the part of Annex E.
    pub scheme: u8,
}

impl Record2011 {
    /// Reads on behind magic and version.
    pub(super) fn read_on(mut reader: Reader<'_>, whole: usize) -> Result<Self, FingerRecordError> {
        if reader.u32()? as usize != whole {
            return Err(FingerRecordError::Length);
        }
        let count = usize::from(reader.u16()?);
        if count == 0 || count > MAX_VIEWS {
            return Err(FingerRecordError::Views { found: count });
        }
        let certified = match reader.u8()? {
            0 => false,
            1 => true,
            _ => {
                return Err(FingerRecordError::Value {
                    field: "certification flag",
                });
            }
        };
        let mut views = Vec::with_capacity(count);
        for _ in 0..count {
            let length = reader.u32()? as usize;
            // The length counts its own four bytes.
            let body = length.checked_sub(4).ok_or(FingerRecordError::Length)?;
            views.push(View2011::read(Reader::of(reader.take(body)?), certified)?);
        }
        if reader.left() > 0 {
            return Err(FingerRecordError::Length);
        }
        Ok(Self { certified, views })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`FingerRecordError`] when a field does not fit its bits or there is more than a record may hold.
    pub fn write(&self) -> Result<Zeroizing<Vec<u8>>, FingerRecordError> {
        if self.views.is_empty() || self.views.len() > MAX_VIEWS {
            return Err(FingerRecordError::Views {
                found: self.views.len(),
            });
        }
        let lengths = self.views.iter().map(|v| v.length(self.certified));
        let length = HEADER + lengths.sum::<usize>();
        let mut writer = Writer::for_length(length)?;
        writer.bytes(MAGIC);
        writer.bytes(b"030\0");
        writer.length(length);
        writer.u16(u16::from(count8(self.views.len(), "view count")?));
        writer.u8(u8::from(self.certified));
        for view in &self.views {
            view.write(&mut writer, self.certified)?;
        }
        Ok(writer.done())
    }
}

impl View2011 {
    /// Reads what stands behind the length of the view, all of it.
    fn read(mut reader: Reader<'_>, certified: bool) -> Result<Self, FingerRecordError> {
        let captured = CaptureTime {
            year: reader.u16()?,
            month: reader.u8()?,
            day: reader.u8()?,
            hour: reader.u8()?,
            minute: reader.u8()?,
            second: reader.u8()?,
            millisecond: reader.u16()?,
        };
        let device = Device {
            technology: reader.u8()?,
            vendor: reader.u16()?,
            model: reader.u16()?,
        };
        let count = usize::from(reader.u8()?);
        let mut blocks = Reader::of(reader.take(count * QUALITY_BLOCK)?);
        let mut qualities = Vec::with_capacity(count);
        for _ in 0..count {
            qualities.push(QualityBlock {
                value: blocks.u8()?,
                vendor: blocks.u16()?,
                algorithm: blocks.u16()?,
            });
        }
        let mut certifications = Vec::new();
        if certified {
            let count = usize::from(reader.u8()?);
            let mut blocks = Reader::of(reader.take(count * CERTIFICATION)?);
            certifications.reserve_exact(count);
            for _ in 0..count {
                certifications.push(Certification {
                    authority: blocks.u16()?,
                    scheme: blocks.u8()?,
                });
            }
        }
        let position = reader.u8()?;
        let number = reader.u8()?;
        let (x_per_cm, y_per_cm) = (reader.u16()?, reader.u16()?);
        let impression = reader.u8()?;
        let size = ImageSize {
            width: reader.u16()?,
            height: reader.u16()?,
            x_per_cm,
            y_per_cm,
        };
        size.check()?;
        let field_ending = reader.u8()?;
        let field = match field_ending >> 4 {
            5 => MinutiaField::Five,
            6 => MinutiaField::Six,
            _ => {
                return Err(FingerRecordError::Value {
                    field: "minutia field length",
                });
            }
        };
        let count = reader.u8()?;
        let view = FingerView {
            position,
            number,
            impression,
            minutiae: reader.minutiae(count, field.bytes(), QUALITY_UNTOLD)?,
            extended: reader.extended()?,
        };
        size.holds(&view)?;
        if reader.left() > 0 {
            return Err(FingerRecordError::Length);
        }
        Ok(Self {
            captured,
            device,
            qualities,
            certifications,
            size,
            ending: field_ending & 0x0F,
            field,
            view,
        })
    }

    fn length(&self, certified: bool) -> usize {
        VIEW + QUALITY_BLOCK * self.qualities.len()
            + usize::from(certified) * (1 + CERTIFICATION * self.certifications.len())
            + self.field.bytes() * self.view.minutiae.len()
            + self.view.extended.len()
    }

    fn write(&self, writer: &mut Writer, certified: bool) -> Result<(), FingerRecordError> {
        self.size.check()?;
        self.size.holds(&self.view)?;
        if self.ending > 0x0F {
            return Err(FingerRecordError::Value {
                field: "ridge ending type",
            });
        }
        if !certified && !self.certifications.is_empty() {
            return Err(FingerRecordError::Value {
                field: "certification flag",
            });
        }
        writer.length(self.length(certified));
        writer.u16(self.captured.year);
        writer.u8(self.captured.month);
        writer.u8(self.captured.day);
        writer.u8(self.captured.hour);
        writer.u8(self.captured.minute);
        writer.u8(self.captured.second);
        writer.u16(self.captured.millisecond);
        writer.u8(self.device.technology);
        writer.u16(self.device.vendor);
        writer.u16(self.device.model);
        writer.u8(count8(self.qualities.len(), "quality block count")?);
        for block in &self.qualities {
            writer.u8(block.value);
            writer.u16(block.vendor);
            writer.u16(block.algorithm);
        }
        if certified {
            writer.u8(count8(self.certifications.len(), "certification count")?);
            for block in &self.certifications {
                writer.u16(block.authority);
                writer.u8(block.scheme);
            }
        }
        writer.u8(self.view.position);
        writer.u8(self.view.number);
        writer.u16(self.size.x_per_cm);
        writer.u16(self.size.y_per_cm);
        writer.u8(self.view.impression);
        writer.u16(self.size.width);
        writer.u16(self.size.height);
        writer.u8((self.field.bytes() as u8) << 4 | self.ending);
        writer.u8(count8(self.view.minutiae.len(), "minutiae count")?);
        writer.minutiae(&self.view.minutiae, self.field == MinutiaField::Six)?;
        writer.extended(&self.view)
    }
}
