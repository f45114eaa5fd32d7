//! What must hold for every paper that can be drawn, whatever the seed.

use super::*;

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
        let kind = Kind::named("khai_sinh").expect("a kind");
        let form = kind.draw(&case, &family(&seed, 0), &seed.fork("x"), 1);
        let scene = Scene {
            form: &form,
            chance: seed.fork("y"),
        };
        (Condition::named("scan150").expect("a condition").apply)(&scene)
            .image
            .into_raw()
    };
    assert_eq!(shoot(), shoot());
}
