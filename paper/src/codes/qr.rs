//! Finds and reads the QR codes in a picture: one look over all of it, and a closer one at every code that was seen
//! but did not come out.
//!
//! zxing-cpp does the reading (the best of six readers over 200 card codes). What it gets is bounded here: pixels,
//! symbols and second looks.

use std::borrow::Cow;

use crate::codes::locate::Texture;
use image::{GrayImage, imageops};
use zeroize::Zeroizing;
use zxingcpp::{
    Barcode, BarcodeFormat, BarcodeReader, Binarizer, ContentType, ImageFormat, ImageView, TextMode,
};

/// A larger picture is halved first: A4 at 600 dpi has 35 Mpx, and a code printed for telephones has modules of a
/// third of a millimetre, 4 pixels at 300 dpi.
const MAX_PIXELS: u64 = 18_000_000;

/// The reader's work grows with the square of the corners it sees, and corners lie where tones mix. A full page of
/// small print has 1.3 Mpx of that; a page made of nothing but corners would hold it for a minute.
const MAX_TEXTURE_PIXELS: u64 = 2_000_000;

/// A sheet of stickers may hold dozens; nobody brings more.
const MAX_SYMBOLS: i32 = 32;

/// How many places of one picture get closer looks. Writing sometimes looks like the corner of a code.
const MAX_SECOND_LOOKS: usize = 5;

/// A picture this small is the code itself, cut out or held before a camera: it is looked at again even where no code
/// was seen.
const SMALL_PIXELS: u64 = 1_000_000;

/// A closer look never works on more than this.
const MAX_CROP_SIDE: u32 = 900;

/// The smallest code worth a look: 21 modules of one pixel and a half.
const LEAST_SIDE: f32 = 32.0;

/// The largest QR code (version 40-L) holds 2,953 octets (ISO/IEC 18004 table 7).
pub(crate) const MAX_BYTES: usize = 2_953;

/// Stands for octets that say themselves that they are no text; no text holds it.
pub(crate) const NO_TEXT: &str = "\u{fffd}";

/// A code, read or only seen. Corners in pixels of the picture, clockwise, beginning at the upper left of the code.
pub(crate) struct Symbol {
    pub(crate) corners: [(f32, f32); 4],
    /// None where a code was seen that could not be read.
    pub(crate) bytes: Option<Zeroizing<Vec<u8>>>,
    /// The text as the reader decoded it by the character set that the code names, [`NO_TEXT`] when that is none of text; none
    /// when the code names nothing.
    pub(crate) decoded: Option<Zeroizing<String>>,
}

/// Reads all codes of a picture. The same picture gives the same codes, upper ones first.
pub(crate) fn read(picture: &GrayImage) -> Vec<Symbol> {
    let (whole, scale, texture) = bounded(picture);
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut doubtful: Vec<Symbol> = Vec::new();
    for mut symbol in look(&whole, &reader(Binarizer::LocalAverage)) {
        for (x, y) in &mut symbol.corners {
            (*x, *y) = (*x * scale, *y * scale);
        }
        match symbol.bytes {
            Some(_) => keep(&mut symbols, symbol),
            None => keep(&mut doubtful, symbol),
        }
    }
    // Where the page only looks like a code there may be none: nothing is reported of it unless it can be read.
    let squares = texture.squares().into_iter().map(|square| {
        let [x, y, w, h] = square.map(|side| side as f32 * scale);
        [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    });
    let mut places: Vec<[(f32, f32); 4]> = doubtful.iter().map(|symbol| symbol.corners).collect();
    places.extend(squares);
    let mut looks = 0;
    for place in places {
        if looks == MAX_SECOND_LOOKS {
            break;
        }
        if symbols
            .iter()
            .any(|symbol| overlap(&symbol.corners, &place))
        {
            continue;
        }
        let Some((crop, x, y)) = cut_out(picture, &place) else {
            continue;
        };
        looks += 1;
        if let Some(mut read) = again(&crop) {
            for corner in &mut read.corners {
                *corner = (corner.0 + x as f32, corner.1 + y as f32);
            }
            keep(&mut symbols, read);
        }
    }
    let (width, height) = picture.dimensions();
    if symbols.is_empty()
        && u64::from(width) * u64::from(height) <= SMALL_PIXELS
        && let Some(read) = again(picture)
    {
        symbols.push(read);
    }
    for symbol in doubtful {
        let [left, top, right, bottom] = bounds(&symbol.corners);
        let (w, h) = (right - left, bottom - top);
        if w.min(h) >= LEAST_SIDE && w.max(h) <= 2.0 * w.min(h) {
            keep(&mut symbols, symbol);
        }
    }
    symbols.sort_by(|a, b| {
        let key = |symbol: &Symbol| (symbol.corners[0].1, symbol.corners[0].0);
        let ((ay, ax), (by, bx)) = (key(a), key(b));
        ay.total_cmp(&by).then(ax.total_cmp(&bx))
    });
    symbols
}

/// The picture, halved until it is small and plain enough, and by how much its pixels grew.
fn bounded(picture: &GrayImage) -> (Cow<'_, GrayImage>, f32, Texture) {
    let (mut whole, mut scale) = (Cow::Borrowed(picture), 1.0);
    loop {
        let pixels = u64::from(whole.width()) * u64::from(whole.height());
        let texture = Texture::of(&whole);
        if pixels <= MAX_PIXELS && texture.area() <= MAX_TEXTURE_PIXELS {
            return (whole, scale, texture);
        }
        whole = Cow::Owned(halved(&whole));
        scale *= 2.0;
    }
}

fn halved(picture: &GrayImage) -> GrayImage {
    GrayImage::from_fn(picture.width() / 2, picture.height() / 2, |x, y| {
        let at = |dx, dy| u16::from(picture.get_pixel(2 * x + dx, 2 * y + dy).0[0]);
        image::Luma([((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4) as u8])
    })
}

fn reader(binarizer: Binarizer) -> BarcodeReader {
    zxingcpp::read()
        .formats(BarcodeFormat::QRCode)
        .try_harder(true)
        .try_rotate(false) // three corners tell which way up a QR code stands
        .try_invert(true)
        .try_downscale(true)
        .return_errors(true)
        .max_number_of_symbols(MAX_SYMBOLS)
        .binarizer(binarizer)
        .text_mode(TextMode::Plain)
}

/// One look; nothing when the library refuses the picture.
fn look(picture: &GrayImage, reader: &BarcodeReader) -> Vec<Symbol> {
    let (width, height) = picture.dimensions();
    let Ok(view) = ImageView::from_slice(picture.as_raw(), width, height, ImageFormat::Lum) else {
        return Vec::new();
    };
    let found = reader.from(&view).unwrap_or_default();
    found.iter().map(symbol).collect()
}

fn symbol(code: &Barcode) -> Symbol {
    let place = code.position();
    let corners = [
        place.top_left,
        place.top_right,
        place.bottom_right,
        place.bottom_left,
    ];
    let bytes = code.is_valid().then(|| Zeroizing::new(code.bytes()));
    let bytes = bytes.filter(|bytes| !bytes.is_empty() && bytes.len() <= MAX_BYTES);
    Symbol {
        corners: corners.map(|corner| (corner.x as f32, corner.y as f32)),
        decoded: (bytes.is_some() && code.has_eci()).then(|| {
            Zeroizing::new(match code.content_type() {
                ContentType::Binary | ContentType::UnknownECI => NO_TEXT.to_owned(),
                _ => code.text(),
            })
        }),
        bytes,
    }
}

/// Enters a symbol unless its place is taken: the reader meets a code again at every scale.
fn keep(symbols: &mut Vec<Symbol>, symbol: Symbol) {
    if !symbols
        .iter()
        .any(|other| overlap(&other.corners, &symbol.corners))
    {
        symbols.push(symbol);
    }
}

/// Left, top, right, bottom.
fn bounds(corners: &[(f32, f32); 4]) -> [f32; 4] {
    let xs = corners.map(|corner| corner.0);
    let ys = corners.map(|corner| corner.1);
    let least = |of: [f32; 4]| of.into_iter().fold(f32::MAX, f32::min);
    let most = |of: [f32; 4]| of.into_iter().fold(f32::MIN, f32::max);
    [least(xs), least(ys), most(xs), most(ys)]
}

/// Whether one lies with its middle in the other.
fn overlap(a: &[(f32, f32); 4], b: &[(f32, f32); 4]) -> bool {
    let (a, b) = (bounds(a), bounds(b));
    let middle = |of: [f32; 4]| ((of[0] + of[2]) / 2.0, (of[1] + of[3]) / 2.0);
    let within = |(x, y): (f32, f32), of: [f32; 4]| {
        (of[0]..=of[2]).contains(&x) && (of[1]..=of[3]).contains(&y)
    };
    within(middle(a), b) || within(middle(b), a)
}

/// Cuts out a place with the quiet zone around it and some more; none when it is too small or too large for a code.
fn cut_out(picture: &GrayImage, corners: &[(f32, f32); 4]) -> Option<(GrayImage, u32, u32)> {
    let [left, top, right, bottom] = bounds(corners);
    let side = (right - left).max(bottom - top);
    if !side.is_finite() || side < LEAST_SIDE {
        return None;
    }
    let margin = side * 0.3 + 8.0;
    let x = (left - margin).max(0.0) as u32;
    let y = (top - margin).max(0.0) as u32;
    let w = ((right + margin) as u32)
        .min(picture.width())
        .checked_sub(x)?;
    let h = ((bottom + margin) as u32)
        .min(picture.height())
        .checked_sub(y)?;
    let fits = LEAST_SIDE as u32..=MAX_CROP_SIDE;
    (fits.contains(&w) && fits.contains(&h))
        .then(|| (imageops::crop_imm(picture, x, y, w, h).to_image(), x, y))
}

/// Tries what helps against noise, blur and small modules, dearest last; the first valid code ends it.
fn again(crop: &GrayImage) -> Option<Symbol> {
    let local = reader(Binarizer::LocalAverage);
    let valid = |picture: &GrayImage, reader: &BarcodeReader, scale: f32| {
        let mut read = look(picture, reader)
            .into_iter()
            .find(|symbol| symbol.bytes.is_some())?;
        for corner in &mut read.corners {
            *corner = (corner.0 / scale, corner.1 / scale);
        }
        Some(read)
    };
    let clear = stretched(crop);
    let soft = imageops::blur(&clear, 1.0);
    if let Some(read) = valid(&soft, &local, 1.0) {
        return Some(read);
    }
    if let Some(read) = valid(&soft, &reader(Binarizer::GlobalHistogram), 1.0) {
        return Some(read);
    }
    let (width, height) = crop.dimensions();
    let large = (MAX_CROP_SIDE / width.max(height)).min(3);
    if large >= 2 {
        let grown = |picture: &GrayImage| {
            imageops::resize(
                picture,
                width * large,
                height * large,
                imageops::FilterType::CatmullRom,
            )
        };
        for picture in [
            grown(&clear),
            grown(&sharpened(&clear)),
            grown(&imageops::blur(&clear, 1.6)),
        ] {
            if let Some(read) = valid(&picture, &local, large as f32) {
                return Some(read);
            }
        }
    }
    None
}

/// The tones between the darkest and the lightest hundredth, drawn out to black and white.
fn stretched(picture: &GrayImage) -> GrayImage {
    let mut histogram = [0_u64; 256];
    for value in picture.as_raw() {
        histogram[usize::from(*value)] += 1;
    }
    let hundredth = picture.as_raw().len() as u64 / 100;
    let past_hundredth = |count: &mut u64, tone: &usize| {
        *count += histogram[*tone];
        *count > hundredth
    };
    let (mut dark, mut light) = (0, 0);
    let low = (0..256).find(|tone| past_hundredth(&mut dark, tone));
    let high = (0..256).rev().find(|tone| past_hundredth(&mut light, tone));
    let (low, high) = (low.unwrap_or(0), high.unwrap_or(255));
    let span = high.saturating_sub(low).max(1);
    let mut drawn = picture.clone();
    for value in drawn.iter_mut() {
        *value = (usize::from(*value).saturating_sub(low) * 255 / span).min(255) as u8;
    }
    drawn
}

/// What lies above a soft copy is counted twice: modules that run into each other come apart.
fn sharpened(picture: &GrayImage) -> GrayImage {
    let soft = imageops::blur(picture, 2.0);
    let mut sharp = picture.clone();
    for (value, soft) in sharp.iter_mut().zip(soft.as_raw()) {
        let (here, around) = (i32::from(*value), i32::from(*soft));
        *value = (here + (here - around) * 3 / 2).clamp(0, 255) as u8;
    }
    sharp
}
