//! The whole image in small squares: of each its lightest, darkest and mean tone. One pass over the pixels, and what is
//! looked for in the large (paper, light, blots) is looked for here.

use crate::Sheet;

/// The long side of the image in cells: half a millimetre each on A4.
const LONG_SIDE: u32 = 594;

/// From this value on a sensor tells nothing more.
const BURNT: u8 = 250;

pub(crate) struct Cells {
    /// Pixels a side.
    pub(crate) cell: u32,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Colour of the lightest pixel: the paper between the letters.
    pub(crate) lightest: Vec<[u8; 3]>,
    pub(crate) darkest: Vec<u8>,
    pub(crate) mean: Vec<[u8; 3]>,
    /// Share of pixels in which every channel is burnt out, 0 to 255.
    pub(crate) burnt: Vec<u8>,
}

/// ITU-R BT.601, in 256ths.
pub(crate) fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8
}

#[derive(Clone, Copy)]
struct Sum {
    channels: [u32; 3],
    lightest: u32,
    darkest: u32,
    burnt: u32,
}

const EMPTY: Sum = Sum {
    channels: [0; 3],
    lightest: 0,
    darkest: u32::MAX,
    burnt: 0,
};

impl Cells {
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let (width, height) = (sheet.width(), sheet.height());
        let cell = ((width.max(height) + LONG_SIDE / 2) / LONG_SIDE).clamp(1, 60);
        let (columns, rows) = ((width / cell) as usize, (height / cell) as usize);
        let mut cells = Self {
            cell,
            columns,
            rows,
            lightest: Vec::with_capacity(columns * rows),
            darkest: Vec::with_capacity(columns * rows),
            mean: Vec::with_capacity(columns * rows),
            burnt: Vec::with_capacity(columns * rows),
        };
        let mut sums = vec![EMPTY; columns];
        let side = cell as usize;
        match sheet.colour() {
            Some(colour) => {
                let stride = width as usize * 3;
                for band in colour.as_raw().chunks(stride * side).take(rows) {
                    sums.fill(EMPTY);
                    for row in band.chunks_exact(stride) {
                        for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(side * 3)) {
                            sum.add(pixels);
                        }
                    }
                    cells.close(&sums);
                }
            }
            None => {
                let gray = sheet.gray();
                let stride = width as usize;
                for band in gray.as_raw().chunks(stride * side).take(rows) {
                    sums.fill(EMPTY);
                    for row in band.chunks_exact(stride) {
                        for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(side)) {
                            sum.add_gray(pixels);
                        }
                    }
                    cells.close(&sums);
                }
            }
        }
        cells
    }

    fn close(&mut self, sums: &[Sum]) {
        let count = self.cell * self.cell;
        for sum in sums {
            // The colour rides below the tone, so that one comparison finds both.
            let [tone, r, g, b] = sum.lightest.to_be_bytes();
            let _ = tone;
            self.lightest.push([r, g, b]);
            self.darkest.push(sum.darkest as u8);
            self.mean.push(sum.channels.map(|sum| (sum / count) as u8));
            self.burnt.push((sum.burnt * 255 / count) as u8);
        }
    }
}

impl Sum {
    fn add(&mut self, pixels: &[u8]) {
        for pixel in pixels.chunks_exact(3) {
            let rgb = [pixel[0], pixel[1], pixel[2]];
            let tone = luma(rgb);
            for (sum, channel) in self.channels.iter_mut().zip(rgb) {
                *sum += u32::from(channel);
            }
            self.lightest = self
                .lightest
                .max(u32::from_be_bytes([tone, rgb[0], rgb[1], rgb[2]]));
            self.darkest = self.darkest.min(u32::from(tone));
            self.burnt += u32::from(rgb[0].min(rgb[1]).min(rgb[2]) >= BURNT);
        }
    }

    fn add_gray(&mut self, pixels: &[u8]) {
        let (mut sum, mut low, mut high, mut burnt) = (0_u32, 255_u8, 0_u8, 0_u32);
        for &tone in pixels {
            sum += u32::from(tone);
            low = low.min(tone);
            high = high.max(tone);
            burnt += u32::from(tone >= BURNT);
        }
        for channel in &mut self.channels {
            *channel += sum;
        }
        self.lightest = self.lightest.max(u32::from_be_bytes([high; 4]));
        self.darkest = self.darkest.min(u32::from(low));
        self.burnt += burnt;
    }
}
