//! A small authority, two desks with their people, a verifier, and a visit's draft.

use std::io::Cursor;

use bundle::{
    ChipClaim, Claims, Consent, Device, DeviceKind, DocumentClaim, Draft, FieldClaim, FieldState,
    FileKey, Grade, Identities, MatchClaim, MatchOutcome, OperatorId, OwnerClaim, PageClaim, Part,
    PartIndex, PersonalText, Presence, Purpose, ReceiptKey, Recipients, Role, Score, Sha256Digest,
    SignedTicket, StationId, StationTrust, Ticket, VisitId, Witnessed,
};
use jiff::Timestamp;
use rand_core::{OsRng, TryRngCore as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// Stands for every citizen: if it is found outside the encryption, something leaks.
pub(crate) const NAME: &str = "NGUYỄN THỊ MẪU";

/// Stands for the card's security object.
pub(crate) const SOD: &[u8] = b"EF.SOD";
const SOD_BASE64: &str = "RUYuU09E";

pub(crate) fn noon() -> Timestamp {
    "2026-03-02T05:00:00Z".parse().unwrap()
}

/// An authority that enrols desks and people.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A key and a certificate as PEM.
pub(crate) struct Enrolled {
    pub(crate) key: String,
    pub(crate) certificate: String,
}

impl Enrolled {
    pub(crate) fn file_key(&self) -> FileKey {
        FileKey::from_pem(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = name("Niem specimen stations", None);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn trust(&self) -> StationTrust {
        StationTrust::from_pem(self.pem().as_bytes()).unwrap()
    }

    pub(crate) fn enrol(&self, id: &str, unit: &str) -> Enrolled {
        self.enrol_with(id, unit, |_| {})
    }

    pub(crate) fn enrol_with(
        &self,
        id: &str,
        unit: &str,
        change: impl Fn(&mut CertificateParams),
    ) -> Enrolled {
        self.certified(KeyPair::generate().unwrap(), id, unit, change)
    }

    /// A second certificate for a key that has one.
    pub(crate) fn certify(&self, owner: &Enrolled, id: &str, unit: &str) -> Enrolled {
        self.certified(KeyPair::from_pem(&owner.key).unwrap(), id, unit, |_| {})
    }

    fn certified(
        &self,
        key: KeyPair,
        id: &str,
        unit: &str,
        change: impl Fn(&mut CertificateParams),
    ) -> Enrolled {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = name(id, Some(unit));
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Enrolled {
            key: key.serialize_pem(),
            certificate: certificate.pem(),
        }
    }
}

pub(crate) fn name(common: &str, unit: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    if let Some(unit) = unit {
        name.push(DnType::OrganizationalUnitName, unit);
    }
    name
}

/// Everything a bundle needs on both sides.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) trust: StationTrust,
    pub(crate) device: Enrolled,
    pub(crate) operator: Enrolled,
    pub(crate) verifier: Identities,
    pub(crate) recovery: Identities,
    pub(crate) recipients: Recipients,
    pub(crate) receipts: ReceiptKey,
    /// An honest bundle in pieces, once someone has asked for it.
    pub(crate) honest: std::sync::OnceLock<Pieces>,
}

/// Statement, manifest, and the blobs in clear.
pub(crate) type Pieces = (serde_json::Value, serde_json::Value, Vec<Vec<u8>>);

impl World {
    pub(crate) fn new() -> Self {
        let authority = Authority::new();
        let verifier = Identities::generate();
        let recovery = Identities::generate();
        Self {
            trust: authority.trust(),
            device: authority.enrol("hn-0101", "station"),
            operator: authority.enrol("nv-0042", "clerk"),
            recipients: Recipients::new(&verifier.recipients()[0], &recovery.recipients()[0])
                .unwrap(),
            receipts: ReceiptKey::generate(&mut OsRng.unwrap_err()),
            authority,
            verifier,
            recovery,
            honest: std::sync::OnceLock::new(),
        }
    }

    pub(crate) fn ticket(&self) -> SignedTicket {
        let issued = "2026-03-02T00:00:00Z".parse().unwrap();
        let expires = "2026-03-03T00:00:00Z".parse().unwrap();
        let station = StationId::new("hn-0101").unwrap();
        SignedTicket::issue(
            &Ticket::draw(station, issued, expires, &mut OsRng.unwrap_err()),
            &self.receipts,
        )
    }

    /// A draft of three parts: chip evidence, a PDF of `pdf` bytes, an empty note.
    pub(crate) fn draft(&self, pdf: usize) -> Draft {
        Draft {
            manifest: self.claims(),
            parts: vec![
                part("chip-evidence.json", "application/json", evidence()),
                part("document-1.pdf", "application/pdf", pdf_of(pdf)),
                part("note.txt", "text/plain", Vec::new()),
            ],
            previous: None,
        }
    }

    fn claims(&self) -> Claims {
        let device = |kind, name: &str| Device {
            kind,
            name: name.into(),
            driver: "specimen".into(),
            simulated: true,
        };
        let consent = |purpose| Consent {
            purpose,
            text_version: "2026-01".into(),
            lang: "vi".into(),
            given_at: "2026-03-02T04:50:00Z".parse().unwrap(),
        };
        let (visit, ticket) = (VisitId::at(noon()), self.ticket());
        let presence = Presence {
            poses: bundle::poses(&ticket, visit, 1).to_vec(),
            frames: 40,
            liveness: None,
        };
        Claims {
            visit,
            station: StationId::new("hn-0101").unwrap(),
            ticket,
            operator: OperatorId::new("nv-0042").unwrap(),
            role: Role::Clerk,
            practice: false,
            opened_at: "2026-03-02T04:45:00Z".parse().unwrap(),
            devices: vec![
                device(DeviceKind::CardReader, "reader"),
                device(DeviceKind::FingerSensor, "sensor"),
            ],
            consents: vec![consent(Purpose::Identify), consent(Purpose::File)],
            chip: ChipClaim {
                evidence: PartIndex::of_part(0),
                access: "pace-can".into(),
                clone_check: "signed_by_chip".into(),
                witnessed: Witnessed {
                    name: Some(PersonalText::new(NAME)),
                    old_id_no: None,
                },
            },
            face: MatchClaim::Compared {
                outcome: MatchOutcome::Match,
                score: Score::rounded(0.7123).unwrap(),
                threshold: 0.363,
                model: "specimen@00".into(),
                device: "camera".into(),
                reference: "dg2".into(),
                attempts: 1,
                presence: Some(presence),
                notices: Vec::new(),
                presentations: Vec::new(),
            },
            finger: MatchClaim::not_done("finger.no_template"),
            sightings: Vec::new(),
            behalf: None,
            documents: vec![DocumentClaim {
                kind: "birth-certificate".into(),
                title: "Giấy khai sinh".into(),
                grade: Grade::G0,
                sheets_declared: 1,
                pages: vec![PageClaim {
                    image_sha256: Sha256Digest::of(b"page"),
                    width: 1654,
                    height: 2339,
                    dpi: 200,
                    verdicts: Vec::new(),
                }],
                pdf: PartIndex::of_part(1),
                fields: vec![FieldClaim {
                    name: "full_name".into(),
                    value: PersonalText::new(NAME),
                    confidence: 91,
                    state: Some(FieldState::Check),
                }],
                owner: OwnerClaim::Match,
            }],
        }
    }
}

pub(crate) fn part(name: &str, media_type: &str, content: Vec<u8>) -> Part {
    Part {
        name: name.into(),
        media_type: media_type.into(),
        content: Box::new(Cursor::new(content)),
    }
}

pub(crate) fn evidence() -> Vec<u8> {
    format!("{{\"holder\":\"{NAME}\",\"sod\":\"{SOD_BASE64}\"}}").into_bytes()
}

/// Bytes that no two places share, so that a swapped chunk cannot go unseen.
pub(crate) fn pdf_of(size: usize) -> Vec<u8> {
    let mut content = b"%PDF-1.7 ".to_vec();
    content.extend((0_u32..).flat_map(u32::to_be_bytes).take(size));
    content
}
