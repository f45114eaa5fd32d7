//! The record of ISO/IEC 19794-2:2005 (clause 7): one picture size for all views, six bytes a minutia.

use zeroize::Zeroizing;

use super::bytes::{Reader, Writer, count8};
use super::{FingerRecordError, FingerView, ImageSize, MAGIC, MAX_VIEWS};

/// Bytes of the general header (2005, 7.3).
const HEADER: usize = 24;
/// Bytes of a view without its minutiae: header of four (7.4.1), then the length of extended data (7.5).
const VIEW: usize = 6;
const MINUTIA: usize = 6;

/// A record with one or more finger views.
#[derive(Clone, PartialEq, Eq)]
pub struct Record2005 {
    /// Four bits of equipment compliance above twelve of device type, as they stand.
    pub device: u16,
    /// Of every view.
    pub size: ImageSize,
    /// 1 to [`MAX_VIEWS`].
    pub views: Vec<View2005>,
}

/// One finger view.
#[derive(Clone, PartialEq, Eq)]
pub struct View2005 {
    /// 0 to 100, of the whole print.
    pub quality: u8,
    /// `number` and `impression` share a byte here: 0 to 15 each.
    pub view: FingerView,
}

impl Record2005 {
    /// Reads on behind magic and version.
    pub(super) fn read_on(mut reader: Reader<'_>, whole: usize) -> Result<Self, FingerRecordError> {
        if reader.u32()? as usize != whole {
            return Err(FingerRecordError::Length);
        }
        let device = reader.u16()?;
        let size = ImageSize {
            width: reader.u16()?,
            height: reader.u16()?,
            x_per_cm: reader.u16()?,
            y_per_cm: reader.u16()?,
        };
        size.check()?;
        let count = usize::from(reader.u8()?);
        if count == 0 || count > MAX_VIEWS {
            return Err(FingerRecordError::Views { found: count });
        }
        let _reserved = reader.u8()?;
        let mut views = Vec::with_capacity(count);
        for _ in 0..count {
            views.push(View2005::read(&mut reader, &size)?);
        }
        if reader.left() > 0 {
            return Err(FingerRecordError::Length);
        }
        Ok(Self {
            device,
            size,
            views,
        })
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
        self.size.check()?;
        let length = HEADER + self.views.iter().map(View2005::length).sum::<usize>();
        let mut writer = Writer::for_length(length)?;
        writer.bytes(MAGIC);
        writer.bytes(b" 20\0");
        writer.length(length);
        writer.u16(self.device);
        writer.u16(self.size.width);
        writer.u16(self.size.height);
        writer.u16(self.size.x_per_cm);
        writer.u16(self.size.y_per_cm);
        writer.u8(count8(self.views.len(), "view count")?);
        writer.u8(0);
        for view in &self.views {
            view.write(&mut writer, &self.size)?;
        }
        Ok(writer.done())
    }
}

impl View2005 {
    fn read(reader: &mut Reader<'_>, size: &ImageSize) -> Result<Self, FingerRecordError> {
        let position = reader.u8()?;
        let number_impression = reader.u8()?;
        let quality = reader.u8()?;
        let count = reader.u8()?;
        let view = FingerView {
            position,
            number: number_impression >> 4,
            impression: number_impression & 0x0F,
            minutiae: reader.minutiae(count, MINUTIA, 0)?,
            extended: reader.extended()?,
        };
        size.holds(&view)?;
        Ok(Self { quality, view })
    }

    fn length(&self) -> usize {
        VIEW + MINUTIA * self.view.minutiae.len() + self.view.extended.len()
    }

    fn write(&self, writer: &mut Writer, size: &ImageSize) -> Result<(), FingerRecordError> {
        size.holds(&self.view)?;
        if self.view.number > 0x0F || self.view.impression > 0x0F {
            return Err(FingerRecordError::Value {
                field: "view number or impression",
            });
        }
        writer.u8(self.view.position);
        writer.u8(self.view.number << 4 | self.view.impression);
        writer.u8(self.quality);
        writer.u8(count8(self.view.minutiae.len(), "minutiae count")?);
        writer.minutiae(&self.view.minutiae, true)?;
        writer.extended(&self.view)
    }
}
