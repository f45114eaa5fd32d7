//! Certificates and revocation lists in files: one in DER, several side by side, or PEM (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::proof::der::Der;

/// The ICAO directory holds some 30 000 document signers.
const MOST_OBJECTS: usize = 200_000;

/// The objects of a file, in DER; `label` is what PEM calls them. `None` when it holds none or is
/// damaged.
pub(super) fn objects(bytes: &[u8], label: &str) -> Option<Vec<Vec<u8>>> {
    let found = if bytes.first() == Some(&0x30) {
        let mut list = Der::new(bytes);
        let mut found = Vec::new();
        // A line's end after the last one is not worth a complaint.
        while !list.rest().iter().all(u8::is_ascii_whitespace) && found.len() < MOST_OBJECTS {
            found.push(list.next()?.raw.to_vec());
        }
        found
    } else {
        blocks(std::str::from_utf8(bytes).ok()?, label)?
    };
    (!found.is_empty()).then_some(found)
}

fn blocks(text: &str, label: &str) -> Option<Vec<Vec<u8>>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, after) = after.split_once(&end)?;
        let letters: String = body
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        found.push(STANDARD.decode(letters).ok()?);
        rest = after;
        if found.len() >= MOST_OBJECTS {
            break;
        }
    }
    Some(found)
}

/// One object as PEM.
pub(super) fn write(out: &mut String, der: &[u8], label: &str) {
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut text = String::from("a comment\n");
        write(&mut text, &[0x30, 1, 7], "X509 CRL");
        write(&mut text, &[5; 200], "CERTIFICATE");
        let found = objects(text.as_bytes(), "CERTIFICATE").unwrap();
        assert_eq!(found, [vec![5; 200]]);
        assert_eq!(
            objects(text.as_bytes(), "X509 CRL").unwrap(),
            [[0x30, 1, 7]]
        );
        assert_eq!(objects(b"\x30\x01a\x30\x01b\n", "").unwrap().len(), 2);
        for damaged in [
            &b""[..],
            b"text",
            b"\x30\x05a",
            b"-----BEGIN X-----\nAAAA",
            b"\xFF",
        ] {
            assert!(objects(damaged, "X").is_none());
        }
    }
}
