//! Every way from a signer to a country, and every way in which it ends short of one.

use jiff::civil::{Date, date};

use super::pki::{Authority, Wanted, certify, files, key, name};
use crate::proof::passive::{self, Files, Zone};
use crate::report::{ChainState, PassiveReport, RevocationState, SodState, Weakness};
use crate::tlv;
use crate::trust::{CscaTrust, SourceState};

const VIETNAM: Zone<'static> = Zone {
    issuing_state: "VNM",
    document_code: "P",
};
const TODAY: Date = date(2026, 11, 22);

/// A trust directory with these files.
fn directory(files: &[(&str, Vec<u8>)]) -> CscaTrust {
    let dir = tempdir();
    for (name, bytes) in files {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
    let trust = CscaTrust::load_dir(&dir).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    trust
}

fn tempdir() -> std::path::PathBuf {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("emrtd-chains-{}-{number}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn judge_at(sod: &[u8], trust: &CscaTrust, zone: Zone<'_>, day: Date) -> PassiveReport {
    let groups = files();
    let files = Files {
        sod,
        groups: &groups,
        locked: &[],
    };
    passive::check(&files, trust, Some(zone), day)
}

fn judge(sod: &[u8], trust: &CscaTrust) -> PassiveReport {
    judge_at(sod, trust, VIETNAM, TODAY)
}

fn chain(sod: &[u8], trust: &CscaTrust) -> ChainState {
    let report = judge(sod, trust);
    assert_eq!(report.sod, SodState::Signed);
    assert_eq!(
        report.faults().is_empty(),
        report.chain == ChainState::Trusted
    );
    report.chain
}

#[test]
fn an_issuer_is_found_by_every_name_it_goes_by() {
    let csca = Authority::new(&Wanted::authority());
    let other = Authority::new(&Wanted::authority());
    let trust = directory(&[("a.der", other.der()), ("b.der", csca.der())]);
    for (authority, weakness) in [
        ("id", None),
        ("certificate", None),
        ("none", Some(Weakness::NoAuthorityKeyId)),
        ("wrong", Some(Weakness::AuthorityKeyIdWrong)),
    ] {
        let wanted = Wanted {
            authority,
            ..Wanted::default()
        };
        let (sod, _) = csca.document(&wanted, "2025-01-01");
        let report = judge(&sod, &trust);
        assert_eq!(report.chain, ChainState::Trusted, "{authority}");
        assert_eq!(report.weak, weakness.into_iter().collect::<Vec<_>>());
        let signer = report.signer.unwrap();
        let found = trust.certificate(&signer.csca_sha256.unwrap()).unwrap().1;
        assert_eq!(found, csca.der());
        // Nobody's: the same names, another key.
        let alone = directory(&[("a.der", other.der())]);
        assert_eq!(
            chain(&sod, &alone),
            ChainState::UnknownIssuer,
            "{authority}"
        );
    }
    // The key that the signer names is here, and did not sign.
    let impostor = Authority {
        key: key(true),
        name: name("VN", "CSCA"),
        certificate: csca.certificate.clone(),
    };
    let wanted = Wanted {
        authority: "none",
        extensions: vec![("2.5.29.35", false, {
            let id = csca
                .certificate
                .subject_key_id()
                .unwrap()
                .as_slice()
                .to_vec();
            tlv::encode(0x30, &tlv::encode(0x80, &id))
        })],
        ..Wanted::default()
    };
    let (sod, _) = impostor.document(&wanted, "2025-01-01");
    assert_eq!(chain(&sod, &trust), ChainState::BadSignature);
}

/// Three keys of a country, each linked to the one before.
struct Generations {
    keys: Vec<Authority>,
    links: Vec<Vec<u8>>,
}

fn generations(count: usize) -> Generations {
    let keys: Vec<Authority> = (0..count)
        .map(|_| Authority::new(&Wanted::authority()))
        .collect();
    let links = keys
        .windows(2)
        .map(|pair| {
            let wanted = Wanted {
                serial: 900,
                ..Wanted::authority()
            };
            pair[0].link(&pair[1], &wanted)
        })
        .collect();
    Generations { keys, links }
}

#[test]
fn a_new_key_is_followed_through_links_and_an_old_one_is_not() {
    let Generations { keys, links } = generations(3);
    let (new, _) = keys[2].document(&Wanted::default(), "2025-01-01");
    let (old, _) = keys[0].document(&Wanted::default(), "2025-01-01");
    let whole = directory(&[
        ("old.der", keys[0].der()),
        ("one.cer", links[0].clone()),
        ("two.cer", links[1].clone()),
    ]);
    assert_eq!(whole.len(), 1);
    for source in &whole.sources()[1..] {
        let links = SourceState::Links {
            added: 1,
            followed: 1,
        };
        assert_eq!(source.state, links);
    }
    let report = judge(&new, &whole);
    assert_eq!(report.chain, ChainState::Trusted);
    assert_eq!(report.signer.unwrap().links_sha256.len(), 2);
    // One link short.
    let short = directory(&[("old.der", keys[0].der()), ("two.cer", links[1].clone())]);
    assert_eq!(chain(&new, &short), ChainState::UnknownIssuer);
    let nowhere = SourceState::Links {
        added: 1,
        followed: 0,
    };
    assert_eq!(short.sources()[1].state, nowhere);
    // The other way round nothing follows: the new key never vouched for the old one.
    let reverse = directory(&[
        ("new.der", keys[2].der()),
        ("one.cer", links[0].clone()),
        ("two.cer", links[1].clone()),
    ]);
    assert_eq!(chain(&old, &reverse), ChainState::UnknownIssuer);
    assert_eq!(chain(&new, &reverse), ChainState::Trusted);
}

#[test]
fn a_link_inside_the_message_is_followed_too() {
    let Generations { keys, links } = generations(2);
    let trust = directory(&[("old.der", keys[0].der())]);
    let (sod, _) = keys[1].document(&Wanted::default(), "2025-01-01");
    assert_eq!(chain(&sod, &trust), ChainState::UnknownIssuer);
    for order in [1, 2] {
        let carrying = super::with_certificate(&sod, &links[0], order);
        assert_eq!(chain(&carrying, &trust), ChainState::Trusted);
    }
    // A country's certificate beside it makes nobody trusted.
    let alone = super::with_certificate(&sod, &keys[1].der(), 2);
    assert_eq!(chain(&alone, &trust), ChainState::UnknownIssuer);
}

#[test]
fn links_end_somewhere() {
    // Two keys that link each other, and neither is trusted.
    let Generations { keys, links } = generations(2);
    let back = keys[1].link(
        &keys[0],
        &Wanted {
            serial: 901,
            ..Wanted::authority()
        },
    );
    let stranger = Authority::new(&Wanted {
        common: "Other",
        ..Wanted::authority()
    });
    let circle = directory(&[
        ("a.der", stranger.der()),
        ("b.cer", links[0].clone()),
        ("c.cer", back),
    ]);
    let (sod, _) = keys[1].document(&Wanted::default(), "2025-01-01");
    assert_eq!(chain(&sod, &circle), ChainState::UnknownIssuer);
    // More links than a country can have used.
    let Generations { keys, links } = generations(7);
    let mut files = vec![("0.der".to_owned(), keys[0].der())];
    for (index, link) in links.iter().enumerate() {
        files.push((format!("{index}.cer"), link.clone()));
    }
    let files: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let long = directory(&files);
    let (sod, _) = keys[4].document(&Wanted::default(), "2025-01-01");
    assert_eq!(chain(&sod, &long), ChainState::Trusted);
    let (sod, _) = keys[6].document(&Wanted::default(), "2025-01-01");
    assert_eq!(chain(&sod, &long), ChainState::UnknownIssuer);
}

#[test]
fn a_link_to_another_country_is_no_link() {
    let vietnam = Authority::new(&Wanted::authority());
    let other = Authority::new(&Wanted {
        country: "UT",
        ..Wanted::authority()
    });
    let link = other.link(
        &vietnam,
        &Wanted {
            serial: 5,
            ..Wanted::authority()
        },
    );
    let trust = directory(&[("other.der", other.der()), ("link.cer", link)]);
    let (sod, _) = vietnam.document(&Wanted::default(), "2025-01-01");
    assert_eq!(chain(&sod, &trust), ChainState::CountryMismatch);
}

#[test]
fn each_time_has_its_own_state() {
    let csca = Authority::new(&Wanted::authority());
    let trust = directory(&[("a.der", csca.der())]);
    let state = |from, until, signed, day| {
        let wanted = Wanted {
            from,
            until,
            ..Wanted::default()
        };
        let (sod, _) = csca.document(&wanted, signed);
        judge_at(&sod, &trust, VIETNAM, day).chain
    };
    let states = [
        (
            "2024-01-01",
            "2034-01-01",
            "2025-01-01",
            ChainState::Trusted,
        ),
        (
            "2024-01-01",
            "2024-06-01",
            "2025-01-01",
            ChainState::ExpiredAtSigning,
        ),
        (
            "2025-06-01",
            "2034-01-01",
            "2025-01-01",
            ChainState::NotYetValid,
        ),
        (
            "2024-01-01",
            "2034-01-01",
            "2027-01-01",
            ChainState::SignedInFuture,
        ),
        // The country's key was not yet, or no longer, valid when it issued the signer.
        (
            "2019-01-01",
            "2034-01-01",
            "2025-01-01",
            ChainState::IssuerNotValid,
        ),
    ];
    for (from, until, signed, expected) in states {
        assert_eq!(
            state(from, until, signed, TODAY),
            expected,
            "{from} {until}"
        );
    }
    // Valid when it signed, run out since: a notice.
    let wanted = Wanted {
        until: "2026-01-01",
        ..Wanted::default()
    };
    let (sod, _) = csca.document(&wanted, "2025-01-01");
    let report = judge(&sod, &trust);
    assert_eq!(report.chain, ChainState::Trusted);
    assert_eq!(report.weak, [Weakness::SignerExpiredSince]);
    // The same without a time of signing cannot be told from one that signs today.
    let untimed = crate::simulator::issuer::tests::sign_without_time;
    let own = key(true);
    let signer = certify(&own, &wanted, Some(&csca));
    let sod = untimed(&files(), &signer, &own);
    let report = judge(&sod, &trust);
    assert_eq!(report.chain, ChainState::ExpiredTimeUnknown);
    assert_eq!(report.faults()[0].code(), "chip.expired_time_unknown");
    let earlier = judge_at(&sod, &trust, VIETNAM, date(2025, 1, 1));
    assert_eq!(earlier.chain, ChainState::Trusted);
    assert_eq!(earlier.weak, [Weakness::NoSigningTime]);
}

#[test]
fn what_a_certificate_may_not_do_makes_it_unfit() {
    let csca = Authority::new(&Wanted::authority());
    let trust = directory(&[("a.der", csca.der())]);
    let purpose = tlv::encode(
        0x30,
        &tlv::encode(0x06, crate::proof::chain::SIGNS_MASTER_LISTS),
    );
    let unfit = [
        Wanted {
            ca: true,
            ..Wanted::default()
        },
        Wanted {
            usage: Some("encipher"),
            ..Wanted::default()
        },
        Wanted {
            extensions: vec![("2.5.29.37", true, purpose)],
            ..Wanted::default()
        },
        Wanted {
            extensions: vec![("1.2.3.4.5", true, vec![5, 0])],
            ..Wanted::default()
        },
    ];
    for wanted in unfit {
        let (sod, _) = csca.document(&wanted, "2025-01-01");
        assert_eq!(
            chain(&sod, &trust),
            ChainState::Unfit,
            "{:?}",
            wanted.extensions
        );
    }
    // Odd, and no harm: no usage, unknown extensions that are not critical.
    for wanted in [
        Wanted {
            usage: None,
            ..Wanted::default()
        },
        Wanted {
            extensions: vec![("1.2.3.4.5", false, vec![5, 0])],
            ..Wanted::default()
        },
    ] {
        let (sod, _) = csca.document(&wanted, "2025-01-01");
        assert_eq!(chain(&sod, &trust), ChainState::Trusted);
    }
}

#[test]
fn what_the_issuer_wished_for_is_a_notice() {
    let csca = Authority::new(&Wanted::authority());
    let trust = directory(&[("a.der", csca.der())]);
    let types = |kinds: &[&str]| {
        let kinds: Vec<u8> = kinds
            .iter()
            .flat_map(|kind| tlv::encode(0x13, kind.as_bytes()))
            .collect();
        let body = [tlv::encode(0x02, &[0]), tlv::encode(0x31, &kinds)].concat();
        ("2.23.136.1.1.6.2", false, tlv::encode(0x30, &body))
    };
    let period = tlv::encode(0x30, &tlv::encode(0x81, b"20240601000000Z"));
    for (extension, weakness) in [
        (types(&["P", "ID"]), None),
        (types(&["ID", "AR"]), Some(Weakness::DocumentTypeUnlisted)),
        (
            ("2.5.29.16", false, period),
            Some(Weakness::OutsideUsagePeriod),
        ),
    ] {
        let wanted = Wanted {
            extensions: vec![extension],
            ..Wanted::default()
        };
        let (sod, _) = csca.document(&wanted, "2025-01-01");
        let report = judge(&sod, &trust);
        assert_eq!(report.chain, ChainState::Trusted);
        assert_eq!(report.weak, weakness.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_country_signs_for_itself_and_its_territories() {
    let of = |country: &'static str, zone: &'static str| {
        let csca = Authority::new(&Wanted {
            country,
            ..Wanted::authority()
        });
        let (sod, _) = csca.document(
            &Wanted {
                country,
                ..Wanted::default()
            },
            "2025-01-01",
        );
        let zone = Zone {
            issuing_state: zone,
            document_code: "P",
        };
        let trust = directory(&[("a.der", csca.der())]);
        judge_at(&sod, &trust, zone, TODAY).chain
    };
    for (country, zone) in [
        ("vn", "VNM"),
        ("DE", "D"),
        ("CN", "HKG"),
        ("HK", "CHN"),
        ("UN", "UNO"),
        ("EU", "EUE"),
        ("KS", "RKS"),
        ("gb", "GBD"),
        ("NL", "ABW"),
    ] {
        assert_eq!(of(country, zone), ChainState::Trusted, "{country} {zone}");
    }
    for (country, zone) in [("VN", "UTO"), ("VN", "XYZ"), ("VN", ""), ("TW", "CHN")] {
        let state = of(country, zone);
        assert_eq!(state, ChainState::CountryMismatch, "{country} {zone}");
    }
}

#[test]
fn revocation_is_known_unknown_or_certain() {
    let csca = Authority::new(&Wanted::authority());
    let newer = Authority::new(&Wanted {
        serial: 2,
        ..Wanted::authority()
    });
    let foreign = Authority::new(&Wanted {
        country: "UT",
        ..Wanted::authority()
    });
    let (sod, _) = csca.document(&Wanted::default(), "2025-01-01");
    let own = name("VN", "CSCA");
    let fresh = ("2026-11-01", "2027-02-01");
    let anchors = [
        ("a.der", csca.der()),
        ("b.der", newer.der()),
        ("c.der", foreign.der()),
    ];
    let judged = |crl: Vec<u8>| {
        let mut files = anchors.to_vec();
        files.push(("list.crl", crl));
        let report = judge(&sod, &directory(&files));
        (report.chain, report.revocation)
    };
    use ChainState::{IssuerRevoked, Revoked, Trusted};
    let indirect = tlv::encode(0x30, &tlv::encode(0x84, &[0xFF]));
    let users = tlv::encode(0x30, &tlv::encode(0x81, &[0xFF]));
    let delta = tlv::encode(0x02, &[1]);
    let cases: Vec<(&str, Vec<u8>, (ChainState, RevocationState))> = vec![
        (
            "clear",
            csca.revoke(&own, &[5], fresh, &[]),
            (Trusted, RevocationState::NotRevoked),
        ),
        (
            "revoked",
            csca.revoke(&own, &[5, 77], fresh, &[]),
            (Revoked, RevocationState::Revoked),
        ),
        (
            "by the country's newer key",
            newer.revoke(&own, &[77], fresh, &[]),
            (Revoked, RevocationState::Revoked),
        ),
        (
            "clear by the newer key",
            newer.revoke(&own, &[5], fresh, &[]),
            (Trusted, RevocationState::NotRevoked),
        ),
        (
            "stale",
            csca.revoke(&own, &[5], ("2026-01-01", "2026-04-01"), &[]),
            (Trusted, RevocationState::StaleList),
        ),
        (
            "stale, and names it",
            csca.revoke(&own, &[77], ("2026-01-01", "2026-04-01"), &[]),
            (Revoked, RevocationState::Revoked),
        ),
        (
            "not yet valid",
            csca.revoke(&own, &[5], ("2027-01-01", "2027-04-01"), &[]),
            (Trusted, RevocationState::ListNotYetValid),
        ),
        (
            "indirect",
            csca.revoke(&own, &[77], fresh, &[("2.5.29.28", true, indirect)]),
            (Trusted, RevocationState::PartialList),
        ),
        (
            "of one kind only",
            csca.revoke(&own, &[5], fresh, &[("2.5.29.28", true, users.clone())]),
            (Trusted, RevocationState::PartialList),
        ),
        (
            "of one kind only, and names it",
            csca.revoke(&own, &[77], fresh, &[("2.5.29.28", true, users)]),
            (Revoked, RevocationState::Revoked),
        ),
        (
            "delta",
            csca.revoke(&own, &[5], fresh, &[("2.5.29.27", true, delta)]),
            (Trusted, RevocationState::PartialList),
        ),
        (
            "another country under our name",
            foreign.revoke(&own, &[77], fresh, &[]),
            (Trusted, RevocationState::NoList),
        ),
        (
            "another country's",
            foreign.revoke(&name("UT", "CSCA"), &[77], fresh, &[]),
            (Trusted, RevocationState::NoList),
        ),
        (
            "the country's certificate itself",
            newer.revoke(&own, &[1], fresh, &[]),
            (IssuerRevoked, RevocationState::NotRevoked),
        ),
    ];
    for (case, crl, expected) in cases {
        assert_eq!(judged(crl.clone()), expected, "{case}");
        // One bit less, and nobody signed it.
        let mut damaged = crl;
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(
            judged(damaged),
            (Trusted, RevocationState::NoList),
            "{case}"
        );
    }
}

#[test]
fn a_revoked_link_leads_nowhere() {
    let Generations { keys, links } = generations(2);
    let (sod, _) = keys[1].document(&Wanted::default(), "2025-01-01");
    let list = keys[0].revoke(
        &name("VN", "CSCA"),
        &[900],
        ("2026-11-01", "2027-02-01"),
        &[],
    );
    let trust = directory(&[
        ("old.der", keys[0].der()),
        ("link.cer", links[0].clone()),
        ("list.crl", list),
    ]);
    assert_eq!(chain(&sod, &trust), ChainState::IssuerRevoked);
}
