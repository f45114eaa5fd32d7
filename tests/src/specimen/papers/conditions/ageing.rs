//! What time, copiers and printers do to a page before it is scanned.

use super::super::chance::Chance;
use super::super::plate::{Clouds, Pixel, Plate, luminance};
use super::scan::{Settings, office, scan};
use super::{File, Scene, Shot};

/// A black-and-white copy of the sealed page: hard contrast, specks of toner, a dark rim where the lid stood open.
pub(super) fn photocopy(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let mut page = scene.endorsed().blur(chance.between(0.9, 1.4));
    let threshold = chance.between(0.52, 0.68);
    let hard = chance.between(9.0, 14.0);
    let (rim, side) = (chance.between(8.0, 40.0), chance.chance(0.5));
    let width = page.width as f32;
    let patches = Clouds::new(&mut chance, page.width, page.height, 300.0);
    page.each(|x, y, pixel| {
        let mut light = luminance(*pixel);
        let edge = if side { x } else { width - x };
        light -= 0.9 * (-(edge / rim).powi(2)).exp();
        let level = 1.0 / (1.0 + (-hard * (light - threshold - 0.02 * patches.at(x, y))).exp());
        *pixel = [0.06 + 0.92 * level; 3];
    });
    specks(&mut page, &mut chance, 900, 0.08);
    specks(&mut page, &mut chance, 500, 0.97);
    scan(scene, page, &office(&mut chance), File::Jpeg(84))
}

/// Old, yellow, folded twice, the back shining through.
pub(super) fn fold(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let mut page = scene.endorsed();
    show_through(&mut page, &scene.page(), chance.between(0.05, 0.12));
    let age = chance.between(0.3, 1.0);
    let tint = [0.04, 0.12, 0.28].map(|loss| 1.0 - loss * age);
    let stains = Clouds::new(&mut chance, page.width, page.height, 700.0);
    page.each(|x, y, pixel| {
        let spot = 1.0 - 0.03 * age * stains.at(x, y).max(0.0);
        for (channel, tint) in pixel.iter_mut().zip(tint) {
            *channel *= tint * spot;
        }
    });
    let thirds = chance.chance(0.6);
    let (width, height) = (page.width as f32, page.height as f32);
    let lines = if thirds {
        vec![height * 0.34, height * 0.67]
    } else {
        vec![height * 0.5]
    };
    for at in lines {
        let lean = chance.normal() * 0.004;
        crease(&mut page, &mut chance, at, lean, true);
    }
    if chance.chance(0.6) {
        let lean = chance.normal() * 0.004;
        crease(&mut page, &mut chance, width * 0.5, lean, false);
    }
    scan(scene, page, &office(&mut chance), File::Jpeg(84))
}

/// On tinted paper, as committees print what must be told apart.
pub(super) fn coloured(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let tint: Pixel = *chance.one(&[
        [0.98, 0.86, 0.88],
        [0.99, 0.96, 0.70],
        [0.80, 0.92, 0.98],
        [0.82, 0.95, 0.82],
        [0.99, 0.88, 0.72],
    ]);
    let mut page = scene.endorsed();
    let fibres = Clouds::new(&mut chance, page.width, page.height, 5.0);
    page.each(|x, y, pixel| {
        let fibre = 1.0 + 0.008 * fibres.at(x, y);
        for (channel, tint) in pixel.iter_mut().zip(tint) {
            *channel *= tint * fibre;
        }
    });
    scan(scene, page, &office(&mut chance), File::Jpeg(86))
}

/// Ink that light has eaten.
pub(super) fn faded(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let left = chance.between(0.38, 0.58);
    let mut page = scene.endorsed();
    let patches = Clouds::new(&mut chance, page.width, page.height, 500.0);
    page.each(|x, y, pixel| {
        let rest = (left + 0.06 * patches.at(x, y)).clamp(0.25, 0.8);
        // Black ink turns brown: red light comes back first.
        for (channel, keep) in pixel.iter_mut().zip([0.88, 1.0, 1.04]) {
            *channel = (1.0 - (1.0 - *channel) * rest * keep) * 0.97;
        }
    });
    scan(scene, page, &office(&mut chance), File::Jpeg(86))
}

/// The cartridge is nearly empty: pale streaks down the page and letters with holes.
pub(super) fn low_toner(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let mut page = scene.page();
    let streaks: Vec<(f32, f32, f32)> = (0..chance.whole(2, 5))
        .map(|_| {
            (
                chance.between(0.05, 0.95) * page.width as f32,
                chance.between(20.0, 110.0),
                chance.between(0.25, 0.6),
            )
        })
        .collect();
    let (patches, holes) = (
        Clouds::new(&mut chance, page.width, page.height, 160.0),
        Clouds::new(&mut chance, page.width, page.height, 2.6),
    );
    let general = chance.between(0.62, 0.85);
    page.each(|x, y, pixel| {
        let mut toner = general + 0.08 * patches.at(x, y * 0.3);
        for &(at, wide, depth) in &streaks {
            toner -= depth * (-((x - at) / wide).powi(2)).exp();
        }
        toner -= 0.16 * (holes.at(x, y) - 0.6).max(0.0);
        let toner = toner.clamp(0.3, 1.0);
        *pixel = pixel.map(|channel| 1.0 - (1.0 - channel) * toner);
    });
    scan(scene, page, &office(&mut chance), File::Jpeg(85))
}

/// Thin paper, printed on both sides.
pub(super) fn bleed(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let mut page = scene.endorsed();
    show_through(
        &mut page,
        &Plate::from_image(&(scene.beside)()),
        chance.between(0.13, 0.24),
    );
    scan(scene, page, &office(&mut chance), File::Jpeg(85))
}

/// A dirty glass: specks, hairs, and the line that a grain leaves in a feeder.
pub(super) fn dust(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let mut page = scene.endorsed();
    let count = chance.whole(200, 700);
    specks(&mut page, &mut chance, count, 0.35);
    for _ in 0..chance.whole(1, 5) {
        hair(&mut page, &mut chance);
    }
    for _ in 0..chance.whole(0, 2) {
        let at = chance.between(0.05, 0.95) * page.width as f32;
        let grey = chance.between(0.45, 0.8);
        page.each(|x, _, pixel| {
            if (x - at).abs() < 1.5 {
                *pixel = pixel.map(|channel| channel * grey);
            }
        });
    }
    let settings = Settings {
        grain: 0.018,
        ..office(&mut chance)
    };
    scan(scene, page, &settings, File::Jpeg(82))
}

/// The other side, mirrored, pale and blurred by the paper between.
fn show_through(page: &mut Plate, back: &Plate, strength: f32) {
    let back = back.clone().blur(2.0);
    let (width, height) = (page.width, page.height);
    page.each(|x, y, pixel| {
        let (x, y) = (
            (width - 1 - x as usize) * back.width / width,
            y as usize * back.height / height,
        );
        let through = back.pixels[y * back.width + x];
        for (channel, through) in pixel.iter_mut().zip(through) {
            *channel *= 1.0 - strength * (1.0 - through);
        }
    });
}

/// A fold that was opened again: the sheet rises a little on both sides and the ink on the ridge is worn off.
fn crease(page: &mut Plate, chance: &mut Chance, at: f32, lean: f32, across: bool) {
    let (depth, push) = (chance.between(0.10, 0.28), chance.between(0.5, 2.0));
    let wear = Clouds::new(chance, page.width, page.height, 40.0);
    let source = page.clone();
    page.each(|x, y, pixel| {
        let (along, off) = if across { (x, y) } else { (y, x) };
        let distance = off - at - lean * along - 2.0 * wear.at(along, 0.0);
        if distance.abs() > 90.0 {
            return;
        }
        // What lies on the slope is seen foreshortened.
        let shift = push * distance.signum() * (-(distance / 30.0).powi(2)).exp();
        let (sx, sy) = if across {
            (x + 0.5, y + 0.5 + shift)
        } else {
            (x + 0.5 + shift, y + 0.5)
        };
        let seen = source.sample(sx, sy).unwrap_or(*pixel);
        let ridge = (-(distance / 2.6).powi(2)).exp();
        let slope = 0.05 * (distance / 25.0) * (-(distance / 25.0).powi(2)).exp();
        let worn = ridge * (0.35 + 0.25 * wear.at(along, off)).clamp(0.0, 0.9);
        *pixel = seen.map(|channel| {
            ((channel + (0.93 - channel) * worn) * (1.0 - depth * ridge) + slope * channel)
                .clamp(0.0, 1.0)
        });
    });
}

/// Dots of one grey, a few of them large.
fn specks(page: &mut Plate, chance: &mut Chance, count: u32, grey: f32) {
    for _ in 0..count {
        let (x, y) = (
            chance.unit() * page.width as f32,
            chance.unit() * page.height as f32,
        );
        let radius = 0.6 + 1.6 * chance.unit().powi(4) * 1.6;
        spot(page, x, y, radius, grey);
    }
}

fn spot(page: &mut Plate, x: f32, y: f32, radius: f32, grey: f32) {
    let reach = radius.ceil() as i32 + 1;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let (px, py) = (x as i32 + dx, y as i32 + dy);
            if px < 0 || py < 0 || px as usize >= page.width || py as usize >= page.height {
                continue;
            }
            let cover = (radius + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0);
            let pixel = &mut page.pixels[py as usize * page.width + px as usize];
            *pixel = pixel.map(|channel| channel + (grey - channel) * cover);
        }
    }
}

fn hair(page: &mut Plate, chance: &mut Chance) {
    let (mut x, mut y) = (
        chance.unit() * page.width as f32,
        chance.unit() * page.height as f32,
    );
    let (mut angle, bend) = (chance.between(0.0, 6.2), chance.normal() * 0.02);
    for _ in 0..chance.whole(60, 260) {
        spot(page, x, y, 0.9, 0.4);
        x += angle.cos() * 1.3;
        y += angle.sin() * 1.3;
        angle += bend + chance.normal() * 0.03;
    }
}
