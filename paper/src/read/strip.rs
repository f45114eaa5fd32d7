//! Cutting words in doubt out of the page: neighbours together, closely, and no more than there is time for.

use std::ops::Range;

use image::{GrayImage, imageops};
use models::Word;

use super::doubt::Doubt;
use super::lines::{Run, extent, right, runs};

/// Words of one run that are read again together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    /// Into the words of the page.
    pub(super) words: Range<usize>,
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) doubt: Doubt,
}

/// White left around the words, in pixels at 300 dpi. More takes in a neighbour's colon or the dots to write on.
const MARGIN: u32 = 6;

impl Strip {
    /// What reading it costs, in columns of a line 32 pixels high: the measure of line engines.
    pub(super) fn columns(&self) -> u32 {
        self.width * 32 / self.height.max(1)
    }

    pub(super) fn cut(&self, view: &GrayImage) -> GrayImage {
        imageops::crop_imm(view, self.left, self.top, self.width, self.height).to_image()
    }
}

/// The strips around all doubted words, most urgent first as long as their columns fit into `budget`, then in the order
/// of the page.
pub(super) fn strips(
    words: &[Word],
    doubts: &[Option<Doubt>],
    size: (u32, u32),
    dpi: u32,
    budget: u32,
) -> Vec<Strip> {
    let margin = (MARGIN * dpi / 300).max(2);
    let mut strips = Vec::new();
    for run in runs(words) {
        let mut start = None;
        for at in run.words.start..=run.words.end {
            let doubted = at < run.words.end && doubts[at].is_some();
            match (start, doubted) {
                (None, true) => start = Some(at),
                (Some(from), false) => {
                    strips.extend(strip(words, doubts, &run, from..at, size, margin));
                    start = None;
                }
                _ => {}
            }
        }
    }
    let mut order: Vec<usize> = (0..strips.len()).collect();
    order.sort_by_key(|at| strips[*at].doubt);
    let mut left = budget;
    order.retain(|at| match left.checked_sub(strips[*at].columns()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    order.sort_unstable();
    order.into_iter().map(|at| strips[at].clone()).collect()
}

fn strip(
    words: &[Word],
    doubts: &[Option<Doubt>],
    run: &Run,
    some: Range<usize>,
    size: (u32, u32),
    margin: u32,
) -> Option<Strip> {
    let (top, low) = extent(words, run, &some);
    let first = &words[some.start].bbox;
    let last = &words[some.end - 1].bbox;
    // Half the gap to a neighbour that is not read again, but never more than the margin.
    let before = (some.start > run.words.start)
        .then(|| first.x.saturating_sub(right(&words[some.start - 1].bbox)) / 2);
    let after =
        (some.end < run.words.end).then(|| words[some.end].bbox.x.saturating_sub(right(last)) / 2);
    let left = first.x.saturating_sub(before.unwrap_or(margin).min(margin));
    let to = right(last)
        .saturating_add(after.unwrap_or(margin).min(margin))
        .min(size.0);
    let top = top.saturating_sub(margin);
    let low = low.saturating_add(margin).min(size.1);
    let doubt = doubts[some.clone()].iter().flatten().min().copied()?;
    (to > left && low > top).then(|| Strip {
        words: some,
        left,
        top,
        width: to - left,
        height: low - top,
        doubt,
    })
}

#[cfg(test)]
mod tests {
    use models::Rect;

    use super::*;

    fn words(gap: u32) -> Vec<Word> {
        (0..4)
            .map(|at| Word {
                text: "TRẦN".to_owned(),
                bbox: Rect {
                    x: 50 + at * (100 + gap),
                    y: 40,
                    w: 100,
                    h: 30,
                },
                ..Word::default()
            })
            .collect()
    }

    #[test]
    fn neighbours_are_cut_out_together_and_closely() {
        let doubts = [None, Some(Doubt::Name), Some(Doubt::Capitals), None];
        let strips = strips(&words(8), &doubts, (1000, 500), 300, u32::MAX);
        let [strip] = &strips[..] else {
            panic!("{strips:?}")
        };
        assert_eq!((strip.words.clone(), strip.doubt), (1..3, Doubt::Capitals));
        // 8 pixels to the neighbour: 4 of them belong to the strip, and 6 above and below.
        assert_eq!((strip.left, strip.width), (154, 216));
        assert_eq!((strip.top, strip.height), (34, 42));
        let view = GrayImage::new(1000, 500);
        assert_eq!(strip.cut(&view).dimensions(), (216, 42));
    }

    #[test]
    fn the_most_urgent_come_first_when_not_all_fit() {
        let doubts = [
            Some(Doubt::Name),
            None,
            Some(Doubt::Unsure),
            Some(Doubt::Unsure),
        ];
        let all = strips(&words(8), &doubts, (1000, 500), 300, u32::MAX);
        assert_eq!(all.len(), 2);
        let urgent = all[1].columns();
        let some = strips(&words(8), &doubts, (1000, 500), 300, urgent);
        assert_eq!(some, all[1..]);
        assert!(strips(&words(8), &doubts, (1000, 500), 300, 0).is_empty());
    }

    #[test]
    fn a_wide_gap_parts_two_strips() {
        let doubts = [Some(Doubt::Name); 4];
        let strips = strips(&words(200), &doubts, (5000, 500), 300, u32::MAX);
        assert_eq!(strips.len(), 4);
    }
}
