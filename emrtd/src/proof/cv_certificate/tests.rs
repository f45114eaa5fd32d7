//! Certificates of our own and of libeac's, read, verified, printed and spoilt.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::date;

use super::*;
use crate::access::tests::Fixed;
use crate::proof::active::Hash;
use crate::simulator::issuer::{Curve, SpecimenTerminals, TerminalsOptions};

fn terminals(scheme: Scheme, curve: Curve) -> SpecimenTerminals {
    let options = TerminalsOptions {
        scheme,
        curve,
        rsa_bits: 1280,
        ..TerminalsOptions::utopia(date(2026, 1, 1))
    };
    SpecimenTerminals::new(&options, &mut Fixed::endless(7)).unwrap()
}

fn usual() -> SpecimenTerminals {
    terminals(Scheme::Ecdsa(Hash::Sha256), Curve::BrainpoolP256)
}

#[test]
fn every_scheme_signs_a_chain_that_holds_and_no_other() {
    for (scheme, _) in Scheme::ALL {
        let curves: &[Curve] = match scheme {
            Scheme::Ecdsa(Hash::Sha256) => &Curve::ALL,
            Scheme::Ecdsa(_) => &[Curve::P256, Curve::BrainpoolP512],
            _ => &[Curve::P256],
        };
        for curve in curves {
            let made = terminals(scheme, *curve);
            let certificates = [
                made.authority().clone(),
                made.verifier().clone(),
                made.terminal_certificate().clone(),
            ];
            let root = certificates[0].verifying_key(None).unwrap();
            assert!(certificates[0].verify(&root), "{scheme} {curve:?}");
            let verifier = certificates[1].verifying_key(Some(&root)).unwrap();
            assert!(certificates[1].verify(&root) && !certificates[1].verify(&verifier));
            assert!(certificates[2].verify(&verifier) && !certificates[2].verify(&root));
            for certificate in &certificates {
                assert_eq!(
                    CvCertificate::parse(&certificate.to_bytes()).as_ref(),
                    Ok(certificate)
                );
            }
            // A verifier's curve is its authority's.
            let alone = certificates[1].verifying_key(None);
            assert_eq!(alone.is_none(), matches!(scheme, Scheme::Ecdsa(_)));
        }
    }
}

#[test]
fn a_certificate_says_what_it_was_given() {
    let made = usual();
    let terminal = made.terminal_certificate();
    assert_eq!(
        terminal.to_string(),
        "holder      UTISDESK00001\nsigned by   UTDV00001\nrole        terminal\nmay read    DG3 and \
         DG4\nvalid       2026-01-01 to 2027-01-01\nkey         ECDSA with SHA-256, on the authority's curve\n"
    );
    use Role::{Authority, DomesticVerifier, ForeignVerifier, Terminal};
    assert!(made.authority().is_root() && !terminal.is_root());
    assert_eq!(made.verifier().role(), DomesticVerifier);
    for (issuer, holder, may) in [
        (Authority, Authority, true),
        (Authority, DomesticVerifier, true),
        (Authority, ForeignVerifier, true),
        (Authority, Terminal, false),
        (DomesticVerifier, Terminal, true),
        (ForeignVerifier, Terminal, true),
        (DomesticVerifier, ForeignVerifier, false),
        (Terminal, Terminal, false),
    ] {
        assert_eq!(issuer.may_issue(holder), may);
    }
}

#[test]
fn a_spoilt_certificate_is_refused_or_does_not_verify() {
    for scheme in [Scheme::Ecdsa(Hash::Sha256), Scheme::RsaPss(Hash::Sha256)] {
        let made = terminals(scheme, Curve::P256);
        let root = made.authority().verifying_key(None).unwrap();
        let whole = made.verifier().to_bytes();
        for length in 0..whole.len() {
            assert!(CvCertificate::parse(&whole[..length]).is_err());
        }
        for position in 0..whole.len() {
            for bit in [0, 3, 7] {
                let mut spoilt = whole.clone();
                spoilt[position] ^= 1 << bit;
                let believed = CvCertificate::parse(&spoilt).is_ok_and(|read| read.verify(&root));
                assert!(!believed, "{scheme} {position}.{bit}");
            }
        }
        let trailing = [&whole[..], &[0]].concat();
        assert!(CvCertificate::parse(&trailing).is_err());
    }
    let long = tlv::encode(0x7F21, &vec![0; 5_000]);
    assert!(CvCertificate::parse(&long).is_err());
}

#[test]
fn days_are_days() {
    assert_eq!(super::date(&[2, 6, 0, 2, 2, 8]), Some(date(2026, 2, 28)));
    for bad in [
        &[2, 6, 0, 2, 2, 9][..],
        &[2, 6, 1, 3, 0, 1],
        &[2, 6, 0, 0, 0, 1],
        &[0x32, 6, 0, 1, 0, 1],
        &[2, 6, 0, 1, 0],
        &[],
    ] {
        assert_eq!(super::date(bad), None);
    }
}

/// A folder for libeac's programs, or `None` with a word why the test stops.
fn workshop(name: &str) -> Option<PathBuf> {
    if Command::new("cvc-create")
        .arg("--version")
        .output()
        .is_err()
    {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "cvc-create is missing, and no judge may be left out"
        );
        eprintln!("SKIPPED: no cvc-create here; apt-get install openpace");
        return None;
    }
    let folder = std::env::temp_dir().join(format!("emrtd-cvc-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {said}{complaint}"
    );
    said
}

#[test]
fn libeac_prints_and_verifies_what_we_make() {
    let Some(folder) = workshop("ours") else {
        return;
    };
    for (index, (scheme, _)) in Scheme::ALL.into_iter().enumerate() {
        let made = terminals(scheme, Curve::BrainpoolP256);
        let chain = [
            made.authority(),
            made.verifier(),
            made.terminal_certificate(),
        ];
        // libeac looks authorities up by their names.
        let trusted = folder.join(format!("trusted-{index}"));
        std::fs::create_dir_all(&trusted).unwrap();
        for certificate in chain {
            let name = certificate.holder().to_string();
            std::fs::write(trusted.join(&name), certificate.to_bytes()).unwrap();
        }
        let trusted = trusted.to_str().unwrap();
        for certificate in chain {
            let path = format!("{trusted}/{}", certificate.holder());
            let said = run(
                &folder,
                "cvc-print",
                &["--cvc", &path, "--cvc-dir", trusted],
            );
            assert!(said.contains("certificate verified"), "{scheme}: {said}");
            assert!(!said.contains("not verified"), "{scheme}: {said}");
            assert!(
                said.contains(&format!("CHR: {}", certificate.holder())),
                "{said}"
            );
            assert!(
                said.contains(&format!("CAR: {}", certificate.authority())),
                "{said}"
            );
            assert!(
                said.contains(&format!("Effective Date: {}", certificate.effective())),
                "{said}"
            );
            assert!(
                said.contains(&format!("Expiration Date: {}", certificate.expiry())),
                "{said}"
            );
            assert!(
                said.contains("Read fingerprint") && said.contains("Read iris"),
                "{said}"
            );
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What libeac makes of keys that the openssl program made, root first.
pub(crate) fn made_by_libeac(name: &str, scheme: &str) -> Option<(PathBuf, [CvCertificate; 3])> {
    let folder = workshop(name)?;
    let key = |file: &str| {
        let kind: &[&str] = if scheme.starts_with("ECDSA") {
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:brainpoolP256r1",
            ]
        } else {
            &[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:1280",
            ]
        };
        run(
            &folder,
            "openssl",
            &[kind, &["-outform", "DER", "-out", file]].concat(),
        );
    };
    for file in ["cvca.der", "dv.der", "is.der"] {
        key(file);
    }
    let issued = ["--issued=260101", "--expires=270101", "--read-finger"];
    let scheme = format!("--scheme={scheme}");
    let own: [&[&str]; 3] = [
        &[
            "--role=cvca",
            "--type=is",
            "--chr=UTCVCA00007",
            "--sign-with=cvca.der",
            "--read-iris",
        ],
        &[
            "--role=dv_domestic",
            "--chr=UTDV00007",
            "--sign-with=cvca.der",
            "--sign-as=UTCVCA00007.cvcert",
            "--key=dv.der",
            "--read-iris",
        ],
        &[
            "--role=terminal",
            "--chr=UTIS00007",
            "--sign-with=dv.der",
            "--sign-as=UTDV00007.cvcert",
            "--key=is.der",
        ],
    ];
    // libeac checks what it signs against the authorities it finds in its folder; the files here
    // are enough, what it says about /etc is not an error.
    let certificates = own.map(|own| {
        let chr = own
            .iter()
            .find_map(|word| word.strip_prefix("--chr="))
            .unwrap();
        let file = format!("{chr}.cvcert");
        let out = format!("--out-cert={file}");
        run(
            &folder,
            "cvc-create",
            &[own, &issued, &[&scheme, &out]].concat(),
        );
        CvCertificate::parse(&std::fs::read(folder.join(&file)).unwrap()).unwrap()
    });
    Some((folder, certificates))
}

#[test]
fn what_libeac_makes_is_read_and_verified_here() {
    for (name, word, scheme) in [
        ("ec", "ECDSA_SHA_256", Scheme::Ecdsa(Hash::Sha256)),
        ("ec512", "ECDSA_SHA_512", Scheme::Ecdsa(Hash::Sha512)),
        ("v15", "RSA_v1_5_SHA_256", Scheme::RsaV15(Hash::Sha256)),
        ("pss", "RSA_PSS_SHA_256", Scheme::RsaPss(Hash::Sha256)),
        ("pss1", "RSA_PSS_SHA_1", Scheme::RsaPss(Hash::Sha1)),
    ] {
        let Some((folder, [root, verifier, terminal])) = made_by_libeac(name, word) else {
            return;
        };
        assert_eq!(root.key().scheme(), scheme, "{word}");
        let root_key = root.verifying_key(None).unwrap();
        let verifier_key = verifier.verifying_key(Some(&root_key)).unwrap();
        assert!(root.verify(&root_key), "{word}");
        assert!(verifier.verify(&root_key), "{word}");
        assert!(
            terminal.verify(&verifier_key) && !terminal.verify(&root_key),
            "{word}"
        );
        assert_eq!(root.role(), Role::Authority);
        assert_eq!(verifier.role(), Role::DomesticVerifier);
        assert_eq!(
            (terminal.role(), terminal.rights().irises),
            (Role::Terminal, false)
        );
        assert_eq!(verifier.rights(), Rights::ALL);
        assert_eq!(terminal.expiry(), date(2027, 1, 1));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
