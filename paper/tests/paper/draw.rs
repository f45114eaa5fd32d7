//! Draws small pages at 300 dpi with a Debian font, so that the tests know every letter on them.

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
    mut x: f32,
    baseline: f32,
    size: f32,
    ink: Rgb<u8>,
    text: &str,
) {
    let bytes = std::fs::read("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf").unwrap();
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
