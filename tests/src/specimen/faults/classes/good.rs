//! Good pages, and good pages that look as if something were wrong with them.

use super::super::harm::{Glare, Shadow};
use super::super::optics::Shot;
use super::super::pages::{PX, Page, Studio};
use super::super::world::{Ground, World};
use super::sheet::{patches, shine_through};
use super::{Taken, photographed, scanned};
use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::{Plate, luminance};

fn on_glass(page: &Page, chance: &Chance) -> (World, Chance) {
    let mut chance = chance.fork("glass");
    let ground = Ground::lid(&mut chance, false);
    (World::new(page, ground), chance)
}

fn on_desk(page: &Page, chance: &Chance) -> (World, Chance) {
    let mut chance = chance.fork("desk");
    let ground = Ground::desk(&mut chance);
    (World::new(page, ground), chance)
}

pub(super) fn scan(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (world, chance) = on_glass(&page, &studio.chance);
    vec![scanned(world, &chance).shot()]
}

pub(super) fn photo(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (world, chance) = on_desk(&page, &studio.chance);
    vec![photographed(world, &chance).shot()]
}

/// A shadow that takes a third of the light: nobody would mind.
pub(super) fn shade(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (world, mut chance) = on_desk(&page, &studio.chance);
    let (wide, high) = (world.wide, world.high);
    let mut taken = photographed(world, &chance);
    let left = chance.between(0.78, 0.95);
    Shadow::any(&mut chance, wide, high, left).fall(&mut taken.plate, &taken.view, wide, high);
    let mut shot = taken.shot();
    shot.severity = left;
    vec![shot]
}

/// Tinted paper.
pub(super) fn coloured(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let tint = studio
        .empty(true)
        .image
        .get_pixel(0, 0)
        .0
        .map(|channel| f32::from(channel) / 255.0);
    let mut chance = studio.chance.fork("device");
    let photograph = chance.chance(0.4);
    let (mut world, chance) = if photograph {
        on_desk(&page, &chance)
    } else {
        on_glass(&page, &chance)
    };
    for pixel in &mut world.ink().pixels {
        for (channel, tint) in pixel.iter_mut().zip(tint) {
            *channel *= tint;
        }
    }
    let taken = if photograph {
        photographed(world, &chance)
    } else {
        scanned(world, &chance)
    };
    vec![taken.shot()]
}

/// Folded once or twice, and opened again.
pub(super) fn crease(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("crease");
    let photograph = chance.chance(0.4);
    let (mut world, mut chance) = if photograph {
        on_desk(&page, &chance)
    } else {
        on_glass(&page, &chance)
    };
    let lines = *chance.one(&[&[0.5_f32] as &[f32], &[0.34, 0.67]]);
    for at in lines {
        press_crease(world.ink(), &mut chance, *at);
    }
    if chance.chance(0.5) {
        slant_crease(world.ink(), &mut chance);
    }
    let taken = if photograph {
        photographed(world, &chance)
    } else {
        scanned(world, &chance)
    };
    vec![taken.shot()]
}

/// A ridge across the sheet: dark at its foot, light at its back.
pub(super) fn press_crease(page: &mut Plate, chance: &mut Chance, at: f32) {
    let lean = chance.normal() * 0.005;
    let depth = chance.between(0.06, 0.22);
    let row = at * page.height as f32;
    page.each(|x, y, pixel| {
        let off = y - row - lean * x;
        if off.abs() < 90.0 {
            ridge(pixel, off, depth);
        }
    });
}

/// A corner that was folded once and lies flat again.
fn slant_crease(page: &mut Plate, chance: &mut Chance) {
    let leg = chance.between(25.0, 60.0) * PX;
    let (right, depth) = (chance.chance(0.5), chance.between(0.06, 0.16));
    let width = page.width as f32;
    page.each(|x, y, pixel| {
        let x = if right { width - x } else { x };
        let off = (x + y - leg) * 0.707;
        if off.abs() < 60.0 {
            ridge(pixel, off, depth);
        }
    });
}

fn ridge(pixel: &mut [f32; 3], off: f32, depth: f32) {
    let line = (-(off / 2.6).powi(2)).exp();
    let slope = 0.04 * (off / 25.0) * (-(off / 25.0).powi(2)).exp();
    *pixel = pixel.map(|channel| (channel * (1.0 - depth * line + slope)).clamp(0.0, 1.0));
}

/// A black-and-white copy with its dark rim and specks.
pub(super) fn photocopy(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (mut world, mut chance) = on_glass(&page, &studio.chance);
    let (threshold, hard) = (chance.between(0.5, 0.68), chance.between(8.0, 14.0));
    let (rim, left) = (chance.between(8.0, 45.0), chance.chance(0.5));
    let soft = std::mem::replace(world.ink(), Plate::of(1, 1, [0.0; 3])).blur(1.0);
    *world.ink() = soft;
    let width = world.ink().width as f32;
    world.ink().each(|x, _, pixel| {
        let edge = if left { x } else { width - x };
        let light = luminance(*pixel) - 0.9 * (-(edge / rim).powi(2)).exp();
        *pixel = [0.06 + 0.92 / (1.0 + (-hard * (light - threshold)).exp()); 3];
    });
    vec![scanned(world, &chance).shot()]
}

/// Pale, but every letter can be read.
pub(super) fn faint(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (mut world, mut chance) = on_glass(&page, &studio.chance);
    let left = chance.between(0.36, 0.55);
    let patches = patches(world.ink(), &mut chance, 500.0);
    world.ink().each(|x, y, pixel| {
        let rest = left + 0.04 * patches.at(x, y);
        *pixel = pixel.map(|channel| 1.0 - (1.0 - channel) * rest);
    });
    let mut shot = scanned(world, &chance).shot();
    shot.severity = left;
    vec![shot]
}

/// Nearly empty, but not empty.
pub(super) fn little(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.little();
    let (world, chance) = on_glass(&page, &studio.chance);
    vec![scanned(world, &chance).shot()]
}

/// Thin paper with print on both sides.
pub(super) fn bleed(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let back = Studio {
        case: studio.case,
        chance: studio.chance.fork("back"),
    }
    .paper();
    let (mut world, mut chance) = on_glass(&page, &studio.chance);
    let strength = chance.between(0.08, 0.24);
    shine_through(world.ink(), &back.image, strength);
    vec![scanned(world, &chance).shot()]
}

/// Highlighter over a line, a frame around another, a small portrait: parts of other colour that belong there.
pub(super) fn marked(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("marked");
    let photograph = chance.chance(0.4);
    let (mut world, mut chance) = if photograph {
        on_desk(&page, &chance)
    } else {
        on_glass(&page, &chance)
    };
    let [x, y] = page.somewhere_written(&mut chance);
    let (x, y) = (x * PX, y * PX);
    let (wide, high) = (chance.between(250.0, 700.0), chance.between(45.0, 70.0));
    let ink = *chance.one(&[[1.0, 0.98, 0.35], [0.65, 1.0, 0.5], [1.0, 0.65, 0.8]]);
    let portrait = chance.chance(0.5).then(|| {
        // 3 x 4 cm at the left of the heading.
        let (left, top) = (chance.between(150.0, 260.0), chance.between(150.0, 320.0));
        (
            left,
            top,
            *chance.one(&[[0.95, 0.95, 0.95], [0.35, 0.55, 0.85]]),
        )
    });
    world.ink().each(|px, py, pixel| {
        if (px - x).abs() < wide && (py - y).abs() < high / 2.0 {
            for (channel, ink) in pixel.iter_mut().zip(ink) {
                *channel *= ink;
            }
        }
        if let Some((left, top, behind)) = portrait {
            let (u, v) = ((px - left) / 354.0, (py - top) / 472.0);
            if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                let head = ((u - 0.5) / 0.24).powi(2) + ((v - 0.4) / 0.26).powi(2);
                let hair = ((u - 0.5) / 0.27).powi(2) + ((v - 0.3) / 0.22).powi(2);
                let body = ((u - 0.5) / 0.46).powi(2) + ((v - 1.0) / 0.34).powi(2);
                *pixel = if head < 1.0 {
                    [0.78 - 0.1 * u, 0.6 - 0.08 * u, 0.5 - 0.07 * u]
                } else if hair < 1.0 {
                    [0.10; 3]
                } else if body < 1.0 {
                    [0.25, 0.27, 0.35]
                } else {
                    behind
                };
            }
        }
    });
    let taken: Taken = if photograph {
        photographed(world, &chance)
    } else {
        scanned(world, &chance)
    };
    vec![taken.shot()]
}

/// The lamp pales the toner somewhere, and every letter can be read.
pub(super) fn pale_glare(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let (world, mut chance) = on_desk(&page, &studio.chance);
    let mut taken = photographed(world, &chance);
    let centre = page.somewhere_written(&mut chance);
    let strength = chance.between(0.02, 0.08);
    let size = chance.between(15.0, 40.0);
    Glare::new(&mut chance, centre, size, strength).shine(&mut taken.plate, &taken.view);
    let mut shot = taken.shot();
    shot.severity = strength;
    vec![shot]
}
