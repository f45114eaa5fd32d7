//! ASN.1 times, which certificates and signed attributes carry.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// UTCTime (tag 17) or GeneralizedTime (tag 18) in the only form DER knows: whole seconds, Z.
pub(crate) fn read(tag: u32, value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?;
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let full = match (tag, digits.len()) {
        // RFC 5280 §4.1.2.5.1: 50 to 99 are of the twentieth century.
        (0x17, 12) if digits.as_bytes()[0] >= b'5' => format!("19{digits}"),
        (0x17, 12) => format!("20{digits}"),
        (0x18, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(part(from, from + 2)?).ok();
    DateTime::new(
        part(0, 4)?,
        small(4)?,
        small(6)?,
        small(8)?,
        small(10)?,
        small(12)?,
        0,
    )
    .ok()?
    .to_zoned(TimeZone::UTC)
    .ok()
    .map(|zoned| zoned.timestamp())
}
