//! The flatbed: a sharp or a cheap one, the sheet laid a little askew, at several resolutions.

use image::RgbImage;

use super::super::chance::Chance;
use super::super::marks;
use super::super::plate::{Clouds, Plate};
use super::{File, Meta, Quad, Scene, Shot};

/// The printer's file itself: 300 dpi, upright.
pub(super) fn clean300(scene: &Scene<'_, '_>) -> Shot {
    let image = scene.form.canvas.pixels.clone();
    let (width, height) = (image.width() as f32, image.height() as f32);
    let quad = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    Shot {
        image,
        meta: Meta {
            quad,
            dpi: 300,
            rotate: 0,
            others: Vec::new(),
        },
        file: File::Png,
    }
}

/// An office scanner at 200 dpi.
pub(super) fn scan200(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let settings = Settings {
        dpi: 200,
        degrees: chance.either_way(0.1, 1.3),
        sharpness: chance.between(0.45, 0.7),
        grain: 0.012,
    };
    let quality = chance.whole(80, 90) as u8;
    scan(scene, scene.page(), &settings, File::Jpeg(quality))
}

/// The same at 150 dpi: all that a bad copier sends.
pub(super) fn scan150(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let settings = Settings {
        dpi: 150,
        degrees: chance.either_way(0.1, 1.3),
        sharpness: chance.between(0.4, 0.6),
        grain: 0.015,
    };
    let quality = chance.whole(72, 82) as u8;
    scan(scene, scene.page(), &settings, File::Jpeg(quality))
}

/// Laid down in haste.
pub(super) fn skew4(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let settings = Settings {
        dpi: 300,
        degrees: chance.either_way(3.0, 5.0),
        sharpness: 0.5,
        grain: 0.010,
    };
    scan(scene, scene.page(), &settings, File::Jpeg(86))
}

/// Sealed, signed, and stamped across the text by a careless hand.
pub(super) fn stamp300(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let page = marks::careless(scene.form, &mut chance);
    let settings = Settings {
        dpi: 300,
        degrees: chance.normal() * 0.3,
        sharpness: 0.55,
        grain: 0.012,
    };
    scan(
        scene,
        Plate::from_image(&page.pixels),
        &settings,
        File::Jpeg(88),
    )
}

/// Sealed and signed, through a feeder at 200 dpi.
pub(crate) fn feeder(scene: &Scene<'_, '_>) -> Shot {
    let settings = office(&mut scene.chance.clone());
    scan(scene, scene.endorsed(), &settings, File::Jpeg(85))
}

/// Fed head first.
pub(super) fn upside(scene: &Scene<'_, '_>) -> Shot {
    turned(scene, 180)
}

/// Laid across the glass.
pub(super) fn rot90(scene: &Scene<'_, '_>) -> Shot {
    turned(scene, 90)
}

/// Laid across the glass, the other way.
pub(super) fn rot270(scene: &Scene<'_, '_>) -> Shot {
    turned(scene, 270)
}

fn turned(scene: &Scene<'_, '_>, degrees: u32) -> Shot {
    let mut shot = scan(
        scene,
        scene.endorsed(),
        &office(&mut scene.chance.clone()),
        File::Jpeg(86),
    );
    shot.turn(degrees);
    shot
}

/// Without colour: the seal is as black as the text.
pub(super) fn grey200(scene: &Scene<'_, '_>) -> Shot {
    let mut page = scene.endorsed();
    page.grey();
    scan(
        scene,
        page,
        &office(&mut scene.chance.clone()),
        File::GreyJpeg(80),
    )
}

/// Squeezed to fit a mailbox.
pub(super) fn jpeg40(scene: &Scene<'_, '_>) -> Shot {
    scan(
        scene,
        scene.endorsed(),
        &office(&mut scene.chance.clone()),
        File::Jpeg(40),
    )
}

/// Two papers side by side on A3 glass; this one is on the left or on the right.
pub(super) fn a3_pair(scene: &Scene<'_, '_>) -> Shot {
    let mut chance = scene.chance.clone();
    let one = scan(scene, scene.endorsed(), &office(&mut chance), File::Png);
    let neighbour = (scene.beside)();
    let other_scene = Scene {
        form: scene.form,
        chance: scene.chance.fork("other"),
        beside: scene.beside,
    };
    let other = scan(
        &other_scene,
        Plate::from_image(&neighbour),
        &office(&mut chance),
        File::Png,
    );
    let first = chance.chance(0.5);
    let (left, right) = if first {
        (&one, &other)
    } else {
        (&other, &one)
    };
    let (a, b) = (left.image.dimensions(), right.image.dimensions());
    let gap = chance.whole(8, 30);
    let mut image =
        RgbImage::from_pixel(a.0 + b.0 + gap, a.1.max(b.1), image::Rgb([238, 238, 236]));
    image::imageops::replace(&mut image, &left.image, 0, 0);
    image::imageops::replace(&mut image, &right.image, i64::from(a.0 + gap), 0);
    let shift = |quad: Quad| quad.map(|[x, y]| [x + (a.0 + gap) as f32, y]);
    let (quad, beside) = if first {
        (one.meta.quad, shift(other.meta.quad))
    } else {
        (shift(one.meta.quad), other.meta.quad)
    };
    Shot {
        image,
        meta: Meta {
            quad,
            dpi: 200,
            rotate: 0,
            others: vec![beside],
        },
        file: File::Jpeg(84),
    }
}

/// A decent machine at 200 dpi.
pub(super) fn office(chance: &mut Chance) -> Settings {
    Settings {
        dpi: 200,
        degrees: chance.either_way(0.0, 1.0),
        sharpness: chance.between(0.45, 0.65),
        grain: 0.012,
    }
}

/// How the scanner is set and how the sheet lies.
pub(super) struct Settings {
    pub(super) dpi: u32,
    /// Clockwise.
    pub(super) degrees: f32,
    /// Spread of the lens, in pixels of the result.
    pub(super) sharpness: f32,
    pub(super) grain: f32,
}

/// Scans a page drawn at 300 dpi.
pub(super) fn scan(scene: &Scene<'_, '_>, page: Plate, settings: &Settings, file: File) -> Shot {
    let mut chance = scene.chance.fork("scan");
    let scale = settings.dpi as f32 / 300.0;
    let (page_width, page_height) = (page.width as f32, page.height as f32);
    let width = (page_width * scale) as usize;
    let height = (page_height * scale) as usize;
    // A pixel of the result gathers the light of 1/scale pixels of the page: without this, stairs would show.
    let page = if scale < 0.95 {
        page.blur(0.42 / scale)
    } else {
        page
    };
    let (sin, cos) = settings.degrees.to_radians().sin_cos();
    let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
    let shift = [chance.between(-6.0, 6.0), chance.between(-6.0, 6.0)];
    let lid = chance.between(0.93, 0.99);
    let lamp = Clouds::new(&mut chance, width, height, width as f32 / 2.0);
    let mut out = Plate::of(width, height, [lid; 3]);
    out.each(|x, y, pixel| {
        let (dx, dy) = (x + 0.5 - cx - shift[0], y + 0.5 - cy - shift[1]);
        let (u, v) = (
            (dx * cos + dy * sin) / scale + page_width / 2.0,
            (dy * cos - dx * sin) / scale + page_height / 2.0,
        );
        if let Some(inside) = page.sample(u, v) {
            let light = 1.0 + 0.008 * lamp.at(x, y);
            *pixel = inside.map(|channel| (0.03 + channel * 0.955) * light);
        }
    });
    let mut out = out.blur(settings.sharpness);
    out.noise(&mut chance, settings.grain, settings.grain * 0.5, true);
    let corner = |u: f32, v: f32| {
        let (dx, dy) = (
            (u - 0.5) * page_width * scale,
            (v - 0.5) * page_height * scale,
        );
        [
            dx * cos - dy * sin + cx + shift[0],
            dx * sin + dy * cos + cy + shift[1],
        ]
    };
    let quad: Quad = [
        corner(0.0, 0.0),
        corner(1.0, 0.0),
        corner(1.0, 1.0),
        corner(0.0, 1.0),
    ];
    Shot {
        image: out.to_image(),
        meta: Meta {
            quad,
            dpi: settings.dpi,
            rotate: 0,
            others: Vec::new(),
        },
        file,
    }
}

impl Shot {
    /// Turns the whole image clockwise by 90, 180 or 270 degrees.
    pub(crate) fn turn(&mut self, degrees: u32) {
        let (width, height) = (self.image.width() as f32, self.image.height() as f32);
        self.image = match degrees {
            90 => image::imageops::rotate90(&self.image),
            180 => image::imageops::rotate180(&self.image),
            _ => image::imageops::rotate270(&self.image),
        };
        for corner in &mut self.meta.quad {
            let [x, y] = *corner;
            *corner = match degrees {
                90 => [height - y, x],
                180 => [width - x, height - y],
                _ => [y, width - x],
            };
        }
        self.meta.rotate = (self.meta.rotate + degrees) % 360;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_turn_with_the_image() {
        let corners = [[0.5, 0.5], [29.5, 0.5], [29.5, 19.5], [0.5, 19.5]];
        for degrees in [90, 180, 270] {
            let mut image = RgbImage::new(30, 20);
            for (shade, [x, y]) in [50, 100, 150, 200].into_iter().zip(corners) {
                image.put_pixel(x as u32, y as u32, image::Rgb([shade; 3]));
            }
            let meta = Meta {
                quad: corners,
                dpi: 200,
                rotate: 0,
                others: Vec::new(),
            };
            let mut shot = Shot {
                image,
                meta,
                file: File::Png,
            };
            shot.turn(degrees);
            assert_eq!(shot.meta.rotate, degrees);
            for (shade, [x, y]) in [50, 100, 150, 200].into_iter().zip(shot.meta.quad) {
                assert_eq!(
                    shot.image.get_pixel(x as u32, y as u32).0,
                    [shade; 3],
                    "{degrees}"
                );
            }
        }
    }
}
