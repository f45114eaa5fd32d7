//! Reads and writes BER-TLV, the nested boxes (tag, length, value) in which a chip says everything.
//!
//! The reader is strict and bounded: definite lengths only, no value longer than the bytes at hand,
//! no allocation, no recursion. What a stranger sent can be refused here, never believed.

use thiserror::Error;

/// The longest value this crate will accept from a chip: 256 KB covers every data group known.
pub const MAX_LENGTH: usize = 256 * 1024;

/// Why bytes are not a well-formed TLV object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlvError {
    /// The bytes end inside a tag, a length or a value.
    #[error("the object ends {missing} bytes too early")]
    Truncated { missing: usize },
    /// A tag of more than three bytes, or one that begins with a zero continuation.
    #[error("the tag is not one a travel document uses")]
    BadTag,
    /// The indefinite length (`80`), or more than three length bytes.
    #[error("the length is not definite or not minimal enough to be read")]
    BadLength,
    /// A definite length above [`MAX_LENGTH`].
    #[error("an object of {length} bytes is more than a chip may hold")]
    TooLong { length: usize },
    /// Another tag than the one the standard wants here.
    #[error("expected the tag {expected:X}, found {found:X}")]
    Unexpected { expected: u32, found: u32 },
    /// The tag the standard wants is not here at all.
    #[error("the tag {tag:X} is missing")]
    Missing { tag: u32 },
    /// Bytes after the end of the object.
    #[error("{extra} bytes follow the object")]
    Trailing { extra: usize },
}

/// One TLV object, borrowed from the bytes it was read from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    tag: u32,
    value: &'a [u8],
    raw: &'a [u8],
}

// Values are often personal data: tag and size only.
impl std::fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({:X}, {} bytes)", self.tag, self.value.len())
    }
}

impl<'a> Tlv<'a> {
    /// The tag as a number: `0x30`, `0x7F49`, `0x5F2E`.
    pub fn tag(&self) -> u32 {
        self.tag
    }

    /// The bytes inside.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Tag, length and value exactly as they were read (for hashing and signatures).
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// A reader over the objects inside.
    pub fn children(&self) -> Reader<'a> {
        Reader::new(self.value)
    }
}

/// Walks over TLV objects that stand side by side.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag of the next object, without taking it.
    pub fn peek(&self) -> Option<u32> {
        tag(self.rest).ok().map(|(tag, _)| tag)
    }

    /// The next object, or `None` at the end.
    pub fn read(&mut self) -> Result<Option<Tlv<'a>>, TlvError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let header = header(self.rest)?;
        let Some(raw) = self.rest.get(..header.total()) else {
            return Err(TlvError::Truncated {
                missing: header.total() - self.rest.len(),
            });
        };
        self.rest = &self.rest[header.total()..];
        Ok(Some(Tlv {
            tag: header.tag,
            value: &raw[header.length_end..],
            raw,
        }))
    }

    /// The next object, which must carry `expected`; its value.
    pub fn expect(&mut self, expected: u32) -> Result<&'a [u8], TlvError> {
        match self.read()? {
            Some(tlv) if tlv.tag == expected => Ok(tlv.value),
            Some(tlv) => Err(TlvError::Unexpected {
                expected,
                found: tlv.tag,
            }),
            None => Err(TlvError::Missing { tag: expected }),
        }
    }

    /// The next object's value if it carries `tag`; otherwise nothing is taken.
    pub fn optional(&mut self, tag: u32) -> Result<Option<&'a [u8]>, TlvError> {
        if self.peek() == Some(tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Refuses bytes that are left over.
    pub fn finish(self) -> Result<(), TlvError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(TlvError::Trailing {
                extra: self.rest.len(),
            })
        }
    }
}

/// Tag and length at the start of an object, readable before the value has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The tag.
    pub tag: u32,
    /// How many bytes tag and length take.
    pub length_end: usize,
    /// How many bytes the value takes.
    pub length: usize,
}

impl Header {
    /// Tag, length and value together.
    pub fn total(&self) -> usize {
        self.length_end + self.length
    }
}

/// Reads tag and length (ISO/IEC 7816-4 §5.2.2); the value need not be there yet.
pub fn header(bytes: &[u8]) -> Result<Header, TlvError> {
    let (tag, at) = tag(bytes)?;
    let first = *bytes.get(at).ok_or(TlvError::Truncated { missing: 1 })?;
    let (length, length_end) = match first {
        0..=0x7F => (usize::from(first), at + 1),
        0x81..=0x83 => {
            let count = usize::from(first & 0x0F);
            let end = at + 1 + count;
            let Some(octets) = bytes.get(at + 1..end) else {
                return Err(TlvError::Truncated {
                    missing: end - bytes.len(),
                });
            };
            (
                octets
                    .iter()
                    .fold(0, |sum, octet| sum << 8 | usize::from(*octet)),
                end,
            )
        }
        _ => return Err(TlvError::BadLength),
    };
    if length > MAX_LENGTH {
        return Err(TlvError::TooLong { length });
    }
    Ok(Header {
        tag,
        length_end,
        length,
    })
}

fn tag(bytes: &[u8]) -> Result<(u32, usize), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated { missing: 2 })?;
    let mut tag = u32::from(first);
    if first & 0x1F != 0x1F {
        return Ok((tag, 1));
    }
    for (index, octet) in bytes.iter().enumerate().skip(1).take(2) {
        if index == 1 && *octet == 0x80 {
            return Err(TlvError::BadTag);
        }
        tag = tag << 8 | u32::from(*octet);
        if octet & 0x80 == 0 {
            return Ok((tag, index + 1));
        }
    }
    if bytes.len() < 3 {
        Err(TlvError::Truncated { missing: 1 })
    } else {
        Err(TlvError::BadTag)
    }
}

/// The value of the single object that `bytes` is, with nothing after it.
pub fn only(bytes: &[u8], expected: u32) -> Result<&[u8], TlvError> {
    let mut reader = Reader::new(bytes);
    let value = reader.expect(expected)?;
    reader.finish()?;
    Ok(value)
}

/// The value of the first object in `bytes` that carries `tag`, at this level only.
pub fn find(bytes: &[u8], tag: u32) -> Result<Option<&[u8]>, TlvError> {
    let mut reader = Reader::new(bytes);
    while let Some(tlv) = reader.read()? {
        if tlv.tag == tag {
            return Ok(Some(tlv.value));
        }
    }
    Ok(None)
}

/// Like [`find`], when the standard says that the object must be there.
pub fn require(bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    find(bytes, tag)?.ok_or(TlvError::Missing { tag })
}

/// One object with the shortest length form.
pub fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 8);
    append(&mut out, tag, value);
    out
}

/// One object whose value is the given objects side by side.
pub fn encode_all(tag: u32, parts: &[&[u8]]) -> Vec<u8> {
    encode(tag, &parts.concat())
}

/// Writes one object at the end of `out`.
pub fn append(out: &mut Vec<u8>, tag: u32, value: &[u8]) {
    push_trimmed(out, tag);
    let length = u32::try_from(value.len()).expect("nothing this crate writes reaches 4 GB");
    if length >= 0x80 {
        let octets = (4 - length.leading_zeros() / 8) as u8;
        out.push(0x80 | octets);
    }
    push_trimmed(out, length);
    out.extend_from_slice(value);
}

/// Big-endian without leading zeros, but at least one byte.
fn push_trimmed(out: &mut Vec<u8>, number: u32) {
    let octets = number.to_be_bytes();
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(3);
    out.extend_from_slice(&octets[start..]);
}

#[cfg(test)]
mod tests;
