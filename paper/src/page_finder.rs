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
