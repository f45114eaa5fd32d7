//! Laying out: texts and codes one under another on leaves of a given paper, from the top, in points.

use crate::PrintError;
use crate::code::{Code, QUIET};
use crate::letters::Face;

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;

/// What it is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 148 by 210 mm, as many leaves as it takes.
    A5,
    /// 80 mm wide and as long as it gets.
    Roll80,
}

/// Paper and size of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub paper: Paper,
    /// Body of 16 points, not 12 (`domain.md` §6.2).
    pub large: bool,
}

impl Form {
    pub(crate) fn body(self) -> f32 {
        match self.large {
            true => 16.0,
            false => 12.0,
        }
    }

    pub(crate) fn width(self) -> f32 {
        match self.paper {
            Paper::A5 => 148.0 * MM,
            Paper::Roll80 => 80.0 * MM,
        }
    }

    /// Printers of rolls print on 72 mm of 80.
    pub(crate) fn margin(self) -> f32 {
        match self.paper {
            Paper::A5 => 10.0 * MM,
            Paper::Roll80 => 4.0 * MM,
        }
    }

    /// None where the paper ends with the text.
    fn height(self) -> Option<f32> {
        match self.paper {
            Paper::A5 => Some(210.0 * MM),
            Paper::Roll80 => None,
        }
    }
}

/// Something black on a leaf. `y` counts down from its top.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// `y` is that of the line the letters stand on.
    Text {
        x: f32,
        y: f32,
        size: f32,
        face: Face,
        text: String,
    },
    Block {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    /// Hollow letters across the leaf, under everything else.
    Watermark { size: f32, text: String },
}

/// One side of paper.
#[derive(Debug, Default)]
pub(crate) struct Leaf {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) marks: Vec<Mark>,
}

/// Vietnamese stacks two marks on a letter (`domain.md` §6.2).
const LEADING: f32 = 1.5;
/// Where in a line of that height the letters stand.
const BASELINE: f32 = 1.08;

pub(crate) struct Flow {
    pub(crate) form: Form,
    leaves: Vec<Leaf>,
    y: f32,
    watermark: Option<String>,
}

impl Flow {
    pub(crate) fn new(form: Form, watermark: Option<&str>) -> Self {
        let mut flow = Self {
            form,
            leaves: Vec::new(),
            y: 0.0,
            watermark: watermark.map(str::to_owned),
        };
        flow.turn();
        flow
    }

    fn turn(&mut self) {
        let width = self.form.width();
        let mut marks = Vec::new();
        if let Some(text) = &self.watermark {
            marks.push(Mark::Watermark {
                size: width / 4.5,
                text: text.clone(),
            });
        }
        self.leaves.push(Leaf {
            width,
            height: self.form.height().unwrap_or_default(),
            marks,
        });
        self.y = self.form.margin();
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(leaf) = self.leaves.last_mut() {
            leaf.marks.push(mark);
        }
    }

    /// What is left of the leaf must hold `height`; another one is begun where it does not.
    pub(crate) fn room_for(&mut self, height: f32) {
        let Some(whole) = self.form.height() else {
            return;
        };
        // The number of the leaf stands in the margin at the bottom.
        if self.y + height > whole - self.form.margin() - self.form.body() {
            self.turn();
        }
    }

    pub(crate) fn gap(&mut self, share: f32) {
        self.y += self.form.body() * share;
    }

    fn inner(&self) -> f32 {
        self.form.width() - 2.0 * self.form.margin()
    }

    /// A paragraph over the whole width; lines of one paragraph may stand on two leaves, a line never.
    pub(crate) fn text(&mut self, text: &str, face: Face, scale: f32) {
        self.item("", text, face, scale);
    }

    /// The same behind a sign, with its lines one under another.
    pub(crate) fn item(&mut self, sign: &str, text: &str, face: Face, scale: f32) {
        let size = self.form.body() * scale;
        let margin = self.form.margin();
        let hang = face.width(sign, size);
        for (at, line) in face
            .lines(text, size, self.inner() - hang)
            .into_iter()
            .enumerate()
        {
            self.room_for(size * LEADING);
            let y = self.y + size * BASELINE;
            if at == 0 && !sign.is_empty() {
                let sign = sign.trim_end().to_owned();
                self.put(margin, y, size, face, sign);
            }
            self.put(margin + hang, y, size, face, line);
            self.y += size * LEADING;
        }
    }

    fn put(&mut self, x: f32, y: f32, size: f32, face: Face, text: String) {
        self.mark(Mark::Text {
            x,
            y,
            size,
            face,
            text,
        });
    }

    /// A line from margin to margin.
    pub(crate) fn rule(&mut self) {
        self.gap(0.3);
        let (x, y, width) = (self.form.margin(), self.y, self.inner());
        self.mark(Mark::Block {
            x,
            y,
            width,
            height: 0.8,
        });
        self.gap(0.5);
    }

    /// The codes at the top left, in their order, and `beside` them as much text as stands there; `beside` follows below
    /// where there is no room for it.
    pub(crate) fn codes(
        &mut self,
        texts: &[String],
        beside: &[(String, Face, f32)],
    ) -> Result<(), PrintError> {
        let codes = texts
            .iter()
            .map(|text| Code::of(text))
            .collect::<Result<Vec<_>, _>>()?;
        let mut x = self.form.margin();
        let (mut row, right) = (0.0_f32, self.form.width() - self.form.margin());
        for code in &codes {
            let (side, quiet) = (code.side(), code.module() * QUIET);
            if x > self.form.margin() && x + side > right {
                self.y += row;
                (x, row) = (self.form.margin(), 0.0);
            }
            self.room_for(side);
            self.squares(code, x);
            x += side + quiet.max(5.0 * MM);
            row = row.max(side + quiet);
        }
        // A column narrower than this would break every word.
        if right - x < 45.0 * MM {
            self.y += row;
            for (text, face, scale) in beside {
                self.text(text, *face, *scale);
            }
            return Ok(());
        }
        let mut y = self.y;
        for (text, face, scale) in beside {
            let size = self.form.body() * scale;
            for line in face.lines(text, size, right - x) {
                self.put(x, y + size * BASELINE, size, *face, line);
                y += size * LEADING;
            }
        }
        self.y = y.max(self.y + row);
        Ok(())
    }

    fn squares(&mut self, code: &Code, left: f32) {
        let (module, top) = (code.module(), self.y);
        let at = |modules: usize| modules as f32 * module;
        for (column, row, length) in code.runs() {
            self.mark(Mark::Block {
                x: left + at(column),
                y: top + at(row),
                width: at(length),
                height: module,
            });
        }
    }

    /// The leaves, numbered where there are several.
    pub(crate) fn finish(mut self) -> Vec<Leaf> {
        let (form, count) = (self.form, self.leaves.len());
        let end = self.y + form.margin();
        for (at, leaf) in self.leaves.iter_mut().enumerate() {
            if form.height().is_none() {
                leaf.height = end;
            }
            if count > 1 {
                let (text, size) = (format!("{}/{count}", at + 1), 12.0);
                leaf.marks.push(Mark::Text {
                    x: leaf.width - form.margin() - Face::Regular.width(&text, size),
                    y: leaf.height - form.margin(),
                    size,
                    face: Face::Regular,
                    text,
                });
            }
        }
        self.leaves
    }
}
