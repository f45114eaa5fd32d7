//! Object identifiers, from bytes to dots and back.

use super::LdsError;

const BAD: LdsError = LdsError::Field {
    field: "object identifier",
};

/// "1.2.840.10045.4.3.2" from the value of an OBJECT IDENTIFIER; X.690 §8.19.
pub(crate) fn to_dots(value: &[u8]) -> Result<String, LdsError> {
    if value.is_empty() || value.len() > 64 || value[value.len() - 1] & 0x80 != 0 {
        return Err(BAD);
    }
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0u64;
    for &octet in value {
        arc = arc.checked_mul(128).ok_or(BAD)? | u64::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    let words: Vec<String> = arcs.iter().map(u64::to_string).collect();
    Ok(words.join("."))
}

/// The value of an OBJECT IDENTIFIER for an identifier written in this crate.
pub(crate) fn from_dots(dots: &str) -> Vec<u8> {
    let mut arcs = dots
        .split('.')
        .map(|arc| arc.parse::<u64>().expect("identifiers here are literals"));
    let first = arcs.next().expect("an identifier has arcs") * 40;
    let first = first + arcs.next().expect("an identifier has two arcs");
    let mut out = Vec::new();
    for arc in std::iter::once(first).chain(arcs) {
        let mut septets = vec![(arc & 0x7F) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            septets.push((rest & 0x7F) as u8 | 0x80);
            rest >>= 7;
        }
        out.extend(septets.iter().rev());
    }
    out
}
