//! Finds the machine-readable zone among the words of a page and brings it into shape: TD1 on the back of a card, TD3
//! on a passport (ICAO 9303-4 and 9303-5).
//!
//! A reader that looks for Vietnamese takes `I` for `1` and `0` for `O`. What may stand in a place of the zone is fixed,
//! and check digits cover most of it; so a letter is replaced only where its place leaves nothing else or where the
//! check digits leave nothing else, and every replacement is told. A name has no check digit: there letters are
//! compared with those of the zone that are certain ([`super::glyphs`]).

mod align;
mod layout;

use emrtd::mrz::{Mrz, transliterate};
use models::{PageText, Rect, Word};
use zeroize::Zeroizing;

use crate::codes::glyphs::Glyphs;
use crate::{Place, ReadPage, Sheet};
use align::align;
use layout::{Allowed, Kind};

/// A zone needs that share of letters that can stand in one.
const LEAST_SHARE: f32 = 0.85;

/// So many look-alikes are tried in all their combinations.
const MAX_DOUBTFUL: usize = 9;

/// No page carries more zones: four cards copied on one sheet.
const MAX_ZONES: usize = 8;

/// How a replacement was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// Nothing else may stand there.
    Place,
    /// A filler too many or too few; the layout has a fixed length.
    Length,
    /// Only this makes the check digits fit.
    CheckDigits,
    /// It looks like a letter of the same zone that is certain, and not like the one that was read.
    Likeness,
}

/// One letter that was read as another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Repair {
    /// Line of the zone and place in it, from 0.
    pub line: usize,
    pub column: usize,
    /// None where nothing was read.
    pub read: Option<char>,
    pub is: char,
    pub proof: Proof,
}

impl std::fmt::Debug for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repair({}:{}, {:?})", self.line, self.column, self.proof)
    }
}

/// Which check digits fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checks {
    pub document_no: bool,
    pub birth: bool,
    pub expiry: bool,
    /// The digit over the optional data of a passport; true where the layout has none.
    pub optional: bool,
    pub whole: bool,
    /// Whether the personal number of a Vietnamese card ends in the document number, as it does on every card seen; none
    /// on other documents. ICAO knows no such rule, so [`all`](Self::all) does not ask for it.
    pub personal_no: Option<bool>,
}

impl Checks {
    /// Whether every check digit of ICAO 9303 fits.
    pub fn all(self) -> bool {
        self.document_no && self.birth && self.expiry && self.optional && self.whole
    }
}

/// A machine-readable zone. `Debug` tells no letter.
#[derive(Clone)]
#[non_exhaustive]
pub struct Zone {
    /// Around all its lines, on the unaltered page.
    pub place: Place,
    /// The lines as the text engine read them.
    pub raw: Vec<Zeroizing<String>>,
    /// The lines in shape: three of 30 or two of 44.
    pub lines: Vec<Zeroizing<String>>,
    pub checks: Checks,
    pub repairs: Vec<Repair>,
    /// The parsed zone; only when every check digit fits.
    pub parsed: Option<Mrz>,
}

impl Zone {
    /// The twelve figures on a Vietnamese card; only when the check digits fit and they end in the document number.
    pub fn personal_no(&self) -> Option<&str> {
        let sure = self.checks.all() && self.checks.personal_no == Some(true);
        self.lines.first()?.get(15..27).filter(|_| sure)
    }
}

/// How a printed name and the zone's name agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameAgreement {
    Same,
    /// Only where the zone's letters may have been misread (`I` for `T`): the print tells what they are.
    SameButLookAlikes,
    Different,
}

impl Zone {
    /// Holds a printed name, marks and all, against the zone. A name that fills its field may be cut there
    /// (9303-3 §4.6).
    pub fn agrees_with_name(&self, printed: &str) -> NameAgreement {
        let width = self.lines.first().map_or(0, |line| line.chars().count());
        let field = match (self.lines.len(), width) {
            (3, _) => self.lines[2].as_str(),
            (2, 44) => &self.lines[0][5..],
            _ => return NameAgreement::Different,
        };
        let words = |text: &str, by: char| {
            text.split(by)
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let zone = Zeroizing::new(words(field, '<'));
        let print = Zeroizing::new(words(&transliterate(printed), ' '));
        let cut = !field.ends_with('<') && print.len() > zone.len();
        if zone.is_empty() || print.len() != zone.len() && !cut {
            return NameAgreement::Different;
        }
        let mut agreement = NameAgreement::Same;
        for (zone, print) in zone.chars().zip(print.chars()) {
            match zone == print {
                true => {}
                false if layout::mixed_up(zone, print) => {
                    agreement = NameAgreement::SameButLookAlikes
                }
                false => return NameAgreement::Different,
            }
        }
        agreement
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Zone({} lines, {:?}, {} repairs, {:?})",
            self.lines.len(),
            self.checks,
            self.repairs.len(),
            self.place
        )
    }
}

/// One line of the page that may belong to a zone.
struct Candidate {
    text: Zeroizing<String>,
    bbox: Rect,
}

/// Finds the zones of a page in what was read on it.
pub(crate) fn find(sheet: &Sheet, read: &ReadPage) -> Vec<Zone> {
    let candidates = candidates(&read.text);
    let mut zones = Vec::new();
    let mut at = 0;
    while at < candidates.len() && zones.len() < MAX_ZONES {
        let fits = [Kind::Td1, Kind::Td3].into_iter().find_map(|kind| {
            let lines = candidates.get(at..at + kind.lines())?;
            stacked(lines).then(|| zone(kind, lines, sheet, read))?
        });
        match fits {
            Some(zone) => {
                at += zone.lines.len();
                zones.push(zone);
            }
            None => at += 1,
        }
    }
    zones
}

/// The lines of the page that consist of a zone's letters, from top to bottom.
fn candidates(text: &PageText) -> Vec<Candidate> {
    let mut lines: Vec<Candidate> = text
        .words
        .chunk_by(|a, b| (a.block, a.line) == (b.block, b.line))
        .filter_map(candidate)
        .collect();
    lines.sort_by_key(|line| (line.bbox.y, line.bbox.x));
    lines
}

fn candidate(mut words: &[Word]) -> Option<Candidate> {
    // Specks of the card's pattern beside the line are read as short words.
    let is_speck = |word: &Word| word.text.chars().count() <= 2;
    while let [first, rest @ ..] = words
        && is_speck(first)
        && !rest.is_empty()
    {
        words = rest;
    }
    while let [rest @ .., last] = words
        && is_speck(last)
        && !rest.is_empty()
    {
        words = rest;
    }
    // The longest zone line has 44 letters; doubled by the worst reading.
    let text: String = words
        .iter()
        .flat_map(|word| word.text.chars())
        .take(100)
        .collect();
    let text = Zeroizing::new(align::plain(&text));
    let length = text.chars().count();
    let fitting = text
        .chars()
        .filter(|letter| layout::is_zone_letter(*letter))
        .count();
    let telling = text
        .chars()
        .filter(|letter| *letter == '<' || letter.is_ascii_digit())
        .count();
    if !(24..=52).contains(&length) || (fitting as f32) < LEAST_SHARE * length as f32 || telling < 2
    {
        return None;
    }
    let edge = |of: fn(&Rect) -> u32| words.iter().map(move |word| of(&word.bbox));
    let (x, y) = (edge(|b| b.x).min()?, edge(|b| b.y).min()?);
    let (right, foot) = (edge(|b| b.x + b.w).max()?, edge(|b| b.y + b.h).max()?);
    Some(Candidate {
        text,
        bbox: Rect {
            x,
            y,
            w: right - x,
            h: foot - y,
        },
    })
}

/// Whether lines begin at one margin, are about as wide, and follow each other closely.
fn stacked(lines: &[Candidate]) -> bool {
    lines.windows(2).all(|pair| {
        let (upper, lower) = (pair[0].bbox, pair[1].bbox);
        let pitch = lower.y.saturating_sub(upper.y);
        let height = upper.h.max(lower.h).max(1);
        upper.x.abs_diff(lower.x) * 6 < upper.w.max(1)
            && upper.w.abs_diff(lower.w) * 4 < upper.w.max(1)
            && pitch * 2 > height
            && pitch < height * 4
    })
}

fn zone(kind: Kind, candidates: &[Candidate], sheet: &Sheet, read: &ReadPage) -> Option<Zone> {
    let vietnamese = {
        let first = align(&candidates[0].text, &kind.layout(false)[0])?;
        first.letters.get(2..5) == Some(&['V', 'N', 'M'])
    };
    let mut layout = kind.layout(vietnamese);
    let first = aligned(candidates, &layout)?;
    let boxes: Vec<Rect> = candidates.iter().map(|line| line.bbox).collect();
    let glyphs = Glyphs::cut(&sheet.gray(), &read.geometry, &grid(&boxes), kind.width());
    // Which places hold fillers is seen better than counted.
    narrow(&glyphs, &first.letters, &mut layout);
    let mut zone = aligned(candidates, &layout).unwrap_or(first);
    by_check_digits(kind, &layout, &glyphs, &mut zone);
    let checks = kind.checks(&zone.letters);
    // Two lines of capitals and figures are no zone when hardly anything about them fits.
    let fitting = [
        checks.document_no,
        checks.birth,
        checks.expiry,
        checks.whole,
    ];
    if fitting.iter().filter(|fits| **fits).count() < 2 {
        return None;
    }
    if checks.whole {
        by_likeness(kind, &layout, &glyphs, &mut zone);
    }
    let lines: Vec<Zeroizing<String>> = zone
        .letters
        .iter()
        .map(|line| Zeroizing::new(line.iter().collect()))
        .collect();
    let parsed = checks.all().then(|| {
        let text: Zeroizing<String> =
            Zeroizing::new(lines.iter().map(|line| line.as_str()).collect());
        Mrz::parse(&text).ok()
    });
    zone.repairs
        .sort_by_key(|repair| (repair.line, repair.column));
    Some(Zone {
        place: place(&boxes, read),
        raw: candidates.iter().map(|line| line.text.clone()).collect(),
        lines,
        checks,
        repairs: zone.repairs,
        parsed: parsed.flatten(),
    })
}

/// A zone in the making.
struct Draft {
    letters: Vec<Vec<char>>,
    repairs: Vec<Repair>,
}

impl Draft {
    fn replace(&mut self, line: usize, column: usize, is: char, proof: Proof) {
        let read = self.letters[line][column];
        match self
            .repairs
            .iter_mut()
            .find(|repair| (repair.line, repair.column) == (line, column))
        {
            // What was read is what the text engine read, however often it was replaced.
            Some(repair) => (repair.is, repair.proof) = (is, proof),
            None => self.repairs.push(Repair {
                line,
                column,
                read: Some(read),
                is,
                proof,
            }),
        }
        self.letters[line][column] = is;
    }
}

fn aligned(candidates: &[Candidate], layout: &[Vec<Allowed>]) -> Option<Draft> {
    let mut draft = Draft {
        letters: Vec::new(),
        repairs: Vec::new(),
    };
    for (number, (candidate, allowed)) in candidates.iter().zip(layout).enumerate() {
        let aligned = align(&candidate.text, allowed)?;
        draft.letters.push(aligned.letters);
        draft
            .repairs
            .extend(aligned.repairs.into_iter().map(|repair| Repair {
                line: number,
                ..repair
            }));
    }
    Some(draft)
}

/// The lines' boxes with one left edge and one width: a speck taken for a letter moves one line, not all.
fn grid(boxes: &[Rect]) -> Vec<Rect> {
    let median = |of: fn(&Rect) -> u32| {
        let mut sides: Vec<u32> = boxes.iter().map(of).collect();
        sides.sort_unstable();
        sides.get(sides.len() / 2).copied().unwrap_or(0)
    };
    let (x, w) = (median(|b| b.x), median(|b| b.w));
    boxes.iter().map(|b| Rect { x, w, ..*b }).collect()
}

/// Tells fillers from letters by their looks, where the fillers of long runs agree among themselves.
fn narrow(glyphs: &Glyphs, letters: &[Vec<char>], layout: &mut [Vec<Allowed>]) {
    let in_a_run = |line: &[char], column: usize| {
        let run = |at: usize| line.get(at..at + 3) == Some(&['<', '<', '<']);
        line[column] == '<' && (column.saturating_sub(2)..=column).any(run)
    };
    let runs: Vec<(usize, usize, char)> = cells(letters)
        .filter(|(line, column)| in_a_run(&letters[*line], *column))
        .map(|(line, column)| (line, column, '<'))
        .collect();
    let Some(filler) = glyphs.learn(&runs).trusted('<') else {
        return;
    };
    for (line, row) in layout.iter_mut().enumerate() {
        for (column, place) in row.iter_mut().enumerate() {
            let likeness = glyphs.likeness(line, column, &filler);
            *place = place.narrowed(
                likeness >= filler.typical - 0.12,
                likeness < filler.typical - 0.3,
            );
        }
    }
}

fn cells(letters: &[Vec<char>]) -> impl Iterator<Item = (usize, usize)> + '_ {
    letters
        .iter()
        .enumerate()
        .flat_map(|(line, row)| (0..row.len()).map(move |column| (line, column)))
}

/// Where check digits do not fit, look-alikes are tried: of the places that may hold letter or figure, and of those
/// that look more like another letter of the zone than like their own. They stand only when they make all digits fit
/// and no other change as small does.
fn by_check_digits(kind: Kind, layout: &[Vec<Allowed>], glyphs: &Glyphs, zone: &mut Draft) {
    if kind.checks(&zone.letters).all() {
        return;
    }
    let mut doubtful: Vec<(usize, usize, char)> = glyphs
        .misfits(&zone.letters)
        .into_iter()
        .filter(|(line, column, other)| {
            kind.is_checked(*line, *column) && layout[*line][*column].allows(*other)
        })
        .collect();
    let pairs = cells(&zone.letters)
        .filter(|(line, column)| {
            kind.is_checked(*line, *column)
                && matches!(layout[*line][*column], Allowed::Any | Allowed::Mark)
        })
        .filter_map(|(line, column)| {
            Some((
                line,
                column,
                layout::look_alike(zone.letters[line][column])?,
            ))
        });
    doubtful.extend(pairs);
    doubtful.truncate(MAX_DOUBTFUL);
    let mut answers = Vec::new();
    for choice in 1_u32..1 << doubtful.len() {
        let mut tried = zone.letters.clone();
        for (bit, (line, column, other)) in doubtful.iter().enumerate() {
            if choice >> bit & 1 == 1 {
                tried[*line][*column] = *other;
            }
        }
        if kind.checks(&tried).all() {
            answers.push((choice.count_ones(), choice));
        }
    }
    answers.sort_unstable();
    let (Some((least, choice)), second) = (answers.first(), answers.get(1)) else {
        return;
    };
    if second.is_some_and(|(as_small, _)| as_small == least) {
        return;
    }
    for (bit, (line, column, other)) in doubtful.into_iter().enumerate() {
        if choice >> bit & 1 == 1 {
            zone.replace(line, column, other, Proof::CheckDigits);
        }
    }
}

/// Letters that no check digit covers, held against the letters of the zone that are certain.
fn by_likeness(kind: Kind, layout: &[Vec<Allowed>], glyphs: &Glyphs, zone: &mut Draft) {
    let certain: Vec<(usize, usize, char)> = cells(&zone.letters)
        .filter(|(line, column)| kind.is_certain(*line, *column, layout, &zone.letters))
        .map(|(line, column)| (line, column, zone.letters[line][column]))
        .collect();
    let known = glyphs.learn(&certain);
    let unchecked: Vec<(usize, usize)> = kind.unchecked().collect();
    for (line, column) in unchecked {
        let read = zone.letters[line][column];
        if read == '<' {
            continue;
        }
        if let Some(is) = known.better(glyphs, line, column, read)
            && layout[line][column].allows(is)
        {
            zone.replace(line, column, is, Proof::Likeness);
        }
    }
}

fn place(boxes: &[Rect], read: &ReadPage) -> Place {
    let left = boxes.iter().map(|b| b.x).min().unwrap_or(0);
    let top = boxes.iter().map(|b| b.y).min().unwrap_or(0);
    let right = boxes.iter().map(|b| b.x + b.w).max().unwrap_or(0);
    let foot = boxes.iter().map(|b| b.y + b.h).max().unwrap_or(0);
    read.geometry.to_page(Rect {
        x: left,
        y: top,
        w: right - left,
        h: foot - top,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
