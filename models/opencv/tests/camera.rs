//! Films, y4m files and series of pictures stand in for a camera; what is none of them is refused.

use image::RgbImage;
use models::{FaceEngine, Outcome};
use models_opencv::VideoCamera;

use crate::support::{Folder, draw_face, draw_face_at_desk, engine, portrait};

/// A YUV4MPEG2 file with one chroma sample for four pixels (the format has no standard; this is what
/// mjpegtools describe).
fn y4m(frames: &[RgbImage]) -> Vec<u8> {
    let (width, height) = frames[0].dimensions();
    let mut file = format!("YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420jpeg\n").into_bytes();
    for frame in frames {
        file.extend(b"FRAME\n");
        let plane = |step: usize, weights: [f32; 3], offset: f32| -> Vec<u8> {
            let mut plane = Vec::new();
            for y in (0..height).step_by(step) {
                for x in (0..width).step_by(step) {
                    let pixel = frame.get_pixel(x, y).0.map(f32::from);
                    let sum: f32 = pixel.iter().zip(weights).map(|(v, w)| v * w).sum();
                    plane.push((sum + offset).round().clamp(0.0, 255.0) as u8);
                }
            }
            plane
        };
        // ITU-R BT.601, full range as JPEG has it
        file.extend(plane(1, [0.299, 0.587, 0.114], 0.0));
        file.extend(plane(2, [-0.1687, -0.3313, 0.5], 128.0));
        file.extend(plane(2, [0.5, -0.4187, -0.0813], 128.0));
    }
    file
}

#[test]
fn a_y4m_file_shows_the_person_frame_by_frame() {
    let folder = Folder::new("y4m");
    let frames = [1, 2, 3].map(|take| draw_face_at_desk(1, take));
    std::fs::write(folder.0.join("desk.y4m"), y4m(&frames)).unwrap();
    let mut camera = VideoCamera::open(&folder.file("desk.y4m")).unwrap();
    assert!(camera.is_simulated());

    let mut engine = engine();
    let document = portrait(&draw_face(1));
    let mut count = 0;
    while let Some(frame) = camera.frame().unwrap() {
        assert_eq!((frame.width(), frame.height()), (640, 480));
        let score = engine.compare(&document, &frame).unwrap();
        assert_eq!(
            engine.bands().judge(score),
            Outcome::Match,
            "frame {count}: {score:?}"
        );
        count += 1;
    }
    assert_eq!(count, 3);
    camera.rewind().unwrap();
    assert!(camera.frame().unwrap().is_some());
}

#[test]
fn colours_are_not_swapped() {
    let folder = Folder::new("colours");
    let red = RgbImage::from_pixel(64, 64, image::Rgb([200, 40, 20]));
    std::fs::write(folder.0.join("red.y4m"), y4m(&[red])).unwrap();
    let mut camera = VideoCamera::open(&folder.file("red.y4m")).unwrap();
    let frame = camera.frame().unwrap().unwrap();
    let [r, g, b] = [0, 1, 2].map(|i| frame.rgb()[(32 * 64 + 32) * 3 + i]);
    assert!(r > 170 && g < 80 && b < 70, "{r} {g} {b}");
}

#[test]
fn a_series_of_pictures_is_a_film_too() {
    let folder = Folder::new("series");
    for number in 0..3 {
        let picture = RgbImage::from_pixel(32, 24, image::Rgb([60 * number as u8; 3]));
        picture
            .save(folder.0.join(format!("frame-{number:03}.png")))
            .unwrap();
    }
    let mut camera = VideoCamera::open(&folder.file("frame-%03d.png")).unwrap();
    let mut levels = Vec::new();
    while let Some(frame) = camera.frame().unwrap() {
        levels.push(frame.rgb()[0]);
    }
    assert_eq!(levels, [0, 60, 120]);
}

#[test]
fn a_frame_larger_than_a_portrait_is_scaled_down() {
    let folder = Folder::new("large");
    RgbImage::from_pixel(2_400, 1_200, image::Rgb([9; 3]))
        .save(folder.0.join("large-0.png"))
        .unwrap();
    let mut camera = VideoCamera::open(&folder.file("large-%d.png")).unwrap();
    let frame = camera.frame().unwrap().unwrap();
    assert_eq!((frame.width(), frame.height()), (2_000, 1_000));
}

#[test]
fn what_is_not_there_is_not_found() {
    for source in [
        "/nonexistent/film.y4m",
        "97",
        "/dev/video97",
        "/nonexistent/%d.png",
        "",
    ] {
        let error = VideoCamera::open(source).err().unwrap();
        assert_eq!(error.code(), "camera.not_found", "{source}");
    }
}

#[test]
fn a_camera_on_the_network_is_refused_before_anything_is_asked() {
    let error = VideoCamera::open("rtsp://camera.example/stream")
        .err()
        .unwrap();
    assert_eq!(error.code(), "camera.network");
}
