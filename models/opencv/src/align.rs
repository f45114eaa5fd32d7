//! Lays a face upright: the similarity that carries its five landmarks nearest to those of the
//! template SFace was trained on.

use models::FaceError;
use opencv::core::{BORDER_CONSTANT, Mat, Scalar, Size};
use opencv::imgproc::{INTER_LINEAR, warp_affine};

use crate::sface::engine;

/// Side of the picture SFace sees.
pub(crate) const SIDE: i32 = 112;

/// Where right eye, left eye, nose tip and the corners of the mouth lie in a 112 × 112 face. These are
/// the points of the ArcFace template, which SFace was trained with; others give other cosines.
const TEMPLATE: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];

/// A place in a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Point {
    pub(crate) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }
}

/// Rotation, one scale and a shift: `x' = a·x − b·y + tx`, `y' = b·x + a·y + ty`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Similitude {
    a: f64,
    b: f64,
    tx: f64,
    ty: f64,
}

impl Similitude {
    /// The least-squares one between two sets of points; `None` when all points fall together.
    ///
    /// Read as complex numbers around their means, the best factor is `Σ conj(p)·q / Σ |p|²`: the
    /// closed form of Umeyama (1991) for the plane without reflection.
    fn between(from: &[Point; 5], to: &[Point; 5]) -> Option<Self> {
        let mean = |points: &[Point; 5]| {
            let sum = points.iter().fold((0.0, 0.0), |sum, point| {
                (sum.0 + f64::from(point.x), sum.1 + f64::from(point.y))
            });
            (sum.0 / 5.0, sum.1 / 5.0)
        };
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut real, mut imaginary, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (f64::from(p.x) - from_mean.0, f64::from(p.y) - from_mean.1);
            let (qx, qy) = (f64::from(q.x) - to_mean.0, f64::from(q.y) - to_mean.1);
            real += px * qx + py * qy;
            imaginary += px * qy - py * qx;
            spread += px * px + py * py;
        }
        if !spread.is_finite() || spread < 1.0 {
            return None;
        }
        let (a, b) = (real / spread, imaginary / spread);
        Some(Self {
            a,
            b,
            tx: to_mean.0 - a * from_mean.0 + b * from_mean.1,
            ty: to_mean.1 - b * from_mean.0 - a * from_mean.1,
        })
    }
}

/// The face with these landmarks, upright on 112 × 112 pixels of the picture's own channels.
pub(crate) fn upright(picture: &Mat, landmarks: &[Point; 5]) -> Result<Mat, FaceError> {
    let step = "alignment";
    let Some(map) = Similitude::between(landmarks, &TEMPLATE) else {
        return Err(FaceError::Engine {
            step,
            detail: "the landmarks fall together".to_owned(),
        });
    };
    let rows = [[map.a, -map.b, map.tx], [map.b, map.a, map.ty]];
    let matrix = Mat::from_slice_2d(&rows).map_err(engine(step))?;
    let mut face = Mat::default();
    warp_affine(
        picture,
        &mut face,
        &matrix,
        Size::new(SIDE, SIDE),
        INTER_LINEAR,
        BORDER_CONSTANT,
        Scalar::default(),
    )
    .map_err(engine(step))?;
    Ok(face)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_template_maps_onto_itself() {
        let map = Similitude::between(&TEMPLATE, &TEMPLATE).unwrap();
        assert!((map.a - 1.0).abs() < 1e-9 && map.b.abs() < 1e-9);
        assert!(map.tx.abs() < 1e-6 && map.ty.abs() < 1e-6);
    }

    #[test]
    fn turned_grown_and_shifted_points_come_back() {
        // 30° and 2.5 times as large, shifted by (40, −7)
        let (sin, cos) = 30_f32.to_radians().sin_cos();
        let moved = TEMPLATE.map(|p| {
            Point::new(
                2.5 * (cos * p.x - sin * p.y) + 40.0,
                2.5 * (sin * p.x + cos * p.y) - 7.0,
            )
        });
        let map = Similitude::between(&moved, &TEMPLATE).unwrap();
        for (from, to) in moved.iter().zip(&TEMPLATE) {
            let x = map.a * f64::from(from.x) - map.b * f64::from(from.y) + map.tx;
            let y = map.b * f64::from(from.x) + map.a * f64::from(from.y) + map.ty;
            assert!((x - f64::from(to.x)).abs() < 1e-3, "{x} {}", to.x);
            assert!((y - f64::from(to.y)).abs() < 1e-3, "{y} {}", to.y);
        }
    }

    #[test]
    fn points_that_fall_together_are_refused() {
        assert_eq!(
            Similitude::between(&[Point::new(3.0, 3.0); 5], &TEMPLATE),
            None
        );
    }
}
