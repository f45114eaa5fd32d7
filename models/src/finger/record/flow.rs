//! A ridge flow drawn from minutiae alone: between them the ridges are supposed to turn evenly.
//!
//! Every minutia tells the way of its ridge. Their mean, weighted by nearness and taken over doubled angles
//! because a ridge has two ends, is a guess at the flow; near a core or delta without minutiae it is a
//! poor one. What it is worth is measured, not supposed: see [`RecordEngine`](super::RecordEngine).

use std::f32::consts::PI;

use zeroize::Zeroizing;

use super::super::field::{CELL, Field, depth};
use super::super::minutiae::Minutia;

/// Pixels at which a minutia's word counts 60 %.
pub(super) const NEARNESS: f32 = 24.0;
/// Pixels from the nearest minutia up to which the finger is taken to reach.
pub(super) const REACH: f32 = 36.0;

impl Field {
    /// Draws the flow of a print of this size in pixels at 500 dpi.
    pub(super) fn drawn(points: &[Minutia], width: usize, height: usize) -> Self {
        let columns = width.div_ceil(CELL).max(1);
        let rows = height.div_ceil(CELL).max(1);
        let mut field = Self {
            columns,
            rows,
            mask: vec![false; columns * rows],
            angle: vec![0.0; columns * rows],
            coherence: vec![0.0; columns * rows],
            period: vec![9.0; columns * rows],
            depth: Vec::new(),
        };
        // The kernel is separable: a row of weights across and one down for every minutia.
        let mut ways = Zeroizing::new(Vec::with_capacity(points.len()));
        let mut across = Zeroizing::new(Vec::with_capacity(points.len() * columns));
        let mut down = Zeroizing::new(Vec::with_capacity(points.len() * rows));
        for m in points {
            ways.push(((2.0 * m.direction).cos(), (2.0 * m.direction).sin()));
            across.extend(weights(m.x, columns));
            down.extend(weights(m.y, rows));
        }
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (middle(column), middle(row));
                let cell = row * columns + column;
                let (mut cosine, mut sine, mut sum) = (0.0f32, 0.0f32, 0.0f32);
                for (i, (m, way)) in points.iter().zip(ways.iter()).enumerate() {
                    let weight = across[i * columns + column] * down[i * rows + row];
                    cosine += weight * way.0;
                    sine += weight * way.1;
                    sum += weight;
                    field.mask[cell] |= (m.x - x).hypot(m.y - y) < REACH;
                }
                field.angle[cell] = (0.5 * sine.atan2(cosine)).rem_euclid(PI);
                field.coherence[cell] = cosine.hypot(sine) / sum.max(1e-6);
            }
        }
        field.depth = depth(&field.mask, columns, rows);
        field
    }
}

fn middle(cell: usize) -> f32 {
    (cell * CELL + CELL / 2) as f32
}

fn weights(place: f32, cells: usize) -> impl Iterator<Item = f32> {
    (0..cells).map(move |cell| {
        let apart = (middle(cell) - place) / NEARNESS;
        // A little of everything keeps far cells from dividing nothing by nothing.
        (-0.5 * apart * apart).exp() + 1e-4
    })
}
