//! What kind of file this is, and whether it is there to its last byte.
//!
//! A file that is still being written over a network has its first bytes long before its last ones, and some servers
//! show its final length from the beginning, filled with zeros. Only the end inside the format tells.

/// The kinds of file scanners write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    Tiff,
    Pdf,
}

/// Whether a file is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    Yes,
    /// The end is missing: it may still be written.
    NotYet,
    /// None of the formats; no waiting makes it one.
    Never,
}

/// The format by its first bytes; a name can say anything.
pub fn format(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(Format::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        Some(Format::Tiff)
    } else if bytes.get(..1024.min(bytes.len())).is_some_and(|head| {
        // ISO 32000-1 annex H, note 13: readers accept the header within the first 1024 bytes.
        head.windows(5).any(|five| five == b"%PDF-")
    }) {
        Some(Format::Pdf)
    } else {
        None
    }
}

/// Whether the file has its end.
pub fn whole(bytes: &[u8]) -> Whole {
    let complete = match format(bytes) {
        Some(Format::Jpeg) => jpeg_end(bytes),
        Some(Format::Png) => png_end(bytes),
        Some(Format::Tiff) => tiff_in_range(bytes),
        Some(Format::Pdf) => pdf_end(bytes),
        // The first bytes may be missing still: a file that begins with zeros was allotted, not written.
        None if bytes.iter().take(16).all(|byte| *byte == 0) => false,
        None => return Whole::Never,
    };
    if complete { Whole::Yes } else { Whole::NotYet }
}

/// Walks the segments to the scan, and the scan to its end marker (ITU-T T.81 §B.1.1). The preview inside an
/// application segment has an end marker of its own; lengths lead past it.
fn jpeg_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(&[0xff, marker]) = bytes.get(at..at + 2) else {
            return false;
        };
        match marker {
            0xff => at += 1, // a fill byte
            0xd9 => return true,
            0xd0..=0xd7 | 0x01 => at += 2,
            _ => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                    return false;
                };
                at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
                if marker == 0xda {
                    // Entropy-coded data: the next marker is an 0xff that neither 0x00 nor a restart follows.
                    let Some(next) = bytes.get(at..).and_then(|scan| {
                        scan.windows(2).position(|pair| {
                            pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff | 0xd0..=0xd7)
                        })
                    }) else {
                        return false;
                    };
                    at += next;
                }
            }
        }
    }
}

/// Walks the chunks to `IEND` (PNG 3rd edition §5.6).
fn png_end(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(end) = at.checked_add(length).and_then(|end| end.checked_add(12)) else {
            return false;
        };
        if end > bytes.len() {
            return false;
        }
        if &head[4..8] == b"IEND" {
            // Its checksum is always the same; without it the last bytes are still zeros.
            return bytes.get(at + 8..at + 12) == Some(&[0xae, 0x42, 0x60, 0x82]);
        }
        // A stretch of zeros is an empty chunk of no name: not written yet.
        if !head[4..8].iter().all(u8::is_ascii_alphabetic) {
            return false;
        }
        at = end;
    }
    false
}

/// Follows the chain of image directories (TIFF 6.0 §2); every strip and tile they name must lie in the file.
fn tiff_in_range(bytes: &[u8]) -> bool {
    let little = bytes.starts_with(b"II");
    let u16_at = |at: usize| {
        let pair = bytes.get(at..at.checked_add(2)?)?;
        let pair = [pair[0], pair[1]];
        Some(if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let u32_at = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        let four = [four[0], four[1], four[2], four[3]];
        Some(if little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        } as usize)
    };
    // The numbers of one entry: in the entry itself when they fit, elsewhere when they do not.
    let numbers = |entry: usize| -> Option<Vec<usize>> {
        let wide = match u16_at(entry + 2)? {
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = u32_at(entry + 4)?;
        let bytes_in_all = count.checked_mul(wide)?;
        let start = if bytes_in_all <= 4 {
            entry + 8
        } else {
            u32_at(entry + 8)?
        };
        if start.checked_add(bytes_in_all)? > bytes.len() {
            return None;
        }
        (0..count)
            .map(|number| match wide {
                2 => u16_at(start + number * 2).map(usize::from),
                _ => u32_at(start + number * 4),
            })
            .collect()
    };
    let Some(mut directory) = u32_at(4) else {
        return false;
    };
    for _ in 0..=crate::MAX_PAGES {
        if directory == 0 {
            return true;
        }
        let Some(entries) = u16_at(directory).filter(|entries| *entries > 0) else {
            return false;
        };
        let (mut offsets, mut lengths) = (None, None);
        for number in 0..usize::from(entries) {
            let entry = directory + 2 + number * 12;
            match u16_at(entry) {
                // StripOffsets, TileOffsets; StripByteCounts, TileByteCounts (TIFF 6.0 §8, §15).
                Some(273 | 324) => offsets = numbers(entry),
                Some(279 | 325) => lengths = numbers(entry),
                Some(_) => {}
                None => return false,
            }
        }
        let (Some(offsets), Some(lengths)) = (offsets, lengths) else {
            return false;
        };
        let in_file = |(offset, length): (&usize, &usize)| {
            *offset > 0
                && offset
                    .checked_add(*length)
                    .is_some_and(|end| end <= bytes.len())
        };
        if offsets.len() != lengths.len() || !offsets.iter().zip(&lengths).all(in_file) {
            return false;
        }
        match u32_at(directory + 2 + usize::from(entries) * 12) {
            Some(next) => directory = next,
            None => return false,
        }
    }
    true
}

/// The end-of-file mark within the last kilobyte (ISO 32000-1 §7.5.5 and annex H, note 18).
fn pdf_end(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    tail.windows(5).any(|five| five == b"%%EOF")
}

#[cfg(test)]
mod tests;
