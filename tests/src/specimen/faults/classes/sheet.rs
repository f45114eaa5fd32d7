//! Faults of how the sheet lies: out of the picture, folded, held, covered, doubled, empty.

use super::super::camera::careful;
use super::super::optics::Shot;
use super::super::pages::Studio;
use super::super::world::{Finger, Fold, Ground, Note, World};
use super::{Taken, photographed, photographed_at, scanned};
use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::{Clouds, Plate};

/// A corner, or a side, lies outside the frame.
pub(super) fn page_cut(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("cut");
    let ground = Ground::desk(&mut chance);
    let world = World::new(&page, ground);
    let size = (2448, 3264);
    let mut corners = careful(&mut chance, size, world.wide, world.high);
    let lost = chance.between(0.004, 0.10) * 2448.0;
    let (right, bottom) = (chance.chance(0.5), chance.chance(0.5));
    let edge = if right {
        corners
            .iter()
            .map(|c| 2448.0 - c[0])
            .fold(f32::MAX, f32::min)
    } else {
        corners.iter().map(|c| c[0]).fold(f32::MAX, f32::min)
    };
    let shift = (edge + lost) * if right { 1.0 } else { -1.0 };
    for corner in &mut corners {
        corner[0] += shift;
        corner[1] += if bottom { 10.0 } else { -10.0 };
    }
    let taken = photographed_at(world, &mut chance, size, corners);
    let mm = lost / taken.view.px_per_mm;
    let place = if right {
        [2148.0, 0.0, 300.0, 3264.0]
    } else {
        [0.0, 0.0, 300.0, 3264.0]
    };
    taken
        .shot()
        .with(&["quality.page_cut"], mm > 3.0, mm, Some(place))
}

/// Photographs and scans with a lid that can be told from paper.
fn on_something(world: World, chance: &mut Chance, photograph: bool) -> Taken {
    if photograph {
        photographed(world, chance)
    } else {
        scanned(world, chance)
    }
}

pub(super) fn corner_folded(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("fold");
    let photograph = chance.chance(0.6);
    let ground = if photograph {
        Ground::desk(&mut chance)
    } else {
        Ground::lid(&mut chance, true)
    };
    let mut world = World::new(&page, ground);
    let across = chance.between(9.0, 55.0);
    let fold = Fold {
        right: chance.chance(0.5),
        bottom: chance.chance(0.5),
        across,
        down: across * chance.between(0.5, 1.8),
        back: [0.93, 0.925, 0.91],
    };
    let short = fold.across.min(fold.down);
    let bounds = fold.bounds(world.wide, world.high);
    world.fold = Some(fold);
    let taken = on_something(world, &mut chance, photograph);
    let place = taken.view.place(bounds);
    taken
        .shot()
        .with(&["quality.corner_folded"], short > 11.0, short, Some(place))
}

pub(super) fn finger(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("finger");
    let photograph = chance.chance(0.75);
    let ground = if photograph {
        Ground::desk(&mut chance)
    } else {
        Ground::lid(&mut chance, false)
    };
    let mut world = World::new(&page, ground);
    let (wide, high) = (world.wide, world.high);
    let deep = chance.between(8.0, 40.0);
    let half = chance.between(7.0, 12.0);
    let along = chance.between(0.15, 0.85);
    let lean = chance.either_way(0.0, 25.0);
    let (tip, from) = match chance.whole(0, 3) {
        0 => ([deep - half, along * high], [-60.0, along * high + lean]),
        1 => (
            [wide - deep + half, along * high],
            [wide + 60.0, along * high + lean],
        ),
        2 => ([along * wide, deep - half], [along * wide + lean, -60.0]),
        _ => (
            [along * wide, high - deep + half],
            [along * wide + lean, high + 60.0],
        ),
    };
    let finger = Finger {
        tip,
        from,
        half,
        skin: *chance.one(&[
            [0.80, 0.62, 0.52],
            [0.72, 0.52, 0.41],
            [0.60, 0.42, 0.32],
            [0.86, 0.70, 0.62],
        ]),
        nail: chance.chance(0.6),
    };
    let bounds = finger.bounds(wide, high);
    world.finger = Some(finger);
    let taken = on_something(world, &mut chance, photograph);
    let place = taken.view.place(bounds);
    taken
        .shot()
        .with(&["quality.finger"], deep > 12.0, deep, Some(place))
}

/// A note over the writing.
pub(super) fn note(chance: &mut Chance, centre: [f32; 2], coloured: bool) -> Note {
    let paper = if coloured {
        *chance.one(&[
            [0.98, 0.93, 0.48],
            [0.98, 0.72, 0.78],
            [0.70, 0.92, 0.66],
            [0.62, 0.84, 0.95],
            [0.99, 0.76, 0.45],
        ])
    } else {
        let tone = chance.between(0.93, 0.97);
        [tone, tone, tone - 0.01]
    };
    let (w, h) = *chance.one(&[
        (76.0, 76.0),
        (76.0, 51.0),
        (51.0, 38.0),
        (100.0, 75.0),
        (127.0, 76.0),
    ]);
    Note {
        centre,
        half: [w / 2.0, h / 2.0],
        turn: chance.either_way(0.0, 0.14),
        paper,
        scribble: chance.between(1.0, 5.0).floor(),
        shadow: chance.between(0.12, 0.35),
    }
}

pub(super) fn covered(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("covered");
    let photograph = chance.chance(0.5);
    let ground = if photograph {
        Ground::desk(&mut chance)
    } else {
        Ground::lid(&mut chance, false)
    };
    let mut world = World::new(&page, ground);
    let [x, y] = page.somewhere_written(&mut chance);
    let note = note(
        &mut chance,
        [x.clamp(35.0, 175.0), y.clamp(40.0, 250.0)],
        true,
    );
    let bounds = note.bounds();
    let across = note.half[0].min(note.half[1]) * 2.0;
    // Writing on two sides at least, or it could be part of the form.
    let wider = [
        bounds[0] - 12.0,
        bounds[1] - 12.0,
        bounds[2] + 12.0,
        bounds[3] + 12.0,
    ];
    let must = page.written_in(wider) - page.written_in(bounds) > 60.0;
    world.note = Some(note);
    let mut taken = on_something(world, &mut chance, photograph);
    taken.gray = false;
    let place = taken.view.place(bounds);
    taken
        .shot()
        .with(&["quality.covered"], must, across, Some(place))
}

/// Nothing on it, whatever it looks like.
pub(super) fn blank(studio: &mut Studio<'_>) -> Vec<Shot> {
    let mut chance = studio.chance.fork("blank");
    let coloured = chance.chance(0.4);
    let page = studio.empty(coloured);
    let back = studio.paper();
    let photograph = chance.chance(0.3);
    let ground = if photograph {
        Ground::desk(&mut chance)
    } else {
        Ground::lid(&mut chance, false)
    };
    let mut world = World::new(&page, ground);
    if chance.chance(0.5) {
        let strength = chance.between(0.05, 0.2);
        shine_through(world.ink(), &back.image, strength);
    }
    match chance.whole(0, 3) {
        0 => dust(world.ink(), &mut chance),
        1 => holes(world.ink(), &mut chance),
        2 => {
            let at = chance.between(0.3, 0.7);
            super::good::press_crease(world.ink(), &mut chance, at);
        }
        _ => {}
    }
    on_something(world, &mut chance, photograph)
        .shot()
        .with(&["quality.blank"], true, 1.0, None)
}

/// The other side's print, mirrored, pale and spread by the paper between.
pub(super) fn shine_through(page: &mut Plate, back: &image::RgbImage, strength: f32) {
    let back = Plate::from_image(back).blur(2.5);
    let width = page.width;
    page.each(|x, y, pixel| {
        let at = (width - 1 - x as usize).min(back.width - 1)
            + (y as usize).min(back.height - 1) * back.width;
        for (channel, through) in pixel.iter_mut().zip(back.pixels[at]) {
            *channel *= 1.0 - strength * (1.0 - through);
        }
    });
}

fn dust(page: &mut Plate, chance: &mut Chance) {
    for _ in 0..chance.whole(20, 120) {
        let (x, y) = (
            chance.unit() * page.width as f32,
            chance.unit() * page.height as f32,
        );
        let radius = chance.between(0.8, 3.0);
        dot(page, x, y, radius, chance.between(0.3, 0.7));
    }
}

fn holes(page: &mut Plate, chance: &mut Chance) {
    let (x, grey) = (chance.between(110.0, 150.0), chance.between(0.05, 0.5));
    let middle = page.height as f32 / 2.0;
    // Two holes of 6 mm, 80 mm apart (ISO 838).
    for y in [middle - 472.0, middle + 472.0] {
        dot(page, x, y, 35.4, grey);
    }
}

fn dot(page: &mut Plate, x: f32, y: f32, radius: f32, grey: f32) {
    let reach = radius.ceil() as i32 + 1;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let (px, py) = (x as i32 + dx, y as i32 + dy);
            if px < 0 || py < 0 || px as usize >= page.width || py as usize >= page.height {
                continue;
            }
            let cover = (radius + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0);
            let at = py as usize * page.width + px as usize;
            page.pixels[at] = page.pixels[at].map(|channel| channel + (grey - channel) * cover);
        }
    }
}

/// Unevenness of a worn surface.
pub(super) fn patches(page: &Plate, chance: &mut Chance, size: f32) -> Clouds {
    Clouds::new(chance, page.width, page.height, size)
}
