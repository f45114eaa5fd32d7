//! What the fuzz targets share: one specimen card, read once, and dice that always fall the same.

use emrtd::simulator::Applet;
use emrtd::simulator::issuer::{
    CardOptions, IssuerOptions, Profile, SpecimenCard, SpecimenIssuer, SpecimenPerson,
    SpecimenTerminals, TerminalsOptions,
};
use emrtd::tlv;
use emrtd::{
    AccessKey, AccessPolicy, Can, Challenge, Chip, ChipEvidence, Collection, CscaTrust, DataGroup,
    Sex,
};
use jiff::civil::{Date, date};

/// The day on which everything is judged.
pub fn today() -> Date {
    date(2026, 11, 1)
}

/// Everything that a desk reads.
pub const WANTED: [DataGroup; 5] = [
    DataGroup::Dg1,
    DataGroup::Dg2,
    DataGroup::Dg13,
    DataGroup::Dg14,
    DataGroup::Dg15,
];

/// A card, its country's trust, and an honest reading of it.
pub struct Specimen {
    pub card: SpecimenCard,
    pub trust: CscaTrust,
    pub challenge: Challenge,
    pub evidence: ChipEvidence,
    pub sod_digest: [u8; 32],
    /// The country's certificate.
    pub csca: Vec<u8>,
    /// Card-verifiable certificates, side by side.
    pub terminals: Vec<u8>,
}

/// A card of every kind, by its name.
///
/// # Panics
/// When one of our own specimens cannot be made.
pub fn profiles() -> Vec<(&'static str, SpecimenCard)> {
    let mut rng = Dice(2);
    let made = |profile: Profile| {
        let made = profile
            .make(&person(), None, moment(), &mut rng)
            .expect("every profile can be made");
        (profile.name(), made.card)
    };
    Profile::ALL.into_iter().map(made).collect()
}

fn moment() -> jiff::Timestamp {
    date(2026, 10, 1)
        .at(9, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("a day in October")
        .timestamp()
}

fn person() -> SpecimenPerson {
    let mut person = SpecimenPerson::new(
        "001090004721",
        "Nguyễn Văn Mẫu",
        date(1990, 3, 15),
        Sex::Male,
        date(2026, 1, 5),
    );
    person.portrait = PORTRAIT.to_vec();
    person
}

impl Default for Specimen {
    fn default() -> Self {
        Self::new()
    }
}

impl Specimen {
    /// # Panics
    /// When our own specimen cannot be made or is not believed.
    pub fn new() -> Self {
        let mut rng = Dice(1);
        let moment = moment();
        let issuer = SpecimenIssuer::new(&IssuerOptions::utopia(moment), &mut rng)
            .expect("a country can be founded");
        let card = issuer
            .issue(&person(), &CardOptions::cccd(moment), &mut rng)
            .expect("a card can be issued");
        let key = AccessKey::Can(Can::new(&card.can).expect("six digits"));
        let challenge = Challenge::new([7; 8]);
        let mut chip = Chip::new(Applet::new(&card))
            .open(&key, AccessPolicy::default(), &mut rng)
            .map_err(|(_, error)| error)
            .expect("the specimen opens");
        let evidence = chip
            .collect(
                &mut Collection::new(&WANTED, challenge),
                &mut rng,
                &mut |_| {},
            )
            .expect("the specimen is read");
        let csca = issuer.csca_der();
        let trust = CscaTrust::from_der([&csca[..]]).expect("our own certificate");
        let terminals = SpecimenTerminals::new(&TerminalsOptions::utopia(today()), &mut rng)
            .expect("terminals can be certified")
            .certificates();
        let sod_digest = evidence
            .verify(&trust, &challenge, today())
            .expect("the specimen is believed")
            .sod_digest();
        Self {
            card,
            trust,
            challenge,
            evidence,
            sod_digest,
            csca,
            terminals,
        }
    }
}

/// DO'5F2E': a record of ISO/IEC 19794.
pub const RECORD_19794: u32 = 0x5F2E;
/// DO'7F2E': a record of ISO/IEC 39794.
pub const RECORD_39794: u32 = 0x7F2E;

/// One biometric record as a data group holds it: `file` is the group's tag, `kind` CBEFF's type of what it shows.
pub fn wrapped(file: u32, kind: u8, tag: u32, record: &[u8]) -> Vec<u8> {
    let header = tlv::encode(0xA1, &tlv::encode(0x81, &[kind]));
    let record = tlv::encode(tag, record);
    let template = tlv::encode_all(0x7F60, &[&header, &record]);
    let group = tlv::encode_all(0x7F61, &[&tlv::encode(0x02, &[1]), &template]);
    tlv::encode(file, &group)
}

/// The records of such a data group, with the tag that each stands under.
///
/// # Panics
/// When it is none; only our own are taken apart.
pub fn unwrapped(file: u32, group: &[u8]) -> Vec<(u32, &[u8])> {
    let ours = "a data group of our own making";
    let group = tlv::only(tlv::only(group, file).expect(ours), 0x7F61).expect(ours);
    let mut templates = tlv::Reader::new(group);
    let mut records = Vec::new();
    while let Some(template) = templates.read().expect(ours) {
        if template.tag() != 0x7F60 {
            continue;
        }
        for tag in [RECORD_19794, RECORD_39794] {
            let record = tlv::find(template.value(), tag).expect(ours);
            records.extend(record.map(|record| (tag, record)));
        }
    }
    records
}

/// A JPEG's head and end.
pub const PORTRAIT: [u8; 17] = [
    0xFF, 0xD8, 0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x01, 0x40, 0x00, 0xF0, 0x01, 0x01, 0x11, 0x00, 0xFF,
    0xD9,
];

/// Randomness that is none, so that a finding can be found again.
pub struct Dice(pub u64);

impl rand_core::RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

impl rand_core::CryptoRng for Dice {}
