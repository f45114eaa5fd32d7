use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;

use super::answer as chip_answer;
use super::*;

const QUESTION: Challenge = Challenge::new([8, 7, 6, 5, 4, 3, 2, 1]);
const OTHER: Challenge = Challenge::new([8, 7, 6, 5, 4, 3, 2, 0]);

/// OpenSSL knows it, the binding has no name for it.
const BRAINPOOL_P160R1: Nid = Nid::from_raw(921);

/// Every curve that a DG15 has been seen with or may have.
const CURVES: [Nid; 12] = [
    Nid::X9_62_PRIME192V1,
    Nid::SECP224R1,
    Nid::X9_62_PRIME256V1,
    Nid::SECP384R1,
    Nid::SECP521R1,
    BRAINPOOL_P160R1,
    Nid::BRAINPOOL_P192R1,
    Nid::BRAINPOOL_P224R1,
    Nid::BRAINPOOL_P256R1,
    Nid::BRAINPOOL_P320R1,
    Nid::BRAINPOOL_P384R1,
    Nid::BRAINPOOL_P512R1,
];

#[test]
fn an_elliptic_chip_is_believed_on_every_curve_plain_and_der() {
    for (curve, flag) in CURVES.into_iter().flat_map(|curve| {
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
        // SHA-512 is longer than all orders but two, SHA-1 as long as the shortest.
        // Written out, it is the same curve: one hash will do.
        let hashes = match flag {
            Asn1Flag::NAMED_CURVE => &Hash::ALL[..],
            _ => &Hash::ALL[..1],
        };
        for (hash, der) in hashes
            .iter()
            .flat_map(|hash| [(*hash, false), (*hash, true)])
        {
            let form = AnswerForm {
                hash,
                der,
                ..AnswerForm::default()
            };
            let answer = chip_answer(&secret, form, &QUESTION).unwrap();
            assert!(der && answer[0] == 0x30 || answer.len() == 2 * octets);
            for algorithm in [None, Some(hash.plain_algorithm())] {
                assert_eq!(
                    verify(&public, algorithm, &QUESTION, &answer),
                    Ok(true),
                    "{curve:?} {form:?}"
                );
                assert_eq!(verify(&public, algorithm, &OTHER, &answer), Ok(false));
            }
            // Another hash than the one the issuer named. On short orders digests are cut, but
            // never to the same bits.
            let named = Hash::ALL.into_iter().find(|other| *other != hash).unwrap();
            let named = Some(named.plain_algorithm());
            assert_eq!(verify(&public, named, &QUESTION, &answer), Ok(false));
            let mut altered = answer.clone();
            *altered.last_mut().unwrap() ^= 1;
            assert_eq!(verify(&public, None, &QUESTION, &altered), Ok(false));
        }
        degenerate_answers_are_refused(&secret, &public, octets);
    }
}

/// Zero, the order and all ones in either place, plain and in DER, and answers that are too long.
fn degenerate_answers_are_refused(secret: &PKey<Private>, public: &[u8], octets: usize) {
    let key = secret.ec_key().unwrap();
    let mut context = BigNumContext::new().unwrap();
    let mut order = BigNum::new().unwrap();
    key.group().order(&mut order, &mut context).unwrap();
    let order = order.to_vec_padded(octets as i32).unwrap();
    let honest = chip_answer(secret, Hash::Sha256.into(), &QUESTION).unwrap();
    let (r, s) = honest.split_at(octets);
    for strange in [vec![0; octets], order, vec![0xFF; octets]] {
        for (r, s) in [(&strange[..], s), (r, &strange), (&strange, &strange)] {
            let plain = [r, s].concat();
            assert_eq!(verify(public, None, &QUESTION, &plain), Ok(false));
            let number = |octets| BigNum::from_slice(octets).unwrap();
            let der = EcdsaSig::from_private_components(number(r), number(s)).unwrap();
            let der = der.to_der().unwrap();
            assert_eq!(verify(public, None, &QUESTION, &der), Ok(false));
        }
    }
    for strange in [
        vec![],
        vec![0x30],
        vec![0; 2 * octets],
        [&[0], &honest[..]].concat(),
        [&honest[..], &[0]].concat(),
    ] {
        assert_eq!(verify(public, None, &QUESTION, &strange), Ok(false));
    }
}

#[test]
fn an_rsa_chip_is_believed_by_every_trailer_and_size() {
    // Real chips also have moduli of 129 and of 225 octets.
    for bits in [1024, 1032, 1280, 1536, 1800, 2048, 3072, 4096] {
        let secret = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
        let public = secret.public_key_to_der().unwrap();
        let key = secret.rsa().unwrap();
        for form in rsa_forms() {
            let answer = chip_answer(&secret, form, &QUESTION).unwrap();
            let mut opened = vec![0; answer.len()];
            let number = BigNum::from_slice(&answer).unwrap();
            let mut mirrored = BigNum::new().unwrap();
            mirrored.checked_sub(key.n(), &number).unwrap();
            // The smaller of the two is at most half the modulus.
            assert!(!form.smaller || number < mirrored);
            if !form.smaller {
                key.public_decrypt(&answer, &mut opened, Padding::NONE)
                    .unwrap();
                let trailer = match (form.hash, form.named_sha1) {
                    (Hash::Sha1, false) => opened[opened.len() - 1] == 0xBC,
                    _ => opened[opened.len() - 1] == 0xCC,
                };
                assert!(trailer && opened[0] == 0x6A, "{bits} {form:?}");
            }
            assert_eq!(
                verify(&public, None, &QUESTION, &answer),
                Ok(true),
                "{bits} {form:?}"
            );
            assert_eq!(verify(&public, None, &OTHER, &answer), Ok(false));
            // n - s is as good as s (ISO/IEC 9796-2 §B.6).
            let mirrored = mirrored.to_vec_padded(key.size() as i32).unwrap();
            assert_eq!(verify(&public, None, &QUESTION, &mirrored), Ok(true));
            let step = answer.len() / 32;
            for position in (0..answer.len()).step_by(step) {
                let mut altered = answer.clone();
                altered[position] ^= 0x04;
                assert_eq!(verify(&public, None, &QUESTION, &altered), Ok(false));
            }
            assert_eq!(verify(&public, None, &QUESTION, &answer[1..]), Ok(false));
        }
        for strange in [0, 1] {
            let mut strange = BigNum::from_u32(strange).unwrap();
            for _ in 0..2 {
                let octets = strange.to_vec_padded(key.size() as i32).unwrap();
                assert_eq!(verify(&public, None, &QUESTION, &octets), Ok(false));
                let mut other = BigNum::new().unwrap();
                other.checked_sub(key.n(), &strange).unwrap();
                strange = other;
            }
        }
    }
}

fn rsa_forms() -> Vec<AnswerForm> {
    let mut forms = Vec::new();
    for hash in Hash::ALL {
        for smaller in [false, true] {
            for named_sha1 in [false, true] {
                if hash == Hash::Sha1 || !named_sha1 {
                    forms.push(AnswerForm {
                        hash,
                        smaller,
                        named_sha1,
                        der: false,
                    });
                }
            }
        }
    }
    forms
}

#[test]
fn a_forged_frame_is_not_believed() {
    // Opened by the public exponent 3 these would end in the right trailer.
    let secret = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let key = secret.rsa().unwrap();
    let digest = Hash::Sha256.of(&[QUESTION.as_bytes()]).unwrap();
    let frames = [
        // No header, other headers, total recovery, padding without end.
        vec![0x6A],
        vec![0x4A],
        vec![0x6C],
        vec![0x6B; 1],
        vec![0x6B, 0xBB, 0xBB],
    ];
    for head in frames {
        // Filler that hides where the recovered part ends.
        let filler = vec![0xBB; 256 - head.len() - digest.len() - 2];
        let frame = [&head[..], &filler, &digest, &[0x34, 0xCC]].concat();
        assert!(!fits(&frame, &QUESTION).unwrap(), "{head:02X?}");
        let mut signature = vec![0; 256];
        key.private_encrypt(&frame, &mut signature, Padding::NONE)
            .unwrap();
        let public = secret.public_key_to_der().unwrap();
        assert_eq!(verify(&public, None, &QUESTION, &signature), Ok(false));
    }
    // The same with the padding ended: nothing recovered, all of it hashed.
    let filler = vec![0xBB; 256 - 2 - digest.len() - 2];
    let frame = [&[0x6B], &filler[..], &[0xBA], &digest, &[0x34, 0xCC]].concat();
    assert!(fits(&frame, &QUESTION).unwrap() && !fits(&frame, &OTHER).unwrap());
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
        let answer = chip_answer(&pair[0], Hash::Sha256.into(), &QUESTION).unwrap();
        let other = pair[1].public_key_to_der().unwrap();
        assert_eq!(verify(&other, None, &QUESTION, &answer), Ok(false));
    }
}

#[test]
fn damaged_keys_are_unreadable_or_fit_nothing() {
    let group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
    let secret = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let public = secret.public_key_to_der().unwrap();
    let answer = chip_answer(&secret, Hash::Sha256.into(), &QUESTION).unwrap();
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

fn rsa_key(modulus: &str) -> Vec<u8> {
    let modulus = BigNum::from_hex_str(modulus).unwrap();
    let key = Rsa::from_public_components(modulus, BigNum::from_u32(65_537).unwrap()).unwrap();
    PKey::from_rsa(key).unwrap().public_key_to_der().unwrap()
}

fn challenge(hex_digits: &str) -> Challenge {
    Challenge::new(hex::decode(hex_digits).unwrap().try_into().unwrap())
}

/// A transcript of a real chip, RSA 1792 with SHA-1 (gmrtd/gmrtd, MIT,
/// `activeauth/active_auth_test.go`), and the vector of Bouncy Castle's `ISO9796Test` (MIT).
#[test]
fn answers_that_others_recorded_are_believed() {
    let recorded = [
        (
            "BB8F93F4DC95E205CDA17C6927AB1E365B13065D03CD12E0FCE95D96840529453202F56CC4C13F77CD06\
             2930C8BC89A2873B257045C286E601CF3C09323A53103314902804AA10A314628CE222206A8866946A36\
             B442041BB54AC81E6855DD1D6E16101833D65A191C20AC8B33B8A1A32920F46043F8031CF2BC17417030\
             865FC5BE5A39DEE423BCBA3CA8177168EB23CFE01BA43EC87711B1CFFF85DB46F300DD8AE317B50D543B\
             573E119E23AF7070D0B2FED6A3B2313A5EC02A531AAED1741F4390D1013E2A0F081EAC5DC8B0A1B2C6BD\
             B1206F08D30E3643E1E5BDF53611",
            "96302b0f3d7e7864",
            "474256306840c0ab1b63c10e1c26bdfef4a0dd843920283cc4e6e70a60f2bd25dc7725f9677bc1cde663\
             79dc28b38e8490f33afb2d10f9980c44c0bfc175d2b6684218f535c92fdd3e18db770a9ccbf91db3c7f0\
             138e6d9e94b9bc8371761e3abed5e5e9b260279cfb238b58ae0d6a01da51c74c2a3ecd62c448bd9f2012\
             7f7384587287fa971204234e55b1a856c3e5aaaa620bb799a68fbae08ee132bb61683eba9b0b40dc1e54\
             641cad975b16991cab50af82e3f3985afd19e7427a125f5b4b9878b12a5d2e01c7eedca3bb41c6fc05dc\
             cd818bce379d04b1f2f5d43487d3",
        ),
        (
            "CDCBDABBF93BE8E8294E32B055256BBD0397735189BF75816341BB0D488D05D627991221DF7D59835C76\
             A4BB4808ADEEB779E7794504E956ADC2A661B46904CDC71337DD29DDDD454124EF79CFDD7BC2C2195257\
             3CEFBA485CC38C6BD2428809B5A31A898A6B5648CAA4ED678D9743B589134B7187478996300EDBA16271\
             A861",
            "0000000000000000",
            "482E20D1EDDED34359C38F5E7C01203F9D6B2641CDCA5C404D49ADAEDE034C7481D781D043722587761C\
             90468DE69C6585A1E8B9C322F90E1B580EEDAB3F6007D0C366CF92B4DB8B41C8314929DCE2BE889C0129\
             123484D2FD3D12763D2EBFD12AC8E51D7061AFCA1A53DEDEC7B9A617472A78C952CCC72467AE008E5F13\
             2994",
        ),
    ];
    for (modulus, question, answer) in recorded {
        let key = rsa_key(modulus);
        let answer = hex::decode(answer).unwrap();
        assert_eq!(verify(&key, None, &challenge(question), &answer), Ok(true));
        assert_eq!(verify(&key, None, &QUESTION, &answer), Ok(false));
    }
}

#[test]
fn the_worked_example_of_icao_fits() {
    // ICAO 9303-11 appendix F.
    let representative = hex::decode(
        "6A9D2784A67F8E7C659973EA1AEA25D95B6C8F91E5002F369F0FBDCE8A3CEC1991B543F1696546C5524CF23A53\
         03CD6C98599F40B79F377B5F3A1406B3B4D8F96784D23AA88DB7E1032A405E69325FA91A6E86F5C71AEA978264\
         C4A207446DAD4E7292E2DCDA3024B47DA8C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127BC",
    )
    .unwrap();
    let question = challenge("F173589974BF40C6");
    assert!(fits(&representative, &question).unwrap());
    assert!(!fits(&representative, &QUESTION).unwrap());
    for length in 0..representative.len() {
        assert!(!fits(&representative[..length], &question).unwrap());
        assert!(!fits(&representative[length + 1..], &question).unwrap());
    }
}
