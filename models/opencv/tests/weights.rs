//! Weights that are not the pinned ones never judge anyone.

use std::fs;

use models::Manifest;
use models_opencv::SFace;

use crate::support::{Folder, project};

#[test]
fn exchanged_weights_are_refused() {
    let folder = Folder::new("exchanged");
    let models = project().join("models");
    fs::create_dir_all(folder.0.join("cache")).unwrap();
    fs::copy(models.join("models.toml"), folder.0.join("models.toml")).unwrap();
    let manifest = Manifest::load(&folder.0).unwrap();
    assert_eq!(
        SFace::load(&manifest).err().unwrap().code(),
        "model.missing"
    );

    for name in ["yunet_2023mar_fp32.onnx", "sface_2021dec_fp32.onnx"] {
        fs::copy(
            models.join("cache").join(name),
            folder.0.join("cache").join(name),
        )
        .unwrap();
    }
    assert!(SFace::load(&manifest).is_ok());

    // One byte in the middle of a weight: the net would still load and run.
    let path = folder.0.join("cache/sface_2021dec_fp32.onnx");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(
        SFace::load(&manifest).err().unwrap().code(),
        "model.altered"
    );
}

#[test]
fn a_recogniser_without_measured_thresholds_is_refused() {
    let folder = Folder::new("no-bands");
    let models = project().join("models");
    let list = fs::read_to_string(models.join("models.toml")).unwrap();
    let without: String = list
        .lines()
        .filter(|line| !line.starts_with("bands"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(folder.0.join("models.toml"), without).unwrap();
    std::os::unix::fs::symlink(
        models.join("cache").canonicalize().unwrap(),
        folder.0.join("cache"),
    )
    .unwrap();
    let manifest = Manifest::load(&folder.0).unwrap();
    assert_eq!(
        SFace::load(&manifest).err().unwrap().code(),
        "model.thresholds"
    );
}
