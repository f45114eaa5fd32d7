//! What must hold for every paper that can be drawn, whatever the seed.

use super::*;

fn kind(id: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.id == id).expect("a kind")
}

fn condition(name: &str) -> &'static Condition {
    let named = |condition: &&Condition| condition.name == name;
    CONDITIONS.iter().find(named).expect("a condition")
}

#[test]
fn every_paper_fits_its_sheet_and_says_what_it_claims() {
    let case = TypeCase::open().expect("the fonts are installed");
    for (at, kind) in KINDS.iter().enumerate() {
        for person in 0..4 {
            let seed = Chance::new(40 + at as u64);
            let chance = seed.fork(&format!("{} {person}", kind.id));
            for page in 1..=1 + kind.further.len() {
                let form = kind.draw(&case, &family(&seed, person), &chance, page);
                let (width, height) = (form.canvas.width() as i32, form.canvas.height() as i32);
                let said = form.truth.text();
                for line in &form.truth.lines {
                    let [left, top, right, bottom] = line.place;
                    assert!(
                        left >= 0 && top >= 0 && right <= width && bottom <= height,
                        "{} {person}: {line:?}",
                        kind.id,
                        line = line.text
                    );
                }
                for (name, field) in &form.truth.fields {
                    assert!(
                        !field.boxes.is_empty(),
                        "{} {person}: {name} was not drawn",
                        kind.id
                    );
                    let words: Vec<&str> = field.value.split(' ').collect();
                    assert!(
                        words.iter().all(|word| said.contains(word)),
                        "{} {person}: {name}",
                        kind.id
                    );
                }
                assert!(page > 1 || !form.truth.fields.is_empty());
            }
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_pixels() {
    let case = TypeCase::open().expect("the fonts are installed");
    let shoot = || {
        let seed = Chance::new(5);
        let kind = kind("khai_sinh");
        let form = kind.draw(&case, &family(&seed, 0), &seed.fork("x"), 1);
        let scene = Scene {
            form: &form,
            chance: seed.fork("y"),
            beside: &|| unreachable!("nothing lies beside a scan"),
        };
        (condition("scan150").apply)(&scene).image.into_raw()
    };
    assert_eq!(shoot(), shoot());
}

/// Each corner of the page in a colour of its own: what the truth says of the corners must be seen in the image.
#[test]
fn corners_lie_where_the_truth_says() {
    let case = TypeCase::open().expect("the fonts are installed");
    let seed = Chance::new(9);
    let kind = kind("khai_tu");
    let mut form = kind.draw(&case, &family(&seed, 0), &seed.fork("x"), 1);
    form.truth.sigbox = None;
    let colours = [[220_u8, 30, 30], [30, 200, 30], [30, 30, 220], [20, 20, 20]];
    for pixel in form.canvas.pixels.pixels_mut() {
        pixel.0 = [250; 3];
    }
    let (width, height) = form.canvas.pixels.dimensions();
    for (colour, (right, low)) in
        colours
            .iter()
            .zip([(false, false), (true, false), (true, true), (false, true)])
    {
        let (x0, y0) = (
            if right { width - 300 } else { 0 },
            if low { height - 300 } else { 0 },
        );
        for y in y0..y0 + 300 {
            for x in x0..x0 + 300 {
                form.canvas.pixels.put_pixel(x, y, image::Rgb(*colour));
            }
        }
    }
    for name in ["skew4", "rot90", "phone_bad", "phone_curl"] {
        let scene = Scene {
            form: &form,
            chance: seed.fork(name),
            beside: &|| unreachable!("one page only"),
        };
        let shot = (condition(name).apply)(&scene);
        let quad = shot.meta.quad;
        let middle = [0, 1].map(|axis| quad.iter().map(|corner| corner[axis]).sum::<f32>() / 4.0);
        for (corner, colour) in quad.iter().zip(&colours) {
            let at =
                [0, 1].map(|axis| (corner[axis] + (middle[axis] - corner[axis]) * 0.05) as u32);
            // A sheet laid askew loses its corners to the edge of the glass.
            let Some(seen) = shot
                .image
                .get_pixel_checked(at[0], at[1])
                .map(|pixel| pixel.0)
            else {
                continue;
            };
            let strongest = |of: [u8; 3]| (0..3).max_by_key(|&channel| of[channel]).unwrap_or(0);
            if *colour == [20; 3] {
                assert!(
                    seen.iter().all(|&channel| channel < 90),
                    "{name}: {seen:?} is no black"
                );
            } else {
                assert_eq!(
                    strongest(seen),
                    strongest(*colour),
                    "{name}: {seen:?} at {at:?}"
                );
            }
            // Just outside there is something else, where the picture goes that far.
            let out = [0, 1].map(|axis| corner[axis] + (corner[axis] - middle[axis]) * 0.012);
            if out[0] >= 0.0
                && out[1] >= 0.0
                && out[0] < shot.image.width() as f32
                && out[1] < shot.image.height() as f32
            {
                let other = shot.image.get_pixel(out[0] as u32, out[1] as u32).0;
                let apart: i32 = seen
                    .iter()
                    .zip(other)
                    .map(|(a, b)| (i32::from(*a) - i32::from(b)).abs())
                    .sum();
                assert!(
                    apart > 30,
                    "{name}: no edge at {corner:?}, {seen:?} and {other:?}"
                );
            }
        }
    }
}
