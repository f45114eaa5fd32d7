//! Brings a line as it was read to the length that the layout wants: the cheapest way of keeping, replacing, dropping
//! and adding letters.

use super::layout::{Allowed, is_zone_letter};
use super::{Proof, Repair};

/// A letter that fits costs nothing, the only possible look-alike a little.
const REPLACED: u32 = 10;
/// A letter that does not fit and has no look-alike there.
const IMPOSSIBLE: u32 = 60;
/// Long runs of fillers are miscounted easily.
const FILLER_MISCOUNTED: u32 = 6;
/// A run this short was counted.
const SHORT_RUN: usize = 3;
const COUNTED_WRONG: u32 = 25;
/// Readers in doubt give both letters: `O0`, `TI`.
const DOUBLED: u32 = 8;
const DROPPED: u32 = 31;
const ADDED: u32 = 50;

/// A line costing more, for each of its letters, is no line of a zone.
const WORST_A_LETTER: u32 = 12;

pub(crate) struct Aligned {
    pub(crate) letters: Vec<char>,
    /// `line` is left at 0.
    pub(crate) repairs: Vec<Repair>,
}

/// Writes the many ways of printing fillers as fillers; leaves out spaces.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '«' | '≪' | '《' => plain.push_str("<<"),
            '‹' | '〈' | '＜' | '˂' => plain.push('<'),
            letter
                if letter.is_whitespace()
                    || matches!(letter, '.' | ',' | '\'' | '’' | '`' | '·') => {}
            letter => plain.push(letter),
        }
    }
    plain
}

#[derive(Clone, Copy)]
enum Step {
    Keep,
    Drop,
    Add,
}

/// Lays a line over its layout; none when they have little in common.
pub(crate) fn align(text: &str, allowed: &[Allowed]) -> Option<Aligned> {
    let read: Vec<char> = text.chars().take(64).collect();
    let (rows, columns) = (read.len() + 1, allowed.len() + 1);
    let at = |row: usize, column: usize| row * columns + column;
    let mut best = vec![(u32::MAX, Step::Keep); rows * columns];
    best[0].0 = 0;
    for row in 0..rows {
        for column in 0..columns {
            let cost = best[at(row, column)].0;
            if cost == u32::MAX {
                continue;
            }
            let mut offer = |row: usize, column: usize, price: u32, step: Step| {
                let slot = &mut best[at(row, column)];
                if cost + price < slot.0 {
                    *slot = (cost + price, step);
                }
            };
            if row < read.len() && column < allowed.len() {
                offer(
                    row + 1,
                    column + 1,
                    price(read[row], allowed[column]),
                    Step::Keep,
                );
            }
            if row < read.len() {
                offer(row + 1, column, drop_price(&read, row), Step::Drop);
            }
            if column < allowed.len() {
                offer(
                    row,
                    column + 1,
                    add_price(&read, row, allowed[column]),
                    Step::Add,
                );
            }
        }
    }
    let (mut row, mut column) = (read.len(), allowed.len());
    if best[at(row, column)].0 > WORST_A_LETTER * allowed.len() as u32 {
        return None;
    }
    let mut letters = vec!['<'; allowed.len()];
    let mut repairs = Vec::new();
    while row > 0 || column > 0 {
        match best[at(row, column)].1 {
            Step::Keep => {
                (row, column) = (row - 1, column - 1);
                let (letter, place) = (read[row], allowed[column]);
                letters[column] = letter;
                if !place.allows(letter) {
                    // What has no look-alike there stays as it was read, as far as a zone can hold it: the check
                    // digits will not fit.
                    let meant = place.meant(letter);
                    letters[column] =
                        meant.unwrap_or(if is_zone_letter(letter) { letter } else { '<' });
                    if let Some(is) = meant {
                        repairs.push(repair(column, Some(letter), is, Proof::Place));
                    }
                }
            }
            Step::Drop => row -= 1,
            Step::Add => {
                column -= 1;
                repairs.push(repair(column, None, '<', Proof::Length));
            }
        }
    }
    Some(Aligned { letters, repairs })
}

/// How many fillers stand in a row around a place between letters.
fn run(read: &[char], at: usize) -> usize {
    let fillers = |letters: &mut dyn Iterator<Item = &char>| {
        let mut count = 0;
        for letter in letters {
            if *letter != '<' {
                break;
            }
            count += 1;
        }
        count
    };
    fillers(&mut read[at..].iter()) + fillers(&mut read[..at].iter().rev())
}

fn drop_price(read: &[char], at: usize) -> u32 {
    const BOTH: [&str; 8] = ["O0QD", "IT1lLJ", "Z2", "S5", "B8", "G6", "MH", "FE"];
    if read[at] == '<' {
        return if run(read, at) > SHORT_RUN {
            FILLER_MISCOUNTED
        } else {
            COUNTED_WRONG
        };
    }
    let beside = [at.checked_sub(1), Some(at + 1)];
    let doubled = beside
        .into_iter()
        .flatten()
        .filter_map(|at| read.get(at))
        .any(|other| {
            *other != read[at]
                && BOTH
                    .iter()
                    .any(|both| both.contains(*other) && both.contains(read[at]))
        });
    if doubled { DOUBLED } else { DROPPED }
}

fn add_price(read: &[char], at: usize, place: Allowed) -> u32 {
    let run = run(read, at);
    match (place.allows('<'), run) {
        (false, _) | (true, 0) if at < read.len() || !place.allows('<') => ADDED,
        (_, 1..=SHORT_RUN) if at < read.len() => COUNTED_WRONG,
        _ => FILLER_MISCOUNTED,
    }
}

fn price(read: char, place: Allowed) -> u32 {
    if place.allows(read) {
        return 0;
    }
    match place.meant(read) {
        // Any letter at all would do as a filler: only those that look like one are cheap.
        Some('<')
            if !matches!(
                read,
                'K' | 'C' | 'L' | 'k' | 'c' | '(' | '{' | '[' | '€' | '«' | '‹'
            ) =>
        {
            IMPOSSIBLE / 2
        }
        Some(_) => REPLACED,
        None => IMPOSSIBLE,
    }
}

fn repair(column: usize, read: Option<char>, is: char, proof: Proof) -> Repair {
    Repair {
        line: 0,
        column,
        read,
        is,
        proof,
    }
}
