//! The lie of the ridges: where the finger is, which way its ridges run, how far apart they are.
//!
//! All of it is held on a coarse grid of cells, for it changes slowly.

use std::f32::consts::PI;

use zeroize::Zeroize;

use super::image::Plane;
use super::parameters as p;

/// Side of a grid cell in pixels.
pub(super) const CELL: usize = 4;

/// The ridge flow of one print.
pub(super) struct Field {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Which cells show the finger.
    pub(super) mask: Vec<bool>,
    /// Ridge direction in 0..π, measured from the x axis towards y (downwards).
    pub(super) angle: Vec<f32>,
    /// How much the gradients around agree, 0..=1.
    pub(super) coherence: Vec<f32>,
    /// Ridge distance in pixels.
    pub(super) period: Vec<f32>,
    /// Distance in pixels from the cell to the nearest cell outside the mask.
    pub(super) depth: Vec<f32>,
}

impl Drop for Field {
    fn drop(&mut self) {
        self.angle.zeroize();
        self.coherence.zeroize();
        self.period.zeroize();
    }
}

impl Field {
    /// Reads the flow off a print; `None` when no cell of it shows ridges.
    pub(super) fn of(print: &Plane) -> Option<Self> {
        let tensor = Tensor::of(print);
        let (columns, rows) = (tensor.xx.width, tensor.xx.height);
        let mask = finger_mask(&tensor)?;
        let (angle, coherence) = flow(&tensor, &mask);
        let depth = depth(&mask, columns, rows);
        Some(Self {
            columns,
            rows,
            mask,
            angle,
            coherence,
            period: vec![9.0; columns * rows],
            depth,
        })
    }

    /// Index of the cell that holds a pixel; places outside count as the border cell.
    pub(super) fn cell(&self, x: f32, y: f32) -> usize {
        let column = ((x.max(0.0) as usize) / CELL).min(self.columns - 1);
        let row = ((y.max(0.0) as usize) / CELL).min(self.rows - 1);
        row * self.columns + column
    }

    /// Whether the print shows the finger at a place; nothing outside the picture does.
    pub(super) fn shows(&self, x: f32, y: f32) -> bool {
        x >= 0.0
            && y >= 0.0
            && x < (self.columns * CELL) as f32
            && y < (self.rows * CELL) as f32
            && self.mask[self.cell(x, y)]
    }

    /// Cells that show the finger.
    pub(super) fn area_cells(&self) -> usize {
        self.mask.iter().filter(|&&m| m).count()
    }

    /// Measures ridge distances on the normalised print and smooths them over the finger.
    pub(super) fn measure_periods(&mut self, normal: &Plane) {
        const EVERY: usize = 3;
        let mut found = Vec::new();
        let (columns, rows) = (self.columns, self.rows);
        let coarse_columns = columns.div_ceil(EVERY);
        let coarse_rows = rows.div_ceil(EVERY);
        let mut value = Plane::new(coarse_columns, coarse_rows);
        let mut weight = Plane::new(coarse_columns, coarse_rows);
        for row in (0..rows).step_by(EVERY) {
            for column in (0..columns).step_by(EVERY) {
                let cell = row * columns + column;
                if !self.mask[cell] || self.coherence[cell] < 0.3 {
                    continue;
                }
                let x = (column * CELL + CELL / 2) as f32;
                let y = (row * CELL + CELL / 2) as f32;
                if let Some((period, clarity)) = period_at(normal, x, y, self.angle[cell]) {
                    let at = (row / EVERY) * coarse_columns + column / EVERY;
                    value.values[at] = period.ln() * clarity;
                    weight.values[at] = clarity;
                    found.push(period);
                }
            }
        }
        if found.is_empty() {
            return;
        }
        found.sort_by(f32::total_cmp);
        let usual = found[found.len() / 2];
        // A little of the usual distance everywhere keeps cells without a measurement sane.
        const PRIOR: f32 = 0.05;
        let (value, weight) = (value.blurred(2.0), weight.blurred(2.0));
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (column as f32 / EVERY as f32, row as f32 / EVERY as f32);
                let log = (value.sample(x, y) + PRIOR * usual.ln()) / (weight.sample(x, y) + PRIOR);
                self.period[row * columns + column] = log.exp();
            }
        }
    }
}

/// Products of gradients, summed a cell.
struct Tensor {
    xx: Plane,
    yy: Plane,
    xy: Plane,
}

impl Tensor {
    fn of(print: &Plane) -> Self {
        let print = print.blurred(1.0);
        let (w, h) = (print.width, print.height);
        let (columns, rows) = (w / CELL, h / CELL);
        let mut sums = Self {
            xx: Plane::new(columns, rows),
            yy: Plane::new(columns, rows),
            xy: Plane::new(columns, rows),
        };
        for y in 1..(rows * CELL).min(h - 1) {
            let above = &print.values[(y - 1) * w..y * w];
            let here = &print.values[y * w..(y + 1) * w];
            let below = &print.values[(y + 1) * w..(y + 2) * w];
            for x in 1..(columns * CELL).min(w - 1) {
                let gx = (here[x + 1] - here[x - 1]) * 0.5;
                let gy = (below[x] - above[x]) * 0.5;
                let cell = (y / CELL) * columns + x / CELL;
                sums.xx.values[cell] += gx * gx;
                sums.yy.values[cell] += gy * gy;
                sums.xy.values[cell] += gx * gy;
            }
        }
        let part = 1.0 / (CELL * CELL) as f32;
        for plane in [&mut sums.xx, &mut sums.yy, &mut sums.xy] {
            plane.values.iter_mut().for_each(|v| *v *= part);
        }
        sums
    }

    fn blurred(&self, pixels: f32) -> Self {
        let sigma = pixels / CELL as f32;
        Self {
            xx: self.xx.blurred(sigma),
            yy: self.yy.blurred(sigma),
            xy: self.xy.blurred(sigma),
        }
    }
}

/// Cells with enough gradient energy: the largest connected piece, holes filled.
fn finger_mask(tensor: &Tensor) -> Option<Vec<bool>> {
    let (columns, rows) = (tensor.xx.width, tensor.xx.height);
    let mut energy = Plane::new(columns, rows);
    for (i, e) in energy.values.iter_mut().enumerate() {
        *e = tensor.xx.values[i] + tensor.yy.values[i];
    }
    let energy = energy.blurred(p::MASK_BLUR / CELL as f32);
    let mut lively: Vec<f32> = energy
        .values
        .iter()
        .copied()
        .filter(|&e| e > p::MASK_FLOOR)
        .collect();
    if lively.is_empty() {
        return None;
    }
    lively.sort_by(f32::total_cmp);
    let strong = lively[lively.len() * 8 / 10];
    let limit = strong * p::MASK_PART;
    let raw: Vec<bool> = energy.values.iter().map(|&e| e > limit).collect();
    let finger = largest_piece(&raw, columns, rows, false);
    // What is not connected with the outside is a hole in the finger.
    let background: Vec<bool> = finger.iter().map(|m| !m).collect();
    let outside = largest_piece(&background, columns, rows, true);
    Some(outside.iter().map(|o| !o).collect())
}

/// The largest 4-connected piece of `set`, or with `rim` everything connected with the picture's rim.
fn largest_piece(set: &[bool], columns: usize, rows: usize, rim: bool) -> Vec<bool> {
    let mut label = vec![0u32; set.len()];
    let mut sizes = vec![0usize];
    let mut on_rim = vec![false];
    let mut stack = Vec::new();
    for start in 0..set.len() {
        if !set[start] || label[start] != 0 {
            continue;
        }
        let name = sizes.len() as u32;
        sizes.push(0);
        on_rim.push(false);
        label[start] = name;
        stack.push(start);
        while let Some(cell) = stack.pop() {
            sizes[name as usize] += 1;
            let (x, y) = (cell % columns, cell / columns);
            if x == 0 || y == 0 || x + 1 == columns || y + 1 == rows {
                on_rim[name as usize] = true;
            }
            let mut visit = |next: usize| {
                if set[next] && label[next] == 0 {
                    label[next] = name;
                    stack.push(next);
                }
            };
            if x > 0 {
                visit(cell - 1);
            }
            if x + 1 < columns {
                visit(cell + 1);
            }
            if y > 0 {
                visit(cell - columns);
            }
            if y + 1 < rows {
                visit(cell + columns);
            }
        }
    }
    let largest = (1..sizes.len()).max_by_key(|&i| sizes[i]).unwrap_or(0);
    label
        .iter()
        .map(|&l| {
            l != 0
                && if rim {
                    on_rim[l as usize]
                } else {
                    l as usize == largest
                }
        })
        .collect()
}

/// Ridge direction and coherence from the smoothed tensor (Kass & Witkin's doubled angle).
fn flow(tensor: &Tensor, mask: &[bool]) -> (Vec<f32>, Vec<f32>) {
    let fine = tensor.blurred(p::FLOW_BLUR);
    let (columns, rows) = (fine.xx.width, fine.xx.height);
    let mut cosine = Plane::new(columns, rows);
    let mut sine = Plane::new(columns, rows);
    let mut coherence = vec![0.0; mask.len()];
    for i in 0..mask.len() {
        let energy = fine.xx.values[i] + fine.yy.values[i] + 1e-3;
        let c = (fine.xx.values[i] - fine.yy.values[i]) / energy;
        let s = 2.0 * fine.xy.values[i] / energy;
        coherence[i] = (c * c + s * s).sqrt();
        if mask[i] {
            cosine.values[i] = c;
            sine.values[i] = s;
        }
    }
    let sigma = p::FLOW_SMOOTH / CELL as f32;
    let (cosine, sine) = (cosine.blurred(sigma), sine.blurred(sigma));
    let angle = cosine
        .values
        .iter()
        .zip(sine.values.iter())
        // Ridges run across the gradient: a quarter turn further.
        .map(|(c, s)| (0.5 * s.atan2(*c) + PI / 2.0).rem_euclid(PI))
        .collect();
    (angle, coherence)
}

/// Distance to the outside of the mask (two chamfer passes); the picture's rim is outside.
pub(super) fn depth(mask: &[bool], columns: usize, rows: usize) -> Vec<f32> {
    const STRAIGHT: f32 = CELL as f32;
    const SLANTED: f32 = CELL as f32 * std::f32::consts::SQRT_2;
    let mut depth: Vec<f32> = mask
        .iter()
        .map(|&m| if m { f32::MAX } else { 0.0 })
        .collect();
    let near = |depth: &[f32], x: usize, y: usize, dx: isize, dy: isize, step: f32| {
        let (nx, ny) = (x as isize + dx, y as isize + dy);
        if nx < 0 || ny < 0 || nx >= columns as isize || ny >= rows as isize {
            STRAIGHT / 2.0
        } else {
            depth[ny as usize * columns + nx as usize] + step
        }
    };
    for y in 0..rows {
        for x in 0..columns {
            let mut best = depth[y * columns + x];
            for (dx, dy, step) in [
                (-1, 0, STRAIGHT),
                (0, -1, STRAIGHT),
                (-1, -1, SLANTED),
                (1, -1, SLANTED),
            ] {
                best = best.min(near(&depth, x, y, dx, dy, step));
            }
            depth[y * columns + x] = best;
        }
    }
    for y in (0..rows).rev() {
        for x in (0..columns).rev() {
            let mut best = depth[y * columns + x];
            for (dx, dy, step) in [
                (1, 0, STRAIGHT),
                (0, 1, STRAIGHT),
                (1, 1, SLANTED),
                (-1, 1, SLANTED),
            ] {
                best = best.min(near(&depth, x, y, dx, dy, step));
            }
            depth[y * columns + x] = best;
        }
    }
    depth
}

/// Ridge distance at a place: first peak of the autocorrelation of the profile across the ridges,
/// with its height as clarity.
fn period_at(normal: &Plane, x: f32, y: f32, angle: f32) -> Option<(f32, f32)> {
    const HALF: usize = 24;
    const LAGS: usize = 20;
    let (across_x, across_y) = (-angle.sin(), angle.cos());
    let (along_x, along_y) = (angle.cos(), angle.sin());
    let mut profile = [0.0f32; 2 * HALF + 1];
    for (i, value) in profile.iter_mut().enumerate() {
        let t = i as f32 - HALF as f32;
        for j in -3i32..=3 {
            let u = j as f32 * 2.0;
            *value += normal.sample(
                x + t * across_x + u * along_x,
                y + t * across_y + u * along_y,
            );
        }
    }
    let mean = profile.iter().sum::<f32>() / profile.len() as f32;
    profile.iter_mut().for_each(|v| *v -= mean);
    let mut correlation = [0.0f32; LAGS + 1];
    for (lag, c) in correlation.iter_mut().enumerate() {
        let pairs = profile.len() - lag;
        *c = (0..pairs)
            .map(|i| profile[i] * profile[i + lag])
            .sum::<f32>()
            / pairs as f32;
    }
    if correlation[0] <= 1e-6 {
        return None;
    }
    let mut lag = 1;
    while lag < LAGS && correlation[lag] > 0.0 {
        lag += 1;
    }
    let peak = (lag + 1..LAGS)
        .find(|&l| correlation[l] > correlation[l - 1] && correlation[l] >= correlation[l + 1])?;
    let clarity = correlation[peak] / correlation[0];
    if clarity < 0.1 {
        return None;
    }
    let (a, b, c) = (
        correlation[peak - 1],
        correlation[peak],
        correlation[peak + 1],
    );
    let bend = a - 2.0 * b + c;
    let offset = if bend.abs() > 1e-9 {
        0.5 * (a - c) / bend
    } else {
        0.0
    };
    let period = peak as f32 + offset.clamp(-0.5, 0.5);
    (p::PERIOD_MIN..=p::PERIOD_MAX)
        .contains(&period)
        .then_some((period, clarity))
}
