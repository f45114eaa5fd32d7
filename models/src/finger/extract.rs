//! The whole road from a picture to minutiae, and the refusals on it.

use super::field::{CELL, Field};
use super::gabor::{enhanced, normalised};
use super::minutiae::{Minutiae, Quality, minutiae_of};
use super::parameters as p;
use super::skeleton::Skeleton;
use super::{FingerError, FingerImage};

impl Minutiae {
    /// Finds the minutiae of a print.
    ///
    /// # Errors
    /// [`FingerError`] when there is no finger, too little of it, or nothing clear enough to judge.
    pub fn extract(image: &FingerImage) -> Result<Self, FingerError> {
        let print = image.at_500_dpi();
        let mut field = Field::of(&print).ok_or(FingerError::NoFinger)?;
        // 500 dpi are 19.685 pixels a millimetre.
        let area_mm2 = (field.area_cells() * CELL * CELL) as f32 / (19.685 * 19.685);
        if area_mm2 < p::AREA_MIN_MM2 {
            return Err(FingerError::AreaTooSmall {
                area_mm2: area_mm2 as u32,
            });
        }
        let normal = normalised(&print);
        field.measure_periods(&normal);
        let clear = enhanced(&normal, &field);
        let mut skeleton = Skeleton::of(&clear);
        let points = minutiae_of(&mut skeleton, &field, &clear);
        let coherence = mean_coherence(&field);
        // Noise has a coherence near 0.2, an ordinary print 0.6 to 0.9.
        let clear_part = ((coherence - 0.2) / 0.5).clamp(0.0, 1.0);
        let area_part = (area_mm2 / 120.0).clamp(0.0, 1.0);
        let figure = 100.0 * clear_part * (0.4 + 0.6 * area_part);
        if figure < p::QUALITY_MIN {
            return Err(FingerError::Unclear {
                quality: figure as u8,
            });
        }
        if points.len() < p::MINUTIAE_MIN {
            return Err(FingerError::TooFewMinutiae {
                found: points.len(),
            });
        }
        let quality = Quality {
            figure: figure as u8,
            area_mm2,
            coherence,
            minutiae: points.len(),
        };
        Ok(Self {
            points,
            field,
            quality,
        })
    }
}

fn mean_coherence(field: &Field) -> f32 {
    let inside = field.mask.iter().zip(&field.coherence).filter(|(m, _)| **m);
    let (sum, count) = inside.fold((0.0, 0.0), |(s, n), (_, c)| (s + c, n + 1.0));
    sum / f32::max(count, 1.0)
}
