//! Draws small pages at 300 dpi with a Debian font, so that the tests know every letter on them, and photographs of them.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

pub(crate) const DPI: u32 = 300;

/// A half-page certificate; nobody on it exists.
pub(crate) const CERTIFICATE: &[&str] = &[
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "GIẤY KHAI SINH",
    "Họ, chữ đệm, tên: TRẦN THỊ MẪU",
    "Ngày, tháng, năm sinh: 05/06/2014",
    "Giới tính: Nữ Dân tộc: Kinh Quốc tịch: Việt Nam",
    "Nơi sinh: Bệnh viện Đa khoa huyện Thử Nghiệm",
    "Số định danh cá nhân: 001314000001",
    "Họ, chữ đệm, tên người mẹ: LÊ THỊ THỬ",
    "Nơi đăng ký khai sinh: Ủy ban nhân dân xã Mẫu Sơn",
];

/// The lines one below the other on slightly warm paper.
pub(crate) fn page(lines: &[&str]) -> RgbImage {
    let mut page = RgbImage::from_pixel(1760, 1240, Rgb([250, 249, 244]));
    for (line, number) in lines.iter().zip(1_u8..) {
        let ink = if *line == "GIẤY KHAI SINH" {
            Rgb([190, 30, 40])
        } else {
            Rgb([25, 25, 28])
        };
        write(
            &mut page,
            150.0,
            60.0 + f32::from(number) * 100.0,
            54.0,
            ink,
            line,
        );
    }
    page
}

/// One line of text, `size` pixels to the em.
pub(crate) fn write(
    page: &mut RgbImage,
    x: f32,
    baseline: f32,
    size: f32,
    ink: Rgb<u8>,
    text: &str,
) {
    write_in("DejaVuSerif", page, (x, baseline), size, ink, text);
}

/// The same in another face of DejaVu.
pub(crate) fn write_in(
    face: &str,
    page: &mut RgbImage,
    (mut x, baseline): (f32, f32),
    size: f32,
    ink: Rgb<u8>,
    text: &str,
) {
    let bytes = std::fs::read(format!("/usr/share/fonts/truetype/dejavu/{face}.ttf")).unwrap();
    let font = FontVec::try_from_vec(bytes).unwrap();
    let scale = PxScale::from(size * font.height_unscaled() / font.units_per_em().unwrap());
    let scaled = font.as_scaled(scale);
    for letter in text.chars() {
        let id = scaled.glyph_id(letter);
        if let Some(outline) =
            font.outline_glyph(id.with_scale_and_position(scale, point(x, baseline)))
        {
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, cover| {
                let pixel = page.get_pixel_mut(
                    (corner.x as i32 + dx as i32) as u32,
                    (corner.y as i32 + dy as i32) as u32,
                );
                for (channel, ink) in pixel.0.iter_mut().zip(ink.0) {
                    let mixed = f32::from(*channel) * (1.0 - cover) + f32::from(ink) * cover;
                    *channel = mixed.clamp(0.0, 255.0) as u8;
                }
            });
        }
        x += scaled.h_advance(id);
    }
}

/// A red ring seal of 36 mm, multiplied over what is there.
pub(crate) fn stamp(page: &mut RgbImage, cx: f32, cy: f32) {
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        let distance = (x as f32 - cx).hypot(y as f32 - cy);
        if (196.0..212.0).contains(&distance) || (130.0..138.0).contains(&distance) {
            for (channel, ink) in pixel.0.iter_mut().zip([215_u16, 45, 50]) {
                *channel = (u16::from(*channel) * ink / 255) as u8;
            }
        }
    }
}

/// The page as a scanner sees a sheet laid crooked: lines run downhill by `degrees`.
pub(crate) fn crooked(page: &RgbImage, degrees: f32) -> RgbImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (page.width() as f32 / 2.0, page.height() as f32 / 2.0);
    RgbImage::from_fn(page.width(), page.height(), |x, y| {
        let (dx, dy) = (x as f32 - cx, y as f32 - cy);
        let (sx, sy) = (cx + dx * cos + dy * sin, cy - dx * sin + dy * cos);
        image::imageops::interpolate_bilinear(page, sx, sy).unwrap_or(Rgb([250, 249, 244]))
    })
}

/// The perspective that takes a page of this size to four corners of a photograph, clockwise from the page's upper left;
/// rows of a matrix.
pub(crate) struct Perspective([[f64; 3]; 3]);

impl Perspective {
    pub(crate) fn new((width, height): (u32, u32), corners: [[f64; 2]; 4]) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        // Eight equations: x' = (ax + by + c) / (gx + ky + 1) and the same for y'.
        let mut rows = Vec::new();
        for ([x, y], [u, v]) in [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]
            .into_iter()
            .zip(corners)
        {
            rows.push([x, y, 1.0, 0.0, 0.0, 0.0, -x * u, -y * u, u]);
            rows.push([0.0, 0.0, 0.0, x, y, 1.0, -x * v, -y * v, v]);
        }
        for column in 0..8 {
            let best = (column..8)
                .max_by(|a, b| f64::total_cmp(&rows[*a][column].abs(), &rows[*b][column].abs()));
            rows.swap(column, best.unwrap());
            let pivot = rows[column];
            for (at, row) in rows.iter_mut().enumerate() {
                let factor = row[column] / pivot[column];
                if at != column {
                    row.iter_mut()
                        .zip(pivot)
                        .for_each(|(value, pivot)| *value -= factor * pivot);
                }
            }
        }
        let of = |at: usize| rows[at][8] / rows[at][at];
        Self([
            [of(0), of(1), of(2)],
            [of(3), of(4), of(5)],
            [of(6), of(7), 1.0],
        ])
    }

    pub(crate) fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [u, v, w] = self.0.map(|row| row[0] * x + row[1] * y + row[2]);
        [u / w, v / w]
    }

    /// The way back, by the adjugate matrix.
    fn back(&self) -> Self {
        let m = &self.0;
        let minor = |r: usize, c: usize| {
            let (r0, r1) = ((r + 1) % 3, (r + 2) % 3);
            let (c0, c1) = ((c + 1) % 3, (c + 2) % 3);
            m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0]
        };
        Self(std::array::from_fn(|r| {
            std::array::from_fn(|c| minor(c, r))
        }))
    }
}

/// How much light falls there: the lamp stands at the left.
pub(crate) fn light_at(x: f32, width: u32) -> f32 {
    0.92 - 0.22 * x / width as f32
}

/// A photograph of a page on a dark desk, lit unevenly.
pub(crate) fn photographed(
    page: &RgbImage,
    way: &Perspective,
    (width, height): (u32, u32),
) -> RgbImage {
    let back = way.back();
    RgbImage::from_fn(width, height, |x, y| {
        let [px, py] = back.at([f64::from(x) + 0.5, f64::from(y) + 0.5]);
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 13 & 7;
        let within =
            px >= 0.0 && py >= 0.0 && px < f64::from(page.width()) && py < f64::from(page.height());
        let seen = within
            .then(|| image::imageops::interpolate_bilinear(page, px as f32 - 0.5, py as f32 - 0.5))
            .flatten();
        let light = light_at(x as f32, width);
        match seen {
            Some(pixel) => Rgb(pixel.0.map(|value| (f32::from(value) * light) as u8)),
            None if within => {
                Rgb([250.0 * light, 249.0 * light, 244.0 * light].map(|value| value as u8))
            }
            None => Rgb([58 + grain as u8, 44 + grain as u8, 36 + grain as u8]),
        }
    })
}
