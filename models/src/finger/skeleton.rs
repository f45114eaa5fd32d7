//! Thins ridges to lines one pixel wide, and walks along such lines.

use zeroize::Zeroizing;

use super::image::Plane;

/// Ridge lines one pixel wide on a picture whose border pixels are never set.
pub(super) struct Skeleton {
    pub(super) width: usize,
    pub(super) height: usize,
    set: Zeroizing<Vec<u8>>,
}

/// The eight neighbours in turning order, beginning to the right.
pub(super) const AROUND: [(isize, isize); 8] = [
    (1, 0),
    (1, 1),
    (0, 1),
    (-1, 1),
    (-1, 0),
    (-1, -1),
    (0, -1),
    (1, -1),
];

impl Skeleton {
    /// Thins everything above zero.
    pub(super) fn of(enhanced: &Plane) -> Self {
        let (width, height) = (enhanced.width, enhanced.height);
        let mut set = Zeroizing::new(vec![0u8; width * height]);
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                set[y * width + x] = u8::from(enhanced.at(x, y) > 0.0);
            }
        }
        let mut skeleton = Self { width, height, set };
        skeleton.drop_specks();
        skeleton.thin();
        skeleton
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.set[at] != 0
    }

    pub(super) fn clear(&mut self, at: usize) {
        self.set[at] = 0;
    }

    pub(super) fn pixels(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.set.len()).filter(|&i| self.set[i] != 0)
    }

    fn beside(&self, at: usize, turn: usize) -> usize {
        let (dx, dy) = AROUND[turn % 8];
        (at as isize + dy * self.width as isize + dx) as usize
    }

    /// The neighbours as bits, bit 0 to the right, turning towards y.
    fn ring(&self, at: usize) -> u8 {
        (0..8).fold(0, |ring, turn| {
            ring | (self.set[self.beside(at, turn)] << turn)
        })
    }

    /// Half the changes between set and clear around a pixel: 1 at an end, 2 along a line, 3 at a fork.
    pub(super) fn crossings(&self, at: usize) -> u32 {
        let ring = self.ring(at);
        (ring ^ ring.rotate_left(1)).count_ones() / 2
    }

    /// Where lines leave a pixel: of touching neighbours the straight one stands for its run.
    pub(super) fn exits(&self, at: usize) -> Vec<usize> {
        let ring = self.ring(at);
        let bit = |turn: usize| ring >> (turn % 8) & 1 == 1;
        (0..8)
            .filter(|&turn| bit(turn) && (turn % 2 == 0 || (!bit(turn + 1) && !bit(turn + 7))))
            .map(|turn| self.beside(at, turn))
            .collect()
    }

    /// Pixels without a neighbour are noise of the binarisation; single holes likewise.
    fn drop_specks(&mut self) {
        let (w, h) = (self.width, self.height);
        for y in 1..h - 1 {
            for x in 1..w - 1 {
                let at = y * w + x;
                let neighbours = self.ring(at).count_ones();
                if self.set[at] != 0 && neighbours <= 1 {
                    self.set[at] = 0;
                } else if self.set[at] == 0 && neighbours == 8 {
                    self.set[at] = 1;
                }
            }
        }
    }

    /// Guo and Hall's two-pass thinning, over the pixels still set.
    fn thin(&mut self) {
        let mut alive: Vec<usize> = self.pixels().collect();
        let mut doomed = Vec::new();
        loop {
            let mut changed = false;
            for pass in 0..2 {
                doomed.clear();
                doomed.extend(
                    alive
                        .iter()
                        .copied()
                        .filter(|&at| removable(self.ring(at), pass)),
                );
                for &at in &doomed {
                    self.set[at] = 0;
                }
                if !doomed.is_empty() {
                    changed = true;
                    alive.retain(|&at| self.set[at] != 0);
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Follows a line from `from` through `next` for at most `limit` steps.
    pub(super) fn walk(&self, from: usize, next: usize, limit: usize) -> Walk {
        let mut path = vec![from, next];
        loop {
            let here = path[path.len() - 1];
            if path.len() > limit {
                return Walk {
                    path,
                    end: WalkEnd::GoesOn,
                };
            }
            match self.crossings(here) {
                0 | 1 => {
                    return Walk {
                        path,
                        end: WalkEnd::Ending,
                    };
                }
                2 => {}
                _ => {
                    return Walk {
                        path,
                        end: WalkEnd::Fork,
                    };
                }
            }
            let before = path[path.len() - 2];
            let onward = self
                .exits(here)
                .into_iter()
                .find(|&n| n != before && !self.touching(n, before) && !path.contains(&n));
            let Some(onward) = onward else {
                return Walk {
                    path,
                    end: WalkEnd::Ending,
                };
            };
            path.push(onward);
        }
    }

    fn touching(&self, a: usize, b: usize) -> bool {
        let (ax, ay) = (a % self.width, a / self.width);
        let (bx, by) = (b % self.width, b / self.width);
        ax.abs_diff(bx) + ay.abs_diff(by) == 1
    }
}

/// A stretch of ridge line, beginning pixel first.
pub(super) struct Walk {
    pub(super) path: Vec<usize>,
    pub(super) end: WalkEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WalkEnd {
    /// Longer than the limit.
    GoesOn,
    Ending,
    Fork,
}

/// Guo and Hall 1989, algorithm A1: may this pixel go without parting or shortening a line?
fn removable(ring: u8, pass: usize) -> bool {
    // Their p2..p9 begin above and turn right; ours begin right and turn down: p2 is bit 6.
    let p = |i: usize| ring >> ((i + 4) % 8) & 1 == 1;
    let (p2, p3, p4, p5, p6, p7, p8, p9) = (p(2), p(3), p(4), p(5), p(6), p(7), p(8), p(9));
    let components = usize::from(!p2 && (p3 || p4))
        + usize::from(!p4 && (p5 || p6))
        + usize::from(!p6 && (p7 || p8))
        + usize::from(!p8 && (p9 || p2));
    let n1 = usize::from(p9 || p2)
        + usize::from(p3 || p4)
        + usize::from(p5 || p6)
        + usize::from(p7 || p8);
    let n2 = usize::from(p2 || p3)
        + usize::from(p4 || p5)
        + usize::from(p6 || p7)
        + usize::from(p8 || p9);
    let edge = if pass == 0 {
        (p6 || p7 || !p9) && p8
    } else {
        (p2 || p3 || !p5) && p4
    };
    components == 1 && (2..=3).contains(&n1.min(n2)) && !edge
}
