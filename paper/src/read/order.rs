//! Words of one line that the page engine took for two columns: a label and the value set off from it.
//!
//! `Họ, chữ đệm, tên:` and, some way to the right, the name in larger type come back as two blocks, the one read long
//! before the other. Here such pieces are put behind each other again. Real columns stay apart: the piece on the left
//! must end in a colon, or the gap must be small.

use models::Word;

use super::lines::{bottom, height, right};

/// Gaps in heights of the line: after a colon, and without one.
const AFTER_COLON: f32 = 12.0;
const WITHOUT_COLON: f32 = 2.5;

/// Two pieces stand on one line when they share this part of the lower one's height.
const SHARED: f32 = 0.6;

/// A line of a block as the page engine numbers them.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    end: usize,
    left: u32,
    right: u32,
    top: u32,
    low: u32,
    colon: bool,
    height: u32,
}

/// The words with torn lines joined, in reading order; joined words share block and line of the first.
pub(super) fn join_lines(words: Vec<Word>) -> Vec<Word> {
    let pieces = pieces(&words);
    let mut follows: Vec<Option<usize>> = vec![None; pieces.len()];
    let mut taken = vec![false; pieces.len()];
    // Nearest pairs first, so that no piece is passed over.
    let mut pairs: Vec<(u32, usize, usize)> = Vec::new();
    for (a, left) in pieces.iter().enumerate() {
        for (b, piece) in pieces.iter().enumerate() {
            if a != b
                && let Some(gap) = gap(left, piece)
            {
                pairs.push((gap, a, b));
            }
        }
    }
    pairs.sort_unstable();
    for (_, a, b) in pairs {
        if follows[a].is_none() && !taken[b] {
            follows[a] = Some(b);
            taken[b] = true;
        }
    }
    let mut joined = Vec::with_capacity(words.len());
    for head in (0..pieces.len()).filter(|at| !taken[*at]) {
        let first = &words[pieces[head].start];
        let (block, line) = (first.block, first.line);
        let mut next = Some(head);
        while let Some(at) = next {
            joined.extend(
                words[pieces[at].start..pieces[at].end]
                    .iter()
                    .map(|word| Word {
                        block,
                        line,
                        ..word.clone()
                    }),
            );
            next = follows[at];
        }
    }
    joined
}

fn pieces(words: &[Word]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for line in words.chunk_by(|a, b| (a.block, a.line) == (b.block, b.line)) {
        let end = start + line.len();
        pieces.push(Piece {
            start,
            end,
            left: line.iter().map(|word| word.bbox.x).min().unwrap_or(0),
            right: line.iter().map(|word| right(&word.bbox)).max().unwrap_or(0),
            top: line.iter().map(|word| word.bbox.y).min().unwrap_or(0),
            low: line
                .iter()
                .map(|word| bottom(&word.bbox))
                .max()
                .unwrap_or(0),
            colon: line.last().is_some_and(|word| word.text.ends_with(':')),
            height: height(line),
        });
        start = end;
    }
    pieces
}

/// The gap between two pieces of one line; none where they are not.
fn gap(left: &Piece, piece: &Piece) -> Option<u32> {
    let gap = piece.left.checked_sub(left.right)?;
    let shared = left
        .low
        .min(piece.low)
        .saturating_sub(left.top.max(piece.top));
    let lower = left.height.min(piece.height) as f32;
    let reach = if left.colon {
        AFTER_COLON
    } else {
        WITHOUT_COLON
    };
    // The lower of the two decides how far is far: a large heading does not reach further.
    (shared as f32 >= SHARED * lower && gap as f32 <= reach * lower).then_some(gap)
}

#[cfg(test)]
mod tests {
    use models::Rect;

    use super::*;

    fn word(text: &str, x: u32, y: u32, block: u32, line: u32) -> Word {
        Word {
            text: text.to_owned(),
            bbox: Rect {
                x,
                y,
                w: text.chars().count() as u32 * 20,
                h: 30,
            },
            block,
            line,
            ..Word::default()
        }
    }

    fn text(words: Vec<Word>) -> String {
        models::PageText::from_words(join_lines(words)).text()
    }

    #[test]
    fn a_value_set_off_from_its_label_stands_behind_it_again() {
        let words = vec![
            word("Họ", 100, 100, 1, 1),
            word("tên:", 160, 100, 1, 1),
            word("Giới", 100, 160, 1, 2),
            word("TĂNG", 500, 95, 2, 1),
            word("GIANG", 600, 95, 2, 1),
            word("Nữ", 500, 160, 2, 2),
        ];
        assert_eq!(text(words), "Họ tên: TĂNG GIANG\nGiới\nNữ");
    }

    #[test]
    fn columns_and_lines_below_each_other_stay_apart() {
        let words = vec![
            word("Nơi", 100, 900, 1, 1),
            word("nhận:", 170, 900, 1, 1),
            word("CHỦ", 1400, 900, 2, 1),
            word("TỊCH", 1480, 900, 2, 1),
            word("Lưu:", 100, 960, 1, 2),
        ];
        assert_eq!(text(words), "Nơi nhận:\nCHỦ TỊCH\nLưu:");
    }

    #[test]
    fn three_pieces_of_one_line_come_one_after_the_other() {
        let words = vec![
            word("a:", 100, 100, 3, 1),
            word("c", 300, 100, 1, 1),
            word("b:", 200, 100, 2, 1),
        ];
        assert_eq!(text(words), "a: b: c");
        assert_eq!(text(Vec::new()), "");
    }
}
