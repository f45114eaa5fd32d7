//! LDIF (RFC 2849), the form in which the ICAO Public Key Directory hands out master lists, document
//! signers and revocation lists. Only attributes that hold these are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The ICAO directory holds some 30 000 document signers.
const MOST_VALUES: usize = 200_000;
/// One value: a master list of 20 000 certificates would not be longer.
const MOST_VALUE: usize = 64 * 1024 * 1024;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    MasterList,
    Certificate,
    RevocationList,
}

impl Attribute {
    /// By its description without options (";binary"), whatever its case.
    fn of(name: &str) -> Option<Self> {
        let name = name.split(';').next()?.trim().to_ascii_lowercase();
        match name.as_str() {
            "cscamasterlistdata" | "pkdmasterlistcontent" | "cscamasterlist" => {
                Some(Self::MasterList)
            }
            "usercertificate" | "cacertificate" => Some(Self::Certificate),
            "certificaterevocationlist" | "authorityrevocationlist" | "crl" => {
                Some(Self::RevocationList)
            }
            _ => None,
        }
    }
}

/// Does this look like LDIF?
pub(super) fn is(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let text = String::from_utf8_lossy(head);
    text.lines()
        .any(|line| line.starts_with("dn:") || line.starts_with("version: 1"))
}

/// The values, in order; those whose base64 is damaged are counted.
pub(super) fn values(bytes: &[u8]) -> (Vec<(Attribute, Vec<u8>)>, usize) {
    let text = String::from_utf8_lossy(bytes);
    let mut values = Vec::new();
    let mut damaged = 0;
    let mut wanted: Option<(Attribute, String)> = None;
    let mut take = |wanted: Option<(Attribute, String)>| {
        let Some((attribute, letters)) = wanted else {
            return;
        };
        match STANDARD.decode(&letters) {
            Ok(value) if !value.is_empty() && values.len() < MOST_VALUES => {
                values.push((attribute, value));
            }
            _ => damaged += 1,
        }
    };
    for line in text.lines() {
        // RFC 2849 §2 note 2: a space at the beginning goes on with the line before.
        if let Some(more) = line.strip_prefix(' ') {
            if let Some((_, letters)) = &mut wanted
                && letters.len() + more.len() <= MOST_VALUE
            {
                letters.extend(more.chars().filter(|letter| !letter.is_whitespace()));
            }
            continue;
        }
        take(wanted.take());
        wanted = line.split_once("::").and_then(|(name, value)| {
            let letters = value.chars().filter(|letter| !letter.is_whitespace());
            Some((Attribute::of(name)?, letters.collect()))
        });
    }
    take(wanted.take());
    (values, damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_values_are_joined_and_others_left_out() {
        let text = b"version: 1\n# comment\ndn: cn=a,c=VN\nobjectClass: top\n\
            CscaMasterListData:: AQID\n BAUG\r\n Bw==\nuserCertificate;binary:: CAkK\n\
            description:: AAAA\ncn: plain\n\ndn: c=DE\ncertificateRevocationList;binary::  Cw==\n\
            cACertificate;binary:: !!!\nuserCertificate:< file:///etc/passwd\n";
        assert!(is(text) && !is(b"\x30\x82dn"));
        let (values, damaged) = values(text);
        assert_eq!(damaged, 1);
        assert_eq!(
            values,
            [
                (Attribute::MasterList, vec![1, 2, 3, 4, 5, 6, 7]),
                (Attribute::Certificate, vec![8, 9, 10]),
                (Attribute::RevocationList, vec![11]),
            ]
        );
        for odd in [&b""[..], b" ", b"::", b" ::\n :", b"\xFF\xFE::AA"] {
            super::values(odd);
        }
    }
}
