//! A small file that promises a huge picture costs little memory: every bomb is decoded in a process of its own,
//! whose peak the kernel tells.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use image::ImageFormat;
use models::Portrait;
use models::finger::FingerImage;

/// What a decoder may take beyond what the process has already, in KiB. The largest picture that is allowed has
/// 4 million pixels; its JPEG 2000 decoder holds three channels of floats twice, which are 96 MB.
const MOST_KIB: u64 = 160 * 1024;

/// The variable that makes the test a child which decodes what comes in by its standard input: it must not
/// make the bombs itself, for that costs memory too.
const CHILD: &str = "NIEM_BOMB";

#[test]
fn bombs_cost_bounded_memory() {
    if std::env::var_os(CHILD).is_some() {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).unwrap();
        let before = peak_kib();
        // Whether it decodes is not the question here; that it is cheap is.
        let portrait = Portrait::decode(&bytes).is_ok();
        let finger = FingerImage::decode(&bytes, 500).is_ok();
        println!("bomb: {} KiB {portrait} {finger}", peak_kib() - before);
        return;
    }
    for (name, bytes) in bombs() {
        assert!(bytes.len() < 100_000, "{name} is no small file");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["bombs_cost_bounded_memory", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name} ended the process: {said}");
        let told = said.split("bomb: ").nth(1).unwrap().lines().next().unwrap();
        println!("{name}: {} bytes cost {told}", bytes.len());
        let cost: u64 = told.split(' ').next().unwrap().parse().unwrap();
        assert!(cost < MOST_KIB, "{name} cost {cost} KiB");
    }
}

/// The most memory this process ever had (proc(5), `VmHWM`).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let blank = |width, height, format| {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::ImageLuma8(image::GrayImage::new(width, height))
            .write_to(&mut bytes, format)
            .unwrap();
        bytes.into_inner()
    };
    let mut announced = blank(16, 16, ImageFormat::Png);
    announced[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let sum = crc32(&announced[12..29]);
    announced[29..33].copy_from_slice(&sum.to_be_bytes());
    let mut jpeg = blank(16, 16, ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    // Header of a TIFF whose one strip would have 4 GB (TIFF 6.0 section 2).
    let mut tiff = b"II*\0\x08\0\0\0\x08\0".to_vec();
    for (tag, value) in [
        (256u16, 60_000u32),
        (257, 60_000),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (278, 60_000),
        (279, u32::MAX),
    ] {
        tiff.extend_from_slice(&tag.to_le_bytes());
        tiff.extend_from_slice(&[4, 0, 1, 0, 0, 0]);
        tiff.extend_from_slice(&value.to_le_bytes());
    }
    tiff.extend_from_slice(&[0; 4]);
    vec![
        ("PNG that announces 65 535 x 65 535", announced),
        (
            "PNG of 4 000 x 4 000 that is all there",
            blank(4000, 4000, ImageFormat::Png),
        ),
        (
            "PNG of the largest allowed size",
            blank(2000, 2000, ImageFormat::Png),
        ),
        ("JPEG that announces 65 535 x 65 535", jpeg),
        (
            "PGM that announces 60 000 x 60 000",
            b"P5 60000 60000 255\n".to_vec(),
        ),
        ("TIFF that announces 60 000 x 60 000", tiff),
        (
            "JPEG 2000 that announces 50 000 x 50 000",
            jpeg2000(50_000, 50_000, 50_000),
        ),
        (
            "JPEG 2000 of 60 000 x 60 000 in tiles",
            jpeg2000(60_000, 60_000, 256),
        ),
        (
            "JPEG 2000 of the largest allowed size",
            jpeg2000(2000, 2000, 2000),
        ),
        ("JPEG 2000 of 16 384 channels", channels()),
        ("JPEG 2000 of tiny precincts", precincts()),
        ("JPEG 2000 of tiny code blocks", code_blocks()),
        ("JPEG 2000 of four million tiles", jpeg2000(2000, 2000, 1)),
    ]
}

/// The bare codestream of our specimen with another size and tile size (ISO/IEC 15444-1 §A.5.1).
fn jpeg2000(width: u32, height: u32, tile: u32) -> Vec<u8> {
    let mut bare = include_bytes!("../src/portrait/vectors/rgb.j2k").to_vec();
    let siz = bare.windows(2).position(|w| w == [0xFF, 0x51]).unwrap();
    for (at, value) in [(6, width), (10, height), (22, tile), (26, tile)] {
        bare[siz + at..siz + at + 4].copy_from_slice(&value.to_be_bytes());
    }
    bare
}

/// The largest allowed size with the most channels that the standard knows (Csiz, 16 384).
fn channels() -> Vec<u8> {
    let bare = jpeg2000(2000, 2000, 2000);
    let siz = bare.windows(2).position(|w| w == [0xFF, 0x51]).unwrap();
    let length = usize::from(bare[siz + 2]) << 8 | usize::from(bare[siz + 3]);
    let mut many = bare[..siz + 38].to_vec();
    many[siz + 2..siz + 4].copy_from_slice(&(38 + 3 * 16_384_u16).to_be_bytes());
    many.extend_from_slice(&16_384_u16.to_be_bytes());
    many.extend([7, 1, 1].repeat(16_384));
    many.extend_from_slice(&bare[siz + 2 + length..]);
    many
}

/// The largest allowed size in the smallest precincts, of one or two pixels a side (Annex A, A.6.1).
fn precincts() -> Vec<u8> {
    let mut bare = jpeg2000(2000, 2000, 2000);
    let cod = bare.windows(2).position(|w| w == [0xFF, 0x52]).unwrap();
    let levels = usize::from(bare[cod + 9]);
    assert_eq!(
        bare[cod + 4] & 1,
        0,
        "the specimen has no precincts of its own"
    );
    bare[cod + 4] |= 1;
    bare[cod + 3] += levels as u8 + 1;
    let sizes = std::iter::once(0x00).chain(std::iter::repeat_n(0x11, levels));
    bare.splice(cod + 14..cod + 14, sizes);
    bare
}

/// The largest allowed size in code blocks of four pixels a side (Annex A, A.6.1).
fn code_blocks() -> Vec<u8> {
    let mut bare = jpeg2000(2000, 2000, 2000);
    let cod = bare.windows(2).position(|w| w == [0xFF, 0x52]).unwrap();
    bare[cod + 10..cod + 12].fill(0);
    bare
}

/// The CRC of a PNG chunk (ISO/IEC 15948 Annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}
