//! What compression did to the portrait of a document: seen by its size and by the edges of its blocks.
//!
//! A DG2 portrait has 12 to 20 kB. Measured on 300 × 400 pixels (`docs/presence.md`): at 12 kB of JPEG 2000 the cosine to the
//! uncompressed picture is 0.94 in the mean, at 6 kB 0.84, at 3 kB 0.63. A portrait below that still is the card's; the
//! official is told that the machine's answer is worth less.

use crate::Portrait;

/// What is wrong with a document's portrait: told to the official, no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortraitNotice {
    /// Compressed so far that the face suffered.
    Compressed,
    /// The eyes are so near each other that little of the face is left.
    Small,
}

impl PortraitNotice {
    /// All of them, for lists and tests.
    pub const ALL: &'static [Self] = &[Self::Compressed, Self::Small];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Compressed => "portrait.compressed",
            Self::Small => "portrait.small",
        }
    }
}

/// 6 kB on 300 × 400 pixels.
const LEAST_BYTES_A_PIXEL: f64 = 6_000.0 / 120_000.0;
/// Measured on one face of 300 × 400 (`models/opencv/tests/damage.rs`): 1.5 at JPEG quality 50 and cosine 0.98, 2.0 at 20 and
/// 0.96, 2.3 at 15 and 0.94, 2.8 at 10 and 0.88; at 5 no face is found any more.
const MOST_BLOCKINESS: f64 = 1.9;
/// ISO/IEC 19794-5 §8.3.5 asks 90 pixels between the eyes, and 60 are the least of a portrait of 240 × 320.
const LEAST_EYE_DISTANCE: f32 = 60.0;

/// Looks at a document's portrait and at the bytes it came in. `eye_distance` is what the face engine found in it.
pub fn portrait_notices(
    bytes: &[u8],
    portrait: &Portrait,
    eye_distance: f32,
) -> Vec<PortraitNotice> {
    let pixels = f64::from(portrait.width()) * f64::from(portrait.height());
    let mut notices = Vec::new();
    if (bytes.len() as f64) < LEAST_BYTES_A_PIXEL * pixels || blockiness(portrait) > MOST_BLOCKINESS
    {
        notices.push(PortraitNotice::Compressed);
    }
    // Where there is no face at all, comparing says so.
    if eye_distance > 0.0 && eye_distance < LEAST_EYE_DISTANCE {
        notices.push(PortraitNotice::Small);
    }
    notices
}

/// How much larger the steps of brightness are over the edges of JPEG's blocks of 8 × 8 than beside them; 1 where there
/// are no blocks.
pub fn blockiness(portrait: &Portrait) -> f64 {
    let (width, height) = (portrait.width() as usize, portrait.height() as usize);
    let gray: Vec<i32> = portrait
        .rgb()
        .chunks_exact(3)
        // ITU-R BT.601, in thousandths
        .map(|p| (299 * i32::from(p[0]) + 587 * i32::from(p[1]) + 114 * i32::from(p[2])) / 1000)
        .collect();
    let (mut over, mut beside) = ((0_i64, 0_i64), (0_i64, 0_i64));
    let mut count = |place: usize, one: i32, other: i32| {
        let step = i64::from((one - other).abs());
        let sum = match place % 8 {
            0 => &mut over,
            // Where blocks are flattened their inside is too; the middle is the fairest measure of the picture itself.
            3..=5 => &mut beside,
            _ => return,
        };
        *sum = (sum.0 + step, sum.1 + 1);
    };
    for y in 0..height {
        for x in 1..width {
            count(x, gray[y * width + x], gray[y * width + x - 1]);
        }
    }
    for y in 1..height {
        for x in 0..width {
            count(y, gray[y * width + x], gray[(y - 1) * width + x]);
        }
    }
    // One grey level a hundred steps, so that a flat picture is no division by nothing.
    let mean = |(sum, number): (i64, i64)| (sum as f64 + 0.01) / (number as f64).max(1.0);
    if over.1 == 0 || beside.1 == 0 {
        return 1.0;
    }
    (mean(over) + 0.2) / (mean(beside) + 0.2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn drawn(level: impl Fn(usize, usize) -> u8) -> Portrait {
        let pixels = (0..160 * 160)
            .flat_map(|at| [level(at % 160, at / 160); 3])
            .collect();
        Portrait::from_rgb(160, 160, pixels).unwrap()
    }

    #[test]
    fn blocks_are_told_from_slopes_and_from_flat_pictures() {
        let slope = drawn(|x, y| ((x + y) / 2) as u8);
        assert!(
            (blockiness(&slope) - 1.0).abs() < 0.2,
            "{}",
            blockiness(&slope)
        );
        let flat = drawn(|_, _| 90);
        assert!(
            (blockiness(&flat) - 1.0).abs() < 0.1,
            "{}",
            blockiness(&flat)
        );
        let blocks = drawn(|x, y| ((x / 8 * 37 + y / 8 * 53) % 60) as u8);
        assert!(blockiness(&blocks) > 5.0, "{}", blockiness(&blocks));
        let line = Portrait::from_rgb(1, 1, vec![7; 3]).unwrap();
        assert_eq!(blockiness(&line), 1.0);
    }

    #[test]
    fn few_bytes_and_small_faces_are_told() {
        let plain = drawn(|x, y| ((x + y) / 2) as u8);
        let told = |bytes: usize, eyes| portrait_notices(&vec![0; bytes], &plain, eyes);
        assert_eq!(told(1_280, 80.0), []);
        assert_eq!(told(1_279, 80.0), [PortraitNotice::Compressed]);
        assert_eq!(told(5_000, 59.0), [PortraitNotice::Small]);
    }
}
