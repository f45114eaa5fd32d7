//! Turns the head in a portrait a little, as if its person had: what is nearer to the camera moves further.
//!
//! The head is taken for a dome with a nose on it; each pixel is fetched from where the turned dome shows it. That is
//! enough for a detector to find nose, eyes and mouth where a turned head has them.

use bundle::Pose;
use image::{Rgb, RgbImage};

/// Where the head lies in a portrait, in pixels.
#[derive(Clone, Copy)]
pub struct Head {
    pub centre: (f32, f32),
    /// Half the width and half the height of the dome.
    pub half: (f32, f32),
    /// The tip of the nose.
    pub nose: (f32, f32),
}

/// How far a point one dome's height nearer moves, in half widths: some 30 degrees.
const TURN: f32 = 0.62;

/// What the nose stands out of the dome.
const NOSE: f32 = 0.5;

impl Head {
    /// The portrait with the head in this pose.
    pub fn turned(&self, portrait: &RgbImage, pose: Pose) -> RgbImage {
        // By the person's own left, which is the picture's right.
        let turn = match pose {
            Pose::Left => TURN,
            Pose::Right => -TURN,
        };
        RgbImage::from_fn(portrait.width(), portrait.height(), |x, y| {
            let (x, y) = (x as f32, y as f32);
            let mut from = x;
            // Which place of the unturned head comes to lie here? A few steps find it.
            for _ in 0..6 {
                from = x - turn * self.height(from, y) * self.half.0;
            }
            sampled(portrait, from, y)
        })
    }

    /// How far a place stands out towards the camera, in half widths.
    fn height(&self, x: f32, y: f32) -> f32 {
        let (u, v) = (
            (x - self.centre.0) / self.half.0,
            (y - self.centre.1) / self.half.1,
        );
        let dome = (1.0 - u * u - v * v).max(0.0);
        let (nx, ny) = (
            (x - self.nose.0) / (0.24 * self.half.0),
            (y - self.nose.1) / (0.24 * self.half.0),
        );
        0.9 * dome + NOSE * (-(nx * nx + ny * ny)).exp()
    }
}

fn sampled(image: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (right, foot) = ((image.width() - 1) as f32, (image.height() - 1) as f32);
    let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, foot));
    image::imageops::interpolate_bilinear(image, x, y).unwrap_or(Rgb([0; 3]))
}
