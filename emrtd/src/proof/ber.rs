//! From BER to definite lengths: some issuers write their security object with lengths left open and
//! its content in pieces (X.690 §8.1.3.6, §8.7.3); the rest of this crate reads definite lengths only.
//!
//! Order and values stay as they are, because what is signed is hashed as the issuer wrote it.

use std::borrow::Cow;

use crate::tlv;

/// Boxes in boxes: a certificate inside a message needs some fifteen.
const MOST_DEPTH: usize = 40;
/// Objects in one message; a master list of 20 000 certificates is looked into only down to each
/// certificate's outermost box, a security object has some three hundred.
const MOST_OBJECTS: usize = 200_000;

/// Why a message cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BerError {
    Malformed,
    /// Bytes follow the object.
    Trailing,
}

/// The one object that `bytes` is, with definite lengths throughout; borrowed when it had them.
pub(crate) fn definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>, BerError> {
    let mut objects = 0;
    if let Some(end) = definite_end(bytes) {
        // No length left open on the way down to the signed content: nothing to rewrite.
        if !open_inside(&bytes[..end], 0, &mut objects).ok_or(BerError::Malformed)? {
            return match end == bytes.len() {
                true => Ok(Cow::Borrowed(bytes)),
                false => Err(BerError::Trailing),
            };
        }
    }
    let mut out = Vec::with_capacity(bytes.len());
    objects = 0;
    let rest = rewrite(bytes, &mut out, 0, &mut objects).ok_or(BerError::Malformed)?;
    if rest.is_empty() {
        Ok(Cow::Owned(out))
    } else {
        Err(BerError::Trailing)
    }
}

struct Head {
    tag: u8,
    /// `None` is the length left open.
    length: Option<usize>,
    octets: usize,
}

/// Tags of one byte: CMS and certificates know no others.
fn head(bytes: &[u8]) -> Option<Head> {
    let (&tag, after) = bytes.split_first()?;
    if tag & 0x1F == 0x1F {
        return None;
    }
    let &first = after.first()?;
    let (length, octets) = match first {
        0..=0x7F => (Some(usize::from(first)), 2),
        // X.690 §8.1.3.6.1: only a constructed object may be left open.
        0x80 if tag & 0x20 != 0 => (None, 2),
        0x81..=0x84 => {
            let count = usize::from(first & 0x0F);
            let length = after
                .get(1..=count)?
                .iter()
                .fold(0usize, |sum, &octet| sum << 8 | usize::from(octet));
            (Some(length), 2 + count)
        }
        _ => return None,
    };
    Some(Head {
        tag,
        length,
        octets,
    })
}

fn definite_end(bytes: &[u8]) -> Option<usize> {
    let head = head(bytes)?;
    let end = head.octets.checked_add(head.length?)?;
    (end <= bytes.len()).then_some(end)
}

/// Is any length left open, or any string in pieces? `None` when this is no BER at all.
fn open_inside(mut bytes: &[u8], depth: usize, objects: &mut usize) -> Option<bool> {
    while !bytes.is_empty() {
        *objects += 1;
        if depth > MOST_DEPTH || *objects > MOST_OBJECTS {
            return None;
        }
        let head = head(bytes)?;
        if head.length.is_none() || head.tag == 0x24 {
            return Some(true);
        }
        let end = definite_end(bytes)?;
        // A certificate is DER by its own standard (9303-12 §7.1) and signed as it stands: it is
        // the one sequence that is not looked into, nor written anew.
        if head.tag & 0x20 != 0
            && !is_certificate(&bytes[..end])
            && open_inside(&bytes[head.octets..end], depth + 1, objects)?
        {
            return Some(true);
        }
        bytes = &bytes[end..];
    }
    Some(false)
}

/// `SEQUENCE { SEQUENCE { [0] version … }`: with a definite length nothing else in CMS looks so.
fn is_certificate(object: &[u8]) -> bool {
    let inner = |bytes: &[u8]| {
        let head = head(bytes)?;
        (head.tag == 0x30 && head.length.is_some()).then_some(head.octets)
    };
    let Some(outer) = inner(object) else {
        return false;
    };
    let Some(body) = inner(&object[outer..]) else {
        return false;
    };
    object[outer + body..].starts_with(&[0xA0, 0x03, 0x02, 0x01])
}

/// Writes one object with definite lengths; the bytes after it.
fn rewrite<'a>(
    bytes: &'a [u8],
    out: &mut Vec<u8>,
    depth: usize,
    objects: &mut usize,
) -> Option<&'a [u8]> {
    *objects += 1;
    if depth > MOST_DEPTH || *objects > MOST_OBJECTS {
        return None;
    }
    let head = head(bytes)?;
    let (mut body, after) = match head.length {
        Some(length) => {
            let (body, after) = bytes[head.octets..].split_at_checked(length)?;
            if head.tag & 0x20 == 0 || is_certificate(&bytes[..head.octets + length]) {
                out.extend_from_slice(&bytes[..head.octets + length]);
                return Some(after);
            }
            (body, Some(after))
        }
        None => (&bytes[head.octets..], None),
    };
    let mut inside = Vec::new();
    let after = loop {
        if let Some(after) = after
            && body.is_empty()
        {
            break after;
        }
        // X.690 §8.1.5: two zeros end an object that was left open.
        if after.is_none()
            && let Some(rest) = body.strip_prefix(&[0, 0])
        {
            break rest;
        }
        if head.tag == 0x24 {
            // Pieces of a string: their values side by side, X.690 §8.7.3.2.
            let mut piece = Vec::new();
            body = rewrite(body, &mut piece, depth + 1, objects)?;
            let read = self::head(&piece)?;
            if read.tag != 0x04 {
                return None;
            }
            inside.extend_from_slice(&piece[read.octets..]);
        } else {
            body = rewrite(body, &mut inside, depth + 1, objects)?;
        }
    };
    let tag = if head.tag == 0x24 { 0x04 } else { head.tag };
    tlv::append(out, u32::from(tag), &inside);
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_lengths_are_closed_and_pieces_joined() {
        let open = [
            0x30, 0x80, 0x24, 0x80, 0x04, 1, 0xAA, 0x24, 3, 0x04, 1, 0xBB, 0, 0, 0x02, 1, 5, 0, 0,
        ];
        let closed = [0x30, 7, 0x04, 2, 0xAA, 0xBB, 0x02, 1, 5];
        assert_eq!(definite(&open).unwrap().as_ref(), closed);
        assert!(matches!(definite(&closed), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_follows_and_what_lacks_is_told() {
        assert_eq!(definite(&[0x30, 0, 0]), Err(BerError::Trailing));
        assert_eq!(definite(&[0x30, 0x80, 0, 0, 0]), Err(BerError::Trailing));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x80, 0],
            &[0x04, 0x80, 0, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x24, 3, 0x02, 1, 0],
            &[0x3F, 0x81, 0],
        ] {
            assert_eq!(definite(bad), Err(BerError::Malformed), "{bad:X?}");
        }
        assert_eq!(
            definite(&[0x30, 0x80].repeat(5000)),
            Err(BerError::Malformed)
        );
        let deep = [[0x30, 0x80].repeat(60), [0, 0].repeat(60)].concat();
        assert_eq!(definite(&deep), Err(BerError::Malformed));
    }
}
