//! Finger minutiae as other machines write them: ISO/IEC 19794-2 records and card formats.
//!
//! | form | written by | a minutia takes | place | angle |
//! |---|---|---|---|---|
//! | [`Record2005`] | most desks and enrolment systems | 6 bytes | pixels of a stated resolution | 1/256 turn |
//! | [`Record2011`] | newer ones | 5 or 6 bytes | pixels of a stated resolution | 1/256 turn |
//! | [`CardMinutiae`], normal | cards that compare on the card | 5 bytes | 0.01 mm | 1/256 turn |
//! | [`CardMinutiae`], compact | cards that compare on the card | 3 bytes | 0.1 mm | 1/64 turn |
//!
//! Two conventions meet here. Both count x from the left and y **downwards** from the top left corner,
//! and both let a minutia look along its ridge from the end, or into the fork. But ISO turns
//! **counter-clockwise** from the right as one sees the print (19794-2:2005 clause 6, minutia direction),
//! while [`Minutia`](super::Minutia) turns from x towards y, which is clockwise. So an angle changes its sign, and
//! nothing else, on its way in or out; `units.rs` is the one place that does it.
//!
//! Reading believes nothing: a record has at most [`MAX_RECORD`] bytes and [`MAX_VIEWS`] views, every
//! count is held against the bytes that are there before memory is taken, and every length must come out
//! even. What a field may say is kept as it stands, so that a record read and written again is the same
//! record; reserved bits alone are read as nothing and written as zero.
//!
//! All of it is a biometric template: no `Debug`, wiped when dropped.

mod bytes;
mod card;
mod edition2005;
mod edition2011;
mod error;
mod flow;
mod matching;
mod units;

pub use card::{CardForm, CardLimits, CardMinutiae, CardOrder, Sorting};
pub use edition2005::{Record2005, View2005};
pub use edition2011::{
    CaptureTime, Certification, Device, MinutiaField, QualityBlock, Record2011, View2011,
};
pub use error::{CODES, FingerRecordError};
pub use matching::{RecordEngine, RecordMinutiae};

use bytes::Reader;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Largest record taken in, in bytes. Sixteen full views without extended data have 25 kB.
pub const MAX_RECORD: usize = 64 * 1024;
/// Most finger views taken in; a person has ten fingers and a view counts in four bits (2005).
pub const MAX_VIEWS: usize = 16;
/// Most minutiae in a view: the count is one unsigned byte.
pub const MAX_MINUTIAE: usize = 255;

/// The first bytes of either record.
const MAGIC: &[u8; 4] = b"FMR\0";

/// What stands at a minutia (19794-2, "minutia type": two bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// Neither, or not told.
    Other,
    /// A ridge ends.
    Ending,
    /// A ridge forks.
    Fork,
}

impl Zeroize for RecordKind {
    fn zeroize(&mut self) {
        *self = Self::Other;
    }
}

impl RecordKind {
    /// From two bits; `11` is reserved.
    fn of(bits: u8) -> Result<Self, FingerRecordError> {
        match bits {
            0b00 => Ok(Self::Other),
            0b01 => Ok(Self::Ending),
            0b10 => Ok(Self::Fork),
            _ => Err(FingerRecordError::Value {
                field: "minutia type",
            }),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Other => 0b00,
            Self::Ending => 0b01,
            Self::Fork => 0b10,
        }
    }
}

/// A minutia in the units of the record it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct RecordMinutia {
    /// Ending, fork or neither.
    pub kind: RecordKind,
    /// From the left; 14 bits, in a compact card format 8.
    pub x: u16,
    /// From the top; 14 bits, in a compact card format 8.
    pub y: u16,
    /// Counter-clockwise from the right; 256 steps a turn, in a compact card format 64.
    pub angle: u8,
    /// 1 to 100, best 100. Not told: 0 in 2005, 254 or 255 in 2011; 0 where the format has no room.
    pub quality: u8,
}

/// What every edition says of one finger.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FingerView {
    /// 0 unknown, 1 right thumb to 5 right little, 6 left thumb to 10 left little.
    pub position: u8,
    /// Counts the views of one finger from 0.
    pub number: u8,
    /// 0 live plain, 1 live rolled, 8 swipe; see the tables of the edition.
    pub impression: u8,
    /// At most [`MAX_MINUTIAE`].
    pub minutiae: Vec<RecordMinutia>,
    /// Extended data as they stand, at most 65 535 bytes: ridge counts, cores and deltas, zonal quality, or a
    /// maker's own. See [`Self::extended_blocks`].
    pub extended: Vec<u8>,
}

impl FingerView {
    /// The extended data taken apart into type and data. A block's length counts its own four bytes of
    /// header, as in the example of Annex C.2; but there are programs that leave them out, so where the first
    /// reading does not come out even the second is tried.
    ///
    /// # Errors
    /// [`FingerRecordError::Length`] when neither comes out even.
    pub fn extended_blocks(&self) -> Result<Vec<(u16, &[u8])>, FingerRecordError> {
        blocks(&self.extended, 4).or_else(|_| blocks(&self.extended, 0))
    }
}

fn blocks(bytes: &[u8], header: usize) -> Result<Vec<(u16, &[u8])>, FingerRecordError> {
    let mut reader = Reader::of(bytes);
    let mut blocks = Vec::new(); // at most a quarter as many as there are bytes
    while reader.left() > 0 {
        let kind = reader.u16()?;
        let data = usize::from(reader.u16()?).checked_sub(header);
        blocks.push((kind, reader.take(data.ok_or(FingerRecordError::Length)?)?));
    }
    Ok(blocks)
}

/// Size and resolution of the picture that minutiae were found on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Zeroize)]
pub struct ImageSize {
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
    /// Pixels a centimetre across; 197 is how a record says 500 dpi.
    pub x_per_cm: u16,
    /// Pixels a centimetre down.
    pub y_per_cm: u16,
}

/// Coarsest resolution a record may have: 99 pixels a centimetre are 250 dpi (19794-2, resolution).
const COARSEST_PER_CM: u16 = 99;

impl ImageSize {
    fn check(&self) -> Result<(), FingerRecordError> {
        let side = 1..=XY_MAX;
        if !side.contains(&self.width) || !side.contains(&self.height) {
            return Err(FingerRecordError::Value {
                field: "image size",
            });
        }
        if self.x_per_cm < COARSEST_PER_CM || self.y_per_cm < COARSEST_PER_CM {
            return Err(FingerRecordError::Value {
                field: "resolution",
            });
        }
        Ok(())
    }

    fn holds(&self, view: &FingerView) -> Result<(), FingerRecordError> {
        let inside = |m: &RecordMinutia| m.x < self.width && m.y < self.height;
        if view.minutiae.iter().all(inside) {
            Ok(())
        } else {
            Err(FingerRecordError::Value {
                field: "minutia place",
            })
        }
    }
}

/// Largest coordinate: 14 bits.
const XY_MAX: u16 = 0x3FFF;

/// A record of either edition.
#[derive(Clone, PartialEq, Eq)]
pub enum FingerRecord {
    /// ISO/IEC 19794-2:2005.
    Edition2005(Record2005),
    /// ISO/IEC 19794-2:2011.
    Edition2011(Record2011),
}

impl FingerRecord {
    /// Reads a record; its version says which edition it is.
    ///
    /// # Errors
    /// [`FingerRecordError`] when it is no record, too large, or does not come out even.
    pub fn read(bytes: &[u8]) -> Result<Self, FingerRecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(FingerRecordError::TooLong);
        }
        let mut reader = Reader::of(bytes);
        if reader.take(4)? != MAGIC {
            return Err(FingerRecordError::UnknownFormat);
        }
        match reader.take(4)? {
            b" 20\0" => Record2005::read_on(reader, bytes.len()).map(Self::Edition2005),
            b"030\0" => Record2011::read_on(reader, bytes.len()).map(Self::Edition2011),
            _ => Err(FingerRecordError::UnknownFormat),
        }
    }

    /// Writes the record in its own edition.
    ///
    /// # Errors
    /// [`FingerRecordError`] when a field does not fit its bits or there is more than a record may hold.
    pub fn write(&self) -> Result<Zeroizing<Vec<u8>>, FingerRecordError> {
        match self {
            Self::Edition2005(record) => record.write(),
            Self::Edition2011(record) => record.write(),
        }
    }

    /// The finger views with the size of the picture each was found on.
    #[must_use]
    pub fn views(&self) -> Vec<(&FingerView, ImageSize)> {
        match self {
            Self::Edition2005(record) => record
                .views
                .iter()
                .map(|v| (&v.view, record.size))
                .collect(),
            Self::Edition2011(record) => record.views.iter().map(|v| (&v.view, v.size)).collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
