//! Lines of a machine-readable zone that the page engine passed over: sought where they must stand, and read alone.
//!
//! A page engine takes `PHAN<<THI<HUYEN` for ornament, or one of three lines for a rule. Where one line of a zone was
//! read the others are known to stand at the same left edge and as wide, and to be the next rows of ink above or below.

use image::{GrayImage, imageops};
use models::{PageText, Rect, TextEngine, TextError, Word};

use super::lines::{Run, bottom, right, runs};

/// How far the next line's middle may be, in widths of a letter's cell. Ten letters an inch and six lines an inch
/// (ICAO 9303-3 §4.4) make it 1.7; copies and other printers' cards have up to 2.3.
const NEXT_LINE: std::ops::Range<f32> = 1.3..2.6;

/// A line's letters, without the cell's white behind the last one.
const LAST_LETTER: f32 = 0.75;

/// White taken in above and below, in heights of the line: never as much as reaches the next one.
const ABOVE: f32 = 0.4;

/// A row is of letters when it holds this share of the ink that a row of the known line holds.
const INKED: f32 = 0.25;

/// White taken in left and right, in cells.
const MARGIN: f32 = 1.0;

/// A line's letters may have lost or gained so many in reading.
const SLIPS: usize = 3;

/// The same where it is known already that a line stands there: of a row of fillers an engine loses some.
const LOST: usize = 6;

/// Cards copied on one sheet.
const MAX_ZONES: usize = 8;

/// A document's zone.
#[derive(Clone, Copy)]
struct Form {
    lines: usize,
    letters: usize,
}

/// A card (ICAO 9303-5) and a passport (ICAO 9303-4).
const FORMS: [Form; 2] = [
    Form {
        lines: 3,
        letters: 30,
    },
    Form {
        lines: 2,
        letters: 44,
    },
];

/// A line of a zone as it was read: its words stand one after the other.
#[derive(Clone)]
struct Line {
    start: usize,
    end: usize,
    bbox: Rect,
    letters: usize,
}

/// Seeks the lines that are missing above and below those that were read, and puts them among the words.
pub(super) fn complete(
    view: &GrayImage,
    dpi: u32,
    text: PageText,
    engine: &mut dyn TextEngine,
) -> Result<PageText, TextError> {
    let mut words = text.words;
    // Places where a line was sought in vain, so that the search ends.
    let mut tried: Vec<Rect> = Vec::new();
    for _ in 0..MAX_ZONES * 4 {
        let lines = lines(&words);
        let Some(gap) = gaps(&lines, view).find(|gap| {
            let known = |rect: &Rect| middle_in(rect, &gap.core) || middle_in(&gap.core, rect);
            !tried.iter().any(known)
        }) else {
            break;
        };
        tried.push(gap.core);
        let Rect { x, y, w, h } = gap.strip;
        let strip = imageops::crop_imm(view, x, y, w, h).to_image();
        if let Some(read) = read(&strip, dpi, gap.form, engine)? {
            insert(&mut words, &gap, &read);
        }
    }
    Ok(PageText::from_words(words))
}

/// What stands in a strip, where it is a zone's line: by the net for Latin letters, unless the page's own net gives all
/// its letters and that one does not.
fn read(
    strip: &GrayImage,
    dpi: u32,
    form: Form,
    engine: &mut dyn TextEngine,
) -> Result<Option<PageText>, TextError> {
    let whole = |text: &PageText| letters(&text.words).chars().count() == form.letters;
    let passable = |text: &PageText| is_line(&letters(&text.words), form, LOST);
    let latin = match engine.latin_engine() {
        Some(latin) => Some(latin.read_line(strip, dpi)?).filter(passable),
        None => None,
    };
    if latin.as_ref().is_some_and(whole) {
        return Ok(latin);
    }
    let own = Some(engine.read_line(strip, dpi)?).filter(passable);
    Ok(match own {
        Some(own) if latin.is_none() || whole(&own) => Some(own),
        _ => latin,
    })
}

/// A place where a line of a zone must stand, and none was read.
struct Gap {
    form: Form,
    /// What is cut out and read.
    strip: Rect,
    /// The letters' own place.
    core: Rect,
    /// Goes before that word.
    at: usize,
}

/// The lines of the page that are of some zone.
fn lines(words: &[Word]) -> Vec<Line> {
    let of_run = |run: Run| {
        let own = &words[run.words.clone()];
        let letters = letters(own);
        let of_a_zone = FORMS.iter().any(|form| is_line(&letters, *form, SLIPS));
        Some(Line {
            start: run.words.start,
            end: run.words.end,
            bbox: around(own.iter().filter(is_long)).filter(|_| of_a_zone)?,
            letters: letters.chars().count(),
        })
    };
    runs(words).into_iter().filter_map(of_run).collect()
}

/// Specks of the card's pattern and its edge beside a line are read as short words.
fn is_long(word: &&Word) -> bool {
    word.text.chars().count() > 2 || word.text.starts_with('<')
}

fn letters(words: &[Word]) -> String {
    words
        .iter()
        .filter(is_long)
        .map(|word| &*word.text)
        .collect()
}

/// Whether a text can be a zone's line: as long but for some slips, of its letters, with fillers.
fn is_line(text: &str, form: Form, slips: usize) -> bool {
    let all = text.chars().count();
    let fitting = text
        .chars()
        .filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '<')
        .count();
    all.abs_diff(form.letters) <= slips && fitting * 10 >= all * 9 && text.contains("<<")
}

/// Where lines are missing: beside each that was read, as far as its document has lines.
fn gaps<'a>(lines: &'a [Line], view: &'a GrayImage) -> impl Iterator<Item = Gap> + 'a {
    lines.iter().flat_map(move |line| {
        let form = FORMS[usize::from(line.letters > FORMS[0].letters + SLIPS)];
        let cell = line.bbox.w as f32 / (line.letters as f32 - 1.0 + LAST_LETTER);
        let of_this_zone = lines.iter().filter(|other| {
            let apart = line.bbox.y.abs_diff(other.bbox.y) as f32;
            line.bbox.x.abs_diff(other.bbox.x) as f32 <= 3.0 * cell
                && apart < NEXT_LINE.end * cell * (form.lines - 1) as f32
        });
        let missing = of_this_zone.count() < form.lines;
        [false, true].into_iter().filter_map(move |below| {
            let (top, low) = missing.then(|| next_rows(view, line, cell, below))??;
            let rect = |margin: f32, above: u32| {
                let left = (line.bbox.x as f32 - margin * cell).max(0.0) as u32;
                let to = line.bbox.x as f32 + (form.letters as f32 + margin) * cell;
                let to = (to as u32).min(view.width());
                let (top, low) = (top.saturating_sub(above), (low + above).min(view.height()));
                (to > left + 64).then(|| Rect {
                    x: left,
                    y: top,
                    w: to - left,
                    h: low - top,
                })
            };
            let core = rect(0.0, 0)?;
            let taken = lines.iter().any(|other| middle_in(&other.bbox, &core));
            (!taken).then_some(())?;
            Some(Gap {
                form,
                strip: rect(MARGIN, (ABOVE * line.bbox.h as f32) as u32)?,
                core,
                at: if below { line.end } else { line.start },
            })
        })
    })
}

/// Top and foot of the next rows of ink below or above a line, where they are about as high as it.
fn next_rows(view: &GrayImage, line: &Line, cell: f32, below: bool) -> Option<(u32, u32)> {
    let Rect { x, y, w, h } = line.bbox;
    let levels = imageops::crop_imm(view, x, y, w, h).to_image();
    let mut levels = levels.into_raw();
    levels.sort_unstable();
    // Half the way from the ink to the paper between the letters.
    let (ink, paper) = (
        levels.get(levels.len() / 20)?,
        levels.get(levels.len() * 3 / 4)?,
    );
    let between = ink / 2 + paper / 2;
    let to = (x + w).min(view.width());
    let inked = |row: u32| {
        let pixels = (x..to).filter(|column| view.get_pixel(*column, row).0[0] < between);
        pixels.count() as f32
    };
    let own = (y..bottom(&line.bbox)).map(inked).sum::<f32>() / h.max(1) as f32;
    let is_inked = |row: &u32| inked(*row) >= INKED * own;
    // A box may lie some rows beside its letters: those begin and end where the ink does.
    let middle = y + h / 2;
    let own_top = (0..=middle).rev().take_while(is_inked).last()?;
    let own_foot = (middle..view.height()).take_while(is_inked).last()? + 1;
    let reach = (NEXT_LINE.end * cell) as u32 + h;
    let rows: Vec<u32> = match below {
        true => (own_foot..(own_foot + reach).min(view.height())).collect(),
        false => (own_top.saturating_sub(reach)..own_top).rev().collect(),
    };
    let mut rows = rows.into_iter().skip_while(|row| !is_inked(row));
    let first = rows.next()?;
    let last = rows.take_while(is_inked).last()?;
    let (top, low) = (first.min(last), first.max(last) + 1);
    let away = (top + low).abs_diff(own_top + own_foot) as f32 / 2.0;
    let high = own_foot - own_top;
    let alike = (low - top) * 2 > high && low - top < high * 2;
    (alike && NEXT_LINE.contains(&(away / cell))).then_some((top, low))
}

fn middle_in(inner: &Rect, outer: &Rect) -> bool {
    let (x, y) = (inner.x + inner.w / 2, inner.y + inner.h / 2);
    (outer.x..right(outer)).contains(&x) && (outer.y..bottom(outer)).contains(&y)
}

/// Puts a line that was read into the page's words, in the place of whatever was made of it before.
fn insert(words: &mut Vec<Word>, gap: &Gap, read: &PageText) {
    let mut at = gap.at;
    let block = words.get(at.saturating_sub(1)).map_or(0, |word| word.block);
    let line = 1 + words.iter().map(|word| word.line).max().unwrap_or(0);
    let mut kept = Vec::with_capacity(words.len() + read.words.len());
    for (place, word) in words.drain(..).enumerate() {
        if middle_in(&word.bbox, &gap.core) {
            at -= usize::from(place < gap.at);
        } else {
            kept.push(word);
        }
    }
    let found = read.words.iter().filter(is_long).map(|word| Word {
        bbox: Rect {
            x: word.bbox.x + gap.strip.x,
            y: word.bbox.y + gap.strip.y,
            ..word.bbox
        },
        line,
        block,
        ..word.clone()
    });
    kept.splice(at..at, found);
    *words = kept;
}

fn around<'a>(words: impl Iterator<Item = &'a Word>) -> Option<Rect> {
    words
        .map(|word| {
            (
                word.bbox.x,
                word.bbox.y,
                right(&word.bbox),
                bottom(&word.bbox),
            )
        })
        .reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3)))
        .map(|(x, y, to, low)| Rect {
            x,
            y,
            w: to - x,
            h: low - y,
        })
}
