//! Rows of dots to write on: found by their even steps and lifted off the view before it is read.
//!
//! Printed forms fill the rest of a line with dots. Read as text they become `1111110110` and `nen nen`, and the word
//! before them is lost. A row of dots is at least eight specks of one size on one height in even steps; the dots of
//! letters and the full stops of a text are never that.

use std::collections::VecDeque;

use image::GrayImage;

/// The largest dot, in pixels at 300 dpi: 0.75 mm. Full stops of 16 point type have 0.7 mm.
const DOT: u32 = 9;

/// The widest step from dot to dot, in pixels at 300 dpi: 3 mm.
const STEP: u32 = 36;

/// So many dots make a row. An ellipsis has three, and people type up to six.
const ROW: usize = 8;

/// Of the steps of a row so many in ten must be even.
const EVEN_IN_TEN: usize = 7;

/// Darker than this share of the paper's tone is ink; dots are small and therefore pale.
const INK: f32 = 0.78;

/// More specks than this on one page are grain and not dots.
const MOST_DOTS: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dot {
    left: u32,
    right: u32,
    top: u32,
    low: u32,
}

/// Paints the rows of dots over with the paper around them; tells how many dots they had.
pub(super) fn lift(view: &mut GrayImage, dpi: u32, paper: u8) -> usize {
    let largest = (DOT * dpi / 300).max(3);
    let step = (STEP * dpi / 300).max(8);
    let dots = dots(view, (f32::from(paper) * INK) as u8, largest);
    if dots.len() > MOST_DOTS {
        return 0;
    }
    let mut lifted = 0;
    for row in rows(&dots, step, largest) {
        for dot in row {
            paint(view, &dot, paper);
            lifted += 1;
        }
    }
    lifted
}

/// All dark specks no larger than a dot, by their lower edge and then from left to right.
fn dots(view: &GrayImage, ink: u8, largest: u32) -> Vec<Dot> {
    let width = view.width() as usize;
    let mut dots = Vec::new();
    // Specks that reach into the row above; dead ones have grown too large and only pass that on.
    let mut open: Vec<(Dot, (u32, u32), bool)> = Vec::new();
    for (y, row) in view.as_raw().chunks_exact(width.max(1)).enumerate() {
        let y = y as u32;
        let mut next: Vec<(Dot, (u32, u32), bool)> = Vec::new();
        let mut used = vec![false; open.len()];
        let mut first = 0;
        for (from, to) in dark_runs(row, ink) {
            let mut dot = Dot {
                left: from,
                right: to,
                top: y,
                low: y + 1,
            };
            let mut alive = to - from <= largest;
            while first < open.len() && open[first].1.1 < from {
                first += 1;
            }
            for at in first..open.len() {
                let (above, (left, right), lives) = &open[at];
                if *left > to {
                    break;
                }
                if *right >= from {
                    used[at] = true;
                    alive &= lives;
                    dot.left = dot.left.min(above.left);
                    dot.right = dot.right.max(above.right);
                    dot.top = dot.top.min(above.top);
                }
            }
            alive &= dot.right - dot.left <= largest && y + 1 - dot.top <= largest;
            next.push((dot, (from, to), alive));
        }
        let closed = open
            .iter()
            .zip(used)
            .filter(|(speck, used)| speck.2 && !used);
        dots.extend(closed.map(|(speck, _)| speck.0));
        if dots.len() > MOST_DOTS {
            return dots;
        }
        open = next;
    }
    dots.extend(open.iter().filter(|speck| speck.2).map(|speck| speck.0));
    dots.sort_unstable_by_key(|dot| (dot.low, dot.left));
    dots
}

/// Runs of ink in a row, as left edge and the column behind the right one.
fn dark_runs(row: &[u8], ink: u8) -> Vec<(u32, u32)> {
    let mut runs = Vec::new();
    let mut x = 0;
    while x < row.len() {
        let Some(start) = row[x..].iter().position(|tone| *tone < ink) else {
            break;
        };
        let start = x + start;
        let end = row[start..]
            .iter()
            .position(|tone| *tone >= ink)
            .map_or(row.len(), |length| start + length);
        runs.push((start as u32, end as u32));
        x = end + 1;
    }
    runs
}

/// Chains of dots in even steps.
fn rows(dots: &[Dot], step: u32, largest: u32) -> Vec<Vec<Dot>> {
    // Dots of about one height, so that a chain is looked for among few.
    let slack = (largest / 3).max(1);
    let mut taken = vec![false; dots.len()];
    let mut rows = Vec::new();
    for start in 0..dots.len() {
        if taken[start] {
            continue;
        }
        let near = |last: &Dot| {
            let low = dots.partition_point(|dot| dot.low + slack < last.low);
            let end = dots.partition_point(|dot| dot.low <= last.low + slack);
            (low..end).filter(|at| !taken[*at])
        };
        let mut chain = VecDeque::from([start]);
        while let Some(last) = chain.back().map(|at| dots[*at])
            && let Some(next) = near(&last)
                .filter(|at| dots[*at].left >= last.right)
                .min_by_key(|at| dots[*at].left)
                .filter(|at| dots[*at].left - last.left <= step)
        {
            chain.push_back(next);
        }
        while let Some(first) = chain.front().map(|at| dots[*at])
            && let Some(next) = near(&first)
                .filter(|at| dots[*at].right <= first.left)
                .max_by_key(|at| dots[*at].right)
                .filter(|at| first.left - dots[*at].left <= step)
        {
            chain.push_front(next);
        }
        let chain = trimmed(dots, chain.into());
        if chain.len() >= ROW && is_even(dots, &chain) {
            for at in &chain {
                taken[*at] = true;
            }
            rows.push(chain.into_iter().map(|at| dots[at]).collect());
        }
    }
    rows
}

fn steps(dots: &[Dot], chain: &[usize]) -> Vec<u32> {
    let step = |pair: &[usize]| dots[pair[1]].left - dots[pair[0]].left;
    chain.windows(2).map(step).collect()
}

/// Whether a step is like the usual one.
fn alike(step: u32, usual: u32) -> bool {
    step.abs_diff(usual) * 4 <= usual.max(4)
}

fn usual(mut steps: Vec<u32>) -> u32 {
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(0)
}

/// A chain without the dots at its ends that stand in another step: the full stop before a row is no part of it.
fn trimmed(dots: &[Dot], chain: Vec<usize>) -> Vec<usize> {
    let steps = steps(dots, &chain);
    let usual = usual(steps.clone());
    let first = steps.iter().position(|step| alike(*step, usual));
    let last = steps.iter().rposition(|step| alike(*step, usual));
    match (first, last) {
        (Some(first), Some(last)) => chain[first..=last + 1].to_vec(),
        _ => Vec::new(),
    }
}

/// Whether the steps of a chain are alike.
fn is_even(dots: &[Dot], chain: &[usize]) -> bool {
    let steps = steps(dots, chain);
    let usual = usual(steps.clone());
    let even = steps.iter().filter(|step| alike(**step, usual)).count();
    even * 10 >= steps.len() * EVEN_IN_TEN
}

/// Gives a dot and the pale edge around it the tone of the paper beside it.
fn paint(view: &mut GrayImage, dot: &Dot, paper: u8) {
    let (left, right) = (
        dot.left.saturating_sub(1),
        (dot.right + 1).min(view.width()),
    );
    let (top, low) = (dot.top.saturating_sub(1), (dot.low + 1).min(view.height()));
    let corners = [
        (left, top),
        (right - 1, top),
        (left, low - 1),
        (right - 1, low - 1),
    ];
    let tone = corners
        .iter()
        .map(|(x, y)| view.get_pixel(*x, *y).0[0])
        .max()
        .unwrap_or(paper);
    for y in top..low {
        for x in left..right {
            let pixel = view.get_pixel_mut(x, y);
            pixel.0[0] = pixel.0[0].max(tone);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    fn blank() -> GrayImage {
        GrayImage::from_pixel(1200, 120, Luma([248]))
    }

    fn speck(view: &mut GrayImage, x: u32, y: u32, size: u32) {
        for dy in 0..size {
            for dx in 0..size {
                view.put_pixel(x + dx, y + dy, Luma([60]));
            }
        }
    }

    fn ink(view: &GrayImage) -> usize {
        view.as_raw().iter().filter(|tone| **tone < 190).count()
    }

    #[test]
    fn a_row_of_dots_is_lifted_and_the_word_before_it_stays() {
        let mut view = blank();
        // A letter: a stem with a dot above it, as high as a line of text.
        for y in 50..90 {
            speck(&mut view, 100, y, 6);
        }
        speck(&mut view, 100, 38, 6);
        let word = ink(&view);
        for dot in 0..40 {
            // One pixel up or down, as scanning leaves them.
            speck(&mut view, 130 + dot * 15, 87 - dot % 2, 4);
        }
        assert_eq!(lift(&mut view, 300, 248), 40);
        assert_eq!(ink(&view), word);
    }

    #[test]
    fn an_ellipsis_and_dots_in_uneven_steps_stay() {
        let mut view = blank();
        for dot in 0..6 {
            speck(&mut view, 40 + dot * 15, 80, 5);
        }
        let gaps = [12, 31, 17, 35, 13, 26, 34, 11, 29, 19, 33, 14];
        let mut x = 400;
        for gap in gaps {
            speck(&mut view, x, 80, 5);
            x += gap;
        }
        let before = view.clone();
        assert_eq!(lift(&mut view, 300, 248), 0);
        assert_eq!(view, before);
    }

    #[test]
    fn letters_of_a_text_are_no_dots() {
        let mut view = blank();
        for letter in 0..30 {
            for y in 60..80 {
                speck(&mut view, 40 + letter * 30, y, 5);
            }
        }
        let before = view.clone();
        assert_eq!(lift(&mut view, 300, 248), 0);
        assert_eq!(view, before);
    }

    #[test]
    fn grain_ends_the_search() {
        let mut view = GrayImage::from_fn(1500, 1500, |x, y| {
            Luma([if x % 4 == 0 && y % 4 == 0 { 40 } else { 250 }])
        });
        assert_eq!(lift(&mut view, 300, 250), 0);
        assert_eq!(lift(&mut GrayImage::new(0, 0), 300, 250), 0);
    }
}
