//! Any text as the codes of a slip: what is read has one spelling, and is a receipt that nobody signed.
#![no_main]

use std::sync::LazyLock;

use bundle::{ReceiptKey, Slip};
use libfuzzer_sys::fuzz_target;
use niem_fuzz::Dice;

static KEY: LazyLock<ReceiptKey> = LazyLock::new(|| ReceiptKey::generate(&mut Dice(8)));

/// Base45 (RFC 9285), so that mutations reach the bytes behind it.
fn encoded(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut text = String::from("NIEM1/11:");
    for pair in bytes.chunks(2) {
        let mut value = pair
            .iter()
            .fold(0_usize, |sum, byte| sum * 256 + usize::from(*byte));
        for _ in 0..=pair.len() {
            text.push(char::from(LETTERS[value % 45]));
            value /= 45;
        }
    }
    text
}

fn read(text: &str) {
    let Ok(slip) = Slip::read(text) else {
        return;
    };
    let codes = slip.codes().join("\n");
    assert_eq!(Slip::read(&codes).as_ref(), Ok(&slip));
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.join("\n"), codes);
    assert!(
        slip.signed(KEY.public_key())
            .verify(KEY.public_key())
            .is_err()
    );
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(text);
    }
    read(&encoded(bytes));
});
