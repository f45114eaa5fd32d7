//! Pages that only tell something together: the same page again, with and without its note, and two that look alike.

use super::super::optics::Shot;
use super::super::pages::{Page, Studio};
use super::super::world::{Ground, World};
use super::sheet::note;
use super::{photographed, scanned};
use crate::specimen::papers::chance::Chance;

/// The page by one of the devices, at another brightness and angle each time.
fn again(
    page: &Page,
    chance: &Chance,
    photograph: bool,
    note: Option<super::super::world::Note>,
) -> (Shot, [f32; 4]) {
    let mut chance = chance.clone();
    let ground = if photograph {
        Ground::desk(&mut chance)
    } else {
        Ground::lid(&mut chance, false)
    };
    let mut world = World::new(page, ground);
    let bounds = note
        .as_ref()
        .map_or([0.0; 4], super::super::world::Note::bounds);
    world.note = note;
    let mut taken = if photograph {
        photographed(world, &chance)
    } else {
        scanned(world, &chance)
    };
    let light = chance.between(0.85, 1.05);
    for pixel in &mut taken.plate.pixels {
        *pixel = pixel.map(|channel| channel * light);
    }
    let place = taken.view.place(bounds);
    (taken.shot(), place)
}

pub(super) fn duplicate(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("twice");
    let devices = [chance.chance(0.4), chance.chance(0.4)];
    let (first, _) = again(&page, &chance.fork("first"), devices[0], None);
    let (mut second, _) = again(&page, &chance.fork("second"), devices[1], None);
    if !devices[1] && chance.chance(0.25) {
        image::imageops::rotate180_in_place(&mut second.image);
    }
    second.relation = Some("duplicate");
    second.must = true;
    vec![first, second]
}

pub(super) fn note_pair(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("note");
    let photograph = chance.chance(0.3);
    let [x, y] = page.somewhere_written(&mut chance);
    let coloured = chance.chance(0.6);
    let note = note(
        &mut chance,
        [x.clamp(35.0, 175.0), y.clamp(40.0, 250.0)],
        coloured,
    );
    let across = note.half[0].min(note.half[1]) * 2.0;
    let hidden = page.written_in(note.bounds());
    let (mut with, place) = again(&page, &chance.fork("with"), photograph, Some(note));
    let (mut without, _) = again(&page, &chance.fork("without"), photograph, None);
    with.place = Some(place);
    with.severity = across;
    without.severity = across;
    without.relation = Some("covered");
    // A note over bare paper hides nothing: then the pages may count as the same.
    without.must = hidden > 80.0;
    if coloured {
        with.codes = &["quality.covered"];
    }
    vec![with, without]
}

/// The same form of another person: no duplicate.
pub(super) fn other_person(studio: &mut Studio<'_>) -> Vec<Shot> {
    let [one, two] = studio.two_of_a_kind();
    let chance = studio.chance.fork("devices");
    let (first, _) = again(&one, &chance.fork("first"), false, None);
    let (mut second, _) = again(&two, &chance.fork("second"), false, None);
    second.relation = Some("other");
    vec![first, second]
}
