//! Draws faces of people who do not exist, good enough for a face detector and clean of anyone's rights.
//!
//! A seed is a person: skin, hair, bones and features follow from it. [`draw_face`] is the portrait on
//! the card; [`draw_face_at_desk`] is the same person before the camera, a little turned, nearer or
//! farther and in other light, so that comparing the two is no comparison of equal pixels.

use image::{Rgb, RgbImage};

use super::split_mix::SplitMix;

/// Two people whom a face recogniser tells apart: cosines of at most 0.21 over three pictures each.
/// Drawn faces resemble each other more than real ones do, since one hand drew them: two seeds taken
/// at random may well match.
pub const APART: [u64; 2] = [1, 23];

/// The portrait of person `seed` as a card's chip holds it: 360 × 480, plain background.
pub fn draw_face(seed: u64) -> RgbImage {
    let setting = Setting {
        width: 360,
        height: 480,
        centre: (180.0, 245.0),
        scale: 98.0,
        roll: 0.0,
        light: (-0.25, -0.35),
        exposure: 1.0,
        noise: 2.5,
        take: 0,
        background: [0.84, 0.87, 0.91],
    };
    Drawing::new(Person::of(seed), setting).picture()
}

/// Person `seed` before the desk's camera: 640 × 480; each `take` is another moment.
pub fn draw_face_at_desk(seed: u64, take: u64) -> RgbImage {
    let mut dice = Dice::new(seed ^ take.wrapping_mul(0x9E37_79B9) ^ 0xDE5C);
    let setting = Setting {
        width: 640,
        height: 480,
        centre: (
            320.0 + dice.between(-40.0, 40.0),
            255.0 + dice.between(-10.0, 10.0),
        ),
        scale: dice.between(84.0, 104.0),
        roll: dice.between(-0.09, 0.09),
        light: (dice.between(-0.5, 0.5), dice.between(-0.45, -0.1)),
        exposure: dice.between(0.82, 1.08),
        noise: 5.0,
        take: take + 1,
        background: [0.55, 0.53, 0.47],
    };
    Drawing::new(Person::of(seed), setting).picture()
}

type Colour = [f32; 3];

/// How the picture is taken.
struct Setting {
    width: u32,
    height: u32,
    /// The middle of the face in pixels.
    centre: (f32, f32),
    /// Half the face's width in pixels.
    scale: f32,
    /// In radians.
    roll: f32,
    /// Where the light comes from: left/right and up/down.
    light: (f32, f32),
    exposure: f32,
    /// Standard deviation of the sensor's noise, of 255.
    noise: f32,
    take: u64,
    background: Colour,
}

/// What makes one drawn person differ from another; lengths in half face widths.
struct Person {
    seed: u64,
    skin: Colour,
    hair: Colour,
    iris: Colour,
    lips: Colour,
    cloth: Colour,
    /// Half the height of the face.
    tall: f32,
    /// How much the jaw narrows.
    jaw: f32,
    eye_apart: f32,
    eye_height: f32,
    eye_width: f32,
    eye_open: f32,
    eye_slant: f32,
    brow_gap: f32,
    brow_thick: f32,
    brow_arch: f32,
    nose_tip: f32,
    nose_width: f32,
    mouth_height: f32,
    mouth_width: f32,
    lip_full: f32,
    hairline: f32,
    hair_volume: f32,
    long_hair: bool,
    beard: f32,
    glasses: bool,
    age: f32,
}

impl Person {
    fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ 0x5EED);
        let tan = dice.between(0.0, 1.0);
        let mix = |a: Colour, b: Colour, t: f32| [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t);
        let long_hair = dice.chance(0.5);
        let age = dice.between(0.0, 1.0);
        let gray = if age > 0.75 {
            dice.between(0.3, 0.8)
        } else {
            0.0
        };
        Self {
            seed,
            skin: mix([0.93, 0.76, 0.65], [0.66, 0.46, 0.34], tan),
            hair: mix([0.09, 0.07, 0.06], [0.72, 0.71, 0.70], gray),
            iris: mix(
                [0.13, 0.08, 0.05],
                [0.30, 0.19, 0.11],
                dice.between(0.0, 1.0),
            ),
            lips: mix(
                [0.72, 0.38, 0.36],
                [0.55, 0.30, 0.28],
                dice.between(0.0, 1.0),
            ),
            cloth: [0, 1, 2].map(|_| dice.between(0.1, 0.85)),
            tall: dice.between(1.15, 1.52),
            jaw: dice.between(0.0, 0.45),
            eye_apart: dice.between(0.35, 0.52),
            eye_height: dice.between(-0.28, -0.02),
            eye_width: dice.between(0.15, 0.26),
            eye_open: dice.between(0.045, 0.13),
            eye_slant: dice.between(-0.12, 0.22),
            brow_gap: dice.between(0.15, 0.32),
            brow_thick: dice.between(0.018, 0.09),
            brow_arch: dice.between(-0.03, 0.14),
            nose_tip: dice.between(0.25, 0.5),
            nose_width: dice.between(0.15, 0.36),
            mouth_height: dice.between(0.62, 0.86),
            mouth_width: dice.between(0.24, 0.48),
            lip_full: dice.between(0.03, 0.14),
            hairline: dice.between(-1.05, -0.58),
            hair_volume: dice.between(1.06, 1.28),
            long_hair,
            beard: if !long_hair && dice.chance(0.5) {
                dice.between(0.3, 0.85)
            } else {
                0.0
            },
            glasses: dice.chance(0.25),
            age,
        }
    }
}

struct Drawing {
    person: Person,
    setting: Setting,
}

impl Drawing {
    const fn new(person: Person, setting: Setting) -> Self {
        Self { person, setting }
    }

    fn picture(&self) -> RgbImage {
        let setting = &self.setting;
        let mut dice = Dice::new(self.person.seed ^ setting.take.wrapping_mul(0x51_7CC1) ^ 0xF11A);
        RgbImage::from_fn(setting.width, setting.height, |x, y| {
            // Every edge is soft by itself, so one sample a pixel is enough.
            let colour = self.at(x as f32 + 0.5, y as f32 + 0.5);
            let shot = dice.gauss() * setting.noise;
            Rgb(colour.map(|value| {
                let level = (value * setting.exposure).clamp(0.0, 1.0) * 255.0;
                let level = level + shot + dice.gauss() * setting.noise * 0.5;
                level.clamp(0.0, 255.0) as u8
            }))
        })
    }

    /// The colour at a place of the picture, painted from the back to the front.
    fn at(&self, px: f32, py: f32) -> Colour {
        let (sin, cos) = self.setting.roll.sin_cos();
        let (dx, dy) = (px - self.setting.centre.0, py - self.setting.centre.1);
        let at = Place {
            u: (dx * cos + dy * sin) / self.setting.scale,
            v: (dy * cos - dx * sin) / self.setting.scale,
        };
        let mut colour = self.setting.background.map(|c| c * (1.0 - 0.06 * at.v));
        self.body(&at, &mut colour);
        let face = self.face_cover(&at);
        if face > 0.0 {
            let mut skin = self.skin(&at);
            self.hollows(&at, &mut skin);
            self.nose(&at, &mut skin);
            self.mouth(&at, &mut skin);
            for side in [-1.0, 1.0] {
                self.eye(&at, side, &mut skin);
                self.brow(&at, side, &mut skin);
            }
            over(&mut colour, skin, face);
        }
        self.fringe(&at, &mut colour);
        if self.person.glasses {
            self.frames(&at, &mut colour);
        }
        colour
    }

    /// Clothes, neck, ears and the hair behind the head.
    fn body(&self, at: &Place, colour: &mut Colour) {
        let p = &self.person;
        if p.long_hair {
            let hang = at.ellipse(0.0, 0.45, p.hair_volume * 1.08, p.tall * 1.25);
            self.hair_over(at, colour, edge(1.0 - hang, 0.06));
        }
        let shoulders = at.ellipse(0.0, p.tall + 1.35, 2.15, 1.02);
        let fold = 0.85 + 0.25 * noise(at.u * 3.0, at.v * 2.0, p.seed ^ 3);
        over(
            colour,
            p.cloth.map(|c| c * fold),
            edge(1.0 - shoulders, 0.05),
        );
        let neck = edge(0.52 - at.u.abs(), 0.05)
            * edge(at.v - 0.6, 0.1)
            * edge(p.tall + 0.55 - at.v, 0.12);
        let under_chin = 0.55 + 0.3 * smooth(p.tall - 0.05, p.tall + 0.4, at.v);
        let round = 1.0 - 0.35 * (at.u / 0.52).powi(2).min(1.0);
        over(colour, p.skin.map(|c| c * under_chin * round), neck);
        for side in [-1.0, 1.0] {
            let ear = at.ellipse(side * 1.0, 0.02, 0.13, 0.27);
            let inner = at.ellipse(side * 1.02, 0.0, 0.06, 0.17);
            let tone = 0.78 - 0.2 * edge(1.0 - inner, 0.3);
            over(colour, p.skin.map(|c| c * tone), edge(1.0 - ear, 0.1));
        }
        let scalp = at.ellipse(0.0, -0.32, p.hair_volume, p.tall * 0.86);
        let cover = edge(1.0 - scalp, 0.05) * edge(0.45 - at.v, 0.25);
        self.hair_over(at, colour, cover);
    }

    fn face_cover(&self, at: &Place) -> f32 {
        edge(1.0 - self.radius(at), 0.025)
    }

    /// 0 in the middle of the face, 1 on its outline.
    fn radius(&self, at: &Place) -> f32 {
        let narrowing = 1.0 - self.person.jaw * (at.v / self.person.tall).max(0.0).powi(2);
        (at.u / narrowing).hypot(at.v / self.person.tall)
    }

    fn skin(&self, at: &Place) -> Colour {
        let p = &self.person;
        let (nx, ny) = (at.u * 0.85, at.v / p.tall * 0.75);
        let nz = (1.0 - nx * nx - ny * ny).max(0.05).sqrt();
        let (lx, ly) = self.setting.light;
        let lz = (1.0 - lx * lx - ly * ly).max(0.1).sqrt();
        let lit = 0.42 + 0.62 * (nx * lx + ny * ly + nz * lz).max(0.0);
        let blotch = 0.05 * (noise(at.u * 6.0, at.v * 6.0, p.seed) - 0.5)
            + 0.035 * (noise(at.u * 28.0, at.v * 28.0, p.seed ^ 1) - 0.5);
        let mut skin = p.skin.map(|c| c * (lit + blotch));
        for side in [-1.0, 1.0] {
            let cheek = at.spot(side * 0.52, 0.33, 0.28, 0.22);
            skin = [
                skin[0] * (1.0 + 0.05 * cheek),
                skin[1] * (1.0 - 0.05 * cheek),
                skin[2] * (1.0 - 0.05 * cheek),
            ];
        }
        if p.beard > 0.0 {
            let low = smooth(0.35, 0.75, at.v + 0.25 * at.u.abs());
            let grain = 0.6 + 0.5 * noise(at.u * 45.0, at.v * 45.0, p.seed ^ 7);
            over(&mut skin, p.hair, (p.beard * low * grain * 0.75).min(0.9));
        }
        skin
    }

    /// Shadows that bones and age leave: sockets, folds beside the mouth, lines on the forehead.
    fn hollows(&self, at: &Place, skin: &mut Colour) {
        let p = &self.person;
        for side in [-1.0, 1.0] {
            let socket = at.spot(side * p.eye_apart, p.eye_height - 0.03, 0.27, 0.17);
            shade(skin, 0.20 * socket);
            let bag = at.spot(side * p.eye_apart, p.eye_height + 0.17, 0.19, 0.05);
            shade(skin, (0.05 + 0.13 * p.age) * bag);
            let fold_u = side
                * (p.nose_width
                    + 0.05
                    + 0.22 * smooth(p.nose_tip - 0.1, p.mouth_height + 0.05, at.v));
            let along = edge(at.v - p.nose_tip + 0.1, 0.08) * edge(p.mouth_height - at.v, 0.1);
            shade(
                skin,
                (0.06 + 0.16 * p.age) * along * gauss((at.u - fold_u) / 0.035),
            );
            let temple = at.spot(side * 0.88, -0.25, 0.16, 0.35);
            shade(skin, 0.10 * temple);
            let cheekbone = at.spot(side * 0.72, 0.52, 0.2, 0.3);
            shade(skin, 0.10 * cheekbone);
        }
        if p.age > 0.6 {
            for line in [-0.72, -0.62, -0.52] {
                let wave = line + 0.02 * (at.u * 5.0).sin();
                shade(
                    skin,
                    0.14 * (p.age - 0.4)
                        * gauss((at.v - wave) / 0.014)
                        * edge(0.5 - at.u.abs(), 0.15),
                );
            }
        }
        shade(skin, 0.16 * at.spot(0.0, p.mouth_height + 0.2, 0.2, 0.05));
        shade(
            skin,
            -0.06 * at.spot(0.0, p.mouth_height + 0.36, 0.18, 0.12),
        );
        shade(skin, -0.06 * at.spot(0.0, -0.55, 0.45, 0.22));
    }

    fn nose(&self, at: &Place, skin: &mut Colour) {
        let p = &self.person;
        let top = p.eye_height - 0.05;
        let along = smooth(top, p.nose_tip, at.v) * edge(p.nose_tip + 0.05 - at.v, 0.05);
        let half = 0.09 + (p.nose_width - 0.10) * smooth(top, p.nose_tip, at.v).powi(2);
        let lit_side = self.setting.light.0.signum();
        // The bridge catches light; the side away from it falls into shadow.
        shade(skin, -0.11 * gauss(at.u / 0.055) * along);
        shade(
            skin,
            0.20 * gauss((at.u + lit_side * half * 0.9) / 0.06) * along,
        );
        shade(skin, 0.09 * gauss((at.u - lit_side * half) / 0.06) * along);
        shade(skin, -0.14 * at.spot(0.0, p.nose_tip - 0.07, 0.07, 0.06));
        shade(
            skin,
            0.26 * at.spot(0.0, p.nose_tip + 0.075, p.nose_width * 0.9, 0.035),
        );
        for side in [-1.0, 1.0] {
            shade(
                skin,
                0.60 * at.spot(side * p.nose_width * 0.45, p.nose_tip + 0.03, 0.05, 0.025),
            );
            let wing = at.ellipse(
                side * p.nose_width * 0.72,
                p.nose_tip - 0.02,
                p.nose_width * 0.36,
                0.085,
            );
            shade(
                skin,
                0.22 * gauss((wing - 1.0) / 0.22) * edge((at.u * side) - p.nose_width * 0.7, 0.05),
            );
        }
    }

    fn mouth(&self, at: &Place, skin: &mut Colour) {
        let p = &self.person;
        let x = at.u / p.mouth_width;
        if x.abs() > 1.25 {
            return;
        }
        let taper = (1.0 - x * x).max(0.0);
        let line = p.mouth_height + 0.018 * (x * 3.0).cos() - 0.012 * x * x;
        let bow = 1.0 - 0.28 * gauss(x / 0.16) + 0.12 * gauss((x.abs() - 0.3) / 0.2);
        let upper = line - p.lip_full * 0.85 * taper.powf(0.7) * bow;
        let lower = line + p.lip_full * 1.15 * taper.sqrt();
        let in_upper = edge(at.v - upper, 0.012) * edge(line - at.v, 0.01);
        let in_lower = edge(at.v - line, 0.01) * edge(lower - at.v, 0.015);
        let within = edge(1.0 - x.abs(), 0.06);
        over(skin, p.lips.map(|c| c * 0.80), in_upper * within * 0.85);
        let gleam = 0.97 + 0.16 * at.spot(0.0, (line + lower) / 2.0, p.mouth_width * 0.4, 0.02);
        over(skin, p.lips.map(|c| c * gleam), in_lower * within * 0.85);
        shade(
            skin,
            0.72 * gauss((at.v - line) / 0.014) * edge(1.02 - x.abs(), 0.08),
        );
        for side in [-1.0, 1.0] {
            shade(
                skin,
                0.30 * at.spot(side * p.mouth_width * 1.02, line, 0.04, 0.035),
            );
        }
    }

    fn eye(&self, at: &Place, side: f32, skin: &mut Colour) {
        let p = &self.person;
        let u = (at.u - side * p.eye_apart) * side;
        let v = at.v - p.eye_height + p.eye_slant * u;
        let x = u / p.eye_width;
        if x.abs() > 1.6 || v.abs() > 0.4 {
            return;
        }
        let lid = (1.0 - x * x).max(0.0);
        let upper = -p.eye_open * lid.powf(0.6);
        let lower = p.eye_open * 0.78 * lid.powf(0.85);
        let open = edge(v - upper, 0.010) * edge(lower - v, 0.010) * edge(1.0 - x.abs(), 0.05);
        let white = 0.86 - 0.30 * x.abs().powi(2) - 0.25 * gauss((v - upper) / 0.03);
        let mut ball = [white, white * 0.97, white * 0.95];
        let radius = p.eye_open.max(0.075) * 1.12;
        let from_iris = u.hypot(v + 0.008) / radius;
        let rim = if from_iris > 0.8 { 0.55 } else { 1.0 };
        over(
            &mut ball,
            p.iris.map(|c| c * rim),
            edge(1.0 - from_iris, 0.12),
        );
        over(&mut ball, [0.02; 3], edge(0.45 - from_iris, 0.1));
        let spark = ((at.u - side * p.eye_apart) + 0.025).hypot(v + 0.035) / 0.018;
        over(&mut ball, [0.97; 3], edge(1.0 - spark, 0.4));
        over(skin, ball, open);
        // Lashes, the crease above them and the lower rim.
        let near = edge(1.08 - x.abs(), 0.06);
        shade(skin, 0.80 * gauss((v - upper) / 0.020) * near);
        shade(skin, 0.26 * gauss((v - upper + 0.055) / 0.020) * near);
        shade(skin, 0.30 * gauss((v - lower) / 0.014) * near);
        shade(skin, 0.28 * gauss((x + 1.05) / 0.12) * gauss(v / 0.03));
    }

    fn brow(&self, at: &Place, side: f32, skin: &mut Colour) {
        let p = &self.person;
        let u = (at.u - side * p.eye_apart) * side;
        let x = u / (p.eye_width * 1.35);
        let ridge = p.eye_height
            - p.brow_gap
            - p.brow_arch * (1.0 - (x - 0.25).powi(2))
            - p.eye_slant * u * 0.6;
        let thick = p.brow_thick * (1.15 - 0.55 * smooth(-0.6, 1.1, x));
        if x.abs() > 1.3 || (at.v - ridge).abs() > 3.0 * thick {
            return;
        }
        let hairs = 0.65 + 0.6 * (noise(at.u * 55.0, at.v * 25.0, p.seed ^ 11) - 0.3);
        let cover = gauss((at.v - ridge) / thick) * edge(1.0 - x.abs(), 0.14) * hairs;
        over(skin, p.hair, cover.clamp(0.0, 0.92));
    }

    /// Hair that falls over the forehead and frames the face.
    fn fringe(&self, at: &Place, colour: &mut Colour) {
        let p = &self.person;
        let parting = if p.seed.is_multiple_of(2) { 0.35 } else { -0.3 };
        let line = p.hairline
            + 0.30 * (at.u - parting).powi(2)
            + 0.05 * (at.u * 9.0 + p.seed as f32).sin();
        let cap = at.ellipse(0.0, -0.32, p.hair_volume, p.tall * 0.86);
        let mut cover = edge(line - at.v, 0.035) * edge(1.0 - cap, 0.04);
        if p.long_hair {
            let hang = at.ellipse(0.0, 0.45, p.hair_volume * 1.08, p.tall * 1.25);
            let strand = at.u.abs() - 0.88 + 0.04 * (at.v * 4.0).sin();
            let side = edge(strand, 0.04) * edge(p.hair_volume - at.u.abs(), 0.06);
            let side = side * edge(1.0 - hang.min(cap), 0.05);
            cover = cover.max(side * edge(at.v + 0.9, 0.2) * edge(1.1 - at.v, 0.3));
        }
        self.hair_over(at, colour, cover);
    }

    fn hair_over(&self, at: &Place, colour: &mut Colour, cover: f32) {
        if cover <= 0.0 {
            return;
        }
        let p = &self.person;
        let strands = 0.75 + 0.5 * noise(at.u * 40.0 + at.v * 6.0, at.v * 5.0, p.seed ^ 5);
        let gloss = 0.10 * gauss((at.v + 0.95 - 0.2 * at.u * at.u) / 0.12);
        over(colour, p.hair.map(|c| (c + gloss) * strands), cover);
    }

    fn frames(&self, at: &Place, colour: &mut Colour) {
        let p = &self.person;
        for side in [-1.0, 1.0] {
            let lens = at.ellipse(side * (p.eye_apart + 0.02), p.eye_height + 0.03, 0.33, 0.24);
            over(colour, [0.08, 0.07, 0.07], 0.9 * gauss((lens - 1.0) / 0.07));
        }
        let bridge = gauss((at.v - p.eye_height + 0.03) / 0.018)
            * edge(p.eye_apart - 0.30 - at.u.abs(), 0.03);
        over(colour, [0.08, 0.07, 0.07], 0.9 * bridge);
    }
}

/// A place on the face: `u` to the right, `v` down, in half face widths from its middle.
struct Place {
    u: f32,
    v: f32,
}

impl Place {
    /// 1 on the outline of an ellipse, less inside.
    fn ellipse(&self, u: f32, v: f32, width: f32, height: f32) -> f32 {
        ((self.u - u) / width).hypot((self.v - v) / height)
    }

    /// A soft spot: 1 in its middle, fading out.
    fn spot(&self, u: f32, v: f32, width: f32, height: f32) -> f32 {
        gauss(self.ellipse(u, v, width, height))
    }
}

fn gauss(x: f32) -> f32 {
    (-x * x).exp()
}

fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// 0 outside (negative `inside`), 1 inside, soft over `width`.
fn edge(inside: f32, width: f32) -> f32 {
    smooth(-width, width, inside)
}

fn over(colour: &mut Colour, paint: Colour, cover: f32) {
    for (c, p) in colour.iter_mut().zip(paint) {
        *c += (p - *c) * cover;
    }
}

fn shade(colour: &mut Colour, dark: f32) {
    // Shadows on skin turn reddish: blood swallows less red.
    let loss = [0.88, 1.0, 1.04];
    for (c, loss) in colour.iter_mut().zip(loss) {
        *c *= (1.0 - dark * loss).max(0.0);
    }
}

/// Smooth noise from 0 to 1.
fn noise(x: f32, y: f32, seed: u64) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let corner = |dx: f32, dy: f32| {
        let key = ((left + dx) as i64 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ ((top + dy) as i64 as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
            ^ seed;
        Dice::new(key).between(0.0, 1.0)
    };
    let (s, t) = (smooth(0.0, 1.0, x - left), smooth(0.0, 1.0, y - top));
    let upper = corner(0.0, 0.0) * (1.0 - s) + corner(1.0, 0.0) * s;
    let lower = corner(0.0, 1.0) * (1.0 - s) + corner(1.0, 1.0) * s;
    upper * (1.0 - t) + lower * t
}

/// The same person on every machine.
struct Dice(SplitMix);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(SplitMix::new(seed))
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.unit()
    }

    fn chance(&mut self, of: f32) -> bool {
        self.between(0.0, 1.0) < of
    }

    /// Roughly normal, from −3 to 3.
    fn gauss(&mut self) -> f32 {
        (0..6).map(|_| self.between(-1.0, 1.0)).sum::<f32>() / 1.414
    }
}
