//! Protocol buffers as far as an ONNX file needs them: a message is a list of numbered fields.
//!
//! Fields we do not know are kept as they are. Writing sorts by field number, keeping the order of
//! repeated ones, which is what the usual writers do: so a digest of the result can be pinned.

use anyhow::{Context, Result, bail};

/// One value on the wire.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(Vec<u8>),
    Fixed32([u8; 4]),
}

/// A message: fields in the order they were found or added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(Vec<(u32, Value)>);

impl Message {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut rest = bytes;
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let key = take_varint(&mut rest)?;
            let number = u32::try_from(key >> 3).context("field number")?;
            let value = match key & 7 {
                0 => Value::Varint(take_varint(&mut rest)?),
                1 => Value::Fixed64(take_array(&mut rest)?),
                2 => {
                    let length = usize::try_from(take_varint(&mut rest)?)?;
                    Value::Bytes(take(&mut rest, length)?.to_vec())
                }
                5 => Value::Fixed32(take_array(&mut rest)?),
                other => bail!("wire type {other}"),
            };
            fields.push((number, value));
        }
        Ok(Self(fields))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut fields: Vec<&(u32, Value)> = self.0.iter().collect();
        fields.sort_by_key(|(number, _)| *number);
        let mut out = Vec::new();
        for (number, value) in fields {
            let wire = match value {
                Value::Varint(_) => 0,
                Value::Fixed64(_) => 1,
                Value::Bytes(_) => 2,
                Value::Fixed32(_) => 5,
            };
            put_varint(&mut out, u64::from(*number) << 3 | wire);
            match value {
                Value::Varint(number) => put_varint(&mut out, *number),
                Value::Fixed64(bytes) => out.extend(bytes),
                Value::Bytes(bytes) => {
                    put_varint(&mut out, bytes.len() as u64);
                    out.extend(bytes);
                }
                Value::Fixed32(bytes) => out.extend(bytes),
            }
        }
        out
    }

    pub(super) fn push(&mut self, number: u32, value: Value) {
        self.0.push((number, value));
    }

    pub(super) fn clear(&mut self, number: u32) {
        self.0.retain(|(found, _)| *found != number);
    }

    /// Puts these values in place of all that the field had.
    pub(super) fn replace(&mut self, number: u32, values: impl IntoIterator<Item = Value>) {
        self.clear(number);
        self.0
            .extend(values.into_iter().map(|value| (number, value)));
    }

    /// Every length-delimited value of a field: strings, bytes or messages.
    pub(super) fn all(&self, number: u32) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(move |(found, value)| match value {
            Value::Bytes(bytes) if *found == number => Some(&**bytes),
            _ => None,
        })
    }

    /// A field's only string, or the empty one.
    pub(super) fn text(&self, number: u32) -> Result<&str> {
        Ok(std::str::from_utf8(
            self.all(number).next().unwrap_or_default(),
        )?)
    }

    pub(super) fn texts(&self, number: u32) -> Result<Vec<String>> {
        self.all(number)
            .map(|bytes| Ok(std::str::from_utf8(bytes)?.to_owned()))
            .collect()
    }

    pub(super) fn messages(&self, number: u32) -> Result<Vec<Self>> {
        self.all(number).map(Self::parse).collect()
    }

    /// Every integer of a field, whether packed or not.
    pub(super) fn integers(&self, number: u32) -> Result<Vec<i64>> {
        let mut integers = Vec::new();
        for (_, value) in self.0.iter().filter(|(found, _)| *found == number) {
            match value {
                Value::Varint(integer) => integers.push(integer.cast_signed()),
                Value::Bytes(packed) => {
                    let mut rest = &**packed;
                    while !rest.is_empty() {
                        integers.push(take_varint(&mut rest)?.cast_signed());
                    }
                }
                Value::Fixed64(_) | Value::Fixed32(_) => bail!("field {number} is no integer"),
            }
        }
        Ok(integers)
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length).context("cut short")?;
    *rest = after;
    Ok(taken)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    Ok(take(rest, N)?.try_into()?)
}

fn take_varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take_array(rest)?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    bail!("an integer longer than 64 bits")
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The examples of the protocol buffers encoding guide: 150 in field 1, "testing" in field 2.
    #[test]
    fn the_worked_examples_are_read_and_written() {
        let bytes = b"\x08\x96\x01\x12\x07testing";
        let message = Message::parse(bytes).unwrap();
        assert_eq!(message.integers(1).unwrap(), [150]);
        assert_eq!(message.text(2).unwrap(), "testing");
        assert_eq!(message.to_bytes(), bytes);
        // Packed: 3, 270, 86942 in field 6
        let packed = Message::parse(b"\x32\x06\x03\x8e\x02\x9e\xa7\x05").unwrap();
        assert_eq!(packed.integers(6).unwrap(), [3, 270, 86942]);
    }

    #[test]
    fn negative_integers_take_ten_bytes() {
        let mut message = Message::default();
        message.push(3, Value::Varint((-1_i64).cast_unsigned()));
        let bytes = message.to_bytes();
        assert_eq!(bytes.len(), 11);
        assert_eq!(Message::parse(&bytes).unwrap().integers(3).unwrap(), [-1]);
    }

    #[test]
    fn damage_is_refused() {
        for bytes in [
            &b"\x08"[..],
            b"\x12\x07test",
            b"\x0B",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            assert!(Message::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
