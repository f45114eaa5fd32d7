//! A strict DER reader for messages longer than a chip can hold: master lists have hundreds of
//! certificates. What comes from a chip is read by [`crate::tlv`].

/// One object; every tag in CMS and master lists is one byte.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    /// Tag, length and value as they stand.
    pub(crate) raw: &'a [u8],
}

/// Walks over objects side by side; every step is `None` when the bytes are not what is wanted.
pub(crate) struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn next(&mut self) -> Option<Object<'a>> {
        let (&tag, after) = self.rest.split_first()?;
        let (&first, after) = after.split_first()?;
        let (length, after) = match first {
            0..=0x7F => (usize::from(first), after),
            0x81..=0x84 => {
                let (octets, after) = after.split_at_checked(usize::from(first & 0x0F))?;
                let length = octets
                    .iter()
                    .fold(0usize, |sum, &octet| sum << 8 | usize::from(octet));
                (length, after)
            }
            _ => return None,
        };
        let (value, rest) = after.split_at_checked(length)?;
        let raw = &self.rest[..self.rest.len() - rest.len()];
        self.rest = rest;
        Some(Object { tag, value, raw })
    }

    /// The next object's value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|object| object.tag == tag)
            .map(|object| object.value)
    }

    /// The next object's value if it has this tag; otherwise nothing is taken.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.rest.first() != Some(&tag) {
            return None;
        }
        self.expect(tag)
    }
}
