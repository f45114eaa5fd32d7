//! Which words of a second reading stand for which of the first: by letters and by place.

use std::ops::Range;

use crate::fold::fold;

/// A word of either reading with its place along the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) text: String,
    pub(super) left: u32,
    pub(super) right: u32,
}

/// Words of the first reading and those of the other that stand in the same place. One side may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) first: Range<usize>,
    pub(super) other: Range<usize>,
}

/// How many words of one reading may be one word of the other: `Nămsinh:1931Dântộc:Kinh` is five.
const MOST_JOINED: usize = 6;

/// What it costs, in letters, to take several words for one.
const JOINING: f32 = 0.6;

/// The cheapest way to lay the other reading beside the first, from left to right. `height` is that of the line.
pub(super) fn align(first: &[Placed], other: &[Placed], height: u32) -> Vec<Pair> {
    let (rows, columns) = (first.len() + 1, other.len() + 1);
    let mut cost = vec![f32::INFINITY; rows * columns];
    let mut step = vec![(0, 0); rows * columns];
    cost[0] = 0.0;
    for i in 0..rows {
        for j in 0..columns {
            for (m, n) in steps(i, j) {
                let (words, others) = (&first[i - m..i], &other[j - n..j]);
                let before = cost[(i - m) * columns + (j - n)];
                let sum = before + difference(words, others, height);
                if sum < cost[i * columns + j] {
                    cost[i * columns + j] = sum;
                    step[i * columns + j] = (m, n);
                }
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (first.len(), other.len());
    while i > 0 || j > 0 {
        let (m, n) = step[i * columns + j];
        pairs.push(Pair {
            first: i - m..i,
            other: j - n..j,
        });
        (i, j) = (i - m, j - n);
    }
    pairs.reverse();
    pairs
}

/// One word for one, none, or several, as far as there are so many; one for one is tried first.
fn steps(i: usize, j: usize) -> impl Iterator<Item = (usize, usize)> {
    let several = (2..=MOST_JOINED).flat_map(|many| [(1, many), (many, 1)]);
    [(1, 1), (1, 0), (0, 1)]
        .into_iter()
        .chain(several)
        .filter(move |(m, n)| *m <= i && *n <= j)
}

/// How unlike two groups of words are, in letters.
fn difference(first: &[Placed], other: &[Placed], height: u32) -> f32 {
    let text = |words: &[Placed]| {
        words
            .iter()
            .flat_map(|word| word.text.chars())
            .collect::<Vec<_>>()
    };
    let (a, b) = (text(first), text(other));
    if first.is_empty() || other.is_empty() {
        return a.len().max(b.len()) as f32;
    }
    let middle = |words: &[Placed]| {
        let (left, right) = (words[0].left, words[words.len() - 1].right);
        (left as f32 + right as f32) / 2.0
    };
    let apart = (middle(first) - middle(other)).abs() / height.max(1) as f32;
    let joined = if first.len() == other.len() {
        0.0
    } else {
        JOINING
    };
    unlike(&a, &b) + apart + joined
}

/// Edit distance in which letters that differ in mark or case only count half.
fn unlike(a: &[char], b: &[char]) -> f32 {
    let base = |letter: &char| fold(letter.encode_utf8(&mut [0; 4]));
    let bases: Vec<String> = b.iter().map(base).collect();
    let mut row: Vec<f32> = (0..=b.len()).map(|at| at as f32).collect();
    for (i, from) in a.iter().enumerate() {
        let from_base = base(from);
        let mut diagonal = row[0];
        row[0] = (i + 1) as f32;
        for (j, to) in b.iter().enumerate() {
            let change = match from == to {
                true => 0.0,
                false if !from_base.is_empty() && from_base == bases[j] => 0.5,
                false => 1.0,
            };
            let cost = diagonal + change;
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1.0).min(diagonal + 1.0);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of 20 pixels a letter, a space between them.
    fn placed(line: &str) -> Vec<Placed> {
        let mut x = 0;
        line.split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let left = x;
                let right = left + word.chars().count() as u32 * 20;
                x = right + 20;
                Placed {
                    text: word.to_owned(),
                    left,
                    right,
                }
            })
            .collect()
    }

    fn told(first: &str, other: &str) -> Vec<(String, String)> {
        let (first, other) = (placed(first), placed(other));
        let text = |words: &[Placed]| {
            let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
            texts.join(" ")
        };
        align(&first, &other, 40)
            .into_iter()
            .map(|pair| (text(&first[pair.first]), text(&other[pair.other])))
            .collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn slips_stay_beside_what_they_stand_for() {
        assert_eq!(
            told("NGUYÊN THỊ ĐỌ", "NGUYỄN THỊ ĐỘ"),
            pairs(&[("NGUYÊN", "NGUYỄN"), ("THỊ", "THỊ"), ("ĐỌ", "ĐỘ")])
        );
    }

    #[test]
    fn words_run_together_and_torn_apart_are_found() {
        assert_eq!(
            told("HỒ CHÍMINH Nam", "HỒ CHÍ MINH Nam"),
            pairs(&[("HỒ", "HỒ"), ("CHÍMINH", "CHÍ MINH"), ("Nam", "Nam")])
        );
        assert_eq!(
            told("09 12 345", "0912345"),
            pairs(&[("09 12 345", "0912345")])
        );
    }

    #[test]
    fn what_only_one_saw_stands_alone() {
        let first = placed("Họ và tên");
        let other = [first[0].clone(), first[2].clone()];
        let missed = Pair {
            first: 1..2,
            other: 1..1,
        };
        assert_eq!(align(&first, &other, 40)[1], missed);
        assert_eq!(told("", "Số"), pairs(&[("", "Số")]));
        assert!(told("", "").is_empty());
    }

    #[test]
    fn place_decides_between_equal_words() {
        let first = placed("Nam Nam");
        let other = [first[1].clone()];
        let pairs = align(&first, &other, 40);
        assert_eq!(
            pairs[1],
            Pair {
                first: 1..2,
                other: 0..1
            }
        );
    }
}
