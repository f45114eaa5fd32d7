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
    if !second_is_here(&manifest) {
        return;
    }
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

#[test]
fn the_translated_net_says_what_the_original_says() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = Manifest::load(project.join("models")).unwrap();
    if !second_is_here(&manifest) {
        return;
    }
    let mut net = net(&manifest, Recogniser::MobileFaceNet.name()).unwrap();
    let mut input = Vec::new();
    for channel in 0..3 {
        for y in 0..112 {
            for x in 0..112 {
                let value = (y * 7 + x * 13 + channel * 29) % 256;
                input.push((value as f32 - 127.5) / 128.0);
            }
        }
    }
    let blob = Mat::new_nd_with_data(&[1, 3, 112, 112], &input).unwrap();
    net.set_input_def(&blob).unwrap();
    let output = net.forward_single_def().unwrap();
    let numbers = output.data_typed::<f32>().unwrap();
    assert_eq!(numbers.len(), 192);
    // The TFLite file on its own runtime (LiteRT 2), first eight and last.
    let theirs = [
        -0.0112, 0.6347, 0.2356, 0.0462, -1.085, -0.085, 0.0695, 1.9964,
    ];
    for (ours, theirs) in numbers.iter().zip(theirs) {
        assert!((ours - theirs).abs() < 2e-4, "{ours} {theirs}");
    }
    assert!((numbers[191] + 0.228_253).abs() < 2e-4, "{}", numbers[191]);
}

#[test]
fn a_second_recogniser_knows_a_person_too_and_has_its_own_bar() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = Manifest::load(project.join("models")).unwrap();
    if !second_is_here(&manifest) {
        return;
    }
    let jpeg = std::fs::read(project.join("specimen/faces/astronaut.jpg")).unwrap();
    let portrait = Portrait::decode(&jpeg).unwrap();
    let mut first = SFace::load(&manifest).unwrap();
    let mut second = SFace::with(&manifest, Recogniser::MobileFaceNet).unwrap();
    assert_ne!(first.model(), second.model());
    assert_ne!(first.bands(), second.bands());
    let alike = second.compare(&portrait, &portrait).unwrap();
    assert!(alike.value() > 0.999, "{}", alike.value());
    assert!(first.compare(&portrait, &portrait).unwrap().value() > 0.999);
}

/// The second recogniser is optional: a machine may lack it, the one that judges a change may not.
fn second_is_here(manifest: &Manifest) -> bool {
    let here = manifest.verify(Recogniser::MobileFaceNet.name()).is_ok();
    assert!(
        here || std::env::var_os("NIEM_JUDGES").is_none(),
        "MobileFaceNet is required here: cargo xtask models"
    );
    here
}
