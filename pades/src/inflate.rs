//! Unpacks the two stream types a cross-reference needs (object and cross-reference streams), never
//! past a given size.

use std::io::Read;

use crate::error::PdfError;
use crate::object::{Dict, Object};

/// The bytes of a stream with no filter or with FlateDecode, PNG predictors undone.
pub(crate) fn decode(dict: &Dict, packed: &[u8], limit: usize) -> Result<Vec<u8>, PdfError> {
    let fault = |what| PdfError::Structure { at: 0, what };
    let only = |key: &str| match dict.get(key) {
        Some(Object::Array(items)) if items.len() <= 1 => Ok(items.first().cloned()),
        Some(Object::Array(_)) => Err(fault("a stream with several filters")),
        other => Ok(other.cloned()),
    };
    match only("Filter")? {
        None | Some(Object::Null) => {
            if packed.len() > limit {
                return Err(fault("a stream unpacks to too much"));
            }
            return Ok(packed.to_vec());
        }
        Some(Object::Name(name)) if name == b"FlateDecode" => {}
        Some(_) => return Err(fault("a stream with a filter that is not allowed here")),
    }
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(packed)
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| fault("a stream does not unpack"))?;
    if bytes.len() > limit {
        return Err(fault("a stream unpacks to too much"));
    }
    match only("DecodeParms")? {
        Some(Object::Dict(parms)) => unpredict(&parms, bytes),
        _ => Ok(bytes),
    }
}

/// Undoes the PNG predictors (ISO 32000-1 §7.4.4.4).
fn unpredict(parms: &Dict, bytes: Vec<u8>) -> Result<Vec<u8>, PdfError> {
    let fault = |what| PdfError::Structure { at: 0, what };
    match parms.int("Predictor").unwrap_or(1) {
        1 => return Ok(bytes),
        10..=15 => {}
        _ => return Err(fault("a predictor that is not allowed here")),
    }
    let part = |key: &str, default: i64| {
        usize::try_from(parms.int(key).unwrap_or(default))
            .ok()
            .filter(|value| (1..=1 << 20).contains(value))
    };
    let (Some(columns), Some(colors), Some(bits)) = (
        part("Columns", 1),
        part("Colors", 1),
        part("BitsPerComponent", 8),
    ) else {
        return Err(fault("a predictor with impossible sizes"));
    };
    let pixel = (colors * bits).div_ceil(8);
    let row_length = (columns * colors * bits).div_ceil(8);
    let mut out = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; row_length];
    for row in bytes.chunks(row_length + 1) {
        let Some((&filter, row)) = row.split_first() else {
            break;
        };
        let mut line = row.to_vec();
        for at in 0..line.len() {
            let left = if at >= pixel { line[at - pixel] } else { 0 };
            let up = above[at];
            let corner = if at >= pixel { above[at - pixel] } else { 0 };
            let guess = match filter {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => return Err(fault("a predictor row of an unknown kind")),
            };
            line[at] = line[at].wrapping_add(guess);
        }
        out.extend(&line);
        above[..line.len()].copy_from_slice(&line);
    }
    Ok(out)
}

// PNG (ISO/IEC 15948) §9.4.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::object::Parser;

    fn dict(text: &str) -> Dict {
        Parser::new(text.as_bytes(), 0)
            .object()
            .unwrap()
            .dict()
            .unwrap()
            .clone()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn rows_predicted_from_above_come_back() {
        let dict = dict("<< /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 3 >> >>");
        let rows = [2, 1, 2, 3, 2, 1, 1, 1, 2, 255, 0, 1];
        assert_eq!(
            decode(&dict, &packed(&rows), 100).unwrap(),
            [1, 2, 3, 2, 3, 4, 1, 3, 5]
        );
    }

    #[test]
    fn a_small_stream_cannot_fill_the_memory() {
        let dict = dict("<< /Filter [/FlateDecode] >>");
        let bomb = packed(&vec![0; 1 << 20]);
        assert!(bomb.len() < 4096);
        assert!(decode(&dict, &bomb, 1 << 16).is_err());
        assert_eq!(decode(&dict, &bomb, 1 << 20).unwrap().len(), 1 << 20);
    }

    #[test]
    fn other_filters_and_broken_data_are_refused() {
        assert!(decode(&dict("<< /Filter /LZWDecode >>"), b"x", 10).is_err());
        assert!(decode(&dict("<< /Filter [/FlateDecode /FlateDecode] >>"), b"x", 10).is_err());
        assert!(decode(&dict("<< /Filter /FlateDecode >>"), b"no zlib", 10).is_err());
        let huge = dict(
            "<< /Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 99999999999 >> >>",
        );
        assert!(decode(&huge, &packed(b"abc"), 10).is_err());
    }
}
