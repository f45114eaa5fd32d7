//! What hands and stamps leave on a paper after it was printed: seals, signatures, certification, secrecy.

use std::f32::consts::{PI, TAU};

use image::Rgb;

use super::canvas::{BLUE, Canvas, Ink, RED};
use super::chance::Chance;
use super::form::{Form, MM};
use super::lettering::Pen;
use super::plate::Clouds;
use super::truth::{Mark, whole};
use super::typeface::{Cut, TypeCase};

/// Presses a stamp, drawn on white, onto the page: never inked evenly.
fn press(
    page: &mut Canvas,
    stamp: &Canvas,
    corner: (f32, f32),
    strength: f32,
    chance: &mut Chance,
) {
    let (width, height) = stamp.pixels.dimensions();
    let wear = Clouds::new(chance, width as usize, height as usize, 46.0);
    for (x, y, pixel) in stamp.pixels.enumerate_pixels() {
        if pixel.0 == [255; 3] {
            continue;
        }
        let grain = (chance.unit() - 0.5) * 0.12;
        let cover = (strength + 0.13 * wear.at(x as f32, y as f32) + grain).clamp(0.0, 1.0);
        page.stain(
            corner.0 as i32 + x as i32,
            corner.1 as i32 + y as i32,
            *pixel,
            cover,
        );
    }
}

/// A round seal of 36 mm (TT 21/2012/TT-BCA for committees): words along the rings, a star in the middle.
pub(crate) fn seal(
    page: &mut Canvas,
    case: &TypeCase,
    centre: (f32, f32),
    words: [&str; 2],
    ink: Ink,
    chance: &mut Chance,
) {
    let radius = chance.between(17.0, 18.0) * MM;
    let side = (radius * 2.0) as u32 + 40;
    let middle = side as f32 / 2.0;
    let mut stamp = Canvas::blank(side, side, Rgb([255; 3]));
    stamp.ring((middle, middle), radius, 10.0, ink);
    stamp.ring((middle, middle), radius - 16.0, 3.0, ink);
    stamp.ring((middle, middle), radius * 0.58, 4.0, ink);
    stamp.star((middle, middle), radius * 0.32, ink);
    let turn = chance.either_way(0.0, 0.25);
    let font = case.named("arimo").cut(Cut::Bold);
    for (text, upper) in words.into_iter().zip([true, false]) {
        let mut pen = Pen::new(font, 7.6, ink);
        let at = radius * if upper { 0.66 } else { 0.83 };
        let most = at * PI * if upper { 1.15 } else { 0.72 };
        let natural = pen.width(text);
        let count = text.chars().count().max(1) as f32;
        pen.tracking = ((most - natural) / count).clamp(-6.0, 14.0);
        let span = pen.width(text) / at;
        let mut along = -span / 2.0;
        for letter in text.chars() {
            let letter = letter.to_string();
            let wide = pen.width(&letter) / at;
            let angle = turn + along + wide / 2.0;
            // Above the star words run clockwise, below it the other way round: both stand upright to the reader.
            let angle = if upper {
                angle - PI / 2.0
            } else {
                PI / 2.0 - angle
            };
            pen.turn = if upper {
                angle + PI / 2.0
            } else {
                angle - PI / 2.0
            };
            let half = pen.width(&letter) / 2.0;
            let (x, y) = (middle + at * angle.cos(), middle + at * angle.sin());
            pen.write(
                &mut stamp,
                x - half * pen.turn.cos(),
                y - half * pen.turn.sin(),
                &letter,
            );
            along += wide;
        }
    }
    let strength = chance.between(0.66, 0.9);
    press(
        page,
        &stamp,
        (centre.0 - middle, centre.1 - middle),
        strength,
        chance,
    );
}

/// A signature in ball-pen: loops that nobody could read.
pub(crate) fn signature(page: &mut Canvas, area: [f32; 4], ink: Ink, chance: &mut Chance) {
    let [left, top, right, bottom] = area;
    let (width, height) = (
        (right - left) * chance.between(0.55, 0.85),
        (bottom - top) * chance.between(0.4, 0.6),
    );
    let (x0, y0) = (
        left + chance.between(0.05, 0.2) * (right - left),
        (top + bottom) / 2.0,
    );
    let loops = chance.between(3.0, 6.5);
    let (lean, phase) = (chance.between(0.2, 0.9), chance.between(0.0, TAU));
    let decay = chance.between(0.3, 0.8);
    let stroke = chance.between(4.0, 6.5);
    let place = |t: f32| {
        let swing = (TAU * loops * t + phase).sin() * (1.0 - decay * t);
        let x = x0 + width * (t + 0.07 * (TAU * loops * t + phase * 0.5).cos());
        (
            x + swing * height * 0.2 * lean,
            y0 - swing * height * 0.5 - height * 0.25 * t,
        )
    };
    let mut last = place(0.0);
    for step in 1..=260_u16 {
        let t = f32::from(step) / 260.0;
        let now = place(t);
        page.line(last, now, stroke * (0.7 + 0.3 * (t * 17.0).sin()), ink);
        last = now;
    }
    if chance.chance(0.5) {
        page.line(
            (x0, y0 + height * 0.35),
            (x0 + width, y0 + height * 0.2),
            stroke * 0.8,
            ink,
        );
    }
}

/// Seal and signature where the paper is signed; nothing where nobody signs.
pub(crate) fn endorse(page: &mut Canvas, form: &Form<'_>) {
    let Some(place) = form.truth.sigbox else {
        return;
    };
    let mut chance = form.chance.fork("seal");
    let [left, top, right, bottom] = place.map(|at| at as f32);
    signature(page, [left, top, right, bottom], BLUE, &mut chance);
    if !form.sealed {
        return;
    }
    let words = *chance.one(&[
        ["ỦY BAN NHÂN DÂN XÃ PHƯỚC HẬU", "TỈNH NINH BÌNH"],
        ["U.B.N.D PHƯỜNG VƯỜN LÀI", "TP. HỒ CHÍ MINH"],
        ["ỦY BAN NHÂN DÂN", "HUYỆN ĐỨC THỌ - HÀ TĨNH"],
        ["SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "TỈNH CÀ MAU"],
        ["CỘNG HÒA X.H.C.N VIỆT NAM", "CÔNG AN XÃ MƯỜNG LA"],
    ]);
    // A seal covers a third of the signature, on its left (NĐ 30/2020/NĐ-CP art. 33).
    let centre = (
        left + (right - left) * chance.between(0.16, 0.34),
        (top + bottom) / 2.0 + chance.either_way(0.0, 30.0),
    );
    seal(page, form.case, centre, words, RED, &mut chance);
}

/// Lines in a frame, a little askew; where it lies.
fn boxed(
    page: &mut Canvas,
    case: &TypeCase,
    lines: &[(String, f32)],
    centre: (f32, f32),
    ink: Ink,
    chance: &mut Chance,
    strength: f32,
) -> [f32; 4] {
    let font = case
        .named(chance.pick(&["arimo", "heros", "tinos"]))
        .cut(Cut::Bold);
    let pens: Vec<Pen<'_>> = lines
        .iter()
        .map(|(_, points)| Pen::new(font, *points, ink))
        .collect();
    let width = lines
        .iter()
        .zip(&pens)
        .map(|((text, _), pen)| pen.width(text))
        .fold(0.0, f32::max)
        + 70.0;
    let height: f32 = lines.iter().map(|(_, points)| points * 5.6).sum::<f32>() + 40.0;
    let side = (width.hypot(height) + 20.0) as u32;
    let middle = side as f32 / 2.0;
    let mut stamp = Canvas::blank(side, side, Rgb([255; 3]));
    let turn = chance.normal() * 0.04;
    let (sin, cos) = turn.sin_cos();
    let at = |x: f32, y: f32| (middle + x * cos - y * sin, middle + x * sin + y * cos);
    let (w, h) = (width / 2.0, height / 2.0);
    let corners = [at(-w, -h), at(w, -h), at(w, h), at(-w, h)];
    for (from, to) in corners.into_iter().zip(corners.into_iter().cycle().skip(1)) {
        stamp.line(from, to, 6.0, ink);
    }
    let mut y = -h + 10.0;
    for ((text, points), mut pen) in lines.iter().zip(pens) {
        y += points * 5.2;
        pen.turn = turn;
        let (x, baseline) = at(-pen.width(text) / 2.0, y);
        pen.write(&mut stamp, x, baseline, text);
        y += points * 0.4;
    }
    press(
        page,
        &stamp,
        (centre.0 - middle, centre.1 - middle),
        strength,
        chance,
    );
    [centre.0 - w, centre.1 - h, centre.0 + w, centre.1 + h]
}

fn mark(form: &mut Form<'_>, kind: &'static str, lines: &[(String, f32)], place: [f32; 4]) {
    let text = lines.iter().map(|(text, _)| text.clone()).collect();
    form.truth.marks.push(Mark {
        kind,
        text,
        place: whole(place),
    });
}

/// Certification of a copy (NĐ 23/2015/NĐ-CP, annex): its number is the register's, not the paper's.
pub(crate) fn certified(form: &mut Form<'_>, over_text: bool) {
    let mut chance = form.chance.fork("certified");
    let (n, book, year) = (
        chance.whole(101, 9800),
        chance.whole(1, 9),
        chance.whole(2019, 2026),
    );
    let (day, month) = (chance.whole(1, 28), chance.whole(1, 12));
    let lines = [
        ("CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH".to_owned(), 10.0),
        (
            format!("Số chứng thực: {n}   Quyển số: {book:02}/{year}-SCT/BS"),
            9.0,
        ),
        (format!("Ngày {day:02} tháng {month:02} năm {year}"), 9.0),
    ];
    let half = form.canvas.width() / 2.0;
    // Where there is white below, or beside the signature; the careless stamp anywhere.
    let below = form.truth.bottom as f32 + 260.0;
    let centre = if over_text {
        (
            half + chance.either_way(0.0, 350.0),
            form.canvas.height() * chance.between(0.25, 0.5),
        )
    } else if below < form.canvas.height() - 220.0 {
        (half - chance.between(100.0, 380.0), below)
    } else {
        (
            form.left + 520.0,
            form.truth
                .sigbox
                .map_or(below - 600.0, |place| (place[1] + place[3]) as f32 / 2.0),
        )
    };
    let ink = if chance.chance(0.8) { RED } else { BLUE };
    let strength = chance.between(0.62, 0.85);
    let place = boxed(
        &mut form.canvas,
        form.case,
        &lines,
        centre,
        ink,
        &mut chance,
        strength,
    );
    mark(form, "certified_copy", &lines, place);
}

/// Degrees of secrecy (Luật Bảo vệ bí mật nhà nước 2018) and private prohibitions.
pub(crate) fn forbidden(form: &mut Form<'_>) {
    let mut chance = form.chance.fork("forbidden");
    let (kind, word) = *chance.one(&[
        ("secret", "MẬT"),
        ("secret", "TỐI MẬT"),
        ("no_copying", "KHÔNG SAO CHỤP"),
        ("no_copying", "CẤM SAO CHỤP"),
    ]);
    let lines = [(word.to_owned(), chance.between(15.0, 20.0))];
    let centre = (
        form.left + chance.between(160.0, 320.0),
        110.0 + chance.between(0.0, 30.0),
    );
    let strength = chance.between(0.75, 0.95);
    let place = boxed(
        &mut form.canvas,
        form.case,
        &lines,
        centre,
        RED,
        &mut chance,
        strength,
    );
    mark(form, kind, &lines, place);
}

/// The endorsed page with one more stamp across its text: "CHỨNG THỰC SAO Y".
pub(crate) fn careless(form: &Form<'_>, chance: &mut Chance) -> Canvas {
    let mut page = form.canvas.clone();
    endorse(&mut page, form);
    let lines = [
        ("CHỨNG THỰC SAO Y".to_owned(), 13.0),
        (
            format!(
                "SỐ {} NGÀY {:02}-{:02}-{}",
                chance.whole(100, 9000),
                chance.whole(1, 28),
                chance.whole(1, 12),
                chance.whole(2019, 2026)
            ),
            9.0,
        ),
    ];
    let middle = (
        page.width() * chance.between(0.35, 0.7),
        (form.truth.bottom as f32).min(page.height()) * chance.between(0.25, 0.7),
    );
    let strength = chance.between(0.55, 0.8);
    boxed(&mut page, form.case, &lines, middle, RED, chance, strength);
    if chance.chance(0.5) {
        let centre = (
            page.width() * chance.between(0.2, 0.8),
            page.height() * chance.between(0.2, 0.6),
        );
        seal(
            &mut page,
            form.case,
            centre,
            ["VĂN PHÒNG CÔNG CHỨNG", "ĐÃ ĐỐI CHIẾU BẢN CHÍNH"],
            RED,
            chance,
        );
    }
    page
}
