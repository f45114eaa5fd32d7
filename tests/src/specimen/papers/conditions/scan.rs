//! The flatbed: a sharp or a cheap one, the sheet laid a little askew, at several resolutions.

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

/// Fed head first.
pub(super) fn upside(scene: &Scene<'_, '_>) -> Shot {
    let mut shot = scan200(scene);
    shot.turn(180);
    shot
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
        },
        file,
    }
}

impl Shot {
    /// Turns the whole image clockwise by 90, 180 or 270 degrees.
    pub(super) fn turn(&mut self, degrees: u32) {
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
