//! Finds the sheet of paper in a photograph of a desk: four sides, slightly bent, with the desk beyond them.
//!
//! Straight lines are proposed by gradients in brightness and in two measures of colour, and every four of them that
//! may be a sheet are judged by one question: is there, all along each side, the same step between inside and outside?
//! Rules printed on the paper have paper on both sides and so no step; a shadow has a step in brightness alone and on
//! one side alone. The winner's sides are then traced at a finer scale as gently bent curves, and the corners are where
//! neighbouring curves meet.

mod evidence;
mod lines;
mod planes;
mod surroundings;
mod trace;

use image::RgbImage;

use crate::outline::Outline;
use evidence::Judge;
use planes::Planes;

/// Long side of the picture in which lines are sought.
const COARSE: u32 = 560;
/// Long side of the picture in which sides are traced.
const FINE: u32 = 1800;

/// The sheet on a photograph; none when no four sides hold together, as on a scan that shows nothing but the sheet.
pub(crate) fn find(photo: &RgbImage) -> Option<Outline> {
    let coarse = Planes::of(photo, COARSE);
    let lines = lines::candidates(&coarse);
    let found = Judge::new(&coarse, &lines).best()?;
    let fine = Planes::of(photo, FINE);
    let scale = f64::from(fine.width) / f64::from(coarse.width);
    let corners = found
        .corners
        .map(|[x, y]| [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5]);
    let outline = trace::trace(&fine, corners, &found.signs, found.on_frame)?;
    let back = f64::from(photo.width()) / f64::from(fine.width);
    Some(outline.scaled(back))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// A sheet from (160, 110) to (640, 790) with a printed frame, lines of print, and some desk around it.
    fn sheet_on(desk: impl Fn(u32, u32) -> [u8; 3]) -> RgbImage {
        RgbImage::from_fn(800, 900, |x, y| {
            if !(160..640).contains(&x) || !(110..790).contains(&y) {
                return Rgb(desk(x, y));
            }
            let (x, y) = (x - 160, y - 110);
            let edge = x.min(479 - x).min(y.min(679 - y));
            let frame = (30..36).contains(&edge);
            let print = edge > 60 && y % 24 < 9 && (x / 5 + y) % 3 != 0;
            Rgb(if frame {
                [150, 30, 40]
            } else if print {
                [60, 60, 60]
            } else {
                [236, 232, 222]
            })
        })
    }

    fn is_found(photo: &RgbImage) {
        let outline = find(photo).expect("a sheet");
        let sheet = [
            [160.0, 110.0],
            [640.0, 110.0],
            [640.0, 790.0],
            [160.0, 790.0],
        ];
        for (corner, true_corner) in outline.corners.iter().zip(&sheet) {
            let off = (corner[0] - true_corner[0]).hypot(corner[1] - true_corner[1]);
            assert!(off < 4.0, "{:?}", outline.corners);
        }
    }

    #[test]
    fn a_printed_frame_is_not_taken_for_the_sheet() {
        is_found(&sheet_on(|x, y| {
            let grain = ((x * 7 + y * 13) % 5) as u8;
            [205 + grain, 200 + grain, 190 + grain]
        }));
    }

    #[test]
    fn a_checked_cloth_is_not_taken_for_the_sheet() {
        // The cloth lies a little askew to the sheet, as cloths do.
        is_found(&sheet_on(|x, y| {
            let (across, down) = (x * 20 + y * 3, 3000 + y * 20 - x * 3);
            match (across / 360 % 2, down / 360 % 2) {
                (0, 0) => [190, 40, 50],
                (1, 1) => [235, 225, 220],
                _ => [212, 130, 135],
            }
        }));
    }

    #[test]
    fn a_scan_shows_no_sheet_on_a_desk() {
        let scan = RgbImage::from_fn(800, 1100, |x, y| {
            let print = (80..720).contains(&x) && y % 30 < 10 && (x / 6 + y) % 3 != 0;
            Rgb(if print { [50; 3] } else { [250; 3] })
        });
        assert_eq!(find(&scan), None);
    }
}
