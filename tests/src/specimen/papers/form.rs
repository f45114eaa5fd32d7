//! A form being filled in: templates are set line by line, and what is set is noted down as ground truth.
//!
//! A template is plain text in which `{ho_ten}` stands for a value that counts as a field, `{-ho_ten}` for one that
//! does not, `*…*` is bold, `_…_` slanted, and a tab leaves the gap that this form leaves between two entries.

use std::collections::BTreeMap;

use super::canvas::{BLACK, BLUE, Canvas, Ink};
use super::chance::Chance;
use super::lettering::{PX_PER_PT, Pen, union};
use super::truth::{Line, Truth, whole};
use super::typeface::{Cut, Style, TypeCase, Typeface};

/// A4 at 300 dpi.
pub(crate) const A4: (u32, u32) = (2480, 3508);
/// Pixels in a millimetre at 300 dpi.
pub(crate) const MM: f32 = 300.0 / 25.4;

/// How one office's printer and clerk fill in forms.
#[derive(Clone)]
pub(crate) struct Look<'a> {
    pub(crate) face: &'a Typeface,
    /// Values by hand, in this typeface; printed otherwise.
    pub(crate) hand: Option<&'a Typeface>,
    pub(crate) value: Cut,
    /// Of the body, in points.
    pub(crate) size: f32,
    /// Distance of lines, in sizes.
    pub(crate) pitch: f32,
    /// Between entries on one line, in sizes; 0 for a mere space.
    pub(crate) gap: f32,
    /// Dots fill the line after the last value.
    pub(crate) leaders: bool,
    /// Every entry stands in a ruled box of its own.
    pub(crate) boxed: bool,
    /// Lines of running text end at the right margin.
    pub(crate) justified: bool,
}

impl<'a> Look<'a> {
    /// What most offices do, most often.
    pub(crate) fn invent(case: &'a TypeCase, chance: &mut Chance) -> Self {
        let face = match chance.whole(0, 19) {
            0..=4 => case.named("tinos"),
            5..=7 => case.named("termes"),
            8..=9 => case.named("freeserif"),
            10..=13 => chance.pick(&case.of(Style::Serif)),
            14..=18 => chance.pick(&case.of(Style::Sans)),
            _ => chance.pick(&case.of(Style::Typewriter)),
        };
        // Wide letters are set smaller, or lines would not hold what they must.
        let wide = match face.name {
            "dejavuserif" | "dejavusans" | "bonum" => 0.86,
            "opensans" | "schola" | "charis" | "pagella" => 0.92,
            _ if face.style == Style::Typewriter => 0.80,
            _ => 1.0,
        };
        Self {
            face,
            hand: None,
            value: *chance.one(&[Cut::Bold, Cut::Bold, Cut::Plain, Cut::Plain, Cut::Italic]),
            size: chance.between(12.0, 14.0) * wide,
            pitch: chance.between(1.38, 1.62),
            gap: *chance.one(&[0.0, 1.5, 3.0]),
            leaders: chance.chance(0.1),
            boxed: chance.chance(0.1),
            justified: chance.chance(0.5),
        }
    }
}

/// A run of letters in one style, inside a word.
#[derive(Clone)]
struct Bit {
    text: String,
    cut: Cut,
    field: Option<&'static str>,
    by_hand: bool,
}

/// What is never torn apart, and whether a gap stands before it.
#[derive(Clone)]
struct Word {
    bits: Vec<Bit>,
    gap: bool,
}

/// A page under the pen.
pub(crate) struct Form<'a> {
    pub(crate) canvas: Canvas,
    pub(crate) truth: Truth,
    pub(crate) chance: Chance,
    pub(crate) look: Look<'a>,
    pub(crate) case: &'a TypeCase,
    facts: BTreeMap<&'static str, String>,
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// Baseline of the next line.
    pub(crate) y: f32,
    pub(crate) ink: Ink,
    pub(crate) variant: u32,
    /// The number of the next entry, where entries are numbered.
    count: Option<u32>,
    /// Whether a seal belongs over the signature.
    pub(crate) sealed: bool,
}

/// How one heading is set.
#[derive(Clone, Copy)]
pub(crate) struct Set {
    /// In body sizes.
    pub(crate) size: f32,
    pub(crate) cut: Cut,
    pub(crate) ink: Ink,
}

pub(crate) const HEAD: Set = Set {
    size: 1.0,
    cut: Cut::Bold,
    ink: BLACK,
};

impl<'a> Form<'a> {
    /// An empty sheet of a kind, with the variant chosen among so many.
    pub(crate) fn new(
        case: &'a TypeCase,
        look: Look<'a>,
        kind: &'static str,
        chance: Chance,
        size: (u32, u32),
    ) -> Self {
        let paper = image::Rgb([254, 254, 253]);
        Self {
            canvas: Canvas::blank(size.0, size.1, paper),
            truth: Truth {
                id: String::new(),
                kind,
                font: look.face.name,
                hand: look.hand.map(|hand| hand.name),
                leaders: look.leaders,
                variant: 0,
                page: 1,
                titled: true,
                owners: Vec::new(),
                lines: Vec::new(),
                fields: Vec::new(),
                marks: Vec::new(),
                codes: Vec::new(),
                sigbox: None,
                bottom: 0,
            },
            left: 236.0,
            right: size.0 as f32 - 190.0,
            y: 220.0,
            ink: BLACK,
            variant: 0,
            count: None,
            sealed: true,
            facts: BTreeMap::new(),
            chance,
            look,
            case,
        }
    }

    /// One of the kind's layouts, noted in the truth.
    pub(crate) fn vary(&mut self, count: u32) -> u32 {
        self.variant = self.chance.whole(0, count - 1);
        self.truth.variant = self.variant;
        self.variant
    }

    /// Another sheet than A4, or coloured paper; before anything is written.
    pub(crate) fn sheet(&mut self, size: (u32, u32), paper: Ink) {
        self.canvas = Canvas::blank(size.0, size.1, paper);
        self.right = size.0 as f32 - 190.0;
    }

    /// A value for the templates.
    pub(crate) fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.insert(name, value.into());
    }

    /// Several values.
    pub(crate) fn facts<const N: usize>(&mut self, facts: [(&'static str, String); N]) {
        self.facts.extend(facts);
    }

    pub(crate) fn pick(&mut self, wordings: &[&'static str]) -> &'static str {
        self.chance.pick(wordings)
    }

    pub(crate) fn centre(&self) -> f32 {
        (self.left + self.right) / 2.0
    }

    /// One line's height.
    pub(crate) fn pitch(&self) -> f32 {
        self.look.size * PX_PER_PT * self.look.pitch
    }

    /// Leaves room, in lines.
    pub(crate) fn space(&mut self, lines: f32) {
        self.y += lines * self.pitch();
    }

    /// From here on entries are numbered, on some forms.
    pub(crate) fn number_entries(&mut self) {
        self.count = self.chance.chance(0.3).then_some(1);
    }

    /// One entry, broken where the line ends; dots follow it, or a box surrounds it, where this form has them.
    pub(crate) fn line(&mut self, template: &str) {
        let top = self.y;
        if let Some(count) = self.count.as_mut() {
            let numbered = format!("{count}. {template}");
            *count += 1;
            self.flow(&numbered, 0.0, false, true);
        } else {
            self.flow(template, 0.0, false, true);
        }
        if self.look.boxed {
            // Between the descenders of one line and the stacked marks of the next.
            let drop = self.look.size * PX_PER_PT * 0.36;
            let (left, right) = (self.left - 18.0, self.right + 18.0);
            let (above, below) = (top - self.pitch() + drop, self.y - self.pitch() + drop);
            self.canvas
                .frame([left, above, right, below], 2.0, self.ink);
        }
    }

    /// Running text with its first line drawn in.
    pub(crate) fn para(&mut self, template: &str) {
        self.flow(template, 12.0 * MM, self.look.justified, false);
    }

    /// A line of its own in the middle between `left` and `right`, made smaller until it fits.
    pub(crate) fn heading(&mut self, template: &str, set: Set) {
        // Large letters must not reach into the line above.
        self.y += self.look.size * PX_PER_PT * (set.size - 1.0).max(0.0) * 0.75;
        let y = self.centred(template, set, self.centre(), self.right - self.left, self.y);
        self.y = y + self.look.size * set.size * PX_PER_PT * self.look.pitch;
    }

    /// Around `centre`; the baseline of its last line.
    pub(crate) fn centred(
        &mut self,
        template: &str,
        set: Set,
        centre: f32,
        room: f32,
        mut y: f32,
    ) -> f32 {
        let mut size = self.look.size * set.size;
        let words = self.words(template, set.cut);
        let wide = |form: &Self, size: f32| form.measure(&words, size);
        let most = wide(self, size);
        size *= (room / most).clamp(0.8, 1.0);
        let lines = self.break_lines(&words, room, room, size);
        let step = size * PX_PER_PT * 1.35;
        let last = lines.len() - 1;
        for (at, line) in lines.iter().enumerate() {
            let x = centre - self.measure(line, size) / 2.0;
            self.set_line(line, x, y, size, set.ink, None);
            if at < last {
                y += step;
            }
        }
        y
    }

    /// From `x` on; nothing else moves. Where the ink ends.
    pub(crate) fn at(&mut self, template: &str, set: Set, x: f32, y: f32) -> f32 {
        let size = self.look.size * set.size;
        let words = self.words(template, set.cut);
        self.set_line(&words, x, y, size, set.ink, None);
        x + self.measure(&words, size)
    }

    /// How wide a template is when set so.
    pub(crate) fn wide(&self, template: &str, set: Set) -> f32 {
        self.measure(&self.words(template, set.cut), self.look.size * set.size)
    }

    /// Text that belongs to the page but is no field and starts at a place: broken to `room`. Baseline of the last line.
    pub(crate) fn block(&mut self, template: &str, set: Set, x: f32, y: f32, room: f32) -> f32 {
        let size = self.look.size * set.size;
        let words = self.words(template, set.cut);
        let step = size * PX_PER_PT * self.look.pitch.min(1.5);
        let lines = self.break_lines(&words, room, room, size);
        let mut at = y;
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                at += step;
            }
            self.set_line(line, x, at, size, set.ink, None);
        }
        at
    }

    fn flow(&mut self, template: &str, indent: f32, justify: bool, entry: bool) {
        let words = self.words(template, Cut::Plain);
        let room = self.right - self.left;
        let lines = self.break_lines(&words, room - indent, room, self.look.size);
        let last = lines.len().saturating_sub(1);
        for (number, line) in lines.iter().enumerate() {
            let x = self.left + if number == 0 { indent } else { 0.0 };
            let fill = (justify && number < last).then_some(self.right - x);
            let end = self.set_line(line, x, self.y, self.look.size, self.ink, fill);
            if entry
                && number == last
                && self.look.leaders
                && line.last().is_some_and(ends_in_value)
            {
                self.dots(end + 12.0, self.right, self.y);
            }
            self.y += self.pitch();
        }
    }

    /// Dots on the baseline, as printed forms have them.
    pub(crate) fn dots(&mut self, from: f32, to: f32, y: f32) {
        let mut x = from;
        while x < to {
            self.canvas
                .line((x, y - 3.0), (x + 1.0, y - 3.0), 4.0, self.ink);
            x += 15.0;
        }
    }

    /// Cuts a template into words.
    fn words(&self, template: &str, base: Cut) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let (mut bold, mut slanted, mut open, mut gap) = (false, false, false, false);
        let mut rest = template;
        let mut push = |text: &str,
                        cut: Cut,
                        field: Option<&'static str>,
                        by_hand: bool,
                        open: &mut bool,
                        gap: &mut bool| {
            for (number, part) in text.split([' ', '\n']).enumerate() {
                if number > 0 {
                    *open = false;
                }
                if part.is_empty() {
                    continue;
                }
                let bit = Bit {
                    text: part.to_owned(),
                    cut,
                    field,
                    by_hand,
                };
                match words.last_mut().filter(|_| *open) {
                    Some(word) => word.bits.push(bit),
                    None => words.push(Word {
                        bits: vec![bit],
                        gap: std::mem::take(gap),
                    }),
                }
                *open = true;
            }
        };
        while let Some(letter) = rest.chars().next() {
            let cut = match (bold, slanted) {
                (true, true) => Cut::BoldItalic,
                (true, false) => Cut::Bold,
                (false, true) => Cut::Italic,
                (false, false) => base,
            };
            match letter {
                '*' => bold = !bold,
                '_' => slanted = !slanted,
                '\t' => (open, gap) = (false, true),
                '{' => {
                    let close = rest.find('}').expect("a template's braces are closed");
                    let name = &rest[1..close];
                    let bare = name.strip_prefix('-');
                    let (&key, value) = self
                        .facts
                        .get_key_value(bare.unwrap_or(name))
                        .unwrap_or_else(|| panic!("no fact {name:?} for {}", self.truth.kind));
                    let by_hand = self.look.hand.is_some();
                    let cut = if base == Cut::Plain && !bold {
                        self.look.value
                    } else {
                        cut
                    };
                    push(
                        value,
                        cut,
                        bare.is_none().then_some(key),
                        by_hand,
                        &mut open,
                        &mut gap,
                    );
                    rest = &rest[close + 1..];
                    continue;
                }
                _ => {
                    let end = rest.find(['*', '_', '\t', '{']).unwrap_or(rest.len());
                    push(&rest[..end], cut, None, false, &mut open, &mut gap);
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[letter.len_utf8()..];
        }
        words
    }

    fn pen(&self, bit: &Bit, size: f32, ink: Ink) -> Pen<'a> {
        match self.look.hand.filter(|_| bit.by_hand) {
            // Hands write larger than printers.
            Some(hand) => Pen::new(hand.cut(Cut::Plain), size * 1.22, BLUE),
            None => Pen::new(self.look.face.cut(bit.cut), size, ink),
        }
    }

    fn word_width(&self, word: &Word, size: f32) -> f32 {
        word.bits
            .iter()
            .map(|bit| self.pen(bit, size, BLACK).width(&bit.text))
            .sum()
    }

    fn space_width(&self, word: &Word, size: f32) -> f32 {
        let gap = self.look.gap * size * PX_PER_PT;
        let space = Pen::new(self.look.face.cut(Cut::Plain), size, BLACK).width(" ");
        if word.gap { gap.max(space) } else { space }
    }

    fn measure(&self, words: &[Word], size: f32) -> f32 {
        words
            .iter()
            .enumerate()
            .map(|(at, word)| {
                let before = if at == 0 {
                    0.0
                } else {
                    self.space_width(word, size)
                };
                before + self.word_width(word, size)
            })
            .sum()
    }

    fn break_lines(&self, words: &[Word], first: f32, others: f32, size: f32) -> Vec<Vec<Word>> {
        let mut lines: Vec<Vec<Word>> = vec![Vec::new()];
        let mut used = 0.0;
        for word in words {
            let width = self.word_width(word, size);
            let before = self.space_width(word, size);
            let room = if lines.len() == 1 { first } else { others };
            let line = lines.last_mut().expect("starts with one");
            if line.is_empty() || used + before + width <= room {
                used += width + if line.is_empty() { 0.0 } else { before };
                line.push(word.clone());
            } else {
                used = width;
                lines.push(vec![word.clone()]);
            }
        }
        lines
    }

    /// Writes one line and notes it down; where its ink ends.
    fn set_line(
        &mut self,
        words: &[Word],
        x: f32,
        y: f32,
        size: f32,
        ink: Ink,
        fill: Option<f32>,
    ) -> f32 {
        let stretch = match fill {
            Some(room) if words.len() > 1 => {
                ((room - self.measure(words, size)) / (words.len() - 1) as f32).clamp(0.0, 40.0)
            }
            _ => 0.0,
        };
        let mut at = x;
        let mut text = String::new();
        let mut around: Option<[f32; 4]> = None;
        for (number, word) in words.iter().enumerate() {
            if number > 0 {
                let space = self.space_width(word, size) + stretch;
                at += space;
                // What stands apart is read apart.
                if word.gap && self.look.gap > 1.0 {
                    self.note(&mut text, &mut around);
                } else {
                    text.push(' ');
                }
            }
            for bit in &word.bits {
                let mut pen = self.pen(bit, size, ink);
                let mut lift = 0.0;
                if bit.by_hand && self.look.hand.is_some() {
                    pen.turn = self.chance.normal() * 0.006;
                    pen.slant = 0.04 + self.chance.normal() * 0.02;
                    pen.size *= 1.0 + self.chance.normal() * 0.025;
                    pen.strength = self.chance.between(0.82, 1.0);
                    lift = self.chance.normal() * 2.0;
                }
                if let Some(name) = bit.field {
                    let value = self.facts[name].clone();
                    self.truth.value(name, &value);
                }
                if let Some(inked) = pen.write(&mut self.canvas, at, y + lift, &bit.text) {
                    around = Some(around.map_or(inked, |known| union(known, inked)));
                    if let Some(name) = bit.field {
                        self.truth.word(name, inked);
                    }
                    self.truth.bottom = self.truth.bottom.max(inked[3] as i32);
                }
                text.push_str(&bit.text);
                at += pen.width(&bit.text);
            }
        }
        self.note(&mut text, &mut around);
        at
    }

    fn note(&mut self, text: &mut String, around: &mut Option<[f32; 4]>) {
        let text = std::mem::take(text);
        if let Some(place) = around.take() {
            self.truth.lines.push(Line {
                text: text.trim().to_owned(),
                place: whole(place),
            });
        }
    }
}

fn ends_in_value(word: &Word) -> bool {
    word.bits.last().is_some_and(|bit| bit.field.is_some())
}
