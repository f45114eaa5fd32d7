//! Faults of light.

use super::super::harm::{Glare, Shadow};
use super::super::optics::Shot;
use super::super::pages::Studio;
use super::super::world::{Ground, World};
use super::{photographed, scanned};

/// The lamp burns a hole into the writing.
pub(super) fn glare(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("glare");
    let ground = Ground::desk(&mut chance);
    let world = World::new(&page, ground);
    let mut taken = photographed(world, &chance);
    let centre = page.somewhere_written(&mut chance);
    let size = chance.between(5.0, 22.0);
    let strength = chance.between(0.7, 2.0);
    let glare = Glare::new(&mut chance, centre, size, strength);
    glare.shine(&mut taken.plate, &taken.view);
    let place = taken.view.place(glare.bounds());
    let must = size > 8.0 && strength > 0.9;
    taken
        .shot()
        .with(&["quality.glare"], must, size, Some(place))
}

/// A hand, a phone, a head between lamp and page.
pub(super) fn shadow(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("shadow");
    let ground = Ground::desk(&mut chance);
    let world = World::new(&page, ground);
    let (wide, high) = (world.wide, world.high);
    let mut taken = photographed(world, &chance);
    let left = chance.between(0.15, 0.5);
    let shadow = Shadow::any(&mut chance, wide, high, left);
    shadow.fall(&mut taken.plate, &taken.view, wide, high);
    let (bounds, share) = shadow.bounds(wide, high);
    let place = taken.view.place(bounds);
    // The other side of the page must be in the light, too.
    let must = left < 0.40 && (0.08..0.85).contains(&share);
    taken
        .shot()
        .with(&["quality.shadow"], must, left, Some(place))
}

/// A room without light.
pub(super) fn too_dark(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("dark");
    let ground = Ground::desk(&mut chance);
    let mut taken = photographed(World::new(&page, ground), &chance);
    let left = chance.between(0.05, 0.28);
    for pixel in &mut taken.plate.pixels {
        *pixel = pixel.map(|channel| channel * left / 0.72);
    }
    taken.grain *= 0.8;
    let tone = (left * 0.9).sqrt() * 255.0;
    taken.shot().with(
        &["quality.too_dark", "quality.low_contrast"],
        tone < 95.0,
        tone,
        None,
    )
}

/// Ink that is hardly there.
pub(super) fn low_contrast(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("pale");
    let ground = Ground::lid(&mut chance, false);
    let mut world = World::new(&page, ground);
    let left = chance.between(0.07, 0.2);
    for pixel in &mut world.ink().pixels {
        *pixel = pixel.map(|channel| 1.0 - (1.0 - channel) * left);
    }
    // So pale that it may be taken for an empty page; a person looks at it either way.
    scanned(world, &chance).shot().with(
        &["quality.low_contrast", "quality.blank"],
        left < 0.16,
        left,
        None,
    )
}
