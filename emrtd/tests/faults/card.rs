//! Specimen cards, and what a forger may do to one.

use emrtd::lds::ImageFormat;
use emrtd::lds::dg3::FingerRecord;
use emrtd::simulator::issuer::{Profile, SpecimenCard, SpecimenPerson};
use emrtd::{CscaTrust, DataGroup, Sex, tlv};
use jiff::civil::date;
use jiff::tz::TimeZone;
use rand_core::{OsRng, TryRngCore as _};

const SOD: u16 = 0x011D;

/// A card with what was done to it, and the trust of the country that it says it is from.
pub(crate) struct Tampered {
    pub(crate) card: SpecimenCard,
    pub(crate) trust: CscaTrust,
}

impl Tampered {
    /// `words`: a profile, then what to do to the card, in order.
    pub(crate) fn make(words: &str) -> Self {
        let mut words = words.split_whitespace();
        let profile: Profile = words.next().unwrap().parse().unwrap();
        let mut rng = OsRng.unwrap_err();
        let moment = date(2026, 10, 1)
            .at(9, 0, 0, 0)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp();
        let made = profile.make(&someone(), None, moment, &mut rng).unwrap();
        let options = profile.options(moment);
        // Somebody else's card from the same country, as a forger would buy it.
        let other = || {
            let mut rng = OsRng.unwrap_err();
            made.issuer
                .issue(&someone_else(), &options, &mut rng)
                .unwrap()
        };
        let csca = made.issuer.csca_der();
        let mut trust = CscaTrust::from_der([&csca[..]]).unwrap();
        let mut card = made.card.clone();
        for word in words {
            let (what, which) = word.split_once(':').unwrap_or((word, ""));
            match what {
                "by-mrz" | "allow-bac" => {}
                "copied" => card = card.clone_without_keys(),
                "copied-with-own-keys" => {
                    card = card.clone_with_other_keys(&mut rng).unwrap();
                }
                "alter" => card = card.alter(group(which)),
                "without" => {
                    card.files.remove(&group(which).file_id());
                }
                "swap" => {
                    let id = group(which).file_id();
                    let file = other().files[&id].clone();
                    assert_ne!(Some(&file), card.files.get(&id), "{word} changes nothing");
                    card.files.insert(id, file);
                }
                "sod" => {
                    let sod = match which {
                        "other" => other().sod().to_vec(),
                        how => spoilt(card.sod(), how),
                    };
                    card.files.insert(SOD, sod);
                }
                "access" => card.card_access = access(card.card_access.as_deref(), which),
                "other-country" => {
                    let stranger = profile.make(&someone(), None, moment, &mut rng).unwrap();
                    let csca = stranger.issuer.csca_der();
                    trust = CscaTrust::from_der([&csca[..]]).unwrap();
                }
                other => panic!("{other} is nothing that can be done to a card"),
            }
        }
        Self { card, trust }
    }
}

fn group(name: &str) -> DataGroup {
    DataGroup::ALL
        .into_iter()
        .find(|group| group.name() == name)
        .unwrap()
}

fn someone() -> SpecimenPerson {
    let mut person = SpecimenPerson::new(
        "001090004721",
        "Nguyễn Văn Mẫu",
        date(1990, 3, 15),
        Sex::Male,
        date(2026, 1, 5),
    );
    person.portrait = portrait(0x11);
    person.fingers = vec![finger(0x11)];
    person
}

/// With the same last six digits, so that the access number opens both cards.
fn someone_else() -> SpecimenPerson {
    let mut person = SpecimenPerson::new(
        "079185004721",
        "Trần Thị Khác",
        date(1985, 7, 2),
        Sex::Female,
        date(2026, 2, 6),
    );
    person.portrait = portrait(0x22);
    person.fingers = vec![finger(0x22)];
    person
}

/// A JPEG's head and end, and one byte to tell two of them apart.
fn portrait(face: u8) -> Vec<u8> {
    vec![
        0xFF, 0xD8, 0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x01, 0x40, 0x00, 0xF0, 0x01, 0x01, face, 0x00,
        0xFF, 0xD9,
    ]
}

/// A right index of bare pixels.
fn finger(shade: u8) -> FingerRecord {
    FingerRecord::new(2, (64, 64), 500, ImageFormat::Raw, vec![shade; 64 * 64])
}

fn spoilt(sod: &[u8], how: &str) -> Vec<u8> {
    let cms = tlv::only(sod, 0x77).unwrap();
    match how {
        // The signature is the last thing in it.
        "zero-signature" => {
            let mut sod = sod.to_vec();
            let end = sod.len();
            sod[end - 32..].fill(0);
            sod
        }
        "truncated" => tlv::encode(0x77, &cms[..cms.len() - 40]),
        "trailing" => tlv::encode(0x77, &[cms, &[0x04, 0x02, 0xAA, 0xBB]].concat()),
        "empty" => tlv::encode(0x77, &[]),
        // BER: the outermost sequence with an indefinite length.
        "indefinite" => {
            let content = tlv::only(cms, 0x30).unwrap();
            tlv::encode(0x77, &[&[0x30, 0x80], content, &[0, 0]].concat())
        }
        // BER as well, and none that ends.
        "unended" => {
            let content = tlv::only(cms, 0x30).unwrap();
            tlv::encode(0x77, &[&[0x30, 0x80], content].concat())
        }
        // One digest of the signed list.
        "list-edited" => {
            let mut sod = sod.to_vec();
            let digest = sod
                .windows(3)
                .position(|window| window == [0x02, 0x01, 0x01])
                .unwrap();
            sod[digest + 8] ^= 1;
            sod
        }
        other => panic!("{other} is no way to spoil EF.SOD"),
    }
}

/// EF.CardAccess as somebody in the middle would have it.
fn access(file: Option<&[u8]>, how: &str) -> Option<Vec<u8>> {
    let file = file?;
    // PACE-ECDH-GM with 3DES over brainpoolP256r1, which nobody signed for.
    const WEAKER: [u8; 20] = [
        0x30, 0x12, 0x06, 0x0A, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x01, 0x02,
        0x01, 0x02, 0x02, 0x01, 0x0D,
    ];
    match how {
        "none" => None,
        "empty" => Some(tlv::encode(0x31, &[])),
        "weaker" => Some(tlv::encode(0x31, &WEAKER)),
        "extra" => {
            let set = tlv::only(file, 0x31).unwrap();
            Some(tlv::encode(0x31, &[set, &WEAKER].concat()))
        }
        "garbage" => Some(vec![0x31, 0x82, 0xFF]),
        other => panic!("{other} is no way to spoil EF.CardAccess"),
    }
}
