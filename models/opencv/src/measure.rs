//! What a face's pixels are worth: sharpness, brightness and pose, by the classical measures of
//! ISO/IEC 29794-5 that need no learned model.

use models::{FaceQuality, Portrait};

use crate::align::{Point, SIDE};
use crate::yunet::Face;

/// The figures of the largest face; `upright` holds its 112 × 112 RGB pixels.
pub(crate) fn quality(faces: usize, face: &Face, upright: &[u8], live: &Portrait) -> FaceQuality {
    let gray: Vec<f32> = upright
        .chunks_exact(3)
        // ITU-R BT.601 luma
        .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
        .collect();
    let (luminance, variance) = mean_and_variance(&gray);
    let (_, sharpness) = mean_and_variance(&laplacian(&gray, SIDE as usize));
    let [right_eye, left_eye, nose, ..] = face.landmarks;
    let mut quality = FaceQuality::new(faces);
    quality.eye_distance_px = distance(right_eye, left_eye);
    quality.sharpness = sharpness;
    quality.luminance = luminance;
    quality.contrast = variance.sqrt();
    quality.yaw = yaw(right_eye, left_eye, nose);
    quality.centre = [
        f32::midpoint(right_eye.x, left_eye.x),
        f32::midpoint(right_eye.y, left_eye.y),
    ];
    quality.bounds = [face.x, face.y, face.width, face.height];
    quality.background = background(face, live);
    quality.uneven_light = uneven_light(&gray);
    quality.eyes = eyes_seen(&gray, quality.contrast);
    quality.roll_degrees = (left_eye.y - right_eye.y)
        .atan2(left_eye.x - right_eye.x)
        .to_degrees();
    quality.confidence = face.confidence;
    quality
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Where the nose tip falls on the line through the eyes: 0 in the middle, ±0.5 under an eye; positive towards the left
/// eye of the person.
fn yaw(right_eye: Point, left_eye: Point, nose: Point) -> f32 {
    let (dx, dy) = (left_eye.x - right_eye.x, left_eye.y - right_eye.y);
    let squared = dx * dx + dy * dy;
    if squared < 1.0 {
        return 0.0;
    }
    ((nose.x - right_eye.x) * dx + (nose.y - right_eye.y) * dy) / squared - 0.5
}

/// The upright face's two halves against each other, hair and background at the edge left out.
fn uneven_light(gray: &[f32]) -> f32 {
    let side = SIDE as usize;
    let half = |columns: std::ops::Range<usize>| {
        let rows = side / 4..side * 7 / 8;
        let pixels: Vec<f32> = rows
            .flat_map(|y| columns.clone().map(move |x| y * side + x))
            .map(|at| gray[at])
            .collect();
        mean_and_variance(&pixels).0
    };
    let (one, other) = (half(side / 5..side / 2), half(side / 2..side * 4 / 5));
    (one - other).abs() / one.max(other).max(1.0)
}

/// Spread of the brightness beside and above the head, hair left out: the first thing that distracts in a picture of
/// ISO/IEC 29794-5 is what stands behind it. 0 where the face leaves no room.
fn background(face: &Face, live: &Portrait) -> f32 {
    let (width, height) = (live.width() as f32, live.height() as f32);
    let span = |from: f32, to: f32, end: f32| {
        let (from, to) = (from.clamp(0.0, end) as usize, to.clamp(0.0, end) as usize);
        (from..to).step_by(2)
    };
    let rgb = live.rgb();
    let mut gray = Vec::new();
    for (from, to) in [(-0.9, -0.35), (1.35, 1.9)] {
        let columns = span(face.x + from * face.width, face.x + to * face.width, width);
        for y in span(
            face.y - 0.3 * face.height,
            face.y + 0.5 * face.height,
            height,
        ) {
            for x in columns.clone() {
                let at = (y * live.width() as usize + x) * 3;
                let luma = |p: &[u8]| {
                    0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2])
                };
                gray.extend(rgb.get(at..at + 3).map(luma));
            }
        }
    }
    mean_and_variance(&gray).1.sqrt()
}

/// Contrast around each eye of the upright face, whose eyes lie at fixed places; the worse one as a share of the face's.
fn eyes_seen(gray: &[f32], contrast: f32) -> f32 {
    const EYES: [(usize, usize); 2] = [(38, 52), (74, 52)];
    const REACH: (usize, usize) = (11, 6);
    let side = SIDE as usize;
    let around = |(x, y): (usize, usize)| {
        let pixels: Vec<f32> = (y - REACH.1..=y + REACH.1)
            .flat_map(|row| (x - REACH.0..=x + REACH.0).map(move |column| row * side + column))
            .map(|at| gray[at])
            .collect();
        mean_and_variance(&pixels).1.sqrt()
    };
    let worse = EYES.map(around).into_iter().fold(f32::MAX, f32::min);
    worse / contrast.max(1.0)
}

fn laplacian(gray: &[f32], side: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(gray.len());
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let at = y * side + x;
            out.push(
                gray[at - 1] + gray[at + 1] + gray[at - side] + gray[at + side] - 4.0 * gray[at],
            );
        }
    }
    out
}

fn mean_and_variance(values: &[f32]) -> (f32, f32) {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count;
    (mean, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_has_no_sharpness_and_a_checked_one_much() {
        let flat = [128.0; 16];
        assert_eq!(mean_and_variance(&laplacian(&flat, 4)).1, 0.0);
        let checked: Vec<f32> = (0..16).map(|i| ((i + i / 4) % 2 * 255) as f32).collect();
        assert!(mean_and_variance(&laplacian(&checked, 4)).1 > 1e5);
    }

    #[test]
    fn the_nose_tells_the_turn_also_on_a_tilted_head() {
        let straight = yaw(
            Point::new(0.0, 0.0),
            Point::new(40.0, 40.0),
            Point::new(0.0, 40.0),
        );
        assert!(straight.abs() < 1e-6);
        let turned = yaw(
            Point::new(0.0, 0.0),
            Point::new(40.0, 0.0),
            Point::new(40.0, 30.0),
        );
        assert!((turned - 0.5).abs() < 1e-6);
    }
}
