//! The second look: words in doubt are read again by another engine, or by the same one in another view, and both
//! readings are weighed.

use image::{GrayImage, imageops};
use models::{PageText, Rect, SecondReading, TextEngine, TextError, Word};

use super::align::{Pair, Placed, align};
use super::doubt::{Doubt, doubts};
use super::hand::by_hand;
use super::junk::without_junk;
use super::lines::{bottom, right};
use super::merge::{Reading, Stands, choose, choose_machine_line, choose_view, is_machine_line};
use super::order::join_lines;
use super::strip::{Strip, strips};
use super::zone;

/// How much of a page a line engine reads again, in columns of a line 32 pixels high. A word has some 80; AsterNet takes
/// 0.2 ms of one core a column.
const COLUMNS: u32 = 5000;

/// The same where the page engine itself looks again, at a smaller scale.
const VIEW_COLUMNS: u32 = 2000;

/// The scale of that other view. Of 0.75, 1 and 1.5, measured on clean pages, this one corrects most.
const VIEW_SCALE: f32 = 0.75;

/// A word of the other reading, in pixels of the view.
#[derive(Clone, Debug)]
struct Seen {
    placed: Placed,
    confidence: u8,
}

/// Looks again at the words in doubt. The words come back in the same order; where the other reading stands, a word may
/// have become several, or several one.
pub(super) fn look_again(
    view: &GrayImage,
    dpi: u32,
    text: PageText,
    engine: &mut dyn TextEngine,
) -> Result<PageText, TextError> {
    let mut words = text.words;
    for (word, by_hand) in by_hand(view, &words).into_iter().enumerate() {
        words[word].handwritten = by_hand;
    }
    let another = engine.line_engine().is_some();
    let latin = engine.latin_engine().is_some();
    let mut doubts = doubts(&words);
    for (doubt, word) in doubts.iter_mut().zip(&words) {
        if latin && is_machine_line(&word.text) {
            *doubt = Some(Doubt::Unsure);
        } else if !another {
            // In another view the same engine only helps where it hesitated.
            *doubt = doubt.filter(|doubt| *doubt <= Doubt::MixedNumber);
        }
    }
    let columns = if another { COLUMNS } else { VIEW_COLUMNS };
    let strips = strips(&words, &doubts, view.dimensions(), dpi, columns);
    let mut seen = Vec::with_capacity(words.len());
    let mut next = 0;
    for strip in &strips {
        seen.extend_from_slice(&words[next..strip.words.start]);
        let own = &words[strip.words.clone()];
        if own.iter().any(|word| is_machine_line(&word.text))
            && let Some(latin) = engine.latin_engine()
        {
            let others = in_view(latin.read_line(&strip.cut(view), dpi)?, strip, 1.0);
            seen.extend(merged(own, &others, strip.height, choose_machine_line));
        } else {
            let others = read(view, dpi, strip, engine)?;
            let choose = if another { choose } else { choose_view };
            seen.extend(merged(own, &others, strip.height, choose));
        }
        next = strip.words.end;
    }
    seen.extend_from_slice(&words[next..]);
    let text = without_junk(join_lines(seen));
    zone::complete(view, dpi, text, engine)
}

fn read(
    view: &GrayImage,
    dpi: u32,
    strip: &Strip,
    engine: &mut dyn TextEngine,
) -> Result<Vec<Seen>, TextError> {
    let cut = strip.cut(view);
    if let Some(line) = engine.line_engine() {
        let text = line.read_line(&cut)?;
        return Ok(text
            .words()
            .iter()
            .map(|word| Seen {
                placed: Placed {
                    text: word.text(),
                    left: strip.left + word.left(),
                    right: strip.left + word.right(),
                },
                confidence: word.confidence(),
            })
            .collect());
    }
    let (width, height) = cut.dimensions();
    let scaled = |side: u32| ((side as f32 * VIEW_SCALE) as u32).max(1);
    let small = imageops::resize(
        &cut,
        scaled(width),
        scaled(height),
        imageops::FilterType::Triangle,
    );
    let text = engine.read_line(&small, scaled(dpi))?;
    Ok(in_view(text, strip, VIEW_SCALE))
}

/// What an engine read in a strip cut out at some scale, with its places in the view.
fn in_view(text: PageText, strip: &Strip, scale: f32) -> Vec<Seen> {
    let there = |x: u32| strip.left + (x as f32 / scale) as u32;
    text.words
        .into_iter()
        .map(|word| Seen {
            placed: Placed {
                left: there(word.bbox.x),
                right: there(right(&word.bbox)),
                text: word.text,
            },
            confidence: word.confidence,
        })
        .collect()
}

/// Words of a strip weighed against what the other look saw there.
fn merged(
    words: &[Word],
    others: &[Seen],
    height: u32,
    choose: fn(&Reading, &Reading, bool) -> Stands,
) -> Vec<Word> {
    let first: Vec<Placed> = words
        .iter()
        .map(|word| Placed {
            text: word.text.clone(),
            left: word.bbox.x,
            right: right(&word.bbox),
        })
        .collect();
    let other: Vec<Placed> = others.iter().map(|seen| seen.placed.clone()).collect();
    let mut merged = Vec::new();
    for Pair { first, other } in align(&first, &other, height) {
        let (words, others) = (&words[first], &others[other]);
        if words.is_empty() {
            continue;
        }
        let own = Reading {
            text: joined(words.iter().map(|word| word.text.as_str())),
            confidence: words.iter().map(|w| w.confidence).min().unwrap_or(0),
        };
        let again = Reading {
            text: joined(others.iter().map(|seen| seen.placed.text.as_str())),
            confidence: others.iter().map(|seen| seen.confidence).min().unwrap_or(0),
        };
        let by_hand = words.iter().any(|word| word.handwritten);
        match choose(&own, &again, by_hand) {
            Stands::Both => merged.extend(words.iter().map(|word| Word {
                confidence: word.confidence.max(again.confidence).min(99),
                second: Some(SecondReading {
                    text: word.text.clone(),
                    confidence: again.confidence,
                }),
                ..word.clone()
            })),
            Stands::First => merged.extend(words.iter().map(|word| Word {
                second: Some(SecondReading {
                    text: again.text.clone(),
                    confidence: again.confidence,
                }),
                ..word.clone()
            })),
            Stands::Other => merged.extend(replaced(words, others, &own)),
        }
    }
    merged
}

/// The other's words in the place of the first's.
fn replaced(words: &[Word], others: &[Seen], own: &Reading) -> Vec<Word> {
    let around = around(words);
    let many = others.len();
    others
        .iter()
        .map(|seen| {
            let (left, to) = match many {
                1 => (around.x, right(&around)),
                _ => (
                    seen.placed.left.clamp(around.x, right(&around)),
                    seen.placed.right.clamp(around.x, right(&around)),
                ),
            };
            Word {
                text: seen.placed.text.clone(),
                confidence: seen.confidence.min(89),
                bbox: Rect {
                    x: left,
                    w: to.saturating_sub(left).max(1),
                    ..around
                },
                second: Some(SecondReading {
                    text: own.text.clone(),
                    confidence: own.confidence,
                }),
                ..words[0].clone()
            }
        })
        .collect()
}

fn around(words: &[Word]) -> Rect {
    let (mut x, mut y, mut to, mut low) = (u32::MAX, u32::MAX, 0, 0);
    for Word { bbox, .. } in words {
        x = x.min(bbox.x);
        y = y.min(bbox.y);
        to = to.max(right(bbox));
        low = low.max(bottom(bbox));
    }
    Rect {
        x,
        y,
        w: to.saturating_sub(x),
        h: low.saturating_sub(y),
    }
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(" ")
}
