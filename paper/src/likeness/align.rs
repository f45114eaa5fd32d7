//! Laying one page's ink over another's: first as a whole, from coarse to fine, then piece by piece.

use super::raster::Raster;

/// A sheet lies this crooked at most, one time against the other.
const MAX_TURN_DEGREES: f32 = 8.0;

/// A piece: 8 by 5 mm at three dots a millimetre; some five letters of one line.
const PIECE: (usize, usize) = (24, 15);

/// Pieces with less ink, on the mean, say nothing.
const INKED: f32 = 0.02;

/// Letters that agree so well are the same letters.
const SAME: f32 = 0.5;

/// Pages that lie on each other no better are not the same, note or no note.
const COULD_LIE: f32 = 0.3;

/// Fewer pieces with ink cannot prove anything.
const LEAST_PIECES: usize = 10;

/// Side by side, so many pieces that differ are another word; fewer are the edge of a seal or a speck.
const ANOTHER_WORD: usize = 3;

/// Pieces that differ one by one, as a share of all: grain and worn ink.
const STRAY: f32 = 0.10;

/// A note hides at least this much in both directions, in pieces: 16 by 15 mm.
const NOTE: (usize, usize) = (2, 3);

/// How the second page lies on the first: `x' = a x + b y + c`, `y' = d x + e y + f`.
type Affine = [f32; 6];

/// One piece of the page.
#[derive(Clone, Copy)]
struct Piece {
    column: usize,
    row: usize,
    first: bool,
    second: bool,
    /// How well the letters agree; 1 is perfect.
    alike: f32,
    /// Where the piece lies on the second page, in dots.
    at: [f32; 2],
}

pub(super) struct Pieces {
    pieces: Vec<Piece>,
    columns: usize,
    rows: usize,
    way: Affine,
}

#[derive(Debug, PartialEq)]
pub(super) enum Judgement {
    Same,
    Other,
    /// Boxes in dots of each page.
    Covered {
        by_first: bool,
        first: [f32; 4],
        second: [f32; 4],
    },
}

impl Pieces {
    /// None when the two cannot be laid over one another at all.
    pub(super) fn laid_over(first: &Raster, second: &Raster) -> Option<Self> {
        let (whole, alike) = whole_way(first, second);
        if alike < COULD_LIE {
            return None;
        }
        let (letters_1, letters_2) = (first.letters(PIECE.0 / 2), second.letters(PIECE.0 / 2));
        let rough = Self::compared(first, &letters_1, &letters_2, whole, (5, 3));
        let good: Vec<&Piece> = rough
            .pieces
            .iter()
            .filter(|piece| piece.first && piece.second && piece.alike >= SAME)
            .collect();
        if good.len() < LEAST_PIECES.min(rough.pieces.len() / 4).max(4) {
            return None;
        }
        let way = fitted(&good, whole);
        Some(Self::compared(first, &letters_1, &letters_2, way, (3, 1)))
    }

    fn compared(
        first: &Raster,
        letters_1: &Raster,
        letters_2: &Raster,
        way: Affine,
        (reach, every): (i32, usize),
    ) -> Self {
        let letters = moved(letters_2, first.columns, first.rows, &way);
        let (columns, rows) = (first.columns / PIECE.0, first.rows / PIECE.1);
        let mut pieces = Vec::new();
        for row in 0..rows {
            // To find out how the page lies, some of the pieces are enough.
            for column in (row % every..columns).step_by(every) {
                let (x, y) = (column * PIECE.0, row * PIECE.1);
                // Rules say nothing: they are everywhere alike along their length.
                let inked = |raster: &Raster| {
                    let line = |y: usize| &raster.ink[y * raster.columns + x..][..PIECE.0];
                    let sum: f32 = (y..y + PIECE.1)
                        .map(|y| line(y).iter().map(|dot| dot.max(0.0)).sum::<f32>())
                        .sum();
                    sum / (PIECE.0 * PIECE.1) as f32 >= INKED
                };
                let (has_1, has_2) = (inked(letters_1), inked(&letters));
                if !has_1 && !has_2 {
                    continue;
                }
                let (alike, shift) = best_piece(letters_1, &letters, x, y, reach);
                let (cx, cy) = (
                    x as f32 + PIECE.0 as f32 / 2.0 + shift.0 as f32,
                    y as f32 + PIECE.1 as f32 / 2.0 + shift.1 as f32,
                );
                pieces.push(Piece {
                    column,
                    row,
                    first: has_1,
                    second: has_2,
                    alike,
                    at: apply(&way, cx, cy),
                });
            }
        }
        Self {
            pieces,
            columns,
            rows,
            way,
        }
    }

    /// Share of pieces that are alike.
    pub(super) fn agreement(&self) -> f32 {
        let alike = self
            .pieces
            .iter()
            .filter(|piece| piece.alike >= SAME)
            .count();
        alike as f32 / self.pieces.len().max(1) as f32
    }

    pub(super) fn judge(&self) -> Judgement {
        if self.pieces.len() < LEAST_PIECES {
            return Judgement::Other;
        }
        let mut differs = vec![false; self.columns * self.rows];
        let unlike: Vec<&Piece> = self
            .pieces
            .iter()
            .filter(|piece| piece.alike < SAME)
            .collect();
        for piece in &unlike {
            differs[piece.row * self.columns + piece.column] = true;
        }
        let groups = crate::quality::blots(&differs, self.columns);
        let largest = groups.iter().max_by_key(|group| group.area());
        let size = largest.map_or(0, |group| group.area());
        if size < ANOTHER_WORD && unlike.len() as f32 <= STRAY * self.pieces.len() as f32 {
            return Judgement::Same;
        }
        largest.map_or(Judgement::Other, |group| {
            self.covered(group.bounds, unlike.len())
        })
    }

    /// Is everything that differs within one box, in which one of the two has a note?
    fn covered(&self, [left, top, right, bottom]: [usize; 4], unlike: usize) -> Judgement {
        if right - left < NOTE.0 || bottom - top < NOTE.1 {
            return Judgement::Other;
        }
        let inside = |piece: &&Piece| {
            (left..right).contains(&piece.column) && (top..bottom).contains(&piece.row)
        };
        let within: Vec<&Piece> = self.pieces.iter().filter(inside).collect();
        let differing: Vec<&&Piece> = within.iter().filter(|piece| piece.alike < SAME).collect();
        let outside = self.pieces.len() - within.len();
        let stray = unlike - differing.len();
        let alone = |first: bool| {
            differing
                .iter()
                .filter(|piece| piece.first == first && piece.second != first)
                .count()
        };
        let (only_first, only_second) = (alone(true), alone(false));
        let most = only_first.max(only_second);
        let is_note = outside >= LEAST_PIECES
            && stray as f32 <= STRAY * outside as f32
            && differing.len() * 10 >= within.len() * 7
            // A note bears less writing than a form: most of what it hides is missing, not other.
            && most * 2 >= differing.len()
            && most >= 4 * only_first.min(only_second);
        if !is_note {
            return Judgement::Other;
        }
        let first = [
            (left * PIECE.0) as f32,
            (top * PIECE.1) as f32,
            (right * PIECE.0) as f32,
            (bottom * PIECE.1) as f32,
        ];
        let corners =
            [(0, 1), (2, 1), (2, 3), (0, 3)].map(|(x, y)| apply(&self.way, first[x], first[y]));
        let least = |axis: usize| corners.iter().map(|c| c[axis]).fold(f32::MAX, f32::min);
        let most_of = |axis: usize| corners.iter().map(|c| c[axis]).fold(f32::MIN, f32::max);
        Judgement::Covered {
            by_first: only_second > only_first,
            first,
            second: [least(0), least(1), most_of(0), most_of(1)],
        }
    }
}

fn apply(way: &Affine, x: f32, y: f32) -> [f32; 2] {
    [
        way[0] * x + way[1] * y + way[2],
        way[3] * x + way[4] * y + way[5],
    ]
}

/// The second page as it lies on the first.
fn moved(page: &Raster, columns: usize, rows: usize, way: &Affine) -> Raster {
    let mut ink = Vec::with_capacity(columns * rows);
    for y in 0..rows {
        let [mut u, mut v] = apply(way, 0.0, y as f32);
        for _ in 0..columns {
            ink.push(page.sample(u, v));
            u += way[0];
            v += way[3];
        }
    }
    Raster { columns, rows, ink }
}

/// Turn and shift of the whole page, from coarse to fine, and how alike the two are so (correlation).
fn whole_way(first: &Raster, second: &Raster) -> (Affine, f32) {
    let mut best = (f32::MIN, 0.0_f32, 0, 0);
    let (tiny_1, tiny_2) = (first.shrunk(8), second.shrunk(8));
    let steps = MAX_TURN_DEGREES as i32;
    for degrees in -steps..=steps {
        let turned = moved(
            &tiny_2,
            tiny_1.columns,
            tiny_1.rows,
            &turn(&tiny_1, &tiny_2, degrees as f32),
        );
        let (alike, dx, dy) = best_shift(&tiny_1, &turned, 9);
        if alike > best.0 {
            best = (alike, degrees as f32, dx * 2, dy * 2);
        }
    }
    let (small_1, small_2) = (first.shrunk(4), second.shrunk(4));
    let mut fine = (f32::MIN, best.1, 0.0, 0.0);
    for step in -3..=3_i32 {
        let degrees = best.1 + step as f32 * 0.25;
        let mut way = turn(&small_1, &small_2, degrees);
        let start = [best.2 as f32, best.3 as f32];
        // The shift is one of the first page's dots.
        let [dx, dy] = [
            way[0] * start[0] + way[1] * start[1],
            way[3] * start[0] + way[4] * start[1],
        ];
        way[2] += dx;
        way[5] += dy;
        let turned = moved(&small_2, small_1.columns, small_1.rows, &way);
        let (alike, sx, sy) = best_shift(&small_1, &turned, 3);
        if alike > fine.0 {
            fine = (
                alike,
                degrees,
                (start[0] + sx as f32) * 4.0,
                (start[1] + sy as f32) * 4.0,
            );
        }
    }
    let mut way = turn(first, second, fine.1);
    way[2] += way[0] * fine.2 + way[1] * fine.3;
    way[5] += way[3] * fine.2 + way[4] * fine.3;
    (way, fine.0)
}

/// Middle upon middle, turned.
fn turn(first: &Raster, second: &Raster, degrees: f32) -> Affine {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (first.columns as f32 / 2.0, first.rows as f32 / 2.0);
    let (ox, oy) = (second.columns as f32 / 2.0, second.rows as f32 / 2.0);
    [
        cos,
        -sin,
        ox - cos * cx + sin * cy,
        sin,
        cos,
        oy - sin * cx - cos * cy,
    ]
}

/// The shift of `second` within `reach` dots at which two rasters are most alike (correlation), and how alike. A dot
/// `(x, y)` of the first lies on `(x + dx, y + dy)` of the second.
pub(super) fn best_shift(first: &Raster, second: &Raster, reach: i32) -> (f32, i32, i32) {
    let mean = |raster: &Raster| raster.ink.iter().sum::<f32>() / raster.ink.len().max(1) as f32;
    let (mean_1, mean_2) = (mean(first), mean(second));
    let centred = |raster: &Raster, mean: f32| -> Vec<f32> {
        raster.ink.iter().map(|dot| dot - mean).collect()
    };
    let (one, two) = (centred(first, mean_1), centred(second, mean_2));
    let power = |dots: &[f32]| dots.iter().map(|dot| dot * dot).sum::<f32>();
    let scale = (power(&one) * power(&two)).sqrt().max(1e-6);
    let mut best = (f32::MIN, 0, 0);
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let mut sum = 0.0;
            for y in 0..first.rows as i32 {
                let other = y + dy;
                if other < 0 || other >= second.rows as i32 {
                    continue;
                }
                let from = (-dx).max(0);
                let to = (first.columns as i32).min(second.columns as i32 - dx);
                if from >= to {
                    continue;
                }
                let length = (to - from) as usize;
                let a = &one[(y * first.columns as i32 + from) as usize..][..length];
                let b = &two[(other * second.columns as i32 + from + dx) as usize..][..length];
                sum += dot(a, b);
            }
            if sum / scale > best.0 {
                best = (sum / scale, dx, dy);
            }
        }
    }
    best
}

/// The sum of products, eight at a time as processors like it.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a8.remainder().iter().zip(b8.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a8.zip(b8) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// How alike the letters of one piece are, and at which shift.
fn best_piece(
    first: &Raster,
    second: &Raster,
    x: usize,
    y: usize,
    reach: i32,
) -> (f32, (i32, i32)) {
    let mut piece = [0.0_f32; PIECE.0 * PIECE.1];
    let mut power = 0.0;
    for (row, dots) in piece.chunks_exact_mut(PIECE.0).enumerate() {
        dots.copy_from_slice(&first.ink[(y + row) * first.columns + x..][..PIECE.0]);
        power += dots.iter().map(|dot| dot * dot).sum::<f32>();
    }
    let mut best = (0.0, (0, 0));
    for dy in -reach..=reach {
        let top = y as i32 + dy;
        if top < 0 || top as usize + PIECE.1 > second.rows {
            continue;
        }
        for dx in -reach..=reach {
            let left = x as i32 + dx;
            if left < 0 || left as usize + PIECE.0 > second.columns {
                continue;
            }
            let (mut product, mut other) = (0.0, 0.0);
            for (row, dots) in piece.chunks_exact(PIECE.0).enumerate() {
                let at = (top as usize + row) * second.columns + left as usize;
                let under = &second.ink[at..][..PIECE.0];
                product += dot(dots, under);
                other += dot(under, under);
            }
            let alike = product / (power * other).sqrt().max(1e-3);
            if alike > best.0 {
                best = (alike, (dx, dy));
            }
        }
    }
    best
}

/// The plane through the places of pieces that agree (least squares, then once more without the worst).
fn fitted(good: &[&Piece], rough: Affine) -> Affine {
    let centre = |piece: &Piece| {
        (
            ((piece.column * PIECE.0) as f32 + PIECE.0 as f32 / 2.0),
            ((piece.row * PIECE.1) as f32 + PIECE.1 as f32 / 2.0),
        )
    };
    let mut way = rough;
    for slack in [f32::MAX, 3.0, 2.0] {
        let kept: Vec<&&Piece> = good
            .iter()
            .filter(|piece| {
                let (x, y) = centre(piece);
                let [u, v] = apply(&way, x, y);
                (u - piece.at[0]).hypot(v - piece.at[1]) < slack
            })
            .collect();
        if kept.len() < 4 {
            return way;
        }
        let n = kept.len() as f64;
        let mean =
            |of: &dyn Fn(&Piece) -> f32| kept.iter().map(|p| f64::from(of(p))).sum::<f64>() / n;
        let (mx, my) = (mean(&|p| centre(p).0), mean(&|p| centre(p).1));
        let (mu, mv) = (mean(&|p| p.at[0]), mean(&|p| p.at[1]));
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        let (mut xu, mut yu, mut xv, mut yv) = (0.0, 0.0, 0.0, 0.0);
        for piece in &kept {
            let (x, y) = centre(piece);
            let (x, y) = (f64::from(x) - mx, f64::from(y) - my);
            let (u, v) = (f64::from(piece.at[0]) - mu, f64::from(piece.at[1]) - mv);
            xx += x * x;
            xy += x * y;
            yy += y * y;
            xu += x * u;
            yu += y * u;
            xv += x * v;
            yv += y * v;
        }
        let area = xx * yy - xy * xy;
        // All on one line: only the shift can be told.
        if area < 1e-3 * xx * yy.max(1.0) || area <= 0.0 {
            return way;
        }
        let (a, b) = ((xu * yy - yu * xy) / area, (yu * xx - xu * xy) / area);
        let (d, e) = ((xv * yy - yv * xy) / area, (yv * xx - xv * xy) / area);
        way = [a, b, mu - a * mx - b * my, d, e, mv - d * mx - e * my].map(|value| value as f32);
    }
    way
}
