//! Tells a living face from one on paper or a screen: two small nets (MiniFASNetV2 and MiniFASNetV1SE), each looking at the
//! face with another share of what is around it.
//!
//! They are optional: no package carries their weights, and a site that wants them lays the files into the cache. What
//! they are fed must be exactly what they learned from: blue first, 0 to 255 as they are, not divided by 255, from a crop
//! of 2.7 and of 4 times the face. Both end with a softmax; the mean of the two at class 1 is the answer.

use models::{FaceError, FaceQuality, LivenessEngine, Manifest, ModelError, ModelId, Portrait};
use opencv::core::{CV_32F, Mat, MatTraitConstManual, Rect, Scalar, Size};
use opencv::dnn::{Net, NetTrait, blob_from_image};
use opencv::imgproc::{INTER_LINEAR, resize};

use crate::sface::{Picture, engine, net};

/// The nets by the manifest's names, and how much of the picture each sees, in widths and heights of the face.
const NETS: [(&str, f32); 2] = [("minifasnet_v2", 2.7), ("minifasnet_v1se", 4.0)];

/// Side of what they see.
const SIDE: i32 = 80;

/// Of their three classes the one of living faces; the others are kinds of attacks.
const LIVING: usize = 1;

/// Both nets.
pub struct MiniFasNet {
    nets: Vec<(Net, f32)>,
    models: Vec<ModelId>,
    threshold: f32,
}

impl MiniFasNet {
    /// Loads both; none where the site installed neither. One of two, altered weights, or a limit that was measured with
    /// others is an error: whoever meant to have them should know that they are not used.
    pub fn load(manifest: &Manifest) -> Result<Option<Self>, ModelError> {
        let absent = |(name, _): &(&str, f32)| {
            matches!(
                manifest.verify(name),
                Err(ModelError::Missing { .. } | ModelError::Unknown { .. })
            )
        };
        if NETS.iter().all(absent) {
            return Ok(None);
        }
        let mut engine = Self {
            nets: Vec::new(),
            models: Vec::new(),
            threshold: 0.0,
        };
        for (name, scale) in NETS {
            engine.nets.push((net(manifest, name)?, scale));
            engine.models.push(manifest.id(name)?);
            // Both carry the limit of the pair.
            engine.threshold = engine.threshold.max(manifest.bands(name)?.accept);
        }
        Ok(Some(engine))
    }
}

impl LivenessEngine for MiniFasNet {
    fn living(&mut self, picture: &Portrait, quality: &FaceQuality) -> Result<f32, FaceError> {
        if quality.faces == 0 {
            return Err(FaceError::NoFace);
        }
        let mat = Picture::of(picture)?;
        let mut sum = 0.0;
        for (net, scale) in &mut self.nets {
            let part = around(quality.bounds, *scale, picture.width(), picture.height());
            let answer = mat.with(|mat| ask(net, mat, part));
            sum += answer.map_err(engine("liveness"))?;
        }
        Ok(sum / NETS.len() as f32)
    }

    fn models(&self) -> &[ModelId] {
        &self.models
    }

    fn threshold(&self) -> f32 {
        self.threshold
    }
}

/// The face's box (left, top, width, height) made larger around its middle, by less where the picture does not hold it,
/// and moved into the picture where it stands over the edge.
fn around(bounds: [f32; 4], scale: f32, width: u32, height: u32) -> Rect {
    let [left, top, across, down] = bounds;
    let (across, down) = (across.max(1.0), down.max(1.0));
    let (most_x, most_y) = (width as f32 - 1.0, height as f32 - 1.0);
    let scale = scale.min(most_x / across).min(most_y / down);
    let place = |start: f32, length: f32, most: f32| {
        let grown = length * scale;
        let begin = start + (length - grown) / 2.0;
        let begin = begin.min(most - grown).max(0.0);
        // Both ends belong to it.
        (begin as i32, ((begin + grown).min(most)) as i32)
    };
    let (x, right) = place(left, across, most_x);
    let (y, bottom) = place(top, down, most_y);
    Rect::new(x, y, right - x + 1, bottom - y + 1)
}

/// How much the net gives to the living class.
fn ask(net: &mut Net, picture: &Mat, part: Rect) -> opencv::Result<f32> {
    let crop = Mat::roi(picture, part)?;
    let mut small = Mat::default();
    resize(
        &crop,
        &mut small,
        Size::new(SIDE, SIDE),
        0.0,
        0.0,
        INTER_LINEAR,
    )?;
    let blob = blob_from_image(
        &small,
        1.0,
        Size::default(),
        Scalar::default(),
        true,
        false,
        CV_32F,
    )?;
    net.set_input(&blob, "", 1.0, Scalar::default())?;
    let output = net.forward_single("")?;
    part_at(output.data_typed::<f32>()?, LIVING).ok_or_else(|| {
        let detail = "the net's output is no softmax".to_owned();
        opencv::Error::new(opencv::core::StsBadArg, detail)
    })
}

/// The part of the living class, of an output that is what a softmax gives: the converted nets end with one.
fn part_at(shares: &[f32], class: usize) -> Option<f32> {
    let sum: f32 = shares.iter().sum();
    let whole = (sum - 1.0).abs() < 1e-3 && shares.iter().all(|share| (0.0..=1.0).contains(share));
    shares.get(class).copied().filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crop_stays_in_the_picture_and_keeps_the_face() {
        // Room on all sides: 100 × 120 around (300, 200) becomes 270 × 324.
        let part = around([250.0, 140.0, 100.0, 120.0], 2.7, 640, 480);
        assert_eq!((part.x, part.y), (165, 38));
        assert_eq!((part.width, part.height), (271, 325));
        // At the left edge it is moved, not cut.
        let part = around([0.0, 140.0, 100.0, 120.0], 2.7, 640, 480);
        assert_eq!((part.x, part.width), (0, 271));
        // A face that fills the picture: no more than the picture.
        let part = around([10.0, 10.0, 600.0, 460.0], 4.0, 640, 480);
        assert!(part.x >= 0 && part.x + part.width <= 640);
        assert!(part.y >= 0 && part.y + part.height <= 480);
        // Nonsense out of a detector stays in the picture too.
        for bounds in [
            [f32::NAN; 4],
            [-1e9, 5.0, 1e9, 1.0],
            [900.0, 900.0, 10.0, 10.0],
        ] {
            let part = around(bounds, 4.0, 640, 480);
            assert!(
                part.x >= 0 && part.width > 0 && part.x + part.width <= 640,
                "{part:?}"
            );
            assert!(
                part.y >= 0 && part.height > 0 && part.y + part.height <= 480,
                "{part:?}"
            );
        }
    }

    #[test]
    fn an_output_that_is_no_softmax_is_no_opinion() {
        assert_eq!(part_at(&[0.01, 0.98, 0.01], LIVING), Some(0.98));
        for wrong in [&[2.0, 5.0, -1.0][..], &[f32::NAN; 3], &[0.5, 0.6, 0.4], &[]] {
            assert_eq!(part_at(wrong, LIVING), None);
        }
    }
}
