//! What lies under lens or lid, layer upon layer, in millimetres from the page's top left corner: desk or lid, another
//! sheet, the page with its folded corner, a note, a finger.

use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::{Clouds, Pixel, Plate};

use super::pages::{PX, Page};

/// Everything that can be seen, in reflectance.
pub(super) struct World {
    page: Plate,
    pub(super) wide: f32,
    pub(super) high: f32,
    pub(super) ground: Ground,
    pub(super) fold: Option<Fold>,
    pub(super) note: Option<Note>,
    pub(super) finger: Option<Finger>,
}

/// What the page lies on.
pub(super) struct Ground {
    pub(super) base: Pixel,
    pub(super) other: Pixel,
    pub(super) rough: f32,
    clouds: Clouds,
    fine: Clouds,
}

impl Ground {
    pub(super) fn even(base: Pixel, chance: &mut Chance) -> Self {
        Self::new(base, base, 0.0, chance)
    }

    pub(super) fn new(base: Pixel, other: Pixel, rough: f32, chance: &mut Chance) -> Self {
        Self {
            base,
            other,
            rough,
            clouds: Clouds::new(chance, 700, 800, 30.0),
            fine: Clouds::new(chance, 700, 800, 2.0),
        }
    }

    /// A desk as offices have them.
    pub(super) fn desk(chance: &mut Chance) -> Self {
        let (base, other, rough) = *chance.one(&[
            ([0.40, 0.26, 0.17], [0.30, 0.18, 0.11], 0.6),
            ([0.62, 0.46, 0.30], [0.52, 0.36, 0.22], 0.5),
            ([0.55, 0.54, 0.53], [0.40, 0.40, 0.41], 0.4),
            ([0.12, 0.13, 0.15], [0.16, 0.17, 0.19], 0.3),
            ([0.16, 0.32, 0.25], [0.12, 0.25, 0.19], 0.3),
            ([0.34, 0.40, 0.52], [0.28, 0.33, 0.44], 0.3),
        ]);
        Self::new(base, other, rough, chance)
    }

    /// A scanner's lid: white, gray or black.
    pub(super) fn lid(chance: &mut Chance, dark_only: bool) -> Self {
        let tone = if dark_only {
            *chance.one(&[0.03, 0.08, 0.35, 0.55])
        } else {
            *chance.one(&[0.97, 0.94, 0.90, 0.55, 0.06])
        };
        Self::even([tone; 3], chance)
    }

    fn at(&self, u: f32, v: f32) -> Pixel {
        let (x, y) = (u + 220.0, v + 220.0);
        let share = 0.5
            + self.rough * (0.35 * self.clouds.at(x, y * 0.2) + 0.25 * self.fine.at(x, y * 0.1));
        std::array::from_fn(|at| {
            (self.base[at] + (self.other[at] - self.base[at]) * share.clamp(-0.3, 1.3))
                .clamp(0.01, 0.98)
        })
    }
}

/// A corner turned over onto the page: legs along the two edges.
pub(super) struct Fold {
    /// 0 left, 1 right.
    pub(super) right: bool,
    pub(super) bottom: bool,
    pub(super) across: f32,
    pub(super) down: f32,
    /// Reflectance of the sheet's back.
    pub(super) back: Pixel,
}

/// Opaque paper over the page.
pub(super) struct Note {
    pub(super) centre: [f32; 2],
    pub(super) half: [f32; 2],
    pub(super) turn: f32,
    pub(super) paper: Pixel,
    /// Strokes of writing on it.
    pub(super) scribble: f32,
    pub(super) shadow: f32,
}

/// A fingertip that comes from outside: a rounded bar.
pub(super) struct Finger {
    pub(super) tip: [f32; 2],
    pub(super) from: [f32; 2],
    pub(super) half: f32,
    pub(super) skin: Pixel,
    pub(super) nail: bool,
}

impl World {
    pub(super) fn new(page: &Page, ground: Ground) -> Self {
        let (wide, high) = page.size_mm();
        Self {
            page: Plate::from_image(&page.image),
            wide,
            high,
            ground,
            fold: None,
            note: None,
            finger: None,
        }
    }

    /// The page as a lens of that many pixels a millimetre gathers it.
    pub(super) fn softened(mut self, px_per_mm: f32) -> Self {
        let ratio = PX / px_per_mm;
        if ratio > 1.05 {
            self.page = self.page.blur(0.42 * ratio);
        }
        self
    }

    /// The page's pixels, to be changed.
    pub(super) fn ink(&mut self) -> &mut Plate {
        &mut self.page
    }

    pub(super) fn at(&self, u: f32, v: f32) -> Pixel {
        if let Some(skin) = self.finger.as_ref().and_then(|finger| finger.at(u, v)) {
            return skin;
        }
        let below = self.beneath(u, v);
        match &self.finger {
            // It keeps some light from what it touches.
            Some(finger) => {
                let off = finger.distance(u - 1.5, v - 2.0);
                let shade = 1.0 - 0.35 * (1.0 - (off / 5.0).clamp(0.0, 1.0));
                below.map(|channel| channel * shade)
            }
            None => below,
        }
    }

    fn beneath(&self, u: f32, v: f32) -> Pixel {
        let inside = u >= 0.0 && v >= 0.0 && u < self.wide && v < self.high;
        if inside {
            if let Some(fold) = &self.fold {
                let (x, y) = fold.local(u, v, self.wide, self.high);
                let over = x / fold.across + y / fold.down;
                if over < 1.0 {
                    return self.ground.at(u, v);
                }
                // Its mirror image lies on the page; the crease and the edge throw a little shadow.
                let (a, b) = (1.0 / fold.across, 1.0 / fold.down);
                let step = 2.0 * (over - 1.0) / (a * a + b * b);
                let (mx, my) = (x - a * step, y - b * step);
                let length = a.hypot(b);
                let from_crease = (over - 1.0) / length;
                if mx >= 0.0 && my >= 0.0 {
                    let rise = 1.0 - 0.16 * (-from_crease / 1.2).exp();
                    return fold.back.map(|channel| channel * rise);
                }
                let off = (-mx.min(my)).max(0.0);
                let shade = 1.0 - 0.30 * (-off / 0.9).exp();
                return self.written(u, v).map(|channel| channel * shade);
            }
            return self.written(u, v);
        }
        self.ground.at(u, v)
    }

    fn written(&self, u: f32, v: f32) -> Pixel {
        let page = self.page.sample(u * PX, v * PX).unwrap_or([0.97; 3]);
        match &self.note {
            Some(note) => note.over(page, u, v),
            None => page,
        }
    }
}

impl Fold {
    /// From the corner, along both edges.
    fn local(&self, u: f32, v: f32, wide: f32, high: f32) -> (f32, f32) {
        (
            if self.right { wide - u } else { u },
            if self.bottom { high - v } else { v },
        )
    }

    /// The missing triangle's box.
    pub(super) fn bounds(&self, wide: f32, high: f32) -> [f32; 4] {
        let (left, top) = (
            if self.right { wide - self.across } else { 0.0 },
            if self.bottom { high - self.down } else { 0.0 },
        );
        [left, top, left + self.across, top + self.down]
    }
}

impl Note {
    fn local(&self, u: f32, v: f32) -> (f32, f32) {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (u - self.centre[0], v - self.centre[1]);
        (dx * cos + dy * sin, dy * cos - dx * sin)
    }

    fn over(&self, page: Pixel, u: f32, v: f32) -> Pixel {
        let (x, y) = self.local(u, v);
        let (ox, oy) = (x.abs() - self.half[0], y.abs() - self.half[1]);
        if ox < 0.0 && oy < 0.0 {
            // Lines of a ball-pen, 6 mm apart.
            let line = (y + self.half[1]) / 6.0;
            let wave = 0.28 * (x * 2.1 + line.floor() * 1.7).sin() * (x * 0.9).cos();
            let on = (line.fract() - 0.5 + wave).abs() < 0.05 && ox < -4.0 && oy < -3.0;
            let ends = line.floor() < self.scribble
                && x < self.half[0] * (0.2 + 0.6 * (line.floor() * 2.3).sin().abs());
            if on && ends {
                return [0.16, 0.18, 0.45];
            }
            // Paper that curls up at one end is lit a little differently.
            let curl = 1.0 - 0.04 * (y / self.half[1]);
            return self.paper.map(|channel| (channel * curl).min(0.985));
        }
        let off = ox.max(0.0).hypot(oy.max(0.0));
        let (sx, sy) = (ox.max(-1.0) - 0.8, oy.max(-1.0) - 0.8);
        let soft = (1.0 - sx.max(sy).max(0.0) / 2.2).clamp(0.0, 1.0)
            * f32::from(u8::from(x > 0.0 || y > 0.0));
        let shade = 1.0 - self.shadow * soft * (-off / 1.6).exp();
        page.map(|channel| channel * shade)
    }

    /// The upright box around it.
    pub(super) fn bounds(&self) -> [f32; 4] {
        let (sin, cos) = self.turn.sin_cos();
        let (w, h) = (
            self.half[0] * cos.abs() + self.half[1] * sin.abs(),
            self.half[0] * sin.abs() + self.half[1] * cos.abs(),
        );
        [
            self.centre[0] - w,
            self.centre[1] - h,
            self.centre[0] + w,
            self.centre[1] + h,
        ]
    }
}

impl Finger {
    /// From its outline; negative inside.
    fn distance(&self, u: f32, v: f32) -> f32 {
        let (dx, dy) = (self.from[0] - self.tip[0], self.from[1] - self.tip[1]);
        let length = (dx * dx + dy * dy).max(1.0);
        let along = (((u - self.tip[0]) * dx + (v - self.tip[1]) * dy) / length).clamp(0.0, 1.0);
        let (x, y) = (self.tip[0] + dx * along, self.tip[1] + dy * along);
        // Wider towards the knuckle.
        (u - x).hypot(v - y) - self.half * (1.0 + 0.25 * along)
    }

    fn at(&self, u: f32, v: f32) -> Option<Pixel> {
        let off = self.distance(u, v);
        if off > 0.0 {
            return None;
        }
        // Round: darker towards its sides; the nail is paler.
        let round = (1.0 + off / self.half).clamp(0.0, 1.0);
        let shade = 1.0 - 0.35 * round * round;
        let (dx, dy) = (u - self.tip[0], v - self.tip[1]);
        let nail = self.nail && dx.hypot(dy) < self.half * 0.62;
        let skin = if nail {
            [self.skin[0] * 1.04, self.skin[1] * 1.1, self.skin[2] * 1.12]
        } else {
            self.skin
        };
        Some(skin.map(|channel| (channel * shade).min(0.95)))
    }

    /// The part of it on the page.
    pub(super) fn bounds(&self, wide: f32, high: f32) -> [f32; 4] {
        let reach = self.half * 1.25;
        let ends = [self.tip, self.from];
        let low = |axis: usize| {
            ends.iter()
                .map(|end| end[axis] - reach)
                .fold(f32::MAX, f32::min)
        };
        let high_ = |axis: usize| {
            ends.iter()
                .map(|end| end[axis] + reach)
                .fold(f32::MIN, f32::max)
        };
        [
            low(0).clamp(0.0, wide),
            low(1).clamp(0.0, high),
            high_(0).clamp(0.0, wide),
            high_(1).clamp(0.0, high),
        ]
    }
}
