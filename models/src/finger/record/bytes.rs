//! Reading and writing big-endian fields, never past what is there.

use zeroize::Zeroizing;

use super::{FingerRecordError, FingerView, MAX_RECORD, RecordKind, RecordMinutia, XY_MAX};

/// What of a record is still unread.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], FingerRecordError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(FingerRecordError::Length)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FingerRecordError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(FingerRecordError::Length)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, FingerRecordError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, FingerRecordError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, FingerRecordError> {
        self.array().map(u32::from_be_bytes)
    }

    /// As many minutiae of five or six bytes as the count before them says. The bytes are taken before
    /// the memory is.
    pub(super) fn minutiae(
        &mut self,
        count: u8,
        each: usize,
        quality_untold: u8,
    ) -> Result<Vec<RecordMinutia>, FingerRecordError> {
        let all = self.take(usize::from(count) * each)?;
        let mut minutiae = Vec::with_capacity(usize::from(count));
        for mut one in all.chunks_exact(each).map(Self::of) {
            let (kind_x, y) = (one.u16()?, one.u16()?);
            minutiae.push(RecordMinutia {
                kind: RecordKind::of((kind_x >> 14) as u8)?,
                x: kind_x & XY_MAX,
                y: y & XY_MAX, // the two bits above are reserved
                angle: one.u8()?,
                quality: if each == 6 { one.u8()? } else { quality_untold },
            });
        }
        Ok(minutiae)
    }

    /// Two bytes of length, then so many bytes of extended data.
    pub(super) fn extended(&mut self) -> Result<Vec<u8>, FingerRecordError> {
        let length = usize::from(self.u16()?);
        self.take(length).map(<[u8]>::to_vec)
    }
}

/// A record being written. Its memory is taken at once, so that no half copy stays behind.
pub(super) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// For exactly this many bytes.
    pub(super) fn for_length(length: usize) -> Result<Self, FingerRecordError> {
        if length > MAX_RECORD {
            return Err(FingerRecordError::TooLong);
        }
        Ok(Self {
            bytes: Zeroizing::new(Vec::with_capacity(length)),
        })
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// A length that [`Self::for_length`] let pass.
    pub(super) fn length(&mut self, value: usize) {
        self.bytes(&(value as u32).to_be_bytes());
    }

    pub(super) fn minutiae(
        &mut self,
        minutiae: &[RecordMinutia],
        with_quality: bool,
    ) -> Result<(), FingerRecordError> {
        for m in minutiae {
            if m.x > XY_MAX || m.y > XY_MAX {
                return Err(FingerRecordError::Value {
                    field: "minutia place",
                });
            }
            self.u16(u16::from(m.kind.bits()) << 14 | m.x);
            self.u16(m.y);
            self.u8(m.angle);
            if with_quality {
                self.u8(m.quality);
            }
        }
        Ok(())
    }

    pub(super) fn extended(&mut self, view: &FingerView) -> Result<(), FingerRecordError> {
        self.u16(u16::try_from(view.extended.len()).map_err(|_| FingerRecordError::Length)?);
        self.bytes(&view.extended);
        Ok(())
    }

    pub(super) fn done(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

/// A count that must fit one byte.
pub(super) fn count8(count: usize, field: &'static str) -> Result<u8, FingerRecordError> {
    u8::try_from(count).map_err(|_| FingerRecordError::Value { field })
}
