//! Commands to a chip and its answers: APDUs in short and extended form (ISO/IEC 7816-4 §5).

use std::fmt;

use thiserror::Error;

/// The most data bytes a command can carry, and the most an answer can bring, in extended form.
pub const MAX_EXTENDED: usize = 65_535;

/// The most data bytes that one short answer can bring.
pub const MAX_SHORT: usize = 256;

/// A command APDU.
///
/// `le` counts the bytes expected back: 256 is written as short `00`, 65 536 as extended `0000`.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    pub cla: u8,
    pub ins: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: Vec<u8>,
    pub le: Option<u32>,
    /// Write the extended form even where the short one would do.
    pub extended: bool,
}

impl Command {
    /// A command without data and without an expected answer.
    pub fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self {
            cla,
            ins,
            p1,
            p2,
            data: Vec::new(),
            le: None,
            extended: false,
        }
    }

    #[must_use]
    pub fn data(mut self, data: Vec<u8>) -> Self {
        self.data = data;
        self
    }

    #[must_use]
    pub fn le(mut self, le: u32) -> Self {
        self.le = Some(le);
        self
    }

    /// The four bytes that every form begins with.
    pub fn header(&self) -> [u8; 4] {
        [self.cla, self.ins, self.p1, self.p2]
    }

    /// True when the instruction carries BER-TLV data fields (ISO/IEC 7816-4 §5.5).
    pub fn is_odd(&self) -> bool {
        self.ins & 1 == 1
    }

    /// True when only the extended form can say it.
    pub fn needs_extended(&self) -> bool {
        self.extended || self.data.len() > 255 || self.le.is_some_and(|le| le > 256)
    }

    /// The bytes on the wire; the short form wherever it suffices.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.header().to_vec();
        if self.needs_extended() {
            if !self.data.is_empty() || self.le.is_some() {
                out.push(0);
            }
            if !self.data.is_empty() {
                let count =
                    u16::try_from(self.data.len()).expect("no command of this crate carries 64 KB");
                out.extend_from_slice(&count.to_be_bytes());
                out.extend_from_slice(&self.data);
            }
            if let Some(le) = self.le {
                // 65 536 wraps to 0000, as the standard wants.
                out.extend_from_slice(&(le as u16).to_be_bytes());
            }
        } else {
            if !self.data.is_empty() {
                out.push(self.data.len() as u8);
                out.extend_from_slice(&self.data);
            }
            if let Some(le) = self.le {
                out.push(le as u8);
            }
        }
        out
    }

    /// Reads a command as a chip does.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let [cla, ins, p1, p2, body @ ..] = bytes else {
            return Err(ApduError::Truncated);
        };
        let mut command = Self::new(*cla, *ins, *p1, *p2);
        let short = |le: u8| if le == 0 { 256 } else { u32::from(le) };
        let long = |hi: u8, lo: u8| match u32::from(hi) << 8 | u32::from(lo) {
            0 => 65_536,
            le => le,
        };
        match body {
            [] => {}
            [le] => command.le = Some(short(*le)),
            [0, hi, lo] => {
                command.extended = true;
                command.le = Some(long(*hi, *lo));
            }
            [0, hi, lo, rest @ ..] => {
                command.extended = true;
                let count = usize::from(*hi) << 8 | usize::from(*lo);
                let data = rest.get(..count).ok_or(ApduError::Truncated)?;
                command.data = data.to_vec();
                command.le = match &rest[count..] {
                    [] => None,
                    [hi, lo] => Some(long(*hi, *lo)),
                    _ => return Err(ApduError::WrongLength),
                };
            }
            [count, rest @ ..] => {
                let count = usize::from(*count);
                let data = rest.get(..count).ok_or(ApduError::Truncated)?;
                command.data = data.to_vec();
                command.le = match &rest[count..] {
                    [] => None,
                    [le] => Some(short(*le)),
                    _ => return Err(ApduError::WrongLength),
                };
            }
        }
        Ok(command)
    }
}

// Data fields carry nonces, keys and answers to passwords.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cla, ins, p1, p2] = self.header();
        write!(
            f,
            "Command({cla:02X}{ins:02X}{p1:02X}{p2:02X}, {} bytes, Le {:?})",
            self.data.len(),
            self.le
        )
    }
}

/// The two bytes with which every answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

impl Status {
    pub const OK: Self = Self(0x9000);
    /// End of file reached before Le bytes were read.
    pub const END_OF_FILE: Self = Self(0x6282);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    pub const SM_OBJECTS_MISSING: Self = Self(0x6987);
    pub const SM_OBJECTS_INCORRECT: Self = Self(0x6988);
    pub const WRONG_DATA: Self = Self(0x6A80);
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    pub const WRONG_P1P2: Self = Self(0x6A86);
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    pub const INS_NOT_SUPPORTED: Self = Self(0x6D00);
    pub const AUTHENTICATION_FAILED: Self = Self(0x6300);

    pub fn is_ok(self) -> bool {
        self == Self::OK
    }

    /// Normal, or a warning that comes with data (62xx, and 63xx with the data intact).
    pub fn brings_data(self) -> bool {
        self.is_ok() || self.0 >> 8 == 0x62
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// An answer, with its status taken off.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub data: Vec<u8>,
    pub status: Status,
}

impl Response {
    pub fn new(data: Vec<u8>, status: Status) -> Self {
        Self { data, status }
    }

    /// An answer without data.
    pub fn status(status: Status) -> Self {
        Self::new(Vec::new(), status)
    }

    /// Splits the bytes of a transport; fewer than two are no answer at all.
    pub fn parse(mut bytes: Vec<u8>) -> Result<Self, ApduError> {
        let at = bytes.len().checked_sub(2).ok_or(ApduError::Truncated)?;
        if at > MAX_EXTENDED + 1 {
            return Err(ApduError::WrongLength);
        }
        let status = Status(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        bytes.truncate(at);
        Ok(Self::new(bytes, status))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.data.clone();
        out.extend_from_slice(&self.status.0.to_be_bytes());
        out
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} bytes, {})", self.data.len(), self.status)
    }
}

/// Why bytes are no APDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ApduError {
    #[error("the APDU ends too early")]
    Truncated,
    #[error("the length fields of the APDU contradict its size")]
    WrongLength,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_round_trips() {
        for data in [0, 1, 255, 256, 5_000] {
            for le in [None, Some(1), Some(256), Some(257), Some(65_536)] {
                let command = Command {
                    data: vec![7; data],
                    le,
                    ..Command::new(0x0C, 0xB0, 0x9D, 0)
                };
                let parsed = Command::parse(&command.encode()).unwrap();
                assert_eq!(parsed.encode(), command.encode());
                assert_eq!(parsed.data, command.data);
                if data < 256 || le.is_none() || le > Some(256) {
                    assert_eq!(parsed.le, le);
                }
            }
        }
        assert_eq!(
            Command::new(0, 0xB0, 0, 0).le(65_536).encode(),
            [0, 0xB0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn answers_without_a_status_are_refused() {
        assert_eq!(Response::parse(vec![]), Err(ApduError::Truncated));
        assert_eq!(Response::parse(vec![0x90]), Err(ApduError::Truncated));
        assert!(Response::parse(vec![0x90, 0]).unwrap().status.is_ok());
        assert_eq!(
            Command::parse(&[0, 0xA4, 4, 0, 9, 1]),
            Err(ApduError::Truncated)
        );
    }
}
