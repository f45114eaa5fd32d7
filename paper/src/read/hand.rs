//! Words that look written by hand, so that a person reads them whatever the engines say.
//!
//! Two signs must meet. The strokes are not those of the page's print: a pen's line is thinner than the print's, or as
//! thick across as down where the print has stems and hairlines. And the page engine, which learned print, hesitates
//! somewhere in the same stretch of words. Where it fails altogether on words in a row of a page that it reads well
//! otherwise, that alone is enough: the cause may be a seal, and a person has to look there too.
//!
//! What this does not find: handwriting on a page without enough print to compare with.

use image::GrayImage;
use models::{Rect, Word};

use super::lines::runs;

/// Strokes thinner than this share of the print's are a pen's. Italic print has 0.8, a ballpoint beside 13 point type 0.5
/// to 0.7.
const THIN: f32 = 0.74;

/// The print's stems and hairlines differ so much more than the word's strokes. Sans-serif print has no such difference.
const EVEN: f32 = 0.66;

/// So many surely read words make a page to compare with.
const ENOUGH_PRINT: usize = 12;

/// From here on the page engine does not hesitate.
const SURE: u8 = 90;

/// Below it, it guesses.
const GUESS: u8 = 55;

/// The words of a stretch it hesitates at: one in so many.
const ONE_IN: usize = 5;

/// The shape of strokes, each measure as a share of something of the same word.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Strokes {
    /// Thickness by height of the word.
    thickness: f32,
    /// Usual run of ink across by usual run down: above 1 where stems are thicker than hairlines.
    contrast: f32,
}

/// Which words look handwritten.
pub(super) fn by_hand(view: &GrayImage, words: &[Word]) -> Vec<bool> {
    let strokes: Vec<_> = words
        .iter()
        .map(|word| strokes(view, &word.bbox).filter(|_| letters(word) >= 2))
        .collect();
    judge(words, &strokes)
}

fn judge(words: &[Word], strokes: &[Option<Strokes>]) -> Vec<bool> {
    let mut by_hand = vec![false; words.len()];
    let sure = |word: &Word| word.confidence >= SURE && letters(word) >= 2;
    let print: Vec<Strokes> = words
        .iter()
        .zip(strokes)
        .filter(|(word, _)| sure(word))
        .filter_map(|(_, strokes)| *strokes)
        .collect();
    if print.len() < ENOUGH_PRINT {
        return by_hand;
    }
    let usual = Strokes {
        thickness: median(print.iter().map(|s| s.thickness)),
        contrast: median(print.iter().map(|s| s.contrast)),
    };
    let foreign = |at: usize| {
        strokes[at].is_some_and(|s| {
            s.thickness < usual.thickness * THIN || s.contrast < usual.contrast * EVEN
        })
    };
    let read_well = words.iter().filter(|word| sure(word)).count() * 2
        > words.iter().filter(|word| letters(word) >= 2).count();
    for run in runs(words) {
        // A word too short to measure belongs to the stretch around it.
        stretches(
            &run.words,
            |at| foreign(at) || strokes[at].is_none(),
            |stretch| {
                let doubted = stretch
                    .clone()
                    .filter(|at| words[*at].confidence < SURE && letters(&words[*at]) > 0)
                    .count();
                let measured = stretch.clone().filter(|at| strokes[*at].is_some()).count();
                if measured > 0 && doubted > 0 && doubted * ONE_IN >= measured {
                    by_hand[stretch].fill(true);
                }
            },
        );
        let guessed = |at: usize| words[at].confidence < GUESS && letters(&words[at]) > 0;
        stretches(&run.words, guessed, |stretch| {
            if read_well && stretch.len() >= 2 {
                by_hand[stretch].fill(true);
            }
        });
    }
    by_hand
}

/// Calls `found` for each longest stretch of places that `belongs` holds for.
fn stretches(
    range: &std::ops::Range<usize>,
    belongs: impl Fn(usize) -> bool,
    mut found: impl FnMut(std::ops::Range<usize>),
) {
    let mut start = range.start;
    for at in range.start..=range.end {
        if at == range.end || !belongs(at) {
            if at > start {
                found(start..at);
            }
            start = at + 1;
        }
    }
}

fn letters(word: &Word) -> usize {
    word.text.chars().filter(|c| c.is_alphanumeric()).count()
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Measures the strokes in a box; none where there is too little ink to measure.
fn strokes(view: &GrayImage, bbox: &Rect) -> Option<Strokes> {
    let (left, top) = (bbox.x.min(view.width()), bbox.y.min(view.height()));
    let right = bbox.x.saturating_add(bbox.w).min(view.width());
    let low = bbox.y.saturating_add(bbox.h).min(view.height());
    let (width, height) = ((right - left) as usize, (low - top) as usize);
    if width < 12 || height < 10 {
        return None;
    }
    let stride = view.width() as usize;
    let tones = |row: usize| {
        let start = (top as usize + row) * stride + left as usize;
        &view.as_raw()[start..start + width]
    };
    let limit = ink_limit((0..height).flat_map(tones))?;
    let ink: Vec<bool> = (0..height)
        .flat_map(tones)
        .map(|tone| *tone < limit)
        .collect();
    let area = ink.iter().filter(|dark| **dark).count();
    let across = run_lengths(height, width, |row, column| ink[row * width + column]);
    let down = run_lengths(width, height, |column, row| ink[row * width + column]);
    if across.len() < 20 || down.len() < 20 {
        return None;
    }
    // Each run has two ends; the ends of both directions go around the strokes. Pixel steps overstate a slanted edge, by
    // the same part in print and in writing.
    let around = 2 * (across.len() + down.len());
    let usual = |mut runs: Vec<u32>| {
        runs.sort_unstable();
        runs[runs.len() / 2] as f32
    };
    Some(Strokes {
        thickness: 2.0 * area as f32 / around as f32 / height as f32,
        contrast: usual(across) / usual(down),
    })
}

/// Midway between the darkest and the usual tone; none where they hardly differ.
fn ink_limit<'a>(tones: impl Iterator<Item = &'a u8>) -> Option<u8> {
    let mut histogram = [0_usize; 256];
    let mut all = 0;
    for tone in tones {
        histogram[usize::from(*tone)] += 1;
        all += 1;
    }
    let part = |share: f32| {
        let wanted = (all as f32 * share) as usize;
        let mut sum = 0;
        histogram.iter().position(|count| {
            sum += count;
            sum > wanted
        })
    };
    let (dark, light) = (part(0.02)?, part(0.9)?);
    (light >= dark + 40).then_some(u8::midpoint(dark as u8, light as u8))
}

/// The lengths of all runs of ink along lines.
fn run_lengths(lines: usize, length: usize, ink: impl Fn(usize, usize) -> bool) -> Vec<u32> {
    let mut lengths = Vec::new();
    for line in 0..lines {
        let mut run = 0;
        for at in 0..length {
            if ink(line, at) {
                run += 1;
            } else if run > 0 {
                lengths.push(run);
                run = 0;
            }
        }
        if run > 0 {
            lengths.push(run);
        }
    }
    lengths
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use image::Luma;

    use super::*;

    const PRINT: Strokes = Strokes {
        thickness: 0.1,
        contrast: 2.0,
    };
    const PEN: Strokes = Strokes {
        thickness: 0.06,
        contrast: 1.0,
    };

    /// Fourteen printed words, then those of the case in the same line.
    fn page(case: &[(u8, Option<Strokes>)]) -> Vec<bool> {
        let printed = [(96, Some(PRINT)); 14];
        let (mut words, mut strokes) = (Vec::new(), Vec::new());
        for (at, (confidence, stroke)) in printed.iter().chain(case).enumerate() {
            words.push(Word {
                text: "chữ".to_owned(),
                confidence: *confidence,
                bbox: Rect {
                    x: at as u32 * 100,
                    y: 0,
                    w: 80,
                    h: 30,
                },
                ..Word::default()
            });
            strokes.push(*stroke);
        }
        judge(&words, &strokes)[14..].to_vec()
    }

    #[test]
    fn a_stretch_in_other_strokes_at_which_the_engine_hesitates_is_handwritten() {
        let case = [
            (96, Some(PEN)),
            (63, Some(PEN)),
            (95, None),
            (97, Some(PEN)),
        ];
        assert_eq!(page(&case), [true; 4]);
    }

    #[test]
    fn other_strokes_alone_or_doubt_alone_are_not_enough() {
        assert_eq!(page(&[(96, Some(PEN)); 3]), [false; 3]);
        assert_eq!(page(&[(70, Some(PRINT)), (96, Some(PRINT))]), [false; 2]);
    }

    #[test]
    fn words_in_a_row_that_cannot_be_read_are_for_a_person() {
        assert_eq!(page(&[(20, Some(PRINT)), (0, None)]), [true; 2]);
        assert_eq!(page(&[(20, Some(PRINT)), (97, Some(PRINT))]), [false; 2]);
    }

    #[test]
    fn a_page_with_little_print_is_not_judged() {
        let words = vec![
            Word {
                text: "chữ".to_owned(),
                confidence: 20,
                ..Word::default()
            };
            5
        ];
        assert_eq!(judge(&words, &[Some(PEN); 5]), [false; 5]);
    }

    #[test]
    fn strokes_are_measured_on_the_ink() {
        // Stems 8 wide, hairlines 2 high, like the H of a serif face, eight times.
        let mut view = GrayImage::from_pixel(400, 60, Luma([250]));
        for letter in 0..8 {
            for y in 5..55 {
                for x in 0..30 {
                    let stem = !(8..22).contains(&x);
                    if stem || (29..31).contains(&y) {
                        view.put_pixel(10 + letter * 45 + x, y, Luma([20]));
                    }
                }
            }
        }
        let bbox = Rect {
            x: 5,
            y: 5,
            w: 370,
            h: 50,
        };
        let found = strokes(&view, &bbox).unwrap();
        assert!((0.10..0.18).contains(&found.thickness), "{found:?}");
        let blank = Rect {
            x: 0,
            y: 0,
            w: 400,
            h: 4,
        };
        assert_eq!(strokes(&view, &blank), None);
    }
}
