//! How CBEFF names a finger in one byte (ISO/IEC 19785-3, biometric subtype), and how 19794 counts them.

/// The finger in bits 3 to 5 and its hand in bits 1 and 2, counted from 1, the right thumb, to 10, the left little
/// finger; 0 where the byte names none.
pub(crate) fn position(subtype: u8) -> u8 {
    let finger = (subtype >> 2) & 0x07;
    match (subtype & 0x03, finger) {
        (0b01, 1..=5) => finger,
        (0b10, 1..=5) => 5 + finger,
        _ => 0,
    }
}

/// The byte for a finger; `None` for what is none.
pub(crate) fn of_position(position: u8) -> Option<u8> {
    match position {
        1..=5 => Some(position << 2 | 0b01),
        6..=10 => Some((position - 5) << 2 | 0b10),
        _ => None,
    }
}
