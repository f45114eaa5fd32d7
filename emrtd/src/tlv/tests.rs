#![allow(clippy::unwrap_used)]
use super::*;

#[test]
fn every_length_form_round_trips() {
    for length in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x1_0000, MAX_LENGTH] {
        for tag in [0x30, 0x61, 0x5F2E, 0x7F49, 0x5F_8101] {
            let value = vec![0xA5; length];
            let bytes = encode(tag, &value);
            assert_eq!(only(&bytes, tag).unwrap(), &value[..]);
            assert_eq!(header(&bytes).unwrap().total(), bytes.len());
        }
    }
}

#[test]
fn every_cut_is_refused() {
    let bytes = encode(0x7F49, &encode(0x06, &[1; 200]));
    for end in 1..bytes.len() {
        assert!(
            matches!(
                Reader::new(&bytes[..end]).read(),
                Err(TlvError::Truncated { .. })
            ),
            "{end}"
        );
    }
}

#[test]
fn length_bombs_and_indefinite_lengths_are_refused() {
    assert_eq!(
        header(&[0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
        Err(TlvError::BadLength)
    );
    assert_eq!(header(&[0x61, 0x80, 0x00, 0x00]), Err(TlvError::BadLength));
    assert_eq!(
        header(&[0x61, 0x83, 0xFF, 0xFF, 0xFF]),
        Err(TlvError::TooLong { length: 0xFF_FFFF })
    );
    assert_eq!(header(&[0x7F, 0x80, 0x01, 0x00]), Err(TlvError::BadTag));
    assert_eq!(
        header(&[0x7F, 0x81, 0x81, 0x01, 0x00]),
        Err(TlvError::BadTag)
    );
}

#[test]
fn finding_stays_on_its_level_and_walks_past_others() {
    let inner = encode(0x04, b"deep");
    let bytes = [encode(0x30, &inner), encode(0x02, &[7])].concat();
    assert_eq!(find(&bytes, 0x04).unwrap(), None);
    assert_eq!(require(&bytes, 0x02).unwrap(), &[7]);
    assert_eq!(require(&bytes, 0x31), Err(TlvError::Missing { tag: 0x31 }));
    assert_eq!(only(&bytes, 0x30), Err(TlvError::Trailing { extra: 3 }));
}

#[test]
fn debug_shows_no_content() {
    let bytes = encode(0x0C, "Nguyễn".as_bytes());
    let tlv = Reader::new(&bytes).read().unwrap().unwrap();
    assert!(!format!("{tlv:?}").contains("Nguy"));
}
