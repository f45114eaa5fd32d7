//! Zip files of one plain spelling: every file stored as it is, one after another, then the list of them (PKWARE
//! APPNOTE 6.3.10). No compression, no encryption, no extra fields, no comments, nothing between, before or behind.

use std::io::{self, Read, Seek, SeekFrom, Write};

use ring::digest::{Context, SHA256};

/// Beyond this a zip needs its 64-bit form, which is not written here.
pub const LARGEST_BYTES: u64 = 1 << 31;
/// A container of ours has five files.
pub(crate) const MOST_FILES: usize = 64;
/// Names of ours are short.
pub(crate) const LONGEST_NAME: usize = 100;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0, as every reader has.
const VERSION: u16 = 20;
/// 1 January 1980: a zip's time has no zone, and the signature says when.
const DATE: u16 = 0x0021;
const LOCAL_BYTES: u64 = 30;

/// One file of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// What the manifest says it is.
    pub media_type: String,
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// Where a file lies.
pub(crate) struct Laid {
    pub(crate) name: String,
    pub(crate) crc: u32,
    pub(crate) size: u32,
    pub(crate) offset: u32,
}

/// Letters that no system reads in two ways, in one or two levels.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(letter)
    };
    name.len() <= LONGEST_NAME && name.split('/').count() <= 2 && name.split('/').all(plain)
}

fn header(crc: u32, size: u32, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Flags, method (stored), time, date.
    for word in [0, 0, 0, DATE] {
        bytes.extend(u16::to_le_bytes(word));
    }
    for word in [crc, size, size] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes
}

fn local(crc: u32, size: u32, name: &str) -> Vec<u8> {
    let mut bytes = LOCAL.to_le_bytes().to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(header(crc, size, name));
    bytes.extend(name.as_bytes());
    bytes
}

/// The list at the end.
pub(crate) fn directory(files: &[Laid], at: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend(CENTRAL.to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(header(file.crc, file.size, &file.name));
        // No comment, disk 0, no attributes.
        bytes.extend([0; 10]);
        bytes.extend(file.offset.to_le_bytes());
        bytes.extend(file.name.as_bytes());
    }
    let (count, length) = (files.len() as u16, bytes.len() as u32);
    bytes.extend(END.to_le_bytes());
    bytes.extend([0; 4]);
    for word in [count, count] {
        bytes.extend(word.to_le_bytes());
    }
    for word in [length, at] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([0; 2]);
    bytes
}

/// Lays one file down, whatever its length, in memory of one piece.
pub(crate) fn lay<W: Write + Seek>(
    out: &mut W,
    name: &str,
    content: &mut dyn Read,
) -> io::Result<(Laid, Entry)> {
    let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
    let offset = out.stream_position()?;
    // The sum and the length stand before the bytes: they are put in afterwards.
    out.write_all(&local(0, 0, name))?;
    let (mut crc, mut sha) = (crc32fast::Hasher::new(), Context::new(&SHA256));
    let mut size = 0_u64;
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = match content.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        size += read as u64;
        if offset + size > LARGEST_BYTES {
            return Err(too_large());
        }
        crc.update(&piece[..read]);
        sha.update(&piece[..read]);
        out.write_all(&piece[..read])?;
    }
    let laid = Laid {
        name: name.to_owned(),
        crc: crc.finalize(),
        size: u32::try_from(size).map_err(|_| too_large())?,
        offset: u32::try_from(offset).map_err(|_| too_large())?,
    };
    out.seek(SeekFrom::Start(offset))?;
    out.write_all(&local(laid.crc, laid.size, name))?;
    out.seek(SeekFrom::Current(laid.size.into()))?;
    let digest = sha.finish();
    let entry = Entry {
        name: name.to_owned(),
        media_type: String::new(),
        size,
        digest: digest.as_ref().try_into().expect("SHA-256 has 32 bytes"),
    };
    Ok((laid, entry))
}

/// The files of a zip of this spelling, in order, each with where its bytes begin; `None` for any other bytes.
pub(crate) fn files(zip: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let mut files = Vec::new();
    let mut laid: Vec<Laid> = Vec::new();
    let mut rest = zip;
    while rest.starts_with(&LOCAL.to_le_bytes()) {
        let offset = u32::try_from(zip.len() - rest.len()).ok()?;
        let head = rest.get(..LOCAL_BYTES as usize)?;
        let word = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let (crc, size) = (word(14)?, word(18)?);
        let length = usize::from(u16::from_le_bytes(head.get(26..28)?.try_into().ok()?));
        let (head, behind) = rest.split_at_checked(LOCAL_BYTES as usize + length)?;
        let name = std::str::from_utf8(&head[LOCAL_BYTES as usize..]).ok()?;
        let twice = laid.iter().any(|file| file.name.eq_ignore_ascii_case(name));
        if !is_name(name) || twice || files.len() == MOST_FILES || head != local(crc, size, name) {
            return None;
        }
        let (content, behind) = behind.split_at_checked(usize::try_from(size).ok()?)?;
        if crc32fast::hash(content) != crc {
            return None;
        }
        files.push((name.to_owned(), content));
        laid.push(Laid {
            name: name.to_owned(),
            crc,
            size,
            offset,
        });
        rest = behind;
    }
    let at = u32::try_from(zip.len() - rest.len()).ok()?;
    (rest == directory(&laid, at)).then_some(files)
}
