//! A desk: reads a specimen card for real, fills in the claims, seals, and sends as a courier does.

use base64::Engine as _;
use bundle::{
    BundleDigest, Claims, Consent, Device, DeviceKind, DocumentClaim, Draft, FieldClaim, Grade,
    MatchClaim, MatchOutcome, OperatorId, OwnerClaim, PageClaim, Part, PartIndex, PersonalText,
    Presence, Presentation, PresentationResult, Purpose, Role, Score, SealedBundle, Sha256Digest,
    SignedTicket, StationId, VisitId, Witnessed,
};
use emrtd::simulator::Applet;
use emrtd::simulator::issuer::{CardOptions, SpecimenCard, SpecimenPerson};
use emrtd::{
    AccessKey, AccessPolicy, Can, Challenge, Chip, ChipEvidence, Collection, DataGroup, Sex,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, TryRngCore};
use verifier::comparers::Sample;

use crate::client::{Answer, Client};
use crate::rig::{Rig, Signer};

pub const NUMBER: &str = "031085001234";
pub const NAME: &str = "Nguyễn Văn Thử";

pub struct Desk<'a> {
    pub rig: &'a Rig,
    pub id: StationId,
    pub device: Signer,
    pub operator: Signer,
    pub client: Client,
}

/// A visit ready for sealing; tests spoil it before.
pub struct Visit {
    pub claims: Claims,
    pub evidence: ChipEvidence,
    pub pdf: Vec<u8>,
}

impl<'a> Desk<'a> {
    pub fn new(rig: &'a Rig, id: &str) -> Self {
        let device = rig.station(id);
        let client = rig.client(Some(&device));
        let operator = rig.operator("nv-0042", "volunteer");
        Self {
            rig,
            id: StationId::new(id).unwrap(),
            device,
            operator,
            client,
        }
    }

    pub fn tickets(&self, count: u32) -> Vec<SignedTicket> {
        let answer = self
            .client
            .post("/v1/tickets", format!(r#"{{"count":{count}}}"#).as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_value(answer.json()["tickets"].clone()).unwrap()
    }

    /// Made out a month ago, as cards are: one of today would be of the future to a visit of yesterday.
    pub fn card(&self) -> SpecimenCard {
        let signed_at = Timestamp::now() - SignedDuration::from_hours(24 * 30);
        let mut person =
            SpecimenPerson::new(NUMBER, NAME, date(1985, 3, 4), Sex::Male, date(2024, 1, 1));
        person.portrait = vec![0xFF, 0xD8, 0xFF, 0xD9];
        self.rig
            .issuer
            .issue(
                &person,
                &CardOptions::cccd(signed_at),
                &mut OsRng.unwrap_err(),
            )
            .unwrap()
    }

    /// The same desk with somebody else serving.
    pub fn served_by(rig: &'a Rig, id: &str, role: &str) -> Self {
        Self {
            operator: rig.operator("nv-0042", role),
            ..Self::new(rig, id)
        }
    }

    /// A whole good visit with a fresh ticket and a fresh card.
    pub fn visit(&self) -> Visit {
        self.visit_with(self.tickets(1).remove(0), &self.card())
    }

    pub fn visit_with(&self, ticket: SignedTicket, card: &SpecimenCard) -> Visit {
        let visit = VisitId::at(Timestamp::now());
        let evidence = read_card(card, &ticket, visit);
        let opened_at = Timestamp::now();
        let clone_check = if evidence.active.is_some() {
            "signed_by_chip"
        } else {
            "not_offered"
        };
        let face = face_of(&ticket, visit, MatchOutcome::Match, 0.71);
        let claims = Claims {
            visit,
            station: self.id.clone(),
            ticket,
            operator: OperatorId::new("nv-0042").unwrap(),
            role: Role::Volunteer,
            practice: false,
            opened_at,
            devices: vec![
                device(DeviceKind::CardReader, "pcsc"),
                device(DeviceKind::Camera, "v4l"),
                device(DeviceKind::Scanner, "sane"),
            ],
            consents: vec![
                consent(Purpose::Identify, "identify-2026-01", opened_at),
                consent(Purpose::File, "file-2026-01", opened_at),
            ],
            chip: bundle::ChipClaim {
                evidence: PartIndex::of_part(0),
                access: evidence.access.as_str().to_owned(),
                clone_check: clone_check.to_owned(),
                witnessed: Witnessed {
                    name: Some(PersonalText::new(NAME)),
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
                pages: vec![page(), page()],
                pdf: PartIndex::of_part(1),
                fields: vec![FieldClaim {
                    name: "ho_ten".to_owned(),
                    value: PersonalText::new(NAME),
                    confidence: 93,
                    // As a desk of the first days leaves it.
                    state: None,
                }],
                owner: OwnerClaim::Match,
            }],
        };
        Visit {
            claims,
            evidence,
            pdf: pdf(2),
        }
    }

    pub fn seal(&self, visit: Visit) -> SealedBundle {
        self.seal_at(visit, None, Timestamp::now())
    }

    /// By a desk whose clock says `at`, and whose bundle before was `previous`.
    pub fn seal_at(
        &self,
        visit: Visit,
        previous: Option<BundleDigest>,
        at: Timestamp,
    ) -> SealedBundle {
        let folder = self
            .rig
            .path("spool")
            .join(VisitId::at(Timestamp::now()).to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let evidence = serde_json::to_vec(&visit.evidence).unwrap();
        let draft = Draft {
            manifest: visit.claims,
            parts: vec![
                part("evidence.json", "application/json", evidence),
                part("document-1.pdf", "application/pdf", visit.pdf),
            ],
            previous,
        };
        let (device, operator) = (self.device.sealing(), self.operator.sealing());
        bundle::seal(
            draft,
            &device,
            &operator,
            &self.rig.recipients(),
            &folder,
            at,
        )
        .unwrap()
    }

    /// Seals, sends the blobs, posts.
    pub fn send(&self, visit: Visit) -> (SealedBundle, Answer) {
        let sealed = self.seal(visit);
        self.upload_all(&sealed);
        let answer = self.post(&sealed);
        (sealed, answer)
    }

    pub fn post(&self, sealed: &SealedBundle) -> Answer {
        self.client.post("/v1/bundles", sealed.envelope_json())
    }

    pub fn upload_all(&self, sealed: &SealedBundle) {
        for blob in sealed.blobs() {
            let content = std::fs::read(sealed.blob_path(&blob.digest)).unwrap();
            let location = self.begin(&blob.digest, content.len());
            let answer = self.patch(&location, 0, &content);
            assert_eq!(answer.status, 204, "{answer:?}");
        }
    }

    /// Opens an upload; returns its path.
    pub fn begin(&self, digest: &Sha256Digest, length: usize) -> String {
        let answer = self.try_begin(digest, length);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.header("location").unwrap().to_owned()
    }

    pub fn try_begin(&self, digest: &Sha256Digest, length: usize) -> Answer {
        let name = base64::engine::general_purpose::STANDARD.encode(digest.to_string());
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", &length.to_string()),
            ("upload-metadata", &format!("sha256 {name}")),
        ];
        self.client.send("POST", "/v1/blobs", &headers, b"")
    }

    pub fn patch(&self, location: &str, offset: usize, content: &[u8]) -> Answer {
        let offset = offset.to_string();
        self.client
            .send("PATCH", location, &patch_headers(&offset), content)
    }
}

pub fn patch_headers(offset: &str) -> [(&str, &str); 3] {
    [
        ("tus-resumable", "1.0.0"),
        ("upload-offset", offset),
        ("content-type", "application/offset+octet-stream"),
    ]
}

/// Opens the card by PACE and reads what may leave the desk, over this visit's own challenge.
pub fn read_card(card: &SpecimenCard, ticket: &SignedTicket, visit: VisitId) -> ChipEvidence {
    let mut rng = OsRng.unwrap_err();
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let opened = Chip::new(Applet::new(card)).open(&key, AccessPolicy::default(), &mut rng);
    let mut chip = opened.map_err(|(_, error)| error).unwrap();
    let challenge = Challenge::new(bundle::challenge(ticket, visit));
    let wanted = [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15];
    chip.collect(
        &mut Collection::new(&wanted, challenge),
        &mut rng,
        &mut |_| {},
    )
    .unwrap()
    .leaving()
}

/// A face compared by the release's model in this visit's first attempt.
pub fn face(claims: &Claims, outcome: MatchOutcome, score: f64) -> MatchClaim {
    face_of(&claims.ticket, claims.visit, outcome, score)
}

fn face_of(ticket: &SignedTicket, visit: VisitId, outcome: MatchOutcome, score: f64) -> MatchClaim {
    let presence = Presence {
        poses: bundle::poses(ticket, visit, 1).to_vec(),
        frames: 40,
        liveness: None,
    };
    compared(Sample::Face, outcome, score, Some(presence))
}

/// A finger compared by the release's model.
pub fn finger(outcome: MatchOutcome, score: f64) -> MatchClaim {
    let result = match outcome {
        MatchOutcome::Match => PresentationResult::Match,
        MatchOutcome::NoMatch => PresentationResult::NoMatch,
        MatchOutcome::Inconclusive => PresentationResult::Inconclusive,
    };
    let laid = Presentation {
        finger: 2,
        result,
        quality: Some(60),
        reason: None,
    };
    // The first match ends it.
    let count = if outcome == MatchOutcome::Match { 1 } else { 3 };
    let mut claim = compared(Sample::Finger, outcome, score, None);
    if let MatchClaim::Compared {
        attempts,
        presentations,
        ..
    } = &mut claim
    {
        *attempts = count;
        *presentations = vec![laid; count as usize];
    }
    claim
}

fn compared(
    sample: Sample,
    outcome: MatchOutcome,
    score: f64,
    presence: Option<Presence>,
) -> MatchClaim {
    let comparer = verifier::comparers::shipped()
        .into_iter()
        .find(|comparer| comparer.sample == sample)
        .unwrap();
    let reference = match sample {
        Sample::Face => "dg2",
        Sample::Finger => "dg3",
    };
    MatchClaim::Compared {
        outcome,
        score: Score::rounded(score).unwrap(),
        threshold: comparer.accept,
        model: comparer.model,
        device: "device-1".to_owned(),
        reference: reference.to_owned(),
        attempts: 1,
        presence,
        notices: Vec::new(),
        presentations: Vec::new(),
    }
}

pub fn device(kind: DeviceKind, driver: &str) -> Device {
    Device {
        kind,
        name: format!("{driver}-1"),
        driver: driver.to_owned(),
        simulated: false,
    }
}

fn consent(purpose: Purpose, version: &str, at: Timestamp) -> Consent {
    Consent {
        purpose,
        text_version: version.to_owned(),
        lang: "vi".to_owned(),
        given_at: at,
    }
}

pub fn page() -> PageClaim {
    let image_sha256 = Sha256Digest::of(b"pixels");
    PageClaim {
        image_sha256,
        width: 2480,
        height: 3508,
        dpi: 300,
        verdicts: Vec::new(),
    }
}

fn part(name: &str, media_type: &str, content: Vec<u8>) -> Part {
    Part {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        content: Box::new(std::io::Cursor::new(content)),
    }
}

/// A small PDF with so many blank pages and a table of references that is right.
pub fn pdf(pages: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|n| format!("{} 0 R", n + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Count {pages} /Kids [{}] >>",
            kids.join(" ")
        ),
    ];
    objects.extend(
        (0..pages).map(|_| "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned()),
    );
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", n + 1).as_bytes());
    }
    let xref = out.len();
    out.extend_from_slice(
        format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes(),
    );
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n").as_bytes(),
    );
    out
}
