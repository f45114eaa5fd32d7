use super::*;

/// A grey 8×8 code stream of one tile with `packets` as its coded bytes; no decoder would like them.
fn stream(width: u32, height: u32, known_length: bool) -> Vec<u8> {
    let mut bytes = b"\xFF\x4F\xFF\x51\x00\x29\x00\x00".to_vec();
    for number in [width, height, 0, 0, width, height, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend([0, 1, 7, 1, 1]);
    let packets = [0x5A; 40];
    let length = if known_length { 14 + 40 } else { 0u32 };
    bytes.extend(b"\xFF\x90\x00\x0A\x00\x00");
    bytes.extend(length.to_be_bytes());
    bytes.extend(b"\x00\x01\xFF\x93");
    bytes.extend(packets);
    bytes.extend(b"\xFF\xD9");
    bytes
}

fn boxed(stream: &[u8], length: u32) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ".to_vec();
    bytes.extend(length.to_be_bytes());
    bytes.extend(b"jp2c");
    bytes.extend(stream);
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes =
        b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xC0\x00\x0B\x08\x01\xC1\x01\x51\x01\x01\x11\x00".to_vec();
    bytes.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00");
    bytes.extend([0x5A, 0xFF, 0x00, 0x33, 0xFF, 0xD0, 0x11]);
    bytes.extend(b"\xFF\xD9");
    bytes
}

fn wsq() -> Vec<u8> {
    let mut bytes = b"\xFF\xA0\xFF\xA4\x00\x03\x01".to_vec();
    bytes.extend(b"\xFF\xA2\x00\x11\xFF\x00\x01\x90\x01\x2C\0\0\0\0\0\0\0\0\0");
    bytes.extend(b"\xFF\xA3\x00\x03\x01\x12\x34\xFF\x00\x56\xFF\xA1");
    bytes
}

fn portable() -> Vec<u8> {
    let mut bytes =
        b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\x01\x2C\0\0\x01\x90\x08\0\0\0\0CRCC".to_vec();
    bytes.extend(b"\0\0\0\x04IDATabcdCRCC\0\0\0\0IEND\xAE\x42\x60\x82");
    bytes
}

/// Each picture, its size, and the fewest bytes of it that tell that size.
fn pictures() -> Vec<(Vec<u8>, (u32, u32))> {
    let bare = stream(413, 531, true);
    let length = u32::try_from(bare.len()).unwrap() + 8;
    vec![
        (jpeg(), (337, 449)),
        (wsq(), (300, 400)),
        (portable(), (300, 400)),
        (bare.clone(), (413, 531)),
        (stream(413, 531, false), (413, 531)),
        (boxed(&bare, length), (413, 531)),
        (boxed(&bare, 0), (413, 531)),
    ]
}

#[test]
fn size_and_end_are_read_from_the_picture_itself() {
    for (picture, size) in pictures() {
        let facts = ImageFacts::of(&picture).unwrap();
        assert_eq!((facts.width, facts.height), size, "{:?}", facts.format);
        assert_eq!(facts.end, ImageEnd::Whole, "{:?}", facts.format);
        let mut longer = picture.clone();
        longer.extend([0x11; 5]);
        let facts = ImageFacts::of(&longer).unwrap();
        assert_eq!(facts.end, ImageEnd::Trailing, "{:?}", facts.format);
        // A second picture behind the first is what a smuggler would put there.
        longer.truncate(picture.len());
        longer.extend(jpeg());
        let facts = ImageFacts::of(&longer).unwrap();
        assert_eq!((facts.width, facts.height), size);
        assert_eq!(facts.end, ImageEnd::Trailing, "{:?}", facts.format);
    }
}

#[test]
fn a_cut_picture_is_told_from_a_whole_one_at_every_length() {
    for (picture, size) in pictures() {
        for length in 0..picture.len() {
            if let Some(facts) = ImageFacts::of(&picture[..length]) {
                assert_eq!((facts.width, facts.height), size);
                assert_eq!(
                    facts.end,
                    ImageEnd::Truncated,
                    "{:?} {length}",
                    facts.format
                );
            }
        }
    }
}

#[test]
fn boxes_after_the_picture_are_allowed_and_other_bytes_are_not() {
    let bare = stream(40, 50, true);
    let length = u32::try_from(bare.len()).unwrap() + 8;
    let mut file = boxed(&bare, length);
    file.extend(b"\0\0\0\x0Cxml abcd");
    assert_eq!(ImageFacts::of(&file).unwrap().end, ImageEnd::Whole);
    file.extend(b"\0\0\0\x40xml abcd");
    assert_eq!(ImageFacts::of(&file).unwrap().end, ImageEnd::Trailing);
    // Bytes inside the picture's box, behind its end mark.
    let mut inside = bare.clone();
    inside.extend([7; 9]);
    let file = boxed(&inside, length + 9);
    assert_eq!(ImageFacts::of(&file).unwrap().end, ImageEnd::Trailing);
}

#[test]
fn bombs_are_refused_by_their_headers() {
    for (width, height) in [
        (60_000, 60_000),
        (2_001, 1),
        (1, 2_001),
        (0, 9),
        (u32::MAX, u32::MAX),
    ] {
        let facts = ImageFacts::of(&stream(width, height, true));
        let allowed = facts.is_some_and(|facts| facts.within_caps().is_ok());
        assert!(!allowed, "{width} by {height}");
    }
    assert!(
        ImageFacts::of(&stream(2_000, 2_000, true))
            .unwrap()
            .within_caps()
            .is_ok()
    );
    // A grid of single-pixel tiles, and a thousand channels.
    let mut tiles = stream(1_000, 1_000, true);
    tiles[24..32].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    assert!(ImageFacts::of(&tiles).is_none());
    let mut channels = stream(1_000, 1_000, true);
    channels[40..42].copy_from_slice(&[0x03, 0xE8]);
    assert!(ImageFacts::of(&channels).is_none());
    // An image that begins beyond its end.
    let mut beyond = stream(1_000, 1_000, true);
    beyond[16..20].copy_from_slice(&[0, 0, 0x10, 0]);
    assert!(ImageFacts::of(&beyond).is_none());
}

#[test]
fn no_bytes_make_it_panic() {
    for (picture, _) in pictures() {
        for at in 0..picture.len() {
            for octet in [0x00, 0x01, 0x7F, 0x80, 0x90, 0xD9, 0xFF] {
                let mut altered = picture.clone();
                altered[at] = octet;
                let _ = ImageFacts::of(&altered);
            }
        }
    }
}
