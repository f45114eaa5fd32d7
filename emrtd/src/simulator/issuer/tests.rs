use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use jiff::civil::date;
use openssl::sha::sha256;
use rand_core::RngCore;

use super::*;
use crate::access::AccessProtocol;
use crate::evidence::{ActiveAnswer, Challenge, ChipAuthWitness, ChipEvidence};
use crate::lds::{DataGroup, ImageFormat, com, dg3, dg13, sod};

/// Random numbers that are the same in every run.
pub(crate) struct Steady(pub(crate) u64);

impl RngCore for Steady {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 += 1;
        let digest = sha256(&self.0.to_be_bytes());
        u64::from_be_bytes(digest[..8].try_into().unwrap())
    }

    fn fill_bytes(&mut self, octets: &mut [u8]) {
        for chunk in octets.chunks_mut(8) {
            let number = self.next_u64().to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

impl CryptoRng for Steady {}

pub(crate) const CHALLENGE: Challenge = Challenge::new([1, 2, 3, 4, 5, 6, 7, 8]);

pub(crate) fn founded_at() -> Timestamp {
    "2024-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn issued_at() -> Timestamp {
    "2024-07-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn today() -> Date {
    date(2026, 11, 21)
}

pub(crate) fn utopia() -> SpecimenIssuer {
    SpecimenIssuer::new(&IssuerOptions::utopia(founded_at()), &mut Steady(1)).unwrap()
}

/// A frame, a scan and an end mark would do for the chip; these files are never decoded here.
pub(crate) fn jpeg() -> Vec<u8> {
    let mut jpeg = vec![
        0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 1, 0xC1, 1, 0x51, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1,
        0, 0, 0x3F, 0,
    ];
    jpeg.extend([0x5A; 300]);
    jpeg.extend([0xFF, 0xD9]);
    jpeg
}

pub(crate) fn person() -> SpecimenPerson {
    let mut person = SpecimenPerson::new(
        "001203000001",
        "Đỗ Thị Thuỳ Dương",
        date(2003, 2, 15),
        Sex::Female,
        date(2024, 7, 1),
    );
    person.old_id_no = Some("012345678".to_owned());
    person.portrait = jpeg();
    person.fingers = vec![
        FingerRecord::new(2, (4, 3), 500, ImageFormat::Raw, (0..12).collect()),
        FingerRecord::new(7, (300, 400), 500, ImageFormat::Png, png()),
    ];
    person
}

fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\x01\x2C\0\0\x01\x90\x08\0\0\0\0".to_vec();
    png.extend([0x11; 64]);
    png
}

pub(crate) fn card() -> SpecimenCard {
    utopia()
        .issue(&person(), &CardOptions::cccd(issued_at()), &mut Steady(2))
        .unwrap()
}

/// What an honest desk reads off the card, chip authentication and all.
pub(crate) fn evidence(card: &SpecimenCard) -> ChipEvidence {
    let groups = DataGroup::ALL
        .into_iter()
        .filter_map(|group| Some((group, card.group(group)?.to_vec())))
        .collect();
    ChipEvidence {
        sod: card.sod().to_vec(),
        groups,
        card_access: card.card_access.clone(),
        com: None,
        locked: Vec::new(),
        active: card.answer(&CHALLENGE).map(|signature| ActiveAnswer {
            challenge: CHALLENGE,
            signature,
        }),
        chip_auth: (!card.chip_keys.is_empty()).then(|| ChipAuthWitness {
            protocol: "0.4.0.127.0.7.2.2.3.2.2".to_owned(),
            key_id: None,
        }),
        mapping: None,
        card_security: None,
        access: AccessProtocol::PaceCan,
    }
}

/// A file of the shared data set, or `None` with a word why the test stops.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NIEM_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let found = root.join("data/chip").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("SKIPPED: {} is not here; set NIEM_SHARED", found.display());
    None
}

#[test]
fn the_card_is_laid_out_as_the_cccd_is() {
    let card = card();
    // As read off CCCDs.
    let observed = "3134300d060804007f00070202020201 01300f060a04007f00070202030202020101\
                    3012060a04007f0007020204020202010202010d";
    let observed = hex::decode(observed.replace(' ', "")).unwrap();
    assert_eq!(card.card_access.as_deref(), Some(observed.as_slice()));
    assert_eq!(card.can, "000001");
    assert!(card.mrz.starts_with("IDUTO203000001"));
    assert_eq!(&card.mrz[15..29], "001203000001<<");
    use DataGroup::{Dg1, Dg2, Dg3, Dg13, Dg14, Dg15};
    let groups = com::read(card.file(0x011E).unwrap()).unwrap();
    assert_eq!(groups, [Dg1, Dg2, Dg3, Dg13, Dg14, Dg15]);
    let fingers = dg3::read(card.group(Dg3).unwrap()).unwrap();
    assert_eq!(fingers, person().fingers);
    // The specimen does carry what the reader drops.
    let dg13 = card.group(Dg13).unwrap();
    let holds = |text: &str| dg13.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("Tôn giáo mẫu") && holds("Cha Mẫu"));
    let known = dg13::read(dg13).unwrap();
    assert_eq!(known.name.unwrap().as_str(), "Đỗ Thị Thuỳ Dương");
    assert_eq!(known.old_id_no.unwrap().as_str(), "012345678");
    assert_eq!(known.birth.unwrap().whole(), Some(date(2003, 2, 15)));
    assert_eq!(known.sex, Some(Sex::Female));
}

#[test]
fn the_same_random_numbers_make_the_same_keys() {
    let public = |issuer: &SpecimenIssuer| {
        let certificate = X509::from_der(&issuer.csca_der()).unwrap();
        certificate
            .public_key()
            .unwrap()
            .public_key_to_der()
            .unwrap()
    };
    assert_eq!(public(&utopia()), public(&utopia()));
    let other = SpecimenIssuer::new(&IssuerOptions::utopia(founded_at()), &mut Steady(99)).unwrap();
    assert_ne!(public(&utopia()), public(&other));
    assert_eq!(card().chip_keys, card().chip_keys);
    assert_eq!(card().active_key, card().active_key);
}

#[test]
fn country_and_card_are_saved_and_loaded() {
    let issuer = utopia();
    let again = SpecimenIssuer::from_json(&issuer.to_json().unwrap()).unwrap();
    assert_eq!(again.csca_der(), issuer.csca_der());
    let made = again
        .issue(&person(), &CardOptions::cccd(issued_at()), &mut Steady(2))
        .unwrap();
    let loaded = SpecimenCard::from_json(&made.to_json()).unwrap();
    assert!(loaded == made);
    assert!(SpecimenCard::from_json("{}").is_err());
    assert_eq!(format!("{made:?}"), "SpecimenCard(..)");
}

#[test]
fn nobody_without_a_number_or_a_face_gets_a_card() {
    let options = CardOptions::cccd(issued_at());
    for (field, spoil) in [
        (
            "personal number",
            (|person| person.personal_id = "12".to_owned()) as fn(&mut SpecimenPerson),
        ),
        ("portrait", |person| person.portrait.clear()),
        ("name", |person| person.name_vi.clear()),
    ] {
        let mut person = person();
        spoil(&mut person);
        let error = utopia()
            .issue(&person, &options, &mut Steady(2))
            .unwrap_err();
        assert!(matches!(error, IssueError::Person { field: found } if found == field));
    }
}

fn openssl(arguments: &[&str], input: &[u8]) -> Option<(bool, Vec<u8>)> {
    let child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "openssl is missing, and no judge may be left out"
        );
        eprintln!("SKIPPED: no openssl program here");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), output.stdout))
}

#[test]
fn the_openssl_program_agrees_about_certificates_and_security_object() {
    let dir = std::env::temp_dir().join(format!("emrtd-specimen-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for keys in [SigningKeys::Brainpool, SigningKeys::RsaPss] {
        let options = IssuerOptions {
            keys,
            ..IssuerOptions::utopia(founded_at())
        };
        let issuer = SpecimenIssuer::new(&options, &mut Steady(1)).unwrap();
        let card = issuer
            .issue(&person(), &CardOptions::cccd(issued_at()), &mut Steady(2))
            .unwrap();
        let csca = dir.join("csca.pem");
        std::fs::write(&csca, issuer.csca_pem()).unwrap();
        let cms = sod::cms(card.sod()).unwrap();
        let verify = ["cms", "-verify", "-noverify", "-inform", "DER", "-binary"];
        let Some((held, content)) = openssl(&verify, cms) else {
            return;
        };
        assert!(held, "{keys:?}: openssl cms refuses the security object");
        let digest = sha256(card.group(DataGroup::Dg1).unwrap());
        assert!(content.windows(32).any(|part| part == digest));
        let mut altered = cms.to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert!(!openssl(&verify, &altered).unwrap().0);

        let signer = X509::from_der(&issuer.signer_der())
            .unwrap()
            .to_pem()
            .unwrap();
        let at = issued_at().as_second().to_string();
        let chain = [
            "verify",
            "-x509_strict",
            "-attime",
            &at,
            "-CAfile",
            csca.to_str().unwrap(),
        ];
        assert!(
            openssl(&chain, &signer).unwrap().0,
            "{keys:?}: openssl verify refuses the signer"
        );
        let (_, text) = openssl(&["x509", "-noout", "-text"], &signer).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(
            text.contains("Digital Signature") && text.contains("C = UT"),
            "{text}"
        );
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// A security object signed by whoever, for forgeries.
pub(crate) fn sign_as(
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    signer: &X509,
    key: &PKey<Private>,
    at: Timestamp,
) -> Vec<u8> {
    let signature = security_object::Signature {
        signer,
        key,
        pss: false,
        digest: Hash::Sha256,
        at: Some(at),
    };
    security_object::sign(groups, LdsVersion::default(), &signature).unwrap()
}

/// The card with these files in place of its own (or besides them), signed by its issuer again: what
/// only a mistaken issuer makes.
pub(crate) fn signed_again(card: &SpecimenCard, files: &[(DataGroup, Vec<u8>)]) -> SpecimenCard {
    let issuer = utopia();
    let mut groups: BTreeMap<_, _> = DataGroup::ALL
        .into_iter()
        .filter_map(|group| Some((group, card.group(group)?.to_vec())))
        .collect();
    groups.extend(files.iter().cloned());
    let sod = sign_as(&groups, &issuer.signer, &issuer.signer_key, issued_at());
    let mut card = card.clone();
    card.files.insert(0x011D, sod);
    for (group, file) in groups {
        card.files.insert(group.file_id(), file);
    }
    card
}

/// The same without a time of signing.
pub(crate) fn sign_without_time(
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    signer: &X509,
    key: &PKey<Private>,
) -> Vec<u8> {
    let object = sod::SecurityObject {
        digest_algorithm: "2.16.840.1.101.3.4.2.1".to_owned(),
        digests: groups
            .iter()
            .map(|(&group, file)| (group, sha256(file).to_vec()))
            .collect(),
        lds_version: None,
    };
    let content = object.write();
    let signature = security_object::Signature {
        signer,
        key,
        pss: false,
        digest: Hash::Sha256,
        at: None,
    };
    let message = security_object::sign_content(sod::LDS_SECURITY_OBJECT, &content, &signature);
    sod::write(&message.unwrap())
}

/// What the issuer would never sign, signed by it.
pub(crate) fn sign_content(content: &[u8], issuer: &SpecimenIssuer, signer: &X509) -> Vec<u8> {
    let signature = security_object::Signature {
        signer,
        key: &issuer.signer_key,
        pss: issuer.pss,
        digest: Hash::Sha256,
        at: Some(issued_at()),
    };
    let message = security_object::sign_content(sod::LDS_SECURITY_OBJECT, content, &signature);
    sod::write(&message.unwrap())
}
