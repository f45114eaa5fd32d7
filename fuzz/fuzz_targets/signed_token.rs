//! Assertions and proofs of possession, as any stranger may send them: whole, and as bare JSON that is encoded here,
//! so that mutations reach what lies behind base64.
#![no_main]

use access_tokens::{Access, AccessKey, Asked, Assertion, Nonces, Proof, PublicKey, Signed};
use libfuzzer_sys::fuzz_target;

const ASKED: Asked<'_> = Asked {
    method: "POST",
    address: "https://server.example.com/token",
    token: None,
};
/// In the day of the standard's example.
const NOW: i64 = 1_562_262_700;

/// RFC 4648 §5, unpadded.
fn encoded(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(LETTERS[(word >> (18 - 6 * place)) as usize & 63]));
        }
    }
    out
}

fn read(text: &str) {
    let key = PublicKey::ed25519(&[1; 32]).expect("32 bytes");
    if let Ok(signed) = Signed::read(text) {
        // Nobody has the key that the assertion would have to be signed with.
        assert!(Assertion::check(&signed, "a", &[key], &["https://niem.example"], NOW).is_err());
        if let Ok(proof) = Proof::check(&signed, ASKED, NOW) {
            // The key of the standard's example, which no mutation signs with: the example itself.
            assert!(!proof.id.is_empty());
        }
    }
    let sealer = AccessKey::new(&[2; 32]);
    assert!(sealer.open(text, 0).is_err());
    assert!(!Nonces::new(&[3; 32]).takes(text, NOW));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    read(text);
    let bare: Vec<String> = text.split('.').map(|part| encoded(part.as_bytes())).collect();
    read(&format!("{}.{}", bare.join("."), encoded(&[0; 64])));
    if let Ok(key) = PublicKey::from_text(text) {
        assert_eq!(PublicKey::from_text(&key.to_jwk().to_string()), Ok(key.clone()));
        assert_eq!(key.thumbprint().len(), 43);
    }
    // What we seal we open, whatever a client is called.
    let access = Access {
        id: String::new(),
        client: text.chars().take(200).collect(),
        key: String::new(),
        bound_to: String::new(),
        scopes: Vec::new(),
        until: 1,
    };
    let sealer = AccessKey::new(&[2; 32]);
    assert_eq!(sealer.open(&sealer.seal(&access), 0).as_ref(), Ok(&access));
});
