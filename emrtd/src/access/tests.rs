//! The worked examples of ICAO 9303-11, appendices D.3, G, H and I, byte for byte, and chips that
//! do not keep to them.

use jiff::civil::date;
use rand_core::{CryptoRng, RngCore};

use super::*;
use crate::secure_messaging::Cipher;
use crate::{tlv, vectors};

mod handshakes;

/// "Random" bytes that a test has chosen.
pub(crate) struct Fixed {
    bytes: std::collections::VecDeque<u8>,
    endless: Option<u64>,
}

impl Fixed {
    pub(crate) fn bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into(),
            endless: None,
        }
    }

    /// A pseudo-random stream, the same every time.
    pub(crate) fn endless(seed: u64) -> Self {
        Self {
            bytes: [].into(),
            endless: Some(seed),
        }
    }
}

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for octet in out {
            *octet = match &mut self.endless {
                // SplitMix64.
                Some(state) => {
                    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                    let mut z = *state;
                    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                    (z ^ z >> 27) as u8
                }
                None => self.bytes.pop_front().unwrap(),
            };
        }
    }
}

impl CryptoRng for Fixed {}

/// A chip that knows one conversation by heart.
struct Script(std::collections::VecDeque<(Vec<u8>, Vec<u8>)>);

impl Transport for Script {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (expected, answer) = self
            .0
            .pop_front()
            .expect("a command more than in the script");
        assert_eq!(hex::encode_upper(command), hex::encode_upper(expected));
        Ok(answer)
    }
}

fn replay(name: &str, random: &[Vec<u8>]) -> pace::Agreed {
    let vectors = vectors::icao();
    let vector = &vectors[name];
    let mut script: Vec<(Vec<u8>, Vec<u8>)> = vector["apdus"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (vectors::bytes(&row[0]), vectors::bytes(&row[1])))
        .collect();
    let key = if vector["mrz"].is_array() {
        let field = |index: usize| vector["mrz"][index].as_str().unwrap();
        AccessKey::Mrz(MrzKey::from_text(field(0), field(1), field(2)).unwrap())
    } else {
        // Appendix H gives K_π and not the password. The nonce is opened with K_π here, and goes
        // over the wire under another password; nothing else depends on either.
        let (z, s) = (number(name, "z"), number(name, "s"));
        let aes = Cipher::Aes128;
        let opened = aes.decrypt(&number(name, "k_pi"), &[0; 16], &z).unwrap();
        assert_eq!(opened, s);
        let key = AccessKey::Mrz(MrzKey::from_text("T22000129", "640812", "101031").unwrap());
        let sealed = aes.encrypt(&key.password_key(aes), &[0; 16], &s);
        let answer = tlv::encode(0x7C, &tlv::encode(0x80, &sealed));
        script[1].1 = [&answer[..], &[0x90, 0x00]].concat();
        key
    };
    let mut wire = Wire::new(Script(script.into()));
    let set = tlv::encode(0x31, &vectors::bytes(&vector["paceinfo"]));
    let infos = SecurityInfos::read(&set).unwrap();
    let mut rng = Fixed::bytes(random.concat());
    let agreed = pace::run(&mut wire, &infos.pace, &key, &mut rng).unwrap();
    let (enc, mac) = agreed.session.keys();
    assert_eq!(enc, vectors::bytes(&vector["ksenc"]), "{name}");
    assert_eq!(mac, vectors::bytes(&vector["ksmac"]), "{name}");
    assert_eq!(wire.traffic().apdus, 5);
    agreed
}

fn number(name: &str, field: &str) -> Vec<u8> {
    vectors::bytes(&vectors::icao()[name][field])
}

#[test]
fn pace_goes_as_in_g1() {
    let name = "G1_pace_ecdh_gm_bp256_aes128";
    let random = [number(name, "sk_map_pcd"), number(name, "sk_eph_pcd")];
    assert!(replay(name, &random).mapping.is_none());
}

#[test]
fn pace_goes_as_in_g2() {
    let name = "G2_pace_dh_gm_1024_aes128";
    let random = [number(name, "sk_map_pcd"), number(name, "sk_eph_pcd")];
    replay(name, &random);
}

#[test]
fn pace_goes_as_in_h1() {
    let name = "H1_pace_ecdh_im_bp256_aes128";
    let random = [number(name, "t"), number(name, "sk_eph_pcd")];
    replay(name, &random);
}

/// The example draws its private number from the whole field; modulo the order it is the same key.
#[test]
fn pace_goes_as_in_h2() {
    use openssl::bn::{BigNum, BigNumContext};
    let name = "H2_pace_dh_im_1024_aes128";
    let order = openssl::dh::Dh::get_1024_160().unwrap();
    let private = BigNum::from_slice(&number(name, "sk_eph_pcd")).unwrap();
    let mut reduced = BigNum::new().unwrap();
    reduced
        .nnmod(
            &private,
            order.prime_q().unwrap(),
            &mut BigNumContext::new().unwrap(),
        )
        .unwrap();
    let random = [number(name, "t"), reduced.to_vec_padded(20).unwrap()];
    replay(name, &random);
}

#[test]
fn pace_goes_as_in_i1() {
    let name = "I1_pace_ecdh_cam_bp256_aes128";
    let random = [number(name, "sk_map_pcd"), number(name, "sk_eph_pcd")];
    let witness = replay(name, &random).mapping.unwrap();
    assert_eq!(witness.protocol, "0.4.0.127.0.7.2.2.4.6.2");
    assert_eq!(witness.parameter_id, 13);
    assert_eq!(witness.public_key, number(name, "pk_map_ic"));
    assert_eq!(witness.data, number(name, "ca_ic"));
}

#[test]
fn bac_goes_as_in_d3() {
    let vectors = vectors::icao();
    let d3 = &vectors["D3_bac"];
    let get = |name: &str| vectors::bytes(&d3[name]);
    let ok = [0x90, 0x00];
    let question = [
        vec![0, 0x82, 0, 0, 0x28],
        get("eifd"),
        get("mifd"),
        vec![0x28],
    ]
    .concat();
    let script = [
        (
            vec![0, 0x84, 0, 0, 8],
            [get("rnd_ic"), ok.to_vec()].concat(),
        ),
        (question, [get("eic"), get("mic"), ok.to_vec()].concat()),
    ];
    let mut wire = Wire::new(Script(script.into()));
    let key = MrzKey::new("L898902C", date(1969, 8, 6), date(1994, 6, 23)).unwrap();
    let mut rng = Fixed::bytes([get("rnd_ifd"), get("k_ifd")].concat());
    let session = bac::run(&mut wire, &key, &mut rng).unwrap();
    let sm = &vectors["D4_secure_messaging_3des"];
    let (enc, mac) = session.keys();
    assert_eq!(enc, vectors::bytes(&sm["ksenc"]));
    assert_eq!(mac, vectors::bytes(&sm["ksmac"]));
}
