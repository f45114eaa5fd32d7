//! Paper as it would look without what lies on it: a smooth surface through the squares that are paper, and how each
//! square differs from it.

use super::page_map::PageMap;

/// Terms of the surface: 1, x, y, x², xy, y².
const TERMS: usize = 6;

/// Rounds of fitting; each leaves out what the one before found not to be paper.
const ROUNDS: usize = 6;

/// The page's paper.
pub(crate) struct Surface {
    /// Expected tone of each square, were it bare paper in the same light.
    pub(crate) tone: Vec<f32>,
    /// The paper's colour: red and blue by green.
    pub(crate) tint: [f32; 2],
}

impl Surface {
    pub(crate) fn of(map: &PageMap) -> Self {
        // Every third square is plenty for six terms.
        let sample: Vec<usize> = (0..map.len())
            .filter(|at| at % 3 == (at / map.columns) % 3)
            .collect();
        let mut tones: Vec<u8> = sample.iter().map(|at| map.paper[*at]).collect();
        tones.sort_unstable();
        let usual = f32::from(tones[tones.len() * 3 / 5]).max(8.0);
        let mut terms = [f64::from(usual.ln()), 0.0, 0.0, 0.0, 0.0, 0.0];
        // At first whatever is roughly as light as most of the page is taken for paper, then ever less.
        for round in 0..ROUNDS {
            let (below, above) = match round {
                0 => (0.45, 0.45),
                1 => (0.25, 0.30),
                _ => (0.12, 0.16),
            };
            let mut sums = [[0.0; TERMS + 1]; TERMS];
            let mut count = 0_usize;
            for &at in &sample {
                let value = f64::from(f32::from(map.paper[at]).max(4.0).ln());
                let features = features(map, at);
                let expected: f64 = features.iter().zip(terms).map(|(f, t)| f * t).sum();
                if value > expected - below && value < expected + above {
                    count += 1;
                    for (i, row) in sums.iter_mut().enumerate() {
                        for (j, sum) in row.iter_mut().take(TERMS).enumerate() {
                            *sum += features[i] * features[j];
                        }
                        row[TERMS] += features[i] * value;
                    }
                }
            }
            if count * 8 < sample.len() {
                break;
            }
            match solve(sums) {
                Some(better) => terms = better,
                None => break,
            }
        }
        let tone: Vec<f32> = (0..map.len())
            .map(|at| {
                let log: f64 = features(map, at)
                    .iter()
                    .zip(terms)
                    .map(|(f, t)| f * t)
                    .sum();
                log.clamp(1.0, 5.8).exp() as f32
            })
            .collect();
        let paper = |at: &&usize| {
            let share = f32::from(map.paper[**at]) / tone[**at];
            (0.92..1.08).contains(&share)
        };
        let middle = |channel: usize| {
            let mut ratios: Vec<f32> = sample
                .iter()
                .filter(paper)
                .map(|at| tint(map.light[*at])[channel])
                .collect();
            ratios.sort_by(f32::total_cmp);
            ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
        };
        let tint = [middle(0), middle(1)];
        Self { tone, tint }
    }

    /// The square's tone as a share of what bare paper would have.
    pub(crate) fn share(&self, map: &PageMap, at: usize) -> f32 {
        f32::from(map.paper[at]) / self.tone[at].max(1.0)
    }

    /// How far the square's colour is from the paper's, whatever the light: difference of the ratios.
    pub(crate) fn colour_off(&self, map: &PageMap, at: usize) -> f32 {
        let [r, b] = tint(map.light[at]);
        (r - self.tint[0]).abs().max((b - self.tint[1]).abs())
    }
}

/// Red and blue by green.
pub(crate) fn tint([r, g, b]: [u8; 3]) -> [f32; 2] {
    let green = f32::from(g) + 4.0;
    [(f32::from(r) + 4.0) / green, (f32::from(b) + 4.0) / green]
}

fn features(map: &PageMap, at: usize) -> [f64; TERMS] {
    let x = (at % map.columns) as f64 / map.columns as f64 - 0.5;
    let y = (at / map.columns) as f64 / map.rows as f64 - 0.5;
    [1.0, x, y, x * x, x * y, y * y]
}

/// Gauss' elimination with pivots.
fn solve(mut rows: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for at in 0..TERMS {
        let pivot = (at..TERMS).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))?;
        rows.swap(at, pivot);
        if rows[at][at].abs() < 1e-9 {
            return None;
        }
        for other in 0..TERMS {
            if other != at {
                let factor = rows[other][at] / rows[at][at];
                let source = rows[at];
                for (value, above) in rows[other].iter_mut().zip(source) {
                    *value -= factor * above;
                }
            }
        }
    }
    let mut terms = [0.0; TERMS];
    for (at, term) in terms.iter_mut().enumerate() {
        *term = rows[at][TERMS] / rows[at][at];
    }
    Some(terms)
}
