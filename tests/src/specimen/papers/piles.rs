//! Mixed piles as citizens hand them over: papers of several owners and of one to four pages, blank sheets, a page
//! scanned twice, an envelope, a portrait, with the truth of which page belongs to which paper.
//!
//! `piles/NNN/page_NN.jpg` in the order of the feeder, and `piles/NNN/truth.json`.

use std::fs;
use std::io;
use std::path::Path;

use image::Rgb;
use serde::Serialize;

use super::canvas::{BLACK, Canvas, GREY};
use super::chance::Chance;
use super::conditions::{File, Scene, Shot, office_scan, photograph};
use super::form::{A4, Form, Look};
use super::forms::{KINDS, Kind};
use super::lettering::Pen;
use super::output;
use super::people::Family;
use super::truth::Truth;
use super::typeface::{Cut, TypeCase};

/// What one image of a pile is.
#[derive(Serialize)]
struct Page {
    file: String,
    /// `paper`, `blank`, `duplicate`, `envelope` or `portrait`.
    what: &'static str,
    /// Which paper of the pile, counted from 0.
    paper: Option<usize>,
    /// Which page of that paper, counted from 1.
    number: Option<u32>,
    /// The image that a duplicate repeats.
    repeats: Option<String>,
    /// How far the page was turned, clockwise.
    rotate: u32,
}

/// One paper of the pile.
#[derive(Serialize)]
struct Bundle {
    kind: &'static str,
    /// Names and personal numbers that may own it.
    owners: Vec<std::collections::BTreeMap<&'static str, String>>,
    pages: Vec<String>,
    /// Certification stamps, secrecy.
    marks: Vec<&'static str>,
    /// What its pages say.
    truth: Vec<Truth>,
}

/// A whole pile.
#[derive(Serialize)]
struct Pile {
    /// The person at the desk: the owner of most papers.
    holder: std::collections::BTreeMap<&'static str, String>,
    papers: Vec<Bundle>,
    pages: Vec<Page>,
}

/// How many, and from which seed.
pub struct PileOrder {
    pub piles: usize,
    pub seed: u64,
}

impl Default for PileOrder {
    fn default() -> Self {
        Self { piles: 3, seed: 1 }
    }
}

/// Draws piles into a folder; how many images were written.
///
/// # Errors
/// When a font is missing or a file cannot be written.
pub fn draw_piles(folder: &Path, order: &PileOrder) -> io::Result<usize> {
    let case = TypeCase::open()?;
    let seed = Chance::new(order.seed);
    let mut count = 0;
    for number in 0..order.piles {
        let place = folder.join(format!("piles/{number:03}"));
        fs::create_dir_all(&place)?;
        count += pile(&place, &case, &seed.fork(&format!("pile {number}")))?;
    }
    Ok(count)
}

fn pile(place: &Path, case: &TypeCase, seed: &Chance) -> io::Result<usize> {
    let mut chance = seed.fork("order");
    // Most papers are the holder's; some belong to neighbours whose things lay in the same bag.
    let families: Vec<Family> = (0..2)
        .map(|at| Family::invent(&mut seed.fork(&format!("family {at}"))))
        .collect();
    let holder = &families[0].owner;
    let mut pile = Pile {
        holder: [
            ("ho_ten", holder.name.clone()),
            ("so_dinh_danh", holder.number.clone()),
        ]
        .into(),
        papers: Vec::new(),
        pages: Vec::new(),
    };
    let wanted = chance.whole(4, 7);
    let mut shots: Vec<(Shot, Page)> = Vec::new();
    for number in 0..wanted {
        let kind: &Kind = chance.one(KINDS);
        let family = &families[usize::from(chance.chance(0.25))];
        let paper_chance = seed.fork(&format!("{} {number}", kind.id));
        let mut bundle = Bundle {
            kind: kind.id,
            owners: Vec::new(),
            pages: Vec::new(),
            marks: Vec::new(),
            truth: Vec::new(),
        };
        for at in 1..=1 + kind.further.len() {
            let mut form = kind.draw(case, family, &paper_chance, at);
            form.truth.id = format!("{number}_{at}");
            let shot = scanned(
                &form,
                &mut chance,
                &paper_chance.fork(&format!("scan {at}")),
            );
            bundle
                .owners
                .extend(form.truth.owners.iter().filter(|_| at == 1).cloned());
            bundle
                .marks
                .extend(form.truth.marks.iter().map(|mark| mark.kind));
            let page = Page {
                file: String::new(),
                what: "paper",
                paper: Some(number as usize),
                number: u32::try_from(at).ok(),
                repeats: None,
                rotate: shot.meta.rotate,
            };
            shots.push((shot, page));
            bundle.truth.push(form.truth);
        }
        // The back of a single sheet that went through duplex.
        if chance.chance(0.25) {
            shots.push((odd(case, seed, Odd::Blank, number), extra("blank")));
        }
        pile.papers.push(bundle);
    }
    let envelope = chance.whole(0, wanted);
    shots.insert(
        envelope as usize,
        (odd(case, seed, Odd::Envelope, 90), extra("envelope")),
    );
    if chance.chance(0.7) {
        let at = shots.len();
        shots.insert(at, (odd(case, seed, Odd::Portrait, 91), extra("portrait")));
    }
    write(place, &mut pile, shots, &mut chance)
}

fn extra(what: &'static str) -> Page {
    Page {
        file: String::new(),
        what,
        paper: None,
        number: None,
        repeats: None,
        rotate: 0,
    }
}

/// Mostly by the feeder, one in six from a phone, one in ten head first.
fn scanned(form: &Form<'_>, chance: &mut Chance, own: &Chance) -> Shot {
    let scene = Scene {
        form,
        chance: own.clone(),
        beside: &|| unreachable!("nothing lies beside a page in a feeder"),
    };
    if chance.chance(0.16) {
        return photograph(&scene);
    }
    let mut shot = office_scan(&scene);
    if chance.chance(0.1) {
        shot.turn(180);
    }
    shot
}

enum Odd {
    Blank,
    Envelope,
    Portrait,
}

/// What is no paper: drawn on a form of no kind.
fn odd(case: &TypeCase, seed: &Chance, what: Odd, number: u32) -> Shot {
    let mut chance = seed.fork(&format!("odd {number}"));
    let look = Look::invent(case, &mut chance);
    let mut form = Form::new(case, look, "khac", chance.fork("draw"), A4);
    form.sealed = false;
    match what {
        Odd::Blank => {
            if chance.chance(0.4) {
                form.sheet(A4, Rgb([246, 238, 222]));
            }
        }
        Odd::Envelope => envelope(&mut form, &mut chance),
        Odd::Portrait => portrait(&mut form.canvas, &mut chance),
    }
    let scene = Scene {
        form: &form,
        chance: chance.fork("scan"),
        beside: &|| unreachable!("nothing lies beside it"),
    };
    office_scan(&scene)
}

/// A long envelope (220 × 110 mm) with sender and receiver.
fn envelope(form: &mut Form<'_>, chance: &mut Chance) {
    form.sheet((2598, 1299), Rgb([236, 224, 200]));
    let (from, to) = (Family::invent(chance), Family::invent(chance));
    let hand = form.case.named("patrickhand").cut(Cut::Plain);
    let print = form.look.face.cut(Cut::Plain);
    let mut write = |font, size: f32, x: f32, y: f32, text: &str| {
        Pen::new(font, size, BLACK).write(&mut form.canvas, x, y, text);
    };
    write(print, 11.0, 120.0, 160.0, "Người gửi:");
    write(hand, 13.0, 330.0, 160.0, &from.owner.name);
    write(hand, 13.0, 120.0, 240.0, &from.owner.home.line());
    write(print, 12.0, 1000.0, 760.0, "Kính gửi:");
    write(hand, 15.0, 1240.0, 760.0, &to.owner.name);
    write(hand, 15.0, 1000.0, 860.0, &to.owner.home.line());
    form.canvas.frame([2300.0, 90.0, 2500.0, 330.0], 4.0, GREY);
}

/// A portrait of 4 × 6 cm on a white sheet: nobody's face.
fn portrait(canvas: &mut Canvas, chance: &mut Chance) {
    let (left, top) = (chance.between(500.0, 1400.0), chance.between(500.0, 2000.0));
    let (wide, high) = (472.0, 709.0);
    canvas.cover(
        [left, top, left + wide, top + high],
        1.0,
        Rgb([70, 120, 200]),
    );
    let (cx, cy) = (left + wide / 2.0, top + high * 0.40);
    for (dy, rx, ry, ink) in [
        (high * 0.55, 230.0, 200.0, [238, 238, 242]),
        (-30.0, 120.0, 150.0, [36, 30, 30]),
        (10.0, 100.0, 130.0, [205, 165, 140]),
    ] {
        for y in 0..(ry * 2.0) as i32 {
            for x in 0..(rx * 2.0) as i32 {
                let (fx, fy) = ((x as f32 - rx) / rx, (y as f32 - ry) / ry);
                let (px, py) = (cx + x as f32 - rx, cy + dy + y as f32 - ry);
                if fx * fx + fy * fy <= 1.0 && px > left && px < left + wide && py < top + high {
                    canvas.pixels.put_pixel(px as u32, py as u32, Rgb(ink));
                }
            }
        }
    }
}

/// Numbers the images, repeats one of them, and writes all.
fn write(
    place: &Path,
    pile: &mut Pile,
    mut shots: Vec<(Shot, Page)>,
    chance: &mut Chance,
) -> io::Result<usize> {
    let twice = chance.whole(0, u32::try_from(shots.len()).unwrap_or(1) - 1) as usize;
    let again = chance.whole(
        u32::try_from(twice).unwrap_or(0) + 1,
        u32::try_from(shots.len()).unwrap_or(1),
    ) as usize;
    let copy = Shot {
        image: shots[twice].0.image.clone(),
        meta: shots[twice].0.meta.clone(),
        file: shots[twice].0.file,
    };
    let rotate = copy.meta.rotate;
    let name = |at: usize| format!("page_{at:02}");
    shots.insert(
        again,
        (
            copy,
            Page {
                repeats: Some(name(twice)),
                rotate,
                ..extra("duplicate")
            },
        ),
    );
    let count = shots.len();
    for (at, (mut shot, mut page)) in shots.into_iter().enumerate() {
        if page.what == "duplicate" {
            // Fed a second time: not the same pixels.
            regrain(&mut shot, chance);
        }
        let (bytes, ending) = output::encode(&shot)?;
        page.file = format!("{}.{ending}", name(at));
        fs::write(place.join(&page.file), bytes)?;
        if let Some(paper) = page.paper {
            pile.papers[paper].pages.push(name(at));
        }
        pile.pages.push(page);
    }
    fs::write(place.join("truth.json"), serde_json::to_vec_pretty(pile)?)?;
    Ok(count)
}

/// A little noise and one pixel of shift, as a second pass through the feeder gives.
fn regrain(shot: &mut Shot, chance: &mut Chance) {
    let (width, height) = shot.image.dimensions();
    let moved = image::imageops::crop_imm(&shot.image, 1, 1, width - 1, height - 1).to_image();
    image::imageops::replace(&mut shot.image, &moved, 0, 0);
    for pixel in shot.image.pixels_mut() {
        let bits = chance.next();
        let step = (bits % 5) as i16 - 2;
        pixel.0 = pixel
            .0
            .map(|channel| (i16::from(channel) + step).clamp(0, 255) as u8);
    }
    shot.file = File::Jpeg(82);
}
