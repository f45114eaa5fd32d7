//! Connected patches of squares.

/// Squares that hang together, and the box around them (right and bottom excluded).
#[derive(Clone, Debug)]
pub(crate) struct Blot {
    pub(crate) squares: Vec<usize>,
    pub(crate) bounds: [usize; 4],
}

impl Blot {
    pub(crate) fn wide(&self) -> usize {
        self.bounds[2] - self.bounds[0]
    }

    pub(crate) fn high(&self) -> usize {
        self.bounds[3] - self.bounds[1]
    }

    pub(crate) fn area(&self) -> usize {
        self.squares.len()
    }

    /// How much of its box it fills.
    pub(crate) fn fill(&self) -> f32 {
        self.area() as f32 / (self.wide() * self.high()).max(1) as f32
    }

    /// How much of the upright or turned box with the least area it fills.
    pub(crate) fn fill_turned(&self, columns: usize) -> f32 {
        let mut best = 0.0_f32;
        for step in 0..18_u8 {
            let (sin, cos) = (f32::from(step) * 5.0).to_radians().sin_cos();
            let mut box_ = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
            for at in &self.squares {
                let (x, y) = ((at % columns) as f32, (at / columns) as f32);
                let (u, v) = (x * cos + y * sin, y * cos - x * sin);
                box_ = [
                    box_[0].min(u),
                    box_[1].min(v),
                    box_[2].max(u),
                    box_[3].max(v),
                ];
            }
            let side = |a: f32, b: f32| b - a + sin.abs() + cos.abs();
            let around = side(box_[0], box_[2]) * side(box_[1], box_[3]);
            best = best.max(self.area() as f32 / around);
        }
        best
    }
}

/// All patches of marked squares, corners touching included.
pub(crate) fn blots(marked: &[bool], columns: usize) -> Vec<Blot> {
    let rows = marked.len() / columns.max(1);
    let mut seen = vec![false; marked.len()];
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..marked.len() {
        if !marked[start] || seen[start] {
            continue;
        }
        let mut blot = Blot {
            squares: Vec::new(),
            bounds: [columns, rows, 0, 0],
        };
        seen[start] = true;
        open.push(start);
        while let Some(at) = open.pop() {
            let (x, y) = (at % columns, at / columns);
            let [left, top, right, bottom] = blot.bounds;
            blot.bounds = [left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)];
            blot.squares.push(at);
            for ny in y.saturating_sub(1)..(y + 2).min(rows) {
                for nx in x.saturating_sub(1)..(x + 2).min(columns) {
                    let next = ny * columns + nx;
                    if marked[next] && !seen[next] {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        found.push(blot);
    }
    found
}

/// Marks what has a marked square within `reach`.
pub(crate) fn grown(marked: &[bool], columns: usize, reach: usize) -> Vec<bool> {
    spread(&spread(marked, columns, reach, true), columns, reach, false)
}

fn spread(marked: &[bool], columns: usize, reach: usize, across: bool) -> Vec<bool> {
    let rows = marked.len() / columns.max(1);
    let mut out = vec![false; marked.len()];
    for (at, _) in marked.iter().enumerate().filter(|(_, marked)| **marked) {
        let (x, y) = (at % columns, at / columns);
        if across {
            for near in x.saturating_sub(reach)..(x + reach + 1).min(columns) {
                out[y * columns + near] = true;
            }
        } else {
            for near in y.saturating_sub(reach)..(y + reach + 1).min(rows) {
                out[near * columns + x] = true;
            }
        }
    }
    out
}

/// Leaves what has no unmarked square within `reach`; the rim counts as marked.
pub(crate) fn shrunk(marked: &[bool], columns: usize, reach: usize) -> Vec<bool> {
    let inverse: Vec<bool> = marked.iter().map(|marked| !marked).collect();
    grown(&inverse, columns, reach)
        .iter()
        .map(|marked| !marked)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_told_apart_and_measured() {
        let picture = ["##...", "##..#", ".....", "...#."];
        let marked: Vec<bool> = picture
            .iter()
            .flat_map(|row| row.bytes().map(|b| b == b'#'))
            .collect();
        let found = blots(&marked, 5);
        assert_eq!(found.len(), 3);
        assert_eq!(
            (found[0].bounds, found[0].area(), found[0].fill()),
            ([0, 0, 2, 2], 4, 1.0)
        );
        let once = grown(&marked, 5, 1);
        assert_eq!(blots(&once, 5).len(), 1);
        assert!(shrunk(&grown(&marked, 5, 1), 5, 1)[0]);
    }

    #[test]
    fn a_turned_box_is_still_a_box() {
        let inside = |x: i32, y: i32| {
            let (u, v) = ((x - 50) + (y - 50), (y - 50) - (x - 50));
            u.abs() < 40 && v.abs() < 30
        };
        let marked: Vec<bool> = (0..100)
            .flat_map(|y| (0..100).map(move |x| inside(x, y)))
            .collect();
        let found = blots(&marked, 100);
        assert!(found[0].fill() < 0.6 && found[0].fill_turned(100) > 0.9);
    }
}
