//! A synthetic card for tests of the reader, and the chip's own manners.

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;

use super::*;
use crate::vectors;

pub(crate) const CAN: &str = "123456";

pub(crate) fn key(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A list with chip authentication by this key and this cipher arc.
pub(crate) fn dg14(key: &PKey<Private>, cipher: u8, id: Option<u8>) -> Vec<u8> {
    let spki = key.public_key_to_der().unwrap();
    let base = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];
    let id = id.map_or_else(Vec::new, |id| tlv::encode(0x02, &[id]));
    let info = [&base[..], &[3, 2, cipher]].concat();
    let public = [&base[..], &[1, 2]].concat();
    let info = tlv::encode_all(
        0x30,
        &[&tlv::encode(0x06, &info), &tlv::encode(0x02, &[1]), &id],
    );
    let public = tlv::encode_all(0x30, &[&tlv::encode(0x06, &public), &spki, &id]);
    tlv::encode(0x6E, &tlv::encode_all(0x31, &[&info, &public]))
}

/// The layout of the CCCD with meaningless content.
pub(crate) fn memory() -> Memory {
    let active = key(Nid::X9_62_PRIME256V1);
    let chip = key(Nid::BRAINPOOL_P256R1);
    let file =
        |tag: u32, size: usize| tlv::encode(tag, &(0..size).map(|i| i as u8).collect::<Vec<_>>());
    let card_access = vectors::bytes(&vectors::icao()["cccd"]["ef_cardaccess_observed"]);
    let files = BTreeMap::from([
        (0x011C, card_access),
        (0x011D, file(0x77, 2_100)),
        (0x0101, file(0x61, 93)),
        (0x0102, file(0x75, 15_000)),
        (0x0103, file(0x63, 21_000)),
        (0x010D, file(0x6D, 600)),
        (0x010E, dg14(&chip, 2, Some(1))),
        (
            0x010F,
            tlv::encode(0x6F, &active.public_key_to_der().unwrap()),
        ),
    ]);
    Memory {
        files,
        can: Some(Can::new(CAN).unwrap()),
        mrz: Some(mrz()),
        no_bac: false,
        card_security: None,
        active_key: Some(active),
        active_form: AnswerForm::default(),
        chip_keys: vec![chip],
        terminal_trust: TerminalTrust::default(),
        fingers: None,
    }
}

pub(crate) fn mrz() -> MrzKey {
    MrzKey::from_text("093047064", "930512", "330512").unwrap()
}

#[test]
fn nothing_but_the_master_files_is_read_before_access() {
    let mut applet = Applet::with_memory(memory(), Faults::default());
    let mut send = |apdu: &str| hex::encode(applet.transmit(&hex::decode(apdu).unwrap()).unwrap());
    assert!(send("00B09C0000").starts_with("31"));
    assert_eq!(send("00B0810000"), "6a82");
    assert_eq!(send("00A4040C07A0000002471001"), "9000");
    for sfi in 1..=0x1F {
        let answer = send(&format!("00B0{:02X}0000", 0x80 | sfi));
        assert!(["6a82", "6982"].contains(&&answer[..]), "{sfi}: {answer}");
    }
    assert_eq!(send("0088000008000000000000000000"), "6982");
    assert_eq!(send("0CB0810000"), "6987");
}

#[test]
fn an_rsa_answer_recovers_to_its_frame() {
    let rsa = Rsa::generate(2048).unwrap();
    let public =
        Rsa::from_public_components(rsa.n().to_owned().unwrap(), rsa.e().to_owned().unwrap())
            .unwrap();
    let mut memory = memory();
    memory.active_key = Some(PKey::from_rsa(rsa).unwrap());
    let mut applet = Applet::with_memory(memory, Faults::default());
    applet.open = true;
    let command = Command {
        extended: true,
        ..Command::new(0, 0x88, 0, 0).data(vec![5; 8]).le(65_536)
    };
    let answer = applet.transmit(&command.encode()).unwrap();
    let (signature, status) = answer.split_at(answer.len() - 2);
    assert_eq!(status, [0x90, 0x00]);
    let mut frame = [0; 256];
    public
        .public_decrypt(signature, &mut frame, openssl::rsa::Padding::NONE)
        .unwrap();
    assert_eq!((frame[0], &frame[254..]), (0x6A, &[0x34, 0xCC][..]));
    let hashed = [&frame[1..222], &[5; 8]].concat();
    assert_eq!(openssl::sha::sha256(&hashed), frame[222..254]);
}
