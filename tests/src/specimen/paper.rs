//! Invented papers, drawn as a scanner at 300 dpi would see them: national heading, title, body, signature, red seal.
//!
//! The forms follow their real wording; every person, number and office on them is made up.

use std::f32::consts::TAU;
use std::path::Path;

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};
use jiff::civil::Date;

/// The papers that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperKind {
    /// Giấy khai sinh (bản sao).
    KhaiSinh,
    /// Xác nhận thông tin về cư trú, mẫu CT07.
    XacNhanCuTru,
}

/// Whose papers they are.
#[derive(Clone)]
pub struct PaperPerson {
    pub name: String,
    pub personal_id: String,
    pub birth: Date,
    pub female: bool,
    pub mother: String,
    pub father: String,
    pub residence: String,
}

impl PaperPerson {
    /// An invented person; whatever the caller does not say follows from the number or is made up.
    #[must_use]
    pub fn specimen(name: &str, personal_id: &str, birth: Date) -> Self {
        // The fourth digit: even for men, odd for women.
        let female = personal_id
            .as_bytes()
            .get(3)
            .is_some_and(|digit| digit % 2 == 1);
        Self {
            name: name.to_owned(),
            personal_id: personal_id.to_owned(),
            birth,
            female,
            mother: "LÊ THỊ THỬ".to_owned(),
            father: "TRẦN VĂN THỬ".to_owned(),
            residence: "Số 12 đường Thử Nghiệm, xã Mẫu Sơn, tỉnh Mẫu".to_owned(),
        }
    }

    fn sex(&self) -> &'static str {
        if self.female { "Nữ" } else { "Nam" }
    }

    fn born(&self) -> String {
        self.birth.strftime("%d/%m/%Y").to_string()
    }
}

/// A4 at 300 dpi.
const WIDTH: u32 = 2480;
const HEIGHT: u32 = 3508;
const PX_PER_PT: f32 = 300.0 / 72.0;
const MM: f32 = 300.0 / 25.4;

const PAPER: Rgb<u8> = Rgb([252, 251, 247]);
const INK: Rgb<u8> = Rgb([28, 27, 30]);
const RED: Rgb<u8> = Rgb([196, 30, 38]);
const BLUE: Rgb<u8> = Rgb([38, 52, 150]);

const LEFT: f32 = 236.0;
const CENTRE: f32 = WIDTH as f32 / 2.0;

/// Draws one page.
///
/// # Panics
/// When neither Debian's `fonts-croscore` nor `fonts-dejavu-core` is installed.
#[must_use]
pub fn render_paper(kind: PaperKind, person: &PaperPerson) -> RgbImage {
    let mut sheet = Sheet::blank();
    match kind {
        PaperKind::KhaiSinh => birth_certificate(&mut sheet, person),
        PaperKind::XacNhanCuTru => residence(&mut sheet, person),
    }
    sheet.pixels
}

fn birth_certificate(sheet: &mut Sheet, person: &PaperPerson) {
    sheet.centred(
        CENTRE,
        210.0,
        14.0,
        Style::Bold,
        INK,
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    );
    sheet.centred(
        CENTRE,
        285.0,
        14.0,
        Style::Bold,
        INK,
        "Độc lập - Tự do - Hạnh phúc",
    );
    sheet.rule(CENTRE - 330.0, CENTRE + 330.0, 325.0);
    sheet.centred(CENTRE, 640.0, 26.0, Style::Bold, RED, "GIẤY KHAI SINH");
    sheet.centred(CENTRE, 725.0, 14.0, Style::Bold, INK, "(BẢN SAO)");
    sheet.write(1540.0, 850.0, 13.0, Style::Plain, "Số: 52/2020-BS");
    let lines = [
        format!("Họ, chữ đệm, tên: {}", person.name),
        format!("Ngày, tháng, năm sinh: {}", person.born()),
        format!(
            "Giới tính: {}     Dân tộc: Kinh     Quốc tịch: Việt Nam",
            person.sex()
        ),
        "Nơi sinh: Trạm y tế xã Mẫu Sơn, tỉnh Mẫu".to_owned(),
        "Quê quán: xã Mẫu Sơn, tỉnh Mẫu".to_owned(),
        format!("Số định danh cá nhân: {}", person.personal_id),
        format!("Họ, chữ đệm, tên người mẹ: {}", person.mother),
        "Năm sinh: 1962     Dân tộc: Kinh     Quốc tịch: Việt Nam".to_owned(),
        format!("Nơi cư trú: {}", person.residence),
        format!("Họ, chữ đệm, tên người cha: {}", person.father),
        "Năm sinh: 1960     Dân tộc: Kinh     Quốc tịch: Việt Nam".to_owned(),
        format!("Nơi cư trú: {}", person.residence),
        "Nơi đăng ký khai sinh: Ủy ban nhân dân xã Mẫu Sơn, tỉnh Mẫu".to_owned(),
        format!("Ngày, tháng, năm đăng ký: {}", registered(person.birth)),
    ];
    sheet.lines(970.0, 92.0, &lines);
    sheet.signed(
        2400.0,
        "Mẫu Sơn, ngày 14 tháng 05 năm 2020",
        &["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
        "Phạm Hữu Thử",
    );
}

fn residence(sheet: &mut Sheet, person: &PaperPerson) {
    let (office, nation) = (680.0, 1740.0);
    sheet.write(
        1360.0,
        120.0,
        10.0,
        Style::Plain,
        "Mẫu CT07 ban hành kèm theo Thông tư số 66/2023/TT-BCA",
    );
    sheet.centred(office, 215.0, 12.0, Style::Plain, INK, "CÔNG AN TỈNH MẪU");
    sheet.centred(office, 275.0, 12.0, Style::Bold, INK, "CÔNG AN XÃ MẪU SƠN");
    sheet.centred(office, 350.0, 12.0, Style::Plain, INK, "Số: 218/XN");
    sheet.centred(
        nation,
        215.0,
        12.0,
        Style::Bold,
        INK,
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    );
    sheet.centred(
        nation,
        280.0,
        12.0,
        Style::Bold,
        INK,
        "Độc lập - Tự do - Hạnh phúc",
    );
    sheet.rule(nation - 300.0, nation + 300.0, 315.0);
    sheet.centred(
        CENTRE,
        530.0,
        17.0,
        Style::Bold,
        INK,
        "XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ",
    );
    let lines = [
        "I. Theo đề nghị của Ông/Bà:".to_owned(),
        format!("1. Họ, chữ đệm và tên: {}", person.name),
        format!(
            "2. Ngày, tháng, năm sinh: {}     3. Giới tính: {}",
            person.born(),
            person.sex()
        ),
        format!("4. Số định danh cá nhân: {}", person.personal_id),
        "5. Dân tộc: Kinh     6. Tôn giáo: Không     7. Quốc tịch: Việt Nam".to_owned(),
        "8. Quê quán: xã Mẫu Sơn, tỉnh Mẫu".to_owned(),
        "II. Công an xã xác nhận thông tin về cư trú như sau:".to_owned(),
        format!("1. Nơi thường trú: {}", person.residence),
        "2. Nơi tạm trú: Không".to_owned(),
        format!("3. Nơi ở hiện tại: {}", person.residence),
        "4. Họ, chữ đệm và tên chủ hộ: Trần Văn Thử     5. Quan hệ với chủ hộ: Con".to_owned(),
        "6. Số định danh cá nhân của chủ hộ: 031060004720".to_owned(),
        "Xác nhận này có giá trị đến ngày 31/12/2027".to_owned(),
    ];
    sheet.lines(680.0, 96.0, &lines);
    sheet.signed(
        2150.0,
        "Mẫu Sơn, ngày 07 tháng 04 năm 2026",
        &["TRƯỞNG CÔNG AN XÃ"],
        "Hoàng Công Mẫu",
    );
}

/// Births are registered within sixty days (Luật Hộ tịch Art. 15).
fn registered(birth: Date) -> String {
    let day = birth.checked_add(jiff::ToSpan::days(20)).unwrap_or(birth);
    day.strftime("%d/%m/%Y").to_string()
}

#[derive(Clone, Copy)]
enum Style {
    Plain,
    Bold,
}

/// A sheet under the pen.
struct Sheet {
    pixels: RgbImage,
    plain: FontVec,
    bold: FontVec,
}

impl Sheet {
    fn blank() -> Self {
        let font = |names: [&str; 2]| {
            let folder = Path::new("/usr/share/fonts/truetype");
            let bytes = names
                .iter()
                .find_map(|name| std::fs::read(folder.join(name)).ok());
            let bytes =
                bytes.expect("install fonts-croscore or fonts-dejavu-core to draw specimen papers");
            FontVec::try_from_vec(bytes).expect("Debian's fonts are sound")
        };
        Self {
            pixels: RgbImage::from_pixel(WIDTH, HEIGHT, PAPER),
            plain: font(["croscore/Tinos-Regular.ttf", "dejavu/DejaVuSerif.ttf"]),
            bold: font(["croscore/Tinos-Bold.ttf", "dejavu/DejaVuSerif-Bold.ttf"]),
        }
    }

    fn lines(&mut self, first: f32, step: f32, lines: &[String]) {
        for (number, line) in (0_u8..).zip(lines) {
            self.write(
                LEFT,
                first + f32::from(number) * step,
                13.0,
                Style::Plain,
                line,
            );
        }
    }

    fn write(&mut self, x: f32, baseline: f32, points: f32, style: Style, text: &str) {
        self.draw(x, baseline, points, style, INK, text);
    }

    fn centred(
        &mut self,
        x: f32,
        baseline: f32,
        points: f32,
        style: Style,
        ink: Rgb<u8>,
        text: &str,
    ) {
        let half = self.width(points, style, text) / 2.0;
        self.draw(x - half, baseline, points, style, ink, text);
    }

    /// Place and date, office, name, and over them signature and seal, as they lie on real papers.
    fn signed(&mut self, top: f32, dated: &str, offices: &[&str], name: &str) {
        let x = 1750.0;
        self.centred(x, top, 13.0, Style::Plain, INK, dated);
        let mut at = top;
        for office in offices {
            at += 70.0;
            self.centred(x, at, 13.0, Style::Bold, INK, office);
        }
        self.centred(x, at + 420.0, 13.0, Style::Bold, INK, name);
        self.signature(x - 120.0, at + 220.0);
        self.seal(x - 230.0, at + 215.0);
    }

    fn width(&self, points: f32, style: Style, text: &str) -> f32 {
        let font = self.font(style);
        let scaled = font.as_scaled(scale(font, points));
        text.chars()
            .map(|letter| scaled.h_advance(scaled.glyph_id(letter)))
            .sum()
    }

    fn font(&self, style: Style) -> &FontVec {
        match style {
            Style::Plain => &self.plain,
            Style::Bold => &self.bold,
        }
    }

    fn draw(
        &mut self,
        mut x: f32,
        baseline: f32,
        points: f32,
        style: Style,
        ink: Rgb<u8>,
        text: &str,
    ) {
        let mut dots = Vec::new();
        let font = self.font(style);
        let size = scale(font, points);
        let scaled = font.as_scaled(size);
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            assert!(
                id.0 != 0 || letter.is_whitespace(),
                "the font lacks {letter:?}"
            );
            if let Some(outline) =
                font.outline_glyph(id.with_scale_and_position(size, point(x, baseline)))
            {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    dots.push((corner.x + dx as f32, corner.y + dy as f32, cover))
                });
            }
            x += scaled.h_advance(id);
        }
        for (x, y, cover) in dots {
            self.stain(x, y, ink, cover);
        }
    }

    fn rule(&mut self, from: f32, to: f32, y: f32) {
        for dy in 0_u8..4 {
            let mut x = from;
            while x < to {
                self.stain(x, y + f32::from(dy), INK, 1.0);
                x += 1.0;
            }
        }
    }

    /// A state seal of 36 mm: two rings, a star between words that nobody reads.
    fn seal(&mut self, cx: f32, cy: f32) {
        let radius = 18.0 * MM;
        let reach = radius as i32 + 2;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (x, y) = (dx as f32, dy as f32);
                let distance = x.hypot(y);
                let ring = (radius - 10.0..radius).contains(&distance)
                    || (radius * 0.62..radius * 0.65).contains(&distance);
                // Ticks stand for the words between the rings; a five-pointed star for the coat of arms.
                let angle = y.atan2(x) + TAU;
                let tick = (radius * 0.70..radius * 0.88).contains(&distance)
                    && (angle / TAU * 44.0).fract() < 0.45;
                let point = ((angle / TAU * 5.0 + 0.25).fract() - 0.5).abs();
                let star = distance < radius * (0.18 + 0.50 * (point - 0.25).max(0.0));
                if ring || tick || star {
                    // A stamp is never inked evenly.
                    let worn = 0.80 + 0.15 * ((x * 0.05).sin() * (y * 0.07).cos());
                    self.stain(cx + x, cy + y, RED, worn);
                }
            }
        }
    }

    /// A scribble that nobody could forge.
    fn signature(&mut self, x: f32, y: f32) {
        for step in 0_u16..4000 {
            let t = f32::from(step) / 4000.0;
            let px = x + 420.0 * t + 40.0 * (t * TAU * 4.0).sin();
            let py = y - 60.0 * t + 85.0 * (t * TAU * 5.0).cos() * (1.0 - 0.6 * t);
            for (dx, dy) in [
                (0.0, 0.0),
                (1.0, 0.0),
                (0.0, 1.0),
                (1.0, 1.0),
                (2.0, 1.0),
                (1.0, 2.0),
            ] {
                self.stain(px + dx, py + dy, BLUE, 0.85);
            }
        }
    }

    /// Lays ink on what is there: ink over ink grows darker, as on paper.
    fn stain(&mut self, x: f32, y: f32, ink: Rgb<u8>, cover: f32) {
        let inside = x >= 0.0 && y >= 0.0 && x < WIDTH as f32 && y < HEIGHT as f32;
        if !inside {
            return;
        }
        let pixel = self.pixels.get_pixel_mut(x as u32, y as u32);
        for (channel, ink) in pixel.0.iter_mut().zip(ink.0) {
            let filter = 1.0 - cover.clamp(0.0, 1.0) * (1.0 - f32::from(ink) / 255.0);
            *channel = (f32::from(*channel) * filter) as u8;
        }
    }
}

/// The scale at which an em is so many points high.
fn scale(font: &FontVec, points: f32) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(points * PX_PER_PT * font.height_unscaled() / em)
}
