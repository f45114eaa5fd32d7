//! What a JPEG 2000 codestream announces before its pixels: tiles, channels, precincts and code blocks.
//!
//! The decoder takes memory for each of them before it reads the first. Two kilobytes can announce four
//! million tiles, or a precinct for every other pixel, which cost it half a minute or 2.6 GB; so what no portrait
//! has is refused here. Whatever looks like the beginning of a codestream is judged, so that no decoy hides the
//! one that is decoded; what cannot be followed is damaged.

use super::PortraitError;

/// Most tiles: 2 000 pixels a side in tiles of 128.
const MAX_TILES: u64 = 256;
/// Red, green, blue and what is transparent.
const MAX_CHANNELS: u16 = 4;
/// Smallest side of a precinct as a power of two, 32; encoders that use them at all begin at 128.
const LEAST_PRECINCT: u8 = 5;
/// Smallest side of a code block as the stream says it, less two: 16; the rule are 32 and 64.
const LEAST_CODE_BLOCK: u8 = 2;

/// Markers (ISO/IEC 15444-1 table A.2).
const SIZ: u16 = 0xFF51;
const COD: u16 = 0xFF52;
const COC: u16 = 0xFF53;
const SOT: u16 = 0xFF90;
const SOD: u16 = 0xFF93;
const EOC: u16 = 0xFFD9;

/// Judges every codestream in a file.
pub(super) fn check(bytes: &[u8]) -> Result<(), PortraitError> {
    const START: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51]; // SOC and SIZ, always together
    let starts = bytes.windows(START.len()).enumerate();
    for (at, _) in starts.filter(|(_, window)| *window == START) {
        walk(&bytes[at..])?;
    }
    Ok(())
}

/// Follows the marker segments of the main header and of every tile-part.
fn walk(stream: &[u8]) -> Result<(), PortraitError> {
    let mut at = 2; // behind SOC
    let mut next_part = None;
    while at < stream.len() {
        let marker = u16_at(stream, at)?;
        match marker {
            EOC => return Ok(()),
            SOD => match next_part.take() {
                // A length of nothing: this part goes on to the end.
                None => return Ok(()),
                Some(next) if next > at => {
                    at = next;
                    continue;
                }
                Some(_) => return Err(PortraitError::Damaged),
            },
            0xFF30..=0xFF3F => {
                at += 2; // reserved, without a length (table A.1)
                continue;
            }
            0xFF01..=0xFFFE => {}
            _ => return Err(PortraitError::Damaged),
        }
        let length = usize::from(u16_at(stream, at + 2)?);
        let segment = stream
            .get(at + 4..at + 2 + length.max(2))
            .ok_or(PortraitError::Damaged)?;
        match marker {
            SIZ => size(segment)?,
            COD => style(segment.first(), segment.get(5..))?,
            COC => style(segment.get(1), segment.get(2..))?,
            // Isot, then Psot from the marker on (§A.4.2)
            SOT => {
                let length = u32_at(segment, 2)? as usize;
                next_part = (length > 0).then(|| at.saturating_add(length));
            }
            _ => {}
        }
        at += 2 + length.max(2);
    }
    Ok(())
}

/// Rsiz, then Xsiz, Ysiz, XOsiz, YOsiz, XTsiz, YTsiz, XTOsiz, YTOsiz, Csiz (§A.5.1, §B.3).
fn size(segment: &[u8]) -> Result<(), PortraitError> {
    let tiles = |side: usize| {
        let number = |at: usize| u32_at(segment, at + side).map(u64::from);
        let span = number(2)?.saturating_sub(number(26)?);
        match number(18)? {
            0 => Err(PortraitError::Damaged),
            tile => Ok(span.div_ceil(tile)),
        }
    };
    if tiles(0)?.saturating_mul(tiles(4)?) > MAX_TILES {
        return Err(PortraitError::TooLarge);
    }
    if u16_at(segment, 34)? > MAX_CHANNELS {
        return Err(PortraitError::UnknownFormat);
    }
    Ok(())
}

/// Levels, code block width and height, its style, the transformation, then a byte for the precincts of
/// every level where the style says so (§A.6.1, tables A.15, A.18 and A.21).
fn style(flags: Option<&u8>, fields: Option<&[u8]>) -> Result<(), PortraitError> {
    let (Some(flags), Some(&[_, width, height, _, _, ref precincts @ ..])) = (flags, fields) else {
        return Err(PortraitError::Damaged);
    };
    let small = |sides: &u8| sides & 0x0F < LEAST_PRECINCT || sides >> 4 < LEAST_PRECINCT;
    if width.min(height) < LEAST_CODE_BLOCK || (flags & 1 == 1 && precincts.iter().any(small)) {
        return Err(PortraitError::TooLarge);
    }
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, PortraitError> {
    match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(field) => Ok(u16::from_be_bytes(*field)),
        None => Err(PortraitError::Damaged),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, PortraitError> {
    match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(field) => Ok(u32::from_be_bytes(*field)),
        None => Err(PortraitError::Damaged),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BARE: &[u8] = include_bytes!("vectors/rgb.j2k");
    const BOXED: &[u8] = include_bytes!("vectors/rgb.jp2");

    fn place(marker: u16) -> usize {
        let marker = marker.to_be_bytes();
        BARE.windows(2).position(|w| w == marker).unwrap()
    }

    /// The specimen with a segment put in behind the one that begins at a place.
    fn with(segment: &[u8], behind: usize) -> Vec<u8> {
        let end = behind + 2 + usize::from(u16_at(BARE, behind + 2).unwrap());
        let mut bytes = BARE.to_vec();
        bytes.splice(end..end, segment.iter().copied());
        if behind >= place(SOT) {
            let psot = place(SOT) + 6;
            let length = u32_at(BARE, psot).unwrap();
            assert!(length > 0);
            let length = length + segment.len() as u32;
            bytes[psot..psot + 4].copy_from_slice(&length.to_be_bytes());
        }
        bytes
    }

    /// No level but the lowest, precincts of 1, 32 or 128 pixels a side.
    const COD_1: &[u8] = &[0xFF, 0x52, 0, 13, 1, 0, 0, 1, 1, 0, 4, 4, 0, 1, 0x00];
    const COD_32: &[u8] = &[0xFF, 0x52, 0, 13, 1, 0, 0, 1, 1, 0, 4, 4, 0, 1, 0x55];
    const COC_1: &[u8] = &[0xFF, 0x53, 0, 10, 0, 1, 0, 4, 4, 0, 1, 0x70];

    #[test]
    fn ordinary_pictures_pass() {
        assert_eq!(check(BARE), Ok(()));
        assert_eq!(check(BOXED), Ok(()));
        assert_eq!(check(&with(COD_32, place(COD))), Ok(()));
        assert_eq!(check(&with(COD_32, place(SOT))), Ok(()));
    }

    #[test]
    fn tiny_precincts_are_found_in_every_header() {
        for segment in [COD_1, COC_1] {
            for behind in [COD, SOT] {
                let bytes = with(segment, place(behind));
                assert_eq!(check(&bytes), Err(PortraitError::TooLarge));
            }
        }
    }

    #[test]
    fn a_decoy_in_front_hides_nothing() {
        let mut file = BARE.to_vec();
        file.extend_from_slice(&with(COD_1, place(COD)));
        assert_eq!(check(&file), Err(PortraitError::TooLarge));
    }

    #[test]
    fn a_tile_part_that_leads_back_is_damaged() {
        let mut bytes = BARE.to_vec();
        let psot = place(SOT) + 6;
        bytes[psot..psot + 4].copy_from_slice(&1_u32.to_be_bytes());
        assert_eq!(check(&bytes), Err(PortraitError::Damaged));
    }
}
