//! Containers: written, read back, altered, and judged by programs that none of us wrote.

#![allow(clippy::unwrap_used, reason = "tests")]

mod judges;

use std::io::{Cursor, Read};

use asic::{ContainerKey, ReadError, WriteError, Writer, read};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

/// A key below an authority of its own.
struct Signer {
    authority: String,
    certificate: Vec<u8>,
    pair: EcdsaKeyPair,
}

impl Signer {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Niem");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "Xuất hồ sơ <&>");
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
        ];
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &key.serialize_der(),
            &SystemRandom::new(),
        );
        Self {
            authority: issuer.pem(),
            certificate: certificate.der().to_vec(),
            pair: pair.unwrap(),
        }
    }
}

impl ContainerKey for Signer {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        signature.as_ref().try_into().ok()
    }
}

const FILES: [(&str, &str, &[u8]); 3] = [
    ("document.pdf", "application/pdf", b"%PDF-1.7 of a paper"),
    (
        "metadata.json",
        "application/json",
        "{\"title\":\"Giấy khai sinh\"}".as_bytes(),
    ),
    ("receipt.json", "application/json", b"{}"),
];

fn noon() -> Timestamp {
    // Not long ago: judges look at the certificate's years.
    Timestamp::now()
}

fn container(signer: &Signer) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new())).unwrap();
    for (name, media_type, mut content) in FILES {
        writer.add(name, media_type, &mut content).unwrap();
    }
    writer.finish(signer, noon()).unwrap().into_inner()
}

#[test]
fn what_is_written_is_read() {
    let signer = Signer::new();
    let zip = container(&signer);
    // The type stands at byte 38, where `file` looks for it (ETSI EN 319 162-1 §A.1).
    assert_eq!(&zip[30..38], b"mimetype");
    assert!(zip[38..].starts_with(asic::MEDIA_TYPE.as_bytes()));
    let found = read(&zip).unwrap();
    assert_eq!(found.certificate, signer.certificate);
    assert_eq!(found.entries().count(), 3);
    for ((name, media_type, content), entry) in FILES.iter().zip(found.entries()) {
        assert_eq!((&*entry.name, &*entry.media_type), (*name, *media_type));
        assert_eq!(found.file(name), Some(*content));
    }
    assert_eq!(found.file("META-INF/manifest.xml"), None);
    assert!(noon().duration_since(found.signed_at).as_secs() < 60);
}

#[test]
fn no_byte_can_be_changed() {
    // The signature is by a key of its own each time; every bit of its base64 counts as well.
    let zip = container(&Signer::new());
    let mut codes = std::collections::BTreeSet::new();
    for at in 0..zip.len() {
        let mut altered = zip.clone();
        altered[at] ^= 1;
        codes.insert(read(&altered).unwrap_err().code());
    }
    assert!(codes.contains("asic.malformed"), "{codes:?}");
    for end in 0..zip.len() {
        assert_eq!(read(&zip[..end]).unwrap_err(), ReadError::Malformed);
    }
    assert!(read(&[&zip[..], b"\0"].concat()).is_err());
    assert!(read(&[b"PK", &zip[..]].concat()).is_err());
}

/// A zip of these files by Python, which the tests build with anyway: another writer of our plain spelling.
fn packed_anew(zip: &[u8], change: &str) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("from"), place.path().join("to"));
    std::fs::write(&from, zip).unwrap();
    let script = format!(
        "import sys, zipfile\n\
         old = zipfile.ZipFile(sys.argv[1])\n\
         files = [(i.filename, old.read(i)) for i in old.infolist()]\n\
         {change}\n\
         new = zipfile.ZipFile(sys.argv[2], 'w')\n\
         for name, content in files:\n\
         \x20   i = zipfile.ZipInfo(name)\n\
         \x20   i.create_system = 0\n\
         \x20   i.external_attr = 0\n\
         \x20   new.writestr(i, content)\n\
         for i in new.infolist(): i.external_attr = 0\n\
         new.close()\n"
    );
    let made = std::process::Command::new("python3")
        .args(["-c", &script])
        .args([&from, &to])
        .status();
    assert!(made.unwrap().success());
    std::fs::read(to).unwrap()
}

const FAULTS: [(&str, ReadError); 7] = [
    (
        "files = [(n, c.replace(b'paper', b'Paper')) for n, c in files]",
        ReadError::Altered,
    ),
    (
        "files = [(n, files[1][1] if n == 'receipt.json' else c) for n, c in files]",
        ReadError::Altered,
    ),
    (
        "files = [f for f in files if f[0] != 'receipt.json']",
        ReadError::FileMissing,
    ),
    (
        "files.insert(3, ('more.json', b'{}'))",
        ReadError::FileExtra,
    ),
    (
        "files = [(n, c.replace(b'application/pdf', b'application/xml')) if n.endswith('t.xml') else (n, c) for n, c in files]",
        ReadError::Altered,
    ),
    (
        "files = [(n, c.replace(b'application/pdf', b'application/xml')) if n.endswith('0.xml') else (n, c) for n, c in files]",
        // The properties are another text than their digest says.
        ReadError::OtherForm,
    ),
    (
        "files = [(n, c.replace(b'><ds:KeyInfo', b'> <ds:KeyInfo')) for n, c in files]",
        ReadError::OtherForm,
    ),
];

#[test]
fn files_altered_swapped_removed_or_added_are_refused() {
    let zip = container(&Signer::new());
    // The control: packed anew without a change it is the same, byte for byte.
    assert_eq!(packed_anew(&zip, ""), zip);
    for (change, wanted) in FAULTS {
        let found = read(&packed_anew(&zip, change)).unwrap_err();
        assert_eq!(found, wanted, "{change}");
    }
    // Another key's signature over the same words.
    let (one, two) = (Signer::new(), Signer::new());
    struct Mixed<'a>(&'a Signer, &'a Signer);
    impl ContainerKey for Mixed<'_> {
        fn certificate(&self) -> &[u8] {
            &self.0.certificate
        }
        fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
            self.1.sign(message)
        }
    }
    let writer = Writer::new(Cursor::new(Vec::new())).unwrap();
    let mixed = writer.finish(&Mixed(&one, &two), noon()).unwrap();
    assert_eq!(read(mixed.get_ref()).unwrap_err(), ReadError::Signature);
}

#[test]
fn names_that_could_mean_two_things_are_not_taken() {
    let mut writer = Writer::new(Cursor::new(Vec::new())).unwrap();
    writer
        .add("a.pdf", "application/pdf", &mut &b""[..])
        .unwrap();
    for (name, media_type) in [
        ("a.pdf", "application/pdf"),
        ("A.PDF", "application/pdf"),
        ("mimetype", "text/plain"),
        ("META-INF/signatures1.xml", "text/xml"),
        ("meta-inf/signatures1.xml", "text/xml"),
        ("META-INF", "text/xml"),
        ("../b", "text/plain"),
        ("/b", "text/plain"),
        ("b/c/d", "text/plain"),
        ("b\\c", "text/plain"),
        (".b", "text/plain"),
        ("", "text/plain"),
        ("giấy.pdf", "application/pdf"),
        ("b\"", "text/plain"),
        ("b", "text"),
        ("b", "text/plain; charset=utf-8"),
        ("b", "text/<x>"),
    ] {
        let refused = writer.add(name, media_type, &mut &b""[..]).unwrap_err();
        assert!(matches!(refused, WriteError::Name), "{name} {media_type}");
    }
}

/// Gives nothing but zeros, and counts the largest piece that was asked for.
struct Zeros {
    left: u64,
    largest: usize,
}

impl Read for Zeros {
    fn read(&mut self, piece: &mut [u8]) -> std::io::Result<usize> {
        self.largest = self.largest.max(piece.len());
        let count = self.left.min(piece.len() as u64) as usize;
        piece[..count].fill(0);
        self.left -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_large_file_goes_through_in_small_pieces_and_has_a_limit() {
    let mut zeros = Zeros {
        left: 64 << 20,
        largest: 0,
    };
    let mut writer = Writer::new(tempfile::tempfile().unwrap()).unwrap();
    let entry = writer.add("large", "text/plain", &mut zeros).unwrap();
    assert_eq!(entry.size, 64 << 20);
    assert!(zeros.largest <= 64 * 1024);
    writer.finish(&Signer::new(), noon()).unwrap();

    /// Forgets what is written, and knows how much.
    struct Nowhere(u64);
    impl std::io::Write for Nowhere {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl std::io::Seek for Nowhere {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            match to {
                std::io::SeekFrom::Start(at) => self.0 = at,
                std::io::SeekFrom::Current(by) => self.0 = self.0.saturating_add_signed(by),
                std::io::SeekFrom::End(_) => unreachable!(),
            }
            Ok(self.0)
        }
    }
    let mut endless = Zeros {
        left: u64::MAX,
        largest: 0,
    };
    // Begins just below the limit: what counts is where the file would end.
    let mut writer = Writer::new(Nowhere(asic::LARGEST_BYTES - (1 << 20))).unwrap();
    let refused = writer
        .add("endless", "text/plain", &mut endless)
        .unwrap_err();
    assert!(matches!(refused, WriteError::TooLarge));
}
