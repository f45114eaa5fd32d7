//! A signed file changed in every way we could think of is told apart from an untouched one.

use jiff::Timestamp;
use pades::{
    ChainState, Integrity, LaterChanges, Roots, SignOptions, SignatureReport, check, sign,
};

use crate::desk::{Authority, Duty, authority, certifier};
use crate::papers::{self, append, byte_range, object};

fn now() -> Timestamp {
    Timestamp::now()
}

fn signed() -> Vec<u8> {
    sign(&papers::with_table(), certifier(), &SignOptions::new(now())).unwrap()
}

fn only(pdf: &[u8]) -> SignatureReport {
    let mut reports = check(pdf, &authority().roots(), now()).unwrap();
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

fn codes(report: &SignatureReport) -> Vec<&'static str> {
    report
        .faults()
        .into_iter()
        .map(|fault| fault.code())
        .collect()
}

fn replace(pdf: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = pdf
        .windows(from.len())
        .position(|window| window == from.as_bytes())
        .unwrap();
    [&pdf[..at], to.as_bytes(), &pdf[at + from.len()..]].concat()
}

#[test]
fn a_changed_byte_is_seen() {
    let report = only(&replace(&signed(), "0.2 0.4 0.6 rg", "0.2 0.4 0.7 rg"));
    assert_eq!(report.integrity, Integrity::Altered);
    assert_eq!(codes(&report), ["pades.altered"]);
    assert_eq!(report.chain, Some(ChainState::Trusted));
}

#[test]
fn a_changed_signature_is_seen() {
    let signed = signed();
    let [_, start, after, _] = byte_range(&signed);
    let hex = std::str::from_utf8(&signed[start + 1..after - 1]).unwrap();
    // The last byte that is no padding belongs to the signature value.
    let last = start + 1 + hex.trim_end_matches('0').len() / 2 * 2 - 2;
    let mut changed = signed.clone();
    changed[last] = if changed[last] == b'1' { b'2' } else { b'1' };
    let report = only(&changed);
    assert!(
        matches!(report.integrity, Integrity::WrongSignature),
        "{report:?}"
    );
    // Bytes behind the CMS are no padding.
    let mut stuffed = signed;
    stuffed[after - 2] = b'1';
    assert_eq!(only(&stuffed).integrity, Integrity::Malformed);
}

#[test]
fn an_appended_revision_that_changes_the_page_is_seen() {
    let content = "<< /Length 25 >>\nstream\n1 0 0 rg 0 0 99 99 re f  \nendstream";
    let changed = append(&signed(), &[(4, content)]);
    let report = only(&changed);
    assert!(report.intact(), "the signed bytes themselves are untouched");
    assert!(!report.covers_whole_document);
    assert_eq!(report.later, LaterChanges::Altered);
    assert_eq!(codes(&report), ["pades.changed_after"]);
}

#[test]
fn appended_revisions_in_disguise_are_seen() {
    let signed = signed();
    let page = object(&signed, 3);
    let catalog = object(&signed, 1);
    let with_widget = page
        .replace("/Annots [", "/Annots [50 0 R ")
        .replace("50 0 R 6 0 R", "6 0 R 50 0 R");
    assert_ne!(with_widget, page);
    let overlay = "<< /Type /Annot /Subtype /FreeText /Rect [0 0 99 99] >>";
    let disguised = "<< /Type /Annot /Subtype /Widget /FT /Sig /Rect [0 0 99 99] >>";
    let attacks: [(&str, Vec<(u32, &str)>); 6] = [
        // The signed catalogue names object 9, which did not exist.
        (
            "a dangling reference filled",
            vec![(9, "<< /S /JavaScript >>")],
        ),
        (
            "an overlay on the page",
            vec![(3, &with_widget), (50, overlay)],
        ),
        (
            "a widget that no field owns",
            vec![(3, &with_widget), (50, disguised)],
        ),
        (
            "another page tree",
            vec![(2, "<< /Type /Pages /Kids [] /Count 0 >>")],
        ),
        (
            "a signature field turned into text",
            vec![(6, "<< /FT /Tx /T (Signature1) /V 5 0 R >>")],
        ),
        (
            "the signature value replaced",
            vec![(1, &catalog), (5, "<< /Type /Sig >>")],
        ),
    ];
    for (name, objects) in attacks {
        let reports = check(&append(&signed, &objects), &authority().roots(), now()).unwrap();
        let relied_on = reports.iter().any(|report| report.faults().is_empty());
        assert!(!relied_on, "{name}: {reports:?}");
    }
    let opening = catalog.replacen("<<", "<</OpenAction << /S /JavaScript /JS (x) >> ", 1);
    assert_eq!(
        codes(&only(&append(&signed, &[(1, &opening)]))),
        ["pades.changed_after"]
    );
    let scripted = catalog.replacen("/AcroForm <<", "/AcroForm <</XFA 60 0 R ", 1);
    assert_ne!(scripted, catalog);
    assert_eq!(
        codes(&only(&append(&signed, &[(1, &scripted)]))),
        ["pades.changed_after"]
    );
}

#[test]
fn validation_data_may_follow() {
    let signed = signed();
    let catalog = object(&signed, 1).replacen("<<", "<</DSS 40 0 R ", 1);
    let store = [
        (1, catalog.as_str()),
        (40, "<< /Certs [41 0 R] >>"),
        (41, "<< /Length 1 >>\nstream\nx\nendstream"),
    ];
    let report = only(&append(&signed, &store));
    assert_eq!(report.later, LaterChanges::ValidationData);
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn bytes_appended_without_a_revision_are_seen() {
    let blank = [signed(), b"\r\n\n".to_vec()].concat();
    assert_eq!(only(&blank).later, LaterChanges::None);
    assert!(!only(&blank).covers_whole_document);
    let stuffed = [signed(), b"% more\n".to_vec()].concat();
    assert_eq!(codes(&only(&stuffed)), ["pades.changed_after"]);
}

#[test]
fn a_wrong_byte_range_is_seen() {
    let signed = signed();
    let [_, start, after, rest] = byte_range(&signed);
    let range = format!("[0 {start} {after} {rest}]");
    let wrong = [
        format!("[1 {start} {after} {rest}]"),
        format!("[0 {} {after} {rest}]", start - 10),
        format!("[0 {start} {} {}]", after + 10, rest - 10),
        format!("[0 {start} {after} {}]", rest + 1),
        format!("[0 {start} {after} 99999999999999999999]"),
        format!("[0 {start} {after} {}]", i64::MAX),
        format!("[0 {start} {after} -1]"),
        format!("[0 {after} {start} {rest}]"),
        format!("[0 {start} {after}]"),
        "[]".to_owned(),
        "null".to_owned(),
    ];
    for to in wrong {
        // The field has a fixed width, so the file keeps its length and only the range is at fault.
        let field = format!("{to:<36}");
        assert_eq!(field.len(), 36);
        let at = signed
            .windows(range.len())
            .position(|window| window == range.as_bytes())
            .unwrap();
        let mut changed = signed.clone();
        changed[at..at + 36].copy_from_slice(field.as_bytes());
        let report = only(&changed);
        assert_eq!(report.integrity, Integrity::BadByteRange, "{to}");
        assert_eq!(codes(&report), ["pades.byte_range"], "{to}");
    }
    // A range that stops early is sound in itself, but then the rest was never signed.
    let early = replace(
        &signed,
        &range,
        &format!("[0 {start} {after} {}]", rest - 1),
    );
    assert!(!only(&early).faults().is_empty());
}

#[test]
fn a_chain_is_followed_at_the_time_asked_for() {
    let roots = authority().roots();
    let state = |pdf: &[u8], roots: &Roots, at: Timestamp| {
        let report = check(pdf, roots, at).unwrap().remove(0);
        assert!(report.intact());
        (report.chain.unwrap(), codes(&report))
    };
    let make = |duty, years| {
        sign(
            &papers::with_table(),
            &authority().ecdsa(duty, years),
            &SignOptions::new(now()),
        )
        .unwrap()
    };
    let short = make(Duty::Sign, (2020, 2024));
    let year = |year: i16| {
        format!("{year}-06-01T00:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    assert_eq!(
        state(&short, &roots, year(2023)),
        (ChainState::Trusted, vec![])
    );
    assert_eq!(
        state(&short, &roots, year(2026)),
        (ChainState::Expired, vec!["pades.certificate_expired"])
    );
    assert_eq!(
        state(&short, &roots, year(2019)),
        (
            ChainState::NotYetValid,
            vec!["pades.certificate_not_yet_valid"]
        )
    );
    let wrong = make(Duty::Encipher, (2020, 2100));
    assert_eq!(
        state(&wrong, &roots, now()),
        (ChainState::WrongUsage, vec!["pades.certificate_usage"])
    );
    let unknown = (ChainState::UnknownIssuer, vec!["pades.issuer_unknown"]);
    assert_eq!(state(&signed(), &Roots::none(), now()), unknown);
    // Another authority of the same name does not do.
    assert_eq!(
        state(&signed(), &Authority::new("Specimen root").roots(), now()),
        unknown
    );
}

#[test]
fn a_signer_without_the_right_to_issue_cannot_issue() {
    // The certifier's own certificate as a trusted root of a chain it never issued.
    let mut roots = Roots::none();
    roots.add(&certifier().certificates[0]).unwrap();
    assert_eq!(
        check(&signed(), &roots, now()).unwrap()[0].chain,
        Some(ChainState::Trusted)
    );
    let other = sign(
        &papers::with_table(),
        &authority().rsa(),
        &SignOptions::new(now()),
    )
    .unwrap();
    assert_eq!(
        check(&other, &roots, now()).unwrap()[0].chain,
        Some(ChainState::UnknownIssuer)
    );
    assert!(roots.add(b"no certificate").is_err() && roots.add(&[0x30, 0x82]).is_err());
    assert!(roots.add(&authority().root_der).is_ok() && roots.len() == 2);
}
