//! From the bytes a scanner sends to a page: frames in one pass or three, 1, 8 or 16 bits, rows with padding.

use scanner_drivers::Side;
use scanner_drivers::wire::{Fault, MAX_PAGE_BYTES, PageHeader};
use scanner_drivers::worker::Trouble;

use crate::sane::{Device, Parameters, fault, status};

/// `SANE_Frame` (SANE standard §4.3.8).
const GRAY: i32 = 0;
const RGB: i32 = 1;
const RED: i32 = 2;
const BLUE: i32 = 4;

/// Hears how many bytes there are, and of how many; an error from it ends the page.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>) -> Result<(), Trouble>;

/// Reads one started page to its end.
pub(crate) fn read_page(
    device: &Device<'_>,
    dpi: Option<u32>,
    side: Side,
    progress: Progress<'_>,
) -> Result<(PageHeader, Vec<u8>), Trouble> {
    let mut planes: [Option<Vec<u8>>; 3] = [None, None, None];
    let mut so_far = 0;
    loop {
        let parameters = device.parameters().map_err(fault)?;
        let shape = Shape::of(&parameters)?;
        let planes_in_all = if (RED..=BLUE).contains(&parameters.format) {
            3
        } else {
            1
        };
        let whole = shape
            .rows
            .map(|rows| (rows * shape.row_bytes) as u64 * planes_in_all);
        let raw = read_frame(device, &mut so_far, whole, progress)?;
        let rows = raw.len() / shape.row_bytes;
        if rows == 0 || shape.rows.is_some_and(|expected| rows < expected) {
            return Err(Fault::ShortPage.into());
        }
        // Lines beyond the announced ones are the device's mistake and show no paper.
        let rows = shape.rows.map_or(rows, |expected| rows.min(expected));
        let pixels = unpack(&raw, &shape, rows);
        let height = u32::try_from(rows).map_err(|_| Fault::HugePage)?;
        let header = |channels| PageHeader {
            width: shape.width,
            height,
            channels,
            dpi,
            side,
            jpeg_bytes: 0,
        };
        match parameters.format {
            GRAY => return Ok((header(1), pixels)),
            RGB => return Ok((header(3), pixels)),
            plane @ RED..=BLUE => planes[(plane - RED) as usize] = Some(pixels),
            _ => return Err(Fault::Unsupported.into()),
        }
        if let [Some(red), Some(green), Some(blue)] = &planes {
            if red.len() != green.len() || red.len() != blue.len() {
                return Err(Fault::ShortPage.into());
            }
            let mixed = red
                .iter()
                .zip(green)
                .zip(blue)
                .flat_map(|((r, g), b)| [*r, *g, *b])
                .collect();
            return Ok((header(3), mixed));
        }
        if parameters.last_frame != 0 {
            return Err(Fault::ShortPage.into());
        }
        device.start().map_err(fault)?; // the next colour of a three-pass scanner
    }
}

/// The shape of a frame, checked.
struct Shape {
    width: u32,
    channels: usize,
    depth: usize,
    row_bytes: usize,
    rows: Option<usize>,
}

impl Shape {
    fn of(parameters: &Parameters) -> Result<Self, Fault> {
        let channels = if parameters.format == RGB { 3 } else { 1 };
        let width = u32::try_from(parameters.pixels_per_line).map_err(|_| Fault::Unsupported)?;
        let row_bytes =
            usize::try_from(parameters.bytes_per_line).map_err(|_| Fault::Unsupported)?;
        let depth = match parameters.depth {
            1 => 1,
            8 => 8,
            16 => 16,
            _ => return Err(Fault::Unsupported),
        };
        let least = (width as usize * depth).div_ceil(8) * channels;
        if width == 0 || row_bytes < least {
            return Err(Fault::Unsupported);
        }
        let rows = usize::try_from(parameters.lines).ok();
        if rows.is_some_and(|rows| (rows as u64).saturating_mul(row_bytes as u64) > MAX_PAGE_BYTES)
        {
            return Err(Fault::HugePage);
        }
        Ok(Self {
            width,
            channels,
            depth,
            row_bytes,
            rows,
        })
    }
}

fn read_frame(
    device: &Device<'_>,
    so_far: &mut u64,
    whole: Option<u64>,
    progress: Progress<'_>,
) -> Result<Vec<u8>, Trouble> {
    let mut raw = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        progress(*so_far, whole)?;
        match device.read(&mut buffer) {
            Ok(length) => {
                raw.extend_from_slice(&buffer[..length]);
                *so_far += length as u64;
            }
            Err(status::EOF) => return Ok(raw),
            Err(status) => return Err(fault(status).into()),
        }
        // A page without end is no page.
        if raw.len() as u64 > MAX_PAGE_BYTES {
            return Err(Fault::HugePage.into());
        }
    }
}

/// Drops the padding and brings every depth to 8 bits.
fn unpack(raw: &[u8], shape: &Shape, rows: usize) -> Vec<u8> {
    let samples = shape.width as usize * shape.channels;
    let mut pixels = Vec::with_capacity(samples * rows);
    for row in raw.chunks_exact(shape.row_bytes).take(rows) {
        match shape.depth {
            8 => pixels.extend_from_slice(&row[..samples]),
            // The machine's byte order (SANE standard §3.2.1); the high byte is enough for paper.
            16 => pixels.extend(
                row.chunks_exact(2)
                    .take(samples)
                    .map(|pair| (u16::from_ne_bytes([pair[0], pair[1]]) >> 8) as u8),
            ),
            // One bit a sample, high bit first; gray: 1 is black, colour: 1 is full (§3.2.1).
            _ => {
                let plane = (shape.width as usize).div_ceil(8);
                for x in 0..shape.width as usize {
                    for channel in 0..shape.channels {
                        let bit = row[plane * channel + x / 8] >> (7 - x % 8) & 1;
                        pixels.push(if (bit == 1) == (shape.channels == 3) {
                            255
                        } else {
                            0
                        });
                    }
                }
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_dropped() {
        let shape = Shape {
            width: 2,
            channels: 3,
            depth: 8,
            row_bytes: 8,
            rows: Some(2),
        };
        let raw = [
            1, 2, 3, 4, 5, 6, 0xee, 0xee, 7, 8, 9, 10, 11, 12, 0xee, 0xee,
        ];
        assert_eq!(
            unpack(&raw, &shape, 2),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        );
    }

    #[test]
    fn a_line_drawing_is_black_on_white() {
        let shape = Shape {
            width: 10,
            channels: 1,
            depth: 1,
            row_bytes: 2,
            rows: Some(1),
        };
        assert_eq!(
            unpack(&[0b1000_0000, 0b0100_0000], &shape, 1),
            [0, 255, 255, 255, 255, 255, 255, 255, 255, 0]
        );
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let of = |pixels_per_line, bytes_per_line, lines, depth| {
            Shape::of(&Parameters {
                format: RGB,
                last_frame: 1,
                bytes_per_line,
                pixels_per_line,
                lines,
                depth,
            })
            .err()
        };
        assert_eq!(of(100, 300, 10, 8), None);
        assert_eq!(of(100, 299, 10, 8), Some(Fault::Unsupported));
        assert_eq!(of(-1, 300, 10, 8), Some(Fault::Unsupported));
        assert_eq!(of(100, 300, i32::MAX, 8), Some(Fault::HugePage));
        assert_eq!(of(100, 300, -1, 12), Some(Fault::Unsupported));
    }
}
