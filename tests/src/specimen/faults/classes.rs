//! The classes: what befalls the page, how bad, and from where on it must be caught. "Must" begins at a clear severity,
//! well past the limits of the checks; what lies between may be told or not.

mod good;
mod light;
mod piles;
mod sharp;
mod sheet;

use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::Plate;

use super::camera::{Light, View, careful, lamp};
use super::optics::Shot;
use super::pages::Studio;
use super::world::World;

/// One class of pages.
pub(super) struct Class {
    pub(super) name: &'static str,
    /// What `severity` counts.
    pub(super) measure: &'static str,
    pub(super) make: fn(&mut Studio<'_>) -> Vec<Shot>,
}

const fn class(
    name: &'static str,
    measure: &'static str,
    make: fn(&mut Studio<'_>) -> Vec<Shot>,
) -> Class {
    Class {
        name,
        measure,
        make,
    }
}

pub(super) const CLASSES: &[Class] = &[
    class("dpi_stated", "true dpi", sharp::dpi_stated),
    class("dpi_mislabelled", "true dpi", sharp::dpi_mislabelled),
    class("dpi_upscaled", "true dpi", sharp::dpi_upscaled),
    class("dpi_far", "true dpi", sharp::dpi_far),
    class("blur_focus", "edge mm", sharp::blur_focus),
    class("blur_motion", "edge mm", sharp::blur_motion),
    class("blur_part", "edge mm", sharp::blur_part),
    class("glare", "mm across", light::glare),
    class("shadow", "light left", light::shadow),
    class("too_dark", "paper tone", light::too_dark),
    class("low_contrast", "ink by paper", light::low_contrast),
    class("page_cut", "mm lost", sheet::page_cut),
    class("corner_folded", "mm", sheet::corner_folded),
    class("finger", "mm deep", sheet::finger),
    class("covered", "mm across", sheet::covered),
    class("blank", "", sheet::blank),
    class("duplicate", "", piles::duplicate),
    class("note_pair", "mm across", piles::note_pair),
    class("good_pair", "", piles::other_person),
    class("good_scan", "", good::scan),
    class("good_photo", "", good::photo),
    class("good_shade", "light left", good::shade),
    class("good_coloured", "", good::coloured),
    class("good_crease", "", good::crease),
    class("good_copy", "", good::photocopy),
    class("good_faint", "ink by paper", good::faint),
    class("good_little", "", good::little),
    class("good_bleed", "", good::bleed),
    class("good_marked", "", good::marked),
    class("good_pale_glare", "light added", good::pale_glare),
];

/// A picture being made: the world seen, before the sensor.
struct Taken {
    plate: Plate,
    view: View,
    chance: Chance,
    grain: f32,
    quality: u8,
    dpi: u32,
    gray: bool,
}

/// An office scanner, set well.
fn scanned(world: World, chance: &Chance) -> Taken {
    let mut chance = chance.fork("scanner");
    let dpi = *chance.one(&[200, 240, 300, 300]);
    scanned_at(world, &mut chance, dpi)
}

fn scanned_at(world: World, chance: &mut Chance, dpi: u32) -> Taken {
    let degrees = chance.either_way(0.0, 0.9);
    let shift = [chance.between(-1.0, 1.0), chance.between(-1.0, 1.0)];
    let view = View::scanner(&world, dpi as f32, degrees, shift);
    let world = world.softened(view.px_per_mm);
    let mut plate = view.expose(&world).blur(chance.between(0.4, 0.7));
    lamp(&mut plate, chance);
    Taken {
        plate,
        view,
        grain: chance.between(0.005, 0.014),
        quality: chance.whole(75, 92) as u8,
        dpi,
        gray: chance.chance(0.2),
        chance: chance.clone(),
    }
}

/// A careful photograph in even light; light is squared on the way in and its root taken at the end (gamma 2).
fn photographed(world: World, chance: &Chance) -> Taken {
    let mut chance = chance.fork("camera");
    let size = *chance.one(&[(2448, 3264), (2592, 3456)]);
    let corners = careful(&mut chance, size, world.wide, world.high);
    photographed_at(world, &mut chance, size, corners)
}

fn photographed_at(
    world: World,
    chance: &mut Chance,
    size: (usize, usize),
    corners: [[f32; 2]; 4],
) -> Taken {
    let view = View::photograph(&world, size, corners);
    let world = world.softened(view.px_per_mm);
    let mut plate = view.expose(&world);
    plate.each(|_, _, pixel| *pixel = pixel.map(|channel| channel * channel));
    Light::room(chance).fall(&mut plate);
    Taken {
        plate: plate.blur(chance.between(0.55, 0.85)),
        view,
        grain: chance.between(0.006, 0.012),
        quality: chance.whole(78, 92) as u8,
        dpi: 72,
        gray: false,
        chance: chance.clone(),
    }
}

impl Taken {
    /// Sensor and file; a good page until something else is said.
    fn shot(mut self) -> Shot {
        let photograph = self.view.photograph;
        self.plate
            .noise(&mut self.chance, self.grain, self.grain * 0.5, true);
        if photograph {
            self.plate
                .each(|_, _, pixel| *pixel = pixel.map(|channel| channel.clamp(0.0, 1.0).sqrt()));
        }
        Shot {
            image: self.plate.to_image(),
            stated_dpi: self.dpi,
            quality: self.quality,
            gray: self.gray,
            codes: &[],
            must: false,
            severity: 0.0,
            place: None,
            corners: photograph.then(|| self.view.corners()),
            relation: None,
        }
    }
}

impl Shot {
    fn with(
        self,
        codes: &'static [&'static str],
        must: bool,
        severity: f32,
        place: Option<[f32; 4]>,
    ) -> Vec<Self> {
        vec![Self {
            codes,
            must,
            severity,
            place,
            ..self
        }]
    }
}
