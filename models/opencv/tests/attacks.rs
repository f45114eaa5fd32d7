//! What the liveness nets say of real pictures, of published attacks, and of attacks drawn here. They are optional and no
//! package carries them, so these tests are run by whoever has them: see `docs/presence.md`.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage, imageops};
use models::{FaceEngine, LivenessEngine, Manifest, Portrait};
use models_opencv::MiniFasNet;

use crate::support::{astronaut, engine, portrait, project, scaled};

fn nets() -> MiniFasNet {
    let folder = std::env::var_os("NIEM_MODELS").map_or(project().join("models"), PathBuf::from);
    let manifest = Manifest::load(folder).unwrap();
    MiniFasNet::load(&manifest)
        .unwrap()
        .expect("the nets lie in the cache's folder site")
}

fn score(picture: &Portrait) -> Option<f32> {
    let quality = engine().quality(picture).unwrap();
    (quality.faces > 0).then(|| nets().living(picture, &quality).unwrap())
}

#[test]
#[ignore = "wants the liveness nets (NIEM_MODELS) and their makers' three pictures (NIEM_SHARED)"]
fn the_makers_own_pictures_are_judged_as_they_say() {
    let shared = std::env::var("NIEM_SHARED").unwrap();
    let folder = Path::new(&shared).join("data/face/minivision");
    for (name, living) in [("T1", true), ("F1", false), ("F2", false)] {
        let bytes = std::fs::read(folder.join(format!("image_{name}.jpg"))).unwrap();
        let score = score(&Portrait::decode(&bytes).unwrap()).unwrap();
        println!("{name}: {score:.4}");
        assert!(
            if living { score > 0.9 } else { score < 0.2 },
            "{name}: {score}"
        );
    }
}

/// A picture lying flat in a camera's frame of 640 × 480, on a plain wall.
fn framed(flat: &RgbImage, wall: [u8; 3]) -> RgbImage {
    let mut frame = RgbImage::from_pixel(640, 480, Rgb(wall));
    let place = |of: u32, whole: u32| (i64::from(whole) - i64::from(of)) / 2;
    let (x, y) = (place(flat.width(), 640), place(flat.height(), 480));
    imageops::replace(&mut frame, flat, x, y);
    frame
}

/// Printed: less black, less colour, a white edge, out of focus a little.
fn printed(photo: &RgbImage, blur: f32) -> RgbImage {
    let mut paper = RgbImage::from_pixel(
        photo.width() + 24,
        photo.height() + 24,
        Rgb([236, 234, 228]),
    );
    let ink = RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let p = photo.get_pixel(x, y).0.map(f32::from);
        let mean = (p[0] + p[1] + p[2]) / 3.0;
        Rgb(p.map(|v| (40.0 + 0.76 * (0.8 * v + 0.2 * mean)) as u8))
    });
    imageops::replace(&mut paper, &ink, 12, 12);
    imageops::blur(&framed(&paper, [150, 148, 140]), blur)
}

/// On a screen: bluer, brighter, with the stripes of its sub-pixels and a dark rim.
fn on_screen(photo: &RgbImage, stripes: f32) -> RgbImage {
    let mut screen =
        RgbImage::from_pixel(photo.width() + 40, photo.height() + 40, Rgb([18, 18, 20]));
    let glass = RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let p = photo.get_pixel(x, y).0.map(f32::from);
        let wave = 1.0 + stripes * (2.1 * x as f32).sin() * (1.9 * y as f32).cos();
        let tint = [0.92, 1.0, 1.12];
        Rgb([0, 1, 2].map(|i| (p[i] * tint[i] * wave + 12.0).clamp(0.0, 255.0) as u8))
    });
    imageops::replace(&mut screen, &glass, 20, 20);
    framed(&screen, [90, 92, 96])
}

/// Prints, and asserts nothing of drawn attacks: they are no sample of anything.
#[test]
#[ignore = "measures: wants the liveness nets (NIEM_MODELS)"]
fn what_is_made_of_attacks_that_were_drawn() {
    let photo = scaled(&astronaut(), 300);
    let plain = score(&portrait(&astronaut())).unwrap();
    println!("photograph as it is: {plain:.3}");
    for blur in [0.6, 1.2] {
        let score = score(&portrait(&printed(&photo, blur)));
        println!("printed, blur {blur}: {score:.3?}");
    }
    for stripes in [0.0, 0.06, 0.15] {
        let score = score(&portrait(&on_screen(&photo, stripes)));
        println!("on a screen, stripes {stripes}: {score:.3?}");
    }
    // Nothing around the face tells that it is flat.
    let close = scaled(&astronaut(), 640);
    let close = imageops::crop_imm(&close, 0, 0, 640, 480).to_image();
    println!("fills the frame: {:.3?}", score(&portrait(&close)));
}
