//! Pictures for the tests: the public-domain astronaut, drawn people, and what a bad camera does to them.

use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage, imageops};
use models::{Manifest, Portrait};
use models_opencv::SFace;

#[path = "../../../tests/src/specimen/split_mix.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the specimen state, which uses all of it"
)]
mod split_mix;

#[path = "../../../tests/src/specimen/face.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the specimen state, which uses all of it"
)]
mod drawn;

pub(crate) use drawn::{APART, draw_face, draw_face_at_desk};

pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub(crate) fn engine() -> SFace {
    let manifest = Manifest::load(project().join("models")).unwrap();
    SFace::load(&manifest).expect("the weights are fetched by `cargo xtask models`")
}

pub(crate) fn astronaut() -> RgbImage {
    let jpeg = std::fs::read(project().join("specimen/faces/astronaut.jpg")).unwrap();
    image::load_from_memory(&jpeg).unwrap().to_rgb8()
}

pub(crate) fn portrait(picture: &RgbImage) -> Portrait {
    Portrait::from_rgb(picture.width(), picture.height(), picture.as_raw().clone()).unwrap()
}

pub(crate) fn brighter(picture: &RgbImage, by: f32) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        Rgb(picture
            .get_pixel(x, y)
            .0
            .map(|v| (f32::from(v) * by).min(255.0) as u8))
    })
}

pub(crate) fn scaled(picture: &RgbImage, width: u32) -> RgbImage {
    let height = picture.height() * width / picture.width();
    imageops::resize(picture, width, height, imageops::FilterType::Triangle)
}

pub(crate) fn jpeg(picture: &RgbImage, quality: u8) -> Portrait {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .unwrap();
    Portrait::decode(&bytes).unwrap()
}

/// Two pictures side by side on one.
pub(crate) fn beside(left: &RgbImage, right: &RgbImage) -> RgbImage {
    let height = left.height().max(right.height());
    let mut both = RgbImage::from_pixel(left.width() + right.width(), height, Rgb([200; 3]));
    imageops::replace(&mut both, left, 0, 0);
    imageops::replace(&mut both, right, i64::from(left.width()), 0);
    both
}

/// A folder that goes when dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let name = format!("models-opencv-{}-{test}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
