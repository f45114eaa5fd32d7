//! What may come into a trust directory, what may not, and what is remembered of it.

use openssl::pkey::{PKey, Private};

use super::*;
use crate::proof::tests::pki::{Authority, Wanted, at, certify, key, name};
use crate::tlv;
use crate::trust::{ImportError, ImportOptions, Manifest, import};

const SIGNS_LISTS: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x03];

/// A country that publishes lists.
struct Publisher {
    csca: Authority,
    key: PKey<Private>,
    certificate: Vec<u8>,
}

impl Publisher {
    fn new() -> Self {
        Self::of(Authority::new(&Wanted {
            country: "UT",
            ..Wanted::authority()
        }))
    }

    fn of(csca: Authority) -> Self {
        let purpose = tlv::encode(0x30, &tlv::encode(0x06, SIGNS_LISTS));
        let wanted = Wanted {
            country: "UT",
            common: "Lists",
            extensions: vec![("2.5.29.37", true, purpose)],
            ..Wanted::default()
        };
        let key = key(false);
        let certificate = certify(&key, &wanted, Some(&csca)).to_pem().unwrap();
        Self {
            csca,
            key,
            certificate,
        }
    }

    fn list(&self, certificates: &[Vec<u8>], signed: &str) -> Vec<u8> {
        let trust = CscaTrust::from_der(certificates.iter().map(Vec::as_slice)).unwrap();
        let key = self.key.private_key_to_pem_pkcs8().unwrap();
        trust.export(&key, &self.certificate, at(signed)).unwrap()
    }
}

struct Desk {
    dir: PathBuf,
    files: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        Self {
            dir: directory(&format!("{name}-trust")),
            files: directory(&format!("{name}-files")),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.files.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn take(
        &self,
        name: &str,
        bytes: &[u8],
        options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError> {
        let path = self.file(name, bytes);
        import(&self.dir, &[path], &options).map(|mut done| done.remove(0))
    }

    fn trust(&self) -> CscaTrust {
        CscaTrust::load_dir_or_empty(&self.dir).unwrap()
    }

    fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(&self.dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
        let _ = fs::remove_dir_all(&self.files);
    }
}

fn options<'a>() -> ImportOptions<'a> {
    ImportOptions {
        pinned_by: None,
        accept_unpinned: false,
        force: false,
        at: at("2026-11-22"),
    }
}

fn code(result: Result<Imported, ImportError>) -> &'static str {
    result.expect_err("must be refused").code()
}

#[test]
fn a_list_needs_somebody_who_vouches_for_it() {
    let desk = Desk::new("vouched");
    let publisher = Publisher::new();
    let vietnam = Authority::new(&Wanted::authority());
    let list = publisher.list(&[vietnam.der(), publisher.csca.der()], "2026-06-01");
    let before = desk.snapshot();
    assert_eq!(
        code(desk.take("a.ml", &list, options())),
        "trust.list_unpinned"
    );
    let stranger = vietnam.der();
    let by_stranger = ImportOptions {
        pinned_by: Some(&stranger),
        ..options()
    };
    assert_eq!(
        code(desk.take("a.ml", &list, by_stranger)),
        "trust.list_unpinned"
    );
    assert_eq!(
        desk.snapshot(),
        before,
        "a refused list leaves nothing behind"
    );

    let pin = publisher.csca.certificate.to_pem().unwrap();
    let pinned = ImportOptions {
        pinned_by: Some(&pin),
        ..options()
    };
    let done = desk.take("a.ml", &list, pinned).unwrap();
    let entry = &done.entries[0];
    assert_eq!((entry.pinned, entry.count), (true, 2));
    assert_eq!(entry.signed_at, Some(at("2026-06-01")));
    assert_eq!(entry.imported_at, at("2026-11-22"));
    assert_eq!(
        entry.source_sha256,
        hex::encode(openssl::sha::sha256(&list))
    );
    let pin = openssl::sha::sha256(&publisher.csca.der());
    assert_eq!(entry.pinned_by.as_deref(), Some(hex::encode(pin).as_str()));
    let trust = desk.trust();
    assert_eq!((trust.len(), trust.unpinned()), (2, 0));

    // From now on the list's own country is trusted, and its next list needs no pin.
    let next = publisher.list(&[vietnam.der(), publisher.csca.der()], "2026-07-01");
    let done = desk.take("b.ml", &next, options()).unwrap();
    assert_eq!(done.replaced.len(), 1);
    assert_eq!(Manifest::of(&desk.dir).unwrap().unwrap().revision, 2);
    // Twice is the same as once.
    let again = desk.take("b.ml", &next, options()).unwrap();
    assert_eq!((again.entries.len(), again.known_already), (0, 1));
    assert_eq!(Manifest::of(&desk.dir).unwrap().unwrap().revision, 2);
    // An older one does not take its place, unless somebody insists.
    assert_eq!(
        code(desk.take("a.ml", &list, options())),
        "trust.list_older"
    );
    let force = ImportOptions {
        force: true,
        ..options()
    };
    desk.take("a.ml", &list, force).unwrap();
    assert_eq!(desk.snapshot().len(), 2, "one list and the manifest");
}

#[test]
fn what_nobody_vouches_for_is_flagged_wherever_it_counts() {
    let desk = Desk::new("unpinned");
    let publisher = Publisher::new();
    let vietnam = Authority::new(&Wanted::authority());
    let list = publisher.list(&[vietnam.der()], "2026-06-01");
    let anyway = ImportOptions {
        accept_unpinned: true,
        ..options()
    };
    let done = desk.take("a.ml", &list, anyway).unwrap();
    assert!(!done.entries[0].pinned);
    let trust = desk.trust();
    assert_eq!((trust.len(), trust.unpinned()), (1, 1));
    let (sod, _) = vietnam.document(&Wanted::default(), "2025-01-01");
    let groups = crate::proof::tests::pki::files();
    let day = jiff::civil::date(2026, 11, 22);
    let report = crate::proof::passive_authentication(&sod, &groups, &trust, day);
    assert!(report.faults().is_empty());
    assert!(
        report
            .weak
            .contains(&crate::report::Weakness::AnchorUnpinned)
    );
    // Nor can it be handed on.
    let key = publisher.key.private_key_to_pem_pkcs8().unwrap();
    let exported = trust.export(&key, &publisher.certificate, at("2026-11-22"));
    assert_eq!(exported.unwrap_err().code(), "trust.empty");
}

#[test]
fn a_signer_of_lists_has_to_be_one() {
    let desk = Desk::new("unfit");
    let publisher = Publisher::new();
    let vietnam = Authority::new(&Wanted::authority());
    desk.take("csca.cer", &publisher.csca.der(), options())
        .unwrap();
    let list = publisher.list(&[vietnam.der()], "2026-06-01");
    // From tomorrow.
    let early = ImportOptions {
        at: at("2026-05-01"),
        ..options()
    };
    assert_eq!(
        code(desk.take("a.ml", &list, early)),
        "trust.list_signer_unfit"
    );
    // After the signer's certificate had run out.
    let late = publisher.list(&[vietnam.der()], "2035-06-01");
    let later = ImportOptions {
        at: at("2035-07-01"),
        ..options()
    };
    assert_eq!(
        code(desk.take("a.ml", &late, later)),
        "trust.list_signer_unfit"
    );
    // Every bit counts.
    for position in (0..list.len()).step_by(37) {
        let mut damaged = list.clone();
        damaged[position] ^= 0x08;
        if let Ok(done) = desk.take("a.ml", &damaged, options()) {
            let held = desk.trust();
            let known = [publisher.csca.der(), vietnam.der()];
            let kept = held.certificates(None);
            assert!(kept.iter().all(|certificate| {
                known
                    .iter()
                    .any(|der| hex::encode(openssl::sha::sha256(der)) == certificate.sha256)
            }));
            assert!(done.entries.len() <= 1);
        }
    }
    // A document signer's key signs no lists, and a key signs only under its own certificate.
    let trust = CscaTrust::from_der([vietnam.der().as_slice()]).unwrap();
    let key = key(false);
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let plain = certify(&key, &Wanted::default(), Some(&vietnam))
        .to_pem()
        .unwrap();
    let signed = trust.export(&pem, &plain, at("2026-06-01"));
    assert_eq!(signed.unwrap_err().code(), "trust.list_signer_unfit");
    let signed = trust.export(&pem, &publisher.certificate, at("2026-06-01"));
    assert_eq!(signed.unwrap_err().code(), "trust.key_mismatch");
}

#[test]
fn certificates_links_and_revocation_lists_come_in_too() {
    let desk = Desk::new("loose");
    let old = Authority::new(&Wanted::authority());
    let new = Authority::new(&Wanted {
        serial: 2,
        ..Wanted::authority()
    });
    let link = old.link(
        &new,
        &Wanted {
            serial: 900,
            ..Wanted::authority()
        },
    );
    assert_eq!(
        code(desk.take("link.cer", &link, options())),
        "trust.link_unanchored"
    );
    // Both at once, in one PEM, the link first.
    let pem = [
        openssl::x509::X509::from_der(&link)
            .unwrap()
            .to_pem()
            .unwrap(),
        old.certificate.to_pem().unwrap(),
    ];
    let done = desk.take("both.pem", &pem.concat(), options()).unwrap();
    assert_eq!(done.entries[0].count, 2);
    let (sod, signer) = new.document(&Wanted::default(), "2025-01-01");
    let judge = || {
        let groups = crate::proof::tests::pki::files();
        let day = jiff::civil::date(2026, 11, 22);
        crate::proof::passive_authentication(&sod, &groups, &desk.trust(), day).chain
    };
    assert_eq!(judge(), crate::report::ChainState::Trusted);
    let fresh = ("2026-11-01", "2027-02-01");
    let own = name("VN", "CSCA");
    let list = old.revoke(&own, &[900], fresh, &[]);
    desk.take("one.crl", &list, options()).unwrap();
    assert_eq!(judge(), crate::report::ChainState::IssuerRevoked);
    let older = old.revoke(&own, &[], ("2026-10-01", "2027-01-01"), &[]);
    assert_eq!(
        code(desk.take("two.crl", &older, options())),
        "trust.crl_older"
    );
    let newer = old.revoke(&own, &[], ("2026-11-20", "2027-01-01"), &[]);
    assert_eq!(
        desk.take("two.crl", &newer, options())
            .unwrap()
            .replaced
            .len(),
        1
    );
    assert_eq!(judge(), crate::report::ChainState::Trusted);
    let stranger = Authority::new(&Wanted::authority());
    let forged = stranger.revoke(&own, &[77], fresh, &[]);
    assert_eq!(
        code(desk.take("bad.crl", &forged, options())),
        "trust.crl_unbelieved"
    );
    // A document signer needs nobody's word: it is judged like any other when it is used.
    let done = desk
        .take("ds.der", &signer.to_der().unwrap(), options())
        .unwrap();
    assert_eq!(done.entries[0].count, 1);
    assert_eq!(desk.trust().besides(), (1, 1));
    assert_eq!(
        code(desk.take("x.cer", b"nothing", options())),
        "trust.nothing_found"
    );
}

#[test]
fn the_icao_directory_comes_as_ldif() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let desk = Desk::new("ldif");
    let publisher = Publisher::new();
    desk.take("csca.cer", &publisher.csca.der(), options())
        .unwrap();
    let vietnam = Authority::new(&Wanted::authority());
    let list = publisher.list(&[vietnam.der()], "2026-06-01");
    let stranger = Publisher::new().list(&[vietnam.der()], "2026-06-01");
    let (_, signer) = vietnam.document(&Wanted::default(), "2025-01-01");
    let mut text = "version: 1\n\n".to_owned();
    for (name, value) in [
        ("CscaMasterListData", &list),
        ("pkdMasterListContent", &stranger),
        ("userCertificate;binary", &signer.to_der().unwrap()),
    ] {
        text.push_str(&format!(
            "dn: cn=one,c=UT,dc=data\nobjectClass: top\n{name}:: "
        ));
        let letters = STANDARD.encode(value);
        let lines: Vec<&str> = letters
            .as_bytes()
            .chunks(70)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        text.push_str(&lines.join("\n "));
        text.push_str("\n\n");
    }
    let done = desk
        .take("icaopkd.ldif", text.as_bytes(), options())
        .unwrap();
    assert_eq!(done.entries.len(), 2);
    assert_eq!(done.refused, BTreeMap::from([("trust.list_unpinned", 1)]));
    let trust = desk.trust();
    assert_eq!((trust.len(), trust.besides().0), (2, 1));
}

#[test]
fn what_the_manifest_does_not_name_does_not_count() {
    let desk = Desk::new("manifest");
    let one = Authority::new(&Wanted::authority());
    let other = Authority::new(&Wanted {
        country: "UT",
        ..Wanted::authority()
    });
    // A directory of files, as it always was; the first import enters them.
    fs::write(desk.dir.join("by-hand.cer"), one.der()).unwrap();
    desk.take("ut.cer", &other.der(), options()).unwrap();
    assert_eq!(desk.trust().len(), 2);
    // Later files are not taken for granted.
    let third = Authority::new(&Wanted::authority());
    fs::write(desk.dir.join("slipped-in.cer"), third.der()).unwrap();
    fs::write(desk.dir.join("by-hand.cer"), third.der()).unwrap();
    let trust = desk.trust();
    assert_eq!(trust.len(), 1);
    let state = |name: &str| {
        let found = trust
            .sources()
            .iter()
            .find(|source| source.path.ends_with(name));
        found.unwrap().state.clone()
    };
    assert_eq!(state("slipped-in.cer"), SourceState::NotInManifest);
    assert_eq!(state("by-hand.cer"), SourceState::Altered);
    fs::remove_file(desk.dir.join("by-hand.cer")).unwrap();
    let states = desk.trust();
    assert!(
        states
            .sources()
            .iter()
            .any(|source| source.state == SourceState::Missing)
    );
    fs::write(desk.dir.join("trust.json"), b"{}").unwrap();
    let damaged = CscaTrust::load_dir(&desk.dir).unwrap_err();
    assert_eq!(damaged.code(), "trust.manifest_damaged");
}

#[test]
fn the_published_lists_are_imported_under_their_roots() {
    let Some(lists) = shared("masterlists") else {
        return;
    };
    let desk = Desk::new("published");
    let read = |name: &str| fs::read(lists.join(name)).unwrap();
    let mut held = 0;
    for (list, root) in [
        ("DE_ML_2026-05-28-08-28-45.ml", "DE_ROOT_CA_CSCA07.cer"),
        ("NL_ML_2026-07-22.ml", "NL_ROOT_CA.cer"),
    ] {
        let root = read(root);
        let pinned = ImportOptions {
            pinned_by: Some(&root),
            ..options()
        };
        let done = desk.take(list, &read(list), pinned).unwrap();
        held += done.entries[0].count;
        assert_eq!(done.entries[0].unreadable, 0);
    }
    assert_eq!(held, 588 + 411);
    let trust = desk.trust();
    assert_eq!((trust.len(), trust.unpinned()), (627, 0));
    let vietnam = trust.certificates(Some("vn"));
    assert_eq!(vietnam.len(), 1);
    assert_eq!(vietnam[0].curve.as_deref(), Some("brainpoolP512r1"));
    assert!(vietnam[0].explicit_curve);
    let found = trust.certificate(&vietnam[0].sha256[..12]).unwrap();
    assert_eq!(found.0.sha256, vietnam[0].sha256);
    // Handed on under our own signature, and read again whole.
    let publisher = Publisher::new();
    let key = publisher.key.private_key_to_pem_pkcs8().unwrap();
    let list = trust
        .export(&key, &publisher.certificate, at("2026-11-22"))
        .unwrap();
    let other = Desk::new("handed-on");
    let root = publisher.csca.der();
    let pinned = ImportOptions {
        pinned_by: Some(&root),
        ..options()
    };
    let done = other.take("ours.ml", &list, pinned).unwrap();
    assert_eq!(done.entries[0].count, 627);
    // OpenSSL's program, which none of us wrote, agrees with the signature.
    let path = other.files.join("ours.ml");
    let root = other.file("root.pem", &publisher.csca.certificate.to_pem().unwrap());
    let out = std::process::Command::new("openssl")
        .args([
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-noverify",
            "-out",
            "/dev/null",
        ])
        .arg("-in")
        .arg(&path)
        .arg("-CAfile")
        .arg(&root)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
