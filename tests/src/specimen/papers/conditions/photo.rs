//! The camera over the desk: perspective, curl, uneven light, shadow, glare, a lens out of focus, a hand that shakes,
//! and the sensor's mosaic with its grain.

use super::super::chance::Chance;
use super::super::form::MM;
use super::super::plate::Plate;
use super::desk::{Desk, Surface};
use super::sheet::{Camera, Curl, Knot, NET, Projection};
use super::{File, Meta, Scene, Shot};

/// How the picture is taken.
struct Taking {
    camera: Camera,
    curl: Curl,
    desk: Desk,
    /// Brightness of white paper in full light, 0 to 1, as the sensor sees it.
    exposure: f32,
    /// How much darker the dim side is.
    falloff: f32,
    /// Depth of a hand's or phone's shadow; 0 for none.
    shadow: f32,
    /// Strength of the lamp's reflection; 0 for none.
    glare: f32,
    /// Spread of the lens, in pixels.
    focus: f32,
    /// Length of the shake, in pixels.
    shake: f32,
    grain: f32,
    quality: u8,
}

impl Taking {
    /// A careful picture with a good phone.
    fn good(chance: &mut Chance, desk: Desk, curl: Curl) -> Self {
        Self {
            camera: Camera {
                width: 3000,
                height: 4000,
                pitch: chance.either_way(0.02, 0.14),
                yaw: chance.either_way(0.02, 0.12),
                roll: chance.either_way(0.0, 0.07),
                fill: chance.between(0.86, 0.94),
                offset: [chance.between(-0.6, 0.6), chance.between(-0.6, 0.6)],
            },
            curl,
            desk,
            exposure: chance.between(0.70, 0.88),
            falloff: chance.between(0.15, 0.4),
            shadow: if chance.chance(0.4) {
                chance.between(0.1, 0.3)
            } else {
                0.0
            },
            glare: 0.0,
            focus: chance.between(0.7, 1.0),
            shake: 0.0,
            grain: 0.010,
            quality: chance.whole(84, 92) as u8,
        }
    }

    /// In a dim room, in a hurry.
    fn bad(chance: &mut Chance, desk: Desk, curl: Curl) -> Self {
        let careful = Self::good(chance, desk, curl);
        Self {
            camera: Camera {
                width: 2448,
                height: 3264,
                pitch: chance.either_way(0.10, 0.28),
                yaw: chance.either_way(0.08, 0.24),
                roll: chance.either_way(0.05, 0.22),
                fill: chance.between(0.88, 0.96),
                ..careful.camera
            },
            exposure: chance.between(0.34, 0.52),
            falloff: chance.between(0.35, 0.6),
            shadow: chance.between(0.15, 0.45),
            focus: chance.between(0.9, 1.25),
            shake: chance.between(0.0, 2.2),
            grain: chance.between(0.016, 0.026),
            quality: chance.whole(68, 80) as u8,
            ..careful
        }
    }
}

pub(super) fn phone_ok(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let (desk, curl) = (Desk::any(&mut chance), Curl::slight(&mut chance));
    let taking = Taking::good(&mut chance, desk, curl);
    take(scene, &taking)
}

pub(super) fn phone_bad(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let (desk, curl) = (Desk::any(&mut chance), Curl::waves(&mut chance, 1.5, 4.5));
    let taking = Taking::bad(&mut chance, desk, curl);
    take(scene, &taking)
}

/// Paper on white: hardly an edge to be seen.
pub(super) fn phone_white(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let (desk, curl) = (
        Desk::new(Surface::White, &mut chance),
        Curl::slight(&mut chance),
    );
    let taking = Taking::good(&mut chance, desk, curl);
    take(scene, &taking)
}

/// A cloth with more edges than the paper.
pub(super) fn phone_pattern(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let kind = *chance.one(&[Surface::Stripes, Surface::Checks, Surface::Flowers]);
    let (desk, curl) = (Desk::new(kind, &mut chance), Curl::slight(&mut chance));
    let taking = Taking::good(&mut chance, desk, curl);
    take(scene, &taking)
}

/// A sheet that was rolled up, or is bound.
pub(super) fn phone_curl(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let curl = if chance.chance(0.5) {
        Curl::waves(&mut chance, 4.0, 8.0)
    } else {
        Curl::Binding(
            chance.between(8.0, 16.0),
            chance.between(35.0, 60.0),
            chance.either_way(1.0, 1.0),
        )
    };
    let desk = Desk::any(&mut chance);
    let taking = Taking::good(&mut chance, desk, curl);
    take(scene, &taking)
}

/// One corner stands up.
pub(super) fn phone_corner(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let (desk, curl) = (Desk::any(&mut chance), Curl::corner(&mut chance));
    let taking = Taking::good(&mut chance, desk, curl);
    take(scene, &taking)
}

/// The lamp is reflected in toner and lamination: text pales there, but can be read.
pub(super) fn phone_glare(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let (desk, curl) = (Desk::any(&mut chance), Curl::slight(&mut chance));
    let mut taking = Taking::good(&mut chance, desk, curl);
    taking.glare = chance.between(0.35, 0.6);
    take(scene, &taking)
}

/// Light is computed as light: values are squared on the way in and their root is taken at the end (gamma 2).
fn take(scene: &Scene<'_, '_>, taking: &Taking) -> Shot {
    let mut chance = scene.chance.fork("camera");
    let page = scene.endorsed();
    let (wide, high) = (page.width as f32 / MM, page.height as f32 / MM);
    let mut camera = Camera { ..taking.camera };
    if wide > high {
        std::mem::swap(&mut camera.width, &mut camera.height);
    }
    let lamp = chance.between(0.0, std::f32::consts::TAU);
    let lamp = [lamp.cos(), lamp.sin()];
    let seen = Projection::new(
        &camera,
        taking.curl,
        wide,
        high,
        [lamp[0] * 1.6, lamp[1] * 1.6],
    );
    let density = page.width as f32
        / ((seen.quad[1][0] - seen.quad[0][0]).hypot(seen.quad[1][1] - seen.quad[0][1])).max(1.0);
    let mut page = if density > 1.05 {
        page.blur(0.4 * density)
    } else {
        page
    };
    page.each(|_, _, pixel| *pixel = pixel.map(|channel| channel * channel));

    let mut picture = Plate::of(camera.width, camera.height, [0.0; 3]);
    let shade = contact_shadow(&seen, &camera, lamp);
    picture.each(|x, y, pixel| {
        let light = 1.0 - 0.55 * shade.sample(x / 8.0, y / 8.0).map_or(0.0, |shade| shade[0]);
        *pixel = taking
            .desk
            .colour(seen.desk(x, y))
            .map(|channel| channel * channel * light);
    });
    lay(&mut picture, &page, &seen.knots);
    drop(page);
    light(&mut picture, taking, &seen, lamp, &mut chance);
    let mut picture = picture.blur(taking.focus);
    if taking.shake > 0.5 {
        let angle = chance.between(0.0, 3.1);
        let (dx, dy) = (angle.cos().abs() * taking.shake, angle.sin() * taking.shake);
        picture = picture.blur_both(dx * 0.5, dy.abs() * 0.5);
    }
    mosaic(&mut picture, taking.grain, &mut chance);
    picture.each(|_, _, pixel| *pixel = pixel.map(|channel| channel.max(0.0).sqrt()));
    let meta = Meta {
        quad: seen.quad,
        dpi: 72,
        rotate: 0,
        others: Vec::new(),
    };
    Shot {
        image: picture.to_image(),
        meta,
        file: File::Jpeg(taking.quality),
    }
}

/// Draws the sheet cell by cell: within a cell the mapping is straight.
fn lay(picture: &mut Plate, page: &Plate, knots: &[Knot]) {
    let across = NET.0 + 1;
    for row in 0..NET.1 {
        for column in 0..NET.0 {
            let at = row * across + column;
            let (a, b, c, d) = (
                knots[at],
                knots[at + 1],
                knots[at + across + 1],
                knots[at + across],
            );
            triangle(picture, page, [a, b, c]);
            triangle(picture, page, [a, c, d]);
        }
    }
}

fn triangle(picture: &mut Plate, page: &Plate, [a, b, c]: [Knot; 3]) {
    let area =
        (b.at[0] - a.at[0]) * (c.at[1] - a.at[1]) - (c.at[0] - a.at[0]) * (b.at[1] - a.at[1]);
    if area.abs() < 1e-3 {
        return;
    }
    let low = |at: usize| a.at[at].min(b.at[at]).min(c.at[at]).floor().max(0.0) as usize;
    let high = |at: usize| a.at[at].max(b.at[at]).max(c.at[at]).ceil().max(0.0) as usize;
    for y in low(1)..=high(1).min(picture.height - 1) {
        for x in low(0)..=high(0).min(picture.width - 1) {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let second = ((px - a.at[0]) * (c.at[1] - a.at[1])
                - (c.at[0] - a.at[0]) * (py - a.at[1]))
                / area;
            let third = ((b.at[0] - a.at[0]) * (py - a.at[1])
                - (px - a.at[0]) * (b.at[1] - a.at[1]))
                / area;
            // A hair of overlap, so that no seam shows between the cells.
            if second < -1e-3 || third < -1e-3 || second + third > 1.001 {
                continue;
            }
            let mix = |of: fn(&Knot) -> f32| {
                of(&a) + (of(&b) - of(&a)) * second + (of(&c) - of(&a)) * third
            };
            let (u, v) = (mix(|knot| knot.page[0]), mix(|knot| knot.page[1]));
            if let Some(pixel) = page.sample(u * page.width as f32, v * page.height as f32) {
                let light = mix(|knot| knot.light);
                picture.pixels[y * picture.width + x] = pixel.map(|channel| channel * light);
            }
        }
    }
}

/// Paper keeps light from the desk beside it: at an eighth of the size, soft.
fn contact_shadow(seen: &Projection, camera: &Camera, lamp: [f32; 2]) -> Plate {
    let mut mask = Plate::of(camera.width / 8 + 1, camera.height / 8 + 1, [0.0; 3]);
    let full = Plate::of(8, 8, [1.0; 3]);
    let shifted: Vec<Knot> = seen
        .knots
        .iter()
        .map(|knot| {
            let at = [
                (knot.at[0] - lamp[0] * 14.0) / 8.0,
                (knot.at[1] - lamp[1] * 14.0) / 8.0,
            ];
            Knot {
                at,
                light: 1.0,
                ..*knot
            }
        })
        .collect();
    lay(&mut mask, &full, &shifted);
    mask.blur(2.2)
}

fn light(
    picture: &mut Plate,
    taking: &Taking,
    seen: &Projection,
    lamp: [f32; 2],
    chance: &mut Chance,
) {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let size = width.hypot(height);
    // Warm bulbs and cool daylight.
    let warmth = chance.between(-0.07, 0.10);
    let tint = [1.0 + warmth, 1.0, 1.0 - warmth];
    // The edge of a hand's or phone's shadow: a soft line across the picture.
    let angle = chance.between(0.0, std::f32::consts::TAU);
    let edge = (
        [angle.cos(), angle.sin()],
        chance.between(-0.25, 0.15) * size,
        chance.between(0.03, 0.10) * size,
    );
    let spot = [
        chance.between(0.25, 0.75) * width,
        chance.between(0.25, 0.75) * height,
    ];
    let spread = [
        chance.between(0.06, 0.13) * size,
        chance.between(0.06, 0.13) * size,
    ];
    picture.each(|x, y, pixel| {
        let (dx, dy) = (x - width / 2.0, y - height / 2.0);
        let along = (dx * lamp[0] + dy * lamp[1]) / size;
        let mut light = taking.exposure * (1.0 - taking.falloff * (0.5 - along).clamp(0.0, 1.0));
        light *= seen.vignette(x, y, 0.22);
        if taking.shadow > 0.0 {
            let ([nx, ny], offset, soft) = edge;
            let into = ((dx * nx + dy * ny - offset) / soft).clamp(-4.0, 4.0);
            light *= 1.0 - taking.shadow / (1.0 + (-2.0 * into).exp());
        }
        let gloss = if taking.glare > 0.0 {
            let (gx, gy) = ((x - spot[0]) / spread[0], (y - spot[1]) / spread[1]);
            taking.glare * (-0.5 * (gx * gx + gy * gy)).exp()
        } else {
            0.0
        };
        for (channel, tint) in pixel.iter_mut().zip(tint) {
            *channel = *channel * light * tint + gloss * 0.8;
        }
    });
}

/// Each pixel of a sensor sees one colour (RGGB); the others are taken from its neighbours, grain and all.
fn mosaic(picture: &mut Plate, grain: f32, chance: &mut Chance) {
    picture.noise(chance, grain * 1.4, grain * 0.35, false);
    let (width, height) = (picture.width, picture.height);
    let colour = |x: usize, y: usize| match (x % 2, y % 2) {
        (0, 0) => 0,
        (1, 1) => 2,
        _ => 1,
    };
    let raw: Vec<f32> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| picture.pixels[y * width + x][colour(x, y)])
        .collect();
    let at = |x: usize, y: usize| raw[y * width + x];
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let here = at(x, y);
            let sides = (at(x - 1, y) + at(x + 1, y)) / 2.0;
            let ends = (at(x, y - 1) + at(x, y + 1)) / 2.0;
            let corners =
                (at(x - 1, y - 1) + at(x + 1, y - 1) + at(x - 1, y + 1) + at(x + 1, y + 1)) / 4.0;
            picture.pixels[y * width + x] = match (x % 2, y % 2) {
                (0, 0) => [here, (sides + ends) / 2.0, corners],
                (1, 1) => [corners, (sides + ends) / 2.0, here],
                (1, 0) => [sides, here, ends],
                _ => [ends, here, sides],
            };
        }
    }
}
