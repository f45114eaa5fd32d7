//! Whole evidence, judged: genuine cards are believed, and each way to cheat is named by its code.

mod chains;
mod mutations;
mod passport_of_2008;
pub(crate) mod pki;

use jiff::civil::date;
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::der::Der;
use crate::access::AccessProtocol;
use crate::evidence::{Challenge, ChipAuthWitness, ChipEvidence, EvidenceError, VerifiedIdentity};
use crate::lds::{DataGroup, sod};
use crate::mrz::Sex;
use crate::report::{
    ActiveState, Agreement, CardAccessState, ChainState, CloneCheck, GroupState, RevocationState,
    SodState, Weakness,
};
use crate::simulator::issuer::tests::{
    CHALLENGE, Steady, card, evidence, founded_at, issued_at, person, shared, today, utopia,
};
use crate::simulator::issuer::{
    ActiveKeyKind, CardOptions, Country, IssuerOptions, SigningKeys, SpecimenIssuer,
};
use crate::tlv;
use crate::trust::CscaTrust;

fn trust(issuer: &SpecimenIssuer) -> CscaTrust {
    CscaTrust::from_der([issuer.csca_der().as_slice()]).unwrap()
}

fn verify(evidence: &ChipEvidence) -> Result<VerifiedIdentity, EvidenceError> {
    evidence.verify(&trust(&utopia()), &CHALLENGE, today())
}

fn code(evidence: &ChipEvidence) -> &'static str {
    verify(evidence).expect_err("must not be believed").code()
}

#[test]
fn a_genuine_card_is_believed() {
    let identity = verify(&evidence(&card())).unwrap();
    let holder = identity.holder();
    assert_eq!(
        holder.personal_id.as_ref().unwrap().expose(),
        "001203000001"
    );
    assert_eq!(holder.name.as_str(), "DO THI THUY DUONG");
    assert_eq!(
        holder.name_vi.as_ref().unwrap().as_str(),
        "Đỗ Thị Thuỳ Dương"
    );
    assert_eq!(holder.birth_date, Some(date(2003, 2, 15)));
    assert_eq!(holder.sex, Sex::Female);
    assert_eq!(holder.expiry_date, Some(date(2034, 7, 1)));
    assert_eq!(holder.document_no.as_str(), "203000001");
    assert_eq!(holder.issuing_state, "UTO");
    assert_eq!(holder.old_id_no.as_ref().unwrap().as_str(), "012345678");
    assert_eq!(identity.clone_check(), CloneCheck::SignedByChip);
    assert_eq!(identity.portrait().unwrap().bytes(), person().portrait);
    assert_eq!(identity.fingers(), person().fingers);
    let report = identity.report();
    assert_eq!(report.passive.chain, ChainState::Trusted);
    assert_eq!(report.passive.revocation, RevocationState::NoList);
    assert_eq!(report.card_access, CardAccessState::Match);
    assert_eq!(report.cross.number_dg13, Agreement::Agree);
    assert_eq!(report.expired, Some(false));
    assert_eq!(report.passive.weak, []);
    assert!(
        report
            .passive
            .groups
            .values()
            .all(|state| *state == GroupState::Match)
    );
    let signer = report.passive.signer.as_ref().unwrap();
    assert_eq!(signer.country.as_deref(), Some("UT"));
    assert_eq!(signer.signed_at, Some(issued_at()));
    // A report survives its JSON.
    let json = serde_json::to_string(report).unwrap();
    assert_eq!(
        &serde_json::from_str::<crate::ChipReport>(&json).unwrap(),
        report
    );
    assert!(
        json.contains(r#""clone_check":"signed_by_chip""#) && json.contains(r#""dg2":"match""#)
    );
    // Nothing personal is in the report or in any Debug.
    let printed = format!("{json}{identity:?}{holder:?}{:?}", evidence(&card()));
    for secret in ["001203000001", "203000001", "DUONG", "Dương", "012345678"] {
        assert!(!printed.contains(secret), "{secret} leaks");
    }
}

#[test]
fn every_way_to_sign_is_believed() {
    for (keys, active) in [
        (SigningKeys::BrainpoolExplicit, ActiveKeyKind::BRAINPOOL_256),
        (SigningKeys::RsaPss, ActiveKeyKind::RSA_2048),
    ] {
        let options = IssuerOptions {
            keys,
            ..IssuerOptions::utopia(founded_at())
        };
        let issuer = SpecimenIssuer::new(&options, &mut Steady(1)).unwrap();
        let options = CardOptions {
            active,
            ..CardOptions::cccd(issued_at())
        };
        let card = issuer.issue(&person(), &options, &mut Steady(2)).unwrap();
        let identity = evidence(&card).verify(&trust(&issuer), &CHALLENGE, today());
        assert_eq!(
            identity.unwrap().clone_check(),
            CloneCheck::SignedByChip,
            "{keys:?}"
        );
    }
}

#[test]
fn what_leaves_the_desk_is_the_least_and_is_still_believed() {
    let leaving = evidence(&card()).leaving();
    let groups: Vec<_> = leaving.groups.keys().copied().collect();
    assert_eq!(groups, [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15]);
    let json = serde_json::to_string(&leaving).unwrap();
    let arrived: ChipEvidence = serde_json::from_str(&json).unwrap();
    assert!(arrived == leaving);
    let identity = verify(&arrived).unwrap();
    assert_eq!(identity.clone_check(), CloneCheck::SignedByChip);
    assert_eq!(identity.holder().name_vi, None);
    assert!(identity.portrait().is_none() && identity.fingers().is_empty());
    let groups = &identity.report().passive.groups;
    assert_eq!(groups[&DataGroup::Dg2], GroupState::NotRead);
}

#[test]
fn an_altered_group_is_named() {
    for group in [
        DataGroup::Dg1,
        DataGroup::Dg2,
        DataGroup::Dg3,
        DataGroup::Dg13,
        DataGroup::Dg14,
        DataGroup::Dg15,
    ] {
        let error = verify(&evidence(&card().alter(group))).unwrap_err();
        assert!(error.codes().contains(&"chip.group_altered"), "{group}");
        assert_eq!(error.report().passive.groups[&group], GroupState::Mismatch);
        let others = error.report().passive.groups.iter();
        assert!(
            others
                .filter(|(other, _)| **other != group)
                .all(|(_, state)| *state == GroupState::Match)
        );
    }
}

#[test]
fn a_group_that_nobody_signed_for_is_refused() {
    let mut evidence = evidence(&card());
    evidence.groups.insert(DataGroup::Dg11, vec![0x6B, 0x00]);
    assert_eq!(code(&evidence), "chip.group_unlisted");
}

#[test]
fn a_locked_group_is_a_fact_and_no_fault() {
    let mut evidence = evidence(&card());
    evidence.groups.remove(&DataGroup::Dg3);
    evidence.locked.push(DataGroup::Dg3);
    let identity = verify(&evidence).unwrap();
    assert_eq!(
        identity.report().passive.groups[&DataGroup::Dg3],
        GroupState::Locked
    );
}

#[test]
fn without_its_zone_nobody_is_identified() {
    let mut evidence = evidence(&card());
    evidence.groups.remove(&DataGroup::Dg1);
    assert_eq!(code(&evidence), "chip.mrz_missing");
}

fn other_country(alpha_2: &str) -> SpecimenIssuer {
    let options = IssuerOptions {
        country: Country {
            alpha_2: alpha_2.to_owned(),
            ..Country::utopia()
        },
        ..IssuerOptions::utopia(founded_at())
    };
    SpecimenIssuer::new(&options, &mut Steady(50)).unwrap()
}

#[test]
fn a_country_that_is_not_trusted_convinces_nobody() {
    let forger = other_country("UT");
    let card = forger
        .issue(&person(), &CardOptions::cccd(issued_at()), &mut Steady(3))
        .unwrap();
    let error = verify(&evidence(&card)).unwrap_err();
    assert_eq!(error.code(), "chip.issuer_unknown");
    assert_eq!(error.report().passive.sod, SodState::Signed);
    // The same, its security object under the files of a genuine card.
    let mut mixed = evidence(&super::tests::card());
    mixed.sod = card.sod().to_vec();
    let codes = verify(&mixed).unwrap_err().codes();
    assert!(codes.contains(&"chip.issuer_unknown") && codes.contains(&"chip.group_altered"));
}

#[test]
fn a_trusted_country_cannot_sign_for_another() {
    // Its zone says UTO, its certificates say VN.
    let other = other_country("VN");
    let card = other
        .issue(&person(), &CardOptions::cccd(issued_at()), &mut Steady(2))
        .unwrap();
    let both =
        CscaTrust::from_der([utopia().csca_der().as_slice(), other.csca_der().as_slice()]).unwrap();
    let error = evidence(&card)
        .verify(&both, &CHALLENGE, today())
        .unwrap_err();
    assert_eq!(error.code(), "chip.country_mismatch");
}

#[test]
fn a_signer_must_be_valid_when_it_signs_not_when_it_is_checked() {
    let options = IssuerOptions {
        signer_validity: jiff::SignedDuration::from_hours(24 * 90),
        ..IssuerOptions::utopia(founded_at())
    };
    let issuer = SpecimenIssuer::new(&options, &mut Steady(1)).unwrap();
    for (signed_at, expected) in [
        ("2023-12-31T00:00:00Z", ChainState::NotYetValid),
        ("2024-02-01T00:00:00Z", ChainState::Trusted),
        ("2024-07-01T00:00:00Z", ChainState::ExpiredAtSigning),
    ] {
        let options = CardOptions::cccd(signed_at.parse().unwrap());
        let card = issuer.issue(&person(), &options, &mut Steady(2)).unwrap();
        let report = evidence(&card).report(&trust(&issuer), &CHALLENGE, today());
        assert_eq!(report.passive.chain, expected, "{signed_at}");
    }
}

#[test]
fn a_revoked_signer_is_refused_and_a_stale_list_is_told() {
    let issuer = utopia();
    let dir = std::env::temp_dir().join(format!("emrtd-revoked-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("utopia.pem"), issuer.csca_pem()).unwrap();
    let list = issuer.revoke_signer(issued_at()).unwrap();
    std::fs::write(dir.join("utopia.crl"), list).unwrap();
    let trust = CscaTrust::load_dir(&dir).unwrap();
    let error = evidence(&card())
        .verify(&trust, &CHALLENGE, today())
        .unwrap_err();
    assert_eq!(error.code(), "chip.signer_revoked");
    // Another country's list says nothing about us.
    let foreign = other_country("UT").revoke_signer(issued_at()).unwrap();
    std::fs::write(dir.join("utopia.crl"), foreign).unwrap();
    let trust = CscaTrust::load_dir(&dir).unwrap();
    let identity = evidence(&card())
        .verify(&trust, &CHALLENGE, today())
        .unwrap();
    assert_eq!(
        identity.report().passive.revocation,
        RevocationState::NoList
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_copied_chip_is_suspected() {
    let original = card();
    let silent = evidence(&original.clone_without_keys());
    let error = verify(&silent).unwrap_err();
    assert_eq!(
        (error.code(), error.report().active),
        ("chip.clone_suspected", ActiveState::Unanswered)
    );

    let talking = original.clone_with_other_keys(&mut Steady(7)).unwrap();
    let error = verify(&evidence(&talking)).unwrap_err();
    assert_eq!(
        (error.code(), error.report().active),
        ("chip.clone_suspected", ActiveState::WrongKey)
    );

    // A copy that hides the groups with the keys: the issuer's list tells that they are missing.
    let mut hiding = evidence(&original.clone_without_keys());
    hiding.groups.remove(&DataGroup::Dg14);
    hiding.groups.remove(&DataGroup::Dg15);
    assert_eq!(code(&hiding), "chip.clone_suspected");
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let other = Challenge::new([9; 8]);
    let mut evidence = evidence(&card());
    let error = evidence
        .verify(&trust(&utopia()), &other, today())
        .unwrap_err();
    assert_eq!(error.code(), "chip.challenge_mismatch");
    // Relabelled, it is no answer at all.
    evidence.active.as_mut().unwrap().challenge = other;
    let error = evidence
        .verify(&trust(&utopia()), &other, today())
        .unwrap_err();
    assert_eq!(error.code(), "chip.clone_suspected");
}

#[test]
fn chip_authentication_convinces_through_the_desk_alone() {
    let issuer = utopia();
    let options = CardOptions {
        active: ActiveKeyKind::None,
        ..CardOptions::cccd(issued_at())
    };
    let card = issuer.issue(&person(), &options, &mut Steady(2)).unwrap();
    let mut evidence = evidence(&card);
    assert_eq!(
        verify(&evidence).unwrap().clone_check(),
        CloneCheck::WitnessedByDesk
    );
    assert_eq!(
        verify(&evidence.leaving()).unwrap().clone_check(),
        CloneCheck::WitnessedByDesk
    );
    evidence.chip_auth = Some(ChipAuthWitness {
        protocol: "0.4.0.127.0.7.2.2.3.2.4".to_owned(),
        key_id: None,
    });
    assert_eq!(code(&evidence), "chip.clone_suspected");
    evidence.chip_auth = None;
    assert_eq!(code(&evidence), "chip.clone_suspected");
}

#[test]
fn a_chip_that_offers_nothing_is_read_as_such() {
    let options = CardOptions {
        active: ActiveKeyKind::None,
        chip_keys: Vec::new(),
        ..CardOptions::cccd(issued_at())
    };
    let card = utopia().issue(&person(), &options, &mut Steady(2)).unwrap();
    assert_eq!(
        verify(&evidence(&card)).unwrap().clone_check(),
        CloneCheck::NotOffered
    );
}

#[test]
fn a_weaker_door_than_the_issuer_signed_for_is_refused() {
    let mut forced = evidence(&card());
    forced.access = AccessProtocol::Bac;
    assert_eq!(code(&forced), "chip.access_downgraded");
    let mut swapped = evidence(&card());
    // PACE-GM with 3DES in place of AES-128.
    let file = swapped.card_access.as_mut().unwrap();
    let at = file
        .windows(4)
        .position(|part| part == [4, 2, 2, 2])
        .unwrap();
    file[at + 2] = 1;
    assert_eq!(code(&swapped), "chip.access_downgraded");
}

#[test]
fn an_expired_card_is_a_fact_and_no_fault() {
    let evidence = evidence(&card());
    let later = evidence
        .verify(&trust(&utopia()), &CHALLENGE, date(2035, 1, 1))
        .unwrap();
    assert_eq!(later.report().expired, Some(true));
}

/// The message once more, in BER: every outer object of indefinite length, the content in pieces.
fn indefinite(sod_file: &[u8]) -> Vec<u8> {
    let open = |tag: u8, body: &[u8]| [&[tag, 0x80], body, &[0, 0]].concat();
    let mut info = Der::new(Der::new(sod::cms(sod_file).unwrap()).expect(0x30).unwrap());
    let kind = info.next().unwrap().raw;
    let mut data = Der::new(Der::new(info.expect(0xA0).unwrap()).expect(0x30).unwrap());
    let mut body = [data.next().unwrap().raw, data.next().unwrap().raw].concat();
    let mut content = Der::new(data.expect(0x30).unwrap());
    let content_type = content.next().unwrap().raw;
    let octets = Der::new(content.expect(0xA0).unwrap())
        .expect(0x04)
        .unwrap();
    let pieces: Vec<u8> = octets
        .chunks(50)
        .flat_map(|piece| tlv::encode(0x04, piece))
        .collect();
    let content = [content_type, &open(0xA0, &open(0x24, &pieces))].concat();
    body.extend(open(0x30, &content));
    while !data.is_empty() {
        body.extend(data.next().unwrap().raw);
    }
    let message = open(0x30, &[kind, &open(0xA0, &open(0x30, &body))].concat());
    sod::write(&message)
}

#[test]
fn a_security_object_of_indefinite_length_is_read() {
    let mut evidence = evidence(&card());
    let ber = indefinite(&evidence.sod);
    assert_ne!(ber, evidence.sod);
    evidence.sod = ber;
    verify(&evidence).unwrap();
}

#[test]
fn an_issuer_written_in_another_order_is_the_same_signer() {
    // Malaysia's habit: the signer's issuer in reverse order of the certificate's.
    let mut evidence = evidence(&card());
    let issuer = openssl::x509::X509::from_der(&utopia().signer_der()).unwrap();
    let name = issuer.issuer_name().to_der().unwrap();
    let mut parts = Der::new(Der::new(&name).expect(0x30).unwrap());
    let mut reversed = Vec::new();
    while !parts.is_empty() {
        reversed.insert(0, parts.next().unwrap().raw);
    }
    let reversed = tlv::encode(0x30, &reversed.concat());
    assert_eq!(reversed.len(), name.len());
    // The last time the name stands in the file is in the signer's info.
    let at = evidence
        .sod
        .windows(name.len())
        .rposition(|part| part == name)
        .unwrap();
    evidence.sod[at..at + name.len()].copy_from_slice(&reversed);
    verify(&evidence).unwrap();
    // Still the signature decides.
    *evidence.sod.last_mut().unwrap() ^= 1;
    assert_eq!(code(&evidence), "chip.sod_signature");
}

#[test]
fn a_forged_signer_cannot_hide_behind_the_real_ones_name() {
    use openssl::hash::MessageDigest;
    use openssl::x509::X509;
    use openssl::x509::extension::AuthorityKeyIdentifier;

    let issuer = utopia();
    let csca = X509::from_der(&issuer.csca_der()).unwrap();
    let real = X509::from_der(&issuer.signer_der()).unwrap();
    let group = openssl::ec::EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
    let key = PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    // Same issuer, same serial number, same key identifier of the authority; another key.
    let mut forged = X509::builder().unwrap();
    forged.set_version(2).unwrap();
    forged.set_serial_number(real.serial_number()).unwrap();
    forged.set_subject_name(real.subject_name()).unwrap();
    forged.set_issuer_name(real.issuer_name()).unwrap();
    forged.set_not_before(real.not_before()).unwrap();
    forged.set_not_after(real.not_after()).unwrap();
    forged.set_pubkey(&key).unwrap();
    let context = forged.x509v3_context(Some(&csca), None);
    let authority = AuthorityKeyIdentifier::new()
        .keyid(true)
        .build(&context)
        .unwrap();
    forged.append_extension(authority).unwrap();
    forged.sign(&key, MessageDigest::sha256()).unwrap();
    let forged = forged.build();

    let genuine = evidence(&card());
    let mut groups = genuine.groups.clone();
    let name = groups.get_mut(&DataGroup::Dg1).unwrap();
    let at = name.len() - 30;
    name[at] = b'X';
    let file = crate::simulator::issuer::tests::sign_as(&groups, &forged, &key, issued_at());
    for order in [0, 1, 2] {
        let mut evidence = genuine.clone();
        evidence.groups = groups.clone();
        evidence.sod = with_certificate(&file, &real.to_der().unwrap(), order);
        let error = verify(&evidence).unwrap_err();
        assert_eq!(
            error.report().passive.chain,
            ChainState::BadSignature,
            "order {order}"
        );
        assert_eq!(error.code(), "chip.chain_broken");
    }
}

/// Puts another certificate before (1) or after (2) the one in the message, or none (0).
fn with_certificate(file: &[u8], other: &[u8], order: u8) -> Vec<u8> {
    let mut info = Der::new(Der::new(sod::cms(file).unwrap()).expect(0x30).unwrap());
    let kind = info.next().unwrap().raw;
    let mut data = Der::new(Der::new(info.expect(0xA0).unwrap()).expect(0x30).unwrap());
    let mut body = Vec::new();
    while !data.is_empty() {
        let object = data.next().unwrap();
        if object.tag == 0xA0 {
            let both = match order {
                0 => object.value.to_vec(),
                1 => [other, object.value].concat(),
                _ => [object.value, other].concat(),
            };
            body.extend(tlv::encode(0xA0, &both));
        } else {
            body.extend(object.raw);
        }
    }
    let data = tlv::encode(0xA0, &tlv::encode(0x30, &body));
    sod::write(&tlv::encode_all(0x30, &[kind, &data]))
}

#[test]
fn no_damage_to_the_security_object_makes_it_panic_or_lie() {
    let trust = trust(&utopia());
    let genuine = evidence(&card());
    let holder = genuine
        .verify(&trust, &CHALLENGE, today())
        .unwrap()
        .holder()
        .clone();
    let mut evidence = genuine.clone();
    for length in (0..genuine.sod.len()).step_by(3) {
        evidence.sod = genuine.sod[..length].to_vec();
        assert!(evidence.verify(&trust, &CHALLENGE, today()).is_err());
    }
    for position in (0..genuine.sod.len()).step_by(2) {
        evidence.sod = genuine.sod.clone();
        evidence.sod[position] ^= 1 << (position % 8);
        // Some bits are outside the signature (versions, a NULL): then nothing may have changed.
        if let Ok(identity) = evidence.verify(&trust, &CHALLENGE, today()) {
            assert!(identity.holder() == &holder);
        }
    }
}

#[test]
fn the_signature_itself_is_checked() {
    let mut evidence = evidence(&card());
    *evidence.sod.last_mut().unwrap() ^= 1;
    let error = verify(&evidence).unwrap_err();
    assert_eq!(error.code(), "chip.sod_signature");
    assert_eq!(error.report().passive.chain, ChainState::NotChecked);
    assert_eq!(
        error.report().passive.groups[&DataGroup::Dg1],
        GroupState::NotChecked
    );
    evidence.sod.clear();
    assert_eq!(code(&evidence), "chip.sod_malformed");
}
