//! Text strings and dates as PDF writes them (ISO 32000-1 §7.9.2 and §7.9.4).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A text string: ASCII as it is, anything else as UTF-16 with a byte order mark.
pub(crate) fn text_string(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return text.as_bytes().to_vec();
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    [0xfe, 0xff].into_iter().chain(units).collect()
}

/// Reads a text string; what is not Unicode is read as Latin-1, close enough to PDFDocEncoding to show.
pub(crate) fn read_text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, units @ ..] => {
            let units = units
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        [0xef, 0xbb, 0xbf, utf8 @ ..] => String::from_utf8_lossy(utf8).into_owned(),
        latin => latin.iter().copied().map(char::from).collect(),
    }
}

/// A date in universal time.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("D:%Y%m%d%H%M%S+00'00'").to_string()
}

/// Reads a date; none when it is no full date.
pub(crate) fn read_date(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    if !text.is_ascii() || text.len() > 32 {
        return None;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count().min(14);
    let part = |from: usize, to: usize, default: i16| {
        if digits >= to {
            text[from..to].parse().ok()
        } else {
            Some(default)
        }
    };
    if digits < 4 {
        return None;
    }
    let small = |from: usize, default: i16| i8::try_from(part(from, from + 2, default)?).ok();
    let local = DateTime::new(
        part(0, 4, 0)?,
        small(4, 1)?,
        small(6, 1)?,
        small(8, 0)?,
        small(10, 0)?,
        small(12, 0)?,
        0,
    )
    .ok()?;
    let zone = &text[digits..];
    let offset = match zone.as_bytes().first() {
        None | Some(b'Z') => 0,
        Some(sign @ (b'+' | b'-')) => {
            let mut parts = zone[1..].split('\'');
            let hours: i32 = parts.next()?.parse().ok()?;
            let minutes: i32 = parts
                .next()
                .filter(|minutes| !minutes.is_empty())
                .map_or(Ok(0), str::parse)
                .ok()?;
            let seconds = hours
                .checked_mul(3600)?
                .checked_add(minutes.checked_mul(60)?)?;
            if *sign == b'-' { -seconds } else { seconds }
        }
        Some(_) => return None,
    };
    let zone = TimeZone::fixed(Offset::from_seconds(offset).ok()?);
    Some(local.to_zoned(zone).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        let at: Timestamp = "2026-11-22T03:04:05Z".parse().unwrap();
        assert_eq!(date(at), "D:20261122030405+00'00'");
        assert_eq!(read_date(date(at).as_bytes()), Some(at));
        assert_eq!(read_date(b"D:20261122100405+07'00'"), Some(at));
        assert_eq!(read_date(b"D:20261122100405+07'00"), Some(at));
        assert_eq!(read_date(b"D:20261122030405Z"), Some(at));
        assert_eq!(
            read_date(b"D:2026"),
            Some("2026-01-01T00:00:00Z".parse().unwrap())
        );
        let wrong: [&[u8]; 7] = [
            b"",
            b"D:",
            b"D:20261322",
            b"D:20261122030405+99'99'",
            b"D:20261122x",
            b"\xff",
            b"D:20261122030405+\xc3",
        ];
        for bytes in wrong {
            assert_eq!(read_date(bytes), None);
        }
    }

    #[test]
    fn vietnamese_text_goes_there_and_back() {
        for text in ["Nguyen", "Nguyễn Thị Hòa", "ký số (chứng thực) 🖋"] {
            assert_eq!(read_text(&text_string(text)), text);
        }
        assert_eq!(read_text(b"\xfe\xff\xd8\x00"), "\u{fffd}");
    }
}
