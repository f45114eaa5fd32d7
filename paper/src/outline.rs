//! The outline of a sheet in a picture: four corners, and how far each side bends between them.

use serde::{Deserialize, Serialize};

/// Four corners clockwise from the sheet's upper left as it lies in the picture, in the picture's pixels, and the bend
/// of each side (top, right, bottom, left): how far its middle lies inside the straight line between its corners.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    pub corners: [[f64; 2]; 4],
    pub bends: [f64; 4],
}

impl Outline {
    /// The same outline in a picture `factor` times as large.
    pub(crate) fn scaled(mut self, factor: f64) -> Self {
        for corner in &mut self.corners {
            for value in corner {
                // Pixels are squares, their middles count.
                *value = (*value + 0.5) * factor - 0.5;
            }
        }
        self.bends = self.bends.map(|bend| bend * factor);
        self
    }

    /// The lengths of the four sides, straight from corner to corner.
    pub fn sides(&self) -> [f64; 4] {
        std::array::from_fn(|at| {
            let (a, b) = (self.corners[at], self.corners[(at + 1) % 4]);
            (b[0] - a[0]).hypot(b[1] - a[1])
        })
    }
}

/// From a flat sheet to the picture of it: perspective by the corners, and on top of it the bend of the sides, fading
/// towards the opposite side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unroll {
    homography: [f64; 8],
    /// Shift of each side's middle in the picture.
    shifts: [[f64; 2]; 4],
}

impl Unroll {
    pub(crate) fn new(outline: &Outline) -> Self {
        let corners = outline.corners;
        let shifts = std::array::from_fn(|at| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let length = dx.hypot(dy).max(1e-9);
            [
                -dy / length * outline.bends[at],
                dx / length * outline.bends[at],
            ]
        });
        Self {
            homography: square_to(&corners),
            shifts,
        }
    }

    /// Where the point of the flat sheet (0 to 1 across, 0 to 1 down) lies in the picture.
    pub(crate) fn at(&self, u: f64, v: f64) -> [f64; 2] {
        let [a, b, c, d, e, f, g, h] = self.homography;
        let w = g * u + h * v + 1.0;
        let (bow_u, bow_v) = (4.0 * u * (1.0 - u), 4.0 * v * (1.0 - v));
        let weights = [bow_u * (1.0 - v), bow_v * u, bow_u * v, bow_v * (1.0 - u)];
        let mut point = [(a * u + b * v + c) / w, (d * u + e * v + f) / w];
        for (weight, shift) in weights.iter().zip(&self.shifts) {
            point[0] += weight * shift[0];
            point[1] += weight * shift[1];
        }
        point
    }
}

/// The perspective that takes the unit square's corners to the four given ones (Heckbert 1989, §2.2.3).
fn square_to(p: &[[f64; 2]; 4]) -> [f64; 8] {
    let dx1 = p[1][0] - p[2][0];
    let dx2 = p[3][0] - p[2][0];
    let dx3 = p[0][0] - p[1][0] + p[2][0] - p[3][0];
    let dy1 = p[1][1] - p[2][1];
    let dy2 = p[3][1] - p[2][1];
    let dy3 = p[0][1] - p[1][1] + p[2][1] - p[3][1];
    let determinant = dx1 * dy2 - dx2 * dy1;
    let (g, h) = if determinant.abs() < 1e-12 {
        (0.0, 0.0)
    } else {
        (
            (dx3 * dy2 - dx2 * dy3) / determinant,
            (dx1 * dy3 - dx3 * dy1) / determinant,
        )
    };
    [
        p[1][0] - p[0][0] + g * p[1][0],
        p[3][0] - p[0][0] + h * p[3][0],
        p[0][0],
        p[1][1] - p[0][1] + g * p[1][1],
        p[3][1] - p[0][1] + h * p[3][1],
        p[0][1],
        g,
        h,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_middles_lie_where_the_outline_says() {
        let outline = Outline {
            corners: [[10.0, 20.0], [110.0, 30.0], [120.0, 200.0], [5.0, 180.0]],
            bends: [3.0, 0.0, 0.0, -2.0],
        };
        let unroll = Unroll::new(&outline);
        for (at, (u, v)) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
            .into_iter()
            .enumerate()
        {
            let [x, y] = unroll.at(u, v);
            assert!((x - outline.corners[at][0]).abs() < 1e-6);
            assert!((y - outline.corners[at][1]).abs() < 1e-6);
        }
        // The top bends inwards, which is downwards.
        let straight = Unroll::new(&Outline {
            bends: [0.0; 4],
            ..outline
        });
        assert!(unroll.at(0.5, 0.0)[1] > straight.at(0.5, 0.0)[1] + 2.5);
    }
}
