//! The files of the master file that open a chip: EF.CardAccess, EF.ATR/INFO and EF.CardSecurity.

use super::AccessError;
use crate::apdu::{Command, Status};
use crate::tlv;
use crate::transport::Transport;
use crate::wire::Wire;

const CARD_ACCESS: (u16, u8) = (0x011C, 0x1C);
const CARD_SECURITY: (u16, u8) = (0x011D, 0x1D);
const ATR_INFO_SFI: u8 = 0x01;
/// EF.CardAccess and EF.ATR/INFO are a few hundred bytes on real chips.
const MAX_OPEN_FILE: usize = 4_096;
/// EF.CardSecurity carries a signature and a certificate: two to four kilobytes on real chips.
const MAX_CARD_SECURITY: usize = 16_384;

/// Reads EF.CardAccess wherever this chip keeps it within reach (ICAO 9303-11 §9.2.11).
pub(super) fn card_access<T: Transport>(
    wire: &mut Wire<T>,
) -> Result<Option<Vec<u8>>, AccessError> {
    let (fid, sfi) = CARD_ACCESS;
    // A chip that was just powered stands in its master file.
    if let Some(file) = open_file(wire, Some(sfi))? {
        return Ok(Some(file));
    }
    for select_master in [false, true] {
        if select_master {
            // Chips without a visible master file answer 6D00 or 6A86 here and are in the right place.
            for master in [
                Command::new(0, 0xA4, 0x00, 0x0C).data(vec![0x3F, 0x00]),
                Command::new(0, 0xA4, 0x00, 0x0C),
            ] {
                if wire.send(&master)?.response.status.is_ok() {
                    break;
                }
            }
            if let Some(file) = open_file(wire, Some(sfi))? {
                return Ok(Some(file));
            }
        }
        let select = Command::new(0, 0xA4, 0x02, 0x0C).data(fid.to_be_bytes().to_vec());
        if wire.send(&select)?.response.status.brings_data()
            && let Some(file) = open_file(wire, None)?
        {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// A freely readable file that begins with the SET that EF.CardAccess is; `None` when it is not here.
fn open_file<T: Transport>(
    wire: &mut Wire<T>,
    sfi: Option<u8>,
) -> Result<Option<Vec<u8>>, AccessError> {
    let malformed = AccessError::Malformed {
        step: "EF.CardAccess",
    };
    // Not every chip can give 256 bytes at once.
    let mut most = 256;
    let mut file = loop {
        let file = read_plain(wire, sfi.map_or(0, |sfi| 0x80 | sfi), 0, most)?;
        match file {
            Some(file) => break file,
            None if most > 32 => most /= 2,
            None => return Ok(None),
        }
    };
    if file.first() != Some(&0x31) {
        return Ok(None);
    }
    let total = tlv::header(&file).map_err(|_| malformed.clone())?.total();
    if total > MAX_OPEN_FILE {
        return Err(malformed);
    }
    while file.len() < total {
        let [hi, lo] = (file.len() as u16).to_be_bytes();
        let rest = (total - file.len()).min(most as usize) as u32;
        let chunk = read_plain(wire, hi, lo, rest)?.unwrap_or_default();
        if chunk.is_empty() {
            return Err(malformed);
        }
        file.extend_from_slice(&chunk);
    }
    file.truncate(total);
    Ok(Some(file))
}

/// What became of EF.CardSecurity.
pub(super) enum CardSecurity {
    Read(Vec<u8>),
    Missing,
    /// The chip refused without a seal: it has dropped the session.
    SessionEnded,
}

/// Reads EF.CardSecurity under the session (ICAO 9303-11 §9.2.11).
///
/// What is not such a file is left alone: the key that counts stands in DG14 too, and whether all
/// is there is for the checker.
pub(super) fn card_security<T: Transport>(
    wire: &mut Wire<T>,
    longest_answer: Option<usize>,
) -> Result<CardSecurity, AccessError> {
    let room = longest_answer.map_or(256, |most| most.min(MAX_CARD_SECURITY));
    let most = |room| wire.session().map_or(0, |session| session.capacity(room)) as u32;
    let (short, mut most) = (most(256), most(room));
    let (fid, sfi) = CARD_SECURITY;
    let by_name = Command::new(0, 0xB0, 0x80 | sfi, 0);
    let mut answer = wire.send(&by_name.clone().le(most))?;
    if most > short && answer.sealed && !answer.response.status.brings_data() {
        // What one chip could bear may be too much for the next of its kind.
        most = short;
        answer = wire.send(&by_name.le(most))?;
    }
    if answer.sealed && !answer.response.status.brings_data() {
        let select = Command::new(0, 0xA4, 0x02, 0x0C).data(fid.to_be_bytes().to_vec());
        answer = wire.send(&select)?;
        if answer.sealed && answer.response.status.brings_data() {
            answer = wire.send(&Command::new(0, 0xB0, 0, 0).le(most))?;
        }
    }
    let mut file = Vec::new();
    loop {
        if !answer.sealed {
            return Ok(CardSecurity::SessionEnded);
        }
        let response = answer.response;
        if !response.status.brings_data() || response.data.is_empty() {
            return Ok(CardSecurity::Missing);
        }
        file.extend_from_slice(&response.data);
        // EF.SOD has the same short identifier in the document, and another tag.
        let total = match tlv::header(&file) {
            Ok(header) if header.tag == 0x30 && header.total() <= MAX_CARD_SECURITY => {
                header.total()
            }
            _ => return Ok(CardSecurity::Missing),
        };
        if file.len() >= total {
            file.truncate(total);
            return Ok(CardSecurity::Read(file));
        }
        let [hi, lo] = (file.len() as u16).to_be_bytes();
        let rest = most.min((total - file.len()) as u32);
        answer = wire.send(&Command::new(0, 0xB0, hi, lo).le(rest))?;
    }
}

/// One plain READ BINARY; empty when refused, `None` when it was the length that was refused.
///
/// `6Cxx` is obeyed once.
fn read_plain<T: Transport>(
    wire: &mut Wire<T>,
    p1: u8,
    p2: u8,
    le: u32,
) -> Result<Option<Vec<u8>>, AccessError> {
    let read = Command::new(0, 0xB0, p1, p2);
    let mut response = wire.send(&read.clone().le(le))?.response;
    if response.status.0 >> 8 == 0x6C {
        let exact = match response.status.0 & 0xFF {
            0 => 256,
            exact => u32::from(exact),
        };
        response = wire.send(&read.le(exact))?.response;
    }
    Ok(match response.status {
        status if status.brings_data() => Some(response.data),
        Status::WRONG_LENGTH => None,
        _ => Some(Vec::new()),
    })
}

/// EF.ATR/INFO: how long an answer may be (ISO/IEC 7816-4 §12.7.1), if the chip says so.
pub(super) fn longest_answer<T: Transport>(
    wire: &mut Wire<T>,
) -> Result<Option<usize>, AccessError> {
    let file = read_plain(wire, 0x80 | ATR_INFO_SFI, 0, 256)?.unwrap_or_default();
    let mut objects = tlv::Reader::new(&file);
    let mut longest = None;
    while let Ok(Some(object)) = objects.read() {
        match object.tag() {
            // Card capabilities: third software function table, extended Lc and Le.
            0x47 if longest.is_none() => {
                if let [_, _, third] = object.value()
                    && third & 0x40 == 0
                {
                    longest = Some(256);
                }
            }
            // Extended length information: longest command, longest answer.
            0x7F66 => {
                let mut numbers = object.children();
                if let (Ok(_), Ok(most)) = (numbers.expect(0x02), numbers.expect(0x02)) {
                    let most = most.iter().fold(0, |sum: usize, octet| {
                        sum.saturating_mul(256).saturating_add(usize::from(*octet))
                    });
                    longest = Some(most.clamp(256, 65_536));
                }
            }
            _ => {}
        }
    }
    Ok(longest)
}
