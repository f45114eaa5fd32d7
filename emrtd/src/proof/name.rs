//! Names in certificates: compared as people would, printed for people (RFC 5280 §4.1.2.4, §7.1).

use super::der::Der;

const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];
const LOCALITY: &[u8] = &[0x55, 0x04, 0x07];
const MOST_PARTS: usize = 64;

/// What stands before the value when a name is printed, RFC 4514 §3.
const SHORT: &[(&[u8], &str)] = &[
    (&[0x55, 0x04, 0x03], "CN"),
    (&[0x55, 0x04, 0x04], "SN"),
    (&[0x55, 0x04, 0x05], "serialNumber"),
    (COUNTRY, "C"),
    (LOCALITY, "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x09], "street"),
    (&[0x55, 0x04, 0x0A], "O"),
    (&[0x55, 0x04, 0x0B], "OU"),
    (&[0x55, 0x04, 0x0C], "title"),
    (&[0x55, 0x04, 0x61], "organizationIdentifier"),
    (
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01],
        "emailAddress",
    ),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19],
        "DC",
    ),
];

/// A distinguished name, tag and length included.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    raw: &'a [u8],
}

impl<'a> Name<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// As it stands.
    pub(crate) fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Identifier and text of every part; what cannot be read is left out.
    fn parts(&self) -> Vec<(&'a [u8], String)> {
        let mut parts = Vec::new();
        let mut sets = Der::new(Der::new(self.raw).expect(0x30).unwrap_or_default());
        while let Some(set) = sets.expect(0x31) {
            let mut set = Der::new(set);
            while let Some(pair) = set.expect(0x30) {
                let mut pair = Der::new(pair);
                if let (Some(id), Some(value)) = (pair.expect(0x06), pair.next()) {
                    parts.push((id, text(value.tag, value.value)));
                }
                if parts.len() >= MOST_PARTS {
                    return parts;
                }
            }
        }
        parts
    }

    /// The same for names that differ only in case, in spaces, in the kind of string, or in the
    /// order of their parts: issuers are not careful with these. Only ever used to look for
    /// candidates; whether the key fits is another question.
    pub(crate) fn key(&self) -> Vec<u8> {
        let mut parts: Vec<Vec<u8>> = self
            .parts()
            .into_iter()
            .map(|(id, text)| {
                let words: Vec<&str> = text.split_whitespace().collect();
                let mut part = vec![id.len() as u8];
                part.extend(id);
                part.extend(words.join(" ").to_lowercase().bytes());
                part.push(0);
                part
            })
            .collect();
        parts.sort();
        parts.concat()
    }

    /// Two letters, upper case: issuers write "de" as well as "DE".
    pub(crate) fn country(&self) -> Option<String> {
        let (_, text) = self.parts().into_iter().find(|(id, _)| *id == COUNTRY)?;
        Some(text.trim().to_ascii_uppercase())
    }

    pub(super) fn localities(&self) -> Vec<String> {
        let parts = self.parts().into_iter();
        parts
            .filter(|(id, _)| *id == LOCALITY)
            .map(|(_, text)| text.trim().to_ascii_uppercase())
            .collect()
    }

    /// For people: "CN=…, O=…, C=…".
    pub(crate) fn readable(&self) -> String {
        let words: Vec<String> = self
            .parts()
            .into_iter()
            .map(|(id, text)| {
                let short = SHORT.iter().find(|(known, _)| *known == id);
                let shown: String = text
                    .chars()
                    .map(|letter| if letter.is_control() { '?' } else { letter })
                    .take(200)
                    .collect();
                match short {
                    Some((_, short)) => format!("{short}={shown}"),
                    None => format!("{}={shown}", hex::encode(id)),
                }
            })
            .collect();
        words.join(", ")
    }
}

fn text(tag: u8, value: &[u8]) -> String {
    match tag {
        // BMPString.
        0x1E => {
            let units: Vec<u16> = value
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        // TeletexString, which everybody writes as Latin 1.
        0x14 => value.iter().map(|&octet| char::from(octet)).collect(),
        _ => String::from_utf8_lossy(value).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv;

    fn name(parts: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
        let sets: Vec<u8> = parts
            .iter()
            .flat_map(|(id, tag, value)| {
                let pair = tlv::encode_all(
                    0x30,
                    &[&tlv::encode(0x06, id), &tlv::encode(u32::from(*tag), value)],
                );
                tlv::encode(0x31, &pair)
            })
            .collect();
        tlv::encode(0x30, &sets)
    }

    #[test]
    fn names_are_compared_as_people_would() {
        let organisation = &[0x55, 0x04, 0x0A];
        let one = name(&[(COUNTRY, 0x13, b"DE"), (organisation, 0x0C, b"Bund  one")]);
        let other = name(&[
            (organisation, 0x1E, b"\0b\0U\0n\0d\0 \0O\0n\0e"),
            (COUNTRY, 0x13, b"de"),
        ]);
        let (one, other) = (Name::new(&one), Name::new(&other));
        assert_eq!(one.key(), other.key());
        assert_eq!(other.country().as_deref(), Some("DE"));
        assert_eq!(one.readable(), "C=DE, O=Bund  one");
        let third = name(&[(COUNTRY, 0x13, b"DE"), (organisation, 0x0C, b"Bundone")]);
        assert_ne!(one.key(), Name::new(&third).key());
        for damaged in [&b""[..], b"\x30\x05ab", b"\x31\0", &[0x30; 40]] {
            assert_eq!(Name::new(damaged).country(), None);
            assert_eq!(Name::new(damaged).readable(), "");
        }
    }
}
