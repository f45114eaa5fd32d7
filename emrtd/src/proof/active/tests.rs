use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;

use super::answer as chip_answer;
use super::*;

const QUESTION: Challenge = Challenge::new([8, 7, 6, 5, 4, 3, 2, 1]);
const OTHER: Challenge = Challenge::new([8, 7, 6, 5, 4, 3, 2, 0]);

#[test]
fn an_elliptic_chip_is_believed_on_every_curve_plain_and_der() {
    let curves = [
        Nid::X9_62_PRIME192V1,
        Nid::SECP224R1,
        Nid::X9_62_PRIME256V1,
        Nid::SECP384R1,
        Nid::SECP521R1,
        Nid::BRAINPOOL_P192R1,
        Nid::BRAINPOOL_P224R1,
        Nid::BRAINPOOL_P256R1,
        Nid::BRAINPOOL_P320R1,
        Nid::BRAINPOOL_P384R1,
        Nid::BRAINPOOL_P512R1,
    ];
    for (curve, flag) in curves.into_iter().flat_map(|curve| {
        [
            (curve, Asn1Flag::NAMED_CURVE),
            (curve, Asn1Flag::EXPLICIT_CURVE),
        ]
    }) {
        let mut group = EcGroup::from_curve_name(curve).unwrap();
        group.set_asn1_flag(flag);
        let secret = EcKey::generate(&group).unwrap();
        let octets = order_octets(group.order_bits());
        let secret = PKey::from_ec_key(secret).unwrap();
        let public = secret.public_key_to_der().unwrap();
        for hash in Hash::ALL {
            let plain = chip_answer(&secret, hash, &QUESTION).unwrap();
            assert_eq!(plain.len(), 2 * octets);
            let (r, s) = plain.split_at(octets);
            let der = EcdsaSig::from_private_components(
                BigNum::from_slice(r).unwrap(),
                BigNum::from_slice(s).unwrap(),
            )
            .unwrap()
            .to_der()
            .unwrap();
            for answer in [&plain, &der] {
                for algorithm in [None, Some(hash.plain_algorithm())] {
                    assert_eq!(verify(&public, algorithm, &QUESTION, answer), Ok(true));
                    assert_eq!(verify(&public, algorithm, &OTHER, answer), Ok(false));
                }
                // Another hash than the one the issuer named. On short orders digests are cut, but
                // never to the same bits.
                let named = Hash::ALL.into_iter().find(|other| *other != hash).unwrap();
                let named = Some(named.plain_algorithm());
                assert_eq!(verify(&public, named, &QUESTION, answer), Ok(false));
                let mut altered = answer.clone();
                *altered.last_mut().unwrap() ^= 1;
                assert_eq!(verify(&public, None, &QUESTION, &altered), Ok(false));
            }
        }
        for degenerate in [vec![], vec![0; 2 * octets], vec![0xFF; 2 * octets]] {
            assert_eq!(verify(&public, None, &QUESTION, &degenerate), Ok(false));
        }
    }
}

#[test]
fn an_rsa_chip_is_believed_by_every_trailer() {
    for bits in [1024, 1536, 2048] {
        let secret = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
        let public = secret.public_key_to_der().unwrap();
        for hash in Hash::ALL {
            let answer = chip_answer(&secret, hash, &QUESTION).unwrap();
            assert_eq!(
                verify(&public, None, &QUESTION, &answer),
                Ok(true),
                "{bits} {hash:?}"
            );
            assert_eq!(verify(&public, None, &OTHER, &answer), Ok(false));
            // n - s is as good as s (ISO/IEC 9796-2 §B.6).
            let mut mirrored = BigNum::new().unwrap();
            let number = BigNum::from_slice(&answer).unwrap();
            let key = secret.rsa().unwrap();
            mirrored.checked_sub(key.n(), &number).unwrap();
            let mirrored = mirrored.to_vec_padded(key.size() as i32).unwrap();
            assert_eq!(verify(&public, None, &QUESTION, &mirrored), Ok(true));
            for position in 0..answer.len() {
                let mut altered = answer.clone();
                altered[position] ^= 0x04;
                assert_eq!(verify(&public, None, &QUESTION, &altered), Ok(false));
            }
            assert_eq!(verify(&public, None, &QUESTION, &answer[1..]), Ok(false));
        }
    }
}

#[test]
fn another_key_s_answer_is_not_believed() {
    for pair in [
        [Rsa::generate(2048), Rsa::generate(2048)].map(|key| PKey::from_rsa(key.unwrap()).unwrap()),
        [Nid::BRAINPOOL_P256R1; 2].map(|curve| {
            let group = EcGroup::from_curve_name(curve).unwrap();
            PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
        }),
    ] {
        let answer = chip_answer(&pair[0], Hash::Sha256, &QUESTION).unwrap();
        let other = pair[1].public_key_to_der().unwrap();
        assert_eq!(verify(&other, None, &QUESTION, &answer), Ok(false));
    }
}

#[test]
fn damaged_keys_are_unreadable_or_fit_nothing() {
    let group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
    let secret = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let public = secret.public_key_to_der().unwrap();
    let answer = chip_answer(&secret, Hash::Sha256, &QUESTION).unwrap();
    for length in 0..public.len() {
        assert_eq!(
            verify(&public[..length], None, &QUESTION, &answer),
            Err(KeyUnreadable)
        );
    }
    for position in 0..public.len() {
        for bit in 0..8 {
            let mut altered = public.clone();
            altered[position] ^= 1 << bit;
            // A few bits say the same key in other words (hybrid points, unused bits).
            let same = PKey::public_key_from_der(&altered).is_ok_and(|key| key.public_eq(&secret));
            let believed = verify(&altered, None, &QUESTION, &answer) == Ok(true);
            assert_eq!(believed, same, "{position}.{bit}");
        }
    }
    let short = PKey::from_rsa(Rsa::generate(512).unwrap()).unwrap();
    let short = short.public_key_to_der().unwrap();
    assert_eq!(verify(&short, None, &QUESTION, &answer), Err(KeyUnreadable));
}
