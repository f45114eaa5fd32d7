//! The same person matches through bad pictures, another one does not, and no guess is made.

use image::{Rgb, RgbImage, imageops};
use models::{FaceComplaint, FaceEngine, FaceError, Outcome, Portrait};

use crate::support::{
    APART, astronaut, beside, brighter, draw_face, draw_face_at_desk, engine, jpeg, portrait,
    scaled,
};

#[test]
fn the_same_person_matches_through_bad_pictures() {
    let mut engine = engine();
    let original = astronaut();
    let document = portrait(&original);
    let live: [(&str, Portrait); 8] = [
        ("as it is", portrait(&original)),
        ("twice as large", portrait(&scaled(&original, 900))),
        ("a third", portrait(&scaled(&original, 150))),
        ("blurred", portrait(&imageops::blur(&original, 3.0))),
        ("dark", portrait(&brighter(&original, 0.4))),
        ("bright", portrait(&brighter(&original, 1.5))),
        ("JPEG 30", jpeg(&original, 30)),
        ("a third, JPEG 30", jpeg(&scaled(&original, 150), 30)),
    ];
    for (what, live) in live {
        let score = engine.compare(&document, &live).unwrap();
        assert_eq!(
            engine.bands().judge(score),
            Outcome::Match,
            "{what}: {score:?}"
        );
    }
}

#[test]
fn a_picture_is_wholly_alike_to_itself() {
    let mut engine = engine();
    let picture = portrait(&astronaut());
    let score = engine.compare(&picture, &picture).unwrap().value();
    assert!((score - 1.0).abs() < 1e-4, "{score}");
}

/// OpenCV 4.6 reuses memory between pictures of different shapes; a score must not depend on who came
/// before.
#[test]
fn the_score_does_not_depend_on_the_pictures_before() {
    let mut engine = engine();
    let document = portrait(&astronaut());
    let live = portrait(&brighter(&scaled(&astronaut(), 300), 0.8));
    let first = engine.compare(&document, &live).unwrap();
    for (width, height) in [(2_000, 1), (3, 2), (640, 480), (1, 2_000)] {
        let between = portrait(&RgbImage::from_pixel(width, height, Rgb([90; 3])));
        assert_eq!(engine.quality(&between).unwrap().faces, 0);
        assert_eq!(engine.compare(&document, &live).unwrap(), first);
    }
}

#[test]
fn another_person_does_not_match() {
    let mut engine = engine();
    let document = portrait(&astronaut());
    for seed in APART {
        for live in [draw_face(seed), draw_face_at_desk(seed, 1)] {
            let score = engine.compare(&document, &portrait(&live)).unwrap();
            assert_eq!(
                engine.bands().judge(score),
                Outcome::NoMatch,
                "seed {seed}: {score:?}"
            );
        }
    }
}

#[test]
fn drawn_people_match_themselves_at_the_desk_and_nobody_else() {
    let mut engine = engine();
    let documents = APART.map(|person| (person, portrait(&draw_face(person))));
    for other in APART {
        for take in [1, 2] {
            let live = portrait(&draw_face_at_desk(other, take));
            for (person, document) in &documents {
                let score = engine.compare(document, &live).unwrap();
                let expected = if *person == other {
                    Outcome::Match
                } else {
                    Outcome::NoMatch
                };
                let found = engine.bands().judge(score);
                assert_eq!(
                    found, expected,
                    "{person} and {other}, take {take}: {score:?}"
                );
            }
        }
    }
}

#[test]
fn an_empty_picture_has_no_face() {
    let mut engine = engine();
    let wall = portrait(&RgbImage::from_pixel(640, 480, Rgb([170, 165, 150])));
    let person = portrait(&astronaut());
    let error = engine.compare(&person, &wall).unwrap_err();
    assert!(matches!(error, FaceError::NoFace), "{error}");
    assert_eq!(error.code(), "face.not_found");
    let error = engine.compare(&wall, &person).unwrap_err();
    assert_eq!(error.code(), "face.document_not_found");
    assert_eq!(engine.quality(&wall).unwrap().faces, 0);
}

#[test]
fn the_smallest_picture_is_refused_without_harm() {
    let mut engine = engine();
    let person = portrait(&astronaut());
    for (width, height) in [(1, 1), (3, 2), (2_000, 1), (1, 2_000)] {
        let dot = portrait(&RgbImage::from_pixel(width, height, Rgb([90; 3])));
        assert_eq!(
            engine.compare(&person, &dot).unwrap_err().code(),
            "face.not_found"
        );
    }
}

#[test]
fn two_people_in_view_are_refused() {
    let mut engine = engine();
    let document = portrait(&astronaut());
    let two = portrait(&beside(&astronaut(), &astronaut()));
    let error = engine.compare(&document, &two).unwrap_err();
    assert!(
        matches!(error, FaceError::SeveralFaces { count: 2 }),
        "{error}"
    );
    assert_eq!(error.code(), "face.several");
    assert_eq!(engine.quality(&two).unwrap().faces, 2);
}

#[test]
fn a_passer_by_far_behind_does_not_disturb() {
    let mut engine = engine();
    let document = portrait(&astronaut());
    let behind = portrait(&beside(&astronaut(), &scaled(&astronaut(), 130)));
    let score = engine.compare(&document, &behind).unwrap();
    assert_eq!(engine.bands().judge(score), Outcome::Match, "{score:?}");
}

#[test]
fn quality_names_what_is_wrong() {
    let mut engine = engine();
    let mut complaints = |picture: &RgbImage| {
        let quality = engine.quality(&portrait(picture)).unwrap();
        assert_eq!(quality.faces, 1);
        quality.complaints()
    };
    let good = astronaut();
    assert_eq!(complaints(&good), []);
    assert_eq!(complaints(&brighter(&good, 0.2)), [FaceComplaint::TooDark]);
    assert_eq!(
        complaints(&imageops::blur(&good, 8.0)),
        [FaceComplaint::Blurred]
    );
    assert!(complaints(&scaled(&good, 150)).contains(&FaceComplaint::TooFar));
}

/// A picture of a person, held at a slant before the camera: `degrees` about its upright axis, at some 60 cm.
fn slanted(picture: &RgbImage, degrees: f32) -> RgbImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (picture.width() as f32 / 2.0, picture.height() as f32 / 2.0);
    // The picture is as wide as half its distance.
    let distance = picture.width() as f32 * 2.0;
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (u, v) = ((x as f32 - cx) / distance, (y as f32 - cy) / distance);
        // Where the ray through the pixel meets the slanted sheet.
        let along = distance * u / (cos - u * sin);
        let depth = distance + along * sin;
        let (from_x, from_y) = (cx + along, cy + v * depth);
        imageops::interpolate_bilinear(picture, from_x, from_y).unwrap_or(Rgb([120; 3]))
    })
}

#[test]
fn a_flat_picture_at_a_slant_is_no_turned_head() {
    use models::presence::Limits;
    let mut engine = engine();
    let turn = Limits::default().turn;
    let drawn = draw_face(APART[1]);
    for picture in [astronaut(), drawn] {
        let straight = engine.quality(&portrait(&picture)).unwrap().yaw;
        for degrees in [-45.0, -30.0, -15.0, 15.0, 30.0, 45.0] {
            let quality = engine
                .quality(&portrait(&slanted(&picture, degrees)))
                .unwrap();
            assert_eq!(quality.faces, 1, "{degrees}");
            let moved = quality.yaw - straight;
            assert!(moved.abs() < turn, "{degrees} degrees: {moved}");
        }
    }
}

#[test]
fn dark_glasses_and_light_from_the_side_are_noticed() {
    let mut engine = engine();
    let original = astronaut();
    assert_eq!(
        engine.quality(&portrait(&original)).unwrap().complaints(),
        []
    );
    let glasses = RgbImage::from_fn(original.width(), original.height(), |x, y| {
        // The eyes of this picture lie at 165, 201 and 255, 205.
        let (x_f, y_f) = (x as f32, y as f32);
        let lens = |cx: f32, cy: f32| ((x_f - cx) / 36.0).hypot((y_f - cy) / 24.0) < 1.0;
        match lens(165.0, 203.0) || lens(255.0, 206.0) {
            true => Rgb([22, 20, 20]),
            false => *original.get_pixel(x, y),
        }
    });
    let found = engine.quality(&portrait(&glasses)).unwrap();
    assert!(
        found.complaints().contains(&FaceComplaint::EyesHidden),
        "{found:?}"
    );
    let side = RgbImage::from_fn(original.width(), original.height(), |x, y| {
        let share = if x > 208 { 0.3 } else { 1.0 };
        Rgb(original
            .get_pixel(x, y)
            .0
            .map(|v| (f32::from(v) * share) as u8))
    });
    let found = engine.quality(&portrait(&side)).unwrap();
    assert!(
        found.complaints().contains(&FaceComplaint::UnevenLight),
        "{found:?}"
    );
}
