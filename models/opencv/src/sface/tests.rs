//! Our alignment and embedding against OpenCV's own recogniser, which 4.6 can still run.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};
use opencv::imgproc::{COLOR_RGB2BGR, cvt_color_def};
use opencv::objdetect::{FaceRecognizerSF, FaceRecognizerSFTrait, FaceRecognizerSFTraitConst};

use super::*;

#[test]
fn opencvs_own_recogniser_agrees() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = Manifest::load(project.join("models")).unwrap();
    let jpeg = std::fs::read(project.join("specimen/faces/astronaut.jpg")).unwrap();
    let portrait = Portrait::decode(&jpeg).unwrap();
    let mut engine = SFace::load(&manifest).unwrap();
    let (picture, faces) = engine.faces(&portrait).unwrap();
    assert_eq!(faces.len(), 1);
    let ours = engine.embedding(&picture, &faces[0]).unwrap();

    // The row FaceDetectorYN would have given: box, five landmarks, confidence.
    let mut row = vec![0.0_f32; 4];
    for point in &faces[0].landmarks {
        row.extend([point.x, point.y]);
    }
    row.push(faces[0].confidence);
    let row = Mat::from_slice_2d(&[row]).unwrap();
    let path = manifest.verify(RECOGNISER).unwrap();
    let mut theirs = FaceRecognizerSF::create_def(path.to_str().unwrap(), "").unwrap();
    let mut blue_first = Mat::default();
    cvt_color_def(&picture.0, &mut blue_first, COLOR_RGB2BGR).unwrap();
    let mut aligned = Mat::default();
    theirs.align_crop(&blue_first, &row, &mut aligned).unwrap();
    let mut feature = Mat::default();
    theirs.feature(&aligned, &mut feature).unwrap();
    assert_eq!(feature.total(), 128);
    let raw = feature.data_typed::<f32>().unwrap();
    let length = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
    let theirs = Embedding(Zeroizing::new(raw.iter().map(|v| v / length).collect()));
    let cosine = ours.cosine(&theirs).value();
    assert!(cosine > 0.9995, "{cosine}");
}
