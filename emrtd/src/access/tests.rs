//! The worked examples of ICAO 9303-11, appendices D.3 and G.1, byte for byte.

use jiff::civil::date;
use rand_core::{CryptoRng, RngCore};

use super::*;
use crate::vectors;

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

#[test]
fn pace_goes_as_in_g1() {
    let vector = &vectors::icao()["G1_pace_ecdh_gm_bp256_aes128"];
    let script = vector["apdus"].as_array().unwrap();
    let script = script
        .iter()
        .map(|row| (vectors::bytes(&row[0]), vectors::bytes(&row[1])));
    let mut wire = Wire::new(Script(script.collect()));
    let set = tlv::encode(0x31, &vectors::bytes(&vector["paceinfo"]));
    let infos = SecurityInfos::read(&set).unwrap();
    let field = |index: usize| vector["mrz"][index].as_str().unwrap();
    let key = AccessKey::Mrz(MrzKey::from_text(field(0), field(1), field(2)).unwrap());
    let random = [
        vectors::bytes(&vector["sk_map_pcd"]),
        vectors::bytes(&vector["sk_eph_pcd"]),
    ];
    let session = pace::run(
        &mut wire,
        &infos.pace,
        &key,
        &mut Fixed::bytes(random.concat()),
    )
    .unwrap();
    let (enc, mac) = session.keys();
    assert_eq!(enc, vectors::bytes(&vector["ksenc"]));
    assert_eq!(mac, vectors::bytes(&vector["ksmac"]));
    assert_eq!(wire.traffic().apdus, 5);
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
