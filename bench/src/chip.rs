//! Reading a chip: exchanges, bytes, and the time they take at three line rates.
//!
//! Time over the air is added up from a price list (10 ms an exchange, and the line rate), so that it
//! does not depend on the machine. Time in software is measured, without the simulated chip's own
//! share. The card is a CCCD of 19,961 bytes: SOD, DG14, DG1, DG13, DG15, DG2.

use std::time::{Duration, Instant};

use emrtd::simulator::issuer::{
    CardOptions, IssuerOptions, SpecimenCard, SpecimenIssuer, SpecimenPerson,
};
use emrtd::simulator::{Applet, Faults, Timing};
use emrtd::transport::{Transport, TransportError};
use emrtd::{
    AccessKey, AccessPolicy, Can, Challenge, Chip, Collection, CscaTrust, DataGroup, Habits, Sex,
};
use jiff::civil::date;
use rand_core::{OsRng, TryRngCore as _};

use crate::table;

/// What the six files hold together, as in the measurements of other readers that this one continues.
const CARD_BYTES: usize = 19_961;

const RATES: [u32; 3] = [106, 424, 848];
const EXCHANGE_MS: u64 = 10;

/// Each row is the median of so many readings.
const READINGS: usize = 21;

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// What one reading cost.
#[derive(Clone, Copy)]
struct Cost {
    apdus: u32,
    sent: u64,
    received: u64,
    /// The reader's own work.
    software: Duration,
}

/// A chip whose own work is timed apart.
struct Metered {
    applet: Applet,
    apdus: u32,
    sent: u64,
    received: u64,
    inside: Duration,
}

impl Metered {
    fn new(card: &SpecimenCard, faults: &Faults) -> Self {
        Self {
            applet: Applet::with_faults(card, faults.clone()),
            apdus: 0,
            sent: 0,
            received: 0,
            inside: Duration::ZERO,
        }
    }

    fn cost(&self, whole: Duration) -> Cost {
        Cost {
            apdus: self.apdus,
            sent: self.sent,
            received: self.received,
            software: whole.saturating_sub(self.inside),
        }
    }
}

impl Transport for Metered {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let asked = Instant::now();
        let answer = self.applet.transmit(command)?;
        self.inside += asked.elapsed();
        self.apdus += 1;
        self.sent += command.len() as u64;
        self.received += answer.len() as u64;
        Ok(answer)
    }
}

impl dmrtd::com::Transceiver for Metered {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, dmrtd::com::TransceiveError> {
        self.transmit(command)
            .map_err(|error| dmrtd::com::TransceiveError::new(error.to_string()))
    }
}

struct Desk {
    card: SpecimenCard,
    trust: CscaTrust,
    at: jiff::civil::Date,
}

impl Desk {
    fn set_up() -> Self {
        let mut rng = OsRng.unwrap_err();
        let at = date(2026, 11, 1);
        let moment = at
            .at(9, 0, 0, 0)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .expect("a day in November")
            .timestamp();
        let issuer = SpecimenIssuer::new(&IssuerOptions::utopia(moment), &mut rng)
            .expect("a country can be founded");
        let mut person = SpecimenPerson::new(
            "001090004721",
            "Nguyễn Văn Mẫu",
            date(1990, 3, 15),
            Sex::Male,
            date(2026, 1, 5),
        );
        let mut issue = |filler: usize| {
            person.portrait = portrait(filler);
            issuer
                .issue(&person, &CardOptions::cccd(moment), &mut rng)
                .expect("a card can be issued")
        };
        // The signature's length differs by a byte or two from one card to the next.
        let card = (0..200)
            .scan(15_000, |filler, _| {
                let card = issue(*filler);
                *filler = (*filler + CARD_BYTES).saturating_sub(bytes_of(&card));
                Some(card)
            })
            .find(|card| bytes_of(card) == CARD_BYTES)
            .expect("some portrait makes the card as large as wanted");
        let csca = issuer.csca_der();
        Self {
            card,
            trust: CscaTrust::from_der([&csca[..]]).expect("our own certificate"),
            at,
        }
    }

    /// PACE, chip authentication, six files, active and passive authentication.
    fn ours(&self, faults: &Faults, habits: Option<&Habits>) -> (Cost, Habits) {
        let wanted = [
            DataGroup::Dg1,
            DataGroup::Dg2,
            DataGroup::Dg13,
            DataGroup::Dg14,
            DataGroup::Dg15,
        ];
        let mut rng = OsRng.unwrap_err();
        let key = AccessKey::Can(Can::new(&self.card.can).expect("six digits"));
        let challenge = Challenge::new(CHALLENGE);
        let mut metered = Metered::new(&self.card, faults);
        let begun = Instant::now();
        let mut chip = Chip::new(&mut metered);
        if let Some(habits) = habits {
            chip = chip.with_habits(habits.clone());
        }
        let mut chip = chip
            .open(&key, AccessPolicy::default(), &mut rng)
            .map_err(|(_, error)| error)
            .expect("the specimen opens");
        let evidence = chip
            .collect(
                &mut Collection::new(&wanted, challenge),
                &mut rng,
                &mut |_| {},
            )
            .expect("the specimen is read");
        let learnt = chip.habits();
        drop(chip);
        evidence
            .verify(&self.trust, &challenge, self.at)
            .expect("the specimen is genuine");
        (metered.cost(begun.elapsed()), learnt)
    }

    /// PACE, six files, active and passive authentication. It has no chip authentication.
    fn dmrtd(&self) -> Cost {
        let mut metered = Metered::new(&self.card, &Faults::default());
        let begun = Instant::now();
        let mut passport = dmrtd::passport::Passport::new(Borrowed(&mut metered));
        let access = passport.read_ef_card_access().expect("EF.CardAccess");
        let key = dmrtd::proto::can_key::CanKey::new(&self.card.can).expect("six digits");
        passport.start_session_pace(key, &access).expect("PACE");
        passport.read_ef_sod().expect("EF.SOD");
        passport.read_ef_dg14().expect("DG14");
        passport.read_ef_dg1().expect("DG1");
        passport.read_ef_dg13().expect("DG13");
        passport.read_ef_dg15().expect("DG15");
        passport
            .active_authenticate(&CHALLENGE)
            .expect("active authentication");
        passport.read_ef_dg2().expect("DG2");
        drop(passport);
        metered.cost(begun.elapsed())
    }
}

struct Borrowed<'a>(&'a mut Metered);

impl dmrtd::com::Transceiver for Borrowed<'_> {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, dmrtd::com::TransceiveError> {
        dmrtd::com::Transceiver::transceive(self.0, command)
    }
}

/// A JPEG's head with nothing worth seeing behind it: only its length matters here.
fn portrait(filler: usize) -> Vec<u8> {
    const HEAD: [u8; 13] = [
        0xFF, 0xD8, 0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x01, 0x40, 0x00, 0xF0, 0x01, 0x01,
    ];
    let mut image = HEAD.to_vec();
    image.extend([0x11, 0x00]);
    image.resize(HEAD.len() + 2 + filler, 0x5A);
    image.extend([0xFF, 0xD9]);
    image
}

fn bytes_of(card: &SpecimenCard) -> usize {
    let groups = [
        DataGroup::Dg1,
        DataGroup::Dg2,
        DataGroup::Dg13,
        DataGroup::Dg14,
        DataGroup::Dg15,
    ];
    let files = groups.iter().filter_map(|group| card.group(*group));
    card.sod().len() + files.map(<[u8]>::len).sum::<usize>()
}

/// The reading whose software time is the median.
fn median(mut read: impl FnMut() -> Cost) -> Cost {
    let mut costs: Vec<Cost> = (0..READINGS).map(|_| read()).collect();
    costs.sort_by_key(|cost| cost.software);
    costs[READINGS / 2]
}

pub(crate) fn run() {
    let desk = Desk::set_up();
    let plain = Faults::default();
    let script = |words: &str| words.parse::<Faults>().expect("known words");
    let (_, habits) = desk.ours(&plain, None);
    let (short, bounded) = (script("no-extended"), script("max-le=1024"));
    let (_, short_habits) = desk.ours(&short, None);
    let peer = median(|| desk.dmrtd());
    let rows = [
        (
            "ours, first card of its kind",
            median(|| desk.ours(&plain, None).0),
        ),
        (
            "ours, kind remembered",
            median(|| desk.ours(&plain, Some(&habits)).0),
        ),
        (
            "ours, chip answers 1,024 bytes at most",
            median(|| desk.ours(&bounded, None).0),
        ),
        (
            "ours, short answers only, first",
            median(|| desk.ours(&short, None).0),
        ),
        (
            "ours, short answers only, remembered",
            median(|| desk.ours(&short, Some(&short_habits)).0),
        ),
        ("dmrtd 0.3.5 (without chip authentication)", peer),
    ];
    println!(
        "CCCD, {CARD_BYTES} bytes in six files; {EXCHANGE_MS} ms an exchange; software: median of {READINGS}\n"
    );
    let mut head = vec!["reader", "APDUs", "sent", "received", "software"];
    let titles: Vec<[String; 3]> = RATES
        .iter()
        .map(|rate| {
            [
                format!("{rate} kbit/s"),
                "/ floor".to_owned(),
                "/ dmrtd".to_owned(),
            ]
        })
        .collect();
    head.extend(titles.iter().flatten().map(String::as_str));
    let time = |cost: &Cost, rate: u32| {
        let timing = Timing {
            exchange: Duration::from_millis(EXCHANGE_MS),
            kbit_s: rate,
        };
        let floor = timing.of(cost.apdus, cost.sent + cost.received);
        (floor + cost.software, floor)
    };
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, cost)| {
            let mut row = vec![
                (*name).to_owned(),
                cost.apdus.to_string(),
                cost.sent.to_string(),
                cost.received.to_string(),
                format!("{:.1} ms", cost.software.as_secs_f64() * 1e3),
            ];
            for rate in RATES {
                let (whole, floor) = time(cost, rate);
                let (theirs, _) = time(&peer, rate);
                row.push(format!("{:.2} s", whole.as_secs_f64()));
                row.push(format!("{:.3}", whole.as_secs_f64() / floor.as_secs_f64()));
                row.push(format!("{:.2}", whole.as_secs_f64() / theirs.as_secs_f64()));
            }
            row
        })
        .collect();
    table::print(&head, &rows);
}
