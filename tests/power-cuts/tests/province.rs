//! A small province for writers and checks: the verifier's keys, one desk with its operator, and cards that answer.
//! Everything lies in one folder, so that another process can take it up.

use std::fs;
use std::path::{Path, PathBuf};

use bundle::{
    BundleDigest, Claims, Consent, Device, DeviceKind, DocumentClaim, Draft, FileKey, Grade,
    MatchClaim, MatchOutcome, OperatorId, OwnerClaim, PageClaim, Part, PartIndex, Presence,
    Purpose, ReceiptKey, Recipients, Role, Score, Sha256Digest, SignedTicket, StationId, Ticket,
    VerifierPublicKey, VisitId, Witnessed,
};
use emrtd::simulator::Applet;
use emrtd::simulator::issuer::{
    CardOptions, IssuerOptions, SpecimenCard, SpecimenIssuer, SpecimenPerson,
};
use emrtd::{AccessKey, AccessPolicy, Can, Challenge, Chip, Collection, DataGroup, Sex};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, TryRngCore as _};
use station::courier::{Courier, Credentials};
use station::spool::Spool;
use station::tickets::TicketStock;
use verifier::comparers::{Sample, shipped};
use verifier::enroll::Subject;
use verifier::{Config, KeyFolder};

pub(crate) const DESK: &str = "tram-01";
const OPERATOR: &str = "nv-0042";
pub(crate) const NUMBER: &str = "031085001234";

/// What the tests say when they look into the wallet.
pub(crate) const PURPOSE: &str = "to count what is there";

/// The folder of a province.
pub(crate) struct Province(pub(crate) PathBuf);

/// A visit that is ready but for its seal: another process seals it under the ticket it belongs to.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Prepared {
    pub(crate) ticket: SignedTicket,
    pub(crate) visit: VisitId,
    evidence: Vec<u8>,
    access: String,
    clone_check: String,
    opened_at: Timestamp,
}

/// The country's card, and the hand that issues it.
pub(crate) struct Cards(SpecimenCard);

impl Province {
    /// Makes keys, one desk and one operator, and a country.
    pub(crate) fn found(place: &Path) -> (Self, Cards) {
        let province = Self(place.to_owned());
        let keys = province.keys();
        keys.init(
            "niem.example/test",
            &["localhost".to_owned()],
            jiff::Zoned::now().date(),
        )
        .unwrap();
        let authority = keys.station_authority().unwrap();
        for (name, subject) in [
            (
                "device",
                Subject::Station {
                    id: DESK.to_owned(),
                },
            ),
            (
                "operator",
                Subject::Operator {
                    id: OPERATOR.to_owned(),
                    role: "volunteer".to_owned(),
                },
            ),
        ] {
            let key = rcgen::KeyPair::generate().unwrap();
            let request = rcgen::CertificateParams::default()
                .serialize_request(&key)
                .unwrap()
                .pem()
                .unwrap();
            let certificate = authority
                .enroll(&subject, &request, jiff::Zoned::now().date())
                .unwrap();
            fs::write(place.join(format!("{name}.key.pem")), key.serialize_pem()).unwrap();
            fs::write(place.join(format!("{name}.cert.pem")), certificate).unwrap();
        }
        let year_ago = Timestamp::now() - SignedDuration::from_hours(24 * 365);
        let mut rng = OsRng.unwrap_err();
        let issuer = SpecimenIssuer::new(&IssuerOptions::utopia(year_ago), &mut rng).unwrap();
        fs::create_dir(place.join("csca")).unwrap();
        fs::write(place.join("csca/utopia.cer"), issuer.csca_der()).unwrap();
        let mut person = SpecimenPerson::new(
            NUMBER,
            "Nguyễn Văn Thử",
            date(1985, 3, 4),
            Sex::Male,
            date(2024, 1, 1),
        );
        person.portrait = vec![0xFF, 0xD8, 0xFF, 0xD9];
        let card = issuer
            .issue(&person, &CardOptions::cccd(year_ago), &mut rng)
            .unwrap();
        (province, Cards(card))
    }

    pub(crate) fn keys(&self) -> KeyFolder {
        KeyFolder::new(self.0.join("keys"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn verifier_key(&self) -> VerifierPublicKey {
        VerifierPublicKey::load(&self.keys().public().join("receipt.pub.pem")).unwrap()
    }

    /// The verifier's own hand, for receipts and tickets of tests that need no verifier.
    pub(crate) fn receipt_key(&self) -> ReceiptKey {
        ReceiptKey::load(&self.path("keys/receipt.key.pem")).unwrap()
    }

    pub(crate) fn vkey(&self) -> String {
        fs::read_to_string(self.keys().public().join("log.vkey")).unwrap()
    }

    fn signer(&self, name: &str) -> FileKey {
        FileKey::load(
            &self.path(&format!("{name}.key.pem")),
            &self.path(&format!("{name}.cert.pem")),
        )
        .unwrap()
    }

    /// Tickets as the verifier would hand them out.
    pub(crate) fn tickets(&self, count: usize) -> Vec<SignedTicket> {
        let (key, now) = (self.receipt_key(), Timestamp::now());
        let mut rng = OsRng.unwrap_err();
        (0..count)
            .map(|_| {
                let until = now + SignedDuration::from_hours(24);
                SignedTicket::issue(&Ticket::draw(station(), now, until, &mut rng), &key)
            })
            .collect()
    }

    pub(crate) fn stock(&self, folder: &Path) -> TicketStock {
        TicketStock::open(folder, station(), self.verifier_key()).unwrap()
    }

    /// Seals a prepared visit into a spool, with a paper of so many bytes.
    pub(crate) fn seal(
        &self,
        spool: &Spool,
        prepared: Prepared,
        paper_bytes: usize,
    ) -> BundleDigest {
        let recipients = Recipients::load(&self.keys().public().join("recipients.txt")).unwrap();
        spool
            .seal(
                |previous| draft(prepared, previous, paper_bytes),
                &self.signer("device"),
                &self.signer("operator"),
                &recipients,
                Timestamp::now(),
            )
            .unwrap()
    }

    /// The settings of a verifier over `data`.
    pub(crate) fn verifier(&self, data: &Path) -> Config {
        let text = format!(
            "listen = '127.0.0.1:0'\ndata = {data:?}\nkeys = 'keys'\ncsca_trust = 'csca'\n"
        );
        let file = tempfile::NamedTempFile::new_in(&self.0).unwrap();
        fs::write(file.path(), text).unwrap();
        Config::load(file.path()).unwrap()
    }

    pub(crate) fn courier(&self, port: u16) -> Courier {
        let mut identity = fs::read(self.path("device.cert.pem")).unwrap();
        identity.extend(fs::read(self.path("device.key.pem")).unwrap());
        Courier::new(&Credentials {
            url: &format!("https://localhost:{port}"),
            ca_pem: &fs::read(self.keys().public().join("server-ca.pem")).unwrap(),
            identity_pem: &identity,
        })
        .unwrap()
    }
}

pub(crate) fn station() -> StationId {
    StationId::new(DESK).unwrap()
}

impl Cards {
    /// Reads the card over this ticket's challenge.
    pub(crate) fn prepare(&self, ticket: SignedTicket) -> Prepared {
        let opened_at = Timestamp::now();
        let visit = VisitId::at(opened_at);
        let mut rng = OsRng.unwrap_err();
        let key = AccessKey::Can(Can::new(&self.0.can).unwrap());
        let opened = Chip::new(Applet::new(&self.0)).open(&key, AccessPolicy::default(), &mut rng);
        let mut chip = opened.map_err(|(_, error)| error).unwrap();
        let challenge = Challenge::new(bundle::challenge(&ticket, visit));
        let wanted = [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15];
        let evidence = chip
            .collect(
                &mut Collection::new(&wanted, challenge),
                &mut rng,
                &mut |_| {},
            )
            .unwrap()
            .leaving();
        let clone_check = if evidence.active.is_some() {
            "signed_by_chip"
        } else {
            "not_offered"
        };
        Prepared {
            access: evidence.access.as_str().to_owned(),
            clone_check: clone_check.to_owned(),
            evidence: serde_json::to_vec(&evidence).unwrap(),
            ticket,
            visit,
            opened_at,
        }
    }
}

/// A visit whose evidence nobody will look at: for stores that do not open bundles.
pub(crate) fn unread(ticket: SignedTicket) -> Prepared {
    Prepared {
        ticket,
        visit: VisitId::at(Timestamp::now()),
        opened_at: Timestamp::now(),
        evidence: b"{}".to_vec(),
        access: "pace".to_owned(),
        clone_check: "not_offered".to_owned(),
    }
}

fn draft(prepared: Prepared, previous: Option<BundleDigest>, paper_bytes: usize) -> Draft {
    let opened_at = prepared.opened_at;
    let face = face(&prepared.ticket, prepared.visit);
    let consent = |purpose, version: &str| Consent {
        purpose,
        text_version: version.to_owned(),
        lang: "vi".to_owned(),
        given_at: opened_at,
    };
    let page = PageClaim {
        image_sha256: Sha256Digest::of(b"pixels"),
        width: 2480,
        height: 3508,
        dpi: 300,
        verdicts: Vec::new(),
    };
    let manifest = Claims {
        visit: prepared.visit,
        station: station(),
        ticket: prepared.ticket,
        operator: OperatorId::new(OPERATOR).unwrap(),
        role: Role::Volunteer,
        practice: false,
        opened_at,
        devices: [
            (DeviceKind::CardReader, "pcsc"),
            (DeviceKind::Camera, "v4l"),
            (DeviceKind::Scanner, "sane"),
        ]
        .map(|(kind, driver)| Device {
            kind,
            name: format!("{driver}-1"),
            driver: driver.to_owned(),
            simulated: false,
        })
        .to_vec(),
        consents: vec![
            consent(Purpose::Identify, "identify-2026-01"),
            consent(Purpose::File, "file-2026-01"),
        ],
        chip: bundle::ChipClaim {
            evidence: PartIndex::of_part(0),
            access: prepared.access,
            clone_check: prepared.clone_check,
            witnessed: Witnessed {
                name: None,
                old_id_no: None,
            },
        },
        face,
        finger: MatchClaim::not_done("finger.group_locked"),
        sightings: Vec::new(),
        behalf: None,
        documents: vec![DocumentClaim {
            kind: "khai_sinh".to_owned(),
            title: "Giấy khai sinh".to_owned(),
            grade: Grade::G0,
            sheets_declared: 1,
            pages: vec![page],
            pdf: PartIndex::of_part(1),
            fields: Vec::new(),
            owner: OwnerClaim::Match,
        }],
    };
    let part = |name: &str, media_type: &str, content: Vec<u8>| Part {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        content: Box::new(std::io::Cursor::new(content)),
    };
    Draft {
        manifest,
        parts: vec![
            part("evidence.json", "application/json", prepared.evidence),
            part("document-1.pdf", "application/pdf", paper(paper_bytes)),
        ],
        previous,
    }
}

fn face(ticket: &SignedTicket, visit: VisitId) -> MatchClaim {
    let comparer = shipped()
        .into_iter()
        .find(|comparer| comparer.sample == Sample::Face)
        .unwrap();
    MatchClaim::Compared {
        outcome: MatchOutcome::Match,
        score: Score::rounded(0.71).unwrap(),
        threshold: comparer.accept,
        model: comparer.model,
        device: "device-1".to_owned(),
        reference: "dg2".to_owned(),
        attempts: 1,
        presence: Some(Presence {
            poses: bundle::poses(ticket, visit, 1).to_vec(),
            frames: 40,
            liveness: None,
        }),
        notices: Vec::new(),
        presentations: Vec::new(),
    }
}

/// A PDF of one blank page and a stream of at least so many bytes that nobody can press together.
fn paper(bytes: usize) -> Vec<u8> {
    let mut chance = power_cuts::Chance::new(bytes as u64);
    let noise: String = (0..bytes / 16)
        .map(|_| format!("{:016x}", chance.draw()))
        .collect();
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_owned(),
        format!(
            "<< /Length {} >>\nstream\n%{noise}\nendstream",
            noise.len() + 1
        ),
    ];
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", n + 1).as_bytes());
    }
    let (xref, size) = (out.len(), objects.len() + 1);
    out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n").as_bytes(),
    );
    out
}
