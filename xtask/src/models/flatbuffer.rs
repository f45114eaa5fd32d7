//! Flat buffers as far as a TFLite file needs them: a table is a list of fields found through offsets, each checked to lie
//! within the file.

use anyhow::{Context, Result, ensure};

/// A table of the file.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The file's root.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self> {
        let at = u32_at(bytes, 0)? as usize;
        Ok(Self { bytes, at })
    }

    /// Where a field's value stands; none for a field that has its default.
    fn field(&self, number: usize) -> Result<Option<usize>> {
        let back = u32_at(self.bytes, self.at)?.cast_signed();
        let vtable = i64::try_from(self.at)? - i64::from(back);
        let vtable = usize::try_from(vtable).context("a table without its list of fields")?;
        let size = u16_at(self.bytes, vtable)? as usize;
        let slot = 4 + 2 * number;
        if slot + 2 > size {
            return Ok(None);
        }
        let offset = u16_at(self.bytes, vtable + slot)? as usize;
        Ok((offset != 0).then_some(self.at + offset))
    }

    pub(super) fn byte(&self, number: usize) -> Result<u8> {
        let Some(at) = self.field(number)? else {
            return Ok(0);
        };
        self.bytes.get(at).copied().context("cut short")
    }

    /// An integer, or its default.
    pub(super) fn integer(&self, number: usize, default: i32) -> Result<i32> {
        match self.field(number)? {
            Some(at) => Ok(u32_at(self.bytes, at)?.cast_signed()),
            None => Ok(default),
        }
    }

    /// A table within this one.
    pub(super) fn table(&self, number: usize) -> Result<Option<Self>> {
        let Some(at) = self.field(number)? else {
            return Ok(None);
        };
        let at = at + u32_at(self.bytes, at)? as usize;
        Ok(Some(Self {
            bytes: self.bytes,
            at,
        }))
    }

    /// A list's elements of this size; empty when there is none.
    fn list(&self, number: usize, size: usize) -> Result<(usize, &'a [u8])> {
        let Some(at) = self.field(number)? else {
            return Ok((0, &[]));
        };
        let at = at + u32_at(self.bytes, at)? as usize;
        let length = u32_at(self.bytes, at)? as usize;
        let end = length
            .checked_mul(size)
            .and_then(|bytes| bytes.checked_add(at + 4));
        let elements = end.and_then(|end| self.bytes.get(at + 4..end));
        Ok((at + 4, elements.context("a list cut short")?))
    }

    pub(super) fn bytes(&self, number: usize) -> Result<&'a [u8]> {
        Ok(self.list(number, 1)?.1)
    }

    pub(super) fn integers(&self, number: usize) -> Result<Vec<i32>> {
        let (_, elements) = self.list(number, 4)?;
        let integer = |bytes: &[u8]| Ok(i32::from_le_bytes(bytes.try_into()?));
        elements.chunks_exact(4).map(integer).collect()
    }

    pub(super) fn tables(&self, number: usize) -> Result<Vec<Self>> {
        let (first, elements) = self.list(number, 4)?;
        let mut tables = Vec::new();
        for (place, bytes) in elements.chunks_exact(4).enumerate() {
            let offset = u32::from_le_bytes(bytes.try_into()?) as usize;
            let at = first + 4 * place + offset;
            ensure!(at < self.bytes.len(), "a table beyond the file");
            tables.push(Self {
                bytes: self.bytes,
                at,
            });
        }
        Ok(tables)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let four = at.checked_add(4).and_then(|end| bytes.get(at..end));
    Ok(u32::from_le_bytes(four.context("cut short")?.try_into()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    let two = at.checked_add(2).and_then(|end| bytes.get(at..end));
    Ok(u16::from_le_bytes(two.context("cut short")?.try_into()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A root with an integer (field 0), nothing (1) and a list of two integers (2), laid out by hand.
    const FILE: [u8; 40] = [
        16, 0, 0, 0, // the root lies at 16
        10, 0, 12, 0, 4, 0, 0, 0, 8, 0, 0,
        0, // its list of fields at 4: 10 bytes, table of 12
        12, 0, 0, 0, // the table: its list lies 12 before it
        7, 0, 0, 0, // field 0
        4, 0, 0, 0, // field 2: the list lies 4 further
        2, 0, 0, 0, 5, 0, 0, 0, 255, 255, 255, 255,
    ];

    #[test]
    fn fields_are_found_and_missing_ones_have_their_default() {
        let root = Table::root(&FILE).unwrap();
        assert_eq!(root.integer(0, 1).unwrap(), 7);
        assert_eq!(root.integer(1, 1).unwrap(), 1);
        assert_eq!(root.integer(9, 3).unwrap(), 3);
        assert_eq!(root.integers(2).unwrap(), [5, -1]);
        assert!(root.table(1).unwrap().is_none());
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_and_no_panic() {
        for length in 0..FILE.len() {
            let cut = &FILE[..length];
            let read = Table::root(cut).and_then(|root| root.integers(2));
            assert!(read.is_err(), "{length}");
        }
        for place in 0..FILE.len() {
            for value in [0, 1, 127, 255] {
                let mut damaged = FILE;
                damaged[place] = value;
                if let Ok(root) = Table::root(&damaged) {
                    let _ = (root.integers(2), root.tables(2), root.bytes(0));
                }
            }
        }
    }
}
