//! What a PDF page draws: whether it is one image and nothing else, and that image's pixels.

use image::{DynamicImage, GrayImage, RgbImage};
use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use crate::FileError;

/// How much of the page the image must cover to be the page: some scanners leave a border.
const LEAST_COVER: f64 = 0.8;

/// More operators than a page of one image ever has; with an invisible text layer there are some thousands.
const MAX_OPERATIONS: usize = 500_000;

/// The text layer of a dense page unpacks to some hundred kilobytes.
const MAX_CONTENT_BYTES: usize = 32 * 1024 * 1024;

/// The one image of a page, and how wide it is drawn.
pub(crate) struct Drawn {
    pub(crate) image: ObjectId,
    pub(crate) width_points: f64,
}

/// A transformation: x' = a·x + c·y + e, y' = b·x + d·y + f (ISO 32000-1 §8.3.3).
#[derive(Clone, Copy)]
struct Matrix([f64; 6]);

impl Matrix {
    const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    fn then(self, Self([a2, b2, c2, d2, e2, f2]): Self) -> Self {
        let Self([a, b, c, d, e, f]) = self;
        Self([
            a * a2 + b * c2,
            a * b2 + b * d2,
            c * a2 + d * c2,
            c * b2 + d * d2,
            e * a2 + f * c2 + e2,
            e * b2 + f * d2 + f2,
        ])
    }
}

/// The image a page consists of.
pub(crate) fn sole_image(file: &Document, page: ObjectId) -> Result<Drawn, FileError> {
    let content = file
        .get_page_content_with_limit(page, MAX_CONTENT_BYTES)
        .map_err(|_| FileError::Damaged)?;
    let content = Content::decode(&content).map_err(|_| FileError::Damaged)?;
    if content.operations.len() > MAX_OPERATIONS {
        return Err(FileError::NotOneImage);
    }
    let mut found: Option<Drawn> = None;
    let mut matrix = Matrix::ONE;
    let mut saved = Vec::new();
    let mut text_is_invisible = false;
    for operation in &content.operations {
        match operation.operator.as_str() {
            "q" => saved.push(matrix),
            "Q" => matrix = saved.pop().unwrap_or(Matrix::ONE),
            "cm" => matrix = numbers(&operation.operands)?.then(matrix),
            // Mode 3 draws nothing: the text layer of a scanner that reads (ISO 32000-1 §9.3.6).
            "Tr" => {
                text_is_invisible = operation.operands.first().and_then(number) == Some(3.0);
            }
            "Tj" | "TJ" | "'" | "\"" if text_is_invisible => {}
            // Whatever else leaves a mark: letters, filled and stroked paths, shadings, inline images.
            "Tj" | "TJ" | "'" | "\"" | "f" | "F" | "f*" | "B" | "B*" | "b" | "b*" | "S" | "s"
            | "sh" | "BI" | "EI" => return Err(FileError::NotOneImage),
            "Do" => {
                let name = operation
                    .operands
                    .first()
                    .and_then(|name| name.as_name().ok())
                    .ok_or(FileError::Damaged)?;
                let image = drawn_object(file, page, name)?;
                if found.is_some() {
                    return Err(FileError::NotOneImage);
                }
                let Matrix([a, b, c, d, ..]) = matrix;
                let area = (a * d - b * c).abs();
                if area < LEAST_COVER * page_area(file, page)? {
                    return Err(FileError::NotOneImage);
                }
                found = Some(Drawn {
                    image,
                    width_points: a.hypot(b),
                });
            }
            _ => {}
        }
    }
    found
        .filter(|drawn| drawn.width_points > 0.0)
        .ok_or(FileError::NotOneImage)
}

fn number(object: &Object) -> Option<f64> {
    object.as_float().map(f64::from).ok()
}

fn numbers(operands: &[Object]) -> Result<Matrix, FileError> {
    let list: Vec<f64> = operands.iter().filter_map(number).collect();
    list.try_into().map(Matrix).map_err(|_| FileError::Damaged)
}

/// The image of that name in the page's resources. A form could hold anything.
fn drawn_object(file: &Document, page: ObjectId, name: &[u8]) -> Result<ObjectId, FileError> {
    let (own, inherited) = file
        .get_page_resources(page)
        .map_err(|_| FileError::Damaged)?;
    let inherited = inherited
        .into_iter()
        .filter_map(|id| file.get_dictionary(id).ok());
    own.into_iter()
        .chain(inherited)
        .find_map(|resources| {
            let objects = resources.get_deref(b"XObject", file).ok()?;
            objects.as_dict().ok()?.get(name).ok()?.as_reference().ok()
        })
        .filter(|id| {
            file.get_object(*id)
                .and_then(Object::as_stream)
                .and_then(|stream| stream.dict.get(b"Subtype"))
                .and_then(Object::as_name)
                .is_ok_and(|kind| kind == b"Image")
        })
        .ok_or(FileError::NotOneImage)
}

/// The page's area in square points; its box may stand with one of its parents (ISO 32000-1 §7.7.3.4).
fn page_area(file: &Document, page: ObjectId) -> Result<f64, FileError> {
    let mut at = file.get_dictionary(page).map_err(|_| FileError::Damaged)?;
    for _ in 0..32 {
        if let Ok(sides) = at.get_deref(b"MediaBox", file).and_then(Object::as_array) {
            let list: Vec<f64> = sides
                .iter()
                .filter_map(|side| match side {
                    Object::Reference(id) => file.get_object(*id).ok().and_then(number),
                    other => number(other),
                })
                .collect();
            return match list.as_slice() {
                [left, bottom, right, top] => Ok(((right - left) * (top - bottom)).abs()),
                _ => Err(FileError::Damaged),
            };
        }
        at = at
            .get_deref(b"Parent", file)
            .and_then(Object::as_dict)
            .map_err(|_| FileError::Damaged)?;
    }
    Err(FileError::Damaged)
}

/// The pixels of an image that is no JPEG: plain or deflated samples, or facsimile group 4.
pub(crate) fn unpacked(
    file: &Document,
    stream: &Stream,
    width: u32,
    height: u32,
) -> Result<DynamicImage, FileError> {
    let dict = &stream.dict;
    let bits = dict
        .get_deref(b"BitsPerComponent", file)
        .and_then(Object::as_i64)
        .unwrap_or(1);
    let inverted = is_inverted(file, dict);
    let filters = stream.filters().unwrap_or_default();
    if let [b"CCITTFaxDecode"] = filters.as_slice() {
        let bits = group_4(file, stream, width, height)?;
        return gray(width, height, bits, inverted);
    }
    if !matches!(filters.as_slice(), [] | [b"FlateDecode"] | [b"LZWDecode"]) {
        return Err(FileError::Packing);
    }
    let channels = channels(file, dict)?;
    let row = (width as usize * channels * bits.clamp(1, 16) as usize).div_ceil(8);
    let length = row * height as usize;
    let samples = if filters.is_empty() {
        stream.content.clone()
    } else {
        stream
            .decompressed_content_with_limit(length + 1024)
            .map_err(|_| FileError::Damaged)?
    };
    let samples = samples.get(..length).ok_or(FileError::Damaged)?;
    match (channels, bits) {
        (3, 8) if !inverted => RgbImage::from_raw(width, height, samples.to_vec())
            .map(DynamicImage::ImageRgb8)
            .ok_or(FileError::Damaged),
        (1, 8) => gray(width, height, samples.to_vec(), inverted),
        (1, 1) => {
            let bit = |row: &[u8], x: usize| row[x / 8] >> (7 - x % 8) & 1;
            let pixels = samples
                .chunks_exact(row)
                .flat_map(|row| (0..width as usize).map(move |x| bit(row, x) * 255));
            gray(width, height, pixels.collect(), inverted)
        }
        _ => Err(FileError::Packing),
    }
}

fn gray(
    width: u32,
    height: u32,
    mut pixels: Vec<u8>,
    inverted: bool,
) -> Result<DynamicImage, FileError> {
    if inverted {
        pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    GrayImage::from_raw(width, height, pixels)
        .map(DynamicImage::ImageLuma8)
        .ok_or(FileError::Damaged)
}

/// `/Decode [1 0]` turns black and white round (ISO 32000-1 §8.9.5.2).
fn is_inverted(file: &Document, dict: &Dictionary) -> bool {
    dict.get_deref(b"Decode", file)
        .and_then(Object::as_array)
        .ok()
        .and_then(|list| list.first().and_then(number))
        .is_some_and(|first| first == 1.0)
}

/// 1 for gray, 3 for colour; a palette or a printer's colours are refused.
fn channels(file: &Document, dict: &Dictionary) -> Result<usize, FileError> {
    if dict.has(b"ImageMask") {
        return Err(FileError::Packing);
    }
    let space = dict
        .get_deref(b"ColorSpace", file)
        .map_err(|_| FileError::Packing)?;
    let name = match space {
        Object::Array(list) => list.first().and_then(|name| name.as_name().ok()),
        other => other.as_name().ok(),
    };
    match name {
        Some(b"DeviceGray" | b"CalGray") => Ok(1),
        Some(b"DeviceRGB" | b"CalRGB") => Ok(3),
        Some(b"ICCBased") => {
            let profile = space.as_array().ok().and_then(|list| list.get(1));
            let profile = profile
                .and_then(|profile| profile.as_reference().ok())
                .and_then(|id| file.get_object(id).ok())
                .and_then(|profile| profile.as_stream().ok());
            match profile.map(|profile| profile.dict.get(b"N").and_then(Object::as_i64)) {
                Some(Ok(1)) => Ok(1),
                Some(Ok(3)) => Ok(3),
                _ => Err(FileError::Packing),
            }
        }
        _ => Err(FileError::Packing),
    }
}

/// Facsimile group 4 (ITU-T T.6): `/K` below zero. White is 255.
fn group_4(
    file: &Document,
    stream: &Stream,
    width: u32,
    height: u32,
) -> Result<Vec<u8>, FileError> {
    let parameters = match stream.dict.get_deref(b"DecodeParms", file) {
        Ok(Object::Dictionary(dict)) => Some(dict),
        Ok(Object::Array(list)) => list.first().and_then(|first| match first {
            Object::Reference(id) => file.get_dictionary(*id).ok(),
            other => other.as_dict().ok(),
        }),
        _ => None,
    };
    let of = |key: &[u8]| parameters.and_then(|dict| dict.get_deref(key, file).ok());
    let kind = of(b"K").and_then(|kind| kind.as_i64().ok()).unwrap_or(0);
    // The default of `Columns` is 1728, the width of a facsimile (ISO 32000-1 table 11).
    let stated = of(b"Columns")
        .and_then(|columns| columns.as_i64().ok())
        .unwrap_or(1728);
    let aligned = of(b"EncodedByteAlign").is_some_and(|on| on.as_bool().unwrap_or(false));
    let (Ok(columns), Ok(rows)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(FileError::TooLarge);
    };
    if kind >= 0 || aligned || stated != i64::from(width) {
        return Err(FileError::Packing);
    }
    // Usually 0 is black; `BlackIs1` says the other (ISO 32000-1 table 11).
    let black_is_1 = of(b"BlackIs1").is_some_and(|on| on.as_bool().unwrap_or(false));
    let (black, white) = if black_is_1 { (255, 0) } else { (0, 255) };
    let mut pixels = Vec::with_capacity(usize::from(columns) * usize::from(rows));
    fax::decoder::decode_g4(
        stream.content.iter().copied(),
        columns,
        Some(rows),
        |transitions| {
            pixels.extend(
                fax::decoder::pels(transitions, columns).map(|pel| match pel {
                    fax::Color::Black => black,
                    fax::Color::White => white,
                }),
            );
        },
    )
    .ok_or(FileError::Damaged)?;
    if pixels.len() == usize::from(columns) * usize::from(rows) {
        Ok(pixels)
    } else {
        Err(FileError::Damaged)
    }
}
