//! The markers of JPEG (ITU-T T.81 annex B), which WSQ borrowed for fingers.

use super::{ImageEnd, ending, number};

/// Width, height and end of a JPEG; `None` when no frame header tells a size.
pub(super) fn measure(bytes: &[u8]) -> Option<(u32, u32, ImageEnd)> {
    let mut size = None;
    let end = walk(bytes, 0xD9, &mut |marker, at| {
        // Start of frame: C0 to CF but for tables (C4), reserved (C8) and arithmetic coding (CC).
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) && size.is_none()
        {
            size = Some((number(bytes, at + 5, 2), number(bytes, at + 3, 2)));
        }
        // Scans begin at DA and run to the next marker that is no restart.
        marker == 0xDA
    });
    let (width, height) = size?;
    Some((width?, height?, end))
}

/// The same for WSQ (IAFIS-IC-0110 annex B): frame header A2, block header A3, end of image A1.
pub(super) fn measure_wsq(bytes: &[u8]) -> Option<(u32, u32, ImageEnd)> {
    let mut size = None;
    let end = walk(bytes, 0xA1, &mut |marker, at| {
        if marker == 0xA2 && size.is_none() {
            size = Some((number(bytes, at + 6, 2), number(bytes, at + 4, 2)));
        }
        marker == 0xA3
    });
    let (width, height) = size?;
    Some((width?, height?, end))
}

/// Goes from marker to marker up to `last`. `see` is told each marker and where its length stands,
/// and says whether entropy-coded bytes follow the segment.
fn walk(bytes: &[u8], last: u8, see: &mut dyn FnMut(u8, usize) -> bool) -> ImageEnd {
    let mut at = 2usize;
    loop {
        // T.81 B.1.1.2: any number of FF may stand before a marker.
        let Some(0xFF) = bytes.get(at) else {
            return ImageEnd::Truncated;
        };
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at) else {
            return ImageEnd::Truncated;
        };
        at += 1;
        if marker == last {
            return ending(bytes, at);
        }
        let Some(length) = number(bytes, at, 2).filter(|length| *length >= 2) else {
            return ImageEnd::Truncated;
        };
        let coded = see(marker, at);
        at += length as usize;
        if coded {
            // A stuffed FF00 and restart markers belong to the coded bytes (T.81 B.1.1.5).
            while let Some(octet) = bytes.get(at) {
                match (octet, bytes.get(at + 1)) {
                    (0xFF, Some(0x00 | 0xB0..=0xB7 | 0xD0..=0xD7)) => at += 2,
                    (0xFF, _) => break,
                    _ => at += 1,
                }
            }
        }
    }
}
