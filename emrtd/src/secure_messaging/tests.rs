//! ICAO 9303-11 appendices D.1 and D.4, and what must not pass.

use super::*;
use crate::apdu::{Command, Response, Status};
use crate::vectors;

fn bac_session() -> Session {
    let vector = vectors::icao();
    let sm = &vector["D4_secure_messaging_3des"];
    let start = &vector["D3_bac"]["ssc_start"];
    Session {
        cipher: Cipher::TripleDes,
        enc: vectors::bytes(&sm["ksenc"]).into(),
        mac: vectors::bytes(&sm["ksmac"]).into(),
        counter: u128::from(u64::from_str_radix(start.as_str().unwrap(), 16).unwrap()),
    }
}

#[test]
fn keys_are_derived_as_in_d1_and_for_aes() {
    let vector = vectors::icao();
    let d1 = &vector["D1_kdf_3des"];
    let seed = vectors::bytes(&d1["kseed"]);
    assert_eq!(
        *Cipher::TripleDes.derive(&seed, 1),
        vectors::bytes(&d1["kenc"])
    );
    assert_eq!(
        *Cipher::TripleDes.derive(&seed, 2),
        vectors::bytes(&d1["kmac"])
    );
    for row in vector["KDF_aes128"].as_array().unwrap() {
        let secret = vectors::bytes(&row[1]);
        assert_eq!(*Cipher::Aes128.derive(&secret, 1), vectors::bytes(&row[2]));
        assert_eq!(*Cipher::Aes128.derive(&secret, 2), vectors::bytes(&row[3]));
    }
}

#[test]
fn selecting_and_reading_ef_com_goes_as_in_d4() {
    let mut session = bac_session();
    let select = Command::new(0, 0xA4, 2, 0x0C).data(vec![0x01, 0x1E]);
    assert_eq!(
        hex::encode_upper(session.protect(&select).unwrap()),
        "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"
    );
    let answer = Response::parse(hex::decode("990290008E08FA855A5D4C50A8ED9000").unwrap()).unwrap();
    assert!(matches!(
        session.unprotect(&answer).unwrap(),
        Unsealed::Sealed(r) if r == Response::status(Status::OK)
    ));
    let read = Command::new(0, 0xB0, 0, 0).le(4);
    assert_eq!(
        hex::encode_upper(session.protect(&read).unwrap()),
        "0CB000000D9701048E08ED6705417E96BA5500"
    );
    let answer = "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000";
    let answer = Response::parse(hex::decode(answer).unwrap()).unwrap();
    assert!(matches!(
        session.unprotect(&answer).unwrap(),
        Unsealed::Sealed(r) if r.data == [0x60, 0x14, 0x5F, 0x01]
    ));
}

fn pair(cipher: Cipher) -> (Session, Session) {
    (
        Session::derive(cipher, b"secret"),
        Session::derive(cipher, b"secret"),
    )
}

const ALL: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

#[test]
fn both_sides_agree_in_every_cipher_and_size() {
    for cipher in ALL {
        let (mut reader, mut card) = pair(cipher);
        for (ins, size, le) in [
            (0xB0, 0, Some(223)),
            (0x88, 8, Some(256)),
            (0xB1, 5, Some(65_000)),
            (0xA4, 300, None),
        ] {
            let command = Command {
                le,
                ..Command::new(0, ins, 0, 0).data(vec![3; size])
            };
            let wire = Command::parse(&reader.protect(&command).unwrap()).unwrap();
            let opened = card.open_command(&wire).unwrap();
            assert_eq!((&opened.data, opened.le), (&command.data, command.le));
            for answer in [
                Response::new(vec![9; size * 7], Status::OK),
                Response::status(Status::FILE_NOT_FOUND),
            ] {
                let (mut reader, mut card) = pair(cipher);
                let sealed = card.seal_response(&answer, command.is_odd()).unwrap();
                assert!(
                    matches!(reader.unprotect(&sealed).unwrap(), Unsealed::Sealed(r) if r == answer)
                );
            }
            let sealed = card
                .seal_response(&Response::status(Status::OK), false)
                .unwrap();
            reader.unprotect(&sealed).unwrap();
        }
    }
}

#[test]
fn capacity_is_the_largest_that_fits() {
    for cipher in ALL {
        for room in [64, 127, 128, 200, 254, 255, 256, 1_000, 65_000] {
            let (reader, mut card) = pair(cipher);
            let most = reader.capacity(room);
            let fits = |card: &mut Session, n| {
                card.seal_response(&Response::new(vec![1; n], Status::OK), false)
                    .unwrap()
                    .data
                    .len()
                    <= room
            };
            assert!(fits(&mut card, most), "{cipher:?} {room}");
        }
    }
    assert_eq!(pair(Cipher::Aes128).0.capacity(256), 223);
    assert_eq!(pair(Cipher::TripleDes).0.capacity(256), 231);
}

#[test]
fn one_altered_bit_anywhere_is_refused() {
    for cipher in ALL {
        let (_, mut card) = pair(cipher);
        let sealed = card
            .seal_response(&Response::new(vec![9; 40], Status::OK), false)
            .unwrap();
        for bit in 0..sealed.data.len() * 8 {
            let mut altered = sealed.clone();
            altered.data[bit / 8] ^= 1 << (bit % 8);
            let (mut reader, _) = pair(cipher);
            assert!(reader.unprotect(&altered).is_err(), "{cipher:?} bit {bit}");
        }
    }
}

#[test]
fn an_answer_stripped_of_its_protection_is_refused() {
    let (mut reader, _) = pair(Cipher::Aes128);
    assert_eq!(
        reader.unprotect(&Response::status(Status::OK)).unwrap_err(),
        SecureMessagingError::Unprotected
    );
    assert!(
        reader
            .unprotect(&Response::new(b"a\x04data".to_vec(), Status::OK))
            .is_err()
    );
    assert!(matches!(
        reader
            .unprotect(&Response::status(Status::FILE_NOT_FOUND))
            .unwrap(),
        Unsealed::Plain(Status::FILE_NOT_FOUND)
    ));
}
