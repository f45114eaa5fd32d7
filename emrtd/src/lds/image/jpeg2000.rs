//! JPEG 2000 from outside: the boxes of a JP2 file (ISO/IEC 15444-1 annex I) and the marker segments
//! of a code stream (annex A), as far as they tell size and end.

use super::{ImageEnd, ending, number};

/// The signature box, I.5.1, up to where broken line ends would show.
pub(super) const SIGNATURE: &[u8] = b"\0\0\0\x0CjP  ";
/// RGB with opacity. More channels are no portrait, and a decoder would give each its memory.
const MOST_CHANNELS: u32 = 4;
/// One tile is the rule; a grid of tiny tiles costs a decoder more than the pixels do.
const MOST_TILES: u64 = 4_096;

/// Width, height and end of a JP2 file or a bare code stream.
pub(super) fn measure(bytes: &[u8]) -> Option<(u32, u32, ImageEnd)> {
    if !bytes.starts_with(SIGNATURE) {
        let (width, height) = size(bytes)?;
        return Some((width, height, end_of_stream(bytes)));
    }
    let mut at = 0usize;
    let mut found = None;
    while at < bytes.len() {
        let Some((kind, start, next)) = open_box(bytes, at) else {
            // What follows the picture is no box, or the picture's own box is cut short.
            return found.map(|(width, height, end)| match end {
                ImageEnd::Whole => (width, height, ImageEnd::Trailing),
                other => (width, height, other),
            });
        };
        if kind == b"jp2c" && found.is_none() {
            let stream = bytes.get(start..next.min(bytes.len()))?;
            let (width, height) = size(stream)?;
            let end = if next > bytes.len() {
                ImageEnd::Truncated
            } else {
                end_of_stream(stream)
            };
            found = Some((width, height, end));
        }
        if next > bytes.len() {
            break;
        }
        at = next;
    }
    let (width, height, end) = found?;
    // I.4: boxes may follow the code stream, but a last one that is cut short is no box.
    let cut = end == ImageEnd::Whole && at < bytes.len();
    Some((width, height, if cut { ImageEnd::Trailing } else { end }))
}

/// A box's type, where its content starts, and where it ends (perhaps past the bytes there are).
fn open_box(bytes: &[u8], at: usize) -> Option<(&[u8], usize, usize)> {
    let length = number(bytes, at, 4)?;
    let kind = bytes.get(at + 4..at + 8)?;
    if !kind.iter().all(|octet| (0x20..0x7F).contains(octet)) {
        return None;
    }
    match length {
        // I.4: to the end of the file.
        0 => Some((kind, at + 8, bytes.len())),
        // The length stands behind, in eight bytes.
        1 => {
            if number(bytes, at + 8, 4)? != 0 {
                return None;
            }
            let length = usize::try_from(number(bytes, at + 12, 4)?).ok()?;
            (length >= 16).then_some((kind, at + 16, at.checked_add(length)?))
        }
        2..=7 => None,
        length => Some((kind, at + 8, at.checked_add(length as usize)?)),
    }
}

/// A.5.1: image and tile size. A grid or a number of channels that no portrait has tells no size.
fn size(stream: &[u8]) -> Option<(u32, u32)> {
    if stream.get(..4)? != b"\xFF\x4F\xFF\x51" {
        return None;
    }
    let field = |index: usize| number(stream, 8 + 4 * index, 4);
    let (x, y) = (field(0)?, field(1)?);
    let (x_offset, y_offset) = (field(2)?, field(3)?);
    let (tile_width, tile_height) = (field(4)?, field(5)?);
    let (tile_x, tile_y) = (field(6)?, field(7)?);
    let channels = number(stream, 40, 2)?;
    if channels == 0 || channels > MOST_CHANNELS || tile_width == 0 || tile_height == 0 {
        return None;
    }
    let across = u64::from(x.checked_sub(tile_x)?).div_ceil(u64::from(tile_width));
    let down = u64::from(y.checked_sub(tile_y)?).div_ceil(u64::from(tile_height));
    if across.checked_mul(down)? > MOST_TILES {
        return None;
    }
    Some((x.checked_sub(x_offset)?, y.checked_sub(y_offset)?))
}

/// Goes over the main header and from tile-part to tile-part to the end mark FFD9 (A.4).
fn end_of_stream(stream: &[u8]) -> ImageEnd {
    let mut at = 2usize;
    loop {
        let Some(marker) = number(stream, at, 2) else {
            return ImageEnd::Truncated;
        };
        let step = match marker {
            0xFFD9 => return ending(stream, at + 2),
            // A.4.2: start of tile-part; its length counts from the marker on.
            0xFF90 => match number(stream, at + 6, 4) {
                // The last tile-part runs to the end mark. No packet holds FF90 or more (B.10.1),
                // so the first FFD9 is that mark.
                Some(0) => {
                    let rest = stream.get(at..).unwrap_or_default();
                    let mark = rest.windows(2).position(|pair| pair == [0xFF, 0xD9]);
                    return mark.map_or(ImageEnd::Truncated, |mark| ending(stream, at + mark + 2));
                }
                Some(length) if length >= 14 => length as usize,
                _ => return ImageEnd::Truncated,
            },
            0xFF00..=0xFFFF => match number(stream, at + 2, 2) {
                Some(length) if length >= 2 => 2 + length as usize,
                _ => return ImageEnd::Truncated,
            },
            _ => return ImageEnd::Truncated,
        };
        at = match at.checked_add(step) {
            Some(next) => next,
            None => return ImageEnd::Truncated,
        };
    }
}
