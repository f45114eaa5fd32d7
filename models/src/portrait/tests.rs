//! Good pictures decode to the right pixels; bombs and damage are refused before they cost anything.
#![allow(clippy::unwrap_used)]

use image::RgbImage;

use super::*;

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn slope(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, 77])
    })
    .into()
}

#[test]
fn a_png_keeps_its_pixels() {
    let picture = slope(30, 20);
    let portrait = Portrait::decode(&encoded(&picture, ImageFormat::Png)).unwrap();
    assert_eq!((portrait.width(), portrait.height()), (30, 20));
    assert_eq!(portrait.rgb(), picture.as_bytes());
}

#[test]
fn a_jpeg_comes_back_nearly_the_same() {
    let picture = slope(64, 64);
    let portrait = Portrait::from_rgb(64, 64, picture.as_bytes().to_vec()).unwrap();
    let again = Portrait::decode(&portrait.to_jpeg(95).unwrap()).unwrap();
    let worst = again
        .rgb()
        .iter()
        .zip(portrait.rgb())
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(worst < Some(16), "{worst:?}");
}

/// The means and single pixels were read off the same files with OpenJPEG.
#[test]
fn jpeg_2000_is_read_in_its_box_and_bare_in_colour_and_gray() {
    let mean = |portrait: &Portrait, channel: usize| {
        let values = portrait.rgb().iter().skip(channel).step_by(3);
        let count = values.clone().count() as f32;
        values.map(|v| f32::from(*v)).sum::<f32>() / count
    };
    let pixel_of = |portrait: &Portrait| {
        let pixel = &portrait.rgb()[(30 * 48 + 24) * 3..][..3];
        [pixel[0], pixel[1], pixel[2]]
    };
    let samples: [(&[u8], [f32; 3], [u8; 3]); 2] = [
        (
            include_bytes!("vectors/rgb.jp2"),
            [137.48, 120.39, 103.60],
            [148, 99, 67],
        ),
        (
            include_bytes!("vectors/rgb.j2k"),
            [137.59, 120.39, 103.19],
            [147, 97, 67],
        ),
    ];
    for (bytes, means, expected) in samples {
        let portrait = Portrait::decode(bytes).unwrap();
        assert_eq!((portrait.width(), portrait.height()), (48, 60));
        for (channel, expected) in means.into_iter().enumerate() {
            assert!((mean(&portrait, channel) - expected).abs() < 0.3);
        }
        let pixel = pixel_of(&portrait);
        assert!(
            pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 2),
            "{pixel:?}"
        );
    }

    let gray = Portrait::decode(include_bytes!("vectors/gray.jp2")).unwrap();
    assert!((mean(&gray, 0) - 124.19).abs() < 0.5);
    assert!(
        gray.rgb()
            .chunks_exact(3)
            .all(|p| p[0] == p[1] && p[1] == p[2])
    );
}

#[test]
fn a_picture_too_wide_is_refused() {
    let wide = encoded(&slope(Portrait::MAX_SIDE + 1, 1), ImageFormat::Png);
    assert_eq!(Portrait::decode(&wide).err(), Some(PortraitError::TooLarge));
    let fits = encoded(&slope(Portrait::MAX_SIDE, 1), ImageFormat::Png);
    assert!(Portrait::decode(&fits).is_ok());
}

#[test]
fn a_png_bomb_is_refused_by_its_header() {
    // A header that announces 60 000 × 60 000 pixels and nothing behind it.
    let mut png = encoded(&slope(4, 4), ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(Portrait::decode(&png).err(), Some(PortraitError::TooLarge));
}

#[test]
fn a_jpeg_bomb_is_refused_by_its_header() {
    let mut jpeg = encoded(&slope(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    assert_eq!(Portrait::decode(&jpeg).err(), Some(PortraitError::TooLarge));
}

#[test]
fn a_jpeg_2000_bomb_is_refused_by_its_header() {
    let mut bare = include_bytes!("vectors/rgb.j2k").to_vec();
    // SIZ: marker, Lsiz, Rsiz, then Xsiz and Ysiz (ISO/IEC 15444-1 §A.5.1); tile size XTsiz, YTsiz
    let siz = bare.windows(2).position(|w| w == [0xFF, 0x51]).unwrap();
    for at in [siz + 6, siz + 10, siz + 22, siz + 26] {
        bare[at..at + 4].copy_from_slice(&50_000_u32.to_be_bytes());
    }
    assert_eq!(Portrait::decode(&bare).err(), Some(PortraitError::TooLarge));
}

#[test]
fn too_many_bytes_are_refused_unread() {
    let mut bytes = vec![0xFF, 0xD8, 0xFF];
    bytes.resize(Portrait::MAX_BYTES + 1, 0);
    assert_eq!(
        Portrait::decode(&bytes).err(),
        Some(PortraitError::TooLarge)
    );
}

#[test]
fn other_formats_are_not_tried() {
    for bytes in [&b"GIF89a"[..], b"BM", b"II*\0", b"", b"\xFF\xD8"] {
        assert_eq!(
            Portrait::decode(bytes).err(),
            Some(PortraitError::UnknownFormat)
        );
    }
}

#[test]
fn damage_never_panics() {
    let picture = slope(40, 40);
    let samples = [
        encoded(&picture, ImageFormat::Png),
        encoded(&picture, ImageFormat::Jpeg),
        include_bytes!("vectors/rgb.jp2").to_vec(),
        include_bytes!("vectors/rgb.j2k").to_vec(),
    ];
    for sample in samples {
        // Whether a damaged picture decodes is the decoder's affair; that we come back is ours.
        for cut in (0..sample.len()).step_by(sample.len() / 40 + 1) {
            let _ = Portrait::decode(&sample[..cut]);
        }
        for at in (4..sample.len()).step_by(sample.len() / 60 + 1) {
            let mut changed = sample.clone();
            changed[at] ^= 0x55;
            let _ = Portrait::decode(&changed);
        }
    }
}

#[test]
fn pixels_that_do_not_fill_the_size_are_refused() {
    assert_eq!(
        Portrait::from_rgb(2, 2, vec![0; 11]).err(),
        Some(PortraitError::Size)
    );
    assert_eq!(
        Portrait::from_rgb(0, 2, Vec::new()).err(),
        Some(PortraitError::Size)
    );
    assert_eq!(
        Portrait::from_rgb(u32::MAX, u32::MAX, Vec::new()).err(),
        Some(PortraitError::TooLarge)
    );
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
