//! Signatures that are missing, wrong, or of someone who may not sign.

use super::*;

#[test]
fn signature_by_other_station() {
    let world = World::new();
    let other = world.authority.enrol("hn-0202", "station");
    // With its own certificate, in the name of the first desk.
    refused!(
        forged(&world, |forge| {
            forge.outer = other.file_key();
            forge.statement["predicate"]["signer_certificate"] = base64(forge.outer.certificate());
        }),
        OpenError::StationMismatch
    );
    // With its own key under the first desk's certificate.
    refused!(
        forged(&world, |forge| {
            let first = sha256(forge.outer.certificate());
            forge.outer = other.file_key();
            forge.last_outer =
                Box::new(move |outer| outer["signatures"][0]["keyid"] = first.clone().into());
        }),
        OpenError::SignatureInvalid
    );
    // Outside the first desk, inside the second.
    refused!(
        forged(&world, |forge| {
            forge.inner[0] = other.file_key();
            forge.manifest["signers"]["device"] = base64(forge.inner[0].certificate());
        }),
        OpenError::DeviceDiffers
    );
}

#[test]
fn statement_altered() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    seal_in(&world, dir.path());
    let path = dir.path().join("outer.dsse.json");
    let mut outer: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let statement = String::from_utf8(unbase64(&outer["payload"])).unwrap();
    let altered = statement.replace("\"practice\":false", "\"practice\":true");
    assert_ne!(altered, statement);
    outer["payload"] = base64(altered.as_bytes());
    fs::write(&path, outer.to_string()).unwrap();
    refused!(verdict(&world, dir.path()), OpenError::SignatureInvalid);
}

#[test]
fn signature_missing() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.last_outer =
            Box::new(|outer| outer["signatures"] = json!([]))),
        OpenError::SignatureMissing
    );
    refused!(
        forged(&world, |forge| {
            forge.last_outer = Box::new(|outer| {
                let again = outer["signatures"][0].clone();
                outer["signatures"].as_array_mut().unwrap().push(again);
            });
        }),
        OpenError::SignatureMissing
    );
    refused!(
        forged(&world, |forge| {
            forge.last_outer = Box::new(|outer| outer["signatures"][0]["keyid"] = "00".into());
        }),
        OpenError::SignatureMissing
    );
}

#[test]
fn operator_missing() {
    let world = World::new();
    refused!(
        forged(&world, |forge| drop(forge.inner.pop())),
        OpenError::OperatorMissing
    );
    refused!(
        forged(&world, |forge| drop(forge.inner.remove(0))),
        OpenError::DeviceMissing
    );
}

#[test]
fn operator_is_the_desk() {
    let world = World::new();
    refused!(
        forged(&world, |forge| {
            forge.manifest["signers"]["operator"] = base64(forge.inner[0].certificate());
            forge.inner.pop();
        }),
        OpenError::Certificate {
            signer: Signer::Operator,
            source: CertificateError::WrongUnit
        }
    );
}

#[test]
fn inner_signature_over_something_else() {
    let world = World::new();
    for (place, wanted) in [
        (0, "bundle.device_signature"),
        (1, "bundle.operator_signature"),
    ] {
        let found = forged(&world, |forge| {
            forge.last_inner = Box::new(move |inner| {
                inner["signatures"][place]["sig"] = inner["signatures"][1 - place]["sig"].clone();
            });
        });
        assert_eq!(found.unwrap_err().code(), wanted);
    }
}

#[test]
fn third_signature_inside() {
    let world = World::new();
    let third = world.authority.enrol("nv-0099", "director");
    refused!(
        forged(&world, |forge| forge.inner.push(third.file_key())),
        OpenError::ManifestMalformed
    );
}

#[test]
fn operator_other_than_claimed() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.manifest["operator"] =
            "nv-0043".into()),
        OpenError::OperatorMismatch
    );
    refused!(
        forged(&world, |forge| forge.manifest["role"] = "certifier".into()),
        OpenError::RoleMismatch
    );
}

#[test]
fn untrusted_certificate() {
    let world = World::new();
    let strangers = Authority::new();
    let (device, operator) = (
        strangers.enrol("hn-0101", "station"),
        strangers.enrol("nv-0042", "clerk"),
    );
    refused!(
        forged(&world, |forge| replace_device(forge, &device)),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::Untrusted
        }
    );
    refused!(
        forged(&world, |forge| replace_operator(forge, &operator)),
        OpenError::Certificate {
            signer: Signer::Operator,
            source: CertificateError::Untrusted
        }
    );
    // A desk may not enrol others.
    let world = World::new();
    let made_by_desk = {
        let mut desk = rcgen::CertificateParams::new(Vec::new()).unwrap();
        desk.distinguished_name = crate::desk::name("hn-0101", Some("station"));
        let issuer = rcgen::Issuer::new(desk, rcgen::KeyPair::from_pem(&world.device.key).unwrap());
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "nv-0042");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        crate::desk::Enrolled {
            key: key.serialize_pem(),
            certificate: certificate.pem(),
        }
    };
    refused!(
        forged(&world, |forge| replace_operator(forge, &made_by_desk)),
        OpenError::Certificate {
            signer: Signer::Operator,
            source: CertificateError::Untrusted
        }
    );
}

#[test]
fn expired_certificate() {
    let world = World::new();
    let old = |id, unit| {
        world
            .authority
            .enrol_with(id, unit, |p| p.not_after = date_time_ymd(2026, 3, 1))
    };
    refused!(
        forged(&world, |forge| replace_device(
            forge,
            &old("hn-0101", "station")
        )),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::Expired
        }
    );
    refused!(
        forged(&world, |forge| replace_operator(
            forge,
            &old("nv-0042", "clerk")
        )),
        OpenError::Certificate {
            signer: Signer::Operator,
            source: CertificateError::Expired
        }
    );
    let early = |id, unit| {
        world
            .authority
            .enrol_with(id, unit, |p| p.not_before = date_time_ymd(2026, 3, 3))
    };
    refused!(
        forged(&world, |forge| replace_device(
            forge,
            &early("hn-0101", "station")
        )),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::NotYetValid
        }
    );
}

#[test]
fn certificate_of_wrong_kind() {
    let world = World::new();
    let person = world.authority.enrol("hn-0101", "clerk");
    refused!(
        forged(&world, |forge| replace_device(forge, &person)),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::WrongUnit
        }
    );
    let server = world.authority.enrol_with("hn-0101", "station", |p| {
        p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    refused!(
        forged(&world, |forge| replace_device(forge, &server)),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::Untrusted
        }
    );
    let not_signing = world.authority.enrol_with("hn-0101", "station", |p| {
        p.key_usages = vec![rcgen::KeyUsagePurpose::KeyAgreement];
    });
    refused!(
        forged(&world, |forge| replace_device(forge, &not_signing)),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::Malformed
        }
    );
    let two_names = world.authority.enrol_with("hn-0101", "station", |p| {
        // A second unit by its number (RFC 4519 §2.20), for rcgen keeps one of each name.
        p.distinguished_name
            .push(rcgen::DnType::CustomDnType(vec![2, 5, 4, 11]), "director");
    });
    refused!(
        forged(&world, |forge| replace_device(forge, &two_names)),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::WrongUnit
        }
    );
    refused!(
        forged(
            &world,
            |forge| forge.statement["predicate"]["signer_certificate"] = base64(b"no certificate")
        ),
        OpenError::Certificate {
            signer: Signer::Device,
            source: CertificateError::Malformed
        }
    );
}
