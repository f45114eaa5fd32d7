//! Any bytes as an envelope, and as what lies in one: statements, receipts, tickets and notices, under a key that signs
//! whatever it is given, so that mutations reach what lies behind the signature.
#![no_main]

use std::sync::LazyLock;

use bundle::{
    Envelope, EnvelopeSignature, ReceiptKey, SignedEpoch, SignedReceipt, SignedTicket, Slip,
    StationTrust,
};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use niem_fuzz::Dice;

static KEY: LazyLock<ReceiptKey> = LazyLock::new(|| ReceiptKey::generate(&mut Dice(7)));
static TRUST: LazyLock<StationTrust> = LazyLock::new(|| {
    StationTrust::from_pem(include_bytes!("authority.pem")).expect("a certificate of ours")
});

fn read(json: &[u8]) {
    if let Ok(envelope) = Envelope::from_json(json) {
        assert_eq!(
            Envelope::from_json(&envelope.to_json()).as_ref(),
            Ok(&envelope)
        );
    }
    let key = KEY.public_key();
    if let Ok(receipt) = SignedReceipt::from_json(json) {
        let _ = receipt.verify(key);
        if let Ok(slip) = Slip::of(&receipt) {
            let again = Slip::read(&slip.codes().join("\n")).expect("its own codes are read");
            assert_eq!(again, slip);
            // Who signed it, the short form does not say.
            let payload = again.signed(key).envelope().payload.clone();
            assert_eq!(payload, receipt.envelope().payload);
        }
    }
    if let Ok(ticket) = SignedTicket::from_json(json) {
        let _ = ticket.verify(key);
    }
    if let Ok(notice) = SignedEpoch::from_json(json) {
        let _ = notice.verify(key);
    }
    let _ = bundle::statement(json, &TRUST, Timestamp::UNIX_EPOCH);
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    for kind in ["receipt", "ticket", "epoch"] {
        let kind = format!("application/vnd.niem.{kind}.v1+json");
        let mut envelope = Envelope::unsigned(&kind, bytes.to_vec());
        let sig = KEY.sign(&envelope.pae()).to_vec();
        let keyid = KEY.public_key().keyid();
        envelope.signatures.push(EnvelopeSignature { keyid, sig });
        read(&envelope.to_json());
    }
});
