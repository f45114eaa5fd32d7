//! Too few dots, and dots that carry nothing: coarse, mislabelled and stretched scans, blur.

use image::imageops::{FilterType, resize};

use super::super::harm::{Blur, blur_part as blur_round};
use super::super::optics::Shot;
use super::super::pages::Studio;
use super::super::world::{Ground, World};
use super::{Taken, photographed, photographed_at, scanned, scanned_at};

const DPI: &[&str] = &["quality.dpi_low"];
const BLURRED: &[&str] = &["quality.blurred"];

fn coarse(studio: &mut Studio<'_>, low: u32, high: u32) -> (Taken, u32) {
    let page = studio.paper();
    let mut chance = studio.chance.fork("coarse");
    let ground = Ground::lid(&mut chance, false);
    let dpi = chance.whole(low, high);
    (scanned_at(World::new(&page, ground), &mut chance, dpi), dpi)
}

/// Coarse, and says so.
pub(super) fn dpi_stated(studio: &mut Studio<'_>) -> Vec<Shot> {
    let (taken, dpi) = coarse(studio, 100, 180);
    taken.shot().with(DPI, true, dpi as f32, None)
}

/// Coarse, and says that it is fine, or says nothing.
pub(super) fn dpi_mislabelled(studio: &mut Studio<'_>) -> Vec<Shot> {
    let (taken, dpi) = coarse(studio, 100, 165);
    let mut shot = taken.shot();
    shot.stated_dpi = *studio.chance.one(&[300, 300, 72, 400]);
    // From 300 dpi down to this the letters could still be small print on small paper.
    let must = dpi as f32 / 300.0 < 0.54;
    shot.with(
        &["quality.dpi_low", "quality.blurred"],
        must,
        dpi as f32,
        None,
    )
}

/// Coarse, stretched to look fine.
pub(super) fn dpi_upscaled(studio: &mut Studio<'_>) -> Vec<Shot> {
    let (taken, dpi) = coarse(studio, 75, 150);
    let quality = taken.quality;
    let mut shot = taken.shot();
    let filter = *studio.chance.one(&[
        FilterType::Nearest,
        FilterType::Triangle,
        FilterType::CatmullRom,
        FilterType::Lanczos3,
    ]);
    let scale = 300.0 / dpi as f32;
    let (width, height) = shot.image.dimensions();
    let (width, height) = (
        (width as f32 * scale) as u32,
        (height as f32 * scale) as u32,
    );
    shot.image = resize(&shot.image, width, height, filter);
    shot.stated_dpi = 300;
    shot.quality = quality.max(80);
    shot.with(
        &["quality.dpi_low", "quality.blurred"],
        true,
        dpi as f32,
        None,
    )
}

/// A photograph from too far away.
pub(super) fn dpi_far(studio: &mut Studio<'_>) -> Vec<Shot> {
    let page = studio.paper();
    let mut chance = studio.chance.fork("far");
    let ground = Ground::desk(&mut chance);
    let size = (2448, 3264);
    let dpi = chance.between(110.0, 175.0);
    let (half_w, half_h) = (210.0 * dpi / 25.4 / 2.0, 297.0 * dpi / 25.4 / 2.0);
    let centre = [
        1224.0 + chance.between(-80.0, 80.0),
        1632.0 + chance.between(-80.0, 80.0),
    ];
    let (sin, cos) = chance.either_way(0.0, 0.05).sin_cos();
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[x, y]: [f32; 2]| {
        let (x, y) = (x * half_w, y * half_h);
        [centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos]
    });
    photographed_at(World::new(&page, ground), &mut chance, size, corners)
        .shot()
        .with(DPI, true, dpi, None)
}

fn either(studio: &mut Studio<'_>) -> (Taken, super::super::pages::Page) {
    let page = studio.paper();
    let mut chance = studio.chance.fork("either");
    let taken = if chance.chance(0.6) {
        let ground = Ground::desk(&mut chance);
        photographed(World::new(&page, ground), &chance)
    } else {
        let ground = Ground::lid(&mut chance, false);
        scanned(World::new(&page, ground), &chance)
    };
    (taken, page)
}

/// From here on letters' marks run together: an edge as wide as the marks are apart.
const CLEARLY_BLURRED_MM: f32 = 0.72;

fn blurred(studio: &mut Studio<'_>, blur: Blur) -> Vec<Shot> {
    let (mut taken, _) = either(studio);
    taken.plate = blur.over(&taken.plate, taken.view.px_per_mm);
    let edge = blur.edge_mm();
    let place = taken.view.place([0.0, 0.0, 210.0, 297.0]);
    taken
        .shot()
        .with(BLURRED, edge > CLEARLY_BLURRED_MM, edge, Some(place))
}

pub(super) fn blur_focus(studio: &mut Studio<'_>) -> Vec<Shot> {
    let radius = studio.chance.between(0.35, 1.1);
    blurred(studio, Blur::Focus(radius))
}

pub(super) fn blur_motion(studio: &mut Studio<'_>) -> Vec<Shot> {
    let (length, angle) = (
        studio.chance.between(0.6, 2.0),
        studio.chance.between(0.0, std::f32::consts::PI),
    );
    blurred(studio, Blur::Motion(length, angle))
}

/// A sheet that stood up at one place, a lens that was sharp on one side only.
pub(super) fn blur_part(studio: &mut Studio<'_>) -> Vec<Shot> {
    let (mut taken, page) = either(studio);
    let mut chance = studio.chance.fork("part");
    let centre = page.somewhere_written(&mut chance);
    let radius = chance.between(20.0, 48.0);
    let blur = if chance.chance(0.6) {
        Blur::Focus(chance.between(0.45, 1.1))
    } else {
        Blur::Motion(
            chance.between(0.8, 2.0),
            chance.between(0.0, std::f32::consts::PI),
        )
    };
    let core = radius * 0.8;
    let bounds = [
        centre[0] - core,
        centre[1] - core,
        centre[0] + core,
        centre[1] + core,
    ];
    let written = page.written_in(bounds);
    blur_round(&mut taken.plate, &taken.view, blur, centre, radius);
    let place = taken.view.place(bounds);
    // Some three lines of a hand's breadth must be hit.
    let must = blur.edge_mm() > CLEARLY_BLURRED_MM && written > 150.0;
    taken.shot().with(
        &["quality.blurred_part", "quality.blurred"],
        must,
        blur.edge_mm(),
        Some(place),
    )
}
