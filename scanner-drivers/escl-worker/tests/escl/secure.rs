//! Encryption: only a certificate that a person compared is believed, and nothing goes in the clear unasked.

use std::collections::BTreeMap;

use escl_fake::{Certificate, Device, Fake};
use promises::sheet;
use scanner_drivers::ScannerDriver;
use scanner_drivers::settings::EsclSettings;

use crate::rig::{at, code, driver, from_feeder};

fn secure(certificate: &Certificate) -> Fake {
    Fake::start_secure(
        Device {
            feeder: [sheet(1)].into(),
            ..Device::default()
        },
        certificate,
    )
    .unwrap()
}

fn pinned(fake: &Fake, name: &str, fingerprint: &str) -> EsclSettings {
    EsclSettings {
        certificates: BTreeMap::from([(name.to_owned(), fingerprint.to_owned())]),
        ..at(&[fake.url()])
    }
}

#[test]
fn an_unknown_certificate_is_shown_and_not_believed() {
    let certificate = Certificate::fresh();
    let fake = secure(&certificate);
    let driver = driver(at(&[fake.url()]));
    let (pages, outcome) = promises::scan(&driver, &fake.url(), &from_feeder());
    assert_eq!(code(outcome), "scan.certificate_unknown");
    assert!(pages.is_empty());
    // The search shows the fingerprint, for a person to compare.
    let found = driver.discover().unwrap();
    let told = found[0].capabilities();
    assert_eq!(told.trouble.as_deref(), Some("scan.certificate_unknown"));
    assert_eq!(
        told.certificate.as_deref(),
        Some(certificate.fingerprint.as_str())
    );
    assert!(
        fake.requests().is_empty(),
        "not a word before the certificate is known"
    );
}

#[test]
fn a_pinned_certificate_is_believed_by_host_and_by_uuid() {
    let certificate = Certificate::fresh();
    let uuid = Device::default().uuid;
    // As other programs print it.
    let spaced: Vec<String> = certificate
        .fingerprint
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    for (name, fingerprint) in [
        ("127.0.0.1", certificate.fingerprint.clone()),
        (&uuid, certificate.fingerprint.clone()),
        (&format!("urn:uuid:{uuid}"), spaced.join(":")),
    ] {
        let fake = secure(&certificate);
        let driver = driver(pinned(&fake, name, &fingerprint));
        let (pages, outcome) = promises::scan(&driver, &fake.url(), &from_feeder());
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(pages.len() == 1 && pages[0].image == sheet(1));
        let found = driver.discover().unwrap();
        assert_eq!(found[0].capabilities().trouble, None);
    }
}

#[test]
fn a_changed_certificate_is_refused_and_told_apart() {
    let fake = secure(&Certificate::fresh());
    let other = Certificate::fresh();
    let driver = driver(pinned(&fake, "127.0.0.1", &other.fingerprint));
    let (pages, outcome) = promises::scan(&driver, &fake.url(), &from_feeder());
    assert_eq!(code(outcome), "scan.certificate_changed");
    assert!(pages.is_empty() && fake.requests().is_empty());
}

#[test]
fn the_certificate_of_another_scanner_does_not_do() {
    let certificate = Certificate::fresh();
    let fake = secure(&certificate);
    // Pinned for another host, and this one's UUID is pinned to something else.
    let settings = EsclSettings {
        certificates: BTreeMap::from([
            ("192.0.2.77".to_owned(), certificate.fingerprint.clone()),
            (Device::default().uuid, Certificate::fresh().fingerprint),
        ]),
        ..at(&[fake.url()])
    };
    let (_, outcome) = promises::scan(&driver(settings), &fake.url(), &from_feeder());
    assert_eq!(code(outcome), "scan.certificate_changed");
}

#[test]
fn nothing_is_scanned_in_the_clear_over_a_network_unasked() {
    // 192.0.2.0/24 is for documentation (RFC 5737): nobody is there.
    let url = "http://192.0.2.200:8080/eSCL".to_owned();
    let plain = driver(at(std::slice::from_ref(&url)));
    let (_, outcome) = promises::scan(&plain, &url, &from_feeder());
    assert_eq!(code(outcome), "scan.plain_http");
    let found = plain.discover().unwrap();
    assert_eq!(
        found[0].capabilities().trouble.as_deref(),
        Some("scan.plain_http")
    );
}
