//! Any answer under secure messaging: it is believed only when it is the one that the chip sealed.
#![no_main]

use emrtd::apdu::{Command, Response, Status};
use emrtd::secure_messaging::{Cipher, Session, Unsealed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, answer)) = bytes.split_first() else {
        return;
    };
    let cipher = [
        Cipher::TripleDes,
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
    ][usize::from(first & 3)];
    let (mut reader, mut chip) = (
        Session::derive(cipher, b"a secret"),
        Session::derive(cipher, b"a secret"),
    );
    let command = Command::new(0, 0xB0, 0x81, 0).le(223);
    let wire = reader
        .protect(&command)
        .expect("the first command of a session");
    let wire = Command::parse(&wire).expect("our own command");
    chip.open_command(&wire).expect("our own command");
    let honest = chip
        .seal_response(&Response::new(vec![0x61; 40], Status::OK), false)
        .expect("the first answer of a session");
    // Bit 2: the honest answer with the rest laid over it; otherwise the bytes as they are.
    let answer = if first & 4 == 0 {
        answer.to_vec()
    } else {
        let mut laid_over = honest.encode();
        for (octet, change) in laid_over.iter_mut().zip(answer) {
            *octet ^= change;
        }
        laid_over
    };
    let Ok(response) = Response::parse(answer) else {
        return;
    };
    if let Ok(Unsealed::Sealed(opened)) = reader.unprotect(&response) {
        assert_eq!(opened.data, vec![0x61; 40]);
        assert_eq!(response.data, honest.data);
    }
});
