//! What sealing promises: what went in comes out, nothing shows outside, nothing half-done stays.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use bundle::{
    BlobSource, BundleDigest, CertificateError, Draft, FileKey, KeyError, OpenError, PartIndex,
    Role, SealError, SealedBundle, SealingKey, Signer, StationTrust, StationTrustError,
};
use rcgen::date_time_ymd;

use crate::desk::{Authority, NAME, World, evidence, noon, part, pdf_of};
use crate::forge::seal_in;

fn seal(world: &World, draft: Draft, dir: &Path) -> Result<SealedBundle, SealError> {
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    bundle::seal(draft, &device, &operator, &world.recipients, dir, noon())
}

#[test]
fn what_went_in_comes_out() {
    let world = World::new();
    // Around the edges of age's chunks, the header being 64 bytes long, and where a second thread takes part.
    for size in [
        0,
        1,
        65_472 - 1,
        65_472,
        65_472 + 1,
        65_536,
        131_008,
        256 << 10,
        (256 << 10) + 1,
        700_000,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = world.draft(0);
        draft.parts[1] = part("document-1.pdf", "application/pdf", pdf_of(size));
        let previous = BundleDigest::of(b"the one before");
        draft.previous = Some(previous);
        let claims = draft.manifest.clone();
        let sealed = seal(&world, draft, dir.path()).unwrap();

        let opened = bundle::open(
            sealed.envelope_json(),
            &sealed,
            &world.verifier,
            &world.trust,
            noon(),
        )
        .unwrap();
        assert_eq!(opened.part(PartIndex(1), 1_000).unwrap(), evidence());
        assert_eq!(opened.part(PartIndex(2), 1 << 20).unwrap(), pdf_of(size));
        assert_eq!(opened.part(PartIndex(3), 0).unwrap(), b"");
        let mut copy = Vec::new();
        assert_eq!(
            opened.copy_part(PartIndex(2), &mut copy).unwrap(),
            copy.len() as u64
        );
        assert!(opened.faulty_parts().is_empty());

        let manifest = opened.manifest();
        assert_eq!(manifest.documents, claims.documents);
        assert_eq!(manifest.ticket, claims.ticket);
        assert_eq!(
            (&manifest.chip, &manifest.face, &manifest.finger),
            (&claims.chip, &claims.face, &claims.finger)
        );
        assert_eq!(manifest.parts[1].name, "document-1.pdf");
        assert_eq!(manifest.parts[1].size, pdf_of(size).len() as u64);
        assert_eq!(
            (opened.operator().id.as_str(), opened.operator().role),
            ("nv-0042", Role::Clerk)
        );

        let statement = opened.statement();
        assert_eq!(statement.digest(), sealed.digest());
        assert_eq!(statement.previous(), Some(previous));
        assert_eq!(statement.visit(), claims.visit);
        assert_eq!(statement.created(), noon());
        assert_eq!(statement.recipients(), world.recipients.names());
        assert_eq!(
            statement.total_size(),
            sealed.blobs().iter().map(|b| b.size).sum::<u64>()
        );
    }
}

#[test]
fn the_statement_is_readable_before_any_blob_is_there() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    fs::remove_dir_all(dir.path().join("blobs")).unwrap();
    let statement = bundle::statement(sealed.envelope_json(), &world.trust, noon()).unwrap();
    assert_eq!(statement.digest(), sealed.digest());
    assert_eq!(statement.blobs(), sealed.blobs());
    assert_eq!(statement.station().as_str(), "hn-0101");
}

#[test]
fn a_bundle_opens_from_its_folder_and_from_a_store_of_blobs() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let loaded = SealedBundle::load(dir.path()).unwrap();
    assert_eq!(loaded.digest(), sealed.digest());
    assert_eq!(loaded.blobs(), sealed.blobs());
    assert_eq!(loaded.envelope_json(), sealed.envelope_json());

    let store = tempfile::tempdir().unwrap();
    for blob in loaded.blobs() {
        fs::copy(
            loaded.blob_path(&blob.digest),
            store.path().join(blob.digest.to_string()),
        )
        .unwrap();
    }
    let store: &dyn BlobSource = &store.path();
    let opened = bundle::open(
        loaded.envelope_json(),
        store,
        &world.recovery,
        &world.trust,
        noon(),
    )
    .unwrap();
    assert!(opened.faulty_parts().is_empty());
}

#[test]
fn a_verifier_in_rotation_opens_both_epochs() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let next = bundle::Identities::generate();
    let refused = bundle::open(sealed.envelope_json(), &sealed, &next, &world.trust, noon()).err();
    assert!(matches!(
        refused,
        Some(OpenError::WrongRecipient { index: 0 })
    ));
    let both = next.with(world.verifier.clone());
    bundle::open(sealed.envelope_json(), &sealed, &both, &world.trust, noon()).unwrap();
}

#[test]
fn nothing_of_the_citizen_or_the_operator_shows_outside() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let opened = bundle::open(
        sealed.envelope_json(),
        &sealed,
        &world.verifier,
        &world.trust,
        noon(),
    )
    .unwrap();
    let manifest = serde_json::to_string(opened.manifest()).unwrap();
    let outer: serde_json::Value = serde_json::from_slice(sealed.envelope_json()).unwrap();
    let mut outside = crate::forge::unbase64(&outer["payload"]);
    for blob in sealed.blobs() {
        outside.extend(fs::read(sealed.blob_path(&blob.digest)).unwrap());
    }
    let shows = |needle: &str| {
        outside
            .windows(needle.len())
            .any(|w| w == needle.as_bytes())
    };
    let content = bundle::Sha256Digest::of(&evidence()).to_string();
    for secret in [
        NAME,
        "nv-0042",
        "birth-certificate",
        "document-1.pdf",
        &content,
    ] {
        assert!(manifest.contains(secret), "the control: {secret} is inside");
        assert!(!shows(secret), "{secret} shows outside");
    }
    assert!(shows("hn-0101"), "the control: the desk's name does show");

    let printed = format!(
        "{sealed:?} {opened:?} {:?} {:?}",
        opened.manifest(),
        opened.statement()
    );
    assert!(!printed.contains(NAME));
}

#[test]
fn the_same_draft_sealed_twice_shares_nothing() {
    let world = World::new();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, b) = (seal_in(&world, one.path()), seal_in(&world, two.path()));
    assert_ne!(a.digest(), b.digest());
    assert!(
        a.blobs()
            .iter()
            .zip(b.blobs())
            .all(|(x, y)| x.digest != y.digest)
    );
}

/// Gives some bytes, then breaks.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let read = self.0.min(into.len());
        self.0 -= read;
        Ok(read)
    }
}

#[test]
fn a_failed_seal_leaves_an_empty_folder() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    // The longer one is sealed on two threads.
    for good_bytes in [100_000, 700_000] {
        let mut draft = world.draft(10);
        draft.parts[2].content = Box::new(Broken(good_bytes));
        let failed = seal(&world, draft, dir.path());
        assert!(
            matches!(failed, Err(SealError::PartUnreadable { index: 3, .. })),
            "{failed:?}"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    // And the same folder is good for the next try.
    seal(&world, world.draft(10), dir.path()).unwrap();
    let again = seal(&world, world.draft(10), dir.path());
    assert!(matches!(again, Err(SealError::TargetNotEmpty)));
    SealedBundle::load(dir.path()).expect("a second seal harms nothing");
}

/// A token with another key in it than the certificate says, or none.
struct Token {
    certificate: Vec<u8>,
    key: Option<FileKey>,
}

impl SealingKey for Token {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let key = self.key.as_ref().ok_or_else(|| KeyError::Refused {
            detail: "no token in the slot".into(),
        })?;
        key.sign(message)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

#[test]
fn preflight_says_before_the_visit_what_seal_would_say_after_it() {
    let world = World::new();
    let device = world.device.file_key();
    let operator = world.operator.file_key();
    let expired = world
        .authority
        .enrol_with("nv-0042", "clerk", |p| {
            p.not_after = date_time_ymd(2026, 3, 1)
        })
        .file_key();
    let early = world
        .authority
        .enrol_with("hn-0101", "station", |p| {
            p.not_before = date_time_ymd(2026, 3, 3)
        })
        .file_key();
    let other_desk = world.authority.enrol("hn-0202", "station").file_key();
    let other_role = world.authority.enrol("nv-0042", "volunteer").file_key();
    let pulled = Token {
        certificate: operator.certificate().to_vec(),
        key: None,
    };
    let mixed = Token {
        certificate: device.certificate().to_vec(),
        key: Some(world.operator.file_key()),
    };
    let garbage = Token {
        certificate: b"garbage".to_vec(),
        key: None,
    };
    let cases: [(&dyn SealingKey, &dyn SealingKey, Option<&str>); 10] = [
        (&device, &operator, None),
        (&device, &expired, Some("seal.operator_certificate_expired")),
        (
            &early,
            &operator,
            Some("seal.station_certificate_not_yet_valid"),
        ),
        (&other_desk, &operator, Some("seal.other_station")),
        (&operator, &operator, Some("seal.other_station")),
        (&device, &other_role, Some("seal.other_operator")),
        (&device, &device, Some("seal.other_operator")),
        (&device, &pulled, Some("seal.operator_key")),
        (
            &mixed,
            &operator,
            Some("seal.station_key_of_other_certificate"),
        ),
        (&garbage, &operator, Some("seal.station_certificate_unfit")),
    ];
    for (device, operator, wanted) in cases {
        let claims = world.draft(10).manifest;
        let ahead = bundle::preflight(
            &claims.station,
            &claims.operator,
            claims.role,
            device,
            operator,
            noon(),
        );
        let dir = tempfile::tempdir().unwrap();
        let sealed = bundle::seal(
            world.draft(10),
            device,
            operator,
            &world.recipients,
            dir.path(),
            noon(),
        );
        assert_eq!(ahead.err().map(|e| e.code()), wanted);
        assert_eq!(sealed.err().map(|e| e.code()), wanted);
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count() == 0,
            wanted.is_some()
        );
    }
}

type Spoil = fn(&mut Draft);

#[test]
fn a_draft_that_contradicts_itself_is_not_sealed() {
    let world = World::new();
    let spoils: [(Spoil, &str); 8] = [
        (
            |d| d.manifest.chip.evidence = PartIndex::MANIFEST,
            "seal.part_unknown",
        ),
        (
            |d| d.manifest.documents[0].pdf = PartIndex::of_part(3),
            "seal.part_unknown",
        ),
        (
            |d| d.parts[1].name = d.parts[0].name.clone(),
            "seal.part_name",
        ),
        (|d| d.parts[1].name = "../evil".into(), "seal.part_name"),
        (
            |d| d.parts[1].name = "Giấy khai sinh.pdf".into(),
            "seal.part_name",
        ),
        (|d| d.parts[1].media_type = "pdf".into(), "seal.part_name"),
        (
            |d| {
                d.parts
                    .extend((0..509).map(|i| part(&format!("p{i}"), "text/plain", vec![])))
            },
            "seal.too_many_parts",
        ),
        (
            |d| d.manifest.documents[0].title = "x".repeat(4 << 20),
            "seal.manifest_too_large",
        ),
    ];
    for (spoil, wanted) in spoils {
        let mut draft = world.draft(10);
        spoil(&mut draft);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            seal(&world, draft, dir.path()).err().map(|e| e.code()),
            Some(wanted)
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn trust_is_read_from_a_file_or_a_folder() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let certificate = ours
        .enrol("hn-0101", "station")
        .file_key()
        .certificate()
        .to_vec();
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        StationTrust::load(dir.path()),
        Err(StationTrustError::Empty)
    ));
    assert!(matches!(
        StationTrust::load(&dir.path().join("none")),
        Err(StationTrustError::Unreadable(_))
    ));

    let file = dir.path().join("strangers.pem");
    fs::write(&file, strangers.pem()).unwrap();
    let trust = StationTrust::load(&file).unwrap();
    assert_eq!(
        trust.station(&certificate, noon()),
        Err(CertificateError::Untrusted)
    );
    fs::write(dir.path().join("ours.crt"), ours.pem()).unwrap();
    fs::write(dir.path().join("README.txt"), "not a certificate").unwrap();
    let trust = StationTrust::load(dir.path()).unwrap();
    assert_eq!(
        trust.station(&certificate, noon()).unwrap().as_str(),
        "hn-0101"
    );
    assert_eq!(
        trust.operator(&certificate, noon()),
        Err(CertificateError::WrongUnit)
    );

    // A file that should hold a root and holds none is a mistake, not an empty trust.
    fs::write(dir.path().join("broken.pem"), "nothing here").unwrap();
    assert!(matches!(
        StationTrust::load(dir.path()),
        Err(StationTrustError::Empty)
    ));
    fs::write(
        dir.path().join("broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    assert!(matches!(
        StationTrust::load(dir.path()),
        Err(StationTrustError::Malformed)
    ));
    assert!(matches!(
        StationTrust::from_der(vec![vec![0x30]; 1]),
        Err(StationTrustError::Malformed)
    ));
}

#[test]
fn signer_is_named_in_the_message() {
    let refusal = OpenError::Certificate {
        signer: Signer::Operator,
        source: CertificateError::Expired,
    };
    assert_eq!(
        refusal.to_string(),
        "the certificate of the operator is not believed: the certificate has expired"
    );
}
