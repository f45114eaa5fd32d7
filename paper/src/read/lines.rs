//! The words of a page as lines: which stand side by side, how high the line is, where the wide gaps lie.

use std::ops::Range;

use models::{Rect, Word};

/// A run of words of one line without a wide gap between them. Columns of a table that share a line fall apart here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Into the words of the page; they stand there one after the other.
    pub(super) words: Range<usize>,
    /// Usual height of its words in pixels.
    pub(super) height: u32,
}

/// Words further apart than so many heights belong to different columns. The space between two words is a quarter to
/// half a height; justified lines stretch it to one.
const WIDE_GAP: f32 = 1.6;

pub(super) fn right(rect: &Rect) -> u32 {
    rect.x.saturating_add(rect.w)
}

pub(super) fn bottom(rect: &Rect) -> u32 {
    rect.y.saturating_add(rect.h)
}

/// The runs of a page in its reading order.
pub(super) fn runs(words: &[Word]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 1..=words.len() {
        let ends = at == words.len()
            || (words[at].block, words[at].line) != (words[start].block, words[start].line)
            || is_wide(&words[at - 1], &words[at], height(&words[start..at]));
        if ends && at > start {
            runs.push(Run {
                words: start..at,
                height: height(&words[start..at]),
            });
            start = at;
        }
    }
    runs
}

fn is_wide(before: &Word, after: &Word, height: u32) -> bool {
    let gap = after.bbox.x.saturating_sub(right(&before.bbox)) as f32;
    // A word left of the one before it begins a line of its own, whatever its number.
    after.bbox.x < before.bbox.x || gap > WIDE_GAP * height as f32
}

/// The median height of words with letters; of all words where none has any.
pub(super) fn height(words: &[Word]) -> u32 {
    let median = |mut heights: Vec<u32>| {
        heights.sort_unstable();
        heights.get(heights.len() / 2).copied()
    };
    let lettered = words
        .iter()
        .filter(|word| word.text.chars().any(char::is_alphanumeric))
        .map(|word| word.bbox.h)
        .collect();
    median(lettered)
        .or_else(|| median(words.iter().map(|word| word.bbox.h).collect()))
        .unwrap_or(0)
        .max(1)
}

/// Top and bottom of the line around some of its words: as high as its neighbours within reach, so that letters keep
/// their size whether or not a word has marks. Words far taller than the others (a speck, a seal) do not count.
pub(super) fn extent(words: &[Word], run: &Run, some: &Range<usize>) -> (u32, u32) {
    let reach = run.height.saturating_mul(8);
    let left = words[some.start].bbox.x.saturating_sub(reach);
    let to = right(&words[some.end - 1].bbox).saturating_add(reach);
    let mut top = u32::MAX;
    let mut low = 0;
    for at in run.words.clone() {
        let rect = &words[at].bbox;
        let near = right(rect) >= left && rect.x <= to;
        let usual = rect.h <= run.height.saturating_mul(2);
        if some.contains(&at) || near && usual {
            top = top.min(rect.y);
            low = low.max(bottom(rect));
        }
    }
    (top, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, x: u32, w: u32, line: u32) -> Word {
        Word {
            text: text.to_owned(),
            bbox: Rect {
                x,
                y: 100 + line * 50,
                w,
                h: 30,
            },
            line,
            ..Word::default()
        }
    }

    #[test]
    fn columns_and_lines_fall_apart_and_words_stay_together() {
        let words = [
            word("Số:", 0, 50, 1),
            word("12", 65, 30, 1),
            word("Độc", 400, 50, 1),
            word("lập", 465, 50, 1),
            word("Nơi", 0, 50, 2),
        ];
        let runs: Vec<_> = runs(&words).into_iter().map(|run| run.words).collect();
        assert_eq!(runs, [0..2, 2..4, 4..5]);
    }

    #[test]
    fn a_tall_speck_does_not_make_the_line_tall() {
        let mut words = vec![word("an", 0, 40, 1), word("Hạnh", 60, 90, 1)];
        words[1].bbox.y -= 10;
        words[1].bbox.h += 20;
        words.push(word("|", 170, 10, 1));
        words[2].bbox.y = 0;
        words[2].bbox.h = 400;
        let run = Run {
            words: 0..3,
            height: 30,
        };
        assert_eq!(extent(&words, &run, &(0..1)), (140, 190));
    }

    #[test]
    fn an_empty_page_has_no_runs() {
        assert!(runs(&[]).is_empty());
    }
}
