//! What we sign, other programs accept: pdfsig (poppler), openssl and qpdf are the judges.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use pades::{Algorithm, DocMdp, LaterChanges, SignError, SignOptions, SigningKey, check, sign};

use crate::desk::{Missing, authority, certifier};
use crate::papers;

fn now() -> Timestamp {
    Timestamp::now()
}

/// What a program says to a file; an absent program fails the test by its name.
fn ask(program: &str, arguments: &[&str], folder: &Path) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed to judge signatures: {error}"));
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn pdfsig(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("signed.pdf"), pdf).unwrap();
    ask("pdfsig", &["-nocert", "signed.pdf"], folder.path()).1
}

fn accepted_by_all(name: &str, pdf: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).unwrap();
    write("signed.pdf", pdf);
    let said = pdfsig(pdf);
    assert!(said.contains("Signature is Valid"), "{name}: {said}");
    assert!(said.contains("ETSI.CAdES.detached"), "{name}: {said}");
    assert!(said.contains("Total document signed"), "{name}: {said}");

    let [_, start, after, rest] = papers::byte_range(pdf);
    let hex = String::from_utf8(pdf[start + 1..after - 1].to_vec()).unwrap();
    let cms: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    write("cms.der", &cms);
    write(
        "content",
        &[&pdf[..start], &pdf[after..after + rest]].concat(),
    );
    write("root.pem", authority().root_pem.as_bytes());
    let arguments = [
        "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "cms.der", "-content",
        "content", "-CAfile", "root.pem", "-purpose", "any", "-out", "out",
    ];
    let (accepted, said) = ask("openssl", &arguments, folder.path());
    assert!(accepted, "{name}: {said}");

    let (accepted, said) = ask("qpdf", &["--check", "signed.pdf"], folder.path());
    assert!(accepted && !said.contains("WARNING"), "{name}: {said}");
}

#[test]
fn every_kind_of_file_and_key_is_accepted() {
    let rsa = authority().rsa();
    let keys: [&dyn SigningKey; 2] = [certifier(), &rsa];
    for (name, paper) in papers::all() {
        for key in keys {
            let mut options = SignOptions::new(now());
            options.name = Some("Nguyễn Thị Hòa".to_owned());
            options.reason = Some("Số hóa thành phần hồ sơ".to_owned());
            let signed = sign(&paper, key, &options).unwrap();
            assert!(signed.starts_with(&paper), "{name}: earlier bytes changed");
            accepted_by_all(name, &signed);

            let reports = check(&signed, &authority().roots(), now()).unwrap();
            let [report] = reports.as_slice() else {
                panic!("{name}: {reports:?}")
            };
            assert_eq!(report.faults(), [], "{name}");
            assert!(report.intact() && report.covers_whole_document);
            assert_eq!(report.covered_bytes, signed.len());
            assert_eq!(report.later, LaterChanges::None);
            assert_eq!(report.field, "Signature1");
            assert_eq!(report.reason.as_deref(), Some("Số hóa thành phần hồ sơ"));
            assert_eq!(
                report.claimed_at.unwrap().as_second(),
                options.at.as_second()
            );
            let expected = match key.algorithm() {
                Algorithm::RsaPkcs1Sha256 => "Trần Văn Quý",
                _ => "Nguyễn Thị Hòa",
            };
            let signer = report.signer.as_ref().unwrap();
            assert_eq!(signer.common_name.as_deref(), Some(expected));
            assert_eq!(&signer.certificate, &key.certificates()[0]);
        }
    }
}

#[test]
fn a_second_signature_leaves_the_first_standing() {
    for (name, paper) in papers::all() {
        let once = sign(&paper, certifier(), &SignOptions::new(now())).unwrap();
        let twice = sign(&once, &authority().rsa(), &SignOptions::new(now())).unwrap();
        accepted_by_all(name, &twice);
        assert_eq!(
            pdfsig(&twice).matches("Signature is Valid").count(),
            2,
            "{name}"
        );
        let reports = check(&twice, &authority().roots(), now()).unwrap();
        assert_eq!(reports.len(), 2);
        assert!(
            reports.iter().all(|report| report.faults().is_empty()),
            "{name}: {reports:?}"
        );
        assert_eq!(reports[0].later, LaterChanges::Signatures);
        assert_eq!(reports[0].covered_bytes, once.len());
        assert!(!reports[0].covers_whole_document && reports[1].covers_whole_document);
        assert_eq!(reports[1].field, "Signature2");
    }
}

#[test]
fn a_number_that_is_named_but_empty_is_never_filled() {
    // The catalogue of this file names object 9, which does not exist; each signature takes two numbers.
    let mut paper = papers::with_table();
    for _ in 0..4 {
        paper = sign(&paper, certifier(), &SignOptions::new(now())).unwrap();
    }
    assert!(!String::from_utf8_lossy(&paper).contains("\n9 0 obj"));
    let reports = check(&paper, &authority().roots(), now()).unwrap();
    assert_eq!(reports.len(), 4);
    assert!(
        reports.iter().all(|report| report.faults().is_empty()),
        "{reports:?}"
    );
}

#[test]
fn a_certifying_signature_says_what_may_follow() {
    let mut options = SignOptions::new(now());
    options.certify = Some(DocMdp::FormsAndSignatures);
    let certified = sign(&papers::by_pdf_writer(), certifier(), &options).unwrap();
    accepted_by_all("certified", &certified);
    let report = &check(&certified, &authority().roots(), now()).unwrap()[0];
    assert_eq!(report.docmdp, Some(DocMdp::FormsAndSignatures));
    // A second certifying signature is not allowed, an ordinary one is.
    assert_eq!(
        sign(&certified, certifier(), &options),
        Err(SignError::Forbidden)
    );
    let both = sign(&certified, certifier(), &SignOptions::new(now())).unwrap();
    assert!(
        check(&both, &authority().roots(), now())
            .unwrap()
            .iter()
            .all(|r| r.faults().is_empty())
    );

    options.certify = Some(DocMdp::NoChanges);
    let closed = sign(&papers::with_table(), certifier(), &options).unwrap();
    accepted_by_all("closed", &closed);
    assert_eq!(
        sign(&closed, certifier(), &SignOptions::new(now())),
        Err(SignError::Forbidden)
    );
}

#[test]
fn a_signature_made_by_openssl_is_understood() {
    // The hole of our own file, filled by another program: with and without the certificate named.
    let mut options = SignOptions::new(now());
    options.room_bytes = 4096;
    let key = certifier();
    let signed = sign(&papers::with_table(), key, &options).unwrap();
    let [_, start, after, rest] = papers::byte_range(&signed);
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).unwrap();
    write(
        "content",
        &[&signed[..start], &signed[after..after + rest]].concat(),
    );
    write("key.pem", key.key_pem.as_bytes());
    write("signer.der", &key.certificates[0]);
    write("office.pem", authority().office_pem.as_bytes());
    let pem = [
        "x509",
        "-inform",
        "DER",
        "-in",
        "signer.der",
        "-out",
        "signer.pem",
    ];
    assert!(ask("openssl", &pem, folder.path()).0);
    for (cades, expected) in [(true, vec![]), (false, vec!["pades.certificate_unbound"])] {
        let mut arguments = vec![
            "cms",
            "-sign",
            "-binary",
            "-in",
            "content",
            "-signer",
            "signer.pem",
            "-inkey",
            "key.pem",
            "-certfile",
            "office.pem",
            "-md",
            "sha256",
            "-outform",
            "DER",
            "-out",
            "cms.der",
        ];
        if cades {
            arguments.push("-cades");
        }
        let (made, said) = ask("openssl", &arguments, folder.path());
        assert!(made, "{said}");
        let cms = std::fs::read(folder.path().join("cms.der")).unwrap();
        let mut foreign = signed.clone();
        let hex: String = cms.iter().map(|byte| format!("{byte:02x}")).collect();
        let room = after - start - 2;
        assert!(hex.len() <= room);
        foreign[start + 1..after - 1].copy_from_slice(format!("{hex:0<room$}").as_bytes());
        let report = &check(&foreign, &authority().roots(), now()).unwrap()[0];
        let codes: Vec<_> = report.faults().iter().map(|fault| fault.code()).collect();
        assert_eq!(codes, expected, "-cades {cades}");
    }
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let paper = papers::with_table();
    let options = SignOptions::new(now());
    let code = |result: Result<Vec<u8>, SignError>| result.unwrap_err().code();
    assert_eq!(code(sign(b"hello", certifier(), &options)), "pades.not_pdf");
    let gone = Missing(certifier().certificates.clone());
    assert_eq!(code(sign(&paper, &gone, &options)), "pades.key_missing");
    assert_eq!(
        code(sign(&paper, &Missing(vec![]), &options)),
        "pades.key_without_certificate"
    );
    assert_eq!(
        code(sign(&paper, &Missing(vec![vec![0x30, 0]]), &options)),
        "pades.key_without_certificate"
    );
    for name in ["", "a.b", "Signature1"] {
        let once = sign(&paper, certifier(), &options).unwrap();
        let mut again = options.clone();
        again.field = Some(name.to_owned());
        assert_eq!(
            code(sign(&once, certifier(), &again)),
            "pades.field_name",
            "{name}"
        );
    }
    let long = SignOptions::new(now());
    let long = {
        let mut long = long;
        long.reason = Some("x".repeat(501));
        long
    };
    assert_eq!(code(sign(&paper, certifier(), &long)), "pades.field_name");
}

#[test]
fn an_unsigned_file_has_no_signatures() {
    for (name, paper) in papers::all() {
        assert_eq!(
            check(&paper, &authority().roots(), now()),
            Ok(vec![]),
            "{name}"
        );
    }
}
