//! Slips: there and back, a frozen one, and everything that is none.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{ReceiptError, ReceiptKey};

/// Gives the same key each time; for tests alone.
struct Sevens;

impl rand_core::RngCore for Sevens {
    fn next_u32(&mut self) -> u32 {
        0x0707_0707
    }

    fn next_u64(&mut self) -> u64 {
        0x0707_0707_0707_0707
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.fill(7);
    }
}

impl rand_core::CryptoRng for Sevens {}

fn key() -> ReceiptKey {
    ReceiptKey::generate(&mut Sevens)
}

fn receipt(hashes: u8, witnesses: u8) -> Receipt {
    let id = |n: u128| Uuid::from_u128(0x019c_acea_e080_7975_8b30_694f_8a5e_2c00 + n);
    let line = |name: &str, bytes: &[u8]| format!("— {name} {}\n", STANDARD.encode(bytes));
    let mut checkpoint = format!(
        "niem.example/log\n300\n{}\n\n{}",
        STANDARD.encode([9; 32]),
        line("niem.example/log", &[5; 68])
    );
    for n in 0..witnesses {
        checkpoint += &line(&format!("witness-{n}.example"), &[n; 76]);
    }
    Receipt {
        bundle: BundleDigest::of(b"bundle"),
        entry: EntryId::from_uuid(id(1)),
        station: StationId::new("hn-0101").unwrap(),
        visit: VisitId::from_uuid(id(2)),
        filed_at: "2026-03-02T08:20:00.25Z".parse().unwrap(),
        log: LogProof {
            index: 255,
            tree_size: 300,
            inclusion: (0..hashes).map(|n| Sha256Digest::of(&[n])).collect(),
            checkpoint,
        },
    }
}

fn signed(hashes: u8, witnesses: u8) -> SignedReceipt {
    SignedReceipt::issue(&receipt(hashes, witnesses), &key())
}

#[test]
fn a_slip_gives_back_the_very_receipt() {
    for (hashes, witnesses, codes) in [(0, 0, 1), (21, 0, 1), (22, 0, 2), (21, 2, 2), (64, 3, 3)] {
        let receipt = signed(hashes, witnesses);
        let slip = Slip::of(&receipt).unwrap();
        let texts = slip.codes();
        assert_eq!(texts.len(), codes, "{hashes} hashes, {witnesses} witnesses");
        // Version 25, level M.
        assert!(texts.iter().all(|text| text.len() <= 1451));
        let read = Slip::read(&texts.join("\n")).unwrap();
        assert_eq!(read, slip);
        assert_eq!(
            read,
            Slip::read(&format!("\r\n{}\r\n", texts.join("\r\n"))).unwrap()
        );
        let again = read.signed(key().public_key());
        assert_eq!(again.to_json(), receipt.to_json());
        assert!(again.verify(key().public_key()).is_ok());
    }
}

/// Writes the frozen slip. Run on purpose, when a slip of another version is to be frozen beside it.
#[test]
#[ignore = "writes into the source tree"]
fn freeze_a_slip() {
    let codes = Slip::of(&signed(2, 1)).unwrap().codes();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/slip_v1.txt");
    std::fs::write(path, codes.join("\n") + "\n").unwrap();
}

/// What was printed once must be readable for ever.
#[test]
fn a_slip_printed_earlier_is_read() {
    let frozen = include_str!("../../tests/vectors/slip_v1.txt");
    let slip = Slip::read(frozen).unwrap();
    let read = slip.signed(key().public_key()).verify(key().public_key());
    assert_eq!(read.unwrap(), receipt(2, 1));
    assert_eq!(slip.codes().join("\n") + "\n", frozen);
}

#[test]
fn an_altered_letter_is_refused_or_breaks_the_signature() {
    let text = Slip::of(&signed(2, 1)).unwrap().codes().remove(0);
    for at in 0..text.len() {
        for other in ["0", "A", ":", " "] {
            if &text[at..=at] == other {
                continue;
            }
            let mut altered = text.clone();
            altered.replace_range(at..=at, other);
            let Ok(slip) = Slip::read(&altered) else {
                continue;
            };
            let read = slip.signed(key().public_key());
            let read = read.verify(key().public_key()).unwrap_err();
            let refused = [ReceiptError::SignatureInvalid, ReceiptError::Malformed];
            assert!(refused.contains(&read), "letter {at}");
        }
    }
    for end in 0..text.len() {
        let cut = Slip::read(&text[..end]);
        assert_eq!(cut, Err(SlipError::Malformed), "{end} letters");
    }
    assert_eq!(Slip::read(&format!("{text}0")), Err(SlipError::Malformed));
}

#[test]
fn codes_must_be_all_there_in_their_order_and_of_one_slip() {
    let one = Slip::of(&signed(64, 0)).unwrap().codes();
    let [first, second, third] = one.as_slice() else {
        panic!("{} codes", one.len())
    };
    for some in [
        vec![first, second],
        vec![second, third],
        vec![first, third, second],
        vec![first, first, second, third],
        vec![first, second, third, third],
    ] {
        let some: Vec<_> = some.into_iter().map(String::as_str).collect();
        assert_eq!(Slip::read(&some.join("\n")), Err(SlipError::PartMissing));
    }
    // Halves of two receipts make one that nobody signed.
    let other = Slip::of(&signed(63, 1)).unwrap().codes();
    let mixed = Slip::read(&[first, second, &other[2]].map(String::as_str).join("\n"));
    let read = mixed.map(|slip| slip.signed(key().public_key()).verify(key().public_key()));
    assert!(!matches!(read, Ok(Ok(_))), "{read:?}");
}

#[test]
fn what_is_no_slip_is_refused_within_bounds() {
    let full = "0".repeat(MAX_PART_LETTERS);
    let long = "A".repeat(1 << 20);
    for text in [
        "",
        "\n",
        "NIEM1/11:",
        "NIEM1/11",
        "NIEM2/11:BB8",
        "niem1/11:BB8",
        "NIEM1/01:BB8",
        "NIEM1/21:BB8",
        "NIEM1/19:BB8",
        "NIEM1/111:BB8",
        "NIEM1/11:bb8",
        "NIEM1/11:A",
        &format!("NIEM1/11:{full}000"),
        &format!("NIEM1/12:{full}"),
        &format!("NIEM1/11:{long}"),
        &format!("NIEM1/12:BB8\nNIEM1/22:{full}"),
    ] {
        let read = Slip::read(text);
        let missing = text.ends_with(&full) && text.starts_with("NIEM1/12:0");
        let wanted = if missing {
            SlipError::PartMissing
        } else {
            SlipError::Malformed
        };
        assert_eq!(read, Err(wanted), "{}", &text[..text.len().min(40)]);
    }
}

#[test]
fn a_receipt_of_another_form_is_not_shortened() {
    type Change = fn(&mut Receipt);
    let changes: [Change; 8] = [
        |receipt| receipt.log.tree_size = 1 << 40,
        |receipt| receipt.log.tree_size = 299,
        |receipt| receipt.log.checkpoint.push('\n'),
        |receipt| receipt.log.checkpoint = receipt.log.checkpoint.replacen("\n\n", "\nmore\n\n", 1),
        |receipt| receipt.log.checkpoint = receipt.log.checkpoint.replace("— ", "- "),
        |receipt| receipt.log.checkpoint = receipt.log.checkpoint.replacen("300\n", "0300\n", 1),
        |receipt| receipt.log.checkpoint = String::new(),
        |receipt| receipt.filed_at = "1969-12-31T00:00:00Z".parse().unwrap(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut receipt = receipt(2, 0);
        change(&mut receipt);
        let signed = SignedReceipt::issue(&receipt, &key());
        assert_eq!(Slip::of(&signed), Err(SlipError::OtherForm), "change {n}");
    }
    // The same words spaced otherwise are other bytes under the signature.
    let spaced = serde_json::to_vec_pretty(&receipt(2, 0)).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&signed(2, 0).to_json()).unwrap();
    json["payload"] = STANDARD.encode(spaced).into();
    let spaced = SignedReceipt::from_json(json.to_string().as_bytes()).unwrap();
    assert_eq!(Slip::of(&spaced), Err(SlipError::OtherForm));
    let many = SignedReceipt::issue(&receipt(64, 8), &key());
    assert!(Slip::of(&many).is_ok());
    let mut long = receipt(64, 8);
    let name = "w".repeat(240);
    long.log.checkpoint = long.log.checkpoint.replace("witness", &name);
    let long = SignedReceipt::issue(&long, &key());
    assert_eq!(Slip::of(&long), Err(SlipError::TooLong));
}
