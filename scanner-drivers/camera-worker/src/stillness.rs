//! Whether anything moves before the camera, block by block: a hand in one corner is a small part of the picture.

/// The size at which frames are compared: the noise of single pixels is averaged away.
pub(crate) const SMALL_WIDTH: usize = 160;
pub(crate) const SMALL_HEIGHT: usize = 120;

/// A block is 10 by 10 of these pixels: 16 by 12 blocks.
const BLOCK: usize = 10;

/// A block whose mean brightness difference is above this moved. Of 255 levels; a sensor's noise, of some 5 levels a
/// pixel, leaves well below 1 in the mean over a block, and flicker of lamps about 2.
const MOVED: u32 = 5;

/// A sheet that is laid down or taken away changes at least a sixth of the picture in a frame.
const SHEET_CHANGE: usize = (SMALL_WIDTH / BLOCK) * (SMALL_HEIGHT / BLOCK) / 6;

/// A small gray frame.
#[derive(Clone)]
pub(crate) struct Small(Vec<u8>);

impl Small {
    pub(crate) fn new(pixels: Vec<u8>) -> Option<Self> {
        (pixels.len() == SMALL_WIDTH * SMALL_HEIGHT).then_some(Self(pixels))
    }

    /// How many blocks differ.
    fn blocks_moved(&self, other: &Self) -> usize {
        let mut moved = 0;
        for top in (0..SMALL_HEIGHT).step_by(BLOCK) {
            for left in (0..SMALL_WIDTH).step_by(BLOCK) {
                let mut sum = 0;
                for y in top..top + BLOCK {
                    let row = y * SMALL_WIDTH + left..y * SMALL_WIDTH + left + BLOCK;
                    sum += self.0[row.clone()]
                        .iter()
                        .zip(&other.0[row])
                        .map(|(one, two)| u32::from(one.abs_diff(*two)))
                        .sum::<u32>();
                }
                moved += usize::from(sum > MOVED * (BLOCK * BLOCK) as u32);
            }
        }
        moved
    }
}

/// Watches frame after frame.
#[derive(Default)]
pub(crate) struct Stillness {
    last: Option<Small>,
    still: u32,
    changed: bool,
}

impl Stillness {
    /// Takes a frame in; gives for how many frames nothing has moved.
    pub(crate) fn see(&mut self, frame: Small) -> u32 {
        if let Some(last) = &self.last {
            let moved = last.blocks_moved(&frame);
            self.changed |= moved >= SHEET_CHANGE;
            self.still = if moved == 0 { self.still + 1 } else { 0 };
        }
        self.last = Some(frame);
        self.still
    }

    /// Whether as much moved as when a sheet is changed, since this was last asked for.
    pub(crate) fn sheet_changed(&self) -> bool {
        self.changed
    }

    /// From here on the next sheet is waited for.
    pub(crate) fn taken(&mut self) {
        self.changed = false;
        self.still = 0;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A page with noise of the given strength; `shift` moves its lines.
    fn frame(seed: u32, noise: u32, shift: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
        (0..SMALL_WIDTH * SMALL_HEIGHT)
            .map(|at| {
                let line = ((at / SMALL_WIDTH + shift) / 4) % 2;
                let base = if line == 0 { 200 } else { 90 };
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (base + (state >> 24) % (noise + 1)) as u8
            })
            .collect()
    }

    fn see(watch: &mut Stillness, pixels: Vec<u8>) -> u32 {
        watch.see(Small::new(pixels).unwrap())
    }

    #[test]
    fn noise_is_no_movement() {
        let mut watch = Stillness::default();
        for seed in 0..10 {
            // Uniform noise of 0 to 8 differs by 2.8 in the mean between two frames.
            assert_eq!(see(&mut watch, frame(seed, 8, 0)), seed);
        }
        assert!(!watch.sheet_changed());
    }

    #[test]
    fn a_hand_in_a_corner_is_movement_but_no_new_sheet() {
        let mut watch = Stillness::default();
        see(&mut watch, frame(1, 4, 0));
        assert_eq!(see(&mut watch, frame(2, 4, 0)), 1);
        let mut hand = frame(3, 4, 0);
        for y in 0..15 {
            hand[y * SMALL_WIDTH..y * SMALL_WIDTH + 15].fill(30);
        }
        assert_eq!(see(&mut watch, hand), 0);
        assert!(!watch.sheet_changed());
        assert_eq!(see(&mut watch, frame(4, 4, 0)), 0, "the hand leaves");
        assert_eq!(see(&mut watch, frame(5, 4, 0)), 1);
    }

    #[test]
    fn a_sheet_that_is_changed_is_a_new_sheet() {
        let mut watch = Stillness::default();
        see(&mut watch, frame(1, 4, 0));
        see(&mut watch, frame(2, 4, 4));
        assert!(watch.sheet_changed());
        watch.taken();
        assert!(!watch.sheet_changed());
        assert_eq!(see(&mut watch, frame(3, 4, 4)), 1);
    }
}
